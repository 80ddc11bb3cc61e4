//! `retained-buffer`: one listener stays as long as its emitter, and with it something large that it mentions.

use super::Rule;
use super::wording::{Words, emitter, listener};
use crate::program::Program;
use crate::program::obligation::{Fault, Obligation};
use crate::program::retains::Keeps;

pub const RULE: Rule = Rule {
    id: "retained-buffer",
    summary: "A listener that stays keeps a large value in memory",
    page: include_str!("../../rules/retained-buffer.md"),
    detect: |obligation| obligation.fault == Fault::Pins,
    word,
};

fn word(program: &Program, obligation: &Obligation) -> Words {
    let kept = program.burdens(obligation.registration);
    let Some(heaviest) = kept.first() else { return Words { message: String::new(), steps: Vec::new(), help: String::new() } };
    let name = &heaviest.name;
    let message = format!(
        "the {} on {} keeps {} in memory for as long as the {} lives",
        listener(obligation),
        emitter(obligation),
        heaviest.shown(),
        obligation.lifetime.word()
    );
    let help = format!(
        "read what is needed of `{name}` (a length, a name) before the registration, make the listener in a function that does not see `{name}`, set `{name} = null` once it has served, or remove the listener"
    );
    Words { message, steps: steps(program, obligation, &kept), help }
}

/// Where each of the kept values comes from.
pub(super) fn steps(program: &Program, obligation: &Obligation, kept: &[Keeps]) -> Vec<crate::findings::Step> {
    let mut steps = Vec::new();
    for keeps in kept.iter().take(3) {
        let what = keeps.weight.what.as_deref().unwrap_or("a large value");
        match keeps.variable {
            Some(variable) => steps.push(program.step_variable(variable, format!("`{}` holds {what}", keeps.name))),
            None => {
                steps.push(program.step_call(obligation.registration.call, format!("`{}` ({what}) is bound to the listener", keeps.name)))
            }
        }
    }
    steps
}
