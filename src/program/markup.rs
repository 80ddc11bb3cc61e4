//! Markup: parts of the page that a call has just written, and then looks up. They are new at each call, and go with what is written next.
//!
//! ```text
//! written(Q) :- x.innerHTML = '...' before Q in its activation, Q asks x or the page        box.innerHTML = text; box.querySelector('a')
//! written(Q) :- what writes so is called before Q
//! ```

use super::{At, CallAt, Fun, Origin, PathKey, Program, Root};
use crate::facts::*;

impl Program<'_> {
    /// Whatever the call looks up stands in what was written before it, in the same activation.
    pub(super) fn is_of_written(&self, query: CallAt) -> bool {
        let Some((asked, _)) = self.receiver(query) else { return false };
        if self.is_given_or_made(asked) || self.is_just_put(query, asked) || self.is_asked_by_id_of_made(query) {
            return true;
        }
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

    /// `element.ownerDocument`, `element.ownerDocument.defaultView`: the page that a node is of, and its window, whatever becomes of the node.
    /// (The DOM's own names; nothing else has them.)
    pub(super) fn is_page_of_node(&self, o: &Origin) -> bool {
        let named = |key: &PathKey, name: &str| matches!(key, PathKey::Name(sym) if &*self.text(*sym) == name);
        match &o.path[..] {
            [.., document, view] if named(view, "defaultView") => named(document, "ownerDocument"),
            [.., document] => named(document, "ownerDocument"),
            [] => false,
        }
    }

    /// `options.template || makePanel()`: where the caller gives no element of its own, a new one, or what is found in that.
    fn is_given_or_made(&self, v: At<ValueId>) -> bool {
        let makes = |c: CallAt| matches!(self.callee_name(c).as_deref(), Some("createElement" | "cloneNode" | "importNode"));
        let made = |o: &Origin| match o.root {
            Root::Call(c) if makes(c) => !self.fun(self.function_of(c)).at_load,
            Root::Call(c) if self.is_asked_by_id_of_made(c) => true,
            Root::Call(c) => {
                let deeper =
                    |object: At<ValueId>| object != v && self.origins(object).iter().any(|o| matches!(o.root, Root::Call(c) if makes(c)));
                self.is_query(c) && self.receiver(c).is_some_and(|(object, _)| deeper(object) && self.is_given_or_made(object))
            }
            _ => false,
        };
        let origins = self.origins(v);
        origins.iter().any(made)
            && origins.iter().all(|o| made(o) || !o.path.is_empty() && !matches!(o.root, Root::Global(_) | Root::Module(_)))
    }

    /// `box = document.createElement('div'); ...; document.getElementById(box.id)`.
    fn is_asked_by_id_of_made(&self, query: CallAt) -> bool {
        let Some(&id) = self.call(query).args.first() else { return false };
        let Value::Member(object, Key::Name(key)) = self.value(query.with(id)) else { return false };
        let made = |o: &Origin| {
            matches!(o.root, Root::Call(c) if o.path.is_empty()
                && self.callee_name(c).as_deref() == Some("createElement")
                && !self.fun(self.function_of(c)).at_load)
        };
        let origins = self.origins(query.with(*object));
        key == "id" && self.callee_name(query).as_deref() == Some("getElementById") && !origins.is_empty() && origins.iter().all(made)
    }

    /// `element.querySelector(...)` and the like.
    fn is_query(&self, c: CallAt) -> bool {
        self.method_model(c).is_some_and(|model| model.origin == crate::models::Origin::Shared)
    }

    /// The item writes markup into what is asked; `through`: or a function does that it calls.
    fn writes_markup(&self, at: At<BlockId>, item: &Item, asked: At<ValueId>, through: bool) -> bool {
        match item {
            Item::Assign(a) => {
                let assign = self.assign(at.with(*a));
                matches!(&assign.to, Place::Member(object, Key::Name(name)) if is_markup(name)
                    && !self.is_empty_text(at.with(assign.from))
                    && self.may_hold(at.with(*object), asked))
            }
            Item::Call(c) => {
                let c = at.with(*c);
                match self.receiver(c) {
                    Some((object, Key::Name(name))) if is_inserted(name) => self.may_hold(object, asked),
                    _ => through && self.has_markup() && self.functions_called(c).iter().any(|&f| self.is_writer_of_markup(f, asked)),
                }
            }
            _ => false,
        }
    }

    /// The program writes markup at all: else nobody has to be looked through for it.
    fn has_markup(&self) -> bool {
        let written = |a: &Assign| matches!(&a.to, Place::Member(_, Key::Name(name)) if is_markup(name));
        let of_file = |file: u32| {
            let facts = self.facts(file);
            facts.assigns.iter().any(written)
                || facts.values.iter().any(|v| matches!(v, Value::Member(_, Key::Name(name)) if is_inserted(name)))
        };
        *self.markup.get_or_init(|| (0..self.files.len() as u32).any(of_file))
    }

    fn is_writer_of_markup(&self, f: Fun, asked: At<ValueId>) -> bool {
        self.writes_on_each_way(f.with(self.fun(f).body), asked)
    }

    /// The block writes markup into what is asked, or each of two arms in it does.
    fn writes_on_each_way(&self, block: At<BlockId>, asked: At<ValueId>) -> bool {
        self.block(block).items.iter().any(|item| match item {
            Item::Branch(_, then, Some(otherwise)) => {
                [then, otherwise].into_iter().all(|&arm| self.writes_on_each_way(block.with(arm), asked))
            }
            item => self.writes_markup(block, item, asked, false),
        })
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
        // `let html = ''; html += part`.
        if matches!(self.value(v), Value::Binding(b) if self.binding(v.with(*b)).defs.len() > 1) {
            return false;
        }
        self.constant(v).is_some_and(|text| text.trim().is_empty()) || self.is_nothing_value(v)
    }
}

/// Members that are the markup of an element's inside, or of the element.
fn is_markup(name: &str) -> bool {
    matches!(name, "innerHTML" | "outerHTML")
}

/// Methods that write markup into an element.
fn is_inserted(name: &str) -> bool {
    matches!(name, "insertAdjacentHTML" | "setHTMLUnsafe")
}
