//! Loops: which of them add again, and which go over names, over their own elements, or turn once.

use super::count::{Count, Emitter};
use super::starters::Started;
use super::{At, CallAt, Fun, Origin, PathKey, Program, Root};
use crate::facts::*;
use crate::findings::{Confidence, Region};

impl Program<'_> {
    pub(super) fn loop_count(&self, c: CallAt, origin: &Origin, made_in: Option<At<BlockId>>) -> Option<Count> {
        let block = c.with(self.call(c).block);
        let around = self.loop_around(block)?;
        if made_in.is_some_and(|m| self.block_within(m, around)) {
            return None;
        }
        if self.is_event_loop(c, around) || self.leaves_loop(c, around) || self.is_latched_in(c, around) {
            return None;
        }
        // An emitter of this activation gathers as many as the collection has, and goes with the activation.
        let finite = self.is_over_collection(around);
        if finite && made_in.is_some() && !self.fun(self.function_of(c)).at_load {
            return None;
        }
        let position = self.call_position(c).name;
        let step = self.step_at(c.file, position, "runs once for each turn of the loop around it");
        // A collection bounds its loop; what gathers is serious where the emitter outlives everything.
        let known =
            matches!(origin.root, Root::Call(_) | Root::Global(_) | Root::Module(_)) || self.emitter_kind(origin) == Emitter::Signal;
        let confidence = match (finite, known) {
            (true, false) => Confidence::Low,
            (true, true) | (false, false) => Confidence::Medium,
            (false, true) => Confidence::High,
        };
        Some(self.many(Region::Iteration, confidence, origin, vec![step]))
    }

    /// The loop goes through what is in a collection: `for (x of list)`, `for (let i = 0; i < list.length; i++)`.
    pub(super) fn is_over_collection(&self, around: At<BlockId>) -> bool {
        let counts = |v: ValueId| match self.value(self.only_value(around.with(v))) {
            Value::Member(_, Key::Name(name)) => matches!(name.as_str(), "length" | "size"),
            _ => false,
        };
        match self.block(around).kind {
            BlockKind::Loop(LoopKind::Of | LoopKind::In, _) => true,
            BlockKind::Loop(LoopKind::While, Some(test)) => match self.value(around.with(test)) {
                Value::Binary(op, left, right) => match op.as_str() {
                    "<" => matches!(self.value(around.with(*left)), Value::Binding(_)) && counts(*right),
                    ">" => matches!(self.value(around.with(*right)), Value::Binding(_)) && counts(*left),
                    _ => false,
                },
                _ => false,
            },
            _ => false,
        }
    }

    /// The call stands under a test of a variable that is older than the loop, empty until then, and filled in the same arm: `if (!server)
    /// { ...; server = make(); }`.
    fn is_latched_in(&self, c: CallAt, around: At<BlockId>) -> bool {
        let f = self.function_of(c);
        let mut at = c.with(self.call(c).block);
        while at != around {
            let here = self.block(at);
            let test = match here.kind {
                BlockKind::Then(test) => Some((at.with(test), true)),
                BlockKind::Else(test) => Some((at.with(test), false)),
                _ => None,
            };
            let latches = |b: At<BindingId>| {
                let defs = || self.binding(b).defs.iter().map(|&d| self.assign(b.with(d)));
                let within = |block: BlockId, around: At<BlockId>| self.block_within(b.with(block), around);
                let filled = defs().any(|a| within(a.block, at) && !self.is_nothing_value(b.with(a.from)));
                let emptied = defs().any(|a| within(a.block, around) && self.is_nothing_value(b.with(a.from)));
                let older = self.binding(b).block.is_none_or(|block| !within(block, around));
                b.with(self.binding(b).function) == f && filled && !emptied && older
            };
            let mut empty = Vec::new();
            if let Some((test, outcome)) = test {
                self.empty_variables(test, outcome, &mut empty);
            }
            if empty.into_iter().any(latches) {
                return true;
            }
            let Some(parent) = here.parent else { return false };
            at = at.with(parent);
        }
        false
    }

    /// The variables that have nothing where the test comes out so.
    fn empty_variables(&self, test: At<ValueId>, outcome: bool, out: &mut Vec<At<BindingId>>) {
        match self.value(test) {
            Value::Unary(op, inner) if op == "!" => self.empty_variables(test.with(*inner), !outcome, out),
            Value::Choice(kind, parts) if *kind == if outcome { ChoiceKind::And } else { ChoiceKind::Or } => {
                parts.iter().for_each(|&part| self.empty_variables(test.with(part), outcome, out));
            }
            Value::Binding(b) if !outcome => out.push(test.with(*b)),
            _ => {}
        }
    }

    /// After the call the loop is left without a test: one turn only.
    pub(super) fn leaves_loop(&self, c: CallAt, around: At<BlockId>) -> bool {
        let mut at = c.with(self.call(c).block);
        let mut order = self.order_of(c);
        loop {
            if self.block(at).items.iter().skip(order + 1).any(|i| matches!(i, Item::Exit(Exit::Break | Exit::Return(_) | Exit::Throw(_))))
            {
                return true;
            }
            if at == around {
                return false;
            }
            let here = self.block(at);
            let Some(parent) = here.parent else { return false };
            order = here.index as usize;
            at = at.with(parent);
        }
    }

    /// The block, or one around it in its function, is of this kind.
    pub(super) fn is_inside(&self, block: At<BlockId>, kind: &BlockKind) -> bool {
        let mut at = Some(block);
        while let Some(b) = at {
            if self.block(b).kind == *kind {
                return true;
            }
            at = self.block(b).parent.map(|p| block.with(p));
        }
        false
    }

    pub fn block_within(&self, inner: At<BlockId>, outer: At<BlockId>) -> bool {
        let mut at = Some(inner);
        while let Some(b) = at {
            if b == outer {
                return true;
            }
            at = self.block(b).parent.map(|p| b.with(p));
        }
        false
    }

    /// A loop over event names, or one whose emitter is the loop's own element, adds once each.
    pub(super) fn is_event_loop(&self, c: CallAt, around: At<BlockId>) -> bool {
        let call = self.call(c);
        let BlockKind::Loop(kind, over) = self.block(around).kind else { return false };
        let element = |v: ValueId| self.mentions_element(c.with(v), over, 6);
        let receiver = self.receiver(c).map(|(o, _)| o.id);
        // A list of listeners is gone through: each is added once.
        let listener = super::sites::registration(self, c).and_then(|site| site.handler);
        if listener.is_some_and(|h| self.is_listed(c.with(h), kind, over, around, 4)) {
            return true;
        }
        if self.functions_called(c).iter().any(|&f| self.is_given_names(f, c, around)) {
            return true;
        }
        if kind == LoopKind::While {
            // `for (i...) { events[i] }`: an argument or receiver computed from a variable that the loop changes.
            return call.args.first().is_some_and(|&e| self.changes_in_loop(c.with(e), around, 5))
                || receiver.is_some_and(|r| self.changes_in_loop(c.with(r), around, 5));
        }
        call.args.first().is_some_and(|&e| element(e)) || receiver.is_some_and(element)
    }

    /// What the call in the loop gives the function, another value at each turn, is an event's name there (`for (const name of names) add(name)`).
    pub(super) fn is_given_names(&self, f: Fun, c: CallAt, around: At<BlockId>) -> bool {
        let BlockKind::Loop(kind, over) = self.block(around).kind else { return false };
        self.call(c).args.iter().enumerate().any(|(i, &arg)| {
            let changes = match kind {
                LoopKind::While => self.changes_in_loop(c.with(arg), around, 5),
                _ => self.mentions_element(c.with(arg), over, 6),
            };
            changes && self.listens_to_param(f, Some(i as u32))
        })
    }

    /// The function listens to the event that a parameter names.
    fn listens_to_param(&self, f: Fun, param: Option<u32>) -> bool {
        let is_param =
            |o: &Origin| matches!(o.root, Root::Param(g, i) if g == f && param.is_none_or(|param| param == i)) && o.path.is_empty();
        self.calls_within(f).into_iter().any(|inner| {
            super::sites::registration(self, inner)
                .is_some_and(|site| site.event_value.is_some_and(|e| self.origins(inner.with(e)).iter().any(is_param)))
        })
    }

    /// The value is an element of the list that the loop goes through, and not something made of one.
    fn is_listed(&self, v: At<ValueId>, kind: LoopKind, over: Option<ValueId>, around: At<BlockId>, depth: u32) -> bool {
        if depth == 0 {
            return false;
        }
        match self.value(v) {
            Value::Element(inner) => kind == LoopKind::Of && over.is_none_or(|o| o == *inner),
            Value::Binding(b) => match self.binding(v.with(*b)).defs[..] {
                [def] => self.is_listed(v.with(self.assign(v.with(def)).from), kind, over, around, depth - 1),
                _ => false,
            },
            Value::Member(list, Key::Computed(k)) => {
                kind == LoopKind::While && self.changes_in_loop(v.with(*k), around, 3) && !self.changes_in_loop(v.with(*list), around, 3)
            }
            _ => false,
        }
    }

    pub(super) fn mentions_element(&self, v: At<ValueId>, over: Option<ValueId>, depth: u32) -> bool {
        if depth == 0 {
            return false;
        }
        let again = |id: ValueId| self.mentions_element(v.with(id), over, depth - 1);
        match self.value(v) {
            Value::Element(inner) | Value::KeyOf(inner) => over.is_none_or(|o| o == *inner),
            Value::Binding(b) => {
                let binding = self.binding(v.with(*b));
                binding.defs.len() <= 3 && binding.defs.iter().any(|&d| again(self.assign(v.with(d)).from))
            }
            Value::Member(object, key) => again(*object) || matches!(key, Key::Computed(k) if again(*k)),
            Value::Text(parts) => parts.iter().any(|&p| again(p)),
            Value::Call(c) => {
                let call = self.call(v.with(*c));
                call.args.iter().any(|&a| again(a)) || again(call.callee)
            }
            Value::Choice(_, parts) => parts.iter().any(|&p| again(p)),
            Value::Binary(_, a, b) => again(*a) || again(*b),
            _ => false,
        }
    }

    pub(super) fn changes_in_loop(&self, v: At<ValueId>, around: At<BlockId>, depth: u32) -> bool {
        if depth == 0 {
            return false;
        }
        let again = |id: ValueId| self.changes_in_loop(v.with(id), around, depth - 1);
        match self.value(v) {
            Value::Binding(b) => {
                let binding = self.binding(v.with(*b));
                binding.defs.iter().any(|&d| self.block_within(v.with(self.assign(v.with(d)).block), around))
            }
            Value::Member(object, key) => again(*object) || matches!(key, Key::Computed(k) if again(*k)),
            Value::Text(parts) => parts.iter().any(|&p| again(p)),
            Value::Binary(_, a, b) => again(*a) || again(*b),
            Value::Call(c) => {
                let call = self.call(v.with(*c));
                self.block_within(v.with(call.block), around)
            }
            _ => false,
        }
    }

    /// What a call goes over with the callback that it is given, and which argument the callback is: `list.forEach(f)`, `_.each(list, f)`.
    pub(super) fn iterated(&self, c: CallAt) -> Option<(At<ValueId>, usize)> {
        if let Some(model) = self.method_model(c)
            && let Some(callback) = model.callbacks.iter().find(|b| b.runs == crate::models::Runs::Each && b.member.is_none() && b.arg > 0)
        {
            return self.call(c).args.first().map(|&list| (c.with(list), callback.arg as usize));
        }
        if let Some((list, callback)) = self.functions_called(c).iter().find_map(|&g| self.goes_over(g)) {
            return self.call(c).args.get(list as usize).map(|&list| (c.with(list), callback as usize));
        }
        self.receiver(c).map(|(object, _)| (object, 0))
    }

    /// The parameter that a function goes over, and the one that it calls with each element: `function each(list, f) { for (const x of list) f(x) }`.
    pub(super) fn goes_over(&self, g: Fun) -> Option<(u32, u32)> {
        if self.fun(g).params.len() < 2 {
            return None;
        }
        // (Itself, or a copy of it where it is no list: `Array.isArray(list) ? list : Array.from(list)`.)
        let param = |v: At<ValueId>| {
            self.origins(v).iter().find_map(|o| match o.root {
                Root::Param(h, i) if h == g && o.path.is_empty() => Some(i),
                _ => None,
            })
        };
        self.calls_within(g).into_iter().filter(|&inner| self.function_of(inner) == g).find_map(|inner| {
            let call = self.call(inner);
            if let Some((list, Key::Name(name))) = self.receiver(inner)
                && name == "forEach"
            {
                return Some((param(list)?, param(inner.with(*call.args.first()?))?));
            }
            // `f.call(context, list[i], i)`.
            let (callee, element) = match self.receiver(inner) {
                Some((f, Key::Name(name))) if name == "call" => (f, *call.args.get(1)?),
                _ => (inner.with(call.callee), *call.args.first()?),
            };
            let callback = param(callee)?;
            let around = self.loop_around(inner.with(call.block))?;
            let BlockKind::Loop(kind, over) = self.block(around).kind else { return None };
            if !self.is_listed(inner.with(element), kind, over, around, 4) {
                return None;
            }
            let list = match (over, self.value(self.only_value(inner.with(element)))) {
                (Some(over), _) => param(inner.with(over)),
                (None, Value::Member(list, _)) => param(inner.with(*list)),
                _ => None,
            };
            Some((list?, callback))
        })
    }

    /// What a variable of one definition is.
    pub(super) fn only_value(&self, v: At<ValueId>) -> At<ValueId> {
        match self.value(v) {
            Value::Binding(b) => match self.binding(v.with(*b)).defs[..] {
                [def] => v.with(self.assign(v.with(def)).from),
                _ => v,
            },
            _ => v,
        }
    }

    /// What parameter `i` of a callback is, where the callback only ever runs once for each element of collections: an element, or its key.
    pub(super) fn iterated_param(&self, g: Fun, i: u32) -> Option<Vec<Origin>> {
        let passed = self.passed(g);
        if passed.is_empty() || !self.callers(g).is_empty() {
            return None;
        }
        let mut out = Vec::new();
        for p in passed {
            let c = p.call;
            if p.shift > 0 || !self.handed(*p, 1).iter().all(|s| s.how == Started::Each) {
                return None;
            }
            let (list, _) = self.iterated(c).filter(|&(_, arg)| arg == p.arg)?;
            let gathers = self.callee_name(c).is_some_and(|n| n.starts_with("reduce"));
            match i.checked_sub(gathers.into()) {
                Some(0) => out.extend(self.element(list)),
                Some(1) => {
                    for o in self.origins(list).iter() {
                        match (o.root, o.path.is_empty()) {
                            (Root::Literal(v), true) => {
                                let Value::Object(props, _) = self.value(v) else { return None };
                                out.extend(props.iter().filter_map(|(key, _)| match key {
                                    Key::Name(name) => Some(Origin::root(Root::Const(self.sym(name)))),
                                    Key::Computed(_) => None,
                                }));
                            }
                            _ => out.push(o.join(PathKey::Element)),
                        }
                    }
                }
                _ => return None,
            }
        }
        (!out.is_empty()).then_some(out)
    }

    /// `['close', 'end'].forEach(...)`: a list of names, not of runs.
    pub(super) fn is_name_list(&self, c: CallAt) -> bool {
        let Some((object, arg)) = self.iterated(c) else { return false };
        let mut list = object;
        // `Object.keys(x)`, `Object.entries(x)`.
        if let Value::Call(inner) = self.value(list)
            && let Some((o, Key::Name(name))) = self.receiver(list.with(*inner))
            && matches!(name.as_str(), "keys" | "entries" | "values")
            && self.is_global(o, "Object")
        {
            return true;
        }
        if let Value::Binding(b) = self.value(list)
            && let [def] = self.binding(list.with(*b)).defs[..]
        {
            list = list.with(self.assign(list.with(def)).from);
        }
        match self.value(list) {
            Value::Array(elements) => elements.iter().all(|&e| matches!(self.value(list.with(e)), Value::String(_))),
            _ => self.origins(object).iter().any(|o| match (o.root, o.path.is_empty()) {
                (Root::Literal(v), true) => match self.value(v) {
                    Value::Array(elements) => {
                        !elements.is_empty() && elements.iter().all(|&e| matches!(self.value(v.with(e)), Value::String(_)))
                    }
                    _ => arg > 0 && self.listener_event_is_element(c, arg),
                },
                (Root::Const(_) | Root::Nothing, _) => false,
                _ => self.listener_event_is_element(c, arg),
            }),
        }
    }

    /// The callback's parameter (an element, or its key) is used as an event's name.
    fn listener_event_is_element(&self, c: CallAt, arg: usize) -> bool {
        let call = self.call(c);
        let Some(&callback) = call.args.get(arg) else { return false };
        self.functions_of(c.with(callback)).iter().any(|&(f, _)| self.listens_to_param(f, None))
    }

    /// `a` stands on a branch that leaves the function before `b`, in the other arm of a test, or in another case.
    pub(super) fn is_beside(&self, a: CallAt, b: CallAt) -> bool {
        let (from, to) = (a.with(self.call(a).block), b.with(self.call(b).block));
        let mut at = from;
        while !self.block_within(to, at) {
            let here = self.block(at);
            let Some(parent) = here.parent else { return false };
            if self.leaves(at) {
                return true;
            }
            let parent = at.with(parent);
            // The other arm of the same branch.
            if let Some(Item::Branch(_, then, Some(otherwise))) = self.block(parent).items.get(here.index as usize)
                && [*then, *otherwise].iter().any(|arm| self.block_within(to, at.with(*arm)) && at.with(*arm) != at)
            {
                return true;
            }
            if let BlockKind::Then(test) = here.kind
                && self.block(parent).items.iter().any(|item| {
                    matches!(item, Item::Branch(other, then, None)
                        if *then != at.id && self.block_within(to, at.with(*then)) && self.are_cases(at.with(test), at.with(*other)))
                })
            {
                return true;
            }
            at = parent;
        }
        false
    }

    /// Two cases of one `switch`, of which the default has no test.
    fn are_cases(&self, a: At<ValueId>, b: At<ValueId>) -> bool {
        match (self.value(a), self.value(b)) {
            (Value::Binary(op, x, _), Value::Binary(other, y, _)) => op == "===" && op == other && x == y,
            (Value::Binary(op, ..), Value::Opaque) | (Value::Opaque, Value::Binary(op, ..)) => op == "===",
            _ => false,
        }
    }
}
