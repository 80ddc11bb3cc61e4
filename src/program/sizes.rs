//! Sizes: what a value that a listener keeps is, and whether it grows with the input.
//!
//! ```text
//! size(v) :- what the model of its type holds             readFile, Buffer, a request, its body
//! size(v) :- size(x)            v = x.toString(), JSON.parse(x), x.subarray(), ...
//! size(v) :- size of the parts  v an array that is pushed to, a text that is added to, an object's fields
//! size(v) :- what it keeps      v a function
//! unknown                       otherwise: a name alone tells nothing
//! ```

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::owners::Owner;
use super::types::Type;
use super::{At, CallAt, Fun, Origin, PathKey, Program, Root};
use crate::facts::*;
use crate::findings::Size;

/// How far a value is followed. Each is weighed once, so this bounds the stack, not the time.
const DEPTH: u32 = 24;
/// A buffer from here on is large: what V8 and Node allocate outside of their pools.
pub(super) const LARGE: u64 = 64 << 10;
/// How many places that use an object are looked at.
const USES: usize = 64;

/// How much a value keeps in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weight {
    pub size: Size,
    /// What it is, in words («a file's content»).
    pub what: Option<String>,
    /// By allocation, model or type; not merely by what is done with it.
    pub sure: bool,
}

impl Weight {
    pub const UNKNOWN: Weight = Weight { size: Size::Unknown, what: None, sure: false };
    pub const SMALL: Weight = Weight { size: Size::Small, what: None, sure: true };

    pub(super) fn of(size: Size, what: impl Into<String>, sure: bool) -> Weight {
        Weight { size, what: Some(what.into()), sure }
    }

    pub fn is_large(&self) -> bool {
        self.size >= Size::Large
    }

    /// The heavier of two; what is not known is more than what is small, as far as the sum of both goes.
    pub fn or(self, other: Weight) -> Weight {
        match (self.is_large(), other.is_large()) {
            (true, true) if (other.size, other.sure) > (self.size, self.sure) => other,
            (true, _) => self,
            (false, true) => other,
            _ if self.size == Size::Unknown || other.size == Size::Unknown => Weight::UNKNOWN,
            _ => self,
        }
    }

    pub(super) fn within(self, holder: impl FnOnce(&str) -> String) -> Weight {
        if !self.is_large() {
            return self;
        }
        Weight { what: self.what.as_deref().map(holder), ..self }
    }
}

/// Of each file that was asked for: a table.
type ByFile<K, V> = RefCell<FxHashMap<u32, Rc<FxHashMap<K, Vec<V>>>>>;

/// What was asked before.
#[derive(Default)]
pub struct Weights {
    variables: RefCell<FxHashMap<At<BindingId>, Weight>>,
    /// By file: what is put into each collection.
    puts: ByFile<Origin, CallAt>,
    /// By file: what each object's fields are given.
    fields: ByFile<Owner, AssignId>,
}

/// What is being weighed: a value that leads back to itself weighs nothing more.
#[derive(Default)]
pub(super) struct Seen {
    bindings: FxHashSet<At<BindingId>>,
    origins: FxHashSet<Origin>,
    owners: FxHashSet<Owner>,
}

