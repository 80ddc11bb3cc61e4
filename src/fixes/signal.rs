//! A signal that the end aborts already.

use super::draft::Draft;
use crate::findings::Applicability::{self, Safe};
use crate::findings::CallPlace;

/// `target.addEventListener('x', f, { signal: controller.signal })`: what aborts the controller at the end takes the listener away (DOM
/// standard, «add an event listener»; Node's manual, events).
pub fn give(draft: &mut Draft, registration: &CallPlace, controller: &str) -> Option<(String, Applicability)> {
    let call = draft.call(registration)?;
    let [_, listener] = &call.args[..] else { return None };
    if call.args.iter().any(|arg| arg.spread) {
        return None;
    }
    draft.insert(listener.span.end, format!(", {{ signal: {controller}.signal }}"));
    Some((format!("give the listener the signal of `{controller}`, which the end aborts"), Safe))
}
