//! Candidates: which calls may run a function at all, told by names alone, so that only these are looked through when its callers are asked.
//!
//! A field-based call graph (Feldthaus et al., «Efficient construction of approximate call graphs for JavaScript IDE services», ICSE 2013):
//! whatever is stored under a name may be read under that name, whatever the object. It holds more than what values tell, never less.
//!
//! ```text
//! flows(F, k)    :- o.k = v, { k: v }, class { k }, export { v as k }, head(v) = F        stored under a name
//! flows(h, k)    :- o.k = v, head(v) = h                                                  and under another one
//! flows(h, F())  :- return v in F, head(v) = h
//! flows(h(), k()) :- flows(h, k)
//! candidate(C,F) :- head(callee of C) = h, flows*(F, h)
//! ```

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::calls::Optioned;
use super::heads::{Callee, Head, Heads};
use super::layers::GROUND;
use super::{At, CallAt, Fun, Owner, PathKey, Program};
use crate::facts::*;

/// How deep the functions of an argument are looked for.
const OPTIONS: usize = 4;

/// A place inside an argument, and what stands there.
pub(super) type OptionAt = Rc<(Optioned, At<ValueId>)>;

/// Calls, arguments and returned values by their heads.
#[derive(Default)]
pub(super) struct Candidates {
    flows: FxHashMap<Head, Vec<Flow>>,
    calls: FxHashMap<Head, Vec<CallAt>>,
    /// `super(...)`: run by where they stand.
    supers: Vec<CallAt>,
    args: FxHashMap<Head, Vec<(CallAt, u32)>>,
    options: FxHashMap<Head, Vec<OptionAt>>,
    returns: FxHashMap<Head, Vec<At<(FunctionId, ValueId)>>>,
}

/// What is had by one head is had by another too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Flow {
    to: Head,
    /// Because this is stored there; it counts where some function is among what it is.
    stored: Option<At<ValueId>>,
}

/// Heads that were looked through. With a head go all that it flows to.
#[derive(Default)]
pub(super) struct Seen(FxHashSet<Head>);

impl Candidates {
    /// Of all that the files say. To be asked of the ground.
    pub(super) fn of(program: &Program) -> Candidates {
        let mut candidates = Candidates::default();
        let calls = program.files.iter().map(|file| file.facts.calls.len()).sum::<usize>();
        candidates.calls.reserve(calls / 4);
        candidates.flows.reserve(calls / 2);
        let mut heads = Heads::of_program(program);
        for file in 0..program.files.len() as u32 {
            candidates.stored(&mut heads, file);
            candidates.called(&mut heads, file);
        }
        for (key, function) in program.all_members() {
            candidates.flow(&[Head::Function(function)], head_of(key), None);
        }
        for flows in candidates.flows.values_mut() {
            flows.sort_unstable();
            flows.dedup();
        }
        candidates
    }

    fn flow(&mut self, from: &[Head], to: Head, stored: Option<At<ValueId>>) {
        for &from in from.iter().filter(|from| **from != to) {
            let stored = stored.filter(|_| !matches!(from, Head::Function(_) | Head::Class(_)));
            self.flows.entry(from).or_default().push(Flow { to, stored });
        }
    }

    /// A value is stored under a key.
    fn store(&mut self, heads: &mut Heads, value: At<ValueId>, to: Head) {
        let mut from = std::mem::take(&mut heads.scratch);
        heads.list(value, &mut from);
        self.flow(&from, to, Some(value));
        heads.scratch = from;
    }

