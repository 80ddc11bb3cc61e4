//! Where a listener is added: straight on in its function, or under a test of the emitter itself (`if (signal) signal.add...`).

use super::draft::{Draft, is_name};
use crate::facts::layout::{Bytes, CallLayout, FunctionLayout, If, Statement, StatementKind};

/// A registration that a function makes once, and how to take it back from elsewhere in the function.
pub struct Added<'t> {
    /// The statement of the function's block that it stands in.
    pub top: &'t Statement,
    /// The part of an `if` that it stands in, outside of which the emitter may be absent.
    under: Option<Bytes>,
}

/// None where the registration stands in a loop, in a part of an expression, or under a test of what the emitter can do.
pub fn added<'t>(draft: &Draft<'t>, call: &CallLayout) -> Option<Added<'t>> {
    let layout = draft.layout;
    let body = draft.body(call.function)?;
    let top = body.statements.iter().map(|&statement| &layout.statements[statement]).find(|top| holds(&top.span, &call.whole))?;
    if !draft.is_alone_in_chain(call) {
        return None;
    }
    let receiver = draft.at(&draft.chain(call)?);
    let own = draft.statement(call);
    let mut under: Option<Bytes> = None;
    let around = layout.statements.iter().filter(|outer| {
        outer.function == call.function && holds(&top.span, &outer.span) && holds(&outer.span, &call.whole) && outer.span != own.span
    });
    for outer in around {
        match &outer.kind {
            StatementKind::Block => {}
            StatementKind::If(asked) => {
                if is_about(draft, asked, call, receiver)? {
                    let part = if holds(&asked.then, &call.whole) { &asked.then } else { asked.otherwise.as_ref()? };
                    under = Some(part.clone()).into_iter().chain(under).min_by_key(|part| part.len());
                }
            }
            _ => return None,
        }
    }
    Some(Added { top, under })
}

/// The `if` asks whether the emitter is there, whether its signal is aborted already, or nothing of it. Gives whether it may be absent.
fn is_about(draft: &Draft, asked: &If, call: &CallLayout, receiver: &str) -> Option<bool> {
    let then = holds(&asked.then, &call.whole);
    let mut optional = false;
    for part in draft.at(&asked.test).split("&&").map(str::trim) {
        let (aborted, there) = (format!("{receiver}.aborted"), receiver.strip_suffix('?').unwrap_or(receiver));
        match part {
            _ if then && (part == there || is_there(part, there)) => optional = true,
            _ if then && part == format!("!{aborted}") => {}
            _ if !then && part == aborted => {}
            _ if !then && part == format!("{receiver}?.aborted") => optional = true,
            _ if receiver == "this" => {}
            // Of what else the test tells, it may be that there is none.
            _ if is_name(receiver) && !names(part, receiver) => optional = true,
            _ if receiver.strip_prefix("this.").is_some_and(is_name) && !part.contains(receiver) => optional = true,
            _ => return None,
        }
    }
    Some(optional)
}

/// `x != null`, `x !== undefined`.
fn is_there(test: &str, name: &str) -> bool {
    let rest = test.strip_prefix(name).map(str::trim_start).and_then(|rest| rest.strip_prefix("!="));
    rest.is_some_and(|rest| matches!(rest.trim_start_matches('=').trim(), "null" | "undefined"))
}

impl Added<'_> {
    /// The call that takes the listener away at this place of the function.
    pub fn release(&self, draft: &Draft, call: &CallLayout, listener: &str, place: &Bytes) -> Option<String> {
        let release = draft.release(call, listener)?;
        let receiver = draft.at(&draft.chain(call)?);
        if self.under.as_ref().is_none_or(|part| holds(part, place)) || release.starts_with(&format!("{receiver}?.")) {
            return Some(release);
        }
        match draft.text.contains("?.") || draft.is_typescript() {
            true => Some(release.replacen(&format!("{receiver}."), &format!("{receiver}?."), 1)),
            false => Some(format!("if ({receiver}) {release}")),
        }
    }

    /// The names of this text that are declared where only a part of the function sees them.
    pub fn hides(&self, draft: &Draft, call: &CallLayout, text: &str) -> bool {
        let body = draft.layout.functions[call.function].body;
        let hidden = draft
            .layout
            .statements
            .iter()
            .filter(|statement| statement.function == call.function && statement.place.map(|(block, _)| block) != body);
        let mut hidden = hidden.filter_map(|statement| match &statement.kind {
            StatementKind::Declares(names) => Some(names),
            _ => None,
        });
        hidden.any(|declared| declared.iter().any(|name| names(text, name)))
    }
}

/// Some name of this text means another thing in `inner`, a function within `outer`; or `this` does.
pub fn is_shadowed(draft: &Draft, text: &str, inner: usize, outer: usize) -> bool {
    draft.layout.chain(inner).take_while(|&function| function != outer).any(|function| {
        let function = &draft.layout.functions[function];
        names(text, "this") && !function.arrow || function.names.iter().any(|name| names(text, name))
    })
}

/// The text names this, not as a member of something.
pub fn names(text: &str, name: &str) -> bool {
    // A member of the name is no mention of it.
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    is_name(name)
        && text.match_indices(name).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + name.len()..].chars().next();
            !before.is_some_and(|c| word(c) || matches!(c, '.' | '\'' | '"' | '#')) && !after.is_some_and(word)
        })
}

/// The function declares something that the text names.
pub fn declares(function: &FunctionLayout, text: &str) -> bool {
    function.names.iter().any(|name| names(text, name))
}

pub fn holds(outer: &Bytes, inner: &Bytes) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
