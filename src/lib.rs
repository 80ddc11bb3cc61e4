//! `unlisten` finds event listeners that pile up.
//!
//! One straight street; each stage is a module and hands owned data to the next ([`check`] walks it):
//!
//! ```text
//! source -> syntax -> facts -> program -> rules -> findings -> evidence -> report
//!  text      tree    per file   linked             ordered      runtime     bytes
//! ```
//!
//! Beside the street: [`models`] is what is known of libraries, [`config`] what a project asks for, [`fixes`] turns what a finding
//! says has to change into edits, and [`lsp`] goes the street again at each edit, with what [`check`] remembers of the round before.

pub mod check;
pub mod cli;
pub mod config;
pub mod evidence;
pub mod facts;
pub mod findings;
pub mod fixes;
pub mod lsp;
pub mod models;
pub mod nearest;
pub mod program;
pub mod progress;
pub mod report;
pub mod rules;
pub mod source;
pub mod syntax;
pub mod timings;
