//! A promise's executor: what waits for one of its ends goes with each of the others.

use super::added::{Added, added, holds, is_shadowed};
use super::draft::{Draft, is_path};
use super::effect::keeps_types;
use crate::facts::layout::{Bytes, CallLayout, Statement, StatementKind};
use crate::findings::Applicability::{self, Safe, Unsafe};
use crate::findings::{Settling, Waiting};

/// So many lines of releases are written out.
const LINES: usize = 4;

/// Names the listeners, and removes them where the promise is settled.
pub fn remove(draft: &mut Draft, waiting: &[Waiting], settlings: &[Settling]) -> Option<(String, Applicability)> {
    let mut listeners: Vec<Listener> = Vec::new();
    for waits in waiting {
        let call = draft.call(&waits.registration)?;
        let taken: Vec<&str> = listeners.iter().map(|listener| &*listener.name).collect();
        listeners.push(Listener::of(draft, call, waits.listener, &taken)?);
    }
    if let ([listener], [settling]) = (&listeners[..], settlings)
        && once(draft, listener, settling).is_some()
    {
        let message = "listen once: the first time settles the promise".to_owned();
        return Some((message, if waiting[0].idle { Safe } else { Unsafe }));
    }
    let executor = listeners[0].call.function;
    let mut safe = waiting.iter().all(|waits| waits.idle);
    // A listener that is handed a settling function is named where another end has to take it away.
    let wrapped = |index: usize| {
        let listener = &listeners[index];
        settlings.iter().any(|settling| draft.call(&settling.call).is_some_and(|call| call.whole == listener.call.whole))
    };
    let named: Vec<bool> = (0..listeners.len()).map(|index| listeners[index].made || wrapped(index)).collect();
    for (listener, _) in listeners.iter_mut().zip(&named).filter(|(listener, named)| **named && !listener.made) {
        listener.name = listener.fresh.clone()?;
    }
    // Many lines of the same get a function of their own.
    let lines: usize = settlings.iter().map(|settling| listeners.len() - usize::from(settling.spared.is_some())).sum();
    let all = 0..draft.text.len();
    let shared = ["cleanUp", "removeListeners"].into_iter().find(|name| lines > LINES && !draft.mentions(all.clone(), name));
    let mut places: Vec<Place> = Vec::new();
    for settling in settlings {
        let place = Place::of(draft, settling)?;
        let gone = listeners.iter().enumerate().filter(|(index, _)| settling.spared != Some(*index as u32));
        let words: Vec<String> = match shared {
            Some(shared) => vec![format!("{shared}()")],
            None => gone.map(|(_, listener)| listener.release(draft, &place.whole)).collect::<Option<_>>()?,
        };
        if words.iter().any(|words| is_shadowed(draft, words, place.function, executor)) {
            return None;
        }
        match places.iter_mut().find(|other| other.whole == place.whole) {
            // `error ? reject(error) : resolve()`.
            Some(other) if other.is_choice(draft, &place) => {}
            Some(_) => return None,
            None => {
                places.push(place);
                let place = &places[places.len() - 1];
                place.write(draft, &words)?;
            }
        }
    }
    if places.iter().any(|place| place.choice.is_some() && !place.both.get()) {
        return None;
    }

    // Each listener's text, as it is now, goes in front of the first registration.
    let mut first = listeners.iter().map(|listener| listener.added.top.span.start).min()?;
    let body = draft.body(executor)?;
    for settling in settlings.iter().filter(|settling| settling.early) {
        // What may run early must find it declared.
        let call = draft.call(&settling.call)?;
        let top = body.statements.iter().map(|&statement| &draft.layout.statements[statement].span).find(|top| holds(top, &call.whole))?;
        if !named.iter().all(|&named| named) {
            return None;
        }
        first = first.min(top.start);
    }
    let end = draft.semicolon();
    let mut declarations = Vec::new();
    for (listener, _) in listeners.iter().zip(&named).filter(|(_, named)| **named) {
        let argument = &listener.call.args[listener.argument];
        safe &= keeps_types(draft, argument) && (listener.made || !draft.is_typescript());
        let text = draft.taken(&argument.span, draft.indent(first));
        declarations.push(format!("const {} = {text}{end}", listener.name));
        draft.name_argument(listener.call, listener.argument, &listener.name);
    }
    if let Some(shared) = shared {
        let nowhere = 0..0;
        let releases: Vec<String> = listeners.iter().map(|listener| listener.release(draft, &nowhere)).collect::<Option<_>>()?;
        let text = match (&releases[..], draft.text.contains("=>")) {
            ([_, _, ..], true) | (_, false) => {
                let lines: Vec<String> = releases.iter().map(|release| format!("{release}{end}")).collect();
                let head = if draft.text.contains("=>") { "() =>" } else { "function ()" };
                format!("{head} {}", draft.block(draft.indent(first), lines.iter()))
            }
            ([release], true) if release.starts_with("if ") => {
                format!("() => {}", draft.block(draft.indent(first), [format!("{release}{end}")].iter()))
            }
            ([release], true) => format!("() => {release}"),
            ([], _) => return None,
        };
        if !draft.text.contains("=>") && text.contains("this") {
            return None;
        }
        declarations.push(format!("const {shared} = {text}{end}"));
    }
    if !declarations.is_empty() {
        draft.insert_lines_before(first, &declarations);
    }
    let names: Vec<String> = listeners.iter().map(|listener| format!("`{}`", listener.name)).collect();
    Some((format!("remove {} when the promise is settled", names.join(" and ")), if safe { Safe } else { Unsafe }))
}

