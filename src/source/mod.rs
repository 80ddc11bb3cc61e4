//! Which files, and their text.

pub mod sourcemap;
