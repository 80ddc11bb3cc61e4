//! Indices of one file's facts, made when something first asks: what would otherwise be looked for among all of a file's calls,
//! assignments, values or functions, at each question again.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{At, CallAt, Fun, Program, Sym};
use crate::facts::*;

/// Answers by id. Each list keeps the order of the vectors that it is made of.
#[derive(Default)]
pub(super) struct Indices {
    /// The calls that stand in each function itself.
    calls: Vec<Vec<CallId>>,
    /// The functions written in each function itself.
    inner: Vec<Vec<FunctionId>>,
    /// The calls that copy the members of others into each object literal: `Object.assign({}, defaults, options)`.
    merged: FxHashMap<ValueId, Vec<CallId>>,
    /// The first assignment that a value is given by.
    assigned: FxHashMap<ValueId, AssignId>,
    /// The first function that returns a value.
    returned: FxHashMap<ValueId, FunctionId>,
    /// Names of members that are taken as values: `const f = this.close`.
    stored: FxHashSet<String>,
    /// `v.release()`, `pool.release(v)`: calls that give something back.
    handing_back: Vec<CallId>,
    /// `list.push(x)`, `set.add(x)`: calls that put something into a collection.
    putting: Vec<CallId>,
    /// Variables of the module's body, by name.
    variables: FxHashMap<String, Vec<BindingId>>,
    /// Constructors and field initializers of each class.
    makers: FxHashMap<ClassId, Vec<FunctionId>>,
    /// Variables that some expression mentions.
    mentioned: FxHashSet<BindingId>,
    /// What stands for types, by name.
    declared: FxHashMap<String, Declared>,
    /// Functions that are made members of a parameter, and whose parameter that is.
    put_on_params: FxHashMap<FunctionId, FunctionId>,
    /// Functions that something besides a variable of their own holds: a member, an object, a list, another variable.
    held: FxHashSet<FunctionId>,
}

/// What a type's name may mean in a file.
#[derive(Default)]
pub(super) struct Declared {
    /// Its interfaces and aliases, by their place among the file's types.
    pub types: Vec<u32>,
    pub classes: Vec<ClassId>,
    /// The first import of that name.
    pub import: Option<BindingId>,
}

