//! Guards: tests that let a line run once per object, or only in a state that comes once.
//!
//! ```text
//! once(R)  :- test T dominates R, T says «not yet» of a place, and the program makes that place true
//! once(R)  :- T says that nobody listens yet (listenerCount(e) === 0)
//! state(R) :- T reads a state that comes once in a life (socket.connecting)
//! ```

use super::{At, CallAt, Fun, Origin, PathKey, Program, Root};
use crate::facts::*;

/// What a guard bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// The line runs once per object.
    Once,
    /// The line runs in a state that an object is in once (before it is connected).
    State,
}

/// How many call edges above a registration its guard is looked for.
const EDGES: u32 = 3;

/// How many calls apart what sets a guard may be from the line.
pub(super) const CALLS: u32 = 3;

/// Depth to which a test is taken apart.
pub(super) const TEST_DEPTH: u32 = 8;

/// Members that tell that a connection is still being made.
pub(super) const STATES: &[&str] = &[
    "connecting",
    "pending",
    "readyState",
    "writable",
    "connected",
    "isConnected",
    "opened",
    "isOpen",
    "encrypted",
    "authorized",
    "alpnProtocol",
    "complete",
    // A page is prerendered until somebody comes to see it (<https://wicg.github.io/nav-speculation/prerendering.html>).
    "prerendering",
];

/// What a guard is asked for.
pub(super) struct Seen<'o> {
    pub(super) receivers: &'o [Origin],
    /// The listeners that a helper is given.
    pub(super) given: &'o [Origin],
    /// The event's name, where one collection of such names tells for all that lives as long as the program.
    pub(super) named: &'o [Origin],
    pub(super) foreign: bool,
}

