//! `max-listeners-raised`: the limit is taken away in place of a fix.

use super::Rule;
use super::wording::{Words, emitter};
use crate::program::Program;
use crate::program::obligation::{Fault, Obligation};

pub const RULE: Rule = Rule {
    id: "max-listeners-raised",
    summary: "The limit that would tell of a leak is switched off",
    page: include_str!("../../rules/max-listeners-raised.md"),
    detect: |obligation| matches!(obligation.fault, Fault::LimitRaised(_)),
    word,
};

fn word(_: &Program, obligation: &Obligation) -> Words {
    let all = obligation.registration.receivers.is_empty();
    let of = if all { "every emitter".to_owned() } else { emitter(obligation) };
    let message = match obligation.fault {
        Fault::LimitRaised(Some(_)) => format!("the listener limit of {of} is switched off, and listeners pile up on it"),
        _ => format!("the listener limit of {of} is switched off: nothing tells of listeners that pile up"),
    };
    let help = match obligation.fault {
        Fault::LimitRaised(Some(_)) => "release the listeners that pile up, then take this call out".to_owned(),
        _ => "take the call out, or give a number that fits the known count of listeners: it still warns when that is exceeded".to_owned(),
    };
    Words { message, steps: Vec::new(), help }
}
