//! `listener-per-request` and its siblings: nothing takes the listener away, and the line runs again; named by what repeats.

use super::Rule;
use super::wording::{Words, emitter, listener, release_help};
use crate::findings::Region;
use crate::program::Program;
use crate::program::obligation::{Fault, Obligation};

macro_rules! rules {
    ($($name:ident, $id:literal, $summary:literal => $($region:ident)|+;)*) => {$(
        pub const $name: Rule = Rule {
            id: $id,
            summary: $summary,
            page: include_str!(concat!("../../rules/", $id, ".md")),
            detect: |obligation| matches!(obligation.fault, Fault::NotReleased | Fault::Sibling(_) | Fault::Forgotten(_)) && matches!(obligation.region, $(Region::$region)|+),
            word,
        };
    )*};
}

rules! {
    PER_REQUEST, "listener-per-request", "A listener is added for each request to an emitter that outlives it" => Request;
    PER_CONNECTION, "listener-per-connection", "A listener is added for each connection to an emitter that outlives it" => Connection | Server;
    PER_EVENT, "listener-per-event", "A listener is added each time an event fires" => Event | Message;
    PER_CALL, "listener-per-call", "A listener is added at each call to an emitter of the caller or of the program" => Call;
    PER_INSTANCE, "listener-per-instance", "Each new object adds a listener to an emitter that outlives it" => Instance;
    PER_MOUNT, "listener-per-mount", "Each mount or render adds a listener that the unmount leaves" => Mount | Render;
    PER_TICK, "listener-per-tick", "A timer adds a listener at each tick" => Tick;
    IN_LOOP, "listener-in-loop", "A loop adds a listener to one emitter at each turn" => Iteration | Module | Program;
}

fn word(program: &Program, obligation: &Obligation) -> Words {
    let often = match obligation.region {
        Region::Call => "at each call".to_owned(),
        Region::Event => "each time the event around it fires".to_owned(),
        Region::Iteration => "at each turn of a loop".to_owned(),
        Region::Instance => "by each new object".to_owned(),
        Region::Tick => "at each tick of a timer".to_owned(),
        region => format!("once per {}", region.word()),
    };
    let message = format!("a {} is added to {} {often} and never removed", listener(obligation), emitter(obligation));
    let mut steps = Vec::new();
    if let Fault::Sibling(sibling) = obligation.fault {
        steps.push(
            program.step_call(sibling, "this listener on the same emitter is removed when the work ends; the other one is forgotten"),
        );
    }
    if let Fault::Forgotten(sibling) = obligation.fault {
        steps.push(program.step_call(sibling, "this listener is removed when the object comes to its end; the other one is forgotten"));
    }
    steps
        .push(program.step_call(obligation.registration.call, "nothing in the program removes this listener before the next one is added"));
    Words { message, steps, help: release_help(obligation) }
}
