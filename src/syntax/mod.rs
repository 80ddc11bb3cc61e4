//! Text to tree. Only here and in `facts` is a swc type named.

pub mod lines;
pub mod names;
mod parse;

pub use parse::{Parsed, parse};
