//! Text to tree. Only here and in `facts` is a swc type named.

pub mod lines;
mod guard;
pub mod names;
mod parse;

pub use guard::STACK;
pub use parse::{Parsed, parse};
