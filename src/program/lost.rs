//! Lost: clean-ups that a function gives back to nobody, and disposers that are written down before they are given back.
//!
//! ```text
//! lost(G)       :- F gives G back and nothing else has G, loses(F)
//! loses(F)      :- whoever calls F drops what it gives
//! loses(F)      :- F is asynchronous, what runs it looks for a function and gets a promise
//! loses(F)      :- F is handed to `then`, and what `then` gives is dropped
//! recorded(G)   :- G is put into a collection, by the function that makes it or by one that is given it
//! ```

use super::calls::Passed;
use super::sites::Registration;
use super::{CallAt, Fun, Origin, Program, Root};
use crate::facts::*;

/// How many parts of a chain of promises are followed.
const CHAIN: u32 = 8;

/// How many functions a disposer is handed on through before it is written down.
const HANDED_ON: u32 = 2;

impl Program<'_> {
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
                && givers.iter().all(|&giver| self.loses_result(giver, HANDED_ON));
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
        for _ in 0..CHAIN {
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
