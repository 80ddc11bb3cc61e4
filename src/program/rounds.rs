//! Rounds: which ways lead back to a line.
//!
//! ```text
//! bared(R, L) :- every way from a run of R's function to the next one passes the release L first
//! ```

use rustc_hash::FxHashSet;

use super::sites::Registration;
use super::starters::{Starter, Times};
use super::{CallAt, Fun, Program};

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
