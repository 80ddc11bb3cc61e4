//! `once-never-fires`: a one-time listener waits for an event that does not come again in the emitter's life.

use super::Rule;
use super::wording::{Words, emitter, listener, release_help};
use crate::program::Program;
use crate::program::count::Emitter;
use crate::program::obligation::{Fault, Obligation};

pub const RULE: Rule = Rule {
    id: "once-never-fires",
    summary: "A one-time listener waits for an event that does not fire again, so it stays",
    page: include_str!("../../rules/once-never-fires.md"),
    detect: |obligation| obligation.fault == Fault::NeverFires,
    word,
};

fn word(program: &Program, obligation: &Obligation) -> Words {
    let event = obligation.registration.event.name().unwrap_or("the event");
    let why = match (obligation.emitter, event) {
        (Emitter::Signal, _) => "`abort` fires only when the caller gives up: after a success the listener stays".to_owned(),
        (Emitter::Pooled, "connect" | "secureConnect" | "lookup" | "ready") => {
            format!(
                "`{event}` fired before, when the connection was made: on a connection that is used again it does not fire, and the listener stays"
            )
        }
        (Emitter::Pooled, _) => {
            format!("`{event}` comes, if at all, at the end of the connection, long after this use of it: until then the listener stays")
        }
        (Emitter::Process, _) => format!("`{event}` comes, if at all, at the end of the program: until then the listener stays"),
        (Emitter::Longer, _) => format!("`{event}` normally does not fire on an emitter that goes on living: the listener stays"),
    };
    let message = format!(
        "a one-time {} is added to {} again and again, and `{event}` does not fire in between: the listeners pile up",
        listener(obligation),
        emitter(obligation)
    );
    Words { message, steps: vec![program.step_call(obligation.registration.call, why)], help: release_help(obligation) }
}
