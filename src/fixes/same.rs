//! Registration and release that speak of different things, and were meant to speak of one.

use super::draft::{Draft, constant, is_name, is_path};
use super::effect::keeps_types;
use crate::facts::layout::{Argument, Bytes, CallLayout, StatementKind};
use crate::findings::Applicability::{self, Safe, Unsafe};
use crate::findings::CallPlace;

type Made = Option<(String, Applicability)>;

/// One function for both calls.
pub fn function(draft: &mut Draft, registration: &(CallPlace, u32), release: &(CallPlace, u32)) -> Made {
    let (adds, removes) = (draft.call(&registration.0)?, draft.call(&release.0)?);
    let (added, removed) = (adds.args.get(registration.1 as usize)?, removes.args.get(release.1 as usize)?);
    if added.spread || removed.spread {
        return None;
    }
    if let Some(made) = bound_once(draft, (adds, added), (removes, removed)) {
        return Some(made);
    }
    let text = draft.at(&added.span);
    if is_name(text) {
        name_it(draft, adds, text, removes, removed)
    } else {
        named(draft, (adds, added), (removes, removed), registration.1)
    }
}

/// `this.clicked.bind(this)` in methods of one class: bound once, in its constructor, the method is one function.
fn bound_once(draft: &mut Draft, (adds, added): (&CallLayout, &Argument), (removes, removed): (&CallLayout, &Argument)) -> Made {
    let method = |arg: &Argument| bound_method(draft.at(&arg.span));
    let (added_name, removed_name) = (method(added)?, method(removed)?);
    if added_name.0 != removed_name.0 || !(added_name.1 || removed_name.1) {
        return None;
    }
    let name = added_name.0.to_owned();
    let class = draft.layout.class_of_this(adds.function)?;
    if draft.layout.class_of_this(removes.function) != Some(class) {
        return None;
    }
    let layout = &draft.layout.classes[class];
    let both = |draft: &mut Draft| {
        for (arg, bound) in [(added, added_name.1), (removed, removed_name.1)] {
            if bound {
                draft.replace(arg.span.clone(), format!("this.{name}"));
            }
        }
    };
    if let Some((_, arrow)) = layout.fields.iter().find(|(field, _)| *field == name) {
        // An arrow needs no `bind`.
        both(draft);
        return arrow.then(|| (format!("give both calls the field `{name}`: it is an arrow, and bound already"), Safe));
    }
    if !layout.methods.contains(&name) || name.starts_with('#') {
        return None;
    }
    let bind = format!("this.{name} = this.{name}.bind(this){}", draft.semicolon());
    let message = format!("bind `{name}` once, in the constructor, and give both calls that function");
    match layout.constructor {
        Some(_) if draft.mentions_text(&layout.inside, &format!("this.{name} = this.{name}.bind(this)")) => {}
        Some(_) if draft.mentions_text(&layout.inside, &format!("this.{name} =")) => return None,
        Some(constructor) => {
            let body = draft.body(constructor)?;
            match (layout.derived, layout.super_call.map(|statement| &draft.layout.statements[statement])) {
                (true, Some(called)) => draft.insert_line_after(called.span.start, called.span.end, &bind),
                (true, None) => return None,
                (false, _) => match body.statements.first().map(|&first| draft.layout.statements[first].span.start) {
                    Some(first) => draft.insert_line_before(first, &bind),
                    None => draft.insert(body.inside.start, format!(" {bind} ")),
                },
            }
        }
        // Types of the parameters would have to be repeated.
        None if layout.derived && draft.is_typescript() => return None,
        None => {
            let at = layout.inside.start;
            let (indent, level, line, end) = (draft.indent(at).to_owned(), draft.level(), draft.newline(), draft.semicolon());
            let (params, first) = match layout.derived {
                true => ("...args", format!("{indent}{level}super(...args){end}{line}")),
                false => ("", String::new()),
            };
            draft.insert(at, format!("constructor({params}) {{{line}{first}{indent}{level}{bind}{line}{indent}}}{line}{line}{indent}"));
        }
    }
    both(draft);
    Some((message, Safe))
}

/// The method's name and whether it is bound here: `this.clicked.bind(this)`, or `this.clicked` alone.
fn bound_method(text: &str) -> Option<(&str, bool)> {
    let path = text.strip_prefix("this.")?;
    match path.split_once(".bind(") {
        Some((name, rest)) => (is_name(name.strip_prefix('#').unwrap_or(name)) && rest.trim() == "this)").then_some((name, true)),
        None => is_name(path.strip_prefix('#').unwrap_or(path)).then_some((path, false)),
    }
}

