//! The call graph: what a call runs, which functions it is handed, what the package's users can call.
//!
//! ```text
//! runs(C, F) :- origin(callee of C) = F, or a method of the receiver's owner
//! ```

use rustc_hash::{FxHashMap, FxHashSet};

use super::owners::owner_of_constructor;
use super::types::Type;
use super::{At, CallAt, Fun, Origin, Owner, PathKey, Program, Root};
use crate::facts::*;
use crate::models::Method;

#[derive(Default)]
pub struct CallGraph {
    pub callers: FxHashMap<Fun, Vec<CallAt>>,
    passed: FxHashMap<Fun, Vec<Passed>>,
    /// Functions inside an object handed to a call.
    optioned: FxHashMap<Fun, Vec<Optioned>>,
    pub makers: FxHashMap<Owner, Vec<CallAt>>,
    targets: FxHashMap<CallAt, Vec<Fun>>,
    public: FxHashSet<Fun>,
    public_owners: FxHashSet<Owner>,
    /// Functions that other functions return.
    returned: FxHashMap<Fun, Vec<Fun>>,
}

/// Functions that a value is, each with how many arguments `bind` has put before.
pub(super) type Held = Vec<(Fun, usize)>;

/// A function handed to a call.
#[derive(Debug, Clone, Copy)]
pub struct Passed {
    pub call: CallAt,
    pub arg: usize,
    /// Arguments that `bind` put before.
    pub shift: usize,
}

/// A function inside an object or array handed to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Optioned {
    pub call: CallAt,
    pub arg: usize,
    /// From the argument to the function.
    pub path: Vec<PathKey>,
}

/// How deep the functions of an argument are looked for.
const OPTIONS: usize = 4;

impl CallGraph {
    pub fn build(program: &Program) -> CallGraph {
        let mut graph = CallGraph::default();
        for c in program.all_calls() {
            let call = program.call(c);
            let targets = program.functions_called(c);
            // How a test calls the program says nothing of how it is used.
            let speaks_of = |file: u32| !program.files[c.file as usize].test || program.files[file as usize].test;
            for &f in targets.iter().filter(|f| speaks_of(f.file)) {
                graph.callers.entry(f).or_default().push(c);
            }
            graph.targets.insert(c, targets);
            if call.kind == CallKind::New {
                for origin in program.origins(c.with(call.callee)).iter() {
                    if let Some(owner) = owner_of_constructor(origin)
                        && speaks_of(owner.file())
                    {
                        graph.makers.entry(owner).or_default().push(c);
                    }
                }
            }
            for (arg, &value) in call.args.iter().enumerate() {
                for (function, shift) in program.functions_of(c.with(value)).into_iter().filter(|(f, _)| speaks_of(f.file)) {
                    graph.passed.entry(function).or_default().push(Passed { call: c, arg, shift });
                }
                graph.options(program, c, arg, c.with(value), &[]);
            }
        }
        for f in program.all_functions() {
            for &value in &program.fun(f).returns {
                for (function, _) in program.functions_of(f.with(value)) {
                    graph.returned.entry(function).or_default().push(f);
                }
            }
        }
        graph.publish(program);
        graph
    }

    /// Lets targets be asked again.
    pub fn forget_targets(&mut self) {
        self.targets.clear();
    }

    fn options(&mut self, program: &Program, c: CallAt, arg: usize, value: At<ValueId>, path: &[PathKey]) {
        if path.len() == OPTIONS {
            return;
        }
        let inner: Vec<(PathKey, ValueId)> = match program.value(value) {
            Value::Object(props, _) => props.iter().map(|(key, inner)| (program.path_key(value.file, key), *inner)).collect(),
            Value::Array(elements) => elements.iter().map(|&inner| (PathKey::Element, inner)).collect(),
            _ => return,
        };
        for (key, inner) in inner {
            let path: Vec<PathKey> = path.iter().copied().chain([key]).collect();
            for (function, _) in program.functions_of(value.with(inner)) {
                self.optioned.entry(function).or_default().push(Optioned { call: c, arg, path: path.clone() });
            }
            self.options(program, c, arg, value.with(inner), &path);
        }
    }

