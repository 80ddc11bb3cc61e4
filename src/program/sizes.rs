//! Sizes: what a value that a listener keeps is, and whether it grows with the input.
//!
//! ```text
//! size(v) :- what the model of its type holds             readFile, Buffer, a request, its body
//! size(v) :- size(x)            v = x.toString(), JSON.parse(x), x.subarray(), ...
//! size(v) :- size of the parts  v an array that is pushed to, a text that is added to, an object's fields
//! size(v) :- what it keeps      v a function
//! unknown                       otherwise: a name alone tells nothing
//! ```

use rustc_hash::FxHashSet;

use super::owners::Owner;
use super::types::Type;
use super::{At, CallAt, Fun, Origin, PathKey, Program, Root};
use crate::facts::*;
use crate::findings::Size;

/// How far a value is followed. Each is weighed once, so this bounds the stack, not the time.
const DEPTH: u32 = 24;
/// A buffer from here on is large: what V8 and Node allocate outside of their pools.
const LARGE: u64 = 64 << 10;
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
    const SMALL: Weight = Weight { size: Size::Small, what: None, sure: true };

    fn of(size: Size, what: impl Into<String>, sure: bool) -> Weight {
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

    fn within(self, holder: impl FnOnce(&str) -> String) -> Weight {
        if !self.is_large() {
            return self;
        }
        Weight { what: self.what.as_deref().map(holder), ..self }
    }
}

/// What is being weighed: a value that leads back to itself weighs nothing more.
#[derive(Default)]
struct Seen {
    bindings: FxHashSet<At<BindingId>>,
    origins: FxHashSet<Origin>,
    owners: FxHashSet<Owner>,
}

