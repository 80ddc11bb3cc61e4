//! Down-level code: how compiled classes call the constructor that they inherit from.

use super::{At, Origin, Program};
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
}