/// The listener itself, and nothing else, settles the promise, whenever it is called: it needs to be called once.
fn once(draft: &mut Draft, listener: &Listener, settling: &Settling) -> Option<()> {
    let layout = draft.layout;
    let call = draft.call(&settling.call).filter(|_| settling.argument.is_none())?;
    let function = &layout.functions[listener.call.args[listener.argument].function.filter(|&function| function == call.function)?];
    let statement = draft.statement(call);
    let returns = |other: &Statement| {
        other.function == call.function && other.span != statement.span && matches!(other.kind, StatementKind::Return(_))
    };
    let always = match &function.expression {
        Some(expression) => *expression == call.whole,
        None => {
            let whole = match &statement.kind {
                StatementKind::Expression(whole) | StatementKind::Return(Some(whole)) => *whole == call.whole,
                _ => false,
            };
            whole && statement.place.map(|(block, _)| block) == function.body && !layout.statements.iter().any(returns)
        }
    };
    let method = listener.call.method.clone().filter(|_| always)?;
    match (draft.at(&method), &listener.call.args[..]) {
        ("on" | "addListener", [_, _]) => draft.replace(method, "once"),
        ("prependListener", [_, _]) => draft.replace(method, "prependOnceListener"),
        ("addEventListener", [_, listener]) => draft.insert(listener.span.end, ", { once: true }"),
        _ => return None,
    }
    Some(())
}

/// A listener that waits.
struct Listener<'t> {
    call: &'t CallLayout,
    argument: usize,
    added: Added<'t>,
    name: String,
    /// It is made in place.
    made: bool,
    /// The name that it would get.
    fresh: Option<String>,
}

impl<'t> Listener<'t> {
    fn of(draft: &Draft<'t>, call: &'t CallLayout, argument: u32, taken: &[&str]) -> Option<Listener<'t>> {
        let argument = argument as usize;
        let added = added(draft, call)?;
        let arg = call.args.get(argument).filter(|arg| !arg.spread)?;
        let text = draft.at(&arg.span);
        let fresh = draft.listener_name_beside(call, argument, taken);
        let made = arg.function.is_some();
        if !made && !is_path(text) {
            return None;
        }
        let name = if made { fresh.clone()? } else { text.to_owned() };
        Some(Listener { call, argument, added, name, made, fresh })
    }

    fn release(&self, draft: &Draft, place: &Bytes) -> Option<String> {
        let release = self.added.release(draft, self.call, &self.name, place)?;
        (!self.added.hides(draft, self.call, &release)).then_some(release)
    }
}

/// A place where the promise is settled.
struct Place {
    function: usize,
    /// What is written anew.
    whole: Bytes,
    form: Form,
    call: Bytes,
    rejects: bool,
    /// The place is one arm of a choice.
    choice: Option<Bytes>,
    both: std::cell::Cell<bool>,
}

enum Form {
    /// A statement of a block; it returns.
    Statement { returns: bool },
    /// A statement without braces around it, below this one.
    Bare { outer: usize },
    /// An arrow that is one expression.
    Arrow,
    /// The function is handed on.
    Argument { name: String, value: bool },
}

