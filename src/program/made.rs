//! What calls make, and how big that is: buffers by the size that is written, parts and texts of other values, what a promise is
//! resolved with. See [`super::sizes`].

use super::sizes::{LARGE, Seen, Weight};
use super::{At, CallAt, Origin, PathKey, Program, Root};
use crate::facts::*;
use crate::findings::Size;

impl Program<'_> {
    /// The result of a call that is not looked through; none where its type has to tell.
    pub(super) fn weigh_call(&self, c: CallAt, depth: u32, seen: &mut Seen) -> Option<Weight> {
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
                self.weigh_value(of, depth - 1, seen).within(|what| format!("{made} {}", plain(what)))
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
                let weight = self.weigh_value(of, depth - 1, seen).within(|what| match made {
                    "" => what.to_owned(),
                    made => format!("{made}{}", plain(what)),
                });
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

/// What a text was made of: the last step is enough for a reader.
fn plain(what: &str) -> &str {
    ["the text of ", "what was parsed from ", "the pieces of "].iter().find_map(|made| what.strip_prefix(made)).unwrap_or(what)
}

fn parse_number(text: &str) -> Option<f64> {
    let text = text.replace('_', "");
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u64::from_str_radix(hex, 16).ok().map(|n| n as f64);
    }
    text.parse().ok()
}
