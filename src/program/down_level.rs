//! Down-level code: how compiled classes call the constructor that they inherit from, where the parts of compiled generators lead.

use super::{At, Fun, Origin, Program};
use crate::facts::*;

impl Program<'_> {
    /// What a parent's constructor gives back where it gives nothing: `this`.
    pub(super) fn is_down_level_super(&self, v: At<ValueId>, parts: &[ValueId]) -> bool {
        let [call, this] = parts else { return false };
        let (Value::Call(c), Value::This(_)) = (self.value(v.with(*call)), self.value(v.with(*this))) else { return false };
        let c = v.with(*c);
        let called_on = self.call(c).args.first().is_some_and(|&first| self.value(c.with(first)) == self.value(v.with(*this)));
        called_on && matches!(self.receiver(c), Some((_, Key::Name(name))) if matches!(name.as_str(), "call" | "apply"))
    }

    /// `_super` of `var _super = _createSuper(Class)`: called, it gives back the object.
    pub(super) fn is_created_super(&self, v: At<ValueId>) -> bool {
        let Value::Binding(b) = self.value(v) else { return false };
        let [def] = self.binding(v.with(*b)).defs[..] else { return false };
        match self.value(v.with(self.assign(v.with(def)).from)) {
            Value::Call(c) => self.callee_name(v.with(*c)).is_some_and(|name| name == "_createSuper"),
            _ => false,
        }
    }

    /// What a constructor inherits from.
    pub(super) fn parents_of(&self, constructor: &Origin) -> Vec<Origin> {
        let owner = super::owners::owner_of_constructor(constructor);
        owner.map_or_else(Vec::new, |owner| self.parents(owner).iter().filter(|p| *p != constructor).cloned().collect())
    }

    /// The part of a generator's state machine that was a `finally`: whatever way out its `try` takes leads there.
    ///
    /// TypeScript tells them one by one, `trys.push([try, catch, finally, next])`; regenerator in a list beside the function.
    pub(super) fn is_down_level_finally(&self, block: At<BlockId>) -> bool {
        let here = self.block(block);
        let BlockKind::Then(test) = here.kind else { return false };
        let Value::Binary(_, _, label) = self.value(block.with(test)) else { return false };
        let Value::Number(label) = self.value(block.with(*label)) else { return false };
        let f = block.with(here.function);
        let is_finally = |v: At<ValueId>| match self.value(v) {
            Value::Array(parts) => {
                parts.get(2).is_some_and(|&part| matches!(self.value(v.with(part)), Value::Number(number) if number == label))
            }
            _ => false,
        };
        let pushed = || {
            self.calls_within(f).into_iter().any(|c| {
                let Some((object, Key::Name(name))) = self.receiver(c) else { return false };
                name == "push"
                    && matches!(self.value(object), Value::Member(_, Key::Name(list)) if list == "trys")
                    && self.call(c).args.iter().any(|&region| is_finally(c.with(region)))
            })
        };
        let listed = || {
            self.passed(f).iter().any(|p| {
                self.call(p.call).args.iter().any(|&regions| match self.value(p.call.with(regions)) {
                    Value::Array(regions) => regions.iter().any(|&region| is_finally(p.call.with(region))),
                    _ => false,
                })
            })
        };
        pushed() || listed()
    }

    /// The body of a down-level generator: its `while (1) switch` is no loop, and its `return`s are steps on the way.
    pub(super) fn is_state_machine(&self, f: Fun) -> bool {
        self.passed(f).iter().any(|p| match self.called_as(p.call) {
            Some("__generator" | "_ts_generator") => true,
            Some("wrap" | "w" | "async" | "a") => self.is_regenerator(p.call),
            _ => false,
        })
    }
}
