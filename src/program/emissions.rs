//! Emissions: where the program itself makes an event happen, and how often.
//!
//! ```text
//! repeats(E) :- emit(E) in F, F runs many times for the emitter, without its users' doing
//! repeats(E) :- emit(E) in F, F is a function that users call, and no set-up
//! repeats(E) :- emit(E) in F, a listener of E leads to F
//! ```

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::count::DEPTH;
use super::instance::Line;
use super::runs::{Goal, Runs};
use super::stages::{is_set_up, is_teardown};
use super::types::Type;
use super::walk::Walk;
use super::{CallAt, Fun, Owner, Program, Root, sites};
use crate::facts::*;
use crate::findings::Confidence;

/// How many events deep it is asked what makes them happen.
const EVENTS: usize = 3;

/// Emissions of one name; with more, one event's name says little of another's.
const PLACES: usize = 24;

/// An event: its name, and whose it is where that is a class of the program.
pub(super) type Event = (Rc<str>, Option<Owner>);

/// An event of which it is being asked.
pub(super) struct Asked {
    event: Event,
    /// A way to where it is made to happen came past a listener of it.
    round: bool,
}

impl Program<'_> {
    /// The program makes the event that a call listens to happen again and again.
    pub(super) fn is_emitted_again(&self, listens: Option<CallAt>, event: &str) -> bool {
        let site = listens.and_then(|c| sites::registration(self, c));
        let owner = site.and_then(|site| {
            site.receivers(self).iter().find_map(|o| match self.type_of(o) {
                Some(Type::Owner(owner)) if !matches!(owner, Owner::Literal(_) | Owner::Function(_)) => Some(owner),
                _ => None,
            })
        });
        let event: Event = (event.into(), owner);
        if let Some(&known) = self.emitted_again.borrow().get(&event) {
            return known;
        }
        // What makes it happen waits for it.
        if let Some(asked) = self.emitting.borrow_mut().iter_mut().find(|asked| asked.event == event) {
            asked.round = true;
            return true;
        }
        if self.emitting.borrow().len() == EVENTS {
            return false;
        }
        self.emitting.borrow_mut().push(Asked { event: event.clone(), round: false });
        let places = self.emissions().get(&event.0).map_or(&[][..], Vec::as_slice);
        let again = places.len() <= PLACES && places.iter().any(|&c| self.is_emission_of(c, owner) && self.emits_again(c));
        self.emitting.borrow_mut().pop();
        if self.emitting.borrow().is_empty() {
            self.emitted_again.borrow_mut().insert(event, again);
        }
        again
    }

    /// The object that emits may be of that class.
    fn is_emission_of(&self, c: CallAt, owner: Option<Owner>) -> bool {
        let (Some(owner), Some((object, _))) = (owner, self.receiver(c)) else { return true };
        self.origins(object).iter().any(|o| match self.type_of(o) {
            Some(Type::Owner(emits)) if !matches!(emits, Owner::Literal(_) | Owner::Function(_)) => self.related(emits, owner),
            _ => true,
        })
    }

    fn emits_again(&self, c: CallAt) -> bool {
        let f = self.function_of(c);
        if self.fun(f).at_load {
            return false;
        }
        let Some((object, _)) = self.receiver(c) else { return false };
        let own = self.origins(object).iter().find_map(|o| match o.root {
            Root::This(h) => self.owner_of_this(h),
            _ => None,
        });
        let enough = |runs: Option<Runs>| runs.is_some_and(|r| r.confidence > Confidence::Low && (!r.operation || self.is_operation(f)));
        if let Some(owner) = own
            && enough(self.runs_per_instance(f, Line { owner, call: c, emitter: None, own: false }, &mut Walk::new(), DEPTH))
        {
            return true;
        }
        // In the program at large, many objects may each do it once: it has to come round.
        let round = || self.emitting.borrow().last().is_some_and(|asked| asked.round);
        enough(self.runs_through(f, &Goal::PROGRAM, &mut Walk::new(), DEPTH)) && (own.is_none() || round())
    }

    /// The users of the package call it, and not to set something up or to end it.
    fn is_operation(&self, f: Fun) -> bool {
        let name = &self.fun(f).name;
        self.is_public_function(f) && !is_set_up(name) && !is_teardown(name)
    }

    /// Where the program makes an event of that name happen.
    pub(super) fn emissions_of(&self, event: &str) -> &[CallAt] {
        self.emissions().get(event).map_or(&[], Vec::as_slice)
    }

    /// The calls that make events of a constant name happen.
    fn emissions(&self) -> &FxHashMap<Rc<str>, Vec<CallAt>> {
        self.emissions.get_or_init(|| {
            let mut out: FxHashMap<Rc<str>, Vec<CallAt>> = FxHashMap::default();
            for c in self.calls_under(&["emit", "trigger", "fire", "emitAsync", "dispatchEvent"]) {
                let Some((_, Key::Name(name))) = self.receiver(c) else { continue };
                let Some(&first) = self.call(c).args.first() else { continue };
                let event = match name.as_str() {
                    "emit" | "trigger" | "fire" | "emitAsync" => self.constant(c.with(first)),
                    "dispatchEvent" => match self.value(c.with(first)) {
                        Value::Call(made) if self.call(c.with(*made)).kind == CallKind::New => {
                            self.call(c.with(*made)).args.first().and_then(|&name| self.constant(c.with(name)))
                        }
                        _ => None,
                    },
                    _ => None,
                };
                if let Some(event) = event {
                    out.entry(event).or_default().push(c);
                }
            }
            out
        })
    }
}
