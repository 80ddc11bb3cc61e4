//! Findings: what the rules say, put in order.

mod finding;

pub use finding::*;
