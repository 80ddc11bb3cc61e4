//! Calls that pick an arm: what a call tells its function for good, and what it gives for it, decides which of its lines run.
//!
//! ```text
//! idle(c, f) :- c calls f, c gives a constant for a parameter p, each line of f that adds stands under a test of p that fails then,
//!               nothing else that f calls then adds
//! ```

use super::{At, CallAt, Fun, Origin, Program, Root};
use crate::facts::*;

/// Depth to which a test is taken apart.
const TEST_DEPTH: u32 = 4;

/// What a test makes of each argument of a call, where that is written.
pub(super) type Told = Vec<Option<bool>>;

impl Program<'_> {
    /// The call makes its function add nothing: `setRaw(false)` of `setRaw(on) { if (on) stdin.on('data', f); else stdin.off('data', f) }`.
    pub(super) fn picks_no_adding(&self, c: CallAt, f: Fun) -> bool {
        let args = &self.call(c).args;
        let told: Told = args.iter().map(|&a| self.outcome_of(c.with(a))).collect();
        if told.iter().all(Option::is_none) || args.iter().any(|&a| matches!(self.value(c.with(a)), Value::Spread(_))) {
            return false;
        }
        // Calls that tell the same are many.
        if let Some(&known) = self.idle.borrow().get(&(f, told.clone())) {
            return known;
        }
        let idle = self.adds_nothing(f, &told);
        self.idle.borrow_mut().insert((f, told), idle);
        idle
    }

    /// None of the lines by which the function adds runs where its parameters are what is told.
    fn adds_nothing(&self, f: Fun, told: &Told) -> bool {
        let told = |i: usize| told.get(i).copied().flatten();
        let dead = |line: CallAt| {
            let tests = self.tests_before(line.with(self.call(line).block), self.order_of(line));
            tests.into_iter().any(|(test, outcome)| self.fails_for(test, outcome, f, &told, TEST_DEPTH))
        };
        let adds = |line: CallAt| super::sites::registration(self, line).is_some();
        let mut seen = false;
        for &line in &self.indices(f.file).calls[f.id.index()] {
            let line = f.with(line);
            let own = adds(line);
            seen |= own;
            let below = || self.functions_called(line).iter().any(|&g| g != f && self.calls_within(g).into_iter().any(adds));
            if (own || below()) && !dead(line) {
                return false;
            }
        }
        seen
    }

    /// Which of two lines of a function runs, its caller says: `setRaw(on) { if (on) { stdin.on('data', f); return } stdin.off('data', f) }`.
    pub(super) fn is_picked_by_parameter(&self, one: CallAt, other: CallAt) -> bool {
        let f = self.function_of(one);
        let lines = |c: CallAt| self.tests_before(c.with(self.call(c).block), self.order_of(c));
        let beside = lines(other);
        (0..self.fun(f).params.len()).any(|param| {
            [true, false].into_iter().any(|told| {
                let told = |i: usize| (i == param).then_some(told);
                let fails = |&(test, outcome): &(At<ValueId>, bool)| self.fails_for(test, outcome, f, &told, TEST_DEPTH);
                lines(one).iter().any(fails) && !beside.iter().any(fails)
            })
        })
    }

    /// What a test makes of the value, where that is written: `false`, `null`, `undefined`, `true`.
    fn outcome_of(&self, v: At<ValueId>) -> Option<bool> {
        match self.value(v) {
            Value::Bool(outcome) => Some(*outcome),
            Value::Null | Value::Undefined => Some(false),
            _ => None,
        }
    }

    /// The test does not come out so where the parameters are what is told.
    fn fails_for(&self, test: At<ValueId>, outcome: bool, f: Fun, told: &dyn Fn(usize) -> Option<bool>, depth: u32) -> bool {
        if depth == 0 {
            return false;
        }
        let again = |v: ValueId, outcome: bool| self.fails_for(test.with(v), outcome, f, told, depth - 1);
        match self.value(test) {
            Value::Unary(op, inner) if op == "!" => again(*inner, !outcome),
            Value::Choice(ChoiceKind::And, parts) if outcome => parts.iter().any(|&p| again(p, true)),
            Value::Choice(ChoiceKind::Or, parts) if !outcome => parts.iter().any(|&p| again(p, false)),
            Value::Binary(op, left, right) => {
                let equal = match op.as_str() {
                    "==" | "===" => outcome,
                    "!=" | "!==" => !outcome,
                    _ => return false,
                };
                matches!(self.value(test.with(*right)), Value::Bool(wanted) if again(*left, *wanted == equal))
            }
            Value::Binding(b) => {
                let [def] = self.binding(test.with(*b)).defs[..] else { return false };
                let param = match &self.origins(test.with(self.assign(test.with(def)).from))[..] {
                    [Origin { root: Root::Param(g, i), path }] if *g == f && path.is_empty() => *i,
                    _ => return false,
                };
                told(param as usize).is_some_and(|truth| truth != outcome)
            }
            _ => false,
        }
    }

    /// A test before the call lets only objects by that have no such method (`typeof stream.read !== 'function'`), and the object that is given
    /// for the parameter has one.
    pub(super) fn is_left_out(&self, c: CallAt, g: Fun, i: u32, given: &Origin) -> bool {
        let Root::This(this) = given.root else { return false };
        let Some(owner) = self.owner_of_this(this).filter(|_| given.path.is_empty()) else { return false };
        let has = |object: At<ValueId>, key: &Key| {
            self.origins(object).iter().any(|o| o.path.is_empty() && o.root == Root::Param(g, i))
                && !self.methods(owner, self.path_key(object.file, key)).is_empty()
        };
        self.function_of(c) == g
            && self.tests_before(c.with(self.call(c).block), self.order_of(c)).into_iter().any(|(test, outcome)| {
                let Value::Binary(op, one, other) = self.value(test) else { return false };
                let Value::Unary(asks, member) = self.value(test.with(*one)) else { return false };
                let Value::Member(object, key) = self.value(test.with(*member)) else { return false };
                asks == "typeof"
                    && matches!(self.value(test.with(*other)), Value::String(kind) if kind == "function")
                    && outcome == matches!(op.as_str(), "!==" | "!=")
                    && has(test.with(*object), key)
            })
    }
}
