//! Points: where what takes a listener away is run, where it stands in a closure of the work; and the callbacks that are told of a
//! failure (`(error, result) => { if (error) return done(error); ... }`).
//!
//! ```text
//! point(Q, C)    :- C calls the closure that Q stands in, nothing else has that closure
//! failing(B)     :- B an arm of a callback F for what F is told first, B leaves and tells another function of it
//! past(R, Q)     :- Q in F behind a failing arm that neither releases nor ends R's emitter
//! past(R, Q)     :- Q in a listener of another object, a failure of that object settles the same and does neither
//! past(R, Q)     :- Q in what `then` is given, the failure goes to a function that does neither
//! ```

use rustc_hash::FxHashSet;

use super::matching::Match;
use super::sites::{Registration, Release, Site, Sites};
use super::stages::is_teardown;
use super::{At, CallAt, Fun, Origin, Program, Root};
use crate::facts::*;

/// How many closures a release may stand in, and how many calls below a function it is looked for.
const CLOSURES: u32 = 2;

/// How many parts of a chain of promises are followed.
pub(super) const CHAIN: usize = 8;

impl Program<'_> {
    /// The calls at which the release is run, as seen from the function that registers.
    pub(super) fn points(&self, registration: &Registration, release: &Release) -> Vec<CallAt> {
        let f = self.function_of(registration.call);
        let top = self.outermost(f);
        let mut out = Vec::new();
        self.points_of(release.call, top, CLOSURES, &mut out);
        out
    }

    fn points_of(&self, c: CallAt, top: Fun, depth: u32, out: &mut Vec<CallAt>) {
        let g = self.function_of(c);
        let callers = self.callers(g);
        let closure = g != top
            && self.within(g, top)
            && !callers.is_empty()
            && self.passed(g).is_empty()
            && self.optioned(g).is_empty()
            && self.returned_by(g).is_empty()
            && !self.is_held(g)
            && callers.iter().all(|&c| self.within(self.function_of(c), top) && !self.within(self.function_of(c), g));
        if depth == 0 || !closure {
            out.push(c);
            return;
        }
        callers.iter().for_each(|&caller| self.points_of(caller, top, depth - 1, out));
    }

    /// Before the point, the callback `g` leaves where it is told of a failure, without a release and with its emitter as it was.
    pub(super) fn fails_before(&self, registration: &Registration, point: CallAt, g: Fun) -> Option<String> {
        if !self.is_called_back_once(g) {
            return None;
        }
        let mut at = point.with(self.call(point).block);
        let mut order = self.order_of(point);
        loop {
            let here = self.block(at);
            let past = here.items.iter().take(order).any(|item| match item {
                Item::Branch(_, then, _) => {
                    let arm = at.with(*then);
                    self.is_failing(arm, g) && !self.may_end(self.calls_in(arm), registration)
                }
                _ => false,
            });
            if past {
                return Some("a failure that the callback is told of goes past it".to_owned());
            }
            order = here.index as usize;
            at = at.with(here.parent?);
        }
    }

    /// The point stands in the arm of a callback that is told of a failure.
    pub(super) fn is_told_of_failure(&self, point: CallAt, g: Fun) -> bool {
        let mut at = Some(point.with(self.call(point).block));
        while let Some(block) = at {
            if self.is_failing(block, g) {
                return self.is_called_back_once(g);
            }
            at = self.block(block).parent.map(|parent| block.with(parent));
        }
        false
    }

    /// A call hands the function on to be told of its end, and not as a listener.
    fn is_called_back_once(&self, g: Fun) -> bool {
        match self.passed(g) {
            [p] => {
                self.callers(g).is_empty()
                    && super::sites::registration(self, p.call).is_none()
                    && p.arg + 1 == self.call(p.call).args.len()
                    && self.call(p.call).kind == CallKind::Call
            }
            _ => false,
        }
    }

    /// The block is run where the first that `g` is told is there, tells another function of it, and leaves.
    fn is_failing(&self, block: At<BlockId>, g: Fun) -> bool {
        let told = |v: At<ValueId>| self.origins(v).iter().any(|o| o.path.is_empty() && o.root == Root::Param(g, 0));
        let here = self.block(block);
        let BlockKind::Then(test) = here.kind else { return false };
        told(block.with(test))
            && here.items.iter().any(|item| matches!(item, Item::Exit(Exit::Return(_) | Exit::Throw(_))))
            && self.calls_in(block).iter().any(|&c| self.call(c).args.first().is_some_and(|&a| told(c.with(a))) && self.is_of_caller(c))
    }

    /// The call runs a function that an activation around it was given.
    fn is_of_caller(&self, c: CallAt) -> bool {
        let f = self.function_of(c);
        let given = |o: &Origin| o.path.is_empty() && matches!(o.root, Root::Param(g, _) if g != f && self.within(f, g));
        self.origins(c.with(self.call(c).callee)).iter().any(given)
    }

    /// The calls that stand in a block or in arms of it.
    pub(super) fn calls_in(&self, block: At<BlockId>) -> Vec<CallAt> {
        let f = block.with(self.block(block).function);
        let mut calls = self.calls_within(f);
        calls.retain(|&c| self.function_of(c) == f && self.block_within(block.with(self.call(c).block), block));
        calls
    }

    /// Some of the calls takes listeners away, ends the emitter, or runs what does.
    fn may_end(&self, calls: Vec<CallAt>, registration: &Registration) -> bool {
        let mut seen = FxHashSet::default();
        calls.into_iter().any(|c| self.ends_or_releases(c, registration, CLOSURES, &mut seen))
    }

    fn ends_or_releases(&self, c: CallAt, registration: &Registration, depth: u32, seen: &mut FxHashSet<Fun>) -> bool {
        let ends = || {
            self.receiver(c).is_some_and(|(object, key)| {
                matches!(key, Key::Name(name) if is_teardown(name))
                    && self.compare_receivers(&self.origins(object), &registration.receivers) != Match::Different
            })
        };
        super::releases::release(self, c).is_some()
            || ends()
            || depth > 0
                && self.functions_called(c).iter().any(|&h| {
                    seen.insert(h) && self.calls_within(h).into_iter().any(|c| self.ends_or_releases(c, registration, depth - 1, seen))
                })
    }

    fn may_end_within(&self, h: Fun, registration: &Registration) -> bool {
        self.may_end(self.calls_within(h), registration)
    }

    /// What the `then` hands its failures to, itself or further down the chain, neither releases nor ends anything.
    pub(super) fn fails_elsewhere(&self, registration: &Registration, then: CallAt) -> bool {
        let (mut at, mut fails) = (then, false);
        for _ in 0..CHAIN {
            let args = &self.call(at).args;
            let name = self.callee_name(at).unwrap_or_default();
            let handler = match name.as_str() {
                "then" => args.get(1),
                "catch" if at != then => args.first(),
                "finally" => return false,
                _ => None,
            };
            if let Some(&handler) = handler {
                let handler = at.with(handler);
                let functions = self.functions_of(handler);
                // (To swallow a failure is no way out of the work.)
                let settles = self.origins(handler).iter().any(|o| self.settler(o, self.function_of(at)).is_some())
                    || !self.settled_by(&functions).is_empty();
                if !settles || functions.iter().any(|&(h, _)| self.may_end_within(h, registration)) {
                    return false;
                }
                fails = true;
            }
            match self.called_on(at) {
                Some(next) => at = next,
                None => break,
            }
        }
        fails || self.receiver(then).is_some_and(|(promise, _)| self.awaits_users_code(promise, super::paths::USERS))
    }

    /// The event of a failure that the activation listens to beside this one, on the same object: it settles the same, and neither
    /// releases nor ends anything.
    pub(super) fn fails_instead(&self, registration: &Registration, heard: CallAt, site: &Site) -> Option<String> {
        if site.event.as_deref().is_none_or(|event| matches!(event, "close" | "exit" | "disconnect" | "error")) {
            return None;
        }
        let f = self.function_of(heard);
        let receivers = site.receivers(self);
        let settles = |site: &Site| {
            let handler = heard.with(site.handler?);
            let functions = self.functions_of(handler);
            let mut settled = self.settled_by(&functions);
            settled.extend(self.origins(handler).iter().filter_map(|o| self.settler(o, f)));
            (!settled.is_empty()).then_some((functions, settled))
        };
        let (_, settled) = settles(site).filter(|_| !self.same_object(&receivers, &registration.receivers))?;
        self.calls_within(f).into_iter().filter(|&c| c != heard && self.function_of(c) == f).find_map(|c| {
            let other = super::sites::registration(self, c)?;
            let event = other.event.as_deref().filter(|event| event.ends_with("error"))?;
            let (functions, same) = settles(&other)?;
            let fails = !same.is_disjoint(&settled)
                && self.same_object(&other.receivers(self), &receivers)
                && !functions.iter().any(|&(h, _)| self.may_end_within(h, registration));
            fails.then(|| event.to_owned())
        })
    }

    /// The release stands in what the object does at the end of another emitter, and what it does at that one's failure neither releases nor
    /// ends anything.
    pub(super) fn fails_apart(&self, sites: &Sites, registration: &Registration, release: &Release) -> Option<String> {
        let g = self.function_of(release.call);
        let owner = self.owner_around(g)?;
        let hears = |r: &Registration| self.functions_of_origins(&r.handlers, 2).iter().any(|&(h, _)| h == g);
        let ended = sites.registrations_near(self, owner).find(|r| hears(r) && matches!(r.event.name(), Some("end" | "finish")))?;
        let apart = !self.within(g, self.function_of(registration.call)) && !self.same_object(&ended.receivers, &registration.receivers);
        let failed = sites.registrations_near(self, owner).find(|r| {
            r.event.name() == Some("error")
                && self.same_object(&r.receivers, &ended.receivers)
                && !self.functions_of_origins(&r.handlers, 2).iter().any(|&(h, _)| self.may_end_within(h, registration))
        });
        failed.filter(|_| apart && self.callers(g).is_empty()).map(|_| "when that fails instead, nothing removes it".to_owned())
    }

    /// The emitter is given back on a way out behind the registration, where nothing takes the listener away first.
    pub(super) fn given_back_early(&self, registration: &Registration) -> Option<CallAt> {
        let from = registration.call;
        let f = self.function_of(from);
        let given = |&v: &ValueId, c: CallAt| self.same_object(&self.origins(c.with(v)), &registration.receivers);
        self.handing_back(f.file).find(|&c| {
            let arm = c.with(self.call(c).block);
            self.function_of(c) == f
                && (self.call(c).args.iter().any(|v| given(v, c))
                    || self.receiver(c).is_some_and(|(object, _)| self.same_object(&self.origins(object), &registration.receivers)))
                && arm != from.with(self.call(from).block)
                && self.leaves(arm)
                && self.comes_behind(from, c)
                && !self.tells_failure(c)
                && !self.may_end(self.calls_in(arm), registration)
        })
    }

    /// `client.release(error)`, `client.release(true)`: a pool ends what failed, rather than to hand it out again (node-postgres, «Pool»).
    fn tells_failure(&self, c: CallAt) -> bool {
        self.call(c).args.iter().any(|&arg| match self.value(c.with(arg)) {
            Value::Bool(told) => *told,
            Value::Binding(b) => {
                let binding = self.binding(c.with(*b));
                binding.kind == BindingKind::Catch || matches!(binding.name.as_str(), "err" | "error")
            }
            _ => false,
        })
    }

    /// The first call stands in the `finally` of a `try` around the second.
    pub(super) fn is_finally_of(&self, first: CallAt, second: CallAt) -> bool {
        let inner = second.with(self.call(second).block);
        let mut at = first.with(self.call(first).block);
        while let Some(parent) = self.block(at).parent.map(|parent| at.with(parent)) {
            let here = self.block(at);
            if here.kind == BlockKind::Finally
                && self.block(parent).items.get(here.index as usize).is_some_and(|item| self.holds(parent, item, inner))
            {
                return true;
            }
            at = parent;
        }
        false
    }

    /// The second call stands behind the first, in the same block or in an arm that comes after it.
    fn comes_behind(&self, first: CallAt, second: CallAt) -> bool {
        let around = first.with(self.call(first).block);
        self.block_within(second.with(self.call(second).block), around) && self.order_within(around, second) > self.order_of(first)
    }

    /// Between the two calls, which stand in one function, an arm tells a function that this was given, and leaves.
    pub(super) fn leaves_between(&self, registration: &Registration, to: CallAt) -> bool {
        let from = registration.call;
        let f = self.function_of(from);
        let given = |o: &Origin| o.path.is_empty() && matches!(o.root, Root::Param(g, _) if self.within(f, g));
        let leaves = |arm: BlockId| {
            let arm = from.with(arm);
            let calls = self.calls_in(arm);
            let returns = self.block(arm).items.iter().any(|item| matches!(item, Item::Exit(Exit::Return(_))));
            returns
                && calls.iter().any(|&c| self.origins(c.with(self.call(c).callee)).iter().any(given))
                && !self.may_end(calls, registration)
        };
        let (call, before, after) = (self.call(from), self.order_of(from), self.order_of(to));
        call.block == self.call(to).block
            && self.block(from.with(call.block)).items.iter().take(after).skip(before).any(|item| match item {
                Item::Branch(_, then, otherwise) => leaves(*then) || otherwise.is_some_and(leaves),
                _ => false,
            })
    }

    /// The listener takes itself off in one arm, and in another settles what it was added for.
    pub(super) fn settles_beside(&self, registration: &Registration, release: CallAt) -> Option<String> {
        let beside = self.is_settled_beside(registration, release, &|c| self.settles_for_sure(c));
        beside.then(|| "in another arm the listener settles the call, and stays".to_owned())
    }

    /// All that the listener does in the arms in which it stays is to let the call fail.
    pub(super) fn fails_beside(&self, registration: &Registration, release: CallAt) -> bool {
        let rejects = |c: CallAt| {
            let callee = self.origins(c.with(self.call(c).callee));
            callee.iter().all(|o| o.path.is_empty() && matches!(o.root, Root::Param(g, 1) if self.is_executor_of_promise(g)))
        };
        let ends_well = |c: CallAt| self.settles_for_sure(c) && !rejects(c);
        self.is_settled_beside(registration, release, &rejects) && !self.is_settled_beside(registration, release, &ends_well)
    }

    fn is_settled_beside(&self, registration: &Registration, release: CallAt, settles: &dyn Fn(CallAt) -> bool) -> bool {
        let h = self.function_of(release);
        if !registration.handlers.iter().any(|o| o.path.is_empty() && o.root == Root::Function(h)) {
            return false;
        }
        let mut at = release.with(self.call(release).block);
        let mut order = self.order_of(release);
        loop {
            let here = self.block(at);
            let settled = |arm: BlockId| {
                let arm = at.with(arm);
                let calls = self.calls_in(arm);
                calls.iter().any(|&c| settles(c)) && !self.may_end(calls, registration)
            };
            let before = here.items.iter().take(order).any(|item| match item {
                Item::Branch(_, then, _) => self.leaves(at.with(*then)) && settled(*then),
                _ => false,
            });
            let parent = here.parent.map(|parent| at.with(parent));
            let Some(parent) = parent else { return before };
            let beside = match self.block(parent).items.get(here.index as usize) {
                Some(Item::Branch(_, then, otherwise)) => {
                    let other = if *then == at.id { *otherwise } else { Some(*then) };
                    other.is_some_and(settled)
                }
                _ => false,
            };
            // What comes behind the arms takes it off whichever is taken.
            let behind = |block: At<BlockId>, order: usize| {
                let calls = self.block(block).items.iter().skip(order + 1).filter_map(|item| match item {
                    Item::Call(c) => Some(block.with(*c)),
                    _ => None,
                });
                self.may_end(calls.collect(), registration)
            };
            if before || beside && !behind(parent, here.index as usize) {
                return true;
            }
            order = here.index as usize;
            at = parent;
        }
    }

    /// The call settles a promise around it, or tells a function that was given of an error that it makes.
    fn settles_for_sure(&self, c: CallAt) -> bool {
        let f = self.function_of(c);
        let made_error = || {
            self.call(c).args.first().is_some_and(|&a| {
                matches!(self.value(c.with(a)), Value::Call(made)
                    if self.call(c.with(*made)).kind == CallKind::New
                        && self.callee_name(c.with(*made)).is_some_and(|name| name.ends_with("Error")))
            })
        };
        self.origins(c.with(self.call(c).callee)).iter().any(|o| match (o.root, o.path.is_empty()) {
            (Root::Param(g, _), true) => g != f && self.within(f, g) && (self.is_executor_of_promise(g) || made_error()),
            _ => false,
        })
    }
}
