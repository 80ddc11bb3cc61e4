//! A forgotten listener: it goes where the one beside it goes.

use super::component::{append, keep};
use super::draft::{Draft, is_path};
use super::effect::{keeps_types, name_listener};
use super::sight::{is_seen, same_this};
use crate::facts::layout::{Argument, CallLayout, StatementKind};
use crate::findings::Applicability::{self, Safe, Unsafe};
use crate::findings::Forgotten;

type Made = Option<(String, Applicability)>;

/// Another line behind each release of the sibling.
pub fn remove(draft: &mut Draft, forgotten: &Forgotten) -> Made {
    let adds = draft.call(&forgotten.registration)?;
    let releases: Vec<&CallLayout> = forgotten.releases.iter().map(|place| draft.call(place)).collect::<Option<_>>()?;
    let argument = adds.args.get(forgotten.listener as usize).filter(|argument| !argument.spread)?;
    if !draft.is_alone_in_chain(adds) {
        return None;
    }
    let typed = keeps_types(draft, argument);
    let name = name(draft, adds, argument, forgotten.listener, &releases)?;
    for release in releases {
        let receiver = match forgotten.same_emitter {
            true => draft.receiver(release)?,
            false => draft.receiver(adds).filter(|receiver| is_seen(draft, receiver, adds, release))?,
        };
        let event = draft.at(&adds.args.first()?.span);
        if is_path(event) && !is_seen(draft, event, adds, release) {
            return None;
        }
        let method = draft.at(&release.method.clone()?);
        let words = format!("{}{}", draft.release_by(adds, &receiver, method, &name)?, draft.semicolon());
        behind(draft, release, &words)?;
    }
    // A stream without a listener for its errors throws them.
    let wanted = draft.at(&adds.args.first()?.span).contains("error");
    let safe = forgotten.at_end && typed && !wanted;
    Some((format!("remove `{name}` too, where the listener beside it is removed"), if safe { Safe } else { Unsafe }))
}

/// The listener's name, where all releases see it: its own, a variable's in front of the registration, a field's.
fn name(draft: &mut Draft, adds: &CallLayout, argument: &Argument, listener: u32, releases: &[&CallLayout]) -> Option<String> {
    let text = draft.at(&argument.span);
    if is_path(text) {
        return releases.iter().all(|release| is_seen(draft, text, adds, release)).then(|| text.to_owned());
    }
    let statement = draft.statement(adds);
    let block = &draft.layout.blocks[statement.place?.0].inside;
    let later = |release: &&CallLayout| release.whole.start > statement.span.start && release.whole.end <= block.end;
    if releases.iter().all(later) {
        return name_listener(draft, adds, listener);
    }
    if !releases.iter().all(|release| same_this(draft, adds, release)) {
        return None;
    }
    let body = draft.body(adds.function)?;
    let (block, index) = statement.place?;
    let top =
        &draft.layout.statements[*body.statements.get(index).filter(|_| draft.layout.functions[adds.function].body == Some(block))?];
    keep(draft, adds, argument, listener as usize, top)
}

/// A line behind a call that makes up its statement, or an arrow.
fn behind(draft: &mut Draft, call: &CallLayout, words: &str) -> Option<()> {
    let statement = draft.statement(call);
    let function = &draft.layout.functions[call.function];
    if function.expression.as_ref().is_some_and(|expression| expression.start <= call.whole.start && call.whole.end <= expression.end) {
        return append(draft, function, words);
    }
    let StatementKind::Expression(_) = &statement.kind else { return None };
    statement.place.filter(|_| draft.is_alone_in_chain(call))?;
    match draft.begins_line(statement.span.start) {
        true => draft.insert_line_after(statement.span.start, statement.span.end, words),
        false => draft.insert(statement.span.end, format!(" {words}")),
    }
    Some(())
}
