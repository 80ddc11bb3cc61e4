//! `disposer-dropped`: the call gives back what would remove the listener, and nobody keeps it.

use super::Rule;
use super::wording::{Words, emitter, listener};
use crate::program::Program;
use crate::program::obligation::{Fault, Obligation};

pub const RULE: Rule = Rule {
    id: "disposer-dropped",
    summary: "The function that would remove the listener is given back and dropped",
    page: include_str!("../../rules/disposer-dropped.md"),
    detect: |obligation| obligation.fault == Fault::DisposerDropped,
    word,
};

fn word(program: &Program, obligation: &Obligation) -> Words {
    let message = format!(
        "the disposer of the {} on {} is dropped: nothing can remove the listener any more",
        listener(obligation),
        emitter(obligation)
    );
    let mut steps = Vec::new();
    if let Some(&helper) = obligation.registration.through.first() {
        steps.push(program.step_function(helper, format!("`{}` gives back what removes the listener", program.function_name(helper))));
    }
    Words { message, steps, help: "keep what the call gives back and call it when the work ends".to_owned() }
}
