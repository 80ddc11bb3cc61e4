//! Latest: the value that a variable, or a member of what it holds, has at a call, by the assignment that every way to the call passes last.

use super::{At, CallAt, Origin, PathKey, Program, Root};
use crate::facts::*;

/// What a stretch of code assigns last.
enum Last<'p> {
    None,
    /// One of these, whichever way is taken.
    Sure(Vec<&'p Assign>),
    /// On some ways, or in parts that may run or not.
    Maybe,
}

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

    /// Every way to the call puts something new into the variable or member that `v` is: `this.browser = await launch();
    /// this.browser.pages()`.
    pub(super) fn is_just_put(&self, c: CallAt, v: At<ValueId>) -> bool {
        let new = |made: CallAt| {
            let call = self.call(made);
            self.function_of(made) == self.function_of(c)
                && (call.kind == CallKind::New || self.method_model(made).is_some_and(|model| model.origin == crate::models::Origin::Fresh))
        };
        let makes = |v: At<ValueId>| {
            let origins = self.origins(v);
            !origins.is_empty() && origins.iter().all(|o| matches!(o.root, Root::Call(made) if o.path.is_empty() && new(made)))
        };
        let (object, key) = match self.value(v) {
            Value::Member(object, key @ Key::Name(_)) => (*object, key),
            Value::Binding(_) => return self.last_puts(c, v).into_iter().all(makes),
            _ => return false,
        };
        let same = |other: ValueId| match (self.value(v.with(object)), self.value(c.with(other))) {
            (Value::This(f), Value::This(g)) => f == g,
            (Value::Binding(a), Value::Binding(b)) => a == b,
            _ => false,
        };
        let puts = |assign: &Assign| matches!(&assign.to, Place::Member(to, name) if name == key && same(*to));
        self.last_assigns(c, &puts).is_some_and(|last| {
            last.iter().all(|assign| !assign.only_if_empty && !assign.compound && !assign.delete && makes(c.with(assign.from)))
        })
    }

    /// The emitter is part of what the lines before have just made: `this.popup = new Popup(); this.popup.list.on(...)`.
    pub(super) fn is_of_just_put(&self, c: CallAt) -> bool {
        let mut at = self.receiver(c).map(|(object, _)| object);
        while let Some(v) = at {
            if matches!(self.value(v), Value::Member(..)) && self.is_just_put(c, v) {
                return true;
            }
            at = match self.value(v) {
                Value::Member(object, _) => Some(v.with(*object)),
                _ => None,
            };
        }
        false
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
        match self.last_puts(c, v)[..] {
            [put] => put,
            _ => v,
        }
    }

    /// The values that a variable may have been given last, one for each way: `if (old) part = a(); else part = b(); part.on(...)`. It
    /// itself where another one may come after that.
    pub(super) fn last_puts(&self, c: CallAt, v: At<ValueId>) -> Vec<At<ValueId>> {
        let &Value::Binding(variable) = self.value(v) else { return vec![v] };
        if self.binding(v.with(variable)).defs.len() < 2 {
            return vec![v];
        }
        let puts = |assign: &Assign| matches!(assign.to, Place::Binding(b) if b == variable);
        match self.last_assigns(c, &puts) {
            Some(last) if last.iter().all(|assign| !assign.only_if_empty && !assign.compound) => {
                last.iter().map(|assign| c.with(assign.from)).collect()
            }
            _ => vec![v],
        }
    }

    /// The last such assignment before a call, which every way to the call passes; none where another one may come after it.
    fn last_assign(&self, c: CallAt, such: &dyn Fn(&Assign) -> bool) -> Option<&Assign> {
        match self.last_assigns(c, such)?[..] {
            [last] => Some(last),
            _ => None,
        }
    }

    /// The last such assignments before a call, of which every way to the call passes one.
    fn last_assigns(&self, c: CallAt, such: &dyn Fn(&Assign) -> bool) -> Option<Vec<&Assign>> {
        let mut at = c.with(self.call(c).block);
        let mut upto = self.order_of(c);
        loop {
            let block = self.block(at);
            match self.last_within(at, upto, such) {
                Last::None => {}
                Last::Sure(last) => return Some(last),
                Last::Maybe => return None,
            }
            if matches!(block.kind, BlockKind::Loop(..)) && self.has_assign(at, such) {
                return None;
            }
            let parent = block.parent?;
            upto = block.index as usize;
            at = at.with(parent);
        }
    }

    /// The last such assignments among the first items of a block.
    fn last_within(&self, at: At<BlockId>, upto: usize, such: &dyn Fn(&Assign) -> bool) -> Last<'_> {
        for item in self.block(at).items.iter().take(upto).rev() {
            match item {
                Item::Assign(a) if such(self.assign(at.with(*a))) => return Last::Sure(vec![self.assign(at.with(*a))]),
                Item::Branch(_, then, Some(otherwise)) => {
                    let [one, other] = [then, otherwise].map(|&arm| self.last_within(at.with(arm), usize::MAX, such));
                    match (one, other) {
                        (Last::None, Last::None) => {}
                        (Last::Sure(mut one), Last::Sure(other)) => {
                            one.extend(other);
                            return Last::Sure(one);
                        }
                        _ => return Last::Maybe,
                    }
                }
                // Whoever comes behind it has come through it.
                &Item::Try(body, Some(catch), finally)
                    if self.leaves(at.with(catch)) && !finally.is_some_and(|last| self.has_assign(at.with(last), such)) =>
                {
                    match self.last_within(at.with(body), usize::MAX, such) {
                        Last::None => {}
                        last => return last,
                    }
                }
                item if self.parts_of(item).iter().any(|&part| self.has_assign(at.with(part), such)) => return Last::Maybe,
                _ => {}
            }
        }
        Last::None
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
