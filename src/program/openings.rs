//! Openings: what a process, a worker or a page is told once, before its work begins.
//!
//! ```text
//! opening(L) :- L under `message.kind === '…start'`, message told to a listener of `message` on what lives as long as the program
//! ```

use super::count::Emitter;
use super::starters::Started;
use super::{At, CallAt, Fun, Origin, Program, Root};
use crate::facts::*;

/// How many calls may be between a message and what is read of it.
const PARSED: u32 = 4;

impl Program<'_> {
    /// The call answers a message that by its kind, or by what is called for it, opens the work: who made this process sends it once.
    pub(super) fn is_of_opening_message(&self, c: CallAt) -> bool {
        let f = self.function_of(c);
        let prepares = self.callee_name(c).is_some_and(|name| has_prefix(&name, &["init", "setup", "boot"]));
        self.tests_before(c.with(self.call(c).block), self.order_of(c)).into_iter().any(|(test, outcome)| {
            let Value::Binary(op, left, right) = self.value(test) else { return false };
            let equal = outcome && matches!(op.as_str(), "===" | "==");
            equal
                && [(*left, *right), (*right, *left)].into_iter().any(|(kind, word)| {
                    (prepares || self.is_opening_word(test.with(word)))
                        && self.origins(test.with(kind)).iter().any(|o| self.is_of_message(o, f, PARSED))
                })
        })
    }

    /// A text that says so, or a member of an enumeration: `Kind.Init`.
    fn is_opening_word(&self, v: At<ValueId>) -> bool {
        match self.value(v) {
            Value::Member(_, Key::Name(name)) if name.starts_with(char::is_uppercase) => opens(name),
            _ => self.constant(v).is_some_and(|word| opens(&word)),
        }
    }

    /// Something of a message that the process hears from its maker, or of what a call makes of it (`JSON.parse(String(message))`).
    fn is_of_message(&self, o: &Origin, f: Fun, depth: u32) -> bool {
        match o.root {
            Root::Param(h, 0) if self.within(f, h) && self.hears_its_maker(h) => true,
            // (What makes something of it may be a function of the program.)
            Root::Param(h, _) if depth > 0 && (depth < PARSED || self.within(f, h)) => self.callers(h).iter().any(|&c| {
                let told = self.from_callee(c, h, o);
                told.iter().any(|o| self.is_of_message(o, self.function_of(c), depth - 1))
            }),
            Root::Call(c) if depth > 0 && self.functions_called(c).is_empty() => {
                let given = self.call(c).args.iter().flat_map(|&a| self.origins(c.with(a)).to_vec());
                given.into_iter().any(|o| self.is_of_message(&o, f, depth - 1))
            }
            _ => false,
        }
    }

    /// A listener of the messages that come from who made the process, the worker or the frame.
    fn hears_its_maker(&self, h: Fun) -> bool {
        self.starters(h).iter().any(|starter| {
            matches!(&starter.how, Started::Listener(Some(event)) | Started::Heard(Some(event)) if event == "message")
                && starter.by.and_then(|by| super::sites::registration(self, by)).is_some_and(|site| {
                    let receivers = site.receivers(self);
                    !receivers.is_empty() && receivers.iter().all(|o| self.emitter_kind(o) == Emitter::Process)
                })
        })
    }
}

/// The word, or the last part of it (`task:start`, `__init__`), says that something begins.
fn opens(word: &str) -> bool {
    let word = word.trim_matches('_');
    let last = word.rsplit([':', '.', '/', '-', '_', ' ']).next().unwrap_or(word);
    [last, word].iter().any(|word| has_prefix(word, &["init", "setup", "start", "boot", "launch"]))
}

fn has_prefix(word: &str, begins: &[&str]) -> bool {
    let word = word.to_ascii_lowercase();
    begins.iter().any(|begin| word.starts_with(begin))
}
