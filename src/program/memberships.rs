//! Memberships: collections that tell for what a line has run already.
//!
//! ```text
//! once(R) :- T dominates R, T says «not in the set», and the program adds to that set       if (set.has(e)) return; set.add(e)
//! once(R) :- the set is what a map holds for the emitter, T asks for a name                 names = map.get(e); if (names.has(n)) return
//! once(R) :- the set is the module's, T asks for R's event, R's emitter lives as long as the program
//! once(R) :- R lifted out of a helper H, T dominates the call in H that adds
//! ```

use super::guards::{Guard, Seen, TEST_DEPTH};
use super::sites::{self, Registration};
use super::{At, CallAt, Fun, Origin, Program, Root};
use crate::facts::*;

impl Program<'_> {
    /// `set.has(e)`, `list.includes(e)`, `map.get(e)`, `e.listenerCount(x)` as a truth.
    pub(super) fn membership(&self, c: CallAt, outcome: bool, f: Fun, seen: &Seen) -> Option<Guard> {
        let name = self.callee_name(c)?;
        if matches!(name.as_str(), "listenerCount") {
            return (!outcome).then_some(Guard::Once);
        }
        if !outcome && self.asks_for_mark(c, f, seen) {
            return Some(Guard::Once);
        }
        if outcome || !matches!(name.as_str(), "has" | "includes" | "get" | "hasOwnProperty" | "hasOwn") {
            return None;
        }
        let (object, _) = self.receiver(c)?;
        // `e.listeners(x).includes(f)`.
        if self.is_listener_list(object, seen) {
            return Some(Guard::Once);
        }
        // The emitter, or an object that it is a part of (`windows.has(win)`, then `win.document`).
        // (The page that a node is of is no part of it: other nodes are of the same.)
        let part = |r: &Origin, o: &Origin| r.path.starts_with(&o.path) && (self.is_page_of_node(o) || !self.is_page_of_node(r));
        let is_emitter = |o: &Origin| seen.receivers.iter().any(|r| r.root == o.root && part(r, o));
        let asks = |c: CallAt, such: &dyn Fn(&Origin) -> bool| self.call(c).args.iter().any(|&a| self.origins(c.with(a)).iter().any(such));
        // Other calls give other listeners.
        if asks(c, &|o| seen.given.contains(o)) {
            return None;
        }
        let of_emitter = || self.is_looked_up_by(object, &|lookup| asks(lookup, &is_emitter));
        let of_names = || asks(c, &|o| seen.named.contains(o)) && self.is_kept_by_module(object);
        if seen.foreign && !asks(c, &is_emitter) && !of_emitter() && !of_names() {
            return None;
        }
        let collection = self.origins(object);
        // The program adds to that collection, near by.
        let adds = self.putting(f.file).any(|c| self.receiver(c).is_some_and(|(o, _)| self.same_object(&self.origins(o), &collection)));
        (adds || name == "hasOwnProperty" || name == "hasOwn").then_some(Guard::Once)
    }

    /// The value is what such a lookup finds (`map.get(e)`), whatever is put there where it finds nothing.
    fn is_looked_up_by(&self, v: At<ValueId>, such: &dyn Fn(CallAt) -> bool) -> bool {
        let is_lookup = |v: At<ValueId>| match self.value(v) {
            Value::Call(c) => self.callee_name(v.with(*c)).is_some_and(|name| name == "get") && such(v.with(*c)),
            _ => false,
        };
        match self.value(v) {
            Value::Binding(b) => self.binding(v.with(*b)).defs.iter().any(|&d| is_lookup(v.with(self.assign(v.with(d)).from))),
            _ => is_lookup(v),
        }
    }

    /// A variable of the module, or what is found there.
    fn is_kept_by_module(&self, v: At<ValueId>) -> bool {
        let of_module =
            |v: At<ValueId>| matches!(self.value(v), Value::Binding(b) if self.fun(v.with(self.binding(v.with(*b)).function)).at_load);
        of_module(v) || self.is_looked_up_by(v, &|lookup| self.receiver(lookup).is_some_and(|(object, _)| of_module(object)))
    }

    /// The guard of the call that adds, inside the helpers that are given the listener: on the way from the outermost to that call.
    pub(super) fn guard_inside(&self, registration: &Registration, foreign: bool) -> Option<Guard> {
        let inner = registration.inner;
        if inner == registration.call {
            return None;
        }
        let site = sites::registration(self, inner)?;
        let mut receivers = site.receivers(self).to_vec();
        let mut given = site.handler.map_or_else(Vec::new, |h| self.origins(inner.with(h)).to_vec());
        let global = registration.receivers.iter().all(|o| matches!(o.root, Root::Global(_)));
        let mut named = site.event_value.filter(|_| global).map_or_else(Vec::new, |event| self.origins(inner.with(event)).to_vec());
        let mut at = inner;
        for around in (0..registration.through.len()).rev() {
            let seen = Seen { receivers: &receivers, given: &given, named: &named, foreign };
            let f = self.function_of(at);
            let tests = self.tests_before(at.with(self.call(at).block), self.order_of(at));
            let found = tests.into_iter().find_map(|(test, outcome)| self.guard_of_test(test, outcome, f, &seen, TEST_DEPTH));
            if found.is_some() || around == 0 {
                return found;
            }
            // The call in the next helper outwards.
            let (helper, next) = (registration.through[around], registration.through[around - 1]);
            at = self.callers(helper).iter().copied().find(|&c| self.within(self.function_of(c), next))?;
            let moved = |origins: &[Origin]| origins.iter().flat_map(|o| self.from_callee(at, helper, o)).collect::<Vec<_>>();
            (receivers, given, named) = (moved(&receivers), moved(&given), moved(&named));
        }
        None
    }
}
