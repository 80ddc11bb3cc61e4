//! Members: what is found under a name on an object, in a literal, a module, a class, or behind a getter.

use rustc_hash::FxHashSet;

use super::layers::BARE;
use super::resolve::Exported;
use super::values::{DEPTH, MERGED, WIDTH};
use super::{At, CallAt, Fun, Origin, PathKey, Program, Root};
use crate::facts::*;

/// How many calls that pick some elements (`filter`) are looked through.
const PICKED: u32 = 3;

impl Program<'_> {
    pub(super) fn member(&self, v: At<ValueId>, object: At<ValueId>, key: &Key) -> Vec<Origin> {
        if let Value::Super = self.value(object) {
            return self.super_member(v, key);
        }
        let step = self.path_key(v.file, key);
        let mut out = Vec::new();
        let mut bags = FxHashSet::default();
        for origin in self.origins(object).iter() {
            self.member_within(origin, step, &mut out, &mut bags);
        }
        out
    }

    /// What stands under a key of one origin.
    pub fn member_of(&self, origin: &Origin, key: PathKey, out: &mut Vec<Origin>) {
        self.member_within(origin, key, out, &mut FxHashSet::default());
    }

    /// The same, where the key was looked up in some bags already: what many others are copied into is looked at once.
    fn member_within(&self, origin: &Origin, key: PathKey, out: &mut Vec<Origin>, bags: &mut FxHashSet<At<ValueId>>) {
        let name = match key {
            PathKey::Name(sym) => Some(self.text(sym)),
            _ => None,
        };
        if origin.path.is_empty() {
            match (origin.root, name.as_deref()) {
                (Root::Literal(literal), _) => {
                    if let Value::Object(props, spreads) = self.value(literal) {
                        let mut found = false;
                        for (k, value) in props {
                            if self.path_key(literal.file, k) == key {
                                out.extend(self.origins(literal.with(*value)).iter().cloned());
                                found = true;
                            }
                        }
                        if found {
                            return;
                        }
                        let merged = self.merged(literal);
                        let copies = !spreads.is_empty() || !merged.is_empty();
                        if copies && !bags.insert(literal) {
                            return;
                        }
                        // What is put there by hand comes before what was copied.
                        let depth = self.depth().get();
                        // Bags merged into one another again and again tell nothing new.
                        if !merged.is_empty()
                            && depth + MERGED < DEPTH
                            && self.field_assigns(super::Owner::Literal(literal), &[key]).is_empty()
                        {
                            self.depth().set(depth + MERGED);
                            for source in merged {
                                for inner in self.origins(source).iter().filter(|o| **o != *origin && !o.is_nothing()) {
                                    self.member_within(inner, key, out, bags);
                                    found = true;
                                }
                            }
                            self.depth().set(depth);
                        }
                        if found {
                            return;
                        }
                        // `x = { ...x, k: v }` leads back to itself.
                        if self.depth().get() < DEPTH {
                            self.depth().set(self.depth().get() + 1);
                            for spread in spreads {
                                for inner in self.origins(literal.with(*spread)).iter().filter(|o| **o != *origin) {
                                    self.member_within(inner, key, out, bags);
                                    found = true;
                                }
                            }
                            self.depth().set(self.depth().get() - 1);
                        }
                        if found {
                            return;
                        }
                    }
                    if let Some(put) = self.put_once(literal, key) {
                        out.extend(self.origins(put).iter().cloned());
                        return;
                    }
                    if let (Value::Array(elements), PathKey::Element) = (self.value(literal), key)
                        && (1..=WIDTH).contains(&elements.len())
                    {
                        out.extend(elements.iter().flat_map(|&e| self.origins(literal.with(e)).to_vec()));
                        return;
                    }
                    if let (Value::Array(elements), Some(index)) =
                        (self.value(literal), name.as_deref().and_then(|n| n.parse::<usize>().ok()))
                        && let Some(&element) = elements.get(index)
                    {
                        out.extend(self.origins(literal.with(element)).iter().cloned());
                        return;
                    }
                }
                (Root::File(file), Some(name)) => {
                    let exported = self.export(file, name, 12);
                    if !exported.is_empty() {
                        out.extend(exported.iter().flat_map(|e| self.exported(e)));
                        return;
                    }
                    // `module.exports = { name }`, where a model tells of other members.
                    if self.own_module(file).is_some() {
                        let whole = self.whole(file).into_iter().filter(|e| !matches!(e, Exported::Namespace(f) if *f == file));
                        let whole: Vec<Origin> = whole.flat_map(|e| self.exported(&e)).collect();
                        if !whole.is_empty() {
                            whole.iter().for_each(|o| self.member_within(o, key, out, bags));
                            return;
                        }
                    }
                }
                // `require('x').default` of a CommonJS module through an interop helper is the module.
                (Root::Module(_) | Root::Class(_) | Root::Function(_), Some("default")) => {
                    out.push(origin.clone());
                    return;
                }
                (Root::Global(global), Some(name)) if &*self.text(global) == "globalThis" => {
                    out.push(Origin::root(Root::Global(self.sym(name))));
                    return;
                }
                (Root::Global(space), Some(_)) if self.spaces().names.contains(&space) => {
                    let found = self.member_of_space(space, key);
                    if !found.is_empty() {
                        out.extend(found);
                        return;
                    }
                }
                // `Link.DOWN = 'down'`.
                (Root::Function(f), Some(constant)) if constant.starts_with(char::is_uppercase) => {
                    if let Some(text) = self.single_text(super::Owner::Function(f), key) {
                        out.extend(self.origins(text).iter().cloned());
                        return;
                    }
                }
                (Root::Class(_) | Root::Function(_), Some("__proto__")) => {
                    let parents = self.parents_of(origin);
                    if !parents.is_empty() {
                        out.extend(parents);
                        return;
                    }
                }
                // `this.make()` in a static member: `this` is the class.
                (Root::This(f), Some(name)) => {
                    if let Some(function) = self.static_beside(f, name) {
                        out.push(Origin::root(Root::Function(function)));
                        return;
                    }
                    let read = self.read_by_getter(f, key);
                    if !read.is_empty() {
                        out.extend(read.into_iter().map(|path| Origin { root: origin.root, path }));
                        return;
                    }
                }
                (Root::Class(class), Some(name)) => {
                    if let Some(member) = self.class(class).members.iter().find(|m| m.is_static && m.key.is(name)) {
                        if let Some(function) = member.function {
                            out.push(Origin::root(Root::Function(class.with(function))));
                            return;
                        }
                        if let Some(value) = member.value {
                            out.extend(self.origins(class.with(value)).iter().cloned());
                            return;
                        }
                    }
                }
                _ => {}
            }
        }
        // A default import of a CommonJS library is the library: `React.Component`.
        if let (Root::Module(_), [PathKey::Name(first)]) = (origin.root, &origin.path[..])
            && &*self.text(*first) == "default"
        {
            out.push(Origin::root(origin.root).join(key));
            return;
        }
        // `window.document` is `document`.
        if let (Root::Global(global), Some(name), true) = (origin.root, name.as_deref(), origin.path.is_empty())
            && &*self.text(global) == "window"
            && matches!(name, "document" | "navigator" | "process")
        {
            out.push(Origin::root(Root::Global(self.sym(name))));
            return;
        }
        out.push(origin.join(key));
    }

    /// What is made a member of the literal in one place: `app.Part = class {...}`, `app.parts = (function () {...})()`.
    fn put_once(&self, literal: At<ValueId>, key: PathKey) -> Option<At<ValueId>> {
        if !matches!(key, PathKey::Name(_)) || !matches!(self.value(literal), Value::Object(..)) {
            return None;
        }
        let [assign] = self.field_assigns(super::Owner::Literal(literal), &[key])[..] else { return None };
        let from = assign.with(self.assign(assign).from);
        let constant = match self.value(from) {
            Value::Class(_) => true,
            Value::Call(c) => matches!(self.value(from.with(self.call(from.with(*c)).callee)), Value::Function(_)),
            _ => false,
        };
        constant.then_some(from)
    }

    /// The static method of that name, seen from a static method of the same class.
    fn static_beside(&self, f: Fun, name: &str) -> Option<Fun> {
        let class = self.class(f.with(self.fun(f).class?));
        let mut methods = class.members.iter().filter(|m| m.is_static && m.function.is_some());
        if !methods.clone().any(|m| m.function == Some(f.id)) {
            return None;
        }
        let named = methods.find(|m| matches!(&m.key, Key::Name(key) if key == name))?;
        named.function.map(|g| f.with(g)).filter(|&g| matches!(self.fun(g).kind, FunctionKind::Method))
    }

    /// The text that is the one value ever given to a member.
    fn single_text(&self, owner: super::Owner, key: PathKey) -> Option<At<ValueId>> {
        match self.field_assigns(owner, &[key])[..] {
            [assign] => {
                let from = assign.with(self.assign(assign).from);
                matches!(self.value(from), Value::String(_)).then_some(from)
            }
            _ => None,
        }
    }

    pub(super) fn super_member(&self, v: At<ValueId>, key: &Key) -> Vec<Origin> {
        let Key::Name(name) = key else { return vec![Origin::root(Root::Unknown(v))] };
        // The class whose member holds this expression is found by the call that uses it (see `calls`).
        vec![Origin::root(Root::Unknown(v)).join(PathKey::Name(self.sym(name)))]
    }

    /// The fields that a getter of the object gives back: `get grid() { return this._grid; }`.
    fn read_by_getter(&self, f: Fun, key: PathKey) -> Vec<Vec<PathKey>> {
        let is_getter = |g: &Fun| self.fun(*g).kind == FunctionKind::Getter;
        if self.level() == BARE || !self.members_named(key).iter().any(|(_, g)| is_getter(g)) || self.depth().get() >= DEPTH {
            return Vec::new();
        }
        let Some(owner) = self.owner_of_this(f) else { return Vec::new() };
        let methods = self.methods(owner, key);
        let [getter] = methods[..] else { return Vec::new() };
        let [value] = self.fun(getter).returns[..] else { return Vec::new() };
        if getter == f || !is_getter(&getter) {
            return Vec::new();
        }
        self.depth().set(self.depth().get() + 1);
        let origins = self.origins(getter.with(value));
        self.depth().set(self.depth().get() - 1);
        let own = |o: &Origin| matches!(o.root, Root::This(g) if g == getter) && !o.path.is_empty() && o.path.first() != Some(&key);
        if origins.iter().all(own) { origins.iter().map(|o| o.path.clone()).collect() } else { Vec::new() }
    }

    /// A path from an origin, through literals where it can.
    pub fn follow(&self, origin: &Origin, path: &[PathKey]) -> Vec<Origin> {
        let mut at = vec![origin.clone()];
        for &key in path {
            let mut next = Vec::new();
            for origin in &at {
                self.member_of(origin, key, &mut next);
            }
            next.truncate(WIDTH);
            at = next;
        }
        at
    }

    pub(super) fn element(&self, v: At<ValueId>) -> Vec<Origin> {
        self.element_through(v, PICKED)
    }

    fn element_through(&self, v: At<ValueId>, depth: u32) -> Vec<Origin> {
        let mut out = Vec::new();
        for origin in self.origins(v).iter() {
            if let (Root::Literal(literal), true) = (origin.root, origin.path.is_empty())
                && let Value::Array(elements) = self.value(literal)
                && elements.len() <= WIDTH
            {
                out.extend(elements.iter().flat_map(|&e| self.origins(literal.with(e)).to_vec()));
                continue;
            }
            let picked = match origin.root {
                Root::Call(c) if depth > 0 && origin.path.is_empty() => self.picked_from(c),
                _ => None,
            };
            match picked {
                Some(list) => out.extend(self.element_through(list, depth - 1)),
                None => out.push(origin.join(PathKey::Element)),
            }
        }
        out
    }

    /// The array of which the call gives some elements in another one.
    fn picked_from(&self, c: CallAt) -> Option<At<ValueId>> {
        let picks = |name: &str| matches!(name, "filter" | "slice" | "reverse" | "toReversed" | "sort" | "toSorted");
        let (object, Key::Name(name)) = self.receiver(c)? else { return None };
        let args = &self.call(c).args;
        match (name.as_str(), &args[..]) {
            ("from", &[list]) if self.is_global(object, "Array") => Some(c.with(list)),
            // `Array.prototype.slice.call(list)`, `[].slice.call(list)`.
            ("call", &[list, ..]) if matches!(self.value(object), Value::Member(_, key) if key.is("slice")) => Some(c.with(list)),
            (name, _) => picks(name).then_some(object),
        }
    }

    /// The step that a key makes.
    pub fn path_key(&self, file: u32, key: &Key) -> PathKey {
        match key {
            Key::Name(name) => PathKey::Name(self.sym(name)),
            Key::Computed(value) => {
                let at = At::new(file, *value);
                let counts = matches!(self.value(at), Value::Binding(b) if self.is_counter(at.with(*b)));
                if counts || self.is_only_parameter(at) {
                    return PathKey::Element;
                }
                if let Some(text) = self.constant(at) {
                    return PathKey::Name(self.sym(&text));
                }
                match &*self.origins(at) {
                    // A symbol, or a name that the module makes once: each call of another function gives a name of its own.
                    [Origin { root: Root::Call(call), path }] if path.is_empty() && self.fun(self.function_of(*call)).at_load => {
                        PathKey::Symbol(call.with(self.call(*call).value))
                    }
                    [Origin { root: Root::Module(module), path }] => {
                        let mut text = self.text(*module).to_string();
                        for key in path {
                            if let PathKey::Name(name) = key {
                                text.push('.');
                                text.push_str(&self.text(*name));
                            }
                        }
                        PathKey::Name(self.sym(&text))
                    }
                    _ => match self.value(at) {
                        Value::Binding(b) if self.binding(At::new(file, *b)).kind != BindingKind::Param => PathKey::Symbol(at),
                        _ => PathKey::Element,
                    },
                }
            }
        }
    }

    /// The key is a variable of a run that puts it together: `const key = host + ':' + port`.
    pub(super) fn is_built_key(&self, key: PathKey) -> bool {
        let PathKey::Symbol(v) = key else { return false };
        let Value::Binding(b) = self.value(v) else { return false };
        let binding = self.binding(v.with(*b));
        let built = |def: &AssignId| matches!(self.value(v.with(self.assign(v.with(*def)).from)), Value::Text(_) | Value::Binary(..));
        !self.fun(v.with(binding.function)).at_load && !binding.defs.is_empty() && binding.defs.iter().all(built)
    }

    /// The variable goes through the places of a list: it begins with a number or at the list's end, and is counted up or down.
    fn is_counter(&self, b: At<BindingId>) -> bool {
        let defs = || self.binding(b).defs.iter().map(|&def| self.assign(b.with(def)));
        let length = |v: ValueId| matches!(self.value(b.with(v)), Value::Member(_, key) if key.is("length"));
        let begins = |v: ValueId| match self.value(b.with(v)) {
            Value::Number(_) => true,
            Value::Binary(op, list, _) => op == "-" && length(*list),
            _ => length(v),
        };
        defs().any(|assign| assign.compound) && defs().any(|assign| !assign.compound && begins(assign.from))
    }

    /// A parameter that nothing else is assigned to, of a function that is not called where it is written: its callers say what it is.
    fn is_only_parameter(&self, v: At<ValueId>) -> bool {
        let Value::Binding(b) = self.value(v) else { return false };
        let binding = self.binding(v.with(*b));
        let [def] = binding.defs[..] else { return false };
        let from = v.with(self.assign(v.with(def)).from);
        binding.kind == BindingKind::Param && matches!(self.value(from), Value::Param(f, _) if self.invoked(v.with(*f)).is_none())
    }
}
