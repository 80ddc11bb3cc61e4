//! Wrappers: functions that run once, while their module loads, and so are no more than its body. Scripts hide their names in them, module
//! systems and bundlers hand modules over in them.
//!
//! ```text
//! at_load(module)
//! at_load(F) :- F called where it is written, at_load(the function around), in no loop      (function () {...})()
//! at_load(F) :- F handed to G, G at_load and called where it is written, G calls or defines its parameter
//!                                                                                           (function (root, factory) {...})(this, function () {...})
//! at_load(F) :- F handed to `define`, in a function that is at_load                         define(['a'], function (a) {...})
//! at_load(F) :- F takes what CommonJS hands to a module, in a function that is at_load      function (module, exports, require) {...}
//! at_load(F) :- F handed to a bundler's helper that runs it once                            __commonJS({ 'a.js'(exports) {...} })
//! handed(F, i, v) :- v the i-th argument of such a call, or what `define` names there; of the named modules of one file, `exports` is
//!                    for one another
//! ```
//!
//! (Sources: the «AMD» and «UMD» specifications, Node's manual on the module wrapper, webpack's and esbuild's output.)

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::extract::Extractor;
use super::model::*;

/// What modules are handed under names of CommonJS.
const HANDED: [&str; 3] = ["module", "exports", "require"];

/// A name under which a module is handed something, by Node or by webpack and what is made of it (`__webpack_require__`,
/// `__nccwpck_require__`, `__unused_webpack_module`, `__unused_exports`).
fn is_handed(name: &str) -> bool {
    HANDED.contains(&bare(name)) || is_bundled_require(name) || name.starts_with("__unused_") || name == "__webpack_exports__"
}

/// The loader of a bundle, by the name that its modules know it by.
pub fn is_bundled_require(name: &str) -> bool {
    name.strip_prefix("__").is_some_and(|rest| rest.ends_with("_require__") && rest.len() > "_require__".len())
}

/// Helpers of esbuild, rolldown and Rollup that run a module when it is first asked for.
const BUNDLERS: [&str; 4] = ["__commonJS", "__commonJSMin", "__esm", "createCommonjsModule"];

/// A name as it was before a bundler numbered it: `exports2`.
fn bare(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// Calls by the function that they stand in.
#[derive(Default)]
struct Inside {
    calls: FxHashMap<FunctionId, Vec<CallId>>,
}

impl Inside {
    fn of(facts: &ModuleFacts) -> Inside {
        let mut inside = Inside::default();
        for (at, call) in (0..).map(CallId).zip(&facts.calls) {
            inside.calls.entry(call.function).or_default().push(at);
        }
        inside
    }

    fn calls(&self, f: FunctionId) -> &[CallId] {
        self.calls.get(&f).map_or(&[], Vec::as_slice)
    }
}

/// A function that wraps a module, and the call that hands it what it takes.
struct Wrapper {
    function: FunctionId,
    handed: Option<CallId>,
}

impl Extractor<'_> {
    /// Marks them, at the end of the walk.
    pub(super) fn mark_wrappers(&mut self) {
        let inside = Inside::of(&self.facts);
        let modules = self.facts.modules();
        let mut found = vec![false; self.facts.functions.len()];
        let mut handed: Vec<(FunctionId, CallId)> = Vec::new();
        let mut open = vec![FunctionId(0)];
        while let Some(f) = open.pop() {
            if std::mem::replace(&mut found[f.index()], true) {
                continue;
            }
            for &c in inside.calls(f) {
                for wrapper in self.facts.wrapped_by(c, &inside) {
                    handed.extend(wrapper.handed.map(|c| (wrapper.function, c)));
                    open.push(wrapper.function);
                }
            }
            open.extend(modules.get(&f).into_iter().flatten());
        }
        for (function, at_load) in self.facts.functions.iter_mut().zip(found) {
            function.at_load = at_load;
        }
        for (f, c) in handed {
            let values = self.handed_by(c);
            if self.facts.functions[f.index()].handed.is_empty() {
                self.facts.functions[f.index()].handed = values;
            }
        }
        // Of several modules in one file each has exports of its own, and which of them the others see is the bundler's knowledge.
        let mut all = modules.values().flatten();
        if let (Some(module), None) = (all.next(), all.next())
            && self.facts.functions[module.index()].at_load
            && self.facts.functions[module.index()].handed.is_empty()
            && !self.facts.has_own_exports()
        {
            let params = self.facts.functions[module.index()].params.iter();
            let names: Vec<String> = params.map(|param| bare(&param.name).to_owned()).collect();
            self.facts.functions[module.index()].handed = names.into_iter().map(|name| self.value(Value::Global(name))).collect();
        }
    }

    /// What a call hands to a wrapper: its arguments, or what the list of `define` names.
    fn handed_by(&mut self, c: CallId) -> Vec<ValueId> {
        let args = self.facts.calls[c.index()].args.clone();
        if !self.facts.is_define(c) {
            return args;
        }
        // A module that has a name beside others in its file gives its exports to those.
        let named = self.facts.is_named(c)
            && (0..self.facts.calls.len() as u32)
                .map(CallId)
                .any(|other| other != c && self.facts.is_define(other) && self.facts.is_named(other));
        let own = |name: &str| if named && name != "require" { Value::Opaque } else { Value::Global(name.to_owned()) };
        let list = args.iter().rev().nth(1).map(|&list| self.facts.values[list.index()].clone());
        let Some(Value::Array(list)) = list else {
            // `define(function (require, exports, module) {...})`
            return ["require", "exports", "module"].map(|name| self.value(own(name))).to_vec();
        };
        let mut handed = Vec::with_capacity(list.len());
        for name in list {
            let value = match &self.facts.values[name.index()] {
                Value::String(name) if matches!(name.as_str(), "require" | "exports" | "module") => own(name),
                Value::String(name) => Value::Import(name.clone(), "=".to_owned()),
                _ => Value::Opaque,
            };
            if let Value::Import(module, _) = &value {
                self.request(module);
            }
            handed.push(self.value(value));
        }
        handed
    }
}

