//! The rules: each a question to [`Program`], in a file of its own, detection and wording apart.
//!
//! One registration gives one finding, of the first rule of [`RULES`] that holds.

mod disposer_dropped;
mod max_listeners_raised;
mod once_never_fires;
mod release_mismatch;
mod release_not_on_every_path;
mod repeats;
mod retained_buffer;
mod shared_context;
mod wording;

use crate::findings::Finding;
use crate::program::Program;
use crate::program::obligation::Obligation;
use crate::program::sites::Sites;

/// A rule as `unlisten rules` and SARIF show it.
pub struct Rule {
    pub id: &'static str,
    /// One line.
    pub summary: &'static str,
    /// `rules/<id>.md`, compiled in.
    pub page: &'static str,
    /// Does the rule speak of this obligation?
    detect: fn(&Obligation) -> bool,
    /// What it says.
    word: fn(&Program, &Obligation) -> wording::Words,
}

/// The one table of rules, in the order in which an obligation is asked.
pub const RULES: &[Rule] = &[
    release_mismatch::RULE,
    disposer_dropped::RULE,
    release_not_on_every_path::RULE,
    once_never_fires::RULE,
    repeats::PER_REQUEST,
    repeats::PER_CONNECTION,
    repeats::PER_EVENT,
    repeats::PER_CALL,
    repeats::PER_INSTANCE,
    repeats::PER_MOUNT,
    repeats::PER_TICK,
    repeats::IN_LOOP,
    retained_buffer::RULE,
    shared_context::RULE,
    max_listeners_raised::RULE,
];

/// Asks every rule. Findings come in no particular order, with empty fingerprints. Once `outdated` says so, nobody waits for them, and they
/// need not be all. And how many registrations were given up at a limit of depth or steps, so that findings may be missing.
pub fn run(program: &Program, outdated: &dyn Fn() -> bool) -> (Vec<Finding>, u32) {
    let sites = Sites::collect(program);
    let mut findings = Vec::new();
    let mut obligations = program.obligations(&sites, outdated);
    obligations.extend(program.pinning(&sites, &obligations));
    let raised = program.raised(&sites, &obligations);
    obligations.extend(raised.iter().map(|raised| raised.obligation(program)));
    for obligation in &obligations {
        if let Some(rule) = RULES.iter().find(|rule| (rule.detect)(obligation)) {
            let words = (rule.word)(program, obligation);
            findings.push(wording::finding(program, &sites, rule, obligation, words));
        }
    }
    (findings, program.limited.get())
}