impl Program<'_> {
    /// The tests that hold when a block's item runs: test and outcome, nearest first.
    pub fn tests_before(&self, block: At<BlockId>, order: usize) -> Vec<(At<ValueId>, bool)> {
        let mut out = Vec::new();
        let mut at = block;
        let mut upto = order;
        loop {
            let here = self.block(at);
            for item in here.items.iter().take(upto) {
                if let Item::Branch(test, then, otherwise) = item {
                    if self.leaves(at.with(*then)) {
                        out.push((at.with(*test), false));
                    } else if otherwise.is_some_and(|o| self.leaves(at.with(o))) {
                        out.push((at.with(*test), true));
                    }
                }
                // `assert(!e.taken)`.
                if let Item::Call(c) = item {
                    let c = at.with(*c);
                    if let Some(&test) = self.call(c).args.first()
                        && self.callee_name(c).is_some_and(|n| matches!(n.as_str(), "assert" | "ok" | "invariant" | "strictEqual"))
                    {
                        out.push((c.with(test), true));
                    }
                }
            }
            match here.kind {
                BlockKind::Then(test) => out.push((at.with(test), true)),
                BlockKind::Else(test) => out.push((at.with(test), false)),
                _ => {}
            }
            match here.parent {
                Some(parent) => {
                    upto = here.index as usize;
                    at = at.with(parent);
                }
                None => return out,
            }
        }
    }

    /// What the method above asserts, which a method calls whenever it runs: `super.draw()`, which throws when all is drawn.
    fn tests_of_super(&self, f: Fun) -> Vec<(At<ValueId>, bool)> {
        let of_above = |c: CallAt| match self.receiver(c) {
            Some((object, _)) if matches!(self.value(object), Value::Super) => self.functions_called(c).to_vec(),
            _ => Vec::new(),
        };
        let items = |f: Fun| self.block(f.with(self.fun(f).body)).items.iter();
        let above = items(f).filter_map(|item| match item {
            Item::Call(c) => Some(of_above(f.with(*c))),
            _ => None,
        });
        let throws = |b: At<BlockId>| matches!(self.block(b).items.last(), Some(Item::Exit(Exit::Throw(_))));
        above
            .flatten()
            .flat_map(|g| items(g).map(move |item| (g, item)))
            .filter_map(|(g, item)| match item {
                Item::Branch(test, then, _) if throws(g.with(*then)) => Some((g.with(*test), false)),
                _ => None,
            })
            .collect()
    }

    /// Control does not come out of the block's end.
    pub fn leaves(&self, block: At<BlockId>) -> bool {
        self.block(block).items.iter().any(|item| match item {
            Item::Exit(_) => true,
            Item::Branch(_, then, Some(otherwise)) => self.leaves(block.with(*then)) && self.leaves(block.with(*otherwise)),
            _ => false,
        })
    }

    /// The position of a call in its block.
    pub fn order_of(&self, c: CallAt) -> usize {
        let block = self.block(c.with(self.call(c).block));
        block.items.iter().position(|i| matches!(i, Item::Call(id) if *id == c.id)).unwrap_or(block.items.len())
    }

    /// The guard of a call, in its function or on the edges into it.
    ///
    /// `foreign`: the emitter is older than the objects around; then a mark on one of those guards nothing, only a mark on the emitter.
    pub fn guard(&self, c: CallAt, receivers: &[Origin], foreign: bool) -> Option<Guard> {
        self.guard_at(c, &Seen { receivers, given: &[], named: &[], foreign }, EDGES)
    }

    /// The call stands under a test of the emitter's state, whatever else it stands under.
    pub(super) fn is_under_state(&self, c: CallAt, receivers: &[Origin]) -> bool {
        let seen = Seen { receivers, given: &[], named: &[], foreign: true };
        let f = self.function_of(c);
        let tests = self.tests_before(c.with(self.call(c).block), self.order_of(c));
        tests.into_iter().any(|(test, outcome)| self.guard_of_test(test, outcome, f, &seen, TEST_DEPTH) == Some(Guard::State))
    }

    /// The call stands under a test that lets it run once (for one object, or in one life of the program where `program` is asked).
    pub(super) fn is_guarded_edge(&self, c: CallAt, program: bool) -> bool {
        self.is_guarded_edge_of(c, &[], program)
    }

    /// The same for a call that hands the emitter on, which the test may ask about.
    pub(super) fn is_guarded_edge_of(&self, c: CallAt, receivers: &[Origin], program: bool) -> bool {
        let f = self.function_of(c);
        let seen = Seen { receivers, given: &[], named: &[], foreign: program };
        let once = |(test, outcome)| self.guard_of_test(test, outcome, f, &seen, TEST_DEPTH) == Some(Guard::Once);
        self.tests_before(c.with(self.call(c).block), self.order_of(c)).into_iter().any(once)
            // An executor runs with the call that makes its promise.
            || match self.passed(f) {
                [made] if self.is_executor_of_promise(f) => self.is_guarded_edge_of(made.call, receivers, program),
                _ => false,
            }
    }

    /// The call stands under a test that is made to fail by running it, and to hold again afterwards: it is meant to run again.
    pub(super) fn is_reentered(&self, c: CallAt) -> bool {
        let f = self.function_of(c);
        self.tests_before(c.with(self.call(c).block), self.order_of(c)).into_iter().any(|(test, outcome)| {
            let Value::Binding(b) = self.value(test) else { return false };
            let seen = |foreign| Seen { receivers: &[], given: &[], named: &[], foreign };
            !outcome
                && self.flag_variable(test.with(*b), f, &seen(false)).is_some()
                && self.flag_variable(test.with(*b), f, &seen(true)).is_none()
                && self.is_reset(test.with(*b))
        })
    }

    fn guard_at(&self, c: CallAt, seen: &Seen, depth: u32) -> Option<Guard> {
        let f = self.function_of(c);
        let mut tests = self.tests_before(c.with(self.call(c).block), self.order_of(c));
        tests.extend(self.tests_of_super(f));
        let mut state = None;
        for (test, outcome) in tests {
            match self.guard_of_test(test, outcome, f, seen, TEST_DEPTH) {
                Some(Guard::Once) => return Some(Guard::Once),
                Some(Guard::State) => state = Some(Guard::State),
                None => {}
            }
        }
        if state.is_some() || depth == 0 {
            return state;
        }
        // The place where the function around is written may stand under a guard: its receiver is seen from there.
        // (What the function itself is given at each run was not there then.)
        let function = self.fun(f);
        let given = !seen.receivers.is_empty() && seen.receivers.iter().all(|o| matches!(o.root, Root::Param(g, _) if g == f));
        if let (Some(block), FunctionKind::Arrow | FunctionKind::Plain, false) = (function.at, function.kind, given)
            && function.parent.is_some_and(|p| !self.fun(f.with(p)).at_load)
            && self.callers(f).is_empty()
        {
            for (test, outcome) in self.tests_before(f.with(block), function.order as usize) {
                match self.guard_of_test(test, outcome, self.parent(f).unwrap_or(f), seen, TEST_DEPTH) {
                    // (What is begun once may go on and on: a timer.)
                    Some(Guard::Once) if self.is_tick(f) => {}
                    Some(guard) => return Some(guard),
                    None => {}
                }
            }
        }
        // Every caller guards.
        let callers = self.callers(f);
        // An executor runs with the call that makes its promise.
        if callers.is_empty()
            && let [passed] = self.passed(f)
            && self.is_executor_of_promise(f)
        {
            return self.guard_at(passed.call, seen, depth - 1);
        }
        if callers.is_empty()
            || callers.len() > 8
            || self.is_public_function(f) && !self.fun(f).name.starts_with('_') && function.class.is_none()
        {
            return None;
        }
        let mut found = None;
        for &caller in callers {
            if self.within(self.function_of(caller), f) {
                continue;
            }
            let moved: Vec<Origin> = seen
                .receivers
                .iter()
                .flat_map(|o| match o.root {
                    Root::Param(g, _) | Root::This(g) if g == f => self.from_callee(caller, f, o),
                    _ => vec![o.clone()],
                })
                .collect();
            found = Some(self.guard_at(caller, &Seen { receivers: &moved, given: &[], named: &[], foreign: seen.foreign }, depth - 1)?);
        }
        found
    }

    /// The function runs at each tick of a timer.
    fn is_tick(&self, f: Fun) -> bool {
        self.starters(f).iter().any(|starter| starter.how == super::starters::Started::Interval)
    }

    pub(super) fn guard_of_test(&self, test: At<ValueId>, outcome: bool, f: Fun, seen: &Seen, depth: u32) -> Option<Guard> {
        if depth == 0 {
            return None;
        }
        let again = |v: ValueId, outcome: bool| self.guard_of_test(test.with(v), outcome, f, seen, depth - 1);
        match self.value(test) {
            Value::Unary(op, inner) if op == "!" => again(*inner, !outcome),
            Value::Choice(ChoiceKind::And, parts) if outcome => parts.iter().find_map(|&p| again(p, true)),
            Value::Choice(ChoiceKind::Or, parts) if !outcome => parts.iter().find_map(|&p| again(p, false)),
            Value::Choice(ChoiceKind::Conditional(_), parts) => {
                parts.iter().find_map(|&p| again(p, outcome)).filter(|g| *g == Guard::State)
            }
            // `a && b` is what its last part is, where the first only asks whether there is something to look at
            // (`socket && socket.connecting`, `marks !== null && name in marks`).
            // What is asked of where the program runs has one answer.
            Value::Choice(ChoiceKind::And, parts) => {
                let exists = |&p: &ValueId| self.asks_existence(test.with(p));
                let asked: Vec<ValueId> = parts.iter().copied().filter(|&p| !self.asks_environment(test.with(p))).collect();
                let (last, rest) = asked.split_last()?;
                let of_last = again(*last, outcome).filter(|_| rest.iter().all(exists));
                of_last.or_else(|| parts.iter().find_map(|&p| again(p, outcome)).filter(|g| *g == Guard::State))
            }
            Value::Choice(ChoiceKind::Or, parts) => parts.iter().find_map(|&p| again(p, outcome)).filter(|g| *g == Guard::State),
            Value::Binary(op, left, right) => self.comparison(test, op, *left, *right, outcome, f, seen, depth),
            Value::Call(call) => self.membership(test.with(*call), outcome, f, seen).or_else(|| {
                let told = self.told_by(test.with(*call), seen)?;
                self.guard_of_test(told, outcome, f, seen, depth - 1)
            }),
            Value::Binding(b) => {
                let binding = self.binding(test.with(*b));
                // `let x = map.get(e); if (!x) map.set(e, x = ...)`.
                let looked_up = binding.defs.iter().find_map(|&d| match self.value(test.with(self.assign(test.with(d)).from)) {
                    Value::Call(call) => self.membership(test.with(*call), outcome, f, seen),
                    _ => None,
                });
                if looked_up.is_some() {
                    return looked_up;
                }
                if let Some(def) = self.first_value(test.with(*b)) {
                    let assign = self.assign(def);
                    if !matches!(self.value(test.with(assign.from)), Value::Param(..) | Value::Bool(_))
                        && let Some(guard) = again(assign.from, outcome)
                    {
                        return Some(guard);
                    }
                }
                (!outcome).then(|| self.flag_variable(test.with(*b), f, seen)).flatten()
            }
            Value::Member(object, key) => {
                if let Key::Name(name) = key
                    && STATES.contains(&name.trim_start_matches(['_', '#']))
                {
                    return Some(Guard::State);
                }
                if let Key::Name(name) = key
                    && !outcome
                    && (name == "length" && self.is_listener_list(test.with(*object), seen) || self.is_filled(test, f, seen))
                {
                    return Some(Guard::Once);
                }
                (!outcome).then(|| self.marker(test, f, seen)).flatten()
            }
            _ => None,
        }
    }

    /// What a call tells: `this.isStarted()`, of a function of the same file that does no more than to return it; where it is told
    /// something, whether that is in a collection (`this.isLoaded(id)`).
    fn told_by(&self, c: CallAt, seen: &Seen) -> Option<At<ValueId>> {
        let &[g] = &self.functions_called(c)[..] else { return None };
        let &[told] = &self.fun(g).returns[..] else { return None };
        let args = &self.call(c).args;
        let asked = match self.value(g.with(told)) {
            Value::Call(asked) if self.called_as(g.with(*asked)) == Some("has") => Some(*asked),
            _ => None,
        };
        let of_listener = |&arg: &ValueId| self.origins(c.with(arg)).iter().any(|o| seen.given.contains(o));
        if !args.is_empty() && (asked.is_none() || args.iter().any(of_listener)) {
            return None;
        }
        let function = self.fun(g);
        let plain = !function.is_async
            && !function.is_generator
            && self.block(g.with(function.body)).items.iter().all(|item| match item {
                Item::Exit(_) => true,
                Item::Call(c) => Some(*c) == asked,
                // (What it is told.)
                Item::Assign(a) => matches!(self.value(g.with(self.assign(g.with(*a)).from)), Value::Param(..)),
                _ => false,
            });
        (plain && g.file == c.file).then(|| g.with(told))
    }

    /// What a test of a variable asks for: its one value, or the first, where the others are made later on, for what was not there
    /// (`let x = e.x; if (!x) e.x = x = new X()`).
    fn first_value(&self, b: At<BindingId>) -> Option<At<AssignId>> {
        let (&first, later) = self.binding(b).defs.split_first()?;
        let block = self.assign(b.with(first)).block;
        let made = |&d: &AssignId| {
            let assign = self.assign(b.with(d));
            let value = self.value(b.with(assign.from));
            self.block_within(b.with(assign.block), b.with(block))
                && matches!(value, Value::Call(_) | Value::Function(_) | Value::Object(..) | Value::Array(_) | Value::Await(_))
        };
        later.iter().all(made).then(|| b.with(first))
    }

    /// `x`, `x.y`, `x !== null`, `x != undefined`.
    fn asks_existence(&self, v: At<ValueId>) -> bool {
        match self.value(v) {
            Value::Binding(_) | Value::Member(..) | Value::This(_) | Value::Param(..) => true,
            Value::Binary(op, left, right) if matches!(op.as_str(), "!=" | "!==") => {
                [left, right].iter().any(|&&side| matches!(self.value(v.with(side)), Value::Null | Value::Undefined))
            }
            _ => false,
        }
    }

    /// `typeof window !== 'undefined'`.
    fn asks_environment(&self, v: At<ValueId>) -> bool {
        let Value::Binary(op, one, other) = self.value(v) else { return false };
        let Value::Unary(asks, of) = self.value(v.with(*one)) else { return false };
        asks == "typeof"
            && matches!(op.as_str(), "!=" | "!==" | "==" | "===")
            && matches!(self.value(v.with(*of)), Value::Global(_))
            && matches!(self.value(v.with(*other)), Value::String(_))
    }

    #[allow(clippy::too_many_arguments)]
    fn comparison(
        &self,
        test: At<ValueId>,
        op: &str,
        left: ValueId,
        right: ValueId,
        outcome: bool,
        f: Fun,
        seen: &Seen,
        depth: u32,
    ) -> Option<Guard> {
        let (left, right) = (test.with(left), test.with(right));
        let equal = match op {
            "==" | "===" => outcome,
            "!=" | "!==" => !outcome,
            "<" | "<=" | ">" | ">=" => {
                if let (Value::Binding(b), Some(limit)) = (self.value(left), self.literal_text(right))
                    && let Ok(limit) = limit.parse::<f64>()
                {
                    let holds = |now: &str| now.parse().is_ok_and(|now: f64| outcome == compares(op, now, limit));
                    if self.is_spent(left.with(*b), f, seen, &holds) {
                        return Some(Guard::Once);
                    }
                }
                if self.literal_text(right).is_some_and(|limit| is_none(op, &limit, outcome)) && self.is_filled(left, f, seen) {
                    return Some(Guard::Once);
                }
                let count = if matches!(self.value(right), Value::Number(_)) { left } else { right };
                return (outcome == op.starts_with('<') && self.is_listener_count(count, seen)).then_some(Guard::Once);
            }
            "in" => return (!outcome && self.is_mark(left)).then_some(Guard::Once),
            // `if (!(this instanceof X)) return new X()`: called without `new`, once.
            "instanceof" if matches!(self.value(left), Value::This(_)) => return (!outcome).then_some(Guard::Once),
            _ => return None,
        };
        for (one, other) in [(left, right), (right, left)] {
            if let (true, Value::Binding(b), Some(first)) = (equal, self.value(one), self.literal_text(other))
                && self.is_spent(one.with(*b), f, seen, &|now| now == &*first)
            {
                return Some(Guard::Once);
            }
            // `if (this.state === NEW) { this.state = OPEN; ... }`.
            if equal
                && matches!(self.value(one), Value::Member(..))
                && (self.is_marking(one, seen) && self.is_moved_on(one, other, f) || self.is_told_state_once(one, other, f, seen.receivers))
            {
                return Some(Guard::Once);
            }
            match self.value(other) {
                Value::Number(n) if n == "0" && equal && (self.is_listener_count(one, seen) || self.is_filled(one, f, seen)) => {
                    return Some(Guard::Once);
                }
                Value::Number(n) if n == "-1" && equal => return self.is_search(one).then_some(Guard::Once),
                Value::Undefined | Value::Null | Value::Bool(false) if equal => {
                    return self.guard_of_test(one, false, f, seen, depth - 1);
                }
                Value::Undefined | Value::Null | Value::Bool(false) => return self.guard_of_test(one, true, f, seen, depth - 1),
                Value::Bool(true) => return self.guard_of_test(one, equal, f, seen, depth - 1),
                Value::String(_) if !equal && self.is_text_of_mark(one, other, f, seen) => return Some(Guard::Once),
                Value::String(state) => {
                    // `const state = document.readyState; if (state === 'loading')`.
                    if let Value::Member(_, Key::Name(name)) = self.value(self.only_value(one))
                        && STATES.contains(&name.as_str())
                    {
                        return Some(Guard::State);
                    }
                    // `typeof this.x === 'undefined'`.
                    if let Value::Unary(op, inner) = self.value(one)
                        && op == "typeof"
                        && state == "undefined"
                    {
                        return self.guard_of_test(one.with(*inner), !equal, f, seen, depth - 1);
                    }
                }
                // «Not the same object as last time», and the place is then set.
                _ if !equal => {
                    let is_receiver = self.origins(other).iter().any(|o| seen.receivers.contains(o));
                    if is_receiver && matches!(self.value(one), Value::Member(..) | Value::Binding(_)) && self.is_set(one, f) {
                        return Some(Guard::Once);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// The key may be one that the program sets: `'addEventListener' in e` only asks what kind of object it is.
    fn is_mark(&self, key: At<ValueId>) -> bool {
        let Some(name) = self.constant(key) else { return true };
        let facts = self.facts(key.file);
        facts.assigns.iter().any(|a| match &a.to {
            Place::Member(_, Key::Name(k)) => **k == *name,
            Place::Member(_, Key::Computed(k)) => self.constant(key.with(*k)).is_some_and(|k| k == name),
            _ => false,
        })
    }

    /// `e.listenerCount(x)`, `listenerCount(e, x)`, `e.listeners(x).length`.
    fn is_listener_count(&self, v: At<ValueId>, seen: &Seen) -> bool {
        self.is_some_value(v, TEST_DEPTH, &|v| match self.value(v) {
            Value::Call(c) => {
                self.callee_name(v.with(*c)).is_some_and(|n| n == "listenerCount") && self.may_count_those_of(v.with(*c), seen.receivers)
            }
            Value::Member(object, Key::Name(name)) => name == "length" && self.is_listener_list(v.with(*object), seen),
            _ => false,
        })
    }

    pub(super) fn is_listener_list(&self, v: At<ValueId>, seen: &Seen) -> bool {
        let lists = |c: CallAt| {
            self.callee_name(c).is_some_and(|n| matches!(n.as_str(), "listeners" | "rawListeners" | "getEventListeners" | "eventNames"))
                && self.may_count_those_of(c, seen.receivers)
        };
        self.is_some_value(v, TEST_DEPTH, &|v| matches!(self.value(v), Value::Call(c) if lists(v.with(*c))))
    }

    /// The listeners that a method of the object around tells of may be those of the emitter, which is not another object that was given.
    fn may_count_those_of(&self, c: CallAt, receivers: &[Origin]) -> bool {
        let Some((object, _)) = self.receiver(c) else { return true };
        let own = |o: &Origin| matches!(o.root, Root::This(_)) && o.path.is_empty();
        let given = |o: &Origin| matches!(o.root, Root::Param(..) | Root::Global(_));
        receivers.is_empty() || !self.origins(object).iter().all(own) || !receivers.iter().all(given)
    }

    /// The value, what its variable is given once, or one of its alternatives is such. (`x = x || y` leads back to itself.)
    fn is_some_value(&self, v: At<ValueId>, depth: u32, such: &dyn Fn(At<ValueId>) -> bool) -> bool {
        let again = |inner: ValueId| depth > 0 && self.is_some_value(v.with(inner), depth - 1, such);
        such(v)
            || match self.value(v) {
                Value::Binding(b) => match self.binding(v.with(*b)).defs[..] {
                    [def] => again(self.assign(v.with(def)).from),
                    _ => false,
                },
                Value::Choice(_, parts) => parts.iter().any(|&p| again(p)),
                _ => false,
            }
    }

    /// `list.indexOf(x)`.
    fn is_search(&self, v: At<ValueId>) -> bool {
        matches!(self.value(v), Value::Call(c) if self.callee_name(v.with(*c)).is_some_and(|n| matches!(n.as_str(), "indexOf" | "findIndex")))
    }

    /// The place gets a value in the functions around `f` (or in the class, for a field of `this`).
    pub(super) fn is_set(&self, place: At<ValueId>, f: Fun) -> bool {
        let facts = self.facts(place.file);
        if let Value::Binding(b) = self.value(place) {
            let binding = self.binding(place.with(*b));
            return binding.defs.iter().any(|&d| self.within(place.with(self.assign(place.with(d)).function), f));
        }
        let Value::Member(object, key) = self.value(place) else { return false };
        let holder = self.origins(place.with(*object));
        let step = self.path_key(place.file, key);
        let this = holder.iter().any(|o| matches!(o.root, Root::This(_)) || matches!(o.path.first(), Some(PathKey::Name(_))));
        facts.assigns.iter().enumerate().any(|(index, assign)| {
            let Place::Member(o, k) = &assign.to else { return false };
            let at = place.with(AssignId(index as u32));
            if assign.delete || self.is_nothing_value(place.with(assign.from)) {
                return false;
            }
            if self.path_key(place.file, k) != step {
                return false;
            }
            let g = at.with(assign.function);
            // (There, or in what is called there.)
            let called = || {
                !this
                    && holder.iter().all(|o| self.is_single_object(o))
                    && self.callers(g).iter().any(|&c| self.within(self.function_of(c), f))
            };
            let inside = self.within(g, f) || self.within(f, g) || called();
            // A field that another method sets guards only where that method belongs to the line's own path: a state that ends it all
            // (`destroyed`) is set elsewhere, and lets the line run again and again until then.
            let same_owner = this && {
                let whose = |f: Fun| self.owner_of_this(f.with(self.fun(f).this));
                whose(g).is_some_and(|one| whose(f).is_some_and(|other| self.related(one, other)))
                    && self.owner_of_this(g).is_none_or(|o| !self.is_constructor(g, o))
                    && self.on_path_of(g, f)
            };
            (inside || same_owner) && self.same_object(&self.origins(place.with(*o)), &holder)
        })
    }

    /// `g` runs because `f` runs, or runs `f`: called from it, handed on by it, or around it, a few calls apart.
    fn on_path_of(&self, g: Fun, f: Fun) -> bool {
        let (f, g) = (self.outermost(f), self.outermost(g));
        self.leads(f, g, CALLS) || self.leads(g, f, CALLS)
    }

    /// Something written in `from` calls `to` or hands it on, at most so many functions apart.
    pub(super) fn leads(&self, from: Fun, to: Fun, depth: u32) -> bool {
        if from == to {
            return true;
        }
        depth > 0
            && self
                .callers(to)
                .iter()
                .copied()
                .chain(self.passed(to).iter().map(|p| p.call))
                .any(|c| self.outermost(self.function_of(c)) != to && self.leads(from, self.outermost(self.function_of(c)), depth - 1))
    }
}

/// The outcome says that there is none: `length > 0` that fails, `size < 1` that holds.
fn is_none(op: &str, limit: &str, outcome: bool) -> bool {
    matches!((op, limit, outcome), (">", "0", false) | (">=", "1", false) | ("<", "1", true) | ("<=", "0", true))
}

/// `now < limit`, and the like.
fn compares(op: &str, now: f64, limit: f64) -> bool {
    match op {
        "<" => now < limit,
        "<=" => now <= limit,
        ">" => now > limit,
        _ => now >= limit,
    }
}