impl ModuleFacts {
    /// The file gives out something of its own, and not only what a module in it gives (`module.exports = require_index()`).
    fn has_own_exports(&self) -> bool {
        let of_module = |v: ValueId| match &self.values[v.index()] {
            Value::Call(_) => true,
            Value::Binding(b) => self.bindings[b.index()]
                .defs
                .iter()
                .any(|def| matches!(self.values[self.assigns[def.index()].from.index()], Value::Call(_))),
            _ => false,
        };
        let of_node = |v: ValueId, wanted: &str| matches!(&self.values[v.index()], Value::Global(name) if name == wanted);
        let put = |assign: &Assign| match &assign.to {
            Place::Member(object, Key::Name(key)) => {
                (of_node(*object, "exports") || of_node(*object, "module") && key == "exports") && !of_module(assign.from)
            }
            _ => false,
        };
        let exported = |export: &Export| matches!(export, Export::Local(_, v) if !of_module(*v));
        self.exports.iter().any(exported) || self.assigns.iter().any(put)
    }

    /// The plain or last name of what a call calls.
    pub fn called_as(&self, call: &Call) -> Option<&str> {
        match &self.values[call.callee.index()] {
            Value::Global(name) => Some(name),
            Value::Binding(b) => Some(&self.bindings[b.index()].name),
            Value::Member(_, Key::Name(name)) => Some(name),
            _ => None,
        }
    }

    /// The functions that a call in code that runs at load runs once itself.
    fn wrapped_by(&self, c: CallId, inside: &Inside) -> Vec<Wrapper> {
        let call = &self.calls[c.index()];
        if call.kind != CallKind::Call || self.is_in_loop(call.block) {
            return Vec::new();
        }
        let literal = |v: ValueId| match self.values[v.index()] {
            Value::Function(f) if self.is_straight(f) => Some(f),
            _ => None,
        };
        if self.is_define(c) {
            let factory = call.args.last().and_then(|&last| literal(last));
            return factory.map(|function| Wrapper { function, handed: Some(c) }).into_iter().collect();
        }
        let (callee, shift) = match &self.values[call.callee.index()] {
            Value::Member(object, Key::Name(name)) if matches!(name.as_str(), "call" | "apply") => (literal(*object), 1),
            _ => (literal(call.callee), 0),
        };
        let Some(callee) = callee else { return Vec::new() };
        let mut found = vec![Wrapper { function: callee, handed: None }];
        for (at, &arg) in call.args.iter().enumerate().skip(shift) {
            let Some(function) = literal(arg) else { continue };
            let mut runs = inside.calls(callee).iter().copied().filter(|&inner| self.runs_param(inner, callee, at - shift));
            if let Some(first) = runs.next() {
                // What Node does says what it is given; loaders of the browser name the same.
                let of_node = |inner: &CallId| self.calls[inner.index()].args.iter().any(|&v| self.is_of_node(v));
                let told = std::iter::once(first).chain(runs).find(of_node);
                found.push(Wrapper { function, handed: told.or(Some(first)) });
            }
        }
        found
    }

