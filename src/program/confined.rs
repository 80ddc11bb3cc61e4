//! Confined: listeners that only the lines that add and remove them have. Where it is not known what a release takes away, it is not one
//! of these.
//!
//! ```text
//! confined(F)   :- F is written for listeners only: no variable but its own holds it, nothing but `on`, `off` and the like is given it
//! others(R, Q)  :- R adds F, confined(F), what Q removes was not followed to F
//! others(R, Q)  :- Q removes F, confined(F), what R adds was not followed to F
//! replaced(R)   :- R adds F made in its activation, confined(F), a release before it there names a parameter
//! ```

use super::matching::Match;
use super::sites::{Registration, Release, Sites};
use super::{CallAt, Fun, Origin, Program, Root};
use crate::facts::*;

impl Program<'_> {
    /// What the release takes away is not known, but no way leads from this registration's listener to it.
    pub(super) fn is_confined_apart(&self, registration: &Registration, release: &Release) -> bool {
        let Some(released) = release.handlers.as_ref().filter(|h| !h.is_empty()) else { return false };
        // (A function that a helper is told of is not confined, whoever calls the release.)
        let own = registration.call == registration.inner;
        // `arguments.callee` is the listener itself.
        let inside = |o: &Origin| matches!(o.root, Root::Function(h) if self.within(self.function_of(release.call), h));
        own && !registration.handlers.is_empty()
            && !registration.handlers.iter().any(inside)
            && !released.iter().any(|o| self.is_asked_for(o))
            && (self.are_confined(&registration.handlers) || release.call == release.inner && self.are_confined(released))
    }

    /// The activation takes off what its caller says was there, and adds what it makes itself: it means the one that it made before.
    /// (Another line may have added what its caller knows.)
    pub(super) fn puts_in_place(&self, sites: &Sites, registration: &Registration, release: &Release) -> bool {
        let f = self.function_of(registration.call);
        let made_here = |o: &Origin| matches!(o.root, Root::Function(h) if o.path.is_empty() && self.parent(h) == Some(f));
        let told = |o: &Origin| o.path.is_empty() && matches!(o.root, Root::Param(g, _) if g == f);
        f == self.function_of(release.call)
            && release.call < registration.call
            && registration.handlers.iter().all(made_here)
            && self.are_confined(&registration.handlers)
            && release.handlers.iter().flatten().all(told)
            && !sites.registrations_for(self, release).any(|r| {
                let (receiver, event, _) = self.compare(r, release);
                receiver != Match::Different && event != Match::Different && !self.are_confined(&r.handlers)
            })
    }

    /// Only the lines that add or remove them have these functions.
    pub(super) fn are_confined(&self, handlers: &[Origin]) -> bool {
        handlers.iter().all(|o| matches!((o.root, o.path.is_empty()), (Root::Function(h), true) if self.is_confined(h)))
    }

    /// Nothing but calls that add or remove listeners have the function.
    fn is_confined(&self, h: Fun) -> bool {
        let plain = matches!(self.fun(h).kind, FunctionKind::Plain | FunctionKind::Arrow);
        let listens = |call: CallAt, arg: usize| {
            let given = call.with(self.call(call).args[arg]);
            let adds = super::sites::registration(self, call).and_then(|site| site.handler);
            let removes = || super::releases::release(self, call).and_then(|site| site.listener);
            // (What a class of the program is told may be written down there.)
            self.functions_called(call).is_empty() && adds.or_else(removes).is_some_and(|v| call.with(v) == given)
        };
        plain
            && !self.is_held(h)
            && !self.is_looked_into(h)
            && !self.is_public_function(h)
            && self.returned_by(h).is_empty()
            && self.optioned(h).is_empty()
            && self.passed(h).iter().all(|p| p.shift == 0 && listens(p.call, p.arg))
    }

    /// The emitter itself was asked what listens to it: `for (const f of process.listeners('exit')) process.off('exit', f)`.
    fn is_asked_for(&self, o: &Origin) -> bool {
        let asks = |c: CallAt| {
            let name = self.callee_name(c);
            name.is_some_and(|name| matches!(name.as_str(), "listeners" | "rawListeners" | "getEventListeners"))
        };
        match o.root {
            Root::Call(c) => asks(c),
            Root::Param(g, _) => self
                .passed(g)
                .iter()
                .filter_map(|p| self.receiver(p.call))
                .any(|(list, _)| self.origins(list).iter().any(|o| matches!(o.root, Root::Call(c) if asks(c)))),
            _ => false,
        }
    }
}
