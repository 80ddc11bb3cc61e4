//! Paths: the written ways out of a function that go past a release.

use super::sites::Registration;
use super::{At, CallAt, Fun, Origin, Program, Root};
use crate::facts::*;

/// How deep `Promise.race([...])` in one another is looked into.
pub(super) const USERS: u32 = 2;

impl Program<'_> {
    /// A written way out of the work that goes past the point where the release is run.
    pub(super) fn way_past(&self, registration: &Registration, point: CallAt) -> Option<String> {
        let f = self.function_of(registration.call);
        let g = self.function_of(point);
        if f != g {
            return match self.made_in(f, g) {
                Some(made) => self.exit_between(made, point),
                None => self.way_past_closure(registration, point, f, g),
            };
        }
        if self.is_beside(registration.call, point) && self.is_picked_by_parameter(registration.call, point) {
            return None;
        }
        self.exit_between(registration.call, point)
    }

    /// Where `g` makes the promise whose executor `f` is: the executor runs there.
    fn made_in(&self, f: Fun, g: Fun) -> Option<CallAt> {
        match self.within(f, g).then(|| self.passed(f))? {
            [p] if self.is_executor_of_promise(f) && self.function_of(p.call) == g => Some(p.call),
            _ => None,
        }
    }

    /// The release stands in a function that the registering one hands on: does it run on every way the work ends?
    fn way_past_closure(&self, registration: &Registration, point: CallAt, f: Fun, g: Fun) -> Option<String> {
        if !self.within(g, f) {
            return None;
        }
        // The outermost of the functions between, as `f` hands it on.
        let chain = self.chain(g);
        let handed = chain.iter().copied().find(|&h| self.parent(h) == Some(f))?;
        if let Some(exit) = self.settles_before(point, f, g).or_else(|| self.fails_before(registration, point, g)) {
            return Some(exit);
        }
        let mut out = None;
        let passed = self.passed(handed);
        if passed.is_empty() || !self.callers(handed).is_empty() || !self.optioned(handed).is_empty() {
            return None;
        }
        for p in passed {
            let name = self.callee_name(p.call).unwrap_or_default();
            let member = self.receiver(p.call).is_some();
            if passed.len() == 1 && self.function_of(p.call) == f && self.throws_between(registration.call, p.call) {
                return Some("a `throw` goes past what sets it up".to_owned());
            }
            if passed.len() == 1 && self.function_of(p.call) == f && self.leaves_between(registration, p.call) {
                return Some("a `return` goes past what sets it up".to_owned());
            }
            if let Some(site) = super::sites::registration(self, p.call)
                && site.handler == Some(self.call(p.call).args[p.arg])
            {
                let receivers = site.receivers(self);
                if self.same_object(&receivers, &registration.receivers) && self.is_retried(p.call, &receivers, site.event.as_deref()) {
                    return Some(super::discharge::RETRIED.to_owned());
                }
                match site.event.as_deref() {
                    Some("aborted" | "abort") if self.is_open_ended(f, g) || self.is_ended_by_others(&receivers, f) => return None,
                    Some(event @ ("aborted" | "abort")) if !self.same_object(&site.receivers(self), &registration.receivers) => {
                        out = Some(format!("it is removed only when `{event}` fires, which is the exception"));
                        continue;
                    }
                    Some(event)
                        if self.event_fires(&site).0 == Some(crate::models::Fires::Rarely)
                            && !self.same_object(&site.receivers(self), &registration.receivers) =>
                    {
                        out = Some(format!("it is removed only when `{event}` fires, which is the exception"));
                        continue;
                    }
                    _ => match self.fails_instead(registration, p.call, &site) {
                        Some(event) => {
                            out = Some(format!("when `{event}` fires instead, nothing removes it"));
                            continue;
                        }
                        None => return None,
                    },
                }
            }
            match (name.as_str(), member) {
                ("catch", true) => out = Some("a success goes past it".to_owned()),
                ("then", true) if p.arg == 0 && self.fails_elsewhere(registration, p.call) => {
                    out = Some("a failure goes past it".to_owned())
                }
                _ => return None,
            }
        }
        out
    }

    /// `f` begins a stream that nothing but `g` closes: that the reader goes away is no exception then, but its end.
    fn is_open_ended(&self, f: Fun, g: Fun) -> bool {
        let of_stream = |optioned: &super::calls::Optioned| {
            self.call(optioned.call).kind == CallKind::New && self.callee_name(optioned.call).as_deref() == Some("ReadableStream")
        };
        self.chain(f).into_iter().find(|&h| self.optioned(h).iter().any(of_stream)).is_some_and(|start| {
            let closes = |c: &CallAt| {
                self.receiver(*c).is_some_and(|(object, key)| {
                    matches!(key, Key::Name(name) if matches!(name.as_str(), "close" | "error"))
                        && self.origins(object).iter().any(|o| o.path.is_empty() && o.root == Root::Param(start, 0))
                })
            };
            self.calls_within(start).iter().filter(|c| closes(c)).all(|&c| self.within(self.function_of(c), g))
        })
    }

    /// An arm that throws stands between two calls in one block.
    fn throws_between(&self, from: CallAt, to: CallAt) -> bool {
        let (call, before, after) = (self.call(from), self.order_of(from), self.order_of(to));
        let throws = |arm: BlockId| self.block(from.with(arm)).items.iter().any(|item| matches!(item, Item::Exit(Exit::Throw(_))));
        call.block == self.call(to).block
            && self.block(from.with(call.block)).kind == BlockKind::Body
            && self.block(from.with(call.block)).items.iter().take(after).skip(before).any(|item| match item {
                Item::Branch(_, then, otherwise) => throws(*then) || otherwise.is_some_and(throws),
                _ => false,
            })
    }

    /// In the releasing callback, a branch that settles the promise and leaves before the release.
    fn settles_before(&self, release: CallAt, f: Fun, g: Fun) -> Option<String> {
        if !self.is_executor_of_promise(f) {
            return None;
        }
        let settles = |c: CallAt| {
            self.origins(c.with(self.call(c).callee)).iter().any(|o| o.path.is_empty() && matches!(o.root, Root::Param(h, _) if h == f))
        };
        let mut at = release.with(self.call(release).block);
        let mut order = self.order_of(release);
        loop {
            let here = self.block(at);
            for item in here.items.iter().take(order) {
                if let Item::Branch(_, then, _) = item {
                    let branch = at.with(*then);
                    let items = &self.block(branch).items;
                    let ends = items.iter().any(|i| matches!(i, Item::Exit(Exit::Return(_))));
                    let settled = items.iter().any(|i| matches!(i, Item::Call(c) if settles(g.with(*c))));
                    if ends && settled {
                        return Some("a branch settles the promise and returns before it".to_owned());
                    }
                }
            }
            order = here.index as usize;
            at = at.with(here.parent?);
        }
    }

    /// A `return`, `throw` or rethrow after `from` that `to` does not come before; both in one function.
    pub(super) fn exit_between(&self, from: CallAt, to: CallAt) -> Option<String> {
        let start = from.with(self.call(from).block);
        let goal = to.with(self.call(to).block);
        // Released in a `finally` around the registration: every way passes it.
        let mut at = Some(goal);
        while let Some(b) = at {
            if self.block(b).kind == BlockKind::Finally {
                return None;
            }
            at = self.block(b).parent.map(|p| goal.with(p));
        }
        // The block that holds both.
        let mut common = start;
        while !self.block_within(goal, common) {
            common = start.with(self.block(common).parent?);
        }
        // Removed before it is added: what the last run added goes, whatever way this one takes out.
        if self.order_within(common, to) < self.order_within(common, from) {
            return None;
        }
        // Items between, in the common block, and after the registration inside its branch.
        let mut inner = start;
        let mut order = self.order_of(from);
        loop {
            let items = &self.block(inner).items;
            for item in items.iter().skip(order + 1) {
                if self.holds(inner, item, goal) || matches!(item, Item::Call(c) if *c == to.id) {
                    return self.exit_beside(inner, item, goal);
                }
                if let Some(exit) = self.exit_of(inner, item, registration_test(self, from)) {
                    return Some(exit);
                }
                if let Item::Await(value) = item
                    && self.awaits_users_code(inner.with(*value), USERS)
                    && !self.is_tried(inner)
                {
                    return Some("the awaited function of the caller may fail, which goes past it".into());
                }
            }
            if inner == common {
                return None;
            }
            let here = self.block(inner);
            if matches!(here.kind, BlockKind::Loop(..)) {
                return None;
            }
            order = here.index as usize;
            inner = inner.with(here.parent?);
        }
    }

    /// Every way on from the call, in its block, passes one of the wanted calls; none leaves before.
    pub(super) fn is_passed_behind(&self, from: CallAt, wanted: &dyn Fn(CallAt) -> bool) -> bool {
        let block = from.with(self.call(from).block);
        self.is_passed_in(block, self.order_of(from) + 1, wanted)
    }

    /// The block, from that item on, passes one of the wanted calls, whatever happens.
    fn is_passed_in(&self, block: At<BlockId>, from: usize, wanted: &dyn Fn(CallAt) -> bool) -> bool {
        let passes = |inner: BlockId| self.is_passed_in(block.with(inner), 0, wanted);
        for item in self.block(block).items.iter().skip(from) {
            let passed = match item {
                Item::Call(c) => wanted(block.with(*c)),
                Item::Try(tried, caught, finally) => finally.is_some_and(passes) || passes(*tried) && caught.is_none_or(passes),
                Item::Branch(_, then, Some(otherwise)) => passes(*then) && passes(*otherwise),
                _ => false,
            };
            if passed {
                return true;
            }
            if self.exit_of(block, item, None).is_some() {
                return false;
            }
        }
        false
    }

    /// The release stands on a way out of its own, an arm or a `catch` that leaves, and the straight way goes on without it.
    ///
    /// `try { await p } catch (e) { off(); throw e }` takes back what failed: of what succeeds it says nothing.
    pub(super) fn is_rolled_back(&self, registration: &Registration, point: CallAt) -> bool {
        let (f, g) = (self.function_of(registration.call), self.function_of(point));
        let from = if f == g { Some(registration.call) } else { self.made_in(f, g) };
        let mut at = point.with(self.call(point).block);
        let start = match from {
            Some(from) => from.with(self.call(from).block),
            None => return self.within(g, f) && self.is_told_of_failure(point, g),
        };
        let returns =
            |block: At<BlockId>| self.block(block).items.iter().any(|item| matches!(item, Item::Exit(Exit::Return(_) | Exit::Throw(_))));
        let mut out = false;
        while !self.block_within(start, at) {
            let here = self.block(at);
            let Some(parent) = here.parent.map(|parent| at.with(parent)) else { return false };
            let straight = match (&here.kind, self.block(parent).items.get(here.index as usize)) {
                (BlockKind::Loop(..) | BlockKind::Finally, _) => return false,
                (_, Some(Item::Branch(_, then, otherwise))) => {
                    let other = if *then == at.id { *otherwise } else { Some(*then) };
                    other.is_none_or(|other| !self.leaves(at.with(other)))
                }
                (_, Some(Item::Try(_, caught, _))) => *caught == Some(at.id),
                _ => false,
            };
            out |= straight && returns(at);
            at = parent;
        }
        out
    }

    /// How many items of a block around the call come before what holds it.
    pub(super) fn order_within(&self, around: At<BlockId>, c: CallAt) -> usize {
        let (mut at, mut order) = (c.with(self.call(c).block), self.order_of(c));
        while at != around {
            let here = self.block(at);
            let Some(parent) = here.parent else { break };
            (at, order) = (at.with(parent), here.index as usize);
        }
        order
    }

    /// What is awaited comes from a function that the caller gave, alone or among others.
    pub(super) fn awaits_users_code(&self, v: At<ValueId>, depth: u32) -> bool {
        match self.value(v) {
            Value::Call(c) => {
                let c = v.with(*c);
                let call = self.call(c);
                let given = |o: &Origin| {
                    o.path.is_empty()
                        && matches!(o.root, Root::Param(f, _) if self.within(self.function_of(c), f) && !self.is_executor_of_promise(f))
                };
                let plain = matches!(self.value(c.with(call.callee)), Value::Binding(_) | Value::Param(..));
                if plain {
                    return self.origins(c.with(call.callee)).iter().any(given);
                }
                depth > 0
                    && matches!(self.receiver(c), Some((object, Key::Name(name))) if matches!(name.as_str(), "race" | "all") && self.is_global(object, "Promise"))
                    && call.args.first().is_some_and(|&list| match self.value(c.with(list)) {
                        Value::Array(elements) => elements.iter().any(|&e| self.awaits_users_code(c.with(e), depth - 1)),
                        _ => false,
                    })
            }
            _ => false,
        }
    }

    /// A failure in the block is caught in its function, or passes a `finally`.
    fn is_tried(&self, block: At<BlockId>) -> bool {
        self.is_inside(block, &BlockKind::Try)
    }

    /// The item contains the block.
    pub(super) fn holds(&self, holder: At<BlockId>, item: &Item, goal: At<BlockId>) -> bool {
        let inside = |b: &BlockId| self.block_within(goal, holder.with(*b));
        match item {
            Item::Branch(_, then, otherwise) => inside(then) || otherwise.as_ref().is_some_and(inside),
            Item::Loop(b) => inside(b),
            Item::Try(t, c, f) => inside(t) || c.as_ref().is_some_and(inside) || f.as_ref().is_some_and(inside),
            _ => false,
        }
    }

    /// The release stands inside this item: does another arm of it leave?
    pub(super) fn exit_beside(&self, holder: At<BlockId>, item: &Item, goal: At<BlockId>) -> Option<String> {
        match item {
            Item::Try(tried, Some(caught), _) if self.block_within(goal, holder.with(*tried)) => {
                // Released at the end of the try; the catch that leaves goes past it.
                self.leaves(holder.with(*caught)).then(|| "the `catch` leaves without it".to_owned())
            }
            _ => None,
        }
    }

    /// The item leaves the function.
    pub(super) fn exit_of(&self, holder: At<BlockId>, item: &Item, spared: Option<ValueId>) -> Option<String> {
        match item {
            Item::Yield if self.fun(holder.with(self.block(holder).function)).is_generator => {
                Some("the consumer may leave at a `yield`".into())
            }
            Item::Loop(body) => {
                let block = holder.with(*body);
                self.block(block).items.iter().find_map(|i| match i {
                    Item::Exit(Exit::Break | Exit::Continue) => None,
                    i => self.exit_of(block, i, spared),
                })
            }
            Item::Exit(Exit::Return(_)) => Some("a `return` goes past it".into()),
            Item::Exit(Exit::Throw(_)) => Some("a `throw` goes past it".into()),
            Item::Branch(test, then, otherwise) => {
                if Some(*test) == spared {
                    return None;
                }
                let arm = |b: BlockId| {
                    let block = holder.with(b);
                    self.block(block).items.iter().find_map(|i| self.exit_of(block, i, spared))
                };
                arm(*then).or_else(|| otherwise.and_then(arm))
            }
            Item::Try(tried, caught, finally) => {
                if finally.is_some() {
                    return None;
                }
                let block = holder.with(*tried);
                let inner = self.block(block).items.iter().find_map(|i| self.exit_of(block, i, spared));
                inner.or_else(|| caught.and_then(|c| self.leaves(holder.with(c)).then(|| "the `catch` leaves without it".to_owned())))
            }
            _ => None,
        }
    }

    /// The signals are those of a controller that the call makes and hands on to what it calls: who has it ends with it what the call has
    /// begun. (Of one that it gives back, nobody need know that it has to be aborted when all went well.)
    fn is_ended_by_others(&self, signals: &[Origin], f: Fun) -> bool {
        let controller = |o: &Origin| {
            let here = |made: &Origin| matches!(made.root, Root::Call(c) if self.function_of(c) == f);
            o.prefix().filter(|made| here(made) && self.is_new_controller(made))
        };
        let handed_on = |made: &Origin| {
            let is = |v: ValueId| *self.origins(f.with(v)) == [made.clone()];
            let part_of = |v: At<ValueId>| match self.value(v) {
                Value::Object(props, _) => props.iter().any(|(_, part)| is(*part)),
                _ => false,
            };
            let given = |c: CallAt| {
                self.call(c).args.iter().map(|&arg| c.with(arg)).any(|arg| is(arg.id) || part_of(arg) || part_of(self.only_value(arg)))
            };
            self.calls_within(f).into_iter().any(given)
        };
        !signals.is_empty() && signals.iter().all(|o| controller(o).is_some_and(|made| handed_on(&made)))
    }
}

/// The test under which the registration stands: a release under the same one is on every path.
fn registration_test(program: &Program, c: CallAt) -> Option<ValueId> {
    match program.block(c.with(program.call(c).block)).kind {
        BlockKind::Then(test) => Some(test),
        _ => None,
    }
}