    /// What the package's users can call: exports of its entry files, and what these return.
    fn publish(&mut self, program: &Program) {
        let some = (0..program.files.len() as u32).any(|f| program.is_public(f));
        let mut files: Vec<(u32, Option<String>)> =
            (0..program.files.len() as u32).filter(|&f| !some || program.is_public(f)).map(|f| (f, None)).collect();
        let mut seen = FxHashSet::default();
        let mut origins: Vec<Origin> = Vec::new();
        while let Some((file, only)) = files.pop() {
            if !seen.insert((file, only.clone())) {
                continue;
            }
            files.extend(program.passed_on(file));
            for (name, value) in program.exported_values(file) {
                if only.as_ref().is_none_or(|o| *o == name || name == "=") {
                    origins.extend(program.origins(value).iter().cloned());
                }
            }
        }
        let mut seen = FxHashSet::default();
        while let Some(origin) = origins.pop() {
            if !origin.path.is_empty() || !seen.insert(origin.clone()) {
                continue;
            }
            match origin.root {
                Root::Function(f) => {
                    self.public.insert(f);
                    self.publish_owner(program, Owner::Proto(f), &mut origins);
                    self.publish_owner(program, Owner::Function(f), &mut origins);
                    // `exported.Part = Part`.
                    for value in program.field_values(Owner::Function(f)) {
                        origins.extend(program.origins(value).iter().cloned());
                    }
                    let returns = program.fun(f).returns.clone();
                    for value in returns.iter().take(8) {
                        origins.extend(program.origins(f.with(*value)).iter().cloned());
                    }
                }
                Root::Class(class) => self.publish_owner(program, Owner::Class(class), &mut origins),
                Root::Literal(literal) => {
                    self.publish_owner(program, Owner::Literal(literal), &mut origins);
                    if let Value::Object(props, spreads) = program.value(literal) {
                        for value in props.iter().map(|(_, v)| v).chain(spreads) {
                            origins.extend(program.origins(literal.with(*value)).iter().cloned());
                        }
                    }
                }
                Root::File(file) => {
                    for (_, value) in program.exported_values(file) {
                        origins.extend(program.origins(value).iter().cloned());
                    }
                }
                Root::Call(c) if program.call(c).kind == CallKind::New => {
                    origins.extend(program.origins(c.with(program.call(c).callee)).iter().cloned());
                }
                // `(function (root, factory) { module.exports = factory() })(this, function () {...})` gives out what the factory does.
                Root::Call(c) => {
                    let callee = c.with(program.call(c).callee);
                    let callee = match program.value(callee) {
                        Value::Member(object, Key::Name(name)) if matches!(name.as_str(), "call" | "apply") => c.with(*object),
                        _ => callee,
                    };
                    for factory in program.origins(callee).iter().flat_map(|o| self.given(program, o)) {
                        if let (Root::Function(f), true) = (factory.root, factory.path.is_empty()) {
                            for &value in program.fun(f).returns.iter().take(8) {
                                origins.extend(program.origins(f.with(value)).iter().cloned());
                            }
                        }
                    }
                }
                Root::Param(..) => origins.extend(self.given(program, &origin)),
                _ => {}
            }
        }
    }

    /// What the calls of a function of one file give for its parameter.
    fn given(&self, program: &Program, origin: &Origin) -> Vec<Origin> {
        let (Root::Param(f, _), true) = (origin.root, origin.path.is_empty()) else { return Vec::new() };
        let callers = self.callers.get(&f).map_or(&[][..], Vec::as_slice);
        // Written and called in one place.
        let here = callers.iter().filter(|c| matches!(program.value(c.with(program.call(**c).callee)), Value::Function(_)));
        here.flat_map(|&c| program.from_callee(c, f, origin)).collect()
    }

    fn publish_owner(&mut self, program: &Program, owner: Owner, origins: &mut Vec<Origin>) {
        for &owner in program.family(owner).iter() {
            if !self.public_owners.insert(owner) {
                continue;
            }
            let private = |f: Fun| match owner {
                Owner::Class(class) => program.class(class).members.iter().any(|m| m.function == Some(f.id) && m.private),
                _ => false,
            };
            for &(key, f) in program.members(owner) {
                let hidden = match key {
                    PathKey::Name(name) => program.text(name).starts_with('#') || private(f),
                    _ => true,
                };
                if !hidden {
                    self.public.insert(f);
                    if matches!(owner, Owner::Function(_) | Owner::Literal(_)) {
                        origins.push(Origin::root(Root::Function(f)));
                    }
                }
            }
            if let Owner::Class(class) = owner {
                for member in &program.class(class).members {
                    if let (true, Some(f), false) = (member.is_static, member.function, member.private) {
                        self.public.insert(class.with(f));
                    }
                }
            }
        }
    }
}

