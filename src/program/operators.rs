//! Operators: whether what is made of a subject by `pipe` still adds a listener to that subject, for as long as it is there.
//!
//! ```text
//! same(x.pipe(o...), x) :- x a subject, none of o ends what it gives
//! ends(takeUntil(n))    :- somebody calls n.next, or n is not the program's own subject
//! ```

use super::{At, CallAt, Origin, PathKey, Program};
use crate::facts::*;

/// Operators that end what they give, or may (<https://rxjs.dev/guide/operators>), and those of Angular's and others' for an end of life.
const ENDING: &[&str] = &[
    "take",
    "takeWhile",
    "takeUntilDestroyed",
    "untilDestroyed",
    "untilComponentDestroyed",
    "first",
    "last",
    "single",
    "find",
    "findIndex",
    "elementAt",
    "every",
    "isEmpty",
    "timeout",
    "toArray",
    "multicast",
    "connect",
    "share",
    "shareReplay",
    "publish",
    "publishReplay",
    "refCount",
];

impl Program<'_> {
    /// The subject of which `asObservable` or `pipe` makes something that goes on as long as it.
    pub(super) fn subject_of(&self, c: CallAt) -> Option<Vec<Origin>> {
        let (object, Key::Name(name)) = self.receiver(c)? else { return None };
        if !matches!(name.as_str(), "pipe" | "asObservable") {
            return None;
        }
        let origins = self.origins(object);
        let is_subject = |o: &Origin| self.type_name(o).as_deref() == Some("rxjs.Subject");
        let goes_on = |&operator: &ValueId| !self.ends_what_it_gives(c.with(operator));
        (!origins.is_empty() && origins.iter().all(is_subject) && self.call(c).args.iter().all(goes_on)).then(|| origins.to_vec())
    }

    fn ends_what_it_gives(&self, operator: At<ValueId>) -> bool {
        let Value::Call(made) = self.value(operator) else { return true };
        let made = operator.with(*made);
        let Some(name) = self.callee_name(made) else { return true };
        match (crate::facts::unnumbered(&name), &self.call(made).args[..]) {
            ("takeUntil", [notifier]) => self.may_notify(made.with(*notifier)),
            // An operator of the program's own may be any of them.
            (name, _) => ENDING.contains(&name) || !self.functions_called(made).is_empty(),
        }
    }

    /// The notifier is no subject of the program's own, or somebody has it notify: to complete it or to close it is not enough.
    fn may_notify(&self, notifier: At<ValueId>) -> bool {
        let Value::Member(_, key @ Key::Name(_)) = self.value(notifier) else { return true };
        let held = self.path_key(notifier.file, key);
        let own = self.origins(notifier).iter().all(|o| self.type_name(o).as_deref() == Some("rxjs.Subject"));
        let notifies = |c: CallAt| match self.receiver(c) {
            Some((object, Key::Name(name))) if name == "next" => match self.value(object) {
                Value::Member(_, key) => self.path_key(object.file, key) == held,
                _ => false,
            },
            _ => false,
        };
        // (Handed on, or given to another subject, it may be told from there.)
        let handed_on = |c: CallAt| {
            self.call(c)
                .args
                .iter()
                .any(|&arg| matches!(self.value(c.with(arg)), Value::Member(_, key) if self.path_key(c.file, key) == held))
                && self.called_as(c) != Some("takeUntil")
        };
        let calls = (0..self.facts(notifier.file).calls.len() as u32).map(|id| notifier.with(CallId(id)));
        !own || matches!(held, PathKey::Element) || calls.into_iter().any(|c| notifies(c) || handed_on(c))
    }
}