impl Place {
    fn of(draft: &Draft, settling: &Settling) -> Option<Place> {
        let call = draft.call(&settling.call)?;
        let layout = draft.layout;
        let place = |whole: Bytes, form, choice| {
            let both = std::cell::Cell::new(false);
            Place { function: call.function, whole, form, call: call.whole.clone(), rejects: settling.rejects, choice, both }
        };
        if let Some(index) = settling.argument {
            let argument = call.args.get(index as usize).filter(|argument| !argument.spread)?;
            let name = draft.at(&argument.span).to_owned();
            let timer = draft.at(&(call.whole.start..argument.span.start)).trim_end_matches('(').ends_with("setTimeout");
            let value = !timer || call.args.len() > 2;
            return is_path(&name).then(|| place(argument.span.clone(), Form::Argument { name, value }, None));
        }
        let arm = |expression: &Bytes| (*expression != call.whole).then(|| expression.clone());
        let function = &layout.functions[call.function];
        if let Some(body) = function.expression.clone().filter(|body| holds(body, &call.whole)) {
            return Some(place(body.clone(), Form::Arrow, arm(&body)));
        }
        let statement = draft.statement(call);
        let (expression, returns) = match &statement.kind {
            StatementKind::Expression(expression) => (expression, false),
            StatementKind::Return(Some(value)) => (value, true),
            _ => return None,
        };
        if statement.function != call.function || !holds(expression, &call.whole) {
            return None;
        }
        let form = match statement.place {
            Some(_) => Form::Statement { returns },
            None => match layout.around(statement)? {
                outer if matches!(outer.kind, StatementKind::If(_)) => Form::Bare { outer: outer.span.start },
                // After `case x:`, on a line of its own.
                outer if outer.kind == StatementKind::Switch && draft.begins_line(statement.span.start) => Form::Statement { returns },
                _ => return None,
            },
        };
        Some(place(statement.span.clone(), form, arm(expression)))
    }

    /// Two places are the arms of one choice, `test ? this : other`, and nothing else is in the statement.
    fn is_choice(&self, draft: &Draft, other: &Place) -> bool {
        let (Some(whole), Some(_)) = (&self.choice, &other.choice) else { return false };
        let (first, second) = if self.call.start < other.call.start { (&self.call, &other.call) } else { (&other.call, &self.call) };
        if first.end > second.start {
            return false;
        }
        let test = draft.at(&(whole.start..first.start)).trim_end();
        let between = draft.at(&(first.end..second.start)).trim();
        let choice = test.strip_suffix('?').is_some_and(|test| !test.contains([',', '?']) && !test.contains("=>") && !test.contains(" = "));
        let is_one = choice && between == ":" && second.end == whole.end;
        self.both.set(is_one);
        is_one
    }

    /// Puts these calls in front; behind, where what settles is waited for.
    fn write(&self, draft: &mut Draft, words: &[String]) -> Option<()> {
        let end = draft.semicolon();
        let words: Vec<String> = words.iter().map(|words| format!("{words}{end}")).collect();
        let waits = ["await", "yield"].iter().any(|word| draft.mentions(self.whole.clone(), word));
        match &self.form {
            Form::Statement { returns } if waits => {
                if *returns || self.choice.is_some() {
                    return None;
                }
                let Bytes { start, end } = self.whole;
                draft.insert_lines_after(start, end, &words);
            }
            Form::Statement { .. } => draft.insert_lines_before(self.whole.start, &words),
            _ if waits => return None,
            Form::Bare { outer } => {
                let before = draft.text[..self.whole.start].trim_end();
                // A comment there would swallow the brace.
                if before.rsplit('\n').next().is_some_and(|line| line.contains("//")) {
                    return None;
                }
                let (at, indent) = (before.len(), draft.indent(*outer).to_owned());
                let text = draft.moved(&self.whole, &format!("{indent}{}", draft.level()));
                let block = draft.block(&indent, words.iter().chain([&text]));
                // `} else {` is one line.
                let behind = &draft.text[self.whole.end..];
                let rest = behind.trim_start();
                let (end, space) = match rest.starts_with("else") && behind.len() > rest.len() {
                    true => (draft.text.len() - rest.len(), " "),
                    false => (self.whole.end, ""),
                };
                draft.replace(at..end, format!(" {block}{space}"));
            }
            Form::Arrow => {
                let indent = draft.indent(self.whole.start).to_owned();
                let text = format!("{}{end}", draft.moved(&self.whole, &format!("{indent}{}", draft.level())));
                let block = draft.block(&indent, words.iter().chain([&text]));
                draft.replace(self.whole.clone(), block);
            }
            Form::Argument { name, value } => {
                let arrows = draft.text.contains("=>");
                if !arrows && words.iter().any(|words| words.contains("this")) {
                    return None;
                }
                let value = match (value, self.rejects) {
                    (false, _) => "",
                    (true, true) => "error",
                    (true, false) => "value",
                };
                let text = format!("{name}({value}){end}");
                let indent = draft.indent(self.whole.start).to_owned();
                let block = draft.block(&indent, words.iter().chain([&text]));
                let head = if arrows { format!("({value}) =>") } else { format!("function ({value})") };
                draft.replace(self.whole.clone(), format!("{head} {block}"));
            }
        }
        Some(())
    }
}