    /// The modules of a bundle, by the function that they are written in.
    fn modules(&self) -> FxHashMap<FunctionId, BTreeSet<FunctionId>> {
        let handed = (0..self.functions.len() as u32).map(FunctionId).filter(|&f| self.is_handed_module(f));
        let bundled = (0..self.calls.len() as u32).map(CallId).flat_map(|c| self.bundled_by(c));
        let mut modules: FxHashMap<FunctionId, BTreeSet<FunctionId>> = FxHashMap::default();
        for module in handed.chain(bundled) {
            if let Some(around) = self.functions[module.index()].parent {
                modules.entry(around).or_default().insert(module);
            }
        }
        modules
    }

    /// The modules that a bundler's helper is handed.
    fn bundled_by(&self, c: CallId) -> Vec<FunctionId> {
        let call = &self.calls[c.index()];
        let name = match &self.values[call.callee.index()] {
            Value::Binding(b) => &self.bindings[b.index()].name,
            Value::Global(name) => name,
            _ => return Vec::new(),
        };
        if !BUNDLERS.contains(&bare(name)) {
            return Vec::new();
        }
        match call.args.first().map(|first| &self.values[first.index()]) {
            Some(Value::Function(f)) => vec![*f],
            Some(Value::Object(props, _)) => {
                let values = props.iter().map(|(_, v)| &self.values[v.index()]);
                values.filter_map(|value| if let Value::Function(f) = value { Some(*f) } else { None }).collect()
            }
            _ => Vec::new(),
        }
    }

    /// `exports`, `module`, `require`, or what `require` gives.
    fn is_of_node(&self, v: ValueId) -> bool {
        match &self.values[v.index()] {
            Value::Global(name) => matches!(name.as_str(), "exports" | "module" | "require"),
            Value::Import(..) => true,
            _ => false,
        }
    }

    fn is_define(&self, c: CallId) -> bool {
        matches!(&self.values[self.calls[c.index()].callee.index()], Value::Global(name) if name == "define")
    }

    /// The call of `define` tells the module's name.
    fn is_named(&self, c: CallId) -> bool {
        self.calls[c.index()].args.first().is_some_and(|first| matches!(self.values[first.index()], Value::String(_)))
    }

    /// The call runs a parameter of its function, or defines a module with it.
    fn runs_param(&self, c: CallId, f: FunctionId, param: usize) -> bool {
        let call = &self.calls[c.index()];
        let binding = self.functions[f.index()].params.get(param).and_then(|param| param.binding);
        let is_it = |v: ValueId| match self.values[v.index()] {
            Value::Binding(b) => Some(b) == binding,
            Value::Param(g, at) => g == f && at as usize == param,
            _ => false,
        };
        !self.is_in_loop(call.block) && (is_it(call.callee) || self.is_define(c) && call.args.iter().any(|&arg| is_it(arg)))
    }

    fn is_in_loop(&self, block: BlockId) -> bool {
        let mut at = Some(block);
        while let Some(block) = at.map(|at| &self.blocks[at.index()]) {
            if matches!(block.kind, BlockKind::Loop(..)) {
                return true;
            }
            at = block.parent;
        }
        false
    }

    fn is_straight(&self, f: FunctionId) -> bool {
        let function = &self.functions[f.index()];
        matches!(function.kind, FunctionKind::Plain | FunctionKind::Arrow) && !function.is_async && !function.is_generator
    }

    fn is_handed_module(&self, f: FunctionId) -> bool {
        let function = &self.functions[f.index()];
        let handed = function.params.iter().filter(|param| is_handed(&param.name)).count();
        matches!(function.kind, FunctionKind::Plain | FunctionKind::Arrow | FunctionKind::Method) && handed >= 2
    }

    /// What a parameter of a wrapper is given.
    pub fn handed(&self, f: FunctionId, param: u32) -> Option<ValueId> {
        self.functions[f.index()].handed.get(param as usize).copied()
    }

    /// What a value is that a wrapper hands on under a name of its own.
    pub fn unwrapped(&self, v: ValueId) -> &Value {
        let value = &self.values[v.index()];
        let param = match value {
            Value::Param(f, i) => Some((*f, *i)),
            Value::Binding(b) => match self.bindings[b.index()].defs[..] {
                [def] => match self.values[self.assigns[def.index()].from.index()] {
                    Value::Param(f, i) => Some((f, i)),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        param.and_then(|(f, i)| self.handed(f, i)).map_or(value, |v| &self.values[v.index()])
    }
}
