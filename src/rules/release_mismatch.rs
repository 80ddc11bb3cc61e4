//! `release-mismatch`: a release that removes nothing, because function, event or emitter is another one.

use super::Rule;
use super::wording::{Words, emitter, listener};
use crate::program::Program;
use crate::program::discharge::Mismatch;
use crate::program::obligation::{Fault, Obligation};

pub const RULE: Rule = Rule {
    id: "release-mismatch",
    summary: "The release removes nothing: it names another function, event or emitter than the registration",
    page: include_str!("../../rules/release-mismatch.md"),
    detect: |obligation| matches!(obligation.fault, Fault::Mismatch(..)),
    word,
};

fn word(program: &Program, obligation: &Obligation) -> Words {
    let Fault::Mismatch(release, what) = obligation.fault else { unreachable!("detected") };
    let (differs, step, help) = match what {
        Mismatch::Listener if program.call(release).args.len() == 1 => (
            "names no function",
            "this release is told the event only: without the function that was added it finds nothing",
            "keep the function that is added (`this.onEvent = this.onEvent.bind(this)` once, or a variable) and give the same one to both calls",
        ),
        Mismatch::Listener => (
            "names another function",
            "this release names a function that was never added: each `bind`, arrow or function expression is a new one",
            "keep the function that is added (`this.onEvent = this.onEvent.bind(this)` once, or a variable) and give the same one to both calls",
        ),
        Mismatch::Activation => (
            "names another function",
            "this release names the function that its own call has made: what was added was made by another call, and its object is gone",
            "make the object once, keep it, and call both of its methods",
        ),
        Mismatch::Phase => (
            "names another phase",
            "this release has another capture flag: `addEventListener(e, f, true)` and `removeEventListener(e, f)` speak of two listeners",
            "give the same capture flag to both calls",
        ),
        Mismatch::Slot => (
            "names what was put last into a variable that all share",
            "this release finds the listener of the last object only: each object puts its own into the same variable",
            "keep the listener where the object keeps what is its own (`this.onEvent`, or a variable of its scope)",
        ),
        Mismatch::Unmet => (
            "runs only where nobody listens",
            "this release stands under a test that asks for an emitter without listeners: while the listener is there, it does not run",
            "remove the listener whatever else listens",
        ),
        Mismatch::Result => (
            "names what `addEventListener` gave back, which is nothing",
            "this release is given what `addEventListener` gave back: that is `undefined`, and no listener",
            "keep the function itself (`this.onEvent = this.onEvent.bind(this)` once, or a variable) and give the same one to both calls",
        ),
        Mismatch::Method => (
            "calls a method that does not exist",
            "there is no method of this name: the call throws, and the listener stays",
            "call the method that takes away what this one adds (`removeEventListener`, with the same event and function)",
        ),
        Mismatch::Event => (
            "names another event",
            "this release names another event than the registration",
            "use one constant for the event in both calls",
        ),
        Mismatch::Emitter => (
            "names another emitter",
            "this release is called on another object than the registration (or on only one of those it may have been)",
            "keep the emitter that the listener was added to and call the release on that one",
        ),
    };
    let message = format!("the {} added to {} is never removed: its release {differs}", listener(obligation), emitter(obligation));
    Words { message, steps: vec![program.step_call(release, step)], help: help.to_owned() }
}
