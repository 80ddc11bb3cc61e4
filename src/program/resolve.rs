//! Modules: which file a specifier means, and what a file exports.

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{At, Program, Resolve, Root};
use crate::facts::*;
use crate::models::ModuleModel;

/// Depth to which re-exports are followed.
pub(super) const REEXPORTS: u32 = 12;

/// The files' edges.
#[derive(Default)]
pub struct Modules {
    /// Per file: specifier to file.
    edges: Vec<FxHashMap<String, u32>>,
    /// Files that the package shows to its users.
    public: Vec<bool>,
    /// Those of them that it shows as it does any file of a folder.
    loose: Vec<bool>,
    /// Files that other files ask for.
    asked: Vec<bool>,
    /// Values given to `module.exports` (and `exports = module.exports = ...`), per file.
    whole: Vec<Vec<ValueId>>,
    /// Values given to `exports.name`, per file.
    named: Vec<FxHashMap<String, Vec<ValueId>>>,
    /// Files whose exports a down-level `__exportStar(require('x'), exports)` passes on, per file.
    starred: Vec<Vec<u32>>,
}

/// What an export is.
pub enum Exported {
    /// A value of a file.
    Value(At<ValueId>),
    /// The namespace of a file.
    Namespace(u32),
    /// Something of a module that is not analysed: specifier and name.
    External(String, String),
}

impl Modules {
    pub fn link(files: &[Arc<FileFacts>], resolve: &dyn Resolve) -> Modules {
        let ids: FxHashMap<&str, u32> = files.iter().enumerate().map(|(i, f)| (f.path.as_str(), i as u32)).collect();
        let parts: Vec<Module> = files.par_iter().map(|file| Module::link(file, &ids, resolve)).collect();
        let mut modules = Modules::default();
        for module in parts {
            modules.edges.push(module.edges);
            modules.public.push(module.public);
            modules.loose.push(module.loose);
            modules.whole.push(module.whole);
            modules.named.push(module.named);
            modules.starred.push(module.starred);
        }
        modules.asked = vec![false; files.len()];
        // (A test is no user.)
        for (file, edges) in (0..).zip(&modules.edges).filter(|&(file, _): &(u32, _)| !files[file as usize].test) {
            for &target in edges.values() {
                // What two files need of each other is no use by others.
                if !modules.edges[target as usize].values().any(|&back| back == file) {
                    modules.asked[target as usize] = true;
                }
            }
        }
        modules
    }
}

/// One file of [`Modules`].
struct Module {
    edges: FxHashMap<String, u32>,
    public: bool,
    loose: bool,
    whole: Vec<ValueId>,
    named: FxHashMap<String, Vec<ValueId>>,
    starred: Vec<u32>,
}

impl Module {
    fn link(file: &FileFacts, ids: &FxHashMap<&str, u32>, resolve: &dyn Resolve) -> Module {
        let mut edges = FxHashMap::default();
        for specifier in &file.facts.requests {
            if let Some(target) = resolve.resolve(&file.path, specifier).and_then(|path| ids.get(path.as_str()).copied()) {
                edges.insert(specifier.clone(), target);
            }
        }
        let (whole, named) = common_js(&file.facts);
        let starred = starred(&file.facts, &edges);
        Module {
            edges,
            public: resolve.is_entry(&file.path).unwrap_or(true),
            loose: resolve.is_loose_entry(&file.path),
            whole,
            named,
            starred,
        }
    }
}

