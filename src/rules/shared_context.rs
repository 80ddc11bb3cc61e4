//! `shared-context`: one listener stays and mentions nothing large, but a sibling closure does: V8 keeps the value for both.

use super::Rule;
use super::wording::{Words, emitter, listener};
use crate::program::Program;
use crate::program::obligation::{Fault, Obligation};

pub const RULE: Rule = Rule {
    id: "shared-context",
    summary: "A listener that stays keeps a large value that only a sibling closure mentions",
    page: include_str!("../../rules/shared-context.md"),
    detect: |obligation| obligation.fault == Fault::Shares,
    word,
};

fn word(program: &Program, obligation: &Obligation) -> Words {
    let kept = program.burdens(obligation.registration);
    let Some(heaviest) = kept.first() else { return Words { message: String::new(), steps: Vec::new(), help: String::new() } };
    let name = &heaviest.name;
    let other = heaviest.through;
    let line = other.map_or(0, |f| program.function_range(f).start.line);
    let message = format!(
        "the {} on {} mentions nothing large, but keeps {} in memory for as long as the {} lives: the closure at line {line} shares its scope and mentions `{name}`",
        listener(obligation),
        emitter(obligation),
        heaviest.shown(),
        obligation.lifetime.word()
    );
    let mut steps = super::retained_buffer::steps(program, obligation, &kept);
    steps.extend(
        other.map(|f| program.step_function(f, format!("this closure mentions `{name}`: every closure of the scope keeps it, run or not"))),
    );
    let help = format!(
        "make the listener in a function of its own, put `{name}` and the closure that mentions it into an inner block, or set `{name} = null` once it has served"
    );
    Words { message, steps, help }
}
