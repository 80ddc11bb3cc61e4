//! Indices of one file's facts: what would otherwise be looked for among all of a file's calls, assignments, values or functions, at each
//! question again. They are no facts of their own, and are not kept on disk: making them while the facts are at hand is cheaper.

use rustc_hash::{FxHashMap, FxHashSet};

use super::model::*;

/// Answers by id. Each list keeps the order of the vectors that it is made of.
#[derive(Debug, Default)]
pub struct Indices {
    /// The calls that stand in each function itself.
    pub calls: Vec<Vec<CallId>>,
    /// The functions written in each function itself.
    pub inner: Vec<Vec<FunctionId>>,
    /// The calls that copy the members of others into each object literal: `Object.assign({}, defaults, options)`.
    pub merged: FxHashMap<ValueId, Vec<CallId>>,
    /// The first assignment that a value is given by.
    pub assigned: FxHashMap<ValueId, AssignId>,
    /// The first function that returns a value.
    pub returned: FxHashMap<ValueId, FunctionId>,
    /// Names of members that are taken as values: `const f = this.close`.
    pub stored: FxHashSet<String>,
    /// `v.release()`, `pool.release(v)`: calls that give something back.
    pub handing_back: Vec<CallId>,
    /// `list.push(x)`, `set.add(x)`: calls that put something into a collection.
    pub putting: Vec<CallId>,
    /// Variables of the module's body, by name.
    pub variables: FxHashMap<String, Vec<BindingId>>,
    /// Constructors and field initializers of each class.
    pub makers: FxHashMap<ClassId, Vec<FunctionId>>,
    /// Variables that some expression mentions.
    pub mentioned: FxHashSet<BindingId>,
    /// What stands for types, by name.
    pub declared: FxHashMap<String, Declared>,
    /// Functions that are made members of a parameter, and whose parameter that is.
    pub put_on_params: FxHashMap<FunctionId, FunctionId>,
    /// Functions that something besides a variable of their own holds: a member, an object, a list, another variable.
    pub held: FxHashSet<FunctionId>,
    /// The one call of each function that is called where it is written.
    pub invoked: FxHashMap<FunctionId, CallId>,
    /// Functions that are given a module when it has been loaded (`import('x').then(module => ...)`), and what loads it.
    pub given_modules: FxHashMap<FunctionId, ValueId>,
    /// Functions of which a member is asked, by themselves or through a variable.
    pub looked_into: FxHashSet<FunctionId>,
    /// The first call of a method on what a call gives back, by that value.
    pub chained: FxHashMap<ValueId, CallId>,
    /// Function literals whose `this` the place that writes them decides: `function () {}.bind(this)`, `.call(this)`,
    /// `list.forEach(function () {}, this)`; and what that is. The last place counts.
    pub this_given: Vec<(FunctionId, ValueId)>,
    /// Object literals.
    pub objects: Vec<ValueId>,
    /// Literals of methods that a library makes a class of.
    pub class_bodies: Vec<ValueId>,
    /// What is put into a member.
    pub puts: Vec<AssignId>,
    /// `new X()`.
    pub news: Vec<CallId>,
    /// `define(...)`, `registerPart(...)`: calls by whose names something is made known.
    pub defining: Vec<CallId>,
    /// Calls of members whose names are put together: `` this[`on${event}`]() ``.
    pub built_names: Vec<CallId>,
}

/// What a type's name may mean in a file.
#[derive(Debug, Default)]
pub struct Declared {
    /// Its interfaces and aliases, by their place among the file's types.
    pub types: Vec<u32>,
    pub classes: Vec<ClassId>,
    /// The first import of that name.
    pub import: Option<BindingId>,
}

