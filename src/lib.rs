//! `unlisten` finds event listeners that pile up.

pub mod evidence;
pub mod facts;
pub mod findings;
pub mod models;
pub mod program;
pub mod rules;
pub mod source;
pub mod syntax;
