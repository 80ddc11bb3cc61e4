//! Rounds: which ways lead back to a line.
//!
//! ```text
//! bared(R, L) :- every way from a run of R's function to the next one passes the release L first
//! ```

use rustc_hash::FxHashSet;

use super::sites::Registration;
use super::starters::{Started, Starter, Times};
use super::{CallAt, Fun, Program};
use crate::facts::BlockKind;

/// How many functions are gone through backwards.
const WAYS: usize = 40;

impl Program<'_> {
    /// Whatever runs the line again in one activation of `since` has run the release before: there is never more than one.
    pub(super) fn comes_back_past(&self, registration: &Registration, release: CallAt, since: Fun) -> bool {
        let f = self.function_of(registration.call);
        let mut seen = FxHashSet::default();
        let mut open = vec![f];
        let mut behind = false;
        if self.loop_around(registration.call.with(self.call(registration.call).block)).is_some() {
            return false;
        }
        while let Some(g) = open.pop() {
            if g == since || !self.within(g, since) || !seen.insert(g) {
                continue;
            }
            if seen.len() > WAYS {
                return false;
            }
            for starter in self.starters(g).iter() {
                if starter.by.is_some_and(|by| self.comes_after(release, by)) {
                    behind = true;
                    continue;
                }
                match starter.within.filter(|_| self.is_one_way(starter)) {
                    // A way back to the line that goes past the release.
                    Some(within) if within == f => return false,
                    Some(within) => open.push(within),
                    None => return false,
                }
            }
        }
        behind
    }

    /// Where the listener stays it lets its call fail, and that throws in the activation of `since`, which waits for each round: there is
    /// none after it.
    pub(super) fn fails_out_of_rounds(&self, registration: &Registration, release: CallAt, since: Fun) -> bool {
        if !self.fails_beside(registration, release) {
            return false;
        }
        let mut open = vec![self.function_of(registration.call)];
        let mut seen = FxHashSet::default();
        while let Some(g) = open.pop() {
            if g == since || !seen.insert(g) {
                continue;
            }
            let starters = self.starters(g);
            let fails = |starter: &Starter| starter.by.is_some_and(|by| self.hands_failure_on(by));
            if !self.within(g, since) || starters.is_empty() || seen.len() > WAYS || !starters.iter().all(fails) {
                return false;
            }
            open.extend(starters.iter().filter_map(|starter| starter.within));
        }
        true
    }

    /// Should what the call gives fail, so does the function that it stands in: it waits for it, or gives it back.
    fn hands_failure_on(&self, c: CallAt) -> bool {
        let call = self.call(c);
        !self.is_inside(c.with(call.block), &BlockKind::Try)
            && (self.fun(self.function_of(c)).returns.contains(&call.value) || self.is_awaited_call(c))
    }

    /// The object's own round (a timer's ticks, an event that comes again) leads to the line, and nothing on the way to it runs a release:
    /// those stand in methods that end the object, which the round does not call. Gives such a method.
    pub(super) fn round_past_ends(&self, registration: &Registration, released: &[CallAt]) -> Option<Fun> {
        let f = self.outermost(self.function_of(registration.call));
        let owner = self.owner_of_this(f).filter(|&owner| self.is_class(owner) && !self.is_constructor(f, owner))?;
        let ends: Vec<Fun> = released.iter().map(|&release| self.outermost(self.function_of(release))).collect();
        let is_end = |&h: &Fun| {
            h != f
                && self.owner_of_this(h) == Some(owner)
                && super::stages::is_teardown(&self.fun(h).name)
                && !self.is_constructor(h, owner)
        };
        if !ends.iter().all(is_end) {
            return None;
        }
        let again = |starter: &Starter| {
            matches!(starter.how, Started::Interval | Started::Listener(_) | Started::Heard(_)) && starter.times != Times::One
        };
        let mut comes_again = registration.told.is_empty() && self.starters(f).iter().any(again);
        let mut seen = FxHashSet::default();
        let mut open = vec![f];
        while let Some(g) = open.pop() {
            if !seen.insert(g) || self.is_constructor(g, owner) {
                continue;
            }
            if seen.len() > WAYS || ends.iter().any(|&end| self.leads(g, end, super::guards::CALLS)) {
                return None;
            }
            // (A call that tells what the line does not stand under runs past it.)
            let called = self.callers(g).iter().copied().filter(|&c| g != f || self.tells(c, f, &registration.told).is_some());
            for c in called.chain(self.passed(g).iter().map(|passed| passed.call)) {
                let top = self.outermost(self.function_of(c));
                comes_again |= self.chain(self.function_of(c)).into_iter().any(|h| self.starters(h).iter().any(again));
                open.push(top);
            }
        }
        ends.first().copied().filter(|_| comes_again)
    }

    /// The function is started this way once in each activation.
    fn is_one_way(&self, starter: &Starter) -> bool {
        starter.times == Times::One && starter.by.is_some_and(|by| self.loop_around(by.with(self.call(by).block)).is_none())
    }

    /// The call is run only where `first` has been, in one activation.
    fn comes_after(&self, first: CallAt, c: CallAt) -> bool {
        let block = first.with(self.call(first).block);
        first.file == c.file
            && self.function_of(first) == self.function_of(c)
            && self.block_within(c.with(self.call(c).block), block)
            && self.order_of(first) < self.order_within(block, c)
    }
}
