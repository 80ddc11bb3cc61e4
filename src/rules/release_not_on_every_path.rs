//! `release-not-on-every-path`: a release exists, and a written way out of the function goes past it.

use super::Rule;
use super::wording::{Words, emitter, listener};
use crate::program::Program;
use crate::program::obligation::{Fault, Obligation};

pub const RULE: Rule = Rule {
    id: "release-not-on-every-path",
    summary: "The listener is removed on one way out of the function and stays on another",
    page: include_str!("../../rules/release-not-on-every-path.md"),
    detect: |obligation| matches!(obligation.fault, Fault::NotOnEveryPath(..) | Fault::EndsOtherwise(..)),
    word,
};

fn word(program: &Program, obligation: &Obligation) -> Words {
    let (call, exit, step, help) = match &obligation.fault {
        Fault::NotOnEveryPath(release, exit) => (
            release,
            exit,
            format!("the release stands here; {exit}"),
            "put the release into a `finally` around what follows the registration, so that every way out passes it",
        ),
        Fault::EndsOtherwise(call, exit) => {
            (call, exit, exit.clone(), "name the listener, and remove it wherever the wait ends, by whatever comes first")
        }
        _ => unreachable!("detected"),
    };
    let message = format!("the {} added to {} is not removed on every way out: {exit}", listener(obligation), emitter(obligation));
    Words { message, steps: vec![program.step_call(*call, step)], help: help.to_owned() }
}