impl Program<'_> {
    /// What a variable holds.
    pub fn weigh_variable(&self, b: At<BindingId>) -> Weight {
        self.weigh_binding(b, DEPTH, &mut Seen::default())
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

    fn weigh_value(&self, v: At<ValueId>, depth: u32, seen: &mut Seen) -> Weight {
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
        for retained in self.facts(f.file).retained(f.id).iter().take(USES) {
            if let Kept::Binding(b) = retained.kept {
                let weight = self.weigh_binding(f.with(b), depth - 1, seen);
                if weight.is_large() {
                    let name = &self.binding(f.with(b)).name;
                    return Weight { sure: false, ..weight.within(|what| format!("a function that keeps `{name}`, {what}")) };
                }
            }
        }
        Weight::SMALL
    }

    /// A generator that was left at a `yield` keeps all its variables, used again or not.
    fn weigh_suspended(&self, f: Fun, depth: u32, seen: &mut Seen) -> Weight {
        for (index, binding) in self.facts(f.file).bindings.iter().enumerate().filter(|(_, binding)| binding.function == f.id) {
            let weight = self.weigh_binding(f.with(BindingId(index as u32)), depth - 1, seen);
            if weight.is_large() {
                return Weight { sure: false, ..weight.within(|what| format!("a suspended generator that keeps `{}`, {what}", binding.name)) };
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
    fn weigh_put(&self, collection: &Origin, file: u32, depth: u32, seen: &mut Seen) -> Option<Weight> {
        let facts = self.facts(file);
        let calls = (0..facts.calls.len() as u32).map(|i| At::new(file, CallId(i)));
        let puts = calls.filter(|&c| {
            matches!(self.receiver(c), Some((object, Key::Name(name)))
                if matches!(name.as_str(), "push" | "unshift" | "add" | "set") && self.origins(object).contains(collection))
        });
        let mut args = puts.take(USES).flat_map(|c| self.call(c).args.iter().map(move |&a| c.with(a)).collect::<Vec<_>>());
        args.find_map(|arg| Some(self.weigh_value(arg, depth - 1, seen)).filter(Weight::is_large))
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
        for assign in self.facts(file).assigns.iter() {
            let Place::Member(object, Key::Name(key)) = &assign.to else { continue };
            let of_owner = self.origins(At::new(file, *object)).iter().any(|o| {
                o.path.is_empty()
                    && match o.root {
                        Root::This(g) => self.owner_of_this(g) == Some(owner),
                        Root::Literal(v) => owner == Owner::Literal(v),
                        _ => false,
                    }
            });
            if !of_owner {
                continue;
            }
            let weight = self.weigh_value(At::new(file, assign.from), depth - 1, seen);
            // Another modelled object in a field is the rule rather than the exception; what grows is worth telling.
            if weight.is_large() {
                return Weight { sure: false, ..weight.within(|what| format!("an object whose `{key}` is {what}")) };
            }
        }
        Weight::UNKNOWN
    }

    /// The result of a call that is not looked through; none where its type has to tell.
    fn weigh_call(&self, c: CallAt, depth: u32, seen: &mut Seen) -> Option<Weight> {
        let call = self.call(c);
        let arg = |i: usize| call.args.get(i).map(|&a| c.with(a));
        if call.kind == CallKind::Call
            && let Some(&f) = self.functions_called(c).iter().find(|&&f| self.fun(f).is_generator)
        {
            return Some(self.weigh_suspended(f, depth, seen));
        }
        let name = self.callee_name(c)?;
        if call.kind == CallKind::New {
            return self.weigh_new(c, &name, depth, seen);
        }
        let Some((object, _)) = self.receiver(c) else {
            return match (name.as_str(), arg(0)) {
                ("String" | "structuredClone", Some(of)) if matches!(self.value(c.with(call.callee)), Value::Global(_)) => {
                    Some(self.weigh_value(of, depth - 1, seen))
                }
                ("Number" | "Boolean" | "parseInt" | "parseFloat" | "Symbol", _) => Some(Weight::SMALL),
                ("require", _) => Some(Weight::SMALL),
                _ => None,
            };
        };
        if self.is_global(object, "JSON") {
            return arg(0).map(|of| {
                let made = if name == "parse" { "what was parsed from" } else { "the text of" };
                self.weigh_value(of, depth - 1, seen).within(|what| format!("{made} {what}"))
            });
        }
        if self.is_buffer(object) {
            return self.weigh_buffer(c, &name, depth, seen);
        }
        if matches!(self.value(object), Value::Global(name) if matches!(name.as_str(), "Math" | "Date" | "Number" | "performance")) {
            return Some(Weight::SMALL);
        }
        if !self.functions_called(c).is_empty() {
            return None;
        }
        match name.as_str() {
            "indexOf" | "lastIndexOf" | "includes" | "startsWith" | "endsWith" | "charCodeAt" | "test" | "has" | "some" | "every"
            | "findIndex" | "now" | "equals" | "compare" | "readUInt8" | "readUInt16BE" | "readUInt32BE" | "readInt32LE" | "getTime"
            | "hrtime" | "listenerCount" => Some(Weight::SMALL),
            // A part of a buffer holds all of it; texts and arrays made of large ones are large.
            "toString" | "subarray" | "slice" | "trim" | "trimEnd" | "trimStart" | "replace" | "replaceAll" | "toLowerCase"
            | "toUpperCase" | "split" | "concat" | "join" | "map" | "filter" | "reverse" | "flat" | "sort" | "normalize" | "padEnd"
            | "padStart" | "valueOf" | "toJSON" | "decode" | "then" | "catch" | "finally" | "repeat" => {
                let (of, made) = match name.as_str() {
                    "decode" => (arg(0)?, "the text of "),
                    "toString" => (object, "the text of "),
                    "split" => (object, "the pieces of "),
                    "join" => (object, "text put together from "),
                    _ => (object, ""),
                };
                let weight = self.weigh_value(of, depth - 1, seen).within(|what| format!("{made}{what}"));
                let weight = match (name.as_str(), arg(0)) {
                    ("concat", Some(more)) => weight.or(self.weigh_value(more, depth - 1, seen)),
                    _ => weight,
                };
                weight.is_large().then_some(weight)
            }
            // Only what has a body has these.
            "arrayBuffer" | "formData" | "blob" if call.args.is_empty() && self.method_model(c).is_none() => {
                Some(Weight::of(Size::Unbounded, "a body that was read", true))
            }
            _ => None,
        }
    }

    fn is_buffer(&self, object: At<ValueId>) -> bool {
        self.origins(object).iter().any(|o| match (o.root, &o.path[..]) {
            (Root::Global(name), []) => &*self.text(name) == "Buffer",
            (Root::Module(module), [PathKey::Name(name)]) => &*self.text(module) == "buffer" && &*self.text(*name) == "Buffer",
            _ => false,
        })
    }

    /// `Buffer.alloc(n)`, `Buffer.from(x)`, `Buffer.concat(list)`.
    fn weigh_buffer(&self, c: CallAt, name: &str, depth: u32, seen: &mut Seen) -> Option<Weight> {
        let first = self.call(c).args.first().map(|&a| c.with(a));
        match (name, first) {
            ("alloc" | "allocUnsafe" | "allocUnsafeSlow", Some(size)) => Some(self.weigh_bytes(size, 1, "a buffer")),
            ("from" | "copyBytesFrom", Some(of)) => {
                let weight = self.weigh_value(of, depth - 1, seen);
                Some(match weight.size {
                    Size::Unknown => Weight::of(Size::Unbounded, "a buffer", false),
                    Size::Small => weight,
                    _ => weight.within(|what| format!("a buffer of {what}")),
                })
            }
            ("concat", _) => Some(Weight::of(Size::Unbounded, "a buffer put together from chunks", true)),
            ("byteLength" | "compare" | "isBuffer" | "isEncoding", _) => Some(Weight::SMALL),
            _ => None,
        }
    }

    /// So many elements of `each` bytes.
    fn weigh_bytes(&self, size: At<ValueId>, each: u64, what: &str) -> Weight {
        match self.number(size, 6).map(|n| n * each as f64) {
            Some(bytes) if bytes < LARGE as f64 => Weight::SMALL,
            Some(bytes) if bytes >= (1 << 20) as f64 => {
                Weight::of(Size::Large, format!("{what} of {} MB", (bytes / 1048576.0).round()), true)
            }
            Some(bytes) => Weight::of(Size::Large, format!("{what} of {} KB", (bytes / 1024.0).round()), true),
            None => Weight::of(Size::Unbounded, what, false),
        }
    }

    /// A number that the source gives.
    fn number(&self, v: At<ValueId>, depth: u32) -> Option<f64> {
        if depth == 0 {
            return None;
        }
        match self.value(v) {
            Value::Number(text) => parse_number(text),
            Value::Binary(op, a, b) => {
                let (a, b) = (self.number(v.with(*a), depth - 1)?, self.number(v.with(*b), depth - 1)?);
                match op.as_str() {
                    "*" => Some(a * b),
                    "+" => Some(a + b),
                    "-" => Some(a - b),
                    "/" => Some(a / b),
                    "**" => Some(a.powf(b)),
                    "<<" => Some(a * 2f64.powf(b)),
                    _ => None,
                }
            }
            Value::Binding(b) => match self.binding(v.with(*b)).defs[..] {
                [def] => self.number(v.with(self.assign(v.with(def)).from), depth - 1),
                _ => None,
            },
            _ => self.constant(v).and_then(|text| parse_number(&text)),
        }
    }

    fn weigh_new(&self, c: CallAt, name: &str, depth: u32, seen: &mut Seen) -> Option<Weight> {
        let first = self.call(c).args.first().map(|&a| c.with(a));
        if name == "Promise" {
            return self.weigh_promise(c, depth, seen);
        }
        if matches!(name, "Map" | "Set") {
            let made = Origin::root(Root::Call(c));
            let put = self.weigh_put(&made, c.file, depth, seen)?;
            return Some(Weight { size: Size::Unbounded, sure: false, ..put.within(|what| format!("a collection that holds {what}")) });
        }
        let typed = self.origins(c.with(self.call(c).callee)).iter().find_map(|o| self.constructed(o))?;
        let each = match self.models.name(typed) {
            "ArrayBuffer" => 1,
            "TypedArray" if name.contains("64") => 8,
            "TypedArray" if name.contains("32") => 4,
            "TypedArray" if name.contains("16") => 2,
            "TypedArray" => 1,
            _ => return None,
        };
        let (what, _) = self.models.holds(typed)?;
        match first {
            None => Some(Weight::SMALL),
            Some(size) if self.number(size, 6).is_some() => Some(self.weigh_bytes(size, each, what)),
            Some(of) => {
                let weight = self.weigh_value(of, depth - 1, seen);
                Some(if weight.size == Size::Unknown { Weight::of(Size::Unbounded, what, false) } else { weight })
            }
        }
    }

    /// What a promise made here is resolved with.
    fn weigh_promise(&self, c: CallAt, depth: u32, seen: &mut Seen) -> Option<Weight> {
        let executor = self.call(c).args.first().map(|&a| c.with(a))?;
        for (f, _) in self.functions_of(executor) {
            let resolve = Origin::root(Root::Param(f, 0));
            for inner in self.calls_within(f) {
                let call = self.call(inner);
                if self.origins(inner.with(call.callee)).contains(&resolve)
                    && let Some(&value) = call.args.first()
                {
                    let weight = self.weigh_value(inner.with(value), depth - 1, seen);
                    if weight.is_large() {
                        return Some(weight);
                    }
                }
            }
        }
        None
    }
}

fn is_scalar(of: &TypeRef) -> bool {
    !of.names.is_empty() && of.names.iter().all(|name| matches!(name.as_str(), "number" | "boolean" | "bigint" | "symbol"))
}

fn is_count(name: &str) -> bool {
    matches!(name, "length" | "byteLength" | "byteOffset" | "size" | "statusCode" | "writableLength" | "readableLength")
}

fn parse_number(text: &str) -> Option<f64> {
    let text = text.replace('_', "");
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u64::from_str_radix(hex, 16).ok().map(|n| n as f64);
    }
    text.parse().ok()
}
