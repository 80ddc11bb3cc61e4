//! Flags: variables that are older than an activation, as guards of its lines.
//!
//! ```text
//! flag(b, L)  :- test of b before L, b set on L's path, b older than L's function
//! reset(b)    :- b emptied by a function that may run, and what L listens to not ended with it
//! ```

use super::guards::{CALLS, Guard, Seen};
use super::stages::is_teardown;
use super::starters::{Started, Times};
use super::{At, CallAt, Fun, Origin, Program};
use crate::facts::*;

/// How many calls below what empties a flag the end of the emitter is looked for.
const ENDS: u32 = 2;

impl Program<'_> {
    /// A variable that is older than this activation and set when the line runs.
    pub(super) fn flag_variable(&self, b: At<BindingId>, f: Fun, seen: &Seen) -> Option<Guard> {
        let binding = self.binding(b);
        let owner = b.with(binding.function);
        if owner == f
            || !self.within(f, owner)
            || seen.foreign && (!self.runs_with_module(owner, CALLS) || self.is_reset_alone(b, seen.receivers))
        {
            return None;
        }
        // There, or in what is called there.
        let on_path = |g: Fun| self.within(g, f) || self.callers(g).iter().any(|&c| self.within(self.function_of(c), f));
        let set = binding.defs.iter().any(|&d| {
            let assign = self.assign(b.with(d));
            on_path(b.with(assign.function)) && !self.is_nothing_value(b.with(assign.from))
        });
        set.then_some(Guard::Once)
    }

    /// The line takes back the flag that it stands under, and another function raises it: `if (flushed) { ...; flushed = false }`.
    pub(super) fn is_under_raised_flag(&self, c: CallAt) -> bool {
        let f = self.function_of(c);
        self.tests_before(c.with(self.call(c).block), self.order_of(c)).into_iter().any(|(test, outcome)| match self.value(test) {
            Value::Binding(b) => outcome && self.is_raised_again(test.with(*b), f),
            _ => false,
        })
    }

    fn is_raised_again(&self, b: At<BindingId>, f: Fun) -> bool {
        let binding = self.binding(b);
        let owner = b.with(binding.function);
        let written = |truth: bool, inside: bool| {
            binding.defs.iter().any(|&d| {
                let assign = self.assign(b.with(d));
                let g = b.with(assign.function);
                g != owner
                    && self.within(g, f) == inside
                    && matches!(self.value(b.with(assign.from)), Value::Bool(to) if *to == truth)
                    && (inside || self.is_reachable(g, CALLS))
            })
        };
        owner != f && self.within(f, owner) && written(false, true) && written(true, false)
    }

    /// The test holds for what an older variable is at first, the line's path gives the variable what the test does not hold for, and
    /// nothing brings it back: `if (count === 0) { count = 1; ... }`, `if (state === NEW) { state = OPEN; ... }`.
    pub(super) fn is_spent(&self, b: At<BindingId>, f: Fun, seen: &Seen, holds: &dyn Fn(&str) -> bool) -> bool {
        let binding = self.binding(b);
        let owner = b.with(binding.function);
        let Some((&first, later)) = binding.defs.split_first() else { return false };
        if owner == f || !self.within(f, owner) || seen.foreign && !self.runs_with_module(owner, CALLS) {
            return false;
        }
        let given = |d: AssignId| self.literal_text(b.with(self.assign(b.with(d)).from));
        // What only grows does not come back.
        let grows = |d: AssignId| matches!(self.value(b.with(self.assign(b.with(d)).from)), Value::Binary(op, ..) if op == "+");
        let spends = |&d: &AssignId| {
            self.within(b.with(self.assign(b.with(d)).function), f) && (grows(d) || given(d).is_some_and(|value| !holds(&value)))
        };
        self.assign(b.with(first)).function == binding.function
            && given(first).is_some_and(|value| holds(&value))
            && later.iter().any(spends)
            && later.iter().all(|&d| given(d).map_or_else(|| grows(d), |value| !holds(&value)))
    }

    /// A number or a text that is written, or the one that a variable stands for.
    pub(super) fn literal_text(&self, v: At<ValueId>) -> Option<std::rc::Rc<str>> {
        match self.value(v) {
            Value::Number(text) => Some(text.as_str().into()),
            Value::Binding(b) => match self.binding(v.with(*b)).defs[..] {
                [def] => match self.value(v.with(self.assign(v.with(def)).from)) {
                    Value::Number(text) => Some(text.as_str().into()),
                    _ => self.constant(v),
                },
                _ => None,
            },
            _ => self.constant(v),
        }
    }

    /// The function whose variable lets the call run once in its activation (`if (!p) p = make(e)`), and is not emptied again.
    pub(super) fn slot_holder(&self, c: CallAt) -> Option<Fun> {
        let f = self.function_of(c);
        self.tests_before(c.with(self.call(c).block), self.order_of(c)).into_iter().find_map(|(test, outcome)| {
            let (test, outcome) = match self.value(test) {
                Value::Unary(op, inner) if op == "!" => (test.with(*inner), !outcome),
                _ => (test, outcome),
            };
            let Value::Binding(b) = self.value(test) else { return None };
            let b = test.with(*b);
            let guards = !outcome
                && self.flag_variable(b, f, &Seen { receivers: &[], given: &[], named: &[], foreign: false }).is_some()
                && !self.is_reset(b);
            guards.then(|| b.with(self.binding(b).function))
        })
    }

    /// The function runs once, while its module is loaded: it is called where it is written (`(function () {...})()`), and by nobody else.
    pub(super) fn runs_with_module(&self, f: Fun, depth: u32) -> bool {
        if self.fun(f).at_load {
            return true;
        }
        let starters = self.starters(f);
        let Some(starter) = starters.first() else { return false };
        let (Some(by), Some(within)) = (starter.by, starter.within) else { return false };
        // The wrapper of a module runs it in one of several ways: `typeof define === 'function' ? define(factory) : factory(exports)`.
        let alike = |other: &super::starters::Starter| {
            other.by == starter.by && other.times == Times::One && matches!(other.how, Started::Called | Started::Unknown)
        };
        depth > 0
            && starters.iter().any(|starter| starter.how == Started::Called)
            && starters.iter().all(alike)
            && self.within(f, within)
            && self.returned_by(f).is_empty()
            && self.loop_around(by.with(self.call(by).block)).is_none()
            && self.runs_with_module(within, depth - 1)
    }

    /// The call stands under a test of a variable around its function that is set in several places: whether that lets it by once or
    /// again and again is not known.
    pub(super) fn is_under_a_flag(&self, c: CallAt) -> bool {
        let f = self.function_of(c);
        self.tests_before(c.with(self.call(c).block), self.order_of(c)).into_iter().any(|(test, _)| {
            let asked = match self.value(test) {
                Value::Unary(op, inner) if op == "!" => test.with(*inner),
                _ => test,
            };
            matches!(self.value(asked), Value::Binding(b) if {
                let binding = self.binding(asked.with(*b));
                binding.function != f.id && binding.defs.len() > 1
            })
        })
    }

    /// The variable is emptied again: when a listener or a later call has done so, the line runs once more, and what outlives the
    /// variable's value gets another listener. A failure that empties it (`catch`) comes before there is one.
    pub(super) fn is_reset(&self, b: At<BindingId>) -> bool {
        self.resets(b).next().is_some()
    }

    /// The functions that empty the variable.
    fn resets(&self, b: At<BindingId>) -> impl Iterator<Item = Fun> + '_ {
        let binding = self.binding(b);
        binding.defs.iter().enumerate().filter_map(move |(order, &d)| {
            let assign = self.assign(b.with(d));
            let g = b.with(assign.function);
            let begins = order == 0 && assign.function == binding.function;
            let empties = !begins
                && !self.fun(g).at_load
                && self.is_nothing_value(b.with(assign.from))
                && !self.is_inside(b.with(assign.block), &BlockKind::Catch)
                && self.is_reachable(g, CALLS);
            empties.then_some(g)
        })
    }

    /// The variable is emptied, and what is listened to goes on: not `stop() { on = false; bus.dispose() }`.
    fn is_reset_alone(&self, b: At<BindingId>, receivers: &[Origin]) -> bool {
        self.resets(b).any(|g| !self.ends_object(g, receivers, ENDS))
    }

    /// The function, or one that it calls, ends one of the objects.
    pub(super) fn ends_object(&self, g: Fun, objects: &[Origin], depth: u32) -> bool {
        self.calls_within(g).into_iter().any(|c| {
            let ends = matches!(self.receiver(c), Some((object, Key::Name(name)))
                if is_teardown(name) && self.same_object(&self.origins(object), objects));
            ends || depth > 0 && self.functions_called(c).iter().any(|&h| h != g && self.ends_object(h, objects, depth - 1))
        })
    }
}
