//! Operators: whether what is made of a subject by `pipe` still adds a listener to that subject, for as long as it is there.
//!
//! ```text
//! same(x.pipe(o...), x) :- x a subject, none of o ends what it gives
//! ends(takeUntil(n))    :- somebody calls n.next, or n is not the program's own subject
//! ```

use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::{At, CallAt, Origin, PathKey, Program, Root};
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
        let Some(name) = self.operator(made) else { return true };
        match (crate::facts::unnumbered(&name), &self.call(made).args[..]) {
            ("takeUntil", [notifier]) => self.may_notify(made.with(*notifier)),
            // An operator of the program's own may be any of them.
            (name, _) => ENDING.contains(&name) || !self.functions_called(made).is_empty(),
        }
    }

    /// The operator's own name, whatever the file calls it (`import { takeUntil as until } from 'rxjs'`).
    fn operator(&self, made: CallAt) -> Option<Rc<str>> {
        let callee = self.origins(made.with(self.call(made).callee));
        match &callee[..] {
            [Origin { root: Root::Module(_), path }] => match path.last() {
                Some(PathKey::Name(name)) => Some(self.text(*name)),
                _ => None,
            },
            _ => self.called_as(made).map(Rc::from),
        }
    }

    /// The notifier is no subject of the program's own, or somebody has it notify: to complete it or to close it is not enough.
    fn may_notify(&self, notifier: At<ValueId>) -> bool {
        let Value::Member(_, key @ Key::Name(_)) = self.value(notifier) else { return true };
        let held = self.path_key(notifier.file, key);
        let own = self.origins(notifier).iter().all(|o| self.type_name(o).as_deref() == Some("rxjs.Subject"));
        !own || matches!(held, PathKey::Element) || self.notified(notifier.file).contains(&held)
    }

    /// The members of a file that are told something (`this.end.next()`), or handed on, so that they may be told from there.
    fn notified(&self, file: u32) -> Rc<FxHashSet<PathKey>> {
        if let Some(known) = self.notified.borrow().get(&file) {
            return known.clone();
        }
        let member = |v: At<ValueId>| match self.value(v) {
            Value::Member(_, key) => Some(self.path_key(file, key)),
            _ => None,
        };
        let mut keys = FxHashSet::default();
        for c in (0..self.facts(file).calls.len() as u32).map(|id| At::new(file, CallId(id))) {
            if let Some((object, key)) = self.receiver(c)
                && key.is("next")
            {
                keys.extend(member(object));
            }
            if self.operator(c).as_deref() != Some("takeUntil") {
                keys.extend(self.call(c).args.iter().filter_map(|&arg| member(c.with(arg))));
            }
        }
        let keys = Rc::new(keys);
        self.notified.borrow_mut().insert(file, keys.clone());
        keys
    }
}
