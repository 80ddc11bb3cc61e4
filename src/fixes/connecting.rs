//! Waiting for a connection that is made already.

use super::draft::{Draft, is_path};
use crate::findings::Applicability::{self, Safe};
use crate::findings::CallPlace;

/// `if (socket.connecting) socket.once('connect', ...)`: on a connection that is used again the event does not come, so nothing is missed.
pub fn guard(draft: &mut Draft, registration: &CallPlace) -> Option<(String, Applicability)> {
    let call = draft.call(registration)?;
    let receiver = draft.at(&call.receiver.clone()?);
    let statement = draft.statement(call);
    // Behind `if (x)` or in front of an `else`, another `if` would change what these mean.
    if !draft.layout.is_alone(call) || statement.place.is_none() || call.optional || !is_path(receiver) {
        return None;
    }
    draft.insert(statement.span.start, format!("if ({receiver}.connecting) "));
    Some((format!("add the listener only while `{receiver}` is connecting"), Safe))
}
