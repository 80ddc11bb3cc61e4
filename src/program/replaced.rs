//! Replaced: an object that is put where another one stands which still listens. The end that finds it there meets the last one only.
//!
//! ```text
//! replaced(R, Q) :- R at the start of an object of the class W, Q in a method that ends it
//!                   slot = new W() in a function that runs again in the life of the slot, under no test of the slot,
//!                   and nothing before it, there or in who calls it, does anything with what the slot held
//! ```

use rustc_hash::FxHashSet;

use super::count::{Count, DEPTH};
use super::sites::{Registration, Release, Sites};
use super::stages::{is_set_up, is_teardown};
use super::{At, CallAt, Fun, Origin, Owner, PathKey, Program, Root};
use crate::facts::*;
use crate::findings::{Confidence, Region};

/// How many calls below or above a function the end of what a slot held is looked for.
const CALLS: u32 = 2;

/// A place that is older than the call that fills it.
enum Slot {
    /// A variable of a function around, or of the module.
    Variable(At<BindingId>),
    /// A field of the object whose method fills it.
    Field(Fun, PathKey),
}

impl Program<'_> {
    /// The call that makes the next object in the place of one which is not ended.
    pub(super) fn replaced(&self, registration: &Registration, release: &Release) -> Option<CallAt> {
        let f = self.function_of(registration.call);
        let owner = self.owner_around(f).filter(|&o| self.is_class(o) && self.at_start(f, o))?;
        let end = self.chain(self.function_of(release.call)).into_iter().find(|&m| self.owner_of_function(m).is_some())?;
        let of_class = |g: Fun| self.owner_around(g).is_some_and(|o| self.related(o, owner));
        // (An object that ends itself needs nobody who does.)
        if !is_teardown(&self.fun(end).name)
            || !of_class(end)
            || self.at_start(end, owner)
            || !self.passed(end).is_empty()
            || self.callers(end).iter().any(|&c| of_class(self.function_of(c)) && !is_teardown(&self.fun(self.function_of(c)).name))
            || self.hands_itself_on(owner)
        {
            return None;
        }
        self.makers(owner).iter().copied().find(|&maker| self.fills_again(maker))
    }

    /// The object is handed to others when it is made, who may end it.
    fn hands_itself_on(&self, owner: Owner) -> bool {
        self.family(owner).iter().flat_map(|&o| self.members(o)).filter(|&&(_, m)| self.at_start(m, owner)).any(|&(_, m)| {
            self.calls_within(m).into_iter().any(|c| {
                self.call(c).kind == CallKind::Call
                    && self.bind_target(c).is_none()
                    && super::sites::registration(self, c).is_none()
                    && self.call(c).args.iter().any(|&a| matches!(self.value(c.with(a)), Value::This(_)))
            })
        })
    }

    /// The call makes an object for a slot again and again, whatever is there.
    fn fills_again(&self, maker: CallAt) -> bool {
        let f = self.function_of(maker);
        let made = self.call(maker).value;
        let Some(assign) = self.assigned(f.with(made)).map(|a| self.assign(a)) else { return false };
        let older = |b: At<BindingId>| b.with(self.binding(b).function) != f && self.within(f, b.with(self.binding(b).function));
        let slot = match &assign.to {
            Place::Binding(b) if older(f.with(*b)) => Slot::Variable(f.with(*b)),
            Place::Member(object, key @ Key::Name(_)) => match self.value(f.with(*object)) {
                Value::This(g) => Slot::Field(f.with(*g), self.path_key(f.file, key)),
                _ => return false,
            },
            _ => return false,
        };
        !assign.only_if_empty
            && self.call(maker).result == Use::Used
            && !self.fun(f).returns.contains(&made)
            && !self.is_tested(maker, &slot)
            && self.outlives_the_call(maker, &slot)
            && !self.is_used_before(f, maker, &slot)
            && !self.callers(f).iter().any(|&c| self.ends_slot(self.function_of(c), &slot, CALLS, &mut FxHashSet::default()))
    }

    /// The slot is there for more than one run of the function that fills it.
    fn outlives_the_call(&self, maker: CallAt, slot: &Slot) -> bool {
        let f = self.function_of(maker);
        let (confidence, by_users) = match slot {
            Slot::Variable(b) => {
                let owner = b.with(self.binding(*b).function);
                let goal = (!self.fun(owner).at_load).then_some(owner);
                match self.runs(f, goal) {
                    Some(runs) => (runs.confidence, runs.operation || self.is_public_function(f)),
                    None => return false,
                }
            }
            Slot::Field(g, _) => match self.count_at(maker, &Origin::root(Root::This(*g)), DEPTH) {
                // (What a framework runs once for each object finds the slot empty.)
                Count::Many(many) if many.region != Region::Mount => (many.confidence, many.operation),
                _ => return false,
            },
        };
        // Who starts a thing by a call of his own sees to it that it is stopped before; and what the program calls itself it calls
        // for the objects that it makes.
        let by_name = || self.is_called_by_name(PathKey::Name(self.sym(&self.fun(f).name)));
        let called = matches!(slot, Slot::Field(..)) && (!self.callers(f).is_empty() || by_name());
        let duty = || called || self.chain(f).into_iter().any(|g| is_set_up(&self.fun(g).name)) || self.is_emptied(slot, f);
        confidence >= Confidence::Medium && !(by_users && duty())
    }

    /// Another function empties the slot: what fills it is called where nothing is there.
    fn is_emptied(&self, slot: &Slot, f: Fun) -> bool {
        let assigns: Vec<At<AssignId>> = match slot {
            Slot::Variable(b) => self.binding(*b).defs.iter().map(|&d| b.with(d)).collect(),
            Slot::Field(g, key) => self.owner_of_this(*g).map_or_else(Vec::new, |owner| self.field_assigns(owner, &[*key])),
        };
        assigns.into_iter().any(|a| {
            let g = a.with(self.assign(a).function);
            g != f
                && !self.fun(g).at_load
                && !self.owner_of_this(g).is_some_and(|o| self.is_constructor(g, o))
                && self.is_nothing_value(a.with(self.assign(a).from))
        })
    }

    /// The value reads the slot.
    fn reads(&self, v: At<ValueId>, slot: &Slot) -> bool {
        match (self.value(v), slot) {
            (Value::Binding(b), Slot::Variable(own)) => v.with(*b) == *own,
            (Value::Member(_, key), Slot::Field(_, own)) => self.path_key(v.file, key) == *own,
            (Value::Unary(_, inner) | Value::Await(inner), _) => self.reads(v.with(*inner), slot),
            (Value::Member(object, _), _) => self.reads(v.with(*object), slot),
            (Value::Binary(_, left, right), _) => [left, right].into_iter().any(|&x| self.reads(v.with(x), slot)),
            (Value::Choice(_, parts), _) => parts.iter().any(|&x| self.reads(v.with(x), slot)),
            (Value::Call(c), _) => self.makes_use(v.with(*c), slot),
            _ => false,
        }
    }

    /// The call is made on what the slot holds, or is given it.
    fn makes_use(&self, c: CallAt, slot: &Slot) -> bool {
        self.receiver(c).is_some_and(|(object, _)| self.reads(object, slot))
            || self.call(c).args.iter().any(|&a| self.reads(c.with(a), slot))
    }

    fn is_tested(&self, maker: CallAt, slot: &Slot) -> bool {
        let tests = self.tests_before(maker.with(self.call(maker).block), self.order_of(maker));
        tests.into_iter().any(|(test, _)| self.reads(test, slot))
    }

    /// What the slot held is looked at before it is filled, or what it gets is handed on or given back.
    fn is_used_before(&self, f: Fun, maker: CallAt, slot: &Slot) -> bool {
        let given = |&r: &ValueId| self.reads(f.with(r), slot);
        let handed_on = |c: CallAt| self.call(c).args.iter().any(|&a| self.reads(c.with(a), slot));
        let kept = |a: &Assign| a.function == f.id && self.reads(f.with(a.from), slot);
        self.fun(f).returns.iter().any(given)
            || self.facts(f.file).assigns.iter().any(kept)
            || self.calls_within(f).into_iter().any(|c| c != maker && (handed_on(c) || c.id < maker.id && self.makes_use(c, slot)))
            || self.ends_slot(f, slot, CALLS + 1, &mut FxHashSet::default())
    }

    /// The function, or one that it calls, ends what the slot holds.
    fn ends_slot(&self, f: Fun, slot: &Slot, depth: u32, seen: &mut FxHashSet<Fun>) -> bool {
        seen.insert(f)
            && self.calls_within(f).into_iter().any(|c| {
                let ends = matches!(self.receiver(c), Some((object, Key::Name(name))) if is_teardown(name) && self.reads(object, slot));
                ends || depth > 0 && self.functions_called(c).iter().any(|&h| self.ends_slot(h, slot, depth - 1, seen))
            })
    }

    /// The line adds one listener for each that is taken off in the same turn: `e.listeners(x).forEach(f => { e.off(x, f); e.on(x, wrap(f)) })`.
    pub(super) fn is_put_back_wrapped(&self, sites: &Sites, registration: &Registration) -> bool {
        let f = self.function_of(registration.call);
        let lists =
            |c: CallAt| matches!(self.receiver(c), Some((_, Key::Name(name))) if matches!(name.as_str(), "listeners" | "rawListeners"));
        let listed = |o: &Origin| matches!(o.root, Root::Call(c) if lists(c));
        let taken = |o: &Origin| match o.root {
            Root::Param(h, 0) => {
                self.passed(h).iter().any(|p| self.receiver(p.call).is_some_and(|(list, _)| self.origins(list).iter().any(listed)))
            }
            Root::Call(_) => !o.path.is_empty() && listed(o),
            _ => false,
        };
        sites.releases_for(self, registration).any(|release| {
            self.function_of(release.call) == f
                && release.handlers.as_ref().is_some_and(|handlers| !handlers.is_empty() && handlers.iter().all(taken))
                && self.same_object(&release.receivers, &registration.receivers)
        })
    }
}
