//! Gathering: a listener that collects for the activation that added it, which waits for what comes.

use super::sites::Registration;
use super::{At, Fun, Origin, Program, Root};
use crate::facts::*;

/// How deep a value is taken apart for the variable that it is made of.
const NAMED: u32 = 5;

impl Program<'_> {
    /// The listener gathers for one call: it writes a variable of an activation that waits (an asynchronous function, a generator), and
    /// the activation reads that itself while it goes on (`on('data', (x) => queue.push(x)); for (;;) yield queue.shift()`).
    pub(super) fn is_gathering(&self, registration: &Registration) -> bool {
        let waits = |&a: &Fun| !self.is_instance_scope(a) && (self.fun(a).is_async || self.fun(a).is_generator);
        let activations: Vec<Fun> = self.chain(self.function_of(registration.call)).into_iter().filter(waits).collect();
        // (A part that an object made for itself may serve one run of the object.)
        let older = |o: &Origin| match o.root {
            Root::This(_) => o.path.is_empty(),
            Root::Param(..) => true,
            _ => false,
        };
        if activations.is_empty() || !registration.receivers.iter().all(older) {
            return false;
        }
        let functions = self.functions_of_origins(&registration.handlers, 4);
        functions.iter().filter(|(h, _)| activations.iter().any(|&a| self.within(*h, a))).any(|&(h, _)| {
            self.fun(h).captures.iter().map(|&b| h.with(b)).any(|b| {
                let binding = self.binding(b);
                binding.kind != BindingKind::Param
                    && activations.contains(&b.with(binding.function))
                    && (self.writes(h, b) || self.puts_into(h, b))
                    && self.reads_itself(b.with(binding.function), b)
            })
        })
    }

    /// The function, or one in it, gives the variable a value.
    fn writes(&self, h: Fun, b: At<BindingId>) -> bool {
        self.binding(b).defs.iter().any(|&def| self.within(b.with(self.assign(b.with(def)).function), h))
    }

    /// The function, or one in it, puts something into the list that the variable has.
    fn puts_into(&self, h: Fun, b: At<BindingId>) -> bool {
        self.putting(h.file).any(|c| {
            self.within(self.function_of(c), h)
                && matches!(self.receiver(c), Some((object, _)) if *self.value(object) == Value::Binding(b.id))
        })
    }

    /// The function's own text reads the variable: a test, a result, or the receiver or an argument of a call.
    fn reads_itself(&self, f: Fun, b: At<BindingId>) -> bool {
        let names = |v: ValueId| self.is_made_of(f.with(v), b, NAMED);
        let own = self.facts(f.file).blocks.iter().filter(|block| block.function == f.id);
        own.flat_map(|block| {
            let turned = matches!(block.kind, BlockKind::Loop(_, Some(test)) if names(test));
            std::iter::once(turned).chain(block.items.iter().map(|item| match item {
                Item::Branch(v, ..) | Item::Await(v) | Item::Exit(Exit::Return(Some(v)) | Exit::Throw(v)) => names(*v),
                Item::Call(c) => names(self.call(f.with(*c)).callee) || self.call(f.with(*c)).args.iter().any(|&v| names(v)),
                _ => false,
            }))
        })
        .any(|read| read)
    }

    /// The value is made of the variable's.
    fn is_made_of(&self, v: At<ValueId>, b: At<BindingId>, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let any = |parts: &[ValueId]| parts.iter().any(|&x| self.is_made_of(v.with(x), b, depth));
        match self.value(v) {
            Value::Binding(x) => *x == b.id,
            Value::Member(x, _) | Value::Unary(_, x) | Value::Await(x) | Value::Spread(x) | Value::Element(x) => any(&[*x]),
            Value::Binary(_, x, y) => any(&[*x, *y]),
            Value::Choice(_, parts) | Value::Array(parts) | Value::Text(parts) => any(parts),
            _ => false,
        }
    }
}
