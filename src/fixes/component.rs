//! Components: what one of their methods adds, another takes away; and what a hook adds, the hook of its end.

use super::added::{added, declares, names};
use super::draft::{Draft, is_path};
use super::effect::keeps_types;
use crate::facts::layout::{Argument, CallLayout, FunctionLayout, Statement, StatementKind};
use crate::findings::Applicability::{self, Safe, Unsafe};

type Made = Option<(String, Applicability)>;

/// Methods of a class that run in pairs: React's, a custom element's, Angular's.
const CLASS: [(&str, &[&str]); 4] = [
    ("componentDidMount", &["componentWillUnmount"]),
    ("connectedCallback", &["disconnectedCallback"]),
    ("ngOnInit", &["ngOnDestroy"]),
    ("ngAfterViewInit", &["ngOnDestroy"]),
];

/// Options of a Vue component, in both versions: https://vuejs.org/api/options-lifecycle.html
const VUE: [&str; 4] = ["beforeUnmount", "beforeDestroy", "unmounted", "destroyed"];

/// The method that adds has another that runs at the end.
pub fn unmount(draft: &mut Draft, call: &CallLayout, listener: u32) -> Made {
    let layout = draft.layout;
    let function = &layout.functions[call.function];
    let home = |other: &&FunctionLayout| match (function.class, component(draft, function)) {
        (Some(class), _) => other.class == Some(class),
        (None, Some(object)) => other.object == Some(object),
        (None, None) => false,
    };
    let ends: &[&str] = match function.class {
        Some(_) => CLASS.iter().find(|(begin, _)| *begin == function.name)?.1,
        None => &VUE,
    };
    let end = layout.functions.iter().filter(home).find(|other| ends.contains(&&*other.name) && other.body.is_some());
    let added = added(draft, call)?;
    let argument = call.args.get(listener as usize).filter(|argument| !argument.spread)?;
    let text = draft.at(&argument.span);
    let receiver = draft.at(&call.receiver.clone()?);
    // What the method declares is out of the other's sight. (The object's own listeners go with it.)
    if receiver == "this" || declares(function, receiver) {
        return None;
    }
    let kept = text.starts_with("this.") && is_path(text);
    let (name, mut safe) = match kept {
        true => (text.to_owned(), true),
        false => (keep(draft, call, argument, listener as usize, added.top)?, false),
    };
    let release = format!("{}{}", added.release(draft, call, &name, &(0..0))?, draft.semicolon());
    let end = match end {
        Some(end) => {
            append(draft, end, &release)?;
            &end.name
        }
        None => {
            let name = match function.class {
                Some(_) => ends[0],
                None => new_end(draft),
            };
            // The method that would hold it, beside which its end goes.
            let beside = match component(draft, function) {
                Some(object) => layout.functions.iter().find(|other| other.object == Some(object) && is_begin(&other.name))?,
                None => function,
            };
            safe &= function.class.is_some();
            let parent = format!("super.{}(", function.name);
            let parent = draft.mentions_text(&function.span, &parent).then(|| format!("super.{name}(){}", draft.semicolon()));
            let lines: Vec<String> = parent.into_iter().chain([release]).collect();
            let (indent, line) = (draft.indent(beside.span.start), draft.newline());
            let types = if draft.is_typescript() && function.class.is_some() { ": void" } else { "" };
            let comma = if function.class.is_some() { "" } else { "," };
            let block = draft.block(indent, lines.iter());
            let gap = if comma.is_empty() { format!("{line}{line}") } else { line.to_owned() };
            draft.insert(beside.span.end, format!("{comma}{gap}{indent}{name}(){types} {block}"));
            name
        }
    };
    Some((format!("remove `{name}` in `{end}`"), if safe { Safe } else { Unsafe }))
}

fn is_begin(name: &str) -> bool {
    matches!(name, "mounted" | "created" | "beforeMount")
}

