//! Keepers: helpers that write down what they add, and take away later all that is written down.
//!
//! ```text
//! keeps(H, X)    :- H adds the listener that it is given, and puts it into the collection X
//! drains(L, X)   :- L releases what comes out of X
//! released(R)    :- R adds through H, keeps(H, X), drains(L, X), L is reached
//! recorded(H)    :- what releases in H is put into a collection, by H or by a function that H gives it to
//! ```

use super::sites::{Registration, Sites};
use super::{At, CallAt, Fun, Origin, Program, Root};
use crate::facts::*;

/// How many functions a disposer is handed on through before it is written down.
const HANDED_ON: u32 = 2;

/// How deep a record that holds the listener is looked into.
const RECORD: u32 = 3;

impl Program<'_> {
    /// The helper that adds the listener keeps it, and something releases what is kept.
    pub(super) fn is_kept_by_helper(&self, sites: &Sites, registration: &Registration) -> bool {
        registration.through.iter().any(|&helper| {
            let kept = self.keeps(sites, helper);
            !kept.is_empty()
                && sites.releases_in(helper.file).any(|release| {
                    release.handlers.iter().flatten().any(|o| self.comes_out_of(o, &kept))
                        && self.is_reachable(self.function_of(release.call), 4)
                        && !self.is_never_told(&release.told)
                })
        })
    }

    /// Collections that the helper puts the listener into that it is given.
    fn keeps(&self, sites: &Sites, helper: Fun) -> Vec<Origin> {
        let given: Vec<Origin> = sites
            .helpers
            .get(&helper)
            .into_iter()
            .flatten()
            .flat_map(|&index| &sites.registrations[index].handlers)
            .filter(|o| o.path.is_empty() && matches!(o.root, Root::Param(g, _) if g == helper))
            .cloned()
            .collect();
        if given.is_empty() {
            return Vec::new();
        }
        let mut out = Vec::new();
        for c in self.putting(helper.file).filter(|&c| self.within(self.function_of(c), helper)) {
            if let Some((collection, _)) = self.receiver(c)
                && self.call(c).args.iter().any(|&a| self.holds_one(c.with(a), &given, RECORD))
            {
                out.extend(self.origins(collection).iter().cloned());
            }
        }
        for (id, assign) in (0..).map(AssignId).zip(&self.facts(helper.file).assigns) {
            if let Place::Member(collection, Key::Computed(_)) = assign.to
                && self.within(helper.with(assign.function), helper)
                && self.holds_one(helper.with(id).with(assign.from), &given, RECORD)
            {
                out.extend(self.origins(helper.with(collection)).iter().cloned());
            }
        }
        // What is made for this call is no collection.
        out.retain(|o| match o.root {
            Root::This(_) => !o.path.is_empty(),
            Root::Call(c) => !self.within(self.function_of(c), helper),
            Root::Literal(v) => self.literal_function(v).is_none_or(|f| !self.within(f, helper)),
            Root::Param(g, _) => !self.within(g, helper),
            Root::Global(_) | Root::Binding(_) => true,
            _ => false,
        });
        out
    }

    /// The value is one of these, or a record of it.
    fn holds_one(&self, v: At<ValueId>, wanted: &[Origin], depth: u32) -> bool {
        if self.same_object(&self.origins(v), wanted) {
            return true;
        }
        depth > 0
            && match self.value(v) {
                Value::Object(props, _) => props.iter().any(|(_, p)| self.holds_one(v.with(*p), wanted, depth - 1)),
                Value::Array(elements) => elements.iter().any(|&e| self.holds_one(v.with(e), wanted, depth - 1)),
                Value::Binding(_) => self.origins(v).iter().any(|o| match (o.root, o.path.is_empty()) {
                    (Root::Literal(literal), true) => literal != v && self.holds_one(literal, wanted, depth - 1),
                    _ => false,
                }),
                _ => false,
            }
    }

    /// A path below one of the collections, or what a call on one of them hands to its callback.
    fn comes_out_of(&self, o: &Origin, collections: &[Origin]) -> bool {
        let same = |a: &Origin, b: &Origin| self.same_origin(a, b) || self.is_borrowed(a, b);
        let below = |o: &Origin| {
            collections
                .iter()
                .any(|k| o.path.len() > k.path.len() && same(&Origin { root: o.root, path: o.path[..k.path.len()].to_vec() }, k))
        };
        below(o)
            || match o.root {
                Root::Param(g, _) => self
                    .passed(g)
                    .iter()
                    .filter_map(|p| self.receiver(p.call))
                    .any(|(object, _)| self.origins(object).iter().any(|r| collections.iter().any(|k| same(r, k)) || below(r))),
                _ => false,
            }
    }

    /// The same field of `this` in two functions of one file whose callers say what `this` is (`on.call(player, ...)`).
    fn is_borrowed(&self, a: &Origin, b: &Origin) -> bool {
        match (a.root, b.root) {
            (Root::This(f), Root::This(g)) => {
                f.file == g.file && a.path == b.path && self.owner_of_this(f).is_none() && self.owner_of_this(g).is_none()
            }
            _ => false,
        }
    }

    /// What releases the registration in its helper `h` is written down there, whether the caller keeps it or not.
    pub(super) fn is_recorded(&self, h: Fun) -> bool {
        self.calls_within(h)
            .into_iter()
            .filter(|&c| super::releases::release(self, c).is_some())
            .map(|c| self.function_of(c))
            .filter(|&g| g != h && self.within(g, h))
            .any(|g| self.passed(g).iter().any(|p| p.shift == 0 && self.is_put_away(p.call, p.arg, HANDED_ON)))
    }

    /// The argument goes into a collection that is older than the call, there or in the function that is called.
    fn is_put_away(&self, c: CallAt, arg: usize, depth: u32) -> bool {
        let older = |collection: &Origin| match collection.root {
            Root::This(_) => !collection.path.is_empty(),
            Root::Literal(v) => self.literal_function(v).is_none_or(|f| !self.within(f, self.function_of(c))),
            Root::Global(_) | Root::File(_) | Root::Binding(_) | Root::Unknown(_) => true,
            Root::Call(made) => !self.within(self.function_of(made), self.function_of(c)),
            _ => false,
        };
        let puts = matches!(self.receiver(c), Some((collection, Key::Name(name)))
            if matches!(name.as_str(), "push" | "add" | "unshift" | "set") && self.origins(collection).iter().any(older));
        puts || depth > 0
            && self.functions_called(c).iter().any(|&h| {
                let given = |o: &Origin| o.path.is_empty() && o.root == Root::Param(h, arg as u32);
                self.calls_within(h).into_iter().filter(|&inner| self.function_of(inner) == h).any(|inner| {
                    let args = self.call(inner).args.iter().enumerate();
                    args.filter(|&(_, &v)| self.origins(inner.with(v)).iter().any(given))
                        .any(|(at, _)| self.is_put_away(inner, at, depth - 1))
                })
            })
    }
}
