//! Literals of methods that a library makes a class of: `Base.extend({...})`, `new Class({...})`, `declare([Base], {...})`.

use super::{At, CallAt, Program};
use crate::facts::*;

/// Names of the member that runs when such a class is instantiated.
pub(super) const CONSTRUCTORS: &[&str] = &["initialize", "constructor", "init", "ctor"];

/// The literals of a file that become classes.
pub(super) fn class_bodies(program: &Program, file: u32) -> Vec<At<ValueId>> {
    (0..program.facts(file).calls.len() as u32).filter_map(|index| class_body(program, At::new(file, CallId(index)))).collect()
}

/// The literal that a call makes a class of: its result is kept, the literal has methods, and one of them mentions `this`.
fn class_body(program: &Program, c: CallAt) -> Option<At<ValueId>> {
    let call = program.call(c);
    if call.result == Use::Dropped {
        return None;
    }
    let is_object = |v: &&ValueId| matches!(program.value(c.with(**v)), Value::Object(..));
    let body = match (call.kind, program.value(c.with(call.callee))) {
        // The second literal is for what the class itself has.
        (CallKind::Call, Value::Member(base, Key::Name(name))) if matches!(name.as_str(), "extend" | "subclass" | "derive") => {
            let helper = match program.value(c.with(*base)) {
                // `$.extend({}, options)`, `_.extend(a, b)` copy.
                Value::Binding(b) => !program.binding(c.with(*b)).name.starts_with(|first: char| first.is_uppercase()),
                Value::Global(name) => !name.starts_with(|first: char| first.is_uppercase()),
                _ => false,
            };
            call.args.iter().take(2).find(is_object).filter(|_| !helper)?
        }
        (CallKind::New, _) if program.callee_name(c).is_some_and(|name| name == "Class") => call.args.first().filter(is_object)?,
        (CallKind::Call, _) if program.callee_name(c).is_some_and(|name| matches!(name.as_str(), "declare" | "createClass" | "Class")) => {
            call.args.iter().find(is_object)?
        }
        _ => return None,
    };
    let body = c.with(*body);
    let Value::Object(props, _) = program.value(body) else { return None };
    let methods = props.iter().filter_map(|(_, v)| match program.value(body.with(*v)) {
        Value::Function(f) if program.fun(body.with(*f)).kind != FunctionKind::Arrow => Some(program.fun(body.with(*f)).uses_this),
        _ => None,
    });
    let (count, some) = methods.fold((0, false), |(count, some), this| (count + 1, some || this));
    (count > 1 && some).then_some(body)
}