/// The literal that is the component: around `mounted() {}`, or around `methods: {}`.
fn component(draft: &Draft, function: &FunctionLayout) -> Option<usize> {
    let object = function.object?;
    match &draft.layout.objects[object].within {
        Some((outer, name)) if name == "methods" => Some(*outer),
        _ => is_begin(&function.name).then_some(object),
    }
}

/// How the version of Vue that the file is for calls the end.
fn new_end(draft: &Draft) -> &'static str {
    let all = 0..draft.text.len();
    let old = ["beforeDestroy", "destroyed", "Vue.extend", "Vue.component", "$listeners"];
    if old.iter().any(|word| draft.mentions_text(&all, word)) { "beforeDestroy" } else { "beforeUnmount" }
}

/// Puts a listener that is made in place into a field, for the other method to see.
pub fn keep(draft: &mut Draft, call: &CallLayout, argument: &Argument, index: usize, top: &Statement) -> Option<String> {
    let text = draft.at(&argument.span);
    let bound = text.starts_with("this.") && text.ends_with(".bind(this)");
    if argument.function.is_none() && !bound {
        return None;
    }
    let layout = draft.layout;
    let name = draft.listener_name(call, index)?;
    let function = &layout.functions[call.function];
    let end = draft.semicolon();
    let here = function.class.is_some_and(|_| draft.is_typescript());
    if here {
        // A field needs its type: it has it where it is written with its value.
        let made = argument.function.filter(|&made| layout.functions[made].arrow)?;
        if declares(function, text) || !keeps_types(draft, argument) || layout.functions[made].is_generator {
            return None;
        }
        let indent = draft.indent(function.span.start);
        let value = draft.moved(&argument.span, indent);
        let (indent, line) = (indent.to_owned(), draft.newline());
        draft.insert(function.span.start, format!("private readonly {name} = {value}{end}{line}{line}{indent}"));
    } else {
        let value = draft.moved(&argument.span, draft.indent(top.span.start));
        draft.insert_line_before(top.span.start, &format!("this.{name} = {value}{end}"));
    }
    draft.name_argument(call, index, &format!("this.{name}"));
    Some(format!("this.{name}"))
}

/// Another line at the end of a function's block, or of a block that an arrow gets.
pub fn append(draft: &mut Draft, function: &FunctionLayout, line: &str) -> Option<()> {
    let layout = draft.layout;
    if let Some(expression) = &function.expression {
        let indent = draft.indent(function.span.start).to_owned();
        let own = format!("{}{}", draft.moved(expression, &format!("{indent}{}", draft.level())), draft.semicolon());
        // `=> ({ ... })` and `=> void f()` are no calls.
        if !layout.calls.iter().any(|call| call.whole == *expression) || draft.text[..expression.start].trim_end().ends_with('(') {
            return None;
        }
        let block = draft.block(&indent, [own, line.to_owned()].iter());
        draft.replace(expression.clone(), block);
        return Some(());
    }
    let block = &layout.blocks[function.body?];
    let leaves = |statement: &Statement| matches!(statement.kind, StatementKind::Return(_));
    match block.statements.last().map(|&last| &layout.statements[last]) {
        // Some way does not come to the end: first of all, then.
        Some(_) if layout.statements.iter().any(|other| block.inside.contains(&other.span.start) && leaves(other)) => {
            let first = layout.statements[block.statements[0]].span.start;
            draft.insert_line_before(first, line);
        }
        Some(last) => draft.insert_line_after(last.span.start, last.span.end, line),
        None => {
            let (indent, level, newline) = (draft.indent(block.inside.start), draft.level(), draft.newline());
            draft.replace(block.inside.clone(), format!("{newline}{indent}{level}{line}{newline}{indent}"));
        }
    }
    Some(())
}