impl Indices {
    /// Of these facts.
    pub fn of(facts: &ModuleFacts) -> Indices {
        let mut indices = Indices {
            calls: vec![Vec::new(); facts.functions.len()],
            inner: vec![Vec::new(); facts.functions.len()],
            ..Indices::default()
        };
        for (id, call) in (0..).map(CallId).zip(&facts.calls) {
            indices.calls[call.function.index()].push(id);
            let callee = &facts.values[call.callee.index()];
            if let Value::Member(_, Key::Name(name)) = callee
                && matches!(name.as_str(), "release" | "releaseConnection" | "giveBack" | "checkin")
            {
                indices.handing_back.push(id);
            }
            if call.kind == CallKind::New {
                indices.news.push(id);
            }
            let defines = |name: &str| name.starts_with("define") || name.starts_with("register") || name == "plugin";
            if facts.called_as(call).is_some_and(defines) {
                indices.defining.push(id);
            }
            if let Value::Member(_, Key::Computed(key)) = callee
                && matches!(facts.values[key.index()], Value::Text(_))
            {
                indices.built_names.push(id);
            }
            if let Some(literal) = merged(facts, call) {
                indices.merged.entry(literal).or_default().push(id);
            }
            if let Value::Member(_, Key::Name(name)) = callee
                && matches!(name.as_str(), "add" | "set" | "push" | "unshift")
            {
                indices.putting.push(id);
            }
        }
        for (id, function) in (0..).map(FunctionId).zip(&facts.functions) {
            if let Some(parent) = function.parent {
                indices.inner[parent.index()].push(id);
            }
            for &value in &function.returns {
                indices.returned.entry(value).or_insert(id);
            }
            if let (Some(class), FunctionKind::Constructor | FunctionKind::Initializer) = (function.class, function.kind) {
                indices.makers.entry(class).or_default().push(id);
            }
        }
        for (id, assign) in (0..).map(AssignId).zip(&facts.assigns) {
            indices.assigned.entry(assign.from).or_insert(id);
            if let Value::Member(_, Key::Name(name)) = &facts.values[assign.from.index()]
                && !indices.stored.contains(name)
            {
                indices.stored.insert(name.clone());
            }
        }
        for (at, of) in (0..).zip(&facts.types) {
            indices.declared.entry(of.name.clone()).or_default().types.push(at);
        }
        for (id, class) in (0..).map(ClassId).zip(&facts.classes) {
            indices.declared.entry(class.name.clone()).or_default().classes.push(id);
        }
        indices.put_on_params = facts.assigns.iter().filter_map(|assign| put_on_param(facts, assign)).collect();
        for (id, binding) in (0..).map(BindingId).zip(&facts.bindings) {
            if binding.kind == BindingKind::Import {
                indices.declared.entry(binding.name.clone()).or_default().import.get_or_insert(id);
            }
            if binding.function == FunctionId(0) {
                match indices.variables.get_mut(&binding.name) {
                    Some(known) => known.push(id),
                    None => {
                        indices.variables.insert(binding.name.clone(), vec![id]);
                    }
                }
            }
        }
        for value in &facts.values {
            if let Value::Binding(binding) = value {
                indices.mentioned.insert(*binding);
            }
        }
        indices.held = held(facts);
        indices.invoked = invoked(facts);
        indices.given_modules = given_modules(facts);
        indices.looked_into = looked_into(facts);
        indices.chained = chained(facts);
        indices.this_given = facts.calls.iter().filter_map(|call| this_given(facts, call)).collect();
        indices.objects = (0..).map(ValueId).zip(&facts.values).filter(|(_, v)| matches!(v, Value::Object(..))).map(|(id, _)| id).collect();
        indices.class_bodies = facts.calls.iter().filter_map(|call| super::bodies::class_body(facts, call)).collect();
        indices.puts =
            (0..).map(AssignId).zip(&facts.assigns).filter(|(_, a)| matches!(a.to, Place::Member(..))).map(|(id, _)| id).collect();
        indices
    }
}

/// The function literal whose `this` a call decides, and what that is.
fn this_given(facts: &ModuleFacts, call: &Call) -> Option<(FunctionId, ValueId)> {
    let value = |v: ValueId| &facts.values[v.index()];
    let literal = |v: ValueId| match value(v) {
        Value::Function(f) if facts.functions[f.index()].kind != FunctionKind::Arrow => Some(*f),
        _ => None,
    };
    match (facts.called_as(call)?, &call.args[..]) {
        ("bind" | "call" | "apply", [this, ..]) => match value(call.callee) {
            Value::Member(object, _) => literal(*object).map(|f| (f, *this)),
            _ => None,
        },
        ("forEach" | "map" | "filter" | "some" | "every", [function, this]) => literal(*function).map(|f| (f, *this)),
        _ => None,
    }
}

/// The function that an assignment makes a member of a parameter (`api.stop = stop`), and the one whose parameter that is.
fn put_on_param(facts: &ModuleFacts, assign: &Assign) -> Option<(FunctionId, FunctionId)> {
    let Place::Member(object, Key::Name(_)) = &assign.to else { return None };
    let Value::Binding(b) = &facts.values[object.index()] else { return None };
    let holder = &facts.bindings[b.index()];
    let function = match &facts.values[assign.from.index()] {
        Value::Function(f) => *f,
        Value::Binding(named) => match facts.bindings[named.index()].defs[..] {
            [def] => match &facts.values[facts.assigns[def.index()].from.index()] {
                Value::Function(f) => *f,
                _ => return None,
            },
            _ => return None,
        },
        _ => return None,
    };
    (holder.kind == BindingKind::Param && facts.functions[function.index()].parent == Some(holder.function))
        .then_some((function, holder.function))
}