impl Indices {
    fn of(facts: &ModuleFacts) -> Indices {
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
        indices
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
fn given_module(facts: &ModuleFacts) -> FxHashMap<FunctionId, ValueId> {
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
pub(super) fn is_merge(name: &str) -> bool {
    matches!(name, "assign" | "extend" | "_extends" | "__assign" | "merge" | "defaults" | "_objectSpread" | "_objectSpread2")
}

/// The object literal that a call copies members into, also through another such call: `__assign(__assign({}, a), b)`.
fn merged(facts: &ModuleFacts, call: &Call) -> Option<ValueId> {
    let name = match &facts.values[call.callee.index()] {
        Value::Global(name) | Value::Member(_, Key::Name(name)) => name.as_str(),
        Value::Binding(b) => facts.bindings[b.index()].name.as_str(),
        _ => return None,
    };
    let &into = call.args.first().filter(|_| is_merge(name) && call.args.len() > 1)?;
    match &facts.values[into.index()] {
        Value::Object(..) => Some(into),
        Value::Call(inner) => merged(facts, &facts.calls[inner.index()]),
        _ => None,
    }
}

impl Program<'_> {
    fn indices(&self, file: u32) -> &Indices {
        self.indices[file as usize].get_or_init(|| Indices::of(self.facts(file)))
    }

    /// Calls that stand in a function or in the functions written in it, in the order of the text.
    pub fn calls_within(&self, f: Fun) -> Vec<CallAt> {
        let range = self.function_range(f);
        let positions = &self.files[f.file as usize].positions;
        let indices = self.indices(f.file);
        let mut calls: Vec<CallId> = Vec::new();
        let mut functions = vec![f.id];
        while let Some(function) = functions.pop() {
            calls.extend(&indices.calls[function.index()]);
            functions.extend(&indices.inner[function.index()]);
        }
        // What a function's text does not hold (decorators, say) is not in it.
        calls.retain(|call| {
            let start = positions.calls[call.index()].whole.start;
            start >= range.start && start < range.end
        });
        calls.sort_unstable();
        calls.into_iter().map(|call| f.with(call)).collect()
    }

    /// The call of a function that is called where it is written, and has no name to be called by.
    pub(super) fn invoked(&self, f: Fun) -> Option<CallAt> {
        self.invoked[f.file as usize].get_or_init(|| invoked(self.facts(f.file))).get(&f.id).map(|&id| f.with(id))
    }

    /// The function whose activation makes this one a member of its parameter.
    pub(super) fn put_on_param(&self, f: Fun) -> Option<Fun> {
        self.indices(f.file).put_on_params.get(&f.id).map(|&g| f.with(g))
    }

    /// What loads the module that a function is given.
    pub(super) fn given_module(&self, f: Fun) -> Option<At<ValueId>> {
        self.given_modules[f.file as usize].get_or_init(|| given_module(self.facts(f.file))).get(&f.id).map(|&v| f.with(v))
    }

    /// What is copied into an object literal, what counts most first.
    pub(super) fn merged(&self, literal: At<ValueId>) -> Vec<At<ValueId>> {
        let calls = self.indices(literal.file).merged.get(&literal.id).map_or(&[][..], Vec::as_slice);
        let mut out: Vec<At<ValueId>> =
            calls.iter().flat_map(|c| &self.call(literal.with(*c)).args[1..]).map(|&v| literal.with(v)).collect();
        out.reverse();
        out
    }

    /// Something besides a variable of its own holds the function.
    pub(super) fn is_held(&self, f: Fun) -> bool {
        self.indices(f.file).held.contains(&f.id)
    }

    /// The call of a method on what a call gives back: `f().then(...)`.
    pub(super) fn called_on(&self, c: CallAt) -> Option<CallAt> {
        self.chained[c.file as usize].get_or_init(|| chained(self.facts(c.file))).get(&self.call(c).value).map(|&id| c.with(id))
    }

    /// A member of the function is asked: `f.bind(x)`, `f.call(x)`.
    pub(super) fn is_looked_into(&self, f: Fun) -> bool {
        self.looked_into[f.file as usize].get_or_init(|| looked_into(self.facts(f.file))).contains(&f.id)
    }

    /// Where a value first is assigned.
    pub(super) fn assigned(&self, v: At<ValueId>) -> Option<At<AssignId>> {
        self.indices(v.file).assigned.get(&v.id).map(|&id| v.with(id))
    }

    /// The first function that returns this very expression.
    pub(super) fn returning(&self, v: At<ValueId>) -> Option<Fun> {
        self.indices(v.file).returned.get(&v.id).map(|&id| v.with(id))
    }

    /// Some member of this name is taken as a value in the file.
    pub(super) fn stores(&self, file: u32, name: &str) -> bool {
        self.indices(file).stored.contains(name)
    }

    /// Calls of a file that give something back to where it came from.
    pub(super) fn handing_back(&self, file: u32) -> impl Iterator<Item = CallAt> + '_ {
        self.indices(file).handing_back.iter().map(move |&id| At::new(file, id))
    }

    /// Calls of a file that put something into a collection.
    pub(super) fn putting(&self, file: u32) -> impl Iterator<Item = CallAt> + '_ {
        self.indices(file).putting.iter().map(move |&id| At::new(file, id))
    }

    /// Variables of a module's body that have this name.
    pub(super) fn variables(&self, file: u32, name: &str) -> &[BindingId] {
        self.indices(file).variables.get(name).map_or(&[], Vec::as_slice)
    }

    /// A class's own constructor and field initializers.
    pub(super) fn initializers(&self, class: At<ClassId>) -> impl Iterator<Item = Fun> + '_ {
        self.indices(class.file).makers.get(&class.id).into_iter().flatten().map(move |&id| class.with(id))
    }

    /// Some file has a member, or a text, of this name.
    pub(super) fn is_written(&self, name: Sym) -> bool {
        if let Some(&known) = self.written.borrow().get(&name) {
            return known;
        }
        let text = self.text(name);
        let is = |key: &Key| matches!(key, Key::Name(n) if **n == *text);
        let written = self.files.iter().map(|f| &f.facts).any(|facts| {
            facts.assigns.iter().any(|a| matches!(&a.to, Place::Member(_, key) if is(key)))
                || facts.classes.iter().any(|c| c.members.iter().any(|m| is(&m.key)))
                || facts.values.iter().any(|v| match v {
                    Value::Object(props, _) => props.iter().any(|(key, _)| is(key)),
                    Value::String(s) => **s == *text,
                    _ => false,
                })
        });
        self.written.borrow_mut().insert(name, written);
        written
    }

    /// What a type's name may mean in a file.
    pub(super) fn declared(&self, file: u32, name: &str) -> Option<&Declared> {
        self.indices(file).declared.get(name)
    }

    /// Some expression mentions the variable.
    pub(super) fn is_mentioned(&self, b: At<BindingId>) -> bool {
        self.indices(b.file).mentioned.contains(&b.id)
    }
}