    /// What is stored under names, and what is returned.
    fn stored(&mut self, heads: &mut Heads, file: u32) {
        let program = heads.program;
        let facts = program.facts(file);
        for assign in program.member_puts(file).map(|put| program.assign(put)) {
            if let Place::Member(_, key) = &assign.to {
                let to = heads.key(file, key);
                self.store(heads, At::new(file, assign.from), to);
            }
        }
        for value in &facts.values {
            match value {
                Value::Object(props, _) => {
                    for (key, value) in props {
                        let to = heads.key(file, key);
                        self.store(heads, At::new(file, *value), to);
                        // A function of a table may be called by a name that is not known.
                        if let Value::Function(f) = program.value(At::new(file, *value)) {
                            self.flow(&[Head::Function(At::new(file, *f))], Head::Keyed, None);
                        }
                    }
                }
                Value::Array(elements) => {
                    for (index, &element) in elements.iter().enumerate() {
                        self.store(heads, At::new(file, element), Head::Keyed);
                        self.store(heads, At::new(file, element), Head::Name(program.sym(&index.to_string())));
                    }
                }
                _ => {}
            }
        }
        for member in facts.classes.iter().flat_map(|class| &class.members) {
            let to = heads.key(file, &member.key);
            if let Some(function) = member.function {
                self.flow(&[Head::Function(At::new(file, function))], to, None);
            }
            if let Some(value) = member.value {
                self.store(heads, At::new(file, value), to);
            }
        }
        for (name, value) in program.exported_values(file) {
            let name = if name == "=" { "default" } else { &name };
            self.store(heads, value, Head::Name(program.sym(name)));
        }
        for export in &facts.exports {
            if let Export::From { name, from, .. } = export {
                self.flow(&[Head::Name(program.sym(from))], Head::Name(program.sym(name)), None);
            }
        }
        let mut from = Vec::new();
        for (function, of) in (0..).map(FunctionId).zip(&facts.functions) {
            for &value in &of.returns {
                heads.list(At::new(file, value), &mut from);
                // A parameter's member is returned as what the caller gave.
                self.flow(&from, Head::Result(Callee::Function(At::new(file, function))), None);
                for &head in &from {
                    self.returns.entry(head).or_default().push(At::new(file, (function, value)));
                }
            }
        }
    }

    /// What is called, and with what.
    fn called(&mut self, heads: &mut Heads, file: u32) {
        let facts = heads.program.facts(file);
        let mut found = Vec::new();
        for (id, call) in (0..).map(CallId).zip(&facts.calls) {
            let c = At::new(file, id);
            let is_super = call.kind == CallKind::Super || matches!(facts.values[call.callee.index()], Value::Super);
            if is_super {
                self.supers.push(c);
            } else {
                heads.list(c.with(call.callee), &mut found);
                for &head in &found {
                    self.calls.entry(head).or_default().push(c);
                }
            }
            for (arg, &value) in (0..).zip(&call.args) {
                heads.list(c.with(value), &mut found);
                for &head in &found {
                    self.args.entry(head).or_default().push((c, arg));
                }
                self.options(heads, c, arg as usize, c.with(value), &[]);
            }
        }
    }

    fn options(&mut self, heads: &mut Heads, c: CallAt, arg: usize, value: At<ValueId>, path: &[PathKey]) {
        if path.len() == OPTIONS {
            return;
        }
        let program = heads.program;
        let inner: Vec<(PathKey, ValueId)> = match program.value(value) {
            Value::Object(props, _) => props.iter().map(|(key, inner)| (program.path_key(value.file, key), *inner)).collect(),
            Value::Array(elements) => elements.iter().map(|&inner| (PathKey::Element, inner)).collect(),
            _ => return,
        };
        for (key, inner) in inner {
            let path: Vec<PathKey> = path.iter().copied().chain([key]).collect();
            let inner = value.with(inner);
            let mut found = Vec::new();
            heads.list(inner, &mut found);
            if !found.is_empty() {
                let optioned = Rc::new((Optioned { call: c, arg, path: path.clone() }, inner));
                for head in found {
                    self.options.entry(head).or_default().push(optioned.clone());
                }
            }
            self.options(heads, c, arg, inner, &path);
        }
    }

    /// Calls of a member of that name.
    pub(super) fn called_under(&self, key: PathKey) -> impl Iterator<Item = CallAt> + '_ {
        self.calls.get(&head_of(key)).into_iter().flatten().copied()
    }
}

fn head_of(key: PathKey) -> Head {
    match key {
        PathKey::Name(name) => Head::Name(name),
        PathKey::Symbol(_) | PathKey::Element => Head::Keyed,
    }
}

/// All that lies under some heads, in order, each once.
fn under<T: Clone + Ord>(index: &FxHashMap<Head, Vec<T>>, heads: &[Head]) -> Vec<T> {
    let mut out: Vec<T> = heads.iter().filter_map(|head| index.get(head)).flatten().cloned().collect();
    out.sort_unstable();
    out.dedup();
    out
}

