//! `finally`: the way that every way out takes.

use super::draft::{Draft, is_path};
use crate::facts::layout::{Bytes, FunctionIx, FunctionLayout, Statement, StatementKind};
use crate::findings::Applicability::{self, Safe};
use crate::findings::CallPlace;

/// Registration and release are statements of one block: what stands between them goes into a `try`, the release into its `finally`.
pub fn release(draft: &mut Draft, registration: &CallPlace, release: &CallPlace) -> Option<(String, Applicability)> {
    let (adds, removes) = (draft.call(registration)?, draft.call(release)?);
    let layout = draft.layout;
    if !layout.is_direct(adds) || !layout.is_alone(removes) {
        return None;
    }
    let (from, to) = (draft.statement(adds), draft.statement(removes));
    let ((block, first), (other, last)) = (from.place?, to.place?);
    if block != other || first + 1 >= last || from.function == 0 {
        return None;
    }
    let statements: Vec<&Statement> = layout.blocks[block].statements.iter().map(|&statement| &layout.statements[statement]).collect();
    let (between, after) = (&statements[first + 1..last], &statements[last + 1..]);
    let inside = between[0].span.start..between[between.len() - 1].span.end;
    // A comment that leads to the release would be torn from it.
    if !draft.at(&(inside.end..to.span.start)).trim().is_empty() {
        return None;
    }
    let call = format!("{}{}", draft.at(&removes.whole), draft.semicolon());
    let message = "put the release into a `finally`, so that every way out passes it".to_owned();
    if let [only] = between
        && join(draft, only, &call)
    {
        draft.replace(inside.end..to.span.end, "");
        return Some((message, Safe));
    }
    let names = declared(between);
    if mentioned(draft, &names, layout.blocks[block].inside.start..from.span.end) {
        return None;
    }
    let mut moved = None;
    if mentioned(draft, &names, to.span.end..layout.blocks[block].inside.end) {
        // What follows reads what was declared: it can come along only if it does nothing but hand that back.
        let [only] = after else { return None };
        let StatementKind::Return(Some(value)) = &only.kind else { return None };
        if !is_path(draft.at(value)) || !draft.at(&(to.span.end..only.span.start)).trim().is_empty() {
            return None;
        }
        draft.replace(to.span.end..only.span.end, "");
        moved = Some(&only.span);
    }
    let text = attempt(draft, (&inside, from.function), moved, &call);
    draft.replace(inside.start..to.span.end, text);
    Some((message, Safe))
}

/// Puts all that follows a statement in its block into a `try`, and these words into the `finally`. None where names get out of reach,
/// or nothing follows.
pub fn wrap_rest(draft: &mut Draft, statement: &Statement, last_words: &str) -> Option<()> {
    let layout = draft.layout;
    let (block, index) = statement.place?;
    let statements: Vec<&Statement> = layout.blocks[block].statements.iter().map(|&statement| &layout.statements[statement]).collect();
    let rest = statements.get(index + 1..).filter(|rest| !rest.is_empty())?;
    let inside = rest[0].span.start..rest[rest.len() - 1].span.end;
    // What does not wait is over at once: then a listener would be removed before anything could happen.
    let waits = ["await", "yield"].iter().any(|word| draft.mentions(inside.clone(), word))
        || !handed_on(draft, &inside, statement.function).is_empty();
    if !waits || mentioned(draft, &declared(rest), layout.blocks[block].inside.start..statement.span.end) {
        return None;
    }
    // What ends in a `finally` gets another line there, if nothing before that waits or leaves.
    let [first @ .., last] = rest else { return None };
    let passes = |statement: &&Statement| {
        ["await", "yield", "return", "throw", "for", "while"].iter().all(|word| !draft.mentions(statement.span.clone(), word))
    };
    if (first.is_empty() || matches!(last.kind, StatementKind::Try(Some(_))) && first.iter().all(passes)) && join(draft, last, last_words) {
        return Some(());
    }
    let text = attempt(draft, (&inside, statement.function), None, last_words);
    draft.replace(inside, text);
    Some(())
}