/// A listener that is made in place: it gets a name, in the block that both calls stand in.
fn named(draft: &mut Draft, (adds, added): (&CallLayout, &Argument), (removes, removed): (&CallLayout, &Argument), index: u32) -> Made {
    let statement = draft.statement(adds);
    let block = &draft.layout.blocks[statement.place?.0];
    if !draft.layout.is_direct(adds) || !within(&removes.whole, &block.inside) || removes.whole.start < statement.span.start {
        return None;
    }
    let (text, other) = (draft.at(&added.span), draft.at(&removed.span));
    let safe = text == other || is_made_of(text, other);
    let typed = keeps_types(draft, added);
    let name = draft.listener_name(adds, index as usize)?;
    let text = draft.moved(&added.span, draft.indent(statement.span.start));
    let removed_index = removes.args.iter().position(|arg| arg.span == removed.span)?;
    let declaration = format!("const {name} = {text}{}", draft.semicolon());
    draft.insert_line_before(statement.span.start, &declaration);
    draft.name_argument(adds, index as usize, &name);
    draft.name_argument(removes, removed_index, &name);
    Some((format!("name the listener `{name}` and give both calls that function"), if safe && typed { Safe } else { Unsafe }))
}

/// The text makes a listener out of the other: `f.bind(x)` or `debounce(f)` of `f`.
fn is_made_of(text: &str, other: &str) -> bool {
    if !is_path(other) {
        return false;
    }
    let bound = text.strip_prefix(other).is_some_and(|rest| rest.starts_with(".bind("));
    let wrapped = text
        .split_once('(')
        .is_some_and(|(maker, args)| is_path(maker) && args.split([',', ')']).next().is_some_and(|first| first.trim() == other));
    bound || wrapped
}

/// The listener has a name that the release can see too.
fn name_it(draft: &mut Draft, adds: &CallLayout, name: &str, removes: &CallLayout, removed: &Argument) -> Made {
    let layout = draft.layout;
    // The release stands in the function that registers, or in one of it; the name is declared there, or further out.
    if !layout.chain(removes.function).any(|around| around == adds.function) {
        return None;
    }
    let declares = |block: usize| {
        layout.blocks[block].statements.iter().any(|&statement| {
            matches!(&layout.statements[statement].kind, StatementKind::Declares(names) if names.iter().any(|declared| declared == name))
        })
    };
    let seen = layout.chain(adds.function).filter_map(|around| layout.functions[around].body).any(declares);
    if !seen || is_name(draft.at(&removed.span)) && draft.at(&removed.span) == name {
        return None;
    }
    draft.replace(removed.span.clone(), name);
    Some((format!("remove `{name}`, which was added"), Unsafe))
}

/// One capture flag for both calls.
pub fn phase(draft: &mut Draft, registration: &CallPlace, release: &CallPlace) -> Made {
    let (adds, removes) = (draft.call(registration)?, draft.call(release)?);
    let [_, listener, rest @ ..] = &removes.args[..] else { return None };
    let options = adds.args.get(2).map(|options| draft.at(&options.span));
    // What is no constant may be out of sight.
    if options.is_some_and(|options| !matches!(options, "true" | "false") && !options.starts_with('{')) {
        return None;
    }
    match (options, rest.first()) {
        (Some(options), None) => draft.insert(listener.span.end, format!(", {options}")),
        (Some(options), Some(old)) => draft.replace(old.span.clone(), options),
        (None, Some(old)) => draft.replace(listener.span.end..old.span.end, ""),
        (None, None) => return None,
    }
    Some(("give the release the registration's capture flag".to_owned(), Safe))
}

/// One event for both calls.
pub fn event(draft: &mut Draft, registration: &CallPlace, release: &CallPlace) -> Made {
    let (adds, removes) = (draft.call(registration)?, draft.call(release)?);
    let (event, other) = (draft.at(&adds.args.first()?.span), removes.args.first()?);
    // A name in capitals is a constant, seen by both.
    let visible = constant(event).is_some() || is_path(event) && !event.chars().any(|c| c.is_lowercase());
    if !visible {
        return None;
    }
    draft.replace(other.span.clone(), event);
    Some((format!("release {event}, the event that the listener was added for"), Unsafe))
}

fn within(inner: &Bytes, outer: &Bytes) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
