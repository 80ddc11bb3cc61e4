//! Siblings: what is taken away shows what was forgotten beside it.
//!
//! ```text
//! forgotten(R) :- R, Q in one class, at the start of an object's life, on what is older than the object
//!                 the class's end takes Q away, nothing takes R away, and R's emitter does not end with the object
//! ```

use super::matching::Match;
use super::sites::{Registration, Sites};
use super::stages::{is_set_up, is_teardown};
use super::{At, CallAt, Fun, Origin, Owner, Program, Root};
use crate::facts::*;
use crate::findings::Region;

use super::count::Emitter;

/// How many calls may stand between the end of an emitter and what takes listeners away for it.
const STEPS_OF_END: u32 = 2;

impl Program<'_> {
    /// A registration of the same class that the class's end takes away, while it forgets this one.
    pub(super) fn forgotten(&self, sites: &Sites, registration: &Registration) -> Option<CallAt> {
        let f = self.function_of(registration.call);
        let owner = self.owner_around(f).filter(|&o| self.is_class(o))?;
        // To hear of an emitter's end is no work of the object's.
        if registration.once || registration.event.name().is_some_and(is_teardown) || !self.is_of_start(f, owner) {
            return None;
        }
        // What the program makes itself is counted where it is made.
        if !self.makers(owner).is_empty() && !self.is_public_owner(owner) {
            return None;
        }
        if registration.receivers.is_empty() || !registration.receivers.iter().all(|o| self.is_handed_in(o, owner)) {
            return None;
        }
        if registration.target && registration.handlers.iter().all(|o| self.is_one_function(o))
            || self.ends_with(sites, registration, owner)
        {
            return None;
        }
        let ends: Vec<Fun> =
            self.family(owner).iter().flat_map(|&o| self.members(o)).map(|&(_, m)| m).filter(|&m| self.is_end_of_life(m)).collect();
        let sibling = |r: &&Registration| {
            r.call != registration.call
                && !r.once
                && self.owner_around(self.function_of(r.call)).is_some_and(|o| self.related(o, owner))
                && self.is_of_start(self.function_of(r.call), owner)
                && !r.receivers.is_empty()
                && r.receivers.iter().all(|o| self.emitter_kind(o) == Emitter::Process || self.is_handed_in(o, owner))
                && sites.releases_for(self, r).any(|release| {
                    let g = self.function_of(release.call);
                    ends.iter().any(|&end| self.within(g, end) || self.callers(g).iter().any(|&c| self.within(self.function_of(c), end)))
                        && self.compare(r, release) == (Match::Same, Match::Same, Match::Same)
                })
        };
        let other = sites.registrations_near(self, owner).find(sibling)?;
        self.is_released(sites, other).then_some(other.call)
    }

    /// A registration of the same activation that the end takes away which the activation gives back (`return { destroy() {...} }`), while
    /// it forgets this one.
    pub(super) fn forgotten_by_end(&self, sites: &Sites, registration: &Registration) -> Option<CallAt> {
        let f = self.function_of(registration.call);
        if registration.once || registration.event.name().is_some_and(is_teardown) || !self.is_call_shaped(registration) {
            return None;
        }
        let older = |o: &Origin| match o.root {
            Root::Param(g, _) => self.within(f, g) && (g != f || self.callers(f).is_empty()),
            Root::Call(c) => self.function_of(c) != f && self.within(f, self.function_of(c)),
            _ => false,
        };
        let foreign =
            |r: &Registration| !r.receivers.is_empty() && r.receivers.iter().all(|o| older(o) && self.emitter_kind(o) == Emitter::Longer);
        if !foreign(registration) {
            return None;
        }
        let ends = self.ends_given_back(f);
        if ends.is_empty() || self.ends_in(&ends, registration) {
            return None;
        }
        let other = sites.registrations_in(f).find(|r| {
            r.call != registration.call
                && !r.once
                && foreign(r)
                && sites.releases_for(self, r).any(|release| {
                    ends.iter().any(|&end| self.within(self.function_of(release.call), end))
                        && self.compare(r, release) == (Match::Same, Match::Same, Match::Same)
                })
        })?;
        self.is_released(sites, other).then_some(other.call)
    }

    /// Functions by which those who got what `f` gives back end it.
    fn ends_given_back(&self, f: Fun) -> Vec<Fun> {
        let mut out = Vec::new();
        for &given in &self.fun(f).returns {
            if let Value::Object(props, _) = self.value(f.with(given)) {
                let ends = props.iter().filter(|(key, _)| matches!(key, Key::Name(name) if is_teardown(name)));
                out.extend(ends.flat_map(|(_, v)| self.functions_of(f.with(*v)).into_iter().map(|(h, _)| h)));
            }
        }
        out.retain(|&h| self.within(h, f));
        out
    }

    /// What the function gives back ends the emitter: whoever has that decides over both.
    pub(super) fn is_ended_by_given_back(&self, registration: &Registration) -> bool {
        let about = |o: &[Origin]| self.same_object(o, &registration.receivers);
        let ends = self.ends_given_back(self.function_of(registration.call));
        ends.iter().flat_map(|&end| self.calls_within(end)).any(|c| self.is_ended_by(c, &about))
    }

    /// One of the functions ends the emitter, or hands it on.
    fn ends_in(&self, ends: &[Fun], registration: &Registration) -> bool {
        let about = |o: &[Origin]| self.same_object(o, &registration.receivers);
        ends.iter().flat_map(|&end| self.calls_within(end)).any(|c| self.is_ended_by(c, &about) || self.is_handed_on(c, &about))
    }

    /// The call ends such an object, or empties it.
    pub(super) fn is_ended_by(&self, c: CallAt, such: &dyn Fn(&[Origin]) -> bool) -> bool {
        matches!(self.receiver(c), Some((object, Key::Name(name)))
            if (is_teardown(name) || matches!(name.as_str(), "remove" | "empty" | "replaceChildren")) && such(&self.origins(object)))
    }

    /// The call is given such an object, and not to take a listener off it.
    fn is_handed_on(&self, c: CallAt, such: &dyn Fn(&[Origin]) -> bool) -> bool {
        super::releases::release(self, c).is_none() && self.call(c).args.iter().any(|&a| such(&self.origins(c.with(a))))
    }

    /// The emitter was given to the object, so that other objects add their listeners to it too.
    pub(super) fn is_given_to_object(&self, registration: &Registration) -> bool {
        let owner = self.owner_around(self.function_of(registration.call));
        owner.is_some_and(|owner| registration.receivers.iter().all(|o| self.is_handed_in(o, owner)))
    }

    /// It has a `this` of its own, or is a member that keeps that of its object (`handle = () => {...}` in a class).
    pub(super) fn is_member(&self, f: Fun) -> bool {
        self.fun(f).this == f.id || self.owner_of_function(f).is_some()
    }

    /// The function is a constructor, or a method that a constructor of the class calls.
    pub(super) fn at_start(&self, f: Fun, owner: Owner) -> bool {
        let made = |g: Fun| self.owner_of_this(g).is_some_and(|o| self.related(o, owner) && self.is_constructor(g, o));
        made(f)
            || self.is_member(f)
                && !self.callers(f).is_empty()
                && self.callers(f).iter().all(|&c| {
                    let g = self.function_of(c);
                    made(g) || self.callers(g).iter().any(|&c| made(self.function_of(c)))
                })
    }

    /// At the start of the object's life, by its constructor, by a method that sets it up, or in a function that one of these makes.
    fn is_of_start(&self, f: Fun, owner: Owner) -> bool {
        let sets_up = |g: Fun| self.owner_of_function(g).is_some() && is_set_up(&self.fun(g).name);
        self.chain(f).into_iter().any(|g| self.at_start(g, owner) || sets_up(g))
    }

    /// What the maker of an object of the class gave it.
    fn is_handed_in(&self, origin: &Origin, owner: Owner) -> bool {
        let given = |o: &Origin| matches!(o.root, Root::Param(g, _) if self.owner_of_this(g).is_some_and(|w| self.related(w, owner) && self.is_constructor(g, w)));
        if given(origin) {
            return true;
        }
        if !matches!(origin.root, Root::This(_)) || origin.path.is_empty() {
            return false;
        }
        let sources: Vec<Origin> = self.field_sources(origin).into_iter().flat_map(|(_, origins)| origins).collect();
        sources.iter().any(given)
            && sources.iter().all(|o| {
                given(o) || matches!(o.root, Root::Call(c) if self.call(c).kind == CallKind::Call && self.emitter_kind_of_holder(c) == Emitter::Process)
            })
    }

    /// What the method that a call names belongs to: `document.getElementById(...)`.
    fn emitter_kind_of_holder(&self, c: CallAt) -> Emitter {
        match self.receiver(c) {
            Some((object, Key::Name(name))) if !name.starts_with("create") => {
                self.origins(object).first().map_or(Emitter::Longer, |o| self.emitter_kind(o))
            }
            _ => Emitter::Longer,
        }
    }

    /// The emitter is ended by the class, tells the class of its end, or is handed on at the end of the object.
    pub(super) fn ends_with(&self, sites: &Sites, registration: &Registration, owner: Owner) -> bool {
        let about = |o: &[Origin]| {
            o.iter().any(|x| {
                registration
                    .receivers
                    .iter()
                    .any(|y| self.same_origin(x, y) || y.prefix().is_some_and(|y| self.same_origin(x, &y) && !x.path.is_empty()))
            }) || self.compare_receivers(o, &registration.receivers) == Match::Same
        };
        let heard = sites.registrations_near(self, owner).any(|r| self.tells_of_end(r) && about(&r.receivers));
        heard
            || self.family(owner).iter().flat_map(|&o| self.members(o)).any(|&(_, m)| {
                let end = self.is_end_of_life(m);
                self.calls_within(m)
                    .into_iter()
                    .any(|c| self.is_ended_by(c, &about) && !self.spares_the_given(c, registration) || end && self.is_handed_on(c, &about))
            })
    }

    /// All that takes the registration away is run by the emitter's end, which another listener hears: `parent.on('destroy', this.destroy)`,
    /// where `destroy` takes away. The emitter goes then, with whatever else it has.
    pub(super) fn is_released_by_its_end(&self, sites: &Sites, registration: &Registration) -> bool {
        let hears_end =
            |r: &&Registration| self.tells_of_end(r) && self.compare_receivers(&r.receivers, &registration.receivers) == Match::Same;
        let hearing = sites.registrations_in(self.function_of(registration.call)).filter(hears_end);
        let ends: Vec<Fun> = hearing.flat_map(|r| self.functions_of_origins(&r.handlers, 3)).map(|(h, _)| h).collect();
        !ends.is_empty()
            && sites
                .releases_for(self, registration)
                .all(|release| self.is_run_only_by(self.function_of(release.call), &ends, STEPS_OF_END))
    }

    /// The program calls the function in these only.
    fn is_run_only_by(&self, g: Fun, ends: &[Fun], depth: u32) -> bool {
        if ends.iter().any(|&end| self.within(g, end)) {
            return true;
        }
        let callers = self.callers(g);
        depth > 0 && !callers.is_empty() && callers.iter().all(|&c| self.is_run_only_by(self.function_of(c), ends, depth - 1))
    }

    /// The method ends an object's life.
    fn is_end_of_life(&self, m: Fun) -> bool {
        let name = &self.fun(m).name;
        is_teardown(name) || matches!(name.trim_start_matches('_'), "remove" | "detach" | "unbind" | "unload" | "deinit" | "deactivate")
    }

    /// Every object has the same function.
    pub(super) fn is_one_function(&self, o: &Origin) -> bool {
        match (o.root, o.path.is_empty()) {
            (Root::Function(h), true) => self.parent(h).is_none_or(|p| self.fun(p).at_load),
            (Root::Global(_) | Root::Module(_) | Root::File(_), _) => true,
            _ => false,
        }
    }

    /// The listener stands in a slot that is older than the object, and each object puts its own there: the release finds the last one.
    pub(super) fn overwritten_listener(&self, registration: &Registration, release: &super::sites::Release) -> bool {
        let f = self.function_of(registration.call);
        if self.function_of(release.call) == f || self.within(self.function_of(release.call), f) {
            return false;
        }
        let many = self.owner_of_this(f).is_some_and(|o| self.at_start(f, o) && self.is_public_owner(o))
            || self.runs_as_lifecycle(f).and_then(super::frameworks::Contract::runs).is_some_and(|r| r.region == Region::Mount);
        let argument = |c: CallAt| {
            let handler = super::sites::registration(self, c)
                .and_then(|s| s.handler)
                .or_else(|| super::releases::release(self, c).and_then(|r| r.listener));
            handler.map(|h| c.with(h))
        };
        let (Some(added), Some(removed)) = (argument(registration.call), argument(release.call)) else { return false };
        let Some(puts) = self.puts_into_slot(added).filter(|_| self.is_one_slot(added, removed)) else { return false };
        let by = |put: &At<AssignId>| put.with(self.assign(*put).function) == f;
        let fresh = |put: &At<AssignId>| {
            let from = self.value(put.with(self.assign(*put).from));
            by(put) && matches!(from, Value::Function(_) | Value::Call(_)) || matches!(from, Value::Null | Value::Undefined)
        };
        many && puts.iter().all(fresh) && puts.iter().any(by)
    }

    /// Both values are read from one variable of a module, or from one member of an object that is there once.
    fn is_one_slot(&self, a: At<ValueId>, b: At<ValueId>) -> bool {
        a.file == b.file
            && match (self.value(a), self.value(b)) {
                (Value::Binding(x), Value::Binding(y)) => x == y,
                (Value::Member(x, one), Value::Member(y, other)) => {
                    one == other && self.same_object(&self.origins(a.with(*x)), &self.origins(b.with(*y)))
                }
                _ => false,
            }
    }

    /// What the program puts into the slot that a value is read from, where it is older than all objects.
    fn puts_into_slot(&self, v: At<ValueId>) -> Option<Vec<At<AssignId>>> {
        match self.value(v) {
            Value::Binding(b) => {
                let binding = self.binding(v.with(*b));
                self.fun(v.with(binding.function)).at_load.then(|| binding.defs.iter().map(|&d| v.with(d)).collect())
            }
            Value::Member(object, key @ Key::Name(_)) => {
                let holders = self.origins(v.with(*object));
                let single = |o: &Origin| match (o.root, o.path.is_empty()) {
                    (Root::Literal(literal), true) => self.literal_function(literal).is_some_and(|f| self.fun(f).at_load),
                    _ => false,
                };
                let puts = |put: &&At<AssignId>| match &self.assign(**put).to {
                    Place::Member(o, _) => self.same_object(&self.origins(put.with(*o)), &holders),
                    _ => false,
                };
                holders.iter().all(single).then(|| self.puts_under(self.path_key(v.file, key)).iter().filter(puts).copied().collect())
            }
            _ => None,
        }
    }
}