/// Adds to a `try` that stands there already. What it returns has to be awaited, so there must be nothing of the kind.
fn join(draft: &mut Draft, only: &Statement, last_words: &str) -> bool {
    let StatementKind::Try(block) = &only.kind else { return false };
    if !handed_on(draft, &only.span, only.function).is_empty() {
        return false;
    }
    match block {
        // First of all: what the block does already may give the emitter away.
        Some(block) => match draft.text[block.clone()].find(|c: char| !c.is_whitespace()) {
            Some(first) => draft.insert_line_before(block.start + first, last_words),
            None => draft.insert(block.start, format!(" {last_words} ")),
        },
        None => {
            let block = finally(draft, only.span.start, last_words);
            draft.insert(only.span.end, block);
        }
    }
    true
}

/// Where an async function returns what may be a promise: without `await`, `finally` does not wait for it.
fn handed_on(draft: &Draft, inside: &Bytes, function: FunctionIx) -> Vec<Bytes> {
    let FunctionLayout { is_async: true, is_generator: false, .. } = draft.layout.functions[function] else { return Vec::new() };
    let returns = draft
        .layout
        .statements
        .iter()
        .filter(|statement| statement.function == function && inside.start <= statement.span.start && statement.span.end <= inside.end);
    let values = returns.filter_map(|statement| match &statement.kind {
        StatementKind::Return(Some(value)) => Some(value.clone()),
        _ => None,
    });
    values.filter(|value| draft.at(value).ends_with(')') && !draft.at(value).starts_with("await")).collect()
}

/// `try { inside; moved } finally { last words }`.
fn attempt(draft: &Draft, (inside, function): (&Bytes, FunctionIx), moved: Option<&Bytes>, last_words: &str) -> String {
    let (indent, level, line) = (draft.indent(inside.start), draft.level(), draft.newline());
    let deeper = format!("{indent}{level}");
    let mut text = String::new();
    let mut done = inside.start;
    for value in handed_on(draft, inside, function) {
        let (open, close) = if is_call(draft.at(&value)) { ("await ", "") } else { ("await (", ")") };
        text += &draft.shifted(&(done..value.start), indent, &deeper);
        text += &format!("{open}{}{close}", draft.shifted(&value, indent, &deeper));
        done = value.end;
    }
    text += &draft.shifted(&(done..inside.end), indent, &deeper);
    let moved = moved.map(|moved| format!("{line}{indent}{level}{}", draft.at(moved))).unwrap_or_default();
    format!("try {{{line}{indent}{level}{text}{moved}{line}{indent}}}{}", finally(draft, inside.start, last_words))
}

/// `a.b(...)`, which `await` needs no parentheses for.
fn is_call(text: &str) -> bool {
    let Some((callee, _)) = text.split_once('(') else { return false };
    let mut depth = 0;
    let closes = text.char_indices().find(|&(_, c)| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0 && c == ')'
    });
    is_path(callee) && closes.is_some_and(|(at, _)| at + 1 == text.len())
}

fn finally(draft: &Draft, at: usize, last_words: &str) -> String {
    let (indent, level, line) = (draft.indent(at), draft.level(), draft.newline());
    format!(" finally {{{line}{indent}{level}{last_words}{line}{indent}}}")
}

/// The names that these statements declare for their block.
fn declared<'s>(statements: &[&'s Statement]) -> Vec<&'s String> {
    let names = |statement: &&'s Statement| match &statement.kind {
        StatementKind::Declares(names) => names.iter().collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    statements.iter().flat_map(names).collect()
}

/// A closure that reads what comes later, a function that is called first, or what follows.
fn mentioned(draft: &Draft, names: &[&String], part: Bytes) -> bool {
    names.iter().any(|name| draft.mentions(part.clone(), name))
}
