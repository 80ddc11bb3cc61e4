//! Text to tree. Only here and in `facts` is a swc type named.

pub mod component;
mod guard;
pub mod lines;
pub mod names;
mod parse;

pub use guard::STACK;
pub use parse::{Parsed, SUPPRESSION, parse};
