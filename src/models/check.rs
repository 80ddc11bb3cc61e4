//! Reads packs and refuses what they must not say: each fault is one sentence that names the pack.

use camino::Utf8Path;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Callback, Member, Method, Pack, TypeModel};
use crate::nearest::toml_with_place;

/// A fault of a pack, as one sentence for the person who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("model pack {pack}: {message}")]
pub struct PackError {
    /// File name, or the library's name once the pack is read.
    pub pack: String,
    pub message: String,
}

impl Pack {
    /// Reads one pack; `name` is for the error.
    pub fn parse(name: &str, text: &str) -> Result<Pack, PackError> {
        let error = |message: String| PackError { pack: name.to_owned(), message };
        let pack: Pack = toml::from_str(text).map_err(|fault| error(fault.to_string().trim_end().to_owned()))?;
        if pack.source.is_empty() { Err(error("missing field `source`".to_owned())) } else { Ok(pack) }
    }

    /// Reads one of a project's own packs, whose `files` are below `root`. The error is one sentence with its place.
    pub fn own(text: &str, root: &Utf8Path) -> Result<Pack, String> {
        let pack: Pack = toml_with_place(text)?;
        Ok(Pack { own: Some(root.to_owned()), ..pack })
    }

    /// The pack tells of this package.
    pub fn is_of(&self, package: &str) -> bool {
        std::iter::once(&self.library).chain(&self.packages).any(|own| match own.strip_suffix('*') {
            Some(scope) => package.starts_with(scope),
            None => own == package,
        })
    }
}

/// All faults of packs that are to be used together.
pub(super) fn check(packs: &[Pack]) -> Vec<PackError> {
    let mut types = FxHashMap::default();
    for pack in packs {
        for model in &pack.types {
            types.entry(model.name.as_str()).or_insert(model);
        }
    }
    let mut check = Check { types, pack: "", errors: Vec::new() };
    let mut names = Unique::default();
    for pack in packs {
        check.pack = &pack.library;
        check.pack_itself(pack, &mut names);
    }
    check.errors
}

/// Names that only one pack may give.
#[derive(Default)]
struct Unique<'a> {
    types: FxHashSet<&'a str>,
    modules: FxHashSet<&'a str>,
    globals: FxHashSet<&'a str>,
}

struct Check<'a> {
    types: FxHashMap<&'a str, &'a TypeModel>,
    pack: &'a str,
    errors: Vec<PackError>,
}

impl<'a> Check<'a> {
    fn fault(&mut self, message: String) {
        self.errors.push(PackError { pack: self.pack.to_owned(), message });
    }

    fn pack_itself(&mut self, pack: &'a Pack, names: &mut Unique<'a>) {
        if pack.library.is_empty() {
            self.fault("`library` is empty".to_owned());
        }
        if pack.own.is_none() || !pack.source.is_empty() {
            self.source(Some(&pack.source), "the pack");
        }
        for model in &pack.types {
            if !names.types.insert(&model.name) {
                self.fault(format!("type `{}` is declared twice", model.name));
            }
            self.type_model(model);
        }
        for module in &pack.modules {
            let at = format!("module `{}`", module.name);
            for name in std::iter::once(&module.name).chain(&module.aliases) {
                if name.starts_with("node:") {
                    self.fault(format!("{at}: `{name}` is to be written without `node:`"));
                }
                if !names.modules.insert(name) {
                    self.fault(format!("module `{name}` is declared twice"));
                }
            }
            self.source(module.source.as_ref(), &at);
            self.reference(module.of.as_deref(), &at);
            self.methods(module.call.iter().map(|call| ("()", call)), &at);
            self.methods(module.functions.iter().map(|(name, method)| (name.as_str(), method)), &at);
            self.references(module.classes.values(), &at);
            self.members(module.objects.values(), &at);
        }
        for name in pack.globals.keys().chain(pack.global_functions.keys()).chain(pack.global_classes.keys()) {
            if !names.globals.insert(name) {
                self.fault(format!("global `{name}` is declared twice"));
            }
        }
        self.members(pack.globals.values(), "globals");
        self.methods(pack.global_functions.iter().map(|(name, method)| (name.as_str(), method)), "global function");
        self.references(pack.global_classes.values(), "global_classes");
        for shape in &pack.shapes {
            let at = format!("shape `({})`", shape.params.join(", "));
            self.source(shape.source.as_ref(), &at);
            self.references(&shape.types, &at);
            if shape.types.len() != shape.params.len() {
                self.fault(format!("{at} has {} parameters and {} types", shape.params.len(), shape.types.len()));
            }
        }
        for hook in &pack.hooks {
            let at = format!("hook `{}*{}`", hook.begins, hook.ends);
            self.source(hook.source.as_ref(), &at);
            let like = hook.like.split_once('#').and_then(|(module, name)| {
                let module = pack.modules.iter().find(|m| m.name == module)?;
                module.functions.get(name)
            });
            if !like.is_some_and(|method| method.callbacks.iter().any(|callback| callback.deps_arg.is_some())) {
                self.fault(format!("{at} is like `{}`, which is no function of the pack with a `deps_arg`", hook.like));
            }
        }
        for wrapper in &pack.wrappers {
            let at = format!("wrapper `{}`", wrapper.names.join(", "));
            self.source(wrapper.source.as_ref(), &at);
            self.references(std::slice::from_ref(&wrapper.of), &at);
        }
        for decorator in &pack.decorators {
            let at = format!("decorator `{}`", decorator.name.iter().next().unwrap_or_default());
            self.source(decorator.source.as_ref(), &at);
            self.references(&decorator.params, &at);
            if decorator.runs.is_none() && decorator.lifetime.is_none() && !decorator.teardown {
                self.fault(format!("{at} says nothing: `runs`, `lifetime` or `teardown` is missing"));
            }
        }
        for lifecycle in &pack.lifecycles {
            self.source(lifecycle.source.as_ref(), "a lifecycle");
            self.references(&lifecycle.bases, "a lifecycle");
            self.references(lifecycle.of.as_slice(), "a lifecycle");
            let listed = [&lifecycle.bases, &lifecycle.implements, &lifecycle.options_of, &lifecycle.files];
            if listed.iter().all(|list| list.is_empty()) && lifecycle.shape.is_empty() && !lifecycle.by_name {
                self.fault(
                    "a lifecycle says of nothing: `bases`, `implements`, `options_of`, `files`, `shape` or `by_name` is missing".to_owned(),
                );
            }
        }
        for entry in &pack.entries {
            let at = format!("entry `{}`", entry.files.first().map_or("", String::as_str));
            self.source(entry.source.as_ref(), &at);
            self.references(&entry.params, &at);
            if entry.files.is_empty() || entry.exports.is_empty() {
                self.fault(format!("{at}: `files` or `exports` is empty"));
            }
        }
    }