impl Program<'_> {
    /// Functions of the program that a call runs directly.
    pub fn functions_called(&self, c: CallAt) -> Vec<Fun> {
        if let Some(known) = self.calls.targets.get(&c) {
            return known.clone();
        }
        let call = self.call(c);
        let callee = c.with(call.callee);
        let mut out: Vec<Fun> = Vec::new();
        if call.kind == CallKind::Super || matches!(self.value(callee), Value::Super) {
            if let Some(owner) = self.owner_around(self.function_of(c)) {
                for parent in self.parents(owner) {
                    out.extend(self.constructors(parent));
                }
            }
        } else {
            if let Value::Member(object, Key::Name(name)) = self.value(callee) {
                let object = c.with(*object);
                if matches!(name.as_str(), "call" | "apply") {
                    out.extend(self.functions_of(object).into_iter().map(|(f, _)| f));
                }
                // `super.k()`.
                if let Value::Super = self.value(object)
                    && let Some(owner) = self.owner_around(self.function_of(c))
                {
                    let key = PathKey::Name(self.sym(name));
                    for parent in self.parents(owner) {
                        if let Some(parent) = owner_of_constructor(parent) {
                            out.extend(self.inherited(parent, key));
                        }
                    }
                }
            }
            if call.kind == CallKind::New {
                for origin in self.origins(callee).iter() {
                    out.extend(self.constructors(origin));
                }
            } else {
                out.extend(self.functions_of(callee).into_iter().map(|(f, _)| f));
            }
        }
        out.sort();
        out.dedup();
        out
    }

    /// What `new X` runs.
    fn constructors(&self, origin: &Origin) -> Vec<Fun> {
        match owner_of_constructor(origin) {
            Some(Owner::Proto(f)) => vec![f],
            Some(Owner::Class(class)) => {
                let mut out: Vec<Fun> = self.initializers(class).collect();
                if !out.iter().any(|&f| self.fun(f).kind == FunctionKind::Constructor) && self.depth.get() < 20 {
                    self.depth.set(self.depth.get() + 1);
                    for parent in self.parents(Owner::Class(class)) {
                        if parent.root != origin.root {
                            out.extend(self.constructors(parent));
                        }
                    }
                    self.depth.set(self.depth.get() - 1);
                }
                out
            }
            _ => Vec::new(),
        }
    }

    /// The program's functions that a value is, with how many arguments `bind` has put before.
    pub fn functions_of(&self, v: At<ValueId>) -> Held {
        let mut out = Vec::new();
        // Most arguments can be told apart from functions by what they are written as.
        match self.value(v) {
            Value::Function(f) => return vec![(v.with(*f), 0)],
            Value::String(_)
            | Value::Number(_)
            | Value::Bool(_)
            | Value::Null
            | Value::Undefined
            | Value::Text(_)
            | Value::Regex
            | Value::Object(..)
            | Value::Array(_)
            | Value::Class(_)
            | Value::Unary(..)
            | Value::Binary(..)
            | Value::Arguments(_)
            | Value::Super
            | Value::Yield(_)
            | Value::KeyOf(_)
            | Value::Caught
            | Value::Opaque => return out,
            _ => {}
        }
        for origin in self.origins(v).iter() {
            self.functions_of_origin(origin, &mut out, 4);
        }
        out.sort();
        out.dedup();
        out
    }

    pub fn functions_of_origin(&self, origin: &Origin, out: &mut Vec<(Fun, usize)>, depth: u32) {
        if depth == 0 {
            return;
        }
        match (origin.root, &origin.path[..]) {
            (Root::Function(f), []) => out.push((f, 0)),
            (Root::Call(c), []) => {
                if let Some((target, bound)) = self.bind_target(c) {
                    let mut inner = Vec::new();
                    for origin in self.origins(target).iter() {
                        self.functions_of_origin(origin, &mut inner, depth - 1);
                    }
                    out.extend(inner.into_iter().map(|(f, shift)| (f, shift + bound)));
                }
            }
            (_, []) => {}
            (_, [.., key]) => {
                let Some(prefix) = origin.prefix() else { return };
                if let Some(known) = self.held.borrow().get(&(origin.clone(), depth)) {
                    out.extend(known);
                    return;
                }
                let (shallow, before) = (self.depth.get() < 20, out.len());
                if let Some(Type::Owner(owner)) = self.type_of(&prefix) {
                    out.extend(self.methods(owner, *key).into_iter().map(|f| (f, 0)));
                    for assign in self.field_assigns(owner, &[*key]) {
                        let from = assign.with(self.assign(assign).from);
                        if self.depth.get() < 30 {
                            self.depth.set(self.depth.get() + 1);
                            for origin in self.origins(from).iter() {
                                if origin.root != Root::Unknown(from) {
                                    self.functions_of_origin(origin, out, depth - 1);
                                }
                            }
                            self.depth.set(self.depth.get() - 1);
                        }
                    }
                }
                if shallow && self.resolving.borrow().is_empty() && self.typing.borrow().is_empty() {
                    self.held.borrow_mut().insert((origin.clone(), depth), out[before..].to_vec());
                }
            }
        }
    }

    /// `target.bind(this, a, b)`: the target, and how many arguments are bound.
    pub fn bind_target(&self, c: CallAt) -> Option<(At<ValueId>, usize)> {
        let call = self.call(c);
        match self.value(c.with(call.callee)) {
            Value::Member(object, Key::Name(name)) if name == "bind" && !call.args.is_empty() => {
                Some((c.with(*object), call.args.len() - 1))
            }
            _ => None,
        }
    }

    pub fn callers(&self, f: Fun) -> &[CallAt] {
        self.calls.callers.get(&f).map_or(&[], Vec::as_slice)
    }

    pub fn passed(&self, f: Fun) -> &[Passed] {
        self.calls.passed.get(&f).map_or(&[], Vec::as_slice)
    }

    pub fn optioned(&self, f: Fun) -> &[Optioned] {
        self.calls.optioned.get(&f).map_or(&[], Vec::as_slice)
    }

    /// Functions that return this function.
    pub fn returned_by(&self, f: Fun) -> &[Fun] {
        self.calls.returned.get(&f).map_or(&[], Vec::as_slice)
    }

    /// The package's users can call it.
    pub fn is_public_function(&self, f: Fun) -> bool {
        self.calls.public.contains(&f)
    }

    pub fn is_public_owner(&self, owner: Owner) -> bool {
        self.calls.public_owners.contains(&owner)
    }

    /// What a model says of the function that a call runs.
    pub fn method_model(&self, c: CallAt) -> Option<&Method> {
        let call = self.call(c);
        let callee = c.with(call.callee);
        if call.kind == CallKind::New {
            return self.construct_model(c);
        }
        match self.value(callee) {
            Value::Global(name) => self.models.global_function(name),
            Value::Member(object, Key::Name(name)) => {
                for origin in self.origins(c.with(*object)).iter() {
                    let path = match (origin.root, &origin.path[..]) {
                        // The default import of a CommonJS library is the library.
                        (Root::Module(_), [PathKey::Name(first)]) if &*self.text(*first) == "default" => &[],
                        (_, path) => path,
                    };
                    match (origin.root, path) {
                        (Root::Module(module), []) => {
                            if let Some(method) = self.view.module(&self.text(module)).and_then(|m| m.functions.get(name.as_str())) {
                                return Some(method);
                            }
                        }
                        (Root::Global(global), []) => {
                            if let Some(ix) = self.models.global_class(&self.text(global))
                                && let Some(method) = self.models.static_method(ix, name)
                            {
                                return Some(method);
                            }
                        }
                        _ => {}
                    }
                    if let Some(Type::Model(ix)) = self.type_of(origin)
                        && let Some(method) = self.models.method(ix, name)
                    {
                        return Some(method);
                    }
                }
                None
            }
            _ => {
                for origin in self.origins(callee).iter() {
                    match (origin.root, &origin.path[..]) {
                        (Root::Module(module), []) => {
                            if let Some(method) = self.view.module(&self.text(module)).and_then(|m| m.call.as_ref()) {
                                return Some(method);
                            }
                        }
                        (Root::Module(module), [PathKey::Name(name)]) => {
                            let name = self.text(*name);
                            if let Some(model) = self.view.module(&self.text(module)) {
                                let found =
                                    model.functions.get(&*name).or_else(|| (&*name == "default").then_some(model.call.as_ref()).flatten());
                                if found.is_some() {
                                    return found;
                                }
                            }
                        }
                        _ => {}
                    }
                }
                None
            }
        }
    }
}

/// Helpers of compilers that make an asynchronous function out of a generator.
pub(super) fn made_async(name: &str) -> bool {
    matches!(name.trim_start_matches('_'), "asyncToGenerator" | "async_to_generator" | "wrapAsyncGenerator" | "__async")
}
