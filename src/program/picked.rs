//! Calls that pick an arm: what a call tells its function for good, and what it gives for it, decides which of its lines run.
//!
//! ```text
//! idle(c, f) :- c calls f, c gives a constant for a parameter p, each line of f that adds stands under a test of p that fails then,
//!               nothing else that f calls then adds, by what f tells it in turn
//! ```

use rustc_hash::FxHashSet;

use super::{At, CallAt, Fun, Origin, Program, Root};
use crate::facts::*;

/// Depth to which a test is taken apart.
const TEST_DEPTH: u32 = 4;

/// How many calls below one what it tells is followed.
const CALLS: u32 = 2;

/// What a test makes of each argument of a call, where that is written.
pub(super) type Told = Vec<Option<bool>>;

impl Program<'_> {
    /// The call makes its function add nothing: `setRaw(false)` of `setRaw(on) { if (on) stdin.on('data', f); else stdin.off('data', f) }`.
    pub(super) fn picks_no_adding(&self, c: CallAt, f: Fun) -> bool {
        let told = self.truths_by(c, f, &[]);
        if told.iter().all(Option::is_none) {
            return false;
        }
        self.adds_nothing(f, told, CALLS)
    }

    /// What a test makes of the function's parameters where this call runs it. `given`: the same of the function around the call.
    fn truths_by(&self, c: CallAt, f: Fun, given: &[Option<bool>]) -> Told {
        let args = &self.call(c).args;
        let applied = matches!(self.receiver(c), Some((_, Key::Name(name))) if matches!(name.as_str(), "call" | "apply"));
        if applied || args.iter().any(|&a| matches!(self.value(c.with(a)), Value::Spread(_))) {
            return Told::new();
        }
        let passed = |v: At<ValueId>| self.param_of(v, self.function_of(c)).and_then(|i| given.get(i as usize).copied().flatten());
        let told = |(i, param): (usize, &Param)| match args.get(i).map(|&a| c.with(a)) {
            // (What is not given is what the parameter says.)
            Some(v) if param.default.is_none() || !matches!(self.value(v), Value::Undefined) => self.outcome_of(v).or_else(|| passed(v)),
            _ => param.default.and_then(|v| self.outcome_of(f.with(v))),
        };
        self.fun(f).params.iter().enumerate().map(told).collect()
    }

    /// None of the lines by which the function adds, or has others add, runs where its parameters are what is told.
    fn adds_nothing(&self, f: Fun, told: Told, depth: u32) -> bool {
        // (What was found on fewer calls below is no answer to who asks from here.)
        if depth < CALLS {
            return self.has_only_dead(f, &told, depth);
        }
        // Calls that tell the same are many.
        let key = (f, told);
        if let Some(&known) = self.idle.borrow().get(&key) {
            return known;
        }
        let idle = self.has_only_dead(f, &key.1, depth);
        self.idle.borrow_mut().insert(key, idle);
        idle
    }

    fn has_only_dead(&self, f: Fun, all: &Told, depth: u32) -> bool {
        let told = |i: usize| all.get(i).copied().flatten();
        let dead = |line: CallAt| {
            let tests = self.tests_before(line.with(self.call(line).block), self.order_of(line));
            tests.into_iter().any(|(test, outcome)| self.fails_for(test, outcome, f, &told, TEST_DEPTH))
        };
        let adds = |line: CallAt| super::sites::registration(self, line).is_some();
        let mut seen = false;
        for &line in &self.indices(f.file).calls[f.id.index()] {
            let line = f.with(line);
            let own = adds(line);
            let below = |&g: &Fun| g != f && self.leads_to_adding(g, CALLS, &mut FxHashSet::default());
            let has = |&g: &Fun| {
                let told = self.truths_by(line, g, all);
                depth == 0 || told.iter().all(Option::is_none) || !self.adds_nothing(g, told, depth - 1)
            };
            let helpers: Vec<Fun> = if own { Vec::new() } else { self.functions_called(line).iter().copied().filter(below).collect() };
            if !own && helpers.is_empty() {
                continue;
            }
            seen = true;
            if !dead(line) && (own || helpers.iter().any(has)) {
                return false;
            }
        }
        seen
    }

    /// The function adds, or calls one that does.
    fn leads_to_adding(&self, f: Fun, depth: u32, seen: &mut FxHashSet<Fun>) -> bool {
        seen.insert(f)
            && self.calls_within(f).into_iter().any(|c| {
                super::sites::registration(self, c).is_some()
                    || depth > 0 && self.functions_called(c).iter().any(|&g| self.leads_to_adding(g, depth - 1, seen))
            })
    }

    /// The parameter of the function that the value is, as it was given.
    fn param_of(&self, v: At<ValueId>, f: Fun) -> Option<u32> {
        let Value::Binding(b) = self.value(v) else { return None };
        let [def] = self.binding(v.with(*b)).defs[..] else { return None };
        let from = v.with(self.assign(v.with(def)).from);
        // (`init = false`.)
        let given = match self.value(from) {
            Value::Choice(ChoiceKind::Nullish, parts) if self.fun(f).params.iter().any(|p| p.default == parts.get(1).copied()) => {
                from.with(*parts.first()?)
            }
            _ => from,
        };
        match &self.origins(given)[..] {
            [Origin { root: Root::Param(g, i), path }] if *g == f && path.is_empty() => Some(*i),
            _ => None,
        }
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
            Value::Binding(_) => self.param_of(test, f).and_then(|i| told(i as usize)).is_some_and(|truth| truth != outcome),
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
