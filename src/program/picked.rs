//! Calls that pick an arm: what a call tells its function for good, and what it gives for it, decides which of its lines run.
//!
//! ```text
//! idle(c, f) :- c calls f, c gives a constant for a parameter p, each line of f that adds stands under a test of p that fails then,
//!               nothing else that f calls then adds, by what f tells it in turn
//! ```

use rustc_hash::FxHashSet;

use super::{At, CallAt, Fun, Origin, PathKey, Program, Root, Sym};
use crate::facts::*;

/// Depth to which a test is taken apart.
const TEST_DEPTH: u32 = 4;

/// How many calls below one what it tells is followed.
const CALLS: u32 = 2;

/// What each argument of a call is, where that is written.
pub(super) type Told = Vec<Given>;

/// What a call tells of one argument.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) enum Given {
    #[default]
    Unknown,
    Bool(bool),
    /// `null` and `undefined`.
    Nothing,
    Text(Sym),
    /// An object as it is written: what is known of its members.
    Object(Vec<(PathKey, Given)>),
}

impl Given {
    /// What a test makes of it.
    fn truth(&self) -> Option<bool> {
        match self {
            Given::Bool(truth) => Some(*truth),
            Given::Nothing => Some(false),
            Given::Text(_) | Given::Object(_) | Given::Unknown => None,
        }
    }

    /// Whether it is that constant, where both are known; `strict`: `null` is not `undefined`.
    fn is(&self, other: &Given, strict: bool) -> Option<bool> {
        match (self, other) {
            (Given::Nothing, Given::Nothing) if strict => None,
            (Given::Bool(_) | Given::Text(_) | Given::Nothing, Given::Bool(_) | Given::Text(_) | Given::Nothing) => Some(self == other),
            _ => None,
        }
    }

    fn member(&self, path: &[PathKey]) -> &Given {
        match (self, path) {
            (given, []) => given,
            (Given::Object(members), [key, rest @ ..]) => {
                members.iter().find(|(name, _)| name == key).map_or(&Given::Unknown, |(_, given)| given.member(rest))
            }
            _ => &Given::Unknown,
        }
    }
}

impl Program<'_> {
    /// The call makes its function add nothing: `setRaw(false)` of `setRaw(on) { if (on) stdin.on('data', f); else stdin.off('data', f) }`.
    pub(super) fn picks_no_adding(&self, c: CallAt, f: Fun) -> bool {
        let told = self.given_by(c, f, &[]);
        told.iter().any(|given| *given != Given::Unknown) && self.adds_nothing(f, told, CALLS)
    }

    /// What the function's parameters are where this call runs it. `given`: the same of the function around the call.
    fn given_by(&self, c: CallAt, f: Fun, given: &[Given]) -> Told {
        let args = &self.call(c).args;
        let applied = matches!(self.receiver(c), Some((_, Key::Name(name))) if matches!(name.as_str(), "call" | "apply"));
        if applied || args.iter().any(|&a| matches!(self.value(c.with(a)), Value::Spread(_))) {
            return Told::new();
        }
        let passed = |v: At<ValueId>| match self.param_of(v, self.function_of(c)) {
            Some((i, path)) => given.get(i as usize).map_or(Given::Unknown, |given| given.member(&path).clone()),
            None => Given::Unknown,
        };
        let told = |(i, param): (usize, &Param)| match args.get(i).map(|&a| c.with(a)) {
            // (What is not given is what the parameter says.)
            Some(v) if param.default.is_none() || !matches!(self.value(v), Value::Undefined) => match self.given_as(v) {
                Given::Unknown => passed(v),
                given => given,
            },
            _ => param.default.map_or(Given::Unknown, |v| self.given_as(f.with(v))),
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
        let told = |i: usize| all.get(i).cloned().unwrap_or_default();
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
                let told = self.given_by(line, g, all);
                depth == 0 || told.iter().all(|given| *given == Given::Unknown) || !self.adds_nothing(g, told, depth - 1)
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

    /// The parameter of the function that the value is, as it was given, or a member of it.
    fn param_of(&self, v: At<ValueId>, f: Fun) -> Option<(u32, Vec<PathKey>)> {
        let given = match self.value(v) {
            Value::Binding(b) => {
                let [def] = self.binding(v.with(*b)).defs[..] else { return None };
                let from = v.with(self.assign(v.with(def)).from);
                // (`init = false`.)
                match self.value(from) {
                    Value::Choice(ChoiceKind::Nullish, parts) if self.fun(f).params.iter().any(|p| p.default == parts.get(1).copied()) => {
                        from.with(*parts.first()?)
                    }
                    _ => from,
                }
            }
            Value::Member(..) => v,
            _ => return None,
        };
        match &self.origins(given)[..] {
            [Origin { root: Root::Param(g, i), path }] if *g == f && !self.is_rewritten(f, path) => Some((*i, path.to_vec())),
            _ => None,
        }
    }

    /// The function, or one in it, gives a member of that name a value of its own (`options.force = true`).
    fn is_rewritten(&self, f: Fun, path: &[PathKey]) -> bool {
        let within = |put: &At<AssignId>| put.file == f.file && self.within(put.with(self.assign(*put).function), f);
        path.iter().any(|&key| self.puts_under(key).iter().any(within))
    }

    /// Which of two lines of a function runs, its caller says: `setRaw(on) { if (on) { stdin.on('data', f); return } stdin.off('data', f) }`.
    pub(super) fn is_picked_by_parameter(&self, one: CallAt, other: CallAt) -> bool {
        let f = self.function_of(one);
        let lines = |c: CallAt| self.tests_before(c.with(self.call(c).block), self.order_of(c));
        let beside = lines(other);
        (0..self.fun(f).params.len()).any(|param| {
            [true, false].into_iter().any(|told| {
                let told = |i: usize| if i == param { Given::Bool(told) } else { Given::Unknown };
                let fails = |&(test, outcome): &(At<ValueId>, bool)| self.fails_for(test, outcome, f, &told, TEST_DEPTH);
                lines(one).iter().any(fails) && !beside.iter().any(fails)
            })
        })
    }

    /// What the value is, where that is written: `false`, `null`, `'end'`, `{ force: true }`.
    fn given_as(&self, v: At<ValueId>) -> Given {
        match self.value(v) {
            Value::Bool(outcome) => Given::Bool(*outcome),
            Value::Null | Value::Undefined => Given::Nothing,
            Value::String(text) => Given::Text(self.sym(text)),
            Value::Object(props, spreads) if spreads.is_empty() => {
                let members = props.iter().map(|(key, inner)| (self.path_key(v.file, key), self.given_as(v.with(*inner))));
                Given::Object(members.filter(|(_, given)| *given != Given::Unknown).collect())
            }
            _ => Given::Unknown,
        }
    }

    /// The test does not come out so where the parameters are what is told.
    fn fails_for(&self, test: At<ValueId>, outcome: bool, f: Fun, told: &dyn Fn(usize) -> Given, depth: u32) -> bool {
        if depth == 0 {
            return false;
        }
        let again = |v: ValueId, outcome: bool| self.fails_for(test.with(v), outcome, f, told, depth - 1);
        let known = |v: At<ValueId>| self.param_of(v, f).map_or(Given::Unknown, |(i, path)| told(i as usize).member(&path).clone());
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
                    || known(test.with(*left)).is(&self.given_as(test.with(*right)), op.len() == 3).is_some_and(|is| is != equal)
            }
            Value::Binding(_) | Value::Member(..) => known(test).truth().is_some_and(|truth| truth != outcome),
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
