//! The rules: each a question to [`Program`].

use crate::findings::{Finding, Problem};
use crate::program::Program;

/// A rule as `unlisten rules` and SARIF show it.
pub struct Rule {
    pub id: &'static str,
    /// One line.
    pub summary: &'static str,
    /// `rules/<id>.md`, compiled in.
    pub page: &'static str,
}

/// The one table of rules, in the order in which a registration is asked.
pub const RULES: &[Rule] = &[];

/// Asks every rule. Findings come in no particular order, with empty fingerprints.
pub fn run(_program: &Program) -> (Vec<Finding>, Vec<Problem>) {
    (Vec::new(), Vec::new())
}