/// What may run, take or give back a function or an object's maker, but for what was looked through before: then it was met.
impl Program<'_> {
    /// What a value that is written as one of these may be had by. To be asked on the layer that the answer is for.
    fn heads(&self, from: impl IntoIterator<Item = Head>, seen: &mut Seen) -> Vec<Head> {
        let candidates = self.candidates();
        let below = self.level_below().unwrap_or(GROUND);
        let holds = |stored: At<ValueId>| self.on(below, || !self.functions_of(stored).is_empty());
        let mut out: Vec<Head> = from.into_iter().filter(|&head| seen.0.insert(head)).collect();
        let mut at = 0;
        while at < out.len() {
            let head = out[at];
            for flow in candidates.flows.get(&head).into_iter().flatten() {
                if !seen.0.contains(&flow.to) && flow.stored.is_none_or(holds) {
                    seen.0.insert(flow.to);
                    out.push(flow.to);
                }
            }
            // What a function gives back is had wherever the function is.
            let callee = match head {
                Head::Result(Callee::Function(f)) => Some(Head::Function(f)),
                Head::Result(Callee::Name(name)) => Some(Head::Name(name)),
                _ => None,
            };
            for flow in callee.and_then(|callee| candidates.flows.get(&callee)).into_iter().flatten() {
                if let Some(to) = flow.to.result()
                    && !seen.0.contains(&to)
                    && flow.stored.is_none_or(holds)
                {
                    seen.0.insert(to);
                    out.push(to);
                }
            }
            at += 1;
        }
        out
    }

    /// By what a function may be had: itself and, where it makes objects, its class and those that extend it.
    fn heads_of(&self, f: Fun) -> Vec<Head> {
        let mut out = vec![Head::Function(f)];
        let function = self.fun(f);
        let owner = match (function.kind, function.class) {
            (FunctionKind::Constructor | FunctionKind::Initializer, Some(class)) => Owner::Class(f.with(class)),
            _ => Owner::Proto(f),
        };
        out.extend(self.descendants(owner).into_iter().filter_map(head_of_owner));
        out
    }

    /// Calls that may run a function.
    pub(super) fn may_call(&self, f: Fun, seen: &mut Seen) -> Vec<CallAt> {
        under(&self.candidates().calls, &self.heads(self.heads_of(f), seen))
    }

    /// Calls that may make an object of an owner's own.
    pub(super) fn may_make(&self, owner: Owner, seen: &mut Seen) -> Vec<CallAt> {
        under(&self.candidates().calls, &self.heads(head_of_owner(owner), seen))
    }

    /// `super(...)` anywhere.
    pub(super) fn super_calls(&self) -> &[CallAt] {
        &self.candidates().supers
    }

    /// Arguments that may be a function.
    pub(super) fn may_pass(&self, f: Fun, seen: &mut Seen) -> Vec<(CallAt, u32)> {
        under(&self.candidates().args, &self.heads([Head::Function(f)], seen))
    }

    /// Places inside arguments that may hold a function, with what stands there.
    pub(super) fn may_option(&self, f: Fun, seen: &mut Seen) -> Vec<OptionAt> {
        under(&self.candidates().options, &self.heads([Head::Function(f)], seen))
    }

    /// The class is an argument of the function's calls, or an element of something.
    pub(super) fn is_class_given(&self, owner: Owner, h: Fun, i: u32) -> bool {
        let heads = self.heads(head_of_owner(owner), &mut Seen::default());
        heads.contains(&Head::Keyed)
            || under(&self.candidates().args, &heads).into_iter().any(|(c, arg)| arg == i && self.functions_called(c).contains(&h))
    }

    /// Functions that may return a function, with what they return.
    pub(super) fn may_return(&self, f: Fun, seen: &mut Seen) -> Vec<At<(FunctionId, ValueId)>> {
        under(&self.candidates().returns, &self.heads([Head::Function(f)], seen))
    }
}

