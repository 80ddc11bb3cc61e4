//! Adding a listener once: where what it needs is there before the code that runs again, it is added there.

use super::added::{declares, names};
use super::draft::{Draft, is_name, is_path};
use crate::facts::layout::{Bytes, CallLayout, Statement, StatementKind};
use crate::findings::Applicability::{self, Unsafe};
use crate::findings::CallPlace;

type Made = Option<(String, Applicability)>;

/// Moves the registration in front of the loop, or in front of the module's statement that holds the function.
pub fn move_up(draft: &mut Draft, registration: &CallPlace) -> Made {
    let call = draft.call(registration)?;
    let layout = draft.layout;
    let statement = draft.statement(call);
    let (block, _) = statement.place.filter(|_| layout.is_alone(call))?;
    let text = draft.at(&call.whole);
    let own = ["this", "arguments", "super", "new.target", "await", "yield"];
    if own.iter().any(|word| draft.mentions(call.whole.clone(), word)) {
        return None;
    }
    let (target, message) = match around_in_loop(draft, statement) {
        Some(turned) => {
            let function = &layout.functions[call.function];
            let before = &draft.text[function.span.start..turned.span.start];
            let head = &draft.text[turned.span.start..layout.blocks[block].inside.start];
            let new = |name: &String| names(text, name) && (!names(before, name) || names(head, name));
            if function.names.iter().any(new) || inside(draft, turned, text) {
                return None;
            }
            (turned.span.start, "add it once, before the loop")
        }
        None => {
            let function = layout.functions.get(call.function).filter(|function| function.body == Some(block) && call.function != 0)?;
            // A function that does nothing else is there to add it, when its caller wants.
            if layout.blocks[function.body?].statements.len() < 2 {
                return None;
            }
            let mut around = layout.chain(call.function).filter(|&function| function != 0);
            if around.any(|function| declares(&layout.functions[function], text)) {
                return None;
            }
            let top = layout.blocks[0].statements.iter().map(|&statement| &layout.statements[statement]);
            let top = top.into_iter().find(|top| top.span.start <= call.whole.start && call.whole.end <= top.span.end)?;
            is_there(draft, call, top.span.start).then_some((top.span.start, "add it once, where the module is loaded"))?
        }
    };
    let moved = draft.moved(&statement.span, draft.indent(target));
    draft.insert_line_before(target, &moved);
    draft.replace(line_of(draft, &statement.span), "");
    Some((message.to_owned(), Unsafe))
}

/// The loop whose body is the block of the statement.
fn around_in_loop<'t>(draft: &Draft<'t>, statement: &Statement) -> Option<&'t Statement> {
    let braces = draft.layout.around(statement).filter(|around| around.kind == StatementKind::Block)?;
    let turned = draft.layout.around(braces)?;
    let text = draft.at(&turned.span);
    let head = ["for ", "for(", "while ", "while(", "do "].iter().any(|word| text.starts_with(word));
    (head && turned.function == statement.function && turned.kind == StatementKind::Other && turned.place.is_some()).then_some(turned)
}

/// Something that the text names is declared within the statement.
fn inside(draft: &Draft, outer: &Statement, text: &str) -> bool {
    draft.layout.statements.iter().any(|statement| {
        let within = outer.span.start <= statement.span.start && statement.span.end <= outer.span.end;
        within && matches!(&statement.kind, StatementKind::Declares(declared) if declared.iter().any(|name| names(text, name)))
    })
}

/// The emitter, and what is not asked for later only, have their values when the module's statement here is reached.
fn is_there(draft: &Draft, call: &CallLayout, here: usize) -> bool {
    let Some(receiver) = call.receiver.clone().map(|receiver| draft.at(&receiver)) else { return false };
    let emitter = receiver.split('.').next().unwrap_or_default();
    let made = |statement: &str| {
        let value = statement.strip_prefix("const ").and_then(|rest| rest.split_once('='));
        value.is_some_and(|(name, value)| {
            let given = value.trim_start().starts_with("new ") && receiver == emitter || value.trim_start().starts_with("require(");
            name.trim().split(':').next() == Some(emitter) && given
        })
    };
    let before = top_level(draft, 0..here);
    let known = emitter == "process" || before.iter().any(|text| made(text) || text.starts_with("import ") && names(text, emitter));
    let given = call.args.iter().filter(|argument| argument.function.is_none()).all(|argument| {
        let text = draft.at(&argument.span);
        let first = text.split('.').next().unwrap_or_default();
        let hoisted = |statement: &&str| {
            let rest = statement.strip_prefix("export ").unwrap_or(statement);
            let rest = rest.strip_prefix("async ").unwrap_or(rest);
            rest.strip_prefix("function ").is_some_and(|rest| rest.trim_start().split('(').next() == Some(first))
        };
        let declared = |statement: &&str| {
            let rest = statement.strip_prefix("export ").unwrap_or(statement);
            ["const ", "import ", "class "].iter().any(|word| rest.starts_with(word)) && names(rest, first)
        };
        !is_path(text) || before.iter().any(declared) || top_level(draft, 0..draft.text.len()).iter().any(hoisted)
    });
    is_path(receiver) && is_name(emitter) && known && given
}

/// The module's own statements in this part of the text.
fn top_level<'t>(draft: &Draft<'t>, part: Bytes) -> Vec<&'t str> {
    let spans = draft.layout.blocks[0].statements.iter().map(|&statement| &draft.layout.statements[statement].span);
    spans.filter(|span| part.start <= span.start && span.end <= part.end).map(|span| draft.at(span)).collect()
}

/// The whole lines of a statement, where it has them for itself.
fn line_of(draft: &Draft, span: &Bytes) -> Bytes {
    let rest = &draft.text[span.end..];
    let behind = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
    if !draft.begins_line(span.start) || !rest[behind..].starts_with('\n') {
        return span.clone();
    }
    let line = draft.text[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
    line..span.end + behind + 1
}
