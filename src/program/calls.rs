//! The call graph: what a call runs, and who starts a function, how often.
//!
//! ```text
//! runs(C, F)        :- origin(callee of C) = F, or a method of the receiver's owner
//! started(F, G, 1)  :- runs(C, F), C in G
//! started(F, G, n)  :- F handed to C in G; C calls it back n times (a model, a native, or a function of the program)
//! started(F, –, n)  :- F is public
//! ```

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::owners::owner_of_constructor;
use super::types::Type;
use super::{At, CallAt, Fun, Origin, Owner, PathKey, Program, Root, frameworks, sites};
use crate::facts::*;
use crate::findings::Region;
use crate::models::{Fires, Method};

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

/// How often something happens in one activation of what starts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    One,
    Many(Region),
}

/// How a function comes to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    Called,
    /// By an event: its name, if constant.
    Listener(Option<String>),
    Timer,
    Interval,
    /// Once for each element.
    Each,
    /// At the end of a promise, by its executor, by a callback that is called once.
    Callback,
    /// A framework runs it.
    Entry,
    /// The package's users call it.
    Public,
    /// Handed to code that is not known.
    Unknown,
    /// It takes the place of a foreign method, which is called any number of times.
    Patch,
}

/// One way in which a function comes to run.
#[derive(Debug, Clone)]
pub struct Starter {
    pub how: Started,
    /// The call that runs it or takes it.
    pub by: Option<CallAt>,
    /// The activation in which that happens.
    pub within: Option<Fun>,
    pub times: Times,
}

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
                _ => {}
            }
        }
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
                    match (origin.root, &origin.path[..]) {
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

    /// How a function comes to run, as far as the program tells.
    pub fn starters(&self, f: Fun) -> Rc<[Starter]> {
        if let Some(known) = self.starters.borrow().get(&f) {
            return known.clone();
        }
        let starters: Rc<[Starter]> = self.find_starters(f).into();
        self.starters.borrow_mut().insert(f, starters.clone());
        starters
    }

    fn find_starters(&self, f: Fun) -> Vec<Starter> {
        let mut out = Vec::new();
        for &c in self.callers(f) {
            out.push(Starter { how: Started::Called, by: Some(c), within: Some(self.function_of(c)), times: Times::One });
        }
        for &passed in self.passed(f) {
            out.extend(self.handed(passed, 3));
        }
        for optioned in self.optioned(f) {
            let (how, times) = match self.option_callback(optioned) {
                Some(callback) => frameworks::started(callback.runs),
                None => (Started::Unknown, Times::One),
            };
            out.push(Starter { how, by: Some(optioned.call), within: Some(self.function_of(optioned.call)), times });
        }
        out.extend(self.decorated(f));
        out.extend(self.entered(f));
        if self.is_public_function(f) {
            out.push(Starter { how: Started::Public, by: None, within: None, times: Times::Many(Region::Call) });
        }
        if self.patched(f).is_some() {
            let within = self.parent(f);
            out.push(Starter { how: Started::Patch, by: None, within, times: Times::Many(Region::Call) });
        }
        out
    }

    /// What a call does with a function that it is given.
    pub fn handed(&self, passed: Passed, depth: u32) -> Vec<Starter> {
        let c = passed.call;
        let call = self.call(c);
        let starter = |how, times| vec![Starter { how, by: Some(c), within: Some(self.function_of(c)), times }];
        if let Some(name) = self.callee_name(c) {
            let member = matches!(self.value(c.with(call.callee)), Value::Member(..));
            if matches!(name.as_str(), "bind" | "call" | "apply") && member && passed.arg == 0 {
                return Vec::new();
            }
            if let Some(site) = sites::registration(self, c)
                && site.handler == Some(call.args[passed.arg])
            {
                let (event, times) = self.listener_times(&site);
                return starter(Started::Listener(event), times);
            }
            if sites::is_release_name(&name) && member {
                return Vec::new();
            }
            match (name.as_str(), member) {
                ("setTimeout" | "setImmediate" | "queueMicrotask" | "requestAnimationFrame" | "requestIdleCallback", _)
                    if passed.arg == 0 =>
                {
                    return starter(Started::Timer, Times::One);
                }
                ("nextTick", true) => return starter(Started::Timer, Times::One),
                ("setInterval", _) if passed.arg == 0 => return starter(Started::Interval, Times::Many(Region::Tick)),
                ("then" | "catch" | "finally", true) => return starter(Started::Callback, Times::One),
                (
                    "forEach" | "map" | "filter" | "some" | "every" | "reduce" | "reduceRight" | "flatMap" | "find" | "findIndex" | "sort",
                    true,
                ) if passed.arg == 0 && self.functions_called(c).is_empty() => {
                    return starter(Started::Each, Times::Many(Region::Iteration));
                }
                ("Promise", false) if call.kind == CallKind::New => return starter(Started::Called, Times::One),
                ("__awaiter" | "__generator", _) => return starter(Started::Called, Times::One),
                _ if made_async(&name) => return Vec::new(),
                ("mark" | "m", true) if self.is_regenerator(c) => return Vec::new(),
                ("wrap" | "w" | "async" | "a", true) if self.is_regenerator(c) => return starter(Started::Called, Times::One),
                _ => {}
            }
        }
        // `(function () {...}).call(this)`: started by the call itself.
        let targets = self.functions_called(c);
        if !targets.is_empty() {
            if depth == 0 {
                return starter(Started::Unknown, Times::One);
            }
            let mut out = Vec::new();
            for g in targets {
                out.extend(self.called_back(c, g, passed.arg, depth - 1));
            }
            if out.is_empty() {
                return starter(Started::Unknown, Times::One);
            }
            return out;
        }
        if let Some(model) = self.method_model(c) {
            for callback in &model.callbacks {
                let here = match callback.arg {
                    -1 => passed.arg + 1 == call.args.len(),
                    -2 => true,
                    i => passed.arg as i32 == i,
                };
                if !here || callback.member.is_some() || !self.condition_holds(c, callback) {
                    continue;
                }
                let (how, times) = frameworks::started(callback.runs);
                return starter(how, times);
            }
        }
        starter(Started::Unknown, Times::One)
    }

    /// A member of the runtime that runs down-level generators (`regeneratorRuntime.wrap(f)`, `_regenerator().w(f)`).
    pub(super) fn is_regenerator(&self, c: CallAt) -> bool {
        self.receiver(c)
            .is_some_and(|(object, _)| self.origins(object).iter().any(|o| self.show(o).to_ascii_lowercase().contains("regenerator")))
    }

    /// The body of a down-level generator, whose `while (1) switch` is no loop.
    fn is_regenerator_body(&self, f: Fun) -> bool {
        self.passed(f).iter().any(|p| {
            self.callee_name(p.call).is_some_and(|n| matches!(n.as_str(), "wrap" | "w" | "async" | "a")) && self.is_regenerator(p.call)
        })
    }

    /// What a function of the program does with its parameter: one starter for each place where it runs or passes it on, seen from
    /// the call `c`.
    fn called_back(&self, c: CallAt, g: Fun, param: usize, depth: u32) -> Vec<Starter> {
        let mut out = Vec::new();
        let within = Some(self.function_of(c));
        for inner in self.calls_within(g) {
            let call = self.call(inner);
            let is_param =
                |v: ValueId| self.origins(inner.with(v)).iter().any(|o| o.path.is_empty() && o.root == Root::Param(g, param as u32));
            if is_param(call.callee)
                || matches!(self.receiver(inner), Some((object, Key::Name(n))) if matches!(n.as_str(), "call" | "apply") && is_param(object.id))
            {
                let times = self.times_within(self.function_of(inner), inner, g, depth);
                out.push(Starter { how: Started::Called, by: Some(c), within, times });
            }
            for (arg, &value) in call.args.iter().enumerate() {
                if is_param(value) {
                    for starter in self.handed(Passed { call: inner, arg, shift: 0 }, depth) {
                        out.push(Starter { by: Some(c), within, ..starter });
                    }
                }
            }
        }
        out.dedup_by(|a, b| a.how == b.how && a.times == b.times);
        out
    }

    /// How often `inner` (in function `f`) runs in one activation of `outer`, by the functions and loops between them.
    fn times_within(&self, f: Fun, inner: CallAt, outer: Fun, depth: u32) -> Times {
        if self.loop_around(inner.with(self.call(inner).block)).is_some() {
            return Times::Many(Region::Iteration);
        }
        let mut at = f;
        let mut steps = 0;
        while at != outer && steps < 6 {
            steps += 1;
            let mut next = None;
            if depth == 0 {
                break;
            }
            for passed in self.passed(at) {
                for starter in self.handed(*passed, depth - 1) {
                    if let Times::Many(region) = starter.times {
                        return Times::Many(region);
                    }
                    next = starter.within;
                }
            }
            match next.or_else(|| self.parent(at)) {
                Some(parent) => at = parent,
                None => break,
            }
        }
        Times::One
    }

    /// The innermost loop block around a block, within its function.
    pub fn loop_around(&self, block: At<BlockId>) -> Option<At<BlockId>> {
        let mut at = Some(block);
        while let Some(b) = at {
            let here = self.block(b);
            if matches!(here.kind, BlockKind::Loop(..)) {
                let outermost = here.parent.is_some_and(|p| self.block(block.with(p)).kind == BlockKind::Body);
                return (!outermost || !self.is_regenerator_body(block.with(here.function))).then_some(b);
            }
            at = here.parent.map(|p| block.with(p));
        }
        None
    }

    /// How often a listener runs in one life of its emitter.
    pub fn listener_times(&self, site: &sites::Site) -> (Option<String>, Times) {
        let event = site.event.as_ref().map(|e| e.to_string());
        if site.once {
            return (event, Times::One);
        }
        let (fires, runs) = self.event_fires(site);
        let times = match fires {
            Some(Fires::OnceEarly | Fires::OnceLast | Fires::Rarely) => Times::One,
            _ => Times::Many(runs.unwrap_or(Region::Event)),
        };
        (event, times)
    }

    /// When the event of a registration fires, and which region its listener is.
    pub fn event_fires(&self, site: &sites::Site) -> (Option<Fires>, Option<Region>) {
        let Some(event) = &site.event else { return (None, None) };
        for origin in site.receivers(self).iter() {
            if let Some(Type::Model(ix)) = self.model_type(origin)
                && let Some(model) = self.models.event(ix, event)
            {
                return (Some(model.fires), model.runs);
            }
        }
        // The names that Node's core streams and sockets all give to the end and the start of a life.
        match &**event {
            "close" | "end" | "finish" | "exit" => (Some(Fires::OnceLast), None),
            "open" | "ready" | "connect" | "listening" | "spawn" | "online" | "pipe" | "socket" => (Some(Fires::OnceEarly), None),
            "error" | "abort" | "aborted" => (Some(Fires::Rarely), None),
            _ => (None, None),
        }
    }
}

/// Helpers of compilers that make an asynchronous function out of a generator.
pub(super) fn made_async(name: &str) -> bool {
    matches!(name.trim_start_matches('_'), "asyncToGenerator" | "async_to_generator" | "wrapAsyncGenerator" | "__async")
}