fn head_of_owner(owner: Owner) -> Option<Head> {
    match owner {
        Owner::Class(class) => Some(Head::Class(class)),
        Owner::Proto(f) => Some(Head::Function(f)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use camino::{Utf8Path, Utf8PathBuf};

    use super::super::layers::FIRST;
    use super::super::{Program, Resolve};
    use crate::models::Models;
    use crate::{facts, rules, syntax};

    /// `./a` is the file `/a.js`.
    struct Beside;

    impl Resolve for Beside {
        fn resolve(&self, _: &Utf8Path, specifier: &str) -> Option<Utf8PathBuf> {
            specifier.strip_prefix("./").map(|name| Utf8PathBuf::from(format!("/{name}.js")))
        }

        fn is_entry(&self, _: &Utf8Path) -> Option<bool> {
            None
        }

        fn is_loose_entry(&self, _: &Utf8Path) -> bool {
            false
        }

        fn is_of_command(&self, _: &Utf8Path) -> bool {
            false
        }

        fn package(&self, _: &Utf8Path) -> Option<String> {
            None
        }
    }

    /// Asks every call and compares with what is found by names; how many callers there were.
    fn compared(sources: &[(&str, &str)]) -> usize {
        let facts = sources.iter().filter_map(|(path, text)| {
            let path = Utf8Path::new(path);
            Some(Arc::new(facts::extract(path, text, &syntax::parse_source(path, text).ok()?)))
        });
        let program = Program::link(facts.collect(), &Beside, Models::builtin());
        let mut met = 0;
        for c in program.all_calls() {
            let line = program.call_position(c).name.start.line;
            for &f in program.on(FIRST, || program.functions_called(c)).iter() {
                met += 1;
                assert!(
                    program.callers(f).contains(&c),
                    "{:?} line {line} runs `{}`",
                    sources[c.file as usize].0,
                    program.function_name(f)
                );
            }
            for (arg, &value) in program.call(c).args.iter().enumerate() {
                for (f, _) in program.on(FIRST, || program.functions_of(c.with(value))) {
                    met += 1;
                    let passed = program.passed(f).iter().any(|passed| passed.call == c && passed.arg == arg);
                    assert!(passed, "line {line} of {} is handed `{}`", sources[c.file as usize].0, program.function_name(f));
                }
            }
        }
        for g in program.all_functions() {
            for &value in &program.fun(g).returns {
                for (f, _) in program.on(FIRST, || program.functions_of(g.with(value))) {
                    met += 1;
                    assert!(program.returned_by(f).contains(&g), "`{}` returns `{}`", program.function_name(g), program.function_name(f));
                }
            }
        }
        met
    }

    #[test]
    fn names_lead_to_every_caller() {
        let a = r"
            class Base { constructor() { this.start(); } start() {} stop() { return this.halt; } halt() {} }
            class Part extends Base { start() { super.start(); } }
            class Own extends Base { constructor() { super(); this.kept = this.stop; this.kept(); } }
            function make() { return function made() {}; }
            function id(f) { return f; }
            const table = { go: make, ['fix' + 'ed']() {} };
            const list = [make, id];
            exports.Base = Base; exports.run = make; exports.default = id;
            new Part(); new Own(); make()(); id(make)(); table.go(); list[0](); list.forEach((f) => f());
            const { go: renamed } = table; renamed(); const again = renamed.bind(null, 1); again(); make.call(null); id(again)(2);
            (function (given) { given(); })(make);
            function Old() { this.open(); } Old.prototype.open = function () {}; new Old().open();
            id(table).go(); id({ f: make }).f();
        ";
        let b = "
            const a = require('./a'); const { run: other, Base } = require('./a');
            a.run(); other(); a.default(other); new Base(); class Far extends a.Base {} new Far().stop();
            const held = { run: a.run }; held.taken = held.run; held.taken(); (held.no || held.taken)();
        ";
        let c = "import id, { run as go } from './a'; export { run as gone } from './a'; id(go); go();";
        let d = "import { gone } from './c'; gone(); import * as all from './c'; all.gone();";
        assert!(compared(&[("/a.js", a), ("/b.js", b), ("/c.mjs", c), ("/d.mjs", d)]) > 40);
    }

    #[test]
    fn names_lead_to_every_caller_of_the_pages() {
        let mut met = 0;
        for rule in rules::RULES {
            for block in rule.page.split("```js\n").skip(1).filter_map(|rest| rest.split("\n```").next()) {
                met += compared(&[("/page.js", block)]);
            }
        }
        assert!(met > 500, "{met}");
    }
}
