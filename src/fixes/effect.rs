//! Effects and components: what a mount adds, its unmount takes away.

use super::draft::{Draft, is_path};
use crate::facts::layout::{Argument, CallLayout, StatementKind};
use crate::findings::Applicability::{self, Safe, Unsafe};
use crate::findings::CallPlace;

type Made = Option<(String, Applicability)>;

/// Methods of a component that run in pairs.
const PAIRS: [(&str, &str); 2] = [("componentDidMount", "componentWillUnmount"), ("connectedCallback", "disconnectedCallback")];

/// A listener that an effect adds: named, and removed in the clean-up that the effect gives back; or in the other method of a pair.
pub fn cleanup(draft: &mut Draft, registration: &CallPlace, listener: u32) -> Made {
    let call = draft.call(registration)?;
    let layout = draft.layout;
    let function = &layout.functions[call.function];
    if function.class.is_some() {
        return unmount(draft, call, listener);
    }
    let statement = at_top(draft, call)?;
    if gives_back(draft, call.function) {
        return None;
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

/// The method that adds has another that runs at the end.
fn unmount(draft: &mut Draft, call: &CallLayout, listener: u32) -> Made {
    let layout = draft.layout;
    let function = &layout.functions[call.function];
    let class = function.class?;
    let (_, end) = PAIRS.iter().find(|(begin, _)| *begin == function.name)?;
    let argument = call.args.get(listener as usize)?;
    let name = draft.at(&argument.span);
    // What is made in place is out of the other method's sight; so is what this one declares.
    let seen = name.starts_with("this.") && is_path(name);
    if !seen || !layout.is_alone(call) {
        return None;
    }
    let receiver = draft.at(&call.receiver.clone()?);
    let far =
        |text: &str| text.starts_with("this.") || matches!(text.split('.').next(), Some("window" | "document" | "globalThis" | "process"));
    if !far(receiver) || receiver == "this" {
        return None;
    }
    let release = format!("{}{}", draft.release(call, name)?, draft.semicolon());
    let own = |f: &crate::facts::layout::FunctionLayout| f.class == Some(class) && f.name == *end && f.body.is_some();
    match layout.functions.iter().find(|f| own(f)).and_then(|f| f.body) {
        Some(body) => match layout.blocks[body].statements.last().map(|&last| &layout.statements[last].span) {
            Some(last) => {
                let last = last.clone();
                draft.insert_line_after(last.start, last.end, &release);
            }
            None => draft.insert(layout.blocks[body].inside.start, format!(" {release} ")),
        },
        None => {
            let (indent, level, line) = (draft.indent(function.span.start), draft.level(), draft.newline());
            let types = if draft.is_typescript() { ": void" } else { "" };
            draft.insert(function.span.end, format!("{line}{line}{indent}{end}(){types} {{{line}{indent}{level}{release}{line}{indent}}}"));
        }
    }
    Some((format!("remove `{name}` in `{end}`"), Safe))
}

/// What the effect's last call gives back is its clean-up.
pub fn result(draft: &mut Draft, registration: &CallPlace) -> Made {
    let call = draft.call(registration)?;
    let statement = at_top(draft, call)?;
    let body = draft.body(call.function)?;
    let last = draft.layout.statements[*body.statements.last()?].span.start;
    if last != statement || gives_back(draft, call.function) {
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

/// The function returns already, so that not every way comes to its end.
fn gives_back(draft: &Draft, function: usize) -> bool {
    let returns =
        |statement: &crate::facts::layout::Statement| statement.function == function && matches!(statement.kind, StatementKind::Return(_));
    draft.layout.statements.iter().any(returns)
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
