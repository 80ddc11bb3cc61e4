//! Effects and components: what a mount adds, its unmount takes away.

use super::component::{append, hook, unmount};
use super::draft::{Draft, is_path};
use crate::facts::layout::{Argument, Bytes, CallLayout, FunctionLayout, StatementKind};
use crate::findings::Applicability::{self, Safe, Unsafe};
use crate::findings::CallPlace;

type Made = Option<(String, Applicability)>;

/// A listener that an effect adds: named, and removed in the clean-up that the effect gives back; or in the other method of a pair.
pub fn cleanup(draft: &mut Draft, registration: &CallPlace, listener: u32, effect: bool) -> Made {
    let call = draft.call(registration)?;
    let layout = draft.layout;
    let function = &layout.functions[call.function];
    if function.class.is_some() || function.object.is_some() {
        return unmount(draft, call, listener);
    }
    if !effect {
        return hook(draft, call, listener);
    }
    let statement = at_top(draft, call)?;
    match &returned(draft, call.function)[..] {
        [] => {}
        [Some(returned)] => return extend(draft, call, listener, returned),
        _ => return None,
    }
    let safe = keeps_types(draft, &call.args[listener as usize]);
    let name = name_listener(draft, call, listener)?;
    let release = draft.release(call, &name)?;
    let body = draft.body(call.function)?;
    let last = &layout.statements[*body.statements.last()?];
    let words = format!("return () => {release}{}", draft.semicolon());
    draft.insert_line_after(statement, last.span.end, &words);
    Some((format!("give back a clean-up that removes `{name}`"), if safe { Safe } else { Unsafe }))
}

/// An effect gives back a clean-up already: it aborts a signal that the listener can have, or gets another line.
fn extend(draft: &mut Draft, call: &CallLayout, listener: u32, returned: &Bytes) -> Made {
    let layout = draft.layout;
    let given = layout.functions.iter().find(|function| function.span == *returned && !function.is_async && !function.is_generator)?;
    if let Some(made) = signal(draft, call, listener, given) {
        return Some(made);
    }
    let statement = draft.statement(call).span.start;
    let end = layout.statements.iter().find(|statement| statement.kind == StatementKind::Return(Some(returned.clone())))?;
    if statement > end.span.start {
        return None;
    }
    let safe = keeps_types(draft, &call.args[listener as usize]);
    let name = name_listener(draft, call, listener)?;
    let release = draft.release(call, &name)?;
    append(draft, given, &format!("{release}{}", draft.semicolon()))?;
    Some((format!("remove `{name}` in the clean-up"), if safe { Safe } else { Unsafe }))
}

/// The clean-up aborts a controller of the effect, and nothing else does: its signal removes the listener too.
fn signal(draft: &mut Draft, call: &CallLayout, listener: u32, given: &FunctionLayout) -> Made {
    let target = draft.at(&call.method.clone()?) == "addEventListener" && listener == 1;
    let text = draft.at(&given.span);
    let (before, _) = text.split_once(".abort(")?;
    let controller = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').next().filter(|name| is_path(name))?;
    let effect = &draft.layout.functions[call.function];
    let made = effect.names.iter().any(|name| name == controller)
        && draft.mentions_text(&effect.span, &format!("{controller} = new AbortController("));
    let once = draft.at(&effect.span).matches(&format!("{controller}.abort")).count() == 1;
    // Of a test it may be that it fails.
    let always = !text.contains("if (") && !text.contains("&&") && !text.contains('?');
    let earlier = draft.text[effect.span.start..call.whole.start].contains(&format!("{controller} = new"));
    if !(target && made && once && always && earlier) {
        return None;
    }
    super::signal::insert(draft, call, controller)?;
    Some((format!("give it `{controller}.signal`, which the clean-up aborts"), Safe))
}

/// What the effect's last call gives back is its clean-up.
pub fn result(draft: &mut Draft, registration: &CallPlace) -> Made {
    let call = draft.call(registration)?;
    let statement = at_top(draft, call)?;
    let body = draft.body(call.function)?;
    let last = draft.layout.statements[*body.statements.last()?].span.start;
    if last != statement || !returned(draft, call.function).is_empty() {
        return None;
    }
    draft.insert(statement, "return ");
    Some(("give back what the call gives: the effect calls it as its clean-up".to_owned(), Safe))
}

/// Where the statement begins that the call makes up, in the block of its function.
fn at_top(draft: &Draft, call: &CallLayout) -> Option<usize> {
    let statement = draft.statement(call);
    let (block, _) = statement.place?;
    (draft.layout.is_alone(call) && draft.layout.functions[call.function].body == Some(block)).then_some(statement.span.start)
}

/// What the function returns: where it does, not every way comes to its end.
fn returned(draft: &Draft, function: usize) -> Vec<Option<Bytes>> {
    let own = draft.layout.statements.iter().filter(|statement| statement.function == function);
    let values = own.filter_map(|statement| match &statement.kind {
        StatementKind::Return(value) => Some(value.clone()),
        _ => None,
    });
    values.collect()
}

/// The listener's name: its own, or a new one in front of the statement.
pub fn name_listener(draft: &mut Draft, call: &CallLayout, listener: u32) -> Option<String> {
    let start = draft.statement(call).span.start;
    name_listener_at(draft, call, listener, start)
}

/// The same, in front of the statement that begins here.
pub fn name_listener_at(draft: &mut Draft, call: &CallLayout, listener: u32, start: usize) -> Option<String> {
    let argument = call.args.get(listener as usize).filter(|argument| !argument.spread)?;
    let text = draft.at(&argument.span);
    if is_path(text) {
        return Some(text.to_owned());
    }
    let name = draft.listener_name(call, listener as usize)?;
    let text = draft.moved(&argument.span, draft.indent(start));
    draft.insert_line_before(start, &format!("const {name} = {text}{}", draft.semicolon()));
    draft.name_argument(call, listener as usize, &name);
    Some(name)
}

/// Away from its call, TypeScript knows nothing of a listener's parameters but what is written.
pub fn keeps_types(draft: &Draft, listener: &Argument) -> bool {
    !draft.is_typescript() || listener.function.is_none_or(|function| !draft.layout.functions[function].untyped)
}
