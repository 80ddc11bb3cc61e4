//! The call graph: what a call runs, which functions it is handed.
//!
//! ```text
//! runs(C, F) :- origin(callee of C) = F, or a method of the receiver's owner
//! ```

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::candidates::{Candidates, Seen};
use super::layers::{FIRST, FULL, GROUND};
use super::owners::owner_of_constructor;
use super::public::Public;
use super::types::Type;
use super::{At, CallAt, Fun, Origin, Owner, PathKey, Program, Root};
use crate::facts::*;
use crate::models::Method;

/// Answers, found when they are first asked.
#[derive(Default)]
pub struct CallGraph {
    candidates: OnceCell<Candidates>,
    /// Of the layers above the ground, by file.
    answers: [Vec<OnceCell<Answers>>; 2],
    met: [RefCell<Met>; 2],
    makers: [RefCell<FxHashMap<Owner, Rc<[CallAt]>>>; 2],
    blind_makers: OnceCell<Vec<CallAt>>,
    pub(super) public: OnceCell<Public>,
}

/// What is known of the functions of one file.
struct Answers(Vec<Answer>);

#[derive(Default)]
struct Answer {
    callers: OnceCell<Box<[CallAt]>>,
    passed: OnceCell<Box<[Passed]>>,
    /// Where it stands inside an object handed to a call.
    optioned: OnceCell<Box<[Optioned]>>,
    /// Functions that return it.
    returned: OnceCell<Box<[Fun]>>,
}

/// What was met on looking candidates through. Of a function it is all once the function's own candidates were among them.
#[derive(Default)]
struct Met {
    calls: Found<Fun, CallAt>,
    makers: FxHashMap<Owner, Vec<CallAt>>,
    supers: bool,
    passed: Found<Fun, Passed>,
    optioned: Found<Fun, Optioned>,
    returned: Found<Fun, Fun>,
}

struct Found<K, T> {
    seen: Seen,
    of: FxHashMap<K, Vec<T>>,
}

impl<K, T> Default for Found<K, T> {
    fn default() -> Self {
        Found { seen: Seen::default(), of: FxHashMap::default() }
    }
}

/// How many functions a table has at most of which one is called by name.
const TABLE: usize = 24;

/// Functions that a value is, each with how many arguments `bind` has put before.
pub(super) type Held = Vec<(Fun, usize)>;

/// A function handed to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Passed {
    pub call: CallAt,
    pub arg: usize,
    /// Arguments that `bind` put before.
    pub shift: usize,
}

/// A function inside an object or array handed to a call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Optioned {
    pub call: CallAt,
    pub arg: usize,
    /// From the argument to the function.
    pub path: Vec<PathKey>,
}

impl CallGraph {
    /// Of a program of so many files.
    pub fn of(files: usize) -> CallGraph {
        let answers = || (0..files).map(|_| OnceCell::new()).collect();
        CallGraph { answers: [answers(), answers()], ..CallGraph::default() }
    }
}

