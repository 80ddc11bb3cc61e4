//! What a place of the text can see of another: whether a name means there what it means here.

use super::draft::Draft;
use crate::facts::layout::{CallLayout, FunctionIx, Statement, StatementKind};

/// The path (`onClose`, `this.onClose`, `EVENTS.CLOSE`) means at one call what it means at the other.
pub fn is_seen(draft: &Draft, path: &str, here: &CallLayout, there: &CallLayout) -> bool {
    let first = path.split(['.', '?']).next().unwrap_or_default();
    match first {
        "this" => same_this(draft, here, there),
        name => home(draft, name, there.function) == home(draft, name, here.function) && is_in_block(draft, name, here, there),
    }
}

/// Both calls have the same `this`, or that of one object of a class.
pub fn same_this(draft: &Draft, here: &CallLayout, there: &CallLayout) -> bool {
    let layout = draft.layout;
    let owner =
        |function| layout.chain(function).find(|&function| !layout.functions[function].arrow || layout.functions[function].class.is_some());
    let class = layout.class_of_this(here.function);
    owner(here.function) == owner(there.function) || class.is_some() && layout.class_of_this(there.function) == class
}

/// The innermost function around that declares the name; none: the name is imported, or global.
fn home(draft: &Draft, name: &str, inside: FunctionIx) -> Option<FunctionIx> {
    draft.layout.chain(inside).find(|&function| draft.layout.functions[function].names.iter().any(|declared| declared == name))
}

/// The block of the function that declares the name is around both calls.
fn is_in_block(draft: &Draft, name: &str, here: &CallLayout, there: &CallLayout) -> bool {
    let Some(home) = home(draft, name, here.function).filter(|&home| home != 0) else { return true };
    let layout = draft.layout;
    let holds = |statement: &Statement, call: &CallLayout| statement.span.start <= call.whole.start && call.whole.end <= statement.span.end;
    let own = || layout.statements.iter().filter(|statement| statement.function == home);
    let mut blocks = own().filter_map(|statement| match &statement.kind {
        StatementKind::Declares(names) if names.iter().any(|declared| declared == name) => statement.place,
        _ => None,
    });
    match (blocks.next(), blocks.next()) {
        (Some((block, _)), None) => {
            let inside = &layout.blocks[block].inside;
            [here, there].iter().all(|call| inside.start <= call.whole.start && call.whole.end <= inside.end)
        }
        // Several of the name: which one is meant takes more than this.
        (Some(_), Some(_)) => false,
        // A parameter, or what a loop or a `catch` declares.
        (None, _) => !own().any(|statement| {
            matches!(statement.kind, StatementKind::Other | StatementKind::Try(_)) && holds(statement, here) && !holds(statement, there)
        }),
    }
}
