//! Releases by a name that nothing has: `window.removeEventHandler('resize', f)`. They throw, or are skipped, and remove nothing.

use super::matching::Match;
use super::sites::{EventKey, Registration, Release};
use super::{At, CallAt, Origin, PathKey, Program, Root};
use crate::facts::*;

/// What people call a release who do not remember its name, or another library's.
const NAMES: [&str; 13] = [
    "removeEventHandler",
    "removeEventListeners",
    "removeEventlistener",
    "removeEventListner",
    "removeEventLister",
    "removeEvent",
    "removeListener",
    "removeHandler",
    "detachEventListener",
    "off",
    "un",
    "unbind",
    "unlisten",
];

impl Program<'_> {
    /// A call that would release what the line adds, were there a method of that name.
    pub(super) fn misnamed(&self, registration: &Registration) -> Option<CallAt> {
        let calls = self.misnamed.get_or_init(|| self.calls_of_no_method());
        calls.iter().copied().find(|&c| self.is_misnamed(c, registration))
    }

    /// The calls of such a name where no method has it.
    fn calls_of_no_method(&self) -> Vec<CallAt> {
        let named = |name: &&str| PathKey::Name(self.sym(name));
        let of_none = |c: &CallAt| {
            matches!(self.receiver(*c), Some((object, Key::Name(name))) if self.is_page(object) || self.lacks(object, name))
                && self.call(*c).kind == CallKind::Call
                && self.call(*c).args.len() >= 2
                && self.functions_called(*c).is_empty()
        };
        NAMES.iter().map(named).flat_map(|key| self.candidates().called_under(key)).filter(of_none).collect()
    }

    fn is_misnamed(&self, c: CallAt, registration: &Registration) -> bool {
        let call = self.call(c);
        let Some((object, Key::Name(name))) = self.receiver(c) else { return false };
        if c.file != registration.call.file {
            return false;
        }
        let (receivers, event, listener) = match call.args[..] {
            [target, event, listener, ..] if self.lacks(object, name) => (self.origins(c.with(target)), event, listener),
            [event, listener, ..] if registration.target && self.is_page(object) => (self.origins(object), event, listener),
            _ => return false,
        };
        let Some(event) = self.constant(c.with(event)) else { return false };
        let release = Release {
            answers: Default::default(),
            call: c,
            inner: c,
            receivers: receivers.to_vec(),
            event: Some(EventKey::Name(event)),
            handlers: Some(self.origins(c.with(listener)).to_vec()),
            options: None,
            told: Vec::new(),
        };
        self.compare(registration, &release) == (Match::Same, Match::Same, Match::Same)
    }

    /// The window or the document, whose methods the standards list.
    fn is_page(&self, object: At<ValueId>) -> bool {
        let page =
            |o: &Origin| o.path.is_empty() && matches!(o.root, Root::Global(name) if matches!(&*self.text(name), "window" | "document"));
        let origins = self.origins(object);
        !origins.is_empty() && origins.iter().all(page)
    }

    /// An object of the program that is written out, without such a member, and that gets none later.
    pub(super) fn lacks(&self, object: At<ValueId>, name: &str) -> bool {
        let origins = self.origins(object);
        let key = PathKey::Name(self.sym(name));
        let without = |o: &Origin| match (o.root, o.path.is_empty()) {
            (Root::Literal(literal), true) => {
                matches!(self.value(literal), Value::Object(members, _) if !members.is_empty()) && self.has_no_member(literal, key)
            }
            _ => false,
        };
        !origins.is_empty() && origins.iter().all(without)
    }

    /// An object that is written out, without such a member, and that is given none by an assignment.
    pub(super) fn has_no_member(&self, literal: At<ValueId>, key: PathKey) -> bool {
        let given = |a: &At<AssignId>| match self.assign(*a).to {
            Place::Member(holder, _) => self.origins(a.with(holder)).iter().any(|o| o.root == Root::Literal(literal)),
            _ => false,
        };
        let other = |own: &Key| matches!(own, Key::Name(own) if PathKey::Name(self.sym(own)) != key);
        match (self.value(literal), key) {
            (Value::Object(members, spread), PathKey::Name(_)) => {
                spread.is_empty() && members.iter().all(|(own, _)| other(own)) && !self.puts_under(key).iter().any(given)
            }
            _ => false,
        }
    }
}