impl Program<'_> {
    /// Functions of the program that a call runs directly.
    pub fn functions_called(&self, c: CallAt) -> Rc<[Fun]> {
        if self.level() == FULL {
            return self.on(FIRST, || self.functions_called(c));
        }
        if let Some(known) = self.layer().targets.get(c.file, c.id.index()) {
            return known;
        }
        let found: Rc<[Fun]> = self.find_called(c).into();
        // What was found while other questions are open may be partial.
        if self.layer().is_idle() {
            self.layer().targets.keep(c.file, c.id.index(), self.facts(c.file).calls.len(), found.clone());
        }
        found
    }

    fn find_called(&self, c: CallAt) -> Vec<Fun> {
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
                for origin in self.classes_of(callee) {
                    out.extend(self.constructors(&origin));
                }
            } else {
                out.extend(self.functions_of(callee).into_iter().map(|(f, _)| f));
            }
        }
        out.sort();
        out.dedup();
        out
    }

    /// What `new` makes objects of: what the value is, or, where it is a member that a class of the program keeps (`new this.Stream()`),
    /// what is put there.
    pub(super) fn classes_of(&self, callee: At<ValueId>) -> Vec<Origin> {
        let mut out = Vec::new();
        for origin in self.origins(callee).iter() {
            let Some((&key, prefix)) = origin.path.last().zip(origin.prefix()).filter(|_| matches!(origin.root, Root::This(_))) else {
                out.push(origin.clone());
                continue;
            };
            let before = out.len();
            if let Some(Type::Owner(owner)) = self.type_of(&prefix) {
                let plain = |f: &Fun| self.fun(*f).kind == FunctionKind::Plain;
                out.extend(self.methods(owner, key).into_iter().filter(plain).map(|f| Origin::root(Root::Function(f))));
                for assign in self.field_assigns(owner, &[key]) {
                    let put = self.origins(assign.with(self.assign(assign).from));
                    out.extend(put.iter().filter(|o| owner_of_constructor(o).is_some() || matches!(o.root, Root::Module(_))).cloned());
                }
            }
            if out.len() == before {
                out.push(origin.clone());
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
                if !out.iter().any(|&f| self.fun(f).kind == FunctionKind::Constructor) && self.depth().get() < 20 {
                    self.depth().set(self.depth().get() + 1);
                    for parent in self.parents(Owner::Class(class)) {
                        if parent.root != origin.root {
                            out.extend(self.constructors(parent));
                        }
                    }
                    self.depth().set(self.depth().get() - 1);
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
            value if !value.may_be_function() => return out,
            _ => {}
        }
        for origin in self.origins(v).iter() {
            self.functions_of_origin(origin, &mut out, 4);
        }
        out.sort();
        out.dedup();
        out
    }

    /// The functions that any of these may be: those of a registration's listeners, say.
    pub(super) fn functions_of_origins(&self, origins: &[Origin], depth: u32) -> Held {
        let mut out = Vec::new();
        origins.iter().for_each(|origin| self.functions_of_origin(origin, &mut out, depth));
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
                if let Some(known) = self.layer().held.borrow().get(&(origin.clone(), depth)) {
                    out.extend(known);
                    return;
                }
                let (shallow, mut found) = (self.depth().get() < 20, Vec::new());
                // Out of a table of functions, by a name that is not known.
                if let (PathKey::Element, Root::Literal(table), true) = (*key, prefix.root, prefix.path.is_empty()) {
                    let functions = self.members(Owner::Literal(table));
                    found.extend(functions.iter().filter(|_| functions.len() <= TABLE).map(|&(_, f)| (f, 0)));
                }
                if let Some(Type::Owner(owner)) = self.type_of(&prefix) {
                    for f in self.methods(owner, *key) {
                        match self.fun(f).kind {
                            // What a getter gives back is the member's value.
                            FunctionKind::Getter if self.depth().get() < 30 => {
                                self.depth().set(self.depth().get() + 1);
                                for &value in &self.fun(f).returns {
                                    for origin in self.origins(f.with(value)).iter() {
                                        self.functions_of_origin(origin, &mut found, depth - 1);
                                    }
                                }
                                self.depth().set(self.depth().get() - 1);
                            }
                            FunctionKind::Getter | FunctionKind::Setter => {}
                            _ => found.push((f, 0)),
                        }
                    }
                    for assign in self.field_assigns(owner, &[*key]) {
                        let from = assign.with(self.assign(assign).from);
                        if self.depth().get() < 30 {
                            self.depth().set(self.depth().get() + 1);
                            for origin in self.origins(from).iter() {
                                if origin.root != Root::Unknown(from) {
                                    self.functions_of_origin(origin, &mut found, depth - 1);
                                }
                            }
                            self.depth().set(self.depth().get() - 1);
                        }
                    }
                }
                // What is found by many ways is told once, or each further level would multiply it.
                found.sort();
                found.dedup();
                out.extend(&found);
                if shallow && self.layer().is_idle() {
                    self.layer().held.borrow_mut().insert((origin.clone(), depth), found);
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

    /// What is known of a function on this layer; none on the ground.
    fn answer(&self, f: Fun) -> Option<(usize, &Answer)> {
        let below = self.level_below()?;
        let answers = self.calls.answers[below][f.file as usize]
            .get_or_init(|| Answers(self.facts(f.file).functions.iter().map(|_| Answer::default()).collect()));
        Some((below, &answers.0[f.id.index()]))
    }

    pub(super) fn candidates(&self) -> &Candidates {
        self.calls.candidates.get_or_init(|| self.on(GROUND, || Candidates::of(self)))
    }

    /// What a call in `from` says of how the functions of a file are used: how a test calls the program says nothing.
    fn speaks_of(&self, from: u32, of: u32) -> bool {
        !self.files[from as usize].test || self.files[of as usize].test
    }

    /// The calls that run a function, in the order of the text.
    pub fn callers(&self, f: Fun) -> &[CallAt] {
        let Some((below, answer)) = self.answer(f) else { return &[] };
        answer.callers.get_or_init(|| {
            let met = &self.calls.met[below];
            let may = self.may_call(f, &mut met.borrow_mut().calls.seen);
            self.look_through(below, &may);
            let is_super =
                matches!(self.fun(f).kind, FunctionKind::Constructor | FunctionKind::Initializer) || self.is_extended(Owner::Proto(f));
            if is_super && !std::mem::replace(&mut met.borrow_mut().supers, true) {
                self.look_through(below, self.super_calls());
            }
            sorted(met.borrow_mut().calls.of.remove(&f))
        })
    }

    /// Says of each of these calls what it runs and makes.
    fn look_through(&self, below: usize, calls: &[CallAt]) {
        for &c in calls {
            let run = self.on(below, || self.functions_called(c));
            let made = match self.call(c).kind {
                CallKind::New => self.on(below, || self.classes_of(c.with(self.call(c).callee))),
                _ => Vec::new(),
            };
            let mut met = self.calls.met[below].borrow_mut();
            for &f in run.iter().filter(|f| self.speaks_of(c.file, f.file)) {
                met.calls.of.entry(f).or_default().push(c);
            }
            for owner in made.iter().filter_map(owner_of_constructor).filter(|owner| self.speaks_of(c.file, owner.file())) {
                met.makers.entry(owner).or_default().push(c);
            }
        }
    }

    /// Calls `new X` of an owner's constructor.
    pub fn makers(&self, owner: Owner) -> Rc<[CallAt]> {
        let Some(below) = self.level_below() else { return Rc::from([]) };
        if let Some(known) = self.calls.makers[below].borrow().get(&owner) {
            return known.clone();
        }
        let met = &self.calls.met[below];
        let may = self.may_make(owner, &mut met.borrow_mut().calls.seen);
        self.look_through(below, &may);
        let out: Rc<[CallAt]> = sorted(met.borrow_mut().makers.remove(&owner)).into();
        self.calls.makers[below].borrow_mut().insert(owner, out.clone());
        out
    }

    /// Calls `new X(this)` of whatever class a function was given.
    pub(super) fn blind_makers(&self) -> &[CallAt] {
        self.calls.blind_makers.get_or_init(|| {
            let is_this = |c: CallAt, v: ValueId| match self.value(c.with(v)) {
                Value::This(_) => true,
                Value::Binding(b) => matches!(self.binding(c.with(*b)).defs[..], [def]
                    if matches!(self.value(c.with(self.assign(c.with(def)).from)), Value::This(_))),
                _ => false,
            };
            let is_given = |c: CallAt| {
                let callee = self.origins(c.with(self.call(c).callee));
                callee.iter().all(|o| matches!(o.root, Root::Param(..)) && o.path.is_empty())
            };
            let makes = |c: &CallAt| {
                let call = self.call(*c);
                call.kind == CallKind::New && call.args.iter().any(|&arg| is_this(*c, arg)) && is_given(*c)
            };
            self.all_calls().filter(makes).collect()
        })
    }

    /// The calls that are handed a function.
    pub fn passed(&self, f: Fun) -> &[Passed] {
        let Some((below, answer)) = self.answer(f) else { return &[] };
        answer.passed.get_or_init(|| {
            let met = &self.calls.met[below];
            let may = self.may_pass(f, &mut met.borrow_mut().passed.seen);
            for (call, arg) in may {
                let arg = arg as usize;
                let held = self.on(below, || self.functions_of(call.with(self.call(call).args[arg])));
                let mut met = met.borrow_mut();
                for (g, shift) in held.into_iter().filter(|(g, _)| self.speaks_of(call.file, g.file)) {
                    met.passed.of.entry(g).or_default().push(Passed { call, arg, shift });
                }
            }
            sorted(met.borrow_mut().passed.of.remove(&f))
        })
    }

    /// The calls that are handed an object with a function in it.
    pub fn optioned(&self, f: Fun) -> &[Optioned] {
        let Some((below, answer)) = self.answer(f) else { return &[] };
        answer.optioned.get_or_init(|| {
            let met = &self.calls.met[below];
            let may = self.may_option(f, &mut met.borrow_mut().optioned.seen);
            for may in may {
                let (optioned, value) = &*may;
                let held = self.on(below, || self.functions_of(*value));
                let mut met = met.borrow_mut();
                for (g, _) in held {
                    met.optioned.of.entry(g).or_default().push(optioned.clone());
                }
            }
            sorted(met.borrow_mut().optioned.of.remove(&f))
        })
    }

    /// Functions that return this function.
    pub fn returned_by(&self, f: Fun) -> &[Fun] {
        let Some((below, answer)) = self.answer(f) else { return &[] };
        answer.returned.get_or_init(|| {
            let met = &self.calls.met[below];
            let may = self.may_return(f, &mut met.borrow_mut().returned.seen);
            for may in may {
                let (function, value) = may.id;
                let held = self.on(below, || self.functions_of(may.with(value)));
                let mut met = met.borrow_mut();
                for (g, _) in held {
                    met.returned.of.entry(g).or_default().push(may.with(function));
                }
            }
            sorted(met.borrow_mut().returned.of.remove(&f))
        })
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
            Value::Member(_, Key::Name(name)) if self.models.named(name).is_none() && self.models.hook(name).is_none() => None,
            Value::Member(object, Key::Name(name)) => {
                for origin in self.origins(c.with(*object)).iter() {
                    let path = match (origin.root, &origin.path[..]) {
                        // The default import of a CommonJS library is the library.
                        (Root::Module(_), [PathKey::Name(first)]) if &*self.text(*first) == "default" => &[],
                        (_, path) => path,
                    };
                    match (origin.root, path) {
                        (Root::Module(module), []) => {
                            let method = self.view.module(&self.text(module)).and_then(|m| m.function(name));
                            if let Some(method) = method.or_else(|| self.hook(c, name)) {
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
                    // What a class of the program has from the library, and does not replace.
                    let ix = match self.type_of(origin) {
                        Some(Type::Model(ix)) => Some(ix),
                        Some(Type::Owner(owner)) if self.methods(owner, PathKey::Name(self.sym(name))).is_empty() => {
                            self.owner_model(owner)
                        }
                        _ => None,
                    };
                    let own = matches!(self.type_of(origin), Some(Type::Owner(_)));
                    // (What it adds to itself is its own.)
                    let told = |method: &&Method| !own || method.registers.is_empty() && method.releases.is_none();
                    if let Some(method) = ix.and_then(|ix| self.models.method(ix, name)).filter(told) {
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
                            let found = self.view.module(&self.text(module)).and_then(|m| m.function(&name));
                            if let Some(method) = found.or_else(|| self.hook(c, &name)) {
                                return Some(method);
                            }
                        }
                        _ => {}
                    }
                }
                None
            }
        }
    }

    /// What a function does that is named after a modelled one, where it is given the same: a function, and a list of what that depends on.
    fn hook(&self, c: CallAt, name: &str) -> Option<&Method> {
        let method = self.view.hook(name)?;
        let given = |i: usize| self.call(c).args.get(i).map(|&v| self.value(c.with(v)));
        method
            .callbacks
            .iter()
            .find(|callback| matches!(given(callback.arg as usize), Some(Value::Function(_))))
            .filter(|callback| matches!(callback.deps_arg.and_then(given), Some(Value::Array(_))))
            .map(|_| method)
    }
}

/// Helpers of compilers that make an asynchronous function out of a generator.
pub(super) fn made_async(name: &str) -> bool {
    matches!(
        crate::facts::unnumbered(name).trim_start_matches('_'),
        "asyncToGenerator" | "async_to_generator" | "wrapAsyncGenerator" | "__async"
    )
}

/// In order, each once.
fn sorted<T: Ord>(found: Option<Vec<T>>) -> Box<[T]> {
    let mut found = found.unwrap_or_default();
    found.sort_unstable();
    found.dedup();
    found.into()
}