impl Program<'_> {
    /// What a variable holds.
    pub fn weigh_variable(&self, b: At<BindingId>) -> Weight {
        if let Some(known) = self.weights.variables.borrow().get(&b) {
            return known.clone();
        }
        let weight = self.weigh_binding(b, DEPTH, &mut Seen::default());
        self.weights.variables.borrow_mut().insert(b, weight.clone());
        weight
    }

    /// What an object of known origin is.
    pub fn weigh(&self, origin: &Origin) -> Weight {
        self.weigh_origin(origin, DEPTH, &mut Seen::default())
    }

    fn weigh_binding(&self, b: At<BindingId>, depth: u32, seen: &mut Seen) -> Weight {
        if depth == 0 || !seen.bindings.insert(b) {
            return Weight::UNKNOWN;
        }
        let mut total: Option<Weight> = None;
        let mut add = |weight: Weight| total = Some(total.take().map_or(weight.clone(), |t| t.or(weight)));
        for &def in &self.binding(b).defs {
            let assign = self.assign(b.with(def));
            let from = b.with(assign.from);
            if assign.compound {
                // `text += chunk` collects as much as comes.
                let part = self.weigh_value(from, depth - 1, seen);
                if part.is_large() {
                    add(Weight::of(Size::Unbounded, "text put together from chunks", part.sure));
                }
                continue;
            }
            add(self.weigh_value(from, depth - 1, seen));
        }
        let total = total.unwrap_or(Weight::UNKNOWN);
        if total.size == Size::Unknown
            && let Some(of) = &self.binding(b).of
        {
            if is_scalar(of) {
                return Weight::SMALL;
            }
            if let Some(Type::Model(ix)) = self.written_type(b.file, of) {
                return self.held(ix).unwrap_or(total);
            }
        }
        total
    }

    fn held(&self, ix: crate::models::TypeIx) -> Option<Weight> {
        let (holds, grows) = self.models.holds(ix)?;
        Some(Weight::of(if grows { Size::Unbounded } else { Size::Large }, holds, true))
    }

    pub(super) fn weigh_value(&self, v: At<ValueId>, depth: u32, seen: &mut Seen) -> Weight {
        if depth == 0 {
            return Weight::UNKNOWN;
        }
        match self.value(v) {
            Value::String(text) if text.len() as u64 >= LARGE => Weight::of(Size::Large, "a long text", true),
            Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null | Value::Undefined | Value::Regex | Value::Class(_) => {
                Weight::SMALL
            }
            Value::Text(parts) => self.heaviest(parts.iter().map(|&p| v.with(p)), depth, seen),
            Value::Binary(op, a, b) if op == "+" => self.heaviest([v.with(*a), v.with(*b)].into_iter(), depth, seen),
            Value::Binary(..) | Value::Unary(..) | Value::KeyOf(_) => Weight::SMALL,
            Value::Await(inner) | Value::Spread(inner) => self.weigh_value(v.with(*inner), depth, seen),
            Value::Choice(ChoiceKind::And, parts) => {
                parts.last().map_or(Weight::UNKNOWN, |&last| self.weigh_value(v.with(last), depth - 1, seen))
            }
            Value::Choice(_, parts) => self.heaviest(parts.iter().map(|&p| v.with(p)), depth, seen),
            Value::Binding(b) => self.weigh_binding(v.with(*b), depth - 1, seen),
            Value::Element(inner) => self.weigh_element(v.with(*inner)),
            Value::Member(_, Key::Name(name)) if is_count(name) => Weight::SMALL,
            _ => {
                let origins = self.origins(v);
                let weights = origins.iter().filter(|o| o.root != Root::Unknown(v)).map(|o| self.weigh_origin(o, depth - 1, seen));
                weights.reduce(Weight::or).unwrap_or(Weight::UNKNOWN)
            }
        }
    }

    fn heaviest(&self, values: impl Iterator<Item = At<ValueId>>, depth: u32, seen: &mut Seen) -> Weight {
        values.map(|v| self.weigh_value(v, depth - 1, seen)).reduce(Weight::or).unwrap_or(Weight::SMALL)
    }

    /// What a loop takes out of an object: a stream gives chunks.
    fn weigh_element(&self, v: At<ValueId>) -> Weight {
        for origin in self.origins(v).iter() {
            if let Some(Type::Model(ix)) = self.model_type(origin)
                && let Some(event) = self.models.event(ix, "data")
                && let Some(Type::Model(chunk)) = event.params.first().and_then(|of| self.used_type(of))
            {
                return self.held(chunk).unwrap_or(Weight::UNKNOWN);
            }
        }
        Weight::UNKNOWN
    }

    fn weigh_origin(&self, origin: &Origin, depth: u32, seen: &mut Seen) -> Weight {
        if depth == 0 || !seen.origins.insert(origin.clone()) {
            return Weight::UNKNOWN;
        }
        if let Some(PathKey::Name(name)) = origin.path.last()
            && is_count(&self.text(*name))
        {
            return Weight::SMALL;
        }
        if origin.path.is_empty() {
            match origin.root {
                Root::Call(c) => {
                    if let Some(weight) = self.weigh_call(c, depth, seen) {
                        return weight;
                    }
                }
                Root::Const(_) | Root::Nothing | Root::Class(_) | Root::Module(_) | Root::File(_) | Root::Global(_) => {
                    return Weight::SMALL;
                }
                Root::Function(f) => return self.weigh_function(f, depth, seen),
                Root::Literal(v) => return self.weigh_literal(v, depth, seen),
                Root::Unknown(v) if matches!(self.value(v), Value::Text(_) | Value::Binary(..) | Value::Unary(..) | Value::Bool(_)) => {
                    return self.weigh_value(v, depth - 1, seen);
                }
                _ => {}
            }
        }
        match self.type_of(origin) {
            Some(Type::Model(ix)) => {
                if let Some(weight) = self.held(ix) {
                    return weight;
                }
            }
            Some(Type::Owner(owner @ (Owner::Class(_) | Owner::Proto(_)))) => return self.weigh_fields(owner, depth, seen),
            _ => {}
        }
        // What frameworks and programs put there once they have read it.
        if let (Some(PathKey::Name(name)), Some(holder)) = (origin.path.last(), origin.prefix())
            && matches!(&*self.text(*name), "body" | "rawBody")
            && let Some(Type::Model(ix)) = self.model_type(&holder)
            && let (Some(message), Some(body)) = (self.models.type_named("http.IncomingMessage"), self.models.type_named("http.Body"))
            && self.models.is_a(ix, message)
        {
            return self.held(body).unwrap_or(Weight::UNKNOWN);
        }
        if let Root::Param(f, i) = origin.root
            && let Some(weight) = self.weigh_param(f, i, origin, depth, seen)
        {
            return weight;
        }
        let mut field = Weight::UNKNOWN;
        for (_, origins) in self.field_sources(origin) {
            for weight in origins.iter().map(|o| self.weigh_origin(o, depth - 1, seen)).collect::<Vec<_>>() {
                if weight.is_large() {
                    field = field.or(weight);
                }
            }
        }
        field
    }

    /// What callers give, and what a promise hands on.
    fn weigh_param(&self, f: Fun, i: u32, origin: &Origin, depth: u32, seen: &mut Seen) -> Option<Weight> {
        let mut found: Option<Weight> = None;
        for passed in self.passed(f) {
            if let Some((object, Key::Name(name))) = self.receiver(passed.call)
                && name == "then"
                && (passed.arg, i) == (0, 0)
                && origin.path.is_empty()
            {
                let weight = self.weigh_value(object, depth - 1, seen);
                found = Some(found.map_or(weight.clone(), |f| f.or(weight)));
            }
        }
        for &caller in self.callers(f).iter().take(8) {
            if self.within(self.function_of(caller), f) {
                continue;
            }
            for moved in self.from_callee(caller, f, origin) {
                // What one caller gives, the listener keeps after that call.
                let weight = match self.call(caller).args.get(i as usize) {
                    Some(&arg) if origin.path.is_empty() => self.weigh_value(caller.with(arg), depth - 1, seen),
                    _ => self.weigh_origin(&moved, depth - 1, seen),
                };
                if weight.is_large() {
                    return Some(weight);
                }
                found = Some(found.map_or(weight.clone(), |f| f.or(weight)));
            }
        }
        found
    }

    /// A function is as heavy as what it keeps.
    fn weigh_function(&self, f: Fun, depth: u32, seen: &mut Seen) -> Weight {
        let mut total = Weight::SMALL;
        for retained in self.facts(f.file).retained(f.id).iter().take(USES) {
            let Kept::Binding(b) = retained.kept else {
                total = total.or(Weight::UNKNOWN);
                continue;
            };
            let weight = self.weigh_binding(f.with(b), depth - 1, seen);
            if weight.is_large() {
                let name = &self.binding(f.with(b)).name;
                return Weight { sure: false, ..weight.within(|what| format!("a function that keeps `{name}`, {what}")) };
            }
            total = total.or(weight);
        }
        total
    }

    /// A generator that was left at a `yield` keeps all its variables, used again or not.
    pub(super) fn weigh_suspended(&self, f: Fun, depth: u32, seen: &mut Seen) -> Weight {
        for (index, binding) in self.facts(f.file).bindings.iter().enumerate().filter(|(_, binding)| binding.function == f.id) {
            let weight = self.weigh_binding(f.with(BindingId(index as u32)), depth - 1, seen);
            if weight.is_large() {
                return Weight {
                    sure: false,
                    ..weight.within(|what| format!("a suspended generator that keeps `{}`, {what}", binding.name))
                };
            }
        }
        Weight::UNKNOWN
    }

    /// An object or array literal: what stands in it and what is put into it.
    fn weigh_literal(&self, v: At<ValueId>, depth: u32, seen: &mut Seen) -> Weight {
        match self.value(v) {
            Value::Array(elements) => {
                let inside = self.heaviest(elements.iter().map(|&e| v.with(e)), depth, seen);
                match self.weigh_put(&Origin::root(Root::Literal(v)), v.file, depth, seen) {
                    Some(put) => inside.or(Weight::of(Size::Unbounded, "an array of collected chunks", put.sure)),
                    None => inside,
                }
            }
            Value::Object(props, spreads) => {
                let mut total = Weight::SMALL;
                for (key, value) in props {
                    let weight = self.weigh_value(v.with(*value), depth - 1, seen);
                    total = total.or(match key {
                        Key::Name(name) => weight.within(|what| format!("an object whose `{name}` is {what}")),
                        Key::Computed(_) => weight.within(|what| format!("an object that holds {what}")),
                    });
                }
                for &spread in spreads {
                    total = total.or(self.weigh_value(v.with(spread), depth - 1, seen));
                }
                let fields = self.weigh_fields(Owner::Literal(v), depth, seen);
                if fields.is_large() { total.or(fields) } else { total }
            }
            _ => Weight::UNKNOWN,
        }
    }

    /// The heaviest thing that is put into a collection: `push`, `unshift`, `add`, `set`.
    pub(super) fn weigh_put(&self, collection: &Origin, file: u32, depth: u32, seen: &mut Seen) -> Option<Weight> {
        let puts = self.puts(file);
        let calls = puts.get(collection)?.iter().take(USES);
        let mut args = calls.flat_map(|&c| self.call(c).args.iter().map(move |&a| c.with(a)));
        args.find_map(|arg| Some(self.weigh_value(arg, depth - 1, seen)).filter(Weight::is_large))
    }

    fn puts(&self, file: u32) -> Rc<FxHashMap<Origin, Vec<CallAt>>> {
        if let Some(known) = self.weights.puts.borrow().get(&file) {
            return known.clone();
        }
        let mut puts: FxHashMap<Origin, Vec<CallAt>> = FxHashMap::default();
        for c in (0..self.facts(file).calls.len() as u32).map(|i| At::new(file, CallId(i))) {
            if let Some((object, Key::Name(name))) = self.receiver(c)
                && matches!(name.as_str(), "push" | "unshift" | "add" | "set")
            {
                self.origins(object).iter().for_each(|o| puts.entry(o.clone()).or_default().push(c));
            }
        }
        let puts = Rc::new(puts);
        self.weights.puts.borrow_mut().insert(file, puts.clone());
        puts
    }

    fn fields(&self, file: u32) -> Rc<FxHashMap<Owner, Vec<AssignId>>> {
        if let Some(known) = self.weights.fields.borrow().get(&file) {
            return known.clone();
        }
        let mut fields: FxHashMap<Owner, Vec<AssignId>> = FxHashMap::default();
        for (index, assign) in self.facts(file).assigns.iter().enumerate() {
            let Place::Member(object, Key::Name(_)) = &assign.to else { continue };
            for origin in self.origins(At::new(file, *object)).iter().filter(|o| o.path.is_empty()) {
                let owner = match origin.root {
                    Root::This(g) => self.owner_of_this(g),
                    Root::Literal(v) => Some(Owner::Literal(v)),
                    _ => None,
                };
                if let Some(owner) = owner {
                    fields.entry(owner).or_default().push(AssignId(index as u32));
                }
            }
        }
        let fields = Rc::new(fields);
        self.weights.fields.borrow_mut().insert(file, fields.clone());
        fields
    }

    /// An object of the program is as heavy as what its fields are given.
    fn weigh_fields(&self, owner: Owner, depth: u32, seen: &mut Seen) -> Weight {
        let file = match owner {
            Owner::Class(class) => class.file,
            Owner::Proto(f) | Owner::Function(f) => f.file,
            Owner::Literal(v) => v.file,
        };
        if depth < 2 || !seen.owners.insert(owner) {
            return Weight::UNKNOWN;
        }
        let fields = self.fields(file);
        for &id in fields.get(&owner).into_iter().flatten().take(USES) {
            let assign = self.assign(At::new(file, id));
            let Place::Member(_, Key::Name(key)) = &assign.to else { continue };
            let weight = self.weigh_value(At::new(file, assign.from), depth - 1, seen);
            // Another modelled object in a field is the rule rather than the exception; what grows is worth telling.
            if weight.is_large() {
                return Weight { sure: false, ..weight.within(|what| format!("an object whose `{key}` is {what}")) };
            }
        }
        Weight::UNKNOWN
    }
}

fn is_scalar(of: &TypeRef) -> bool {
    !of.names.is_empty() && of.names.iter().all(|name| matches!(name.as_str(), "number" | "boolean" | "bigint" | "symbol"))
}

fn is_count(name: &str) -> bool {
    matches!(name, "length" | "byteLength" | "byteOffset" | "size" | "statusCode" | "writableLength" | "readableLength")
}
