//! Text to tree, and a compiled text to the tree of its source. Only here and in `facts` is a swc type named.

pub mod component;
mod guard;
mod lift;
pub mod names;
mod parse;

pub use guard::STACK;
pub use lift::{helper, is_compiled, unnumbered};
pub use parse::{Parsed, SUPPRESSION, parse, parse_source};