/// What a CommonJS file gives out: `module.exports = v`, `exports.k = v`, `module.exports.k = v`, `Object.defineProperty(exports, 'k', ...)`.
fn common_js(facts: &ModuleFacts) -> (Vec<ValueId>, FxHashMap<String, Vec<ValueId>>) {
    let mut whole = Vec::new();
    let mut named: FxHashMap<String, Vec<ValueId>> = FxHashMap::default();
    let is_global = |v: ValueId, wanted: &str| matches!(facts.unwrapped(v), Value::Global(name) if name == wanted);
    let is_exports = |v: ValueId| match &facts.values[v.index()] {
        Value::Member(object, Key::Name(key)) => key == "exports" && is_global(*object, "module"),
        _ => is_global(v, "exports"),
    };
    for assign in &facts.assigns {
        if let Place::Member(object, Key::Name(key)) = &assign.to {
            if key == "exports" && is_global(*object, "module") {
                whole.push(assign.from);
            } else if is_exports(*object) && !matches!(facts.values[assign.from.index()], Value::Undefined | Value::Unary(..)) {
                named.entry(key.clone()).or_default().push(assign.from);
            }
        }
    }
    // `var x = module.exports = {}` and aliases of it (`const app = exports`): members assigned to the alias.
    for assign in &facts.assigns {
        if let Place::Member(object, Key::Name(key)) = &assign.to
            && let Value::Binding(binding) = &facts.values[object.index()]
        {
            let binding = &facts.bindings[binding.index()];
            let alias = binding.defs.iter().any(|d| is_exports(facts.assigns[d.index()].from));
            let same = binding.defs.iter().any(|d| whole.contains(&facts.assigns[d.index()].from)) || whole.contains(object);
            if alias || same {
                named.entry(key.clone()).or_default().push(assign.from);
            }
        }
    }
    for call in &facts.calls {
        if let (Value::Member(_, Key::Name(key)), [object, name, descriptor]) = (&facts.values[call.callee.index()], &call.args[..])
            && key == "defineProperty"
            && is_exports(*object)
            && let (Value::String(name), Value::Object(props, _)) = (&facts.values[name.index()], &facts.values[descriptor.index()])
        {
            for (key, value) in props {
                match (key, &facts.values[value.index()]) {
                    (Key::Name(key), Value::Function(getter)) if key == "get" => {
                        named.entry(name.clone()).or_default().extend(&facts.functions[getter.index()].returns);
                    }
                    (Key::Name(key), _) if key == "value" => named.entry(name.clone()).or_default().push(*value),
                    _ => {}
                }
            }
        }
    }
    // `_export(exports, { get k() { return v } })`, `__export(all, { k: () => v }); module.exports = toCommonJS(all)`.
    let wrapped = |object: ValueId| {
        let Value::Binding(binding) = &facts.values[object.index()] else { return false };
        whole.iter().any(|v| match &facts.values[v.index()] {
            Value::Call(call) => {
                let args = &facts.calls[call.index()].args;
                args.iter().any(|arg| matches!(&facts.values[arg.index()], Value::Binding(b) if b == binding))
            }
            _ => false,
        })
    };
    for call in &facts.calls {
        if let [object, getters] = call.args[..]
            && let Value::Object(props, _) = &facts.values[getters.index()]
            && (is_exports(object) || wrapped(object))
            && defines_all(facts, call)
        {
            for (key, value) in props {
                if let (Key::Name(name), Value::Function(getter)) = (key, &facts.values[value.index()]) {
                    named.entry(name.clone()).or_default().extend(&facts.functions[getter.index()].returns);
                }
            }
        }
    }
    (whole, named)
}

/// The function called defines properties of what it is given first: `for (const k in all) Object.defineProperty(target, k, { get: all[k] })`.
fn defines_all(facts: &ModuleFacts, call: &Call) -> bool {
    let defs =
        |binding: BindingId| facts.bindings[binding.index()].defs.iter().map(|d| &facts.values[facts.assigns[d.index()].from.index()]);
    let is_define = |value: &Value| matches!(value, Value::Member(_, Key::Name(name)) if name == "defineProperty");
    let Value::Binding(callee) = facts.values[call.callee.index()] else { return false };
    defs(callee).any(|value| {
        let Value::Function(f) = *value else { return false };
        let is_target = |v: ValueId| match facts.values[v.index()] {
            Value::Param(g, 0) => g == f,
            Value::Binding(b) => facts.functions[f.index()].params.first().is_some_and(|p| p.binding == Some(b)),
            _ => false,
        };
        facts.calls.iter().filter(|inner| inner.function == f && inner.args.first().is_some_and(|&v| is_target(v))).any(|inner| match facts
            .values[inner.callee.index()]
        {
            Value::Binding(define) => defs(define).any(is_define),
            ref value => is_define(value),
        })
    })
}