    fn type_model(&mut self, model: &'a TypeModel) {
        let at = format!("type `{}`", model.name);
        self.source(model.source.as_ref(), &at);
        for parent in &model.extends {
            if !self.types.contains_key(parent.as_str()) {
                self.fault(format!("{at} extends the unknown type `{parent}`"));
            }
        }
        if self.extends_itself(model) {
            self.fault(format!("{at} extends itself"));
        }
        let mut events = FxHashSet::default();
        for event in &model.events {
            for name in event.name.iter() {
                if !events.insert(name) {
                    self.fault(format!("{at}: event `{name}` is declared twice"));
                }
            }
            self.references(&event.params, &at);
        }
        self.members(model.properties.values(), &at);
        for methods in [&model.methods, &model.statics] {
            self.methods(methods.iter().map(|(name, method)| (name.as_str(), method)), &at);
        }
        self.methods(model.construct.iter().map(|new| ("new", new)), &at);
    }

    /// A cycle in `extends` that passes through this type.
    fn extends_itself(&self, model: &'a TypeModel) -> bool {
        let mut seen = FxHashSet::default();
        let mut open: Vec<&str> = model.extends.iter().map(String::as_str).collect();
        while let Some(name) = open.pop() {
            if name == model.name {
                return true;
            }
            if seen.insert(name) {
                open.extend(self.types.get(name).iter().flat_map(|parent| &parent.extends).map(String::as_str));
            }
        }
        false
    }

    /// An entry without a source of its own stands under the pack's.
    fn source(&mut self, source: Option<&String>, at: &str) {
        if let Some(source) = source
            && !source.starts_with("https://")
        {
            self.fault(format!("{at}: `source` is to be the manual's address (https://...), not {source:?}"));
        }
    }

    fn methods<'m>(&mut self, methods: impl Iterator<Item = (&'m str, &'m Method)>, at: &str) {
        for (name, method) in methods {
            let at = format!("{at}, `{name}`");
            self.source(method.source.as_ref(), &at);
            self.reference(method.returns.as_deref(), &at);
            for Callback { params, .. } in &method.callbacks {
                self.references(params, &at);
            }
            for registers in &method.registers {
                if registers.event.is_some() && registers.event_arg.is_some() {
                    self.fault(format!("{at}: `registers` has both `event` and `event_arg`"));
                }
            }
        }
    }

    fn members<'m>(&mut self, members: impl IntoIterator<Item = &'m Member>, at: &str) {
        for member in members {
            self.reference(Some(member.of()), at);
        }
    }

    fn references<'m>(&mut self, names: impl IntoIterator<Item = &'m String>, at: &str) {
        for name in names {
            self.reference(Some(name), at);
        }
    }

    /// A type in use: known, or `""`.
    fn reference(&mut self, written: Option<&str>, at: &str) {
        let Some(written) = written else { return };
        let mut name = written;
        loop {
            if let Some(element) = name.strip_suffix("[]") {
                name = element;
            } else if let Some(resolved) = name.strip_prefix("Promise<").and_then(|rest| rest.strip_suffix('>')) {
                name = resolved;
            } else {
                break;
            }
        }
        // `Promise<>` resolves to something unknown, which is worth saying: it is still a promise.
        if !name.is_empty() && !self.types.contains_key(name) {
            self.fault(format!("{at} names the unknown type `{name}`"));
        }
    }
}
