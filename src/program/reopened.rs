//! What shows that something which is set up is set up again: an object that is opened and closed, and opened once more.
//!
//! ```text
//! reopened(R) :- R in a method that sets an object up, on what lives as long as the object
//!                the method fills a field, and the object's end empties it
//! ended(O)    :- a method of O fills a field where it is empty, what comes later empties it
//! readded(R)  :- in R's activation, on R's emitter, another listener is taken away before it is added
//! ```

use super::count::{Emitter, Many};
use super::obligation::Fault;
use super::runs::Runs;
use super::sites::{Registration, Sites};
use super::stages::{is_last_end, is_set_up, is_teardown};
use super::{At, Fun, Origin, Owner, PathKey, Program, Root};
use crate::facts::*;
use crate::findings::{Confidence, Region, Step};

impl Program<'_> {
    /// What shows that a set-up comes again for one object, where its name alone says that it comes once.
    pub(super) fn set_up_again(&self, sites: &Sites, registration: &Registration, fault: &Fault, many: &Many) -> Option<Step> {
        let about = matches!(fault, Fault::NotReleased | Fault::NeverFires)
            && matches!(many.emitter, Emitter::Longer | Emitter::Process)
            && many.region == Region::Call
            && many.operation;
        if !about {
            return None;
        }
        self.readded(sites, registration).or_else(|| self.reopened(registration)).or_else(|| self.reopened_by_members(registration))
    }

    /// The same activation takes another listener of the emitter away before it adds it: it expects to find its own of last time.
    fn readded(&self, sites: &Sites, registration: &Registration) -> Option<Step> {
        let f = self.function_of(registration.call);
        let owner = self.owner_around(f)?;
        let on_same = |receivers: &[Origin]| {
            !receivers.is_empty() && receivers.iter().all(|o| registration.receivers.iter().any(|own| self.same_origin(o, own)))
        };
        sites.registrations_near(self, owner).filter(|r| self.function_of(r.call) == f && on_same(&r.receivers)).find_map(|r| {
            let before = sites.releases_for(self, r).find(|release| {
                self.function_of(release.call) == f
                    && release.call.id < r.call.id
                    && release.handlers.is_some()
                    && on_same(&release.receivers)
                    && self.compare(r, release)
                        == (super::matching::Match::Same, super::matching::Match::Same, super::matching::Match::Same)
            })?;
            Some(self.step_call(before.call, "another listener is taken away before it is added: the set-up comes again"))
        })
    }

    /// The method fills a field that the object's end empties: a closed object can be opened again.
    fn reopened(&self, registration: &Registration) -> Option<Step> {
        let method = self.member_around(self.function_of(registration.call));
        let owner = self.owner_of_this(method).filter(|&o| self.is_class(o) && !self.is_constructor(method, o))?;
        if !is_set_up(&self.fun(method).name) || self.at_start(method, owner) {
            return None;
        }
        // (What a part of something given lives through is for its owner to say.)
        if registration.receivers.iter().any(|o| o.path.len() > 1) {
            return None;
        }
        let own = |key: PathKey| registration.receivers.iter().any(|o| o.path.first() == Some(&key));
        self.filled_within(method).into_iter().filter(|&key| !own(key)).find_map(|key| {
            let emptied = self.field_assigns(owner, &[key]).into_iter().find(|&a| {
                let end = self.member_around(a.with(self.assign(a).function));
                end != method && is_end(&self.fun(end).name) && self.is_emptying(a) && !self.ends_emitter_of(end, registration)
            })?;
            let position = self.files[emptied.file as usize].positions.assigns[emptied.id.index()];
            let end = self.member_around(emptied.with(self.assign(emptied).function));
            Some(self.step_at(
                emptied.file,
                position,
                format!(
                    "`{}` makes the {} object ready for another `{}`",
                    self.function_name(end),
                    self.owner_name(owner),
                    self.fun(method).name
                ),
            ))
        })
    }

    /// The same of an object that is written out: its members have the variables of the function that makes it.
    fn reopened_by_members(&self, registration: &Registration) -> Option<Step> {
        let chain = self.chain(self.function_of(registration.call));
        let (member, owner) = chain.into_iter().find_map(|g| match self.owner_of_function(g) {
            Some(owner @ Owner::Literal(_)) if !self.is_class(owner) => Some((g, owner)),
            _ => None,
        })?;
        let maker = self.parent(member).filter(|&maker| !self.fun(maker).at_load)?;
        if !is_set_up(&self.fun(member).name) {
            return None;
        }
        let end = self.members(owner).iter().map(|&(_, m)| m).find(|&m| m != member && is_end(&self.fun(m).name))?;
        let defs = self.facts(maker.file).bindings.iter().filter(|b| b.function == maker.id).map(|b| &b.defs);
        let within = |d: &AssignId, m: Fun| self.within(maker.with(self.assign(maker.with(*d)).function), m);
        let emptied = defs.filter_map(|defs| {
            let filled = defs.iter().any(|d| within(d, member) && !self.is_emptying(maker.with(*d)));
            defs.iter().find(|&d| filled && within(d, end) && self.is_emptying(maker.with(*d)))
        });
        let emptied = emptied.copied().next()?;
        let position = self.files[maker.file as usize].positions.assigns[emptied.index()];
        let message = format!("`{}` makes the object ready for another `{}`", self.function_name(end), self.fun(member).name);
        Some(self.step_at(maker.file, position, message))
    }

    /// How often a method runs that ends an object: once, unless users can open the object again.
    pub(super) fn runs_of_end(&self, end: Fun, owner: Owner) -> Option<Runs> {
        let step = (self.is_public_function(end) && !is_last_end(&self.fun(end).name)).then(|| self.ends_again(owner))??;
        Some(Runs { region: Region::Call, confidence: Confidence::Medium, steps: vec![step], operation: false, cycle: false })
    }

    /// What tells that an object comes to its end more than once: a method sets it up where a field is empty, and fills the field; what
    /// comes later empties it.
    fn ends_again(&self, owner: Owner) -> Option<Step> {
        let set_up = |m: &Fun| is_set_up(&self.fun(*m).name) && !self.is_constructor(*m, owner);
        let methods = self.members(owner).iter().map(|&(_, m)| m).filter(set_up);
        methods.flat_map(|m| self.fillings(m).into_iter().map(move |(a, key)| (m, a, key))).find_map(|(m, a, key)| {
            let empties = |&e: &At<AssignId>| {
                let f = e.with(self.assign(e).function);
                self.is_emptying(e) && f != m && !self.is_constructor(f, owner)
            };
            self.is_where_empty(a, key).then(|| self.field_assigns(owner, &[key]).into_iter().find(empties)).flatten()?;
            let message = format!("`{}` opens the object again: it can be ended more than once", self.fun(m).name);
            Some(self.step_at(a.file, self.files[a.file as usize].positions.assigns[a.id.index()], message))
        })
    }

    /// The assignment comes only where its field of `this` is empty.
    fn is_where_empty(&self, a: At<AssignId>, key: PathKey) -> bool {
        let block = a.with(self.assign(a).block);
        let order = self.block(block).items.iter().position(|item| matches!(item, Item::Assign(id) if *id == a.id)).unwrap_or_default();
        let of_field = |v: At<ValueId>| matches!(self.value(v), Value::Member(_, k) if self.path_key(v.file, k) == key);
        self.tests_before(block, order).into_iter().any(|(test, outcome)| match self.value(test) {
            Value::Unary(op, inner) if op == "!" => outcome && of_field(test.with(*inner)),
            _ => !outcome && of_field(test),
        })
    }

    /// The fields of `this` to which the method, or a function in it, gives something.
    fn filled_within(&self, method: Fun) -> Vec<PathKey> {
        self.fillings(method).into_iter().map(|(_, key)| key).collect()
    }

    /// Where it does.
    fn fillings(&self, method: Fun) -> Vec<(At<AssignId>, PathKey)> {
        let mut out = Vec::new();
        for (id, assign) in self.facts(method.file).assigns.iter().enumerate() {
            let Place::Member(object, key @ Key::Name(_)) = &assign.to else { continue };
            let a = method.with(AssignId(id as u32));
            if self.within(method.with(assign.function), method) && !self.is_emptying(a) && self.is_this_of(method, method.with(*object)) {
                out.push((a, self.path_key(method.file, key)));
            }
        }
        out
    }

    fn is_this_of(&self, method: Fun, object: At<ValueId>) -> bool {
        self.origins(object).iter().any(|o| o.path.is_empty() && o.root == Root::This(method))
    }

    /// The assignment empties its place.
    fn is_emptying(&self, a: At<AssignId>) -> bool {
        self.is_nothing_value(a.with(self.assign(a).from))
    }

    /// The end ends the emitter too: whether that one is used again is not known.
    fn ends_emitter_of(&self, end: Fun, registration: &Registration) -> bool {
        let about = |o: &[Origin]| o.iter().any(|x| registration.receivers.iter().any(|y| !y.path.is_empty() && self.same_origin(x, y)));
        self.calls_within(end).into_iter().any(|c| self.is_ended_by(c, &about))
    }
}

/// The end of a use: who has the object may use it again.
fn is_end(name: &str) -> bool {
    is_teardown(name) && !is_last_end(name)
}
