//! The end of the work: what one call or one request adds goes when it is done.
//!
//! Only a person knows whether the listener has nothing more to do by then, so all of these are unsafe.

use super::added::added;
use super::draft::Draft;
use super::effect::{name_listener, name_listener_at};
use super::finally::wrap_rest;
use crate::facts::layout::{CallLayout, Statement};
use crate::findings::Applicability::{self, Unsafe};
use crate::findings::CallPlace;

type Made = Option<(String, Applicability)>;

/// Removes the listener when the function is done, or when the response is closed.
pub fn remove(draft: &mut Draft, registration: &CallPlace, listener: u32, response: Option<&str>) -> Made {
    let call = draft.call(registration)?;
    if response.is_some() && !draft.layout.is_alone(call) {
        return None;
    }
    // A response that is closed has no socket any more.
    let receiver = draft.at(&call.receiver.clone()?);
    if response.is_some_and(|response| receiver.starts_with(&format!("{response}."))) {
        return None;
    }
    if let Some(response) = response {
        let name = name_listener(draft, call, listener)?;
        let release = draft.release(call, &name)?;
        let end = at_end(draft, call, Some(response), &release, &format!("() => {release}"))?;
        return Some((format!("remove `{name}` {end}"), Unsafe));
    }
    // Under `if (signal)` too: the end of the work is that of the whole function.
    let added = added(draft, call)?;
    let name = name_listener_at(draft, call, listener, added.top.span.start)?;
    let release = added.release(draft, call, &name, &(0..0))?;
    if added.hides(draft, call, &release) {
        return None;
    }
    let end = work_done(draft, call.function, added.top, &release)?;
    Some((format!("remove `{name}` {end}"), Unsafe))
}

/// Calls what the call gives back when the function is done, or when the response is closed.
pub fn call(draft: &mut Draft, registration: &CallPlace, response: Option<&str>) -> Made {
    let call = draft.call(registration)?;
    if !draft.layout.is_alone(call) {
        return None;
    }
    let all = 0..draft.text.len();
    let name = ["unsubscribe", "unlisten", "stopListening"].into_iter().find(|name| !draft.mentions(all.clone(), name))?;
    draft.insert(call.whole.start, format!("const {name} = "));
    let end = at_end(draft, call, response, &format!("{name}()"), name)?;
    Some((format!("keep what the call gives back, and call it {end}"), Unsafe))
}

/// `statement` in a `finally`, or `listener` on the response's `close`. Says when that is.
fn at_end(draft: &mut Draft, call: &CallLayout, response: Option<&str>, statement: &str, listener: &str) -> Option<String> {
    let added = draft.statement(call);
    let end = draft.semicolon();
    if let Some(response) = response {
        draft.insert_line_after(added.span.start, added.span.end, &format!("{response}.once('close', {listener}){end}"));
        return Some(format!("when `{response}` is closed"));
    }
    work_done(draft, call.function, added, statement)
}

/// `words` in a `finally` around all that follows a statement of the function's block.
fn work_done(draft: &mut Draft, function: usize, added: &Statement, words: &str) -> Option<String> {
    let function = &draft.layout.functions[function];
    // A function that is no `async` ends before its work does.
    let whole = function.body.is_some() && added.place.map(|(block, _)| block) == function.body;
    if !(function.is_async || function.is_generator) || !whole {
        return None;
    }
    wrap_rest(draft, added, &format!("{words}{}", draft.semicolon()))?;
    Some("when the work is done".to_owned())
}
