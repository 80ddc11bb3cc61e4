//! Lost: releases that nothing runs, clean-ups that a function gives back to nobody.
//!
//! ```text
//! never(L)      :- L under a test of what `addEventListener` gave back
//! never(L)      :- L releases, under a test that nobody listens for the same event
//! lost(G)       :- F gives G back and nothing else has G, loses(F)
//! loses(F)      :- whoever calls F drops what it gives
//! loses(F)      :- F is asynchronous, what runs it looks for a function and gets a promise
//! loses(F)      :- F is handed to `then`, and what `then` gives is dropped
//! ```

use super::calls::Passed;
use super::sites::{EventKey, Registration, Release};
use super::{At, CallAt, Fun, Origin, Program, Root};
use crate::facts::*;

/// How many functions that give back what they are given are gone up.
const GIVERS: u32 = 2;

impl Program<'_> {
    /// The call stands under a test that nothing meets: it asks for what `addEventListener` gave back, which is nothing.
    pub(super) fn is_never_met(&self, c: CallAt) -> bool {
        let of_target = |by: CallAt| self.called_as(by) == Some("addEventListener") && self.functions_called(by).is_empty();
        let adds = |o: &Origin| matches!(o.root, Root::Call(by) if o.path.is_empty() && of_target(by));
        let nothing = |o: &Origin| {
            let held: Vec<Origin> = self.field_sources(o).into_iter().flat_map(|(_, origins)| origins).collect();
            adds(o) || !held.is_empty() && held.iter().all(adds)
        };
        let tests = self.tests_before(c.with(self.call(c).block), self.order_of(c));
        tests.into_iter().any(|(test, outcome)| outcome && self.origins(test).iter().all(nothing))
    }

    /// The release stands under a test that holds only while nobody listens for its event: `if (e.listenerCount('x') === 0) e.off('x', f)`.
    pub(super) fn is_for_none_listening(&self, release: &Release) -> bool {
        let c = release.call;
        let counts = |count: At<ValueId>| {
            self.listeners_counted(count).is_some_and(|asked| {
                let of_event = || match (&release.event, self.call(asked).args.first().map(|&event| self.constant(asked.with(event)))) {
                    (Some(EventKey::Name(released)), Some(Some(counted))) => *released == counted,
                    _ => false,
                };
                of_event() && self.receiver(asked).is_some_and(|(emitter, _)| self.same_object(&self.origins(emitter), &release.receivers))
            })
        };
        self.tests_before(c.with(self.call(c).block), self.order_of(c)).into_iter().any(|(test, outcome)| match self.value(test) {
            Value::Binary(op, left, right) => {
                let zero = |v: ValueId| matches!(self.value(test.with(v)), Value::Number(n) if n == "0");
                let (left_zero, right_zero) = (zero(*left), zero(*right));
                let none = match op.as_str() {
                    "==" | "===" => outcome,
                    "!=" | "!==" => !outcome,
                    ">" => right_zero && !outcome,
                    "<" => left_zero && !outcome,
                    _ => false,
                };
                none && (left_zero && counts(test.with(*right)) || right_zero && counts(test.with(*left)))
            }
            Value::Unary(op, inner) if op == "!" => outcome && counts(test.with(*inner)),
            _ => !outcome && counts(test),
        })
    }

    /// The call that the value counts the listeners by: `e.listenerCount('x')`, `e.listeners('x').length`.
    fn listeners_counted(&self, v: At<ValueId>) -> Option<CallAt> {
        let (asked, wanted): (_, &[&str]) = match self.value(v) {
            Value::Member(list, Key::Name(name)) if name == "length" => (v.with(*list), &["listeners", "rawListeners"]),
            _ => (v, &["listenerCount"]),
        };
        let Value::Call(c) = self.value(asked) else { return None };
        let c = asked.with(*c);
        matches!(self.receiver(c), Some((_, Key::Name(name))) if wanted.contains(&name.as_str())).then_some(c)
    }

    /// Nobody can run the function, or one around it up to where the registration stands: it is given back, and what it is given back to
    /// drops it. Gives the function that gives it back. (What a helper is given to listen to is told of at its calls.)
    pub(super) fn is_lost(&self, registration: &Registration, g: Fun) -> Option<Fun> {
        let f = self.function_of(registration.call);
        let of_helper = |o: &Origin| matches!(o.root, Root::Param(h, _) if h == f);
        if registration.receivers.iter().chain(&registration.handlers).any(of_helper) {
            return None;
        }
        self.chain(g).into_iter().take_while(|&h| h != f).find_map(|h| {
            let givers = self.returned_by(h);
            let lost = self.callers(h).is_empty()
                && self.passed(h).is_empty()
                && self.optioned(h).is_empty()
                && !self.is_held(h)
                && !self.is_public_function(h)
                && givers.iter().all(|&giver| self.loses_result(giver, GIVERS));
            givers.first().copied().filter(|_| lost)
        })
    }

    /// What the function gives back is dropped wherever it runs.
    fn loses_result(&self, f: Fun, depth: u32) -> bool {
        let (callers, passed) = (self.callers(f), self.passed(f));
        !self.is_public_function(f)
            && self.optioned(f).is_empty()
            && self.returned_by(f).is_empty()
            && !self.is_held(f)
            && !(callers.is_empty() && passed.is_empty())
            && callers.iter().all(|&c| match self.call(c).result {
                Use::Dropped => true,
                Use::Returned => depth > 0 && self.loses_result(self.function_of(c), depth - 1),
                Use::Used | Use::Receiver => false,
            })
            && passed.iter().all(|p| self.ignores_given(f, *p))
    }

    /// What runs the callback takes nothing from it, or wants a function and gets a promise.
    fn ignores_given(&self, f: Fun, passed: Passed) -> bool {
        let callback = self
            .method_model(passed.call)
            .and_then(|model| model.callbacks.iter().find(|callback| callback.arg == passed.arg as i32 && callback.returns_teardown));
        let listens = || super::sites::registration(self, passed.call).is_some() || super::releases::release(self, passed.call).is_some();
        callback.is_some() && self.fun(f).is_async || self.ends_chain(passed.call) || listens()
    }

    /// A `then` whose promise nobody looks at, but for its failure.
    fn ends_chain(&self, then: CallAt) -> bool {
        let mut at = then;
        for _ in 0..super::points::CHAIN {
            let name = self.callee_name(at).unwrap_or_default();
            let chained = self.receiver(at).is_some() && matches!(name.as_str(), "then" | "catch" | "finally");
            if !chained || at == then && name != "then" {
                return false;
            }
            match self.call(at).result {
                Use::Dropped => return true,
                Use::Receiver => {}
                Use::Used | Use::Returned => return false,
            }
            let Some(next) = self.called_on(at) else { return false };
            at = next;
        }
        false
    }
}