fn starred(facts: &ModuleFacts, edges: &FxHashMap<String, u32>) -> Vec<u32> {
    let mut out = Vec::new();
    for call in &facts.calls {
        let name = match &facts.values[call.callee.index()] {
            Value::Binding(b) => &facts.bindings[b.index()].name,
            Value::Member(_, Key::Name(name)) => name,
            Value::Global(name) => name,
            _ => continue,
        };
        if (name == "__exportStar" || name == "__export")
            && let Some(first) = call.args.first()
            && let Value::Import(specifier, _) = &facts.values[first.index()]
            && let Some(&target) = edges.get(specifier)
        {
            out.push(target);
        }
    }
    out
}

impl Program<'_> {
    /// The file that a specifier means.
    pub fn edge(&self, file: u32, specifier: &str) -> Option<u32> {
        self.modules.edges[file as usize].get(specifier).copied()
    }

    /// The package's users see this file.
    pub fn is_public(&self, file: u32) -> bool {
        self.modules.public[file as usize]
    }

    /// The package's users see this file as they do any of its folder.
    pub(super) fn is_loose(&self, file: u32) -> bool {
        self.modules.loose[file as usize]
    }

    /// What files give out that no other file asks for: whoever uses it is not among the files.
    pub(super) fn given_to_others(&self) -> FxHashSet<Root> {
        let mut out = FxHashSet::default();
        let mut give = |value: At<ValueId>| {
            for o in self.origins(value).iter().filter(|o| o.path.is_empty()) {
                out.insert(o.root);
                // `export { api }`: an object gives out its members.
                if let Root::Literal(literal) = o.root
                    && let Value::Object(props, _) = self.value(literal)
                {
                    let members = props.iter().flat_map(|(_, p)| self.origins(literal.with(*p)).to_vec());
                    out.extend(members.filter(|o| o.path.is_empty()).map(|o| o.root));
                }
            }
        };
        let mut open: Vec<u32> = (0..self.files.len() as u32).filter(|&f| !self.modules.asked[f as usize]).collect();
        let mut seen: FxHashSet<u32> = open.iter().copied().collect();
        while let Some(file) = open.pop() {
            self.exported_values(file).into_iter().for_each(|(_, value)| give(value));
            // What a file passes on, it gives out too.
            for (target, name) in self.passed_on(file) {
                match name {
                    Some(name) => self.export(target, &name, REEXPORTS).into_iter().for_each(|exported| {
                        if let Exported::Value(value) = exported {
                            give(value);
                        }
                    }),
                    None if seen.insert(target) => open.push(target),
                    None => {}
                }
            }
        }
        out
    }

    /// What `import { name } from specifier` gives in `file`; `=` is `require`, `*` the namespace.
    pub fn import(&self, file: u32, specifier: &str, name: &str) -> Vec<Exported> {
        match self.edge(file, specifier) {
            None => vec![Exported::External(specifier.to_owned(), name.to_owned())],
            Some(target) if name == "=" && self.own_module(target).is_some() => match self.own_module(target) {
                Some(own) if own.call.is_some() || own.of.is_some() => vec![Exported::External(own.name.clone(), name.to_owned())],
                // Member by member: what the model tells of, and what the source says of the rest.
                _ => vec![Exported::Namespace(target)],
            },
            Some(target) => match name {
                "*" => vec![Exported::Namespace(target)],
                "=" if !self.facts(target).exports.is_empty() => vec![Exported::Namespace(target)],
                "=" => self.whole(target),
                name => self.export(target, name, REEXPORTS),
            },
        }
    }

    /// What the project's own models tell of a file's exports.
    pub(super) fn own_module(&self, file: u32) -> Option<&ModuleModel> {
        self.models.has_own().then(|| self.models.module_of_file(&self.files[file as usize].path))?
    }

    /// `module.exports` of a file.
    pub(super) fn whole(&self, file: u32) -> Vec<Exported> {
        let whole = &self.modules.whole[file as usize];
        let mut out: Vec<Exported> = whole.iter().map(|&v| Exported::Value(At::new(file, v))).collect();
        if whole.is_empty() || !self.modules.named[file as usize].is_empty() {
            out.push(Exported::Namespace(file));
        }
        out
    }

    /// What a file exports under a name.
    pub fn export(&self, file: u32, name: &str, depth: u32) -> Vec<Exported> {
        if depth == 0 {
            return Vec::new();
        }
        if let Some(own) = self.own_module(file)
            && own.tells_of(name)
        {
            return vec![Exported::External(own.name.clone(), name.to_owned())];
        }
        let facts = self.facts(file);
        let mut out = Vec::new();
        for export in &facts.exports {
            match export {
                Export::Local(n, value) if n == name => out.push(Exported::Value(At::new(file, *value))),
                Export::From { name: n, module, from } if n == name => match self.edge(file, module) {
                    Some(_) if from == "*" => out.extend(self.import(file, module, "*")),
                    Some(target) => out.extend(self.export(target, from, depth - 1)),
                    None => out.push(Exported::External(module.clone(), from.clone())),
                },
                _ => {}
            }
        }
        if out.is_empty() {
            for export in &facts.exports {
                if let Export::All(module) = export
                    && let Some(target) = self.edge(file, module)
                {
                    out.extend(self.export(target, name, depth - 1));
                }
            }
        }
        if out.is_empty() {
            out.extend(self.modules.named[file as usize].get(name).into_iter().flatten().map(|&v| Exported::Value(At::new(file, v))));
        }
        if out.is_empty() {
            out.extend(self.modules.starred[file as usize].iter().flat_map(|&target| self.export(target, name, depth - 1)));
        }
        if out.is_empty() && name == "default" {
            out.extend(self.whole(file).into_iter().filter(|e| !matches!(e, Exported::Namespace(f) if *f == file)));
        }
        out
    }

    /// Every value that a file exports, with its name.
    pub fn exported_values(&self, file: u32) -> Vec<(String, At<ValueId>)> {
        let facts = self.facts(file);
        let mut out: Vec<(String, At<ValueId>)> = Vec::new();
        for export in &facts.exports {
            if let Export::Local(name, value) = export {
                out.push((name.clone(), At::new(file, *value)));
            }
        }
        out.extend(self.modules.whole[file as usize].iter().map(|&v| ("=".to_owned(), At::new(file, v))));
        let mut named: Vec<_> = self.modules.named[file as usize].iter().collect();
        named.sort();
        out.extend(named.into_iter().flat_map(|(n, vs)| vs.iter().map(move |&v| (n.clone(), At::new(file, v)))));
        out
    }

    /// Files whose exports a file passes on (`export * from`, `export {x} from`, `module.exports = require(...)`).
    pub fn passed_on(&self, file: u32) -> Vec<(u32, Option<String>)> {
        let facts = self.facts(file);
        let mut out = Vec::new();
        for export in &facts.exports {
            match export {
                Export::All(module) => out.extend(self.edge(file, module).map(|t| (t, None))),
                Export::From { module, from, .. } => {
                    out.extend(self.edge(file, module).map(|t| (t, (from != "*").then(|| from.clone()))));
                }
                Export::Local(..) => {}
            }
        }
        out.extend(self.modules.starred[file as usize].iter().map(|&t| (t, None)));
        out
    }
}
