//! Literals of methods that a library makes a class of: `Base.extend({...})`, `new Class({...})`, `declare([Base], {...})`.

use super::model::*;

/// Names of the member that runs when such a class is instantiated.
pub const CONSTRUCTORS: &[&str] = &["initialize", "constructor", "init", "ctor"];

/// The literal that a call makes a class of: its result is kept, the literal has methods, and one of them mentions `this`.
pub fn class_body(facts: &ModuleFacts, call: &Call) -> Option<ValueId> {
    let value = |v: ValueId| &facts.values[v.index()];
    let named = |names: &[&str]| facts.called_as(call).is_some_and(|name| names.contains(&name));
    if call.result == Use::Dropped {
        return None;
    }
    let is_object = |v: &&ValueId| matches!(value(**v), Value::Object(..));
    let body = match (call.kind, value(call.callee)) {
        // The second literal is for what the class itself has.
        (CallKind::Call, Value::Member(base, Key::Name(name))) if matches!(name.as_str(), "extend" | "subclass" | "derive") => {
            let helper = match value(*base) {
                // `$.extend({}, options)`, `_.extend(a, b)` copy.
                Value::Binding(b) => !facts.bindings[b.index()].name.starts_with(|first: char| first.is_uppercase()),
                Value::Global(name) => !name.starts_with(|first: char| first.is_uppercase()),
                _ => false,
            };
            call.args.iter().take(2).find(is_object).filter(|_| !helper)?
        }
        (CallKind::New, _) if named(&["Class"]) => call.args.first().filter(is_object)?,
        (CallKind::Call, _) if named(&["declare", "createClass", "Class"]) => call.args.iter().find(is_object)?,
        _ => return None,
    };
    let body = *body;
    let Value::Object(props, _) = value(body) else { return None };
    let methods = props.iter().filter_map(|(_, v)| match value(*v) {
        Value::Function(f) if facts.functions[f.index()].kind != FunctionKind::Arrow => Some(facts.functions[f.index()].uses_this),
        _ => None,
    });
    let (count, some) = methods.fold((0, false), |(count, some), this| (count + 1, some || this));
    (count > 1 && some).then_some(body)
}
