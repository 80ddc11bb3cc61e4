//! Calls that pick an arm: what a call tells its function for good decides which of its lines run.
//!
//! ```text
//! idle(c, f) :- c calls f, c gives a constant for a parameter p, each line of f that adds stands under a test of p that fails then,
//!               nothing else that f calls then adds
//! ```

use super::{At, CallAt, Fun, Origin, Program, Root};
use crate::facts::*;

/// Depth to which a test is taken apart.
const TEST_DEPTH: u32 = 4;

impl Program<'_> {
    /// The call makes its function add nothing: `setRaw(false)` of `setRaw(on) { if (on) stdin.on('data', f); else stdin.off('data', f) }`.
    pub(super) fn picks_no_adding(&self, c: CallAt, f: Fun) -> bool {
        let args = &self.call(c).args;
        let told = |i: usize| args.get(i).and_then(|&a| self.outcome_of(c.with(a)));
        if !args.iter().any(|&a| self.outcome_of(c.with(a)).is_some())
            || args.iter().any(|&a| matches!(self.value(c.with(a)), Value::Spread(_)))
        {
            return false;
        }
        let dead = |line: CallAt| {
            let tests = self.tests_before(line.with(self.call(line).block), self.order_of(line));
            tests.into_iter().any(|(test, outcome)| self.fails_for(test, outcome, f, &told, TEST_DEPTH))
        };
        let adds = |line: CallAt| super::sites::registration(self, line).is_some();
        let (mut seen, mut alive) = (false, false);
        for &line in &self.indices(f.file).calls[f.id.index()] {
            let line = f.with(line);
            let own = adds(line);
            seen |= own;
            let below = || self.functions_called(line).iter().any(|&g| g != f && self.calls_within(g).into_iter().any(adds));
            alive |= (own || below()) && !dead(line);
        }
        seen && !alive
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
}