/// Functions that something besides a variable of their own holds.
fn held(facts: &ModuleFacts) -> FxHashSet<FunctionId> {
    let value = |v: ValueId| &facts.values[v.index()];
    let mut out = FxHashSet::default();
    let mut hold = |v: ValueId| match value(v) {
        Value::Function(f) => {
            out.insert(*f);
        }
        Value::Binding(b) => out.extend(facts.bindings[b.index()].defs.iter().filter_map(|d| match value(facts.assigns[d.index()].from) {
            Value::Function(f) => Some(*f),
            _ => None,
        })),
        _ => {}
    };
    for assign in &facts.assigns {
        let own = matches!(assign.to, Place::Binding(_)) && matches!(value(assign.from), Value::Function(_));
        if !own {
            hold(assign.from);
        }
    }
    for v in &facts.values {
        match v {
            Value::Object(props, spread) => props.iter().map(|&(_, v)| v).chain(spread.iter().copied()).for_each(&mut hold),
            Value::Array(parts) | Value::Choice(_, parts) => parts.iter().copied().for_each(&mut hold),
            _ => {}
        }
    }
    out
}

/// The first call of a method on what a call gives back, by that value.
fn chained(facts: &ModuleFacts) -> FxHashMap<ValueId, CallId> {
    let mut out = FxHashMap::default();
    for (id, call) in (0..).map(CallId).zip(&facts.calls) {
        if let Value::Member(object, _) = &facts.values[call.callee.index()]
            && matches!(facts.values[object.index()], Value::Call(_))
        {
            out.entry(*object).or_insert(id);
        }
    }
    out
}

/// Functions of which a member is asked, by themselves or through a variable.
fn looked_into(facts: &ModuleFacts) -> FxHashSet<FunctionId> {
    let function = |v: ValueId| match &facts.values[v.index()] {
        Value::Function(f) => Some(*f),
        _ => None,
    };
    let mut out = FxHashSet::default();
    for value in &facts.values {
        let Value::Member(object, _) = value else { continue };
        match &facts.values[object.index()] {
            Value::Function(f) => {
                out.insert(*f);
            }
            Value::Binding(b) => {
                out.extend(facts.bindings[b.index()].defs.iter().filter_map(|d| function(facts.assigns[d.index()].from)));
            }
            _ => {}
        }
    }
    out
}

/// The one call of each function that is called where it is written.
fn invoked(facts: &ModuleFacts) -> FxHashMap<FunctionId, CallId> {
    let mut out = FxHashMap::default();
    for (id, call) in (0..).map(CallId).zip(&facts.calls) {
        if let (Value::Function(f), CallKind::Call) = (&facts.values[call.callee.index()], call.kind)
            && facts.functions[f.index()].name.is_empty()
            && call.args.iter().all(|a| !matches!(facts.values[a.index()], Value::Spread(_)))
        {
            out.insert(*f, id);
        }
    }
    out
}

/// Functions that are given a module when it has been loaded (`import('x').then(module => ...)`), and what loads it.
fn given_modules(facts: &ModuleFacts) -> FxHashMap<FunctionId, ValueId> {
    let value = |v: ValueId| &facts.values[v.index()];
    let then = |call: &Call| match (value(call.callee), call.args.first().map(|&a| value(a))) {
        (Value::Member(object, Key::Name(name)), Some(Value::Function(f))) if name == "then" => Some((*object, *f)),
        _ => None,
    };
    // `Promise.resolve().then(() => require('x'))`, bare or made like a namespace.
    let required = |f: FunctionId| match facts.functions[f.index()].returns[..] {
        [returned] => match value(returned) {
            Value::Import(..) => Some(returned),
            Value::Call(c) => {
                facts.calls[c.index()].args.first().is_some_and(|&a| matches!(value(a), Value::Import(..))).then_some(returned)
            }
            _ => None,
        },
        _ => None,
    };
    let loaded = |object: ValueId| match value(object) {
        Value::Import(_, name) if name == "*" => Some(object),
        Value::Call(c) => then(&facts.calls[c.index()]).and_then(|(_, f)| required(f)),
        _ => None,
    };
    facts.calls.iter().filter_map(then).filter_map(|(object, f)| Some((f, loaded(object)?))).collect()
}

/// The name is that of a function that copies the members of its further arguments into its first.
pub fn is_merge(name: &str) -> bool {
    matches!(name, "assign" | "extend" | "_extends" | "__assign" | "merge" | "defaults" | "_objectSpread" | "_objectSpread2")
}

/// The object literal that a call copies members into, also through another such call: `__assign(__assign({}, a), b)`.
fn merged(facts: &ModuleFacts, call: &Call) -> Option<ValueId> {
    let name = facts.called_as(call)?;
    let &into = call.args.first().filter(|_| is_merge(name) && call.args.len() > 1)?;
    match &facts.values[into.index()] {
        Value::Object(..) => Some(into),
        Value::Call(inner) => merged(facts, &facts.calls[inner.index()]),
        _ => None,
    }
}
