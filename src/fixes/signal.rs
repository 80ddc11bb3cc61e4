//! A signal that the end aborts already.

use super::draft::Draft;
use crate::facts::layout::CallLayout;
use crate::findings::Applicability::{self, Safe};
use crate::findings::CallPlace;

/// `target.addEventListener('x', f, { signal: controller.signal })`: what aborts the controller at the end takes the listener away (DOM
/// standard, «add an event listener»; Node's manual, events).
pub fn give(draft: &mut Draft, registration: &CallPlace, controller: &str) -> Option<(String, Applicability)> {
    let call = draft.call(registration)?;
    if call.args.iter().any(|arg| arg.spread) {
        return None;
    }
    insert(draft, call, controller)?;
    Some((format!("give the listener the signal of `{controller}`, which the end aborts"), Safe))
}

/// Writes the signal among the options of `addEventListener(event, listener, options)`.
pub fn insert(draft: &mut Draft, call: &CallLayout, controller: &str) -> Option<()> {
    match &call.args[..] {
        [_, listener] => draft.insert(listener.span.end, format!(", {{ signal: {controller}.signal }}")),
        [_, _, options] if draft.at(&options.span).starts_with('{') && !draft.mentions(options.span.clone(), "signal") => {
            draft.insert(options.span.start + 1, format!(" signal: {controller}.signal,"));
        }
        _ => return None,
    }
    Some(())
}
