//! Latest: the value that a variable, or a member of what it holds, has at a call, by the assignment that every way to the call passes last.

use super::{At, CallAt, Origin, PathKey, Program};
use crate::facts::*;

impl Program<'_> {
    /// What the line before a call puts into a member of what the call is given: `job.reply = reply; answer(job)`.
    pub(super) fn put_before(&self, c: CallAt, given: ValueId, path: &[PathKey]) -> Option<Vec<Origin>> {
        let (&Value::Binding(variable), [key @ PathKey::Name(_), rest @ ..]) = (self.value(c.with(given)), path) else { return None };
        let puts = |assign: &Assign| match &assign.to {
            Place::Member(object, name @ Key::Name(_)) => {
                matches!(self.value(c.with(*object)), Value::Binding(b) if *b == variable) && self.path_key(c.file, name) == *key
            }
            _ => false,
        };
        let assign = self.last_assign(c, &puts)?;
        let whole = !assign.only_if_empty && !assign.delete && !assign.compound;
        whole.then(|| self.origins(c.with(assign.from)).iter().flat_map(|o| self.follow(o, rest)).collect())
    }

    /// The value that a variable has at a call, where the code before it gives it another on every way: `part = find(); part = make();
    /// part.on(...)`.
    pub(super) fn last_given(&self, c: CallAt, v: At<ValueId>) -> At<ValueId> {
        match self.value(v) {
            Value::Binding(b) if self.binding(v.with(*b)).function == self.call(c).function => self.last_put(c, v),
            _ => v,
        }
    }

    /// The same, where the variable may be one of a function around, which others give a value meanwhile.
    pub(super) fn last_put(&self, c: CallAt, v: At<ValueId>) -> At<ValueId> {
        let &Value::Binding(variable) = self.value(v) else { return v };
        if self.binding(v.with(variable)).defs.len() < 2 {
            return v;
        }
        let puts = |assign: &Assign| matches!(assign.to, Place::Binding(b) if b == variable);
        match self.last_assign(c, &puts) {
            Some(assign) if !assign.only_if_empty && !assign.compound => c.with(assign.from),
            _ => v,
        }
    }

    /// The last such assignment before a call, which every way to the call passes; none where another one may come after it.
    fn last_assign(&self, c: CallAt, such: &dyn Fn(&Assign) -> bool) -> Option<&Assign> {
        let mut at = c.with(self.call(c).block);
        let mut upto = self.order_of(c);
        loop {
            let block = self.block(at);
            for item in block.items.iter().take(upto).rev() {
                match item {
                    Item::Assign(a) if such(self.assign(c.with(*a))) => return Some(self.assign(c.with(*a))),
                    item if self.parts_of(item).iter().any(|&part| self.has_assign(c.with(part), such)) => return None,
                    _ => {}
                }
            }
            if matches!(block.kind, BlockKind::Loop(..)) && self.has_assign(at, such) {
                return None;
            }
            let parent = block.parent?;
            upto = block.index as usize;
            at = at.with(parent);
        }
    }

    /// The blocks that an item of a block is made of.
    fn parts_of(&self, item: &Item) -> Vec<BlockId> {
        match *item {
            Item::Branch(_, then, otherwise) => std::iter::once(then).chain(otherwise).collect(),
            Item::Loop(body) => vec![body],
            Item::Try(body, catch, finally) => std::iter::once(body).chain(catch).chain(finally).collect(),
            _ => Vec::new(),
        }
    }

    fn has_assign(&self, at: At<BlockId>, such: &dyn Fn(&Assign) -> bool) -> bool {
        self.block(at).items.iter().any(|item| match item {
            Item::Assign(a) => such(self.assign(at.with(*a))),
            item => self.parts_of(item).into_iter().any(|part| self.has_assign(at.with(part), such)),
        })
    }
}
