//! Markup: parts of the page that a call has just written, and then looks up. They are new at each call, and go with what is written next.
//!
//! ```text
//! written(Q) :- x.innerHTML = '...' before Q in its activation, Q asks x or the page        box.innerHTML = text; box.querySelector('a')
//! written(Q) :- what writes so is called before Q
//! ```

use super::{At, CallAt, Fun, Program, Root};
use crate::facts::*;

impl Program<'_> {
    /// Whatever the call looks up stands in what was written before it, in the same activation.
    pub(super) fn is_of_written(&self, query: CallAt) -> bool {
        let Some((asked, _)) = self.receiver(query) else { return false };
        let (mut at, mut upto) = (query.with(self.call(query).block), self.order_of(query));
        loop {
            let here = self.block(at);
            if here.items.iter().take(upto).any(|item| self.writes_markup(at, item, asked, true)) {
                return true;
            }
            let Some(parent) = here.parent else { return false };
            upto = here.index as usize;
            at = at.with(parent);
        }
    }

    /// The item writes markup into what is asked; `through`: or a function does that it calls.
    fn writes_markup(&self, at: At<BlockId>, item: &Item, asked: At<ValueId>, through: bool) -> bool {
        match item {
            Item::Assign(a) => {
                let assign = self.assign(at.with(*a));
                matches!(&assign.to, Place::Member(object, Key::Name(name)) if matches!(name.as_str(), "innerHTML" | "outerHTML")
                    && !self.is_empty_text(at.with(assign.from))
                    && self.may_hold(at.with(*object), asked))
            }
            Item::Call(c) => {
                let c = at.with(*c);
                match self.receiver(c) {
                    Some((object, Key::Name(name))) if matches!(name.as_str(), "insertAdjacentHTML" | "setHTMLUnsafe") => {
                        self.may_hold(object, asked)
                    }
                    _ => through && self.functions_called(c).iter().any(|&f| self.is_writer_of_markup(f, asked)),
                }
            }
            _ => false,
        }
    }

    fn is_writer_of_markup(&self, f: Fun, asked: At<ValueId>) -> bool {
        let body = f.with(self.fun(f).body);
        self.block(body).items.iter().any(|item| self.writes_markup(body, item, asked, false))
    }

    /// What is asked is the page, or what was written into: by what it is, or by what both call it.
    fn may_hold(&self, written: At<ValueId>, asked: At<ValueId>) -> bool {
        let asked_of = self.origins(asked);
        let is_page = asked_of.iter().all(|o| matches!(o.root, Root::Global(name) if o.path.is_empty() && &*self.text(name) == "document"));
        let name = |v: At<ValueId>| match self.value(v) {
            Value::Member(_, Key::Name(name)) => Some(name.clone()),
            Value::Binding(b) => Some(self.binding(v.with(*b)).name.clone()),
            _ => None,
        };
        is_page || self.same_object(&self.origins(written), &asked_of) || name(written).is_some_and(|n| name(asked) == Some(n))
    }

    fn is_empty_text(&self, v: At<ValueId>) -> bool {
        self.constant(v).is_some_and(|text| text.trim().is_empty()) || self.is_nothing_value(v)
    }
}