/// A listener that `onMounted` adds: removed in `onBeforeUnmount`, beside it.
pub fn hook(draft: &mut Draft, call: &CallLayout, listener: u32) -> Made {
    let layout = draft.layout;
    let made = call.function;
    let hook = layout.calls.iter().find(|hook| hook.args.first().and_then(|arg| arg.function) == Some(made))?;
    let callee = |call: &CallLayout| {
        draft.at(&(call.whole.start..call.args[0].span.start)).split(['(', '<']).next().unwrap_or_default().trim().to_owned()
    };
    let mounted = callee(hook);
    let prefix = mounted.strip_suffix("onMounted").filter(|prefix| prefix.is_empty() || prefix.ends_with('.'))?;
    let statement = draft.statement(hook);
    let (block, _) = statement.place.filter(|_| layout.is_alone(hook))?;
    let function = &layout.functions[made];
    // An arrow that is one expression has no block to stand in.
    let whole = function.expression.as_ref() == Some(&call.whole);
    let added = if whole { None } else { Some(added(draft, call)?) };
    let argument = call.args.get(listener as usize).filter(|argument| !argument.spread)?;
    let (text, receiver) = (draft.at(&argument.span), draft.at(&call.receiver.clone()?));
    if declares(function, text) || declares(function, receiver) {
        return None;
    }
    let safe = keeps_types(draft, argument);
    let named = is_path(text);
    let name = if named { text.to_owned() } else { draft.listener_name(call, listener as usize)? };
    let release = match &added {
        Some(added) => added.release(draft, call, &name, &(0..0))?,
        None => draft.release(call, &name)?,
    };
    let end = draft.semicolon();
    let ends = layout.blocks[block].statements.iter().find_map(|&other| {
        let hook = layout.calls.iter().find(|call| call.statement == other && layout.is_alone(call) && !call.args.is_empty())?;
        let name = callee(hook);
        let own = ["onBeforeUnmount", "onUnmounted"].iter().any(|end| name.strip_suffix(end) == Some(prefix));
        hook.args[0].function.filter(|_| own).map(|function| (name, function))
    });
    let message = match ends {
        Some((name, function)) => {
            append(draft, &layout.functions[function], &format!("{release}{end}"))?;
            name
        }
        None => {
            if prefix.is_empty() {
                import(draft)?;
            }
            let words = if release.starts_with("if ") { format!("{{ {release}{end} }}") } else { release };
            draft.insert_line_after(statement.span.start, statement.span.end, &format!("{prefix}onBeforeUnmount(() => {words}){end}"));
            "onBeforeUnmount".to_owned()
        }
    };
    if !named {
        let value = draft.moved(&argument.span, draft.indent(statement.span.start));
        draft.insert_line_before(statement.span.start, &format!("const {name} = {value}{end}"));
        draft.name_argument(call, listener as usize, &name);
    }
    Some((format!("remove `{name}` in `{message}`"), if safe { Safe } else { Unsafe }))
}

/// `onBeforeUnmount` comes from where `onMounted` does. (Some build tools bring both along unasked.)
fn import(draft: &mut Draft) -> Option<()> {
    if draft.mentions(0..draft.text.len(), "onBeforeUnmount") {
        return Some(());
    }
    let statements = draft.layout.blocks[0].statements.iter().map(|&statement| &draft.layout.statements[statement].span);
    let imports = |span: &&std::ops::Range<usize>| {
        let text = draft.at(span);
        (text.starts_with("import") || text.contains("require(")) && names(text, "onMounted")
    };
    let Some(span) = statements.into_iter().find(imports).cloned() else {
        return draft.layout.functions.iter().all(|function| !declares(function, "onMounted")).then_some(());
    };
    let at = span.start + draft.at(&span).find("onMounted")? + "onMounted".len();
    // Under another name, or as another's beginning.
    let next = draft.text[at..].trim_start();
    if !next.starts_with([',', '}']) || !draft.at(&span).contains("vue") {
        return None;
    }
    draft.insert(at, ", onBeforeUnmount");
    Some(())
}
