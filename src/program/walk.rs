//! Walks over the call graph that do not go the same way twice.
//!
//! What a walk finds below a function rests on two things besides the function: how deep it may still go, and which functions that it
//! meets below are on its way already (they are cycles). An answer is used again exactly where both are the same.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Fun;

/// Answers of one function kept apart by what they rest on; more are not worth comparing.
const ANSWERS: usize = 16;

/// One walk: the way down to where it is, and what it has found.
pub(super) struct Walk<T> {
    way: FxHashSet<Fun>,
    /// Every function that was met, in order.
    met: Vec<Fun>,
    known: FxHashMap<(Fun, u32), Vec<Answer<T>>>,
}

struct Answer<T> {
    /// The functions met below, and whether each was on the way down to here.
    rests_on: Vec<(Fun, bool)>,
    found: T,
}

/// A function that the walk has gone into; to be handed back when it leaves.
pub(super) struct Entered {
    function: Fun,
    depth: u32,
    met: usize,
}

/// What to do at a function.
pub(super) enum Step<T> {
    /// Go into it.
    Into(Entered),
    /// It is on the way already.
    Cycle,
    /// The answer is known.
    Known(T),
}

impl<T: Clone> Walk<T> {
    pub(super) fn new() -> Walk<T> {
        Walk { way: FxHashSet::default(), met: Vec::new(), known: FxHashMap::default() }
    }

    /// The functions that it has gone into and not left.
    pub(super) fn way(&self) -> &FxHashSet<Fun> {
        &self.way
    }

    /// Comes to a function with so many levels left.
    pub(super) fn enter(&mut self, function: Fun, depth: u32) -> Step<T> {
        if self.way.contains(&function) {
            self.met.push(function);
            return Step::Cycle;
        }
        let answer = self.known.get(&(function, depth)).and_then(|answers| {
            answers.iter().find(|answer| answer.rests_on.iter().all(|&(met, on_way)| self.way.contains(&met) == on_way))
        });
        if let Some(answer) = answer {
            self.met.extend(answer.rests_on.iter().map(|&(met, _)| met));
            return Step::Known(answer.found.clone());
        }
        let entered = Entered { function, depth, met: self.met.len() };
        self.met.push(function);
        self.way.insert(function);
        Step::Into(entered)
    }

    /// Leaves it with what was found.
    pub(super) fn leave(&mut self, entered: Entered, found: T) -> T {
        self.way.remove(&entered.function);
        let mut met = self.met.split_off(entered.met);
        met.sort_unstable();
        met.dedup();
        let answers = self.known.entry((entered.function, entered.depth)).or_default();
        if answers.len() < ANSWERS {
            let rests_on = met.iter().map(|&met| (met, self.way.contains(&met))).collect();
            answers.push(Answer { rests_on, found: found.clone() });
        }
        self.met.append(&mut met);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::FunctionId;

    /// How many simple ways lead from a function to the end of a depth, in a graph of edges.
    fn ways(graph: &[(u32, u32)], at: u32, depth: u32, walk: &mut Walk<u32>, asked: &mut u32) -> u32 {
        if depth == 0 {
            return 1;
        }
        let entered = match walk.enter(Fun::new(0, FunctionId(at)), depth) {
            Step::Cycle => return 100,
            Step::Known(found) => return found,
            Step::Into(entered) => entered,
        };
        *asked += 1;
        let found = graph.iter().filter(|(from, _)| *from == at).map(|&(_, to)| ways(graph, to, depth - 1, walk, asked)).sum();
        walk.leave(entered, found)
    }

    fn plain(graph: &[(u32, u32)], at: u32, depth: u32, way: &mut Vec<u32>) -> u32 {
        if depth == 0 {
            return 1;
        }
        if way.contains(&at) {
            return 100;
        }
        way.push(at);
        let found = graph.iter().filter(|(from, _)| *from == at).map(|&(_, to)| plain(graph, to, depth - 1, way)).sum();
        way.pop();
        found
    }

    #[test]
    fn finds_what_a_walk_without_memory_finds() {
        // A small generator of graphs: each number is one.
        for seed in 0u32..300 {
            let mut state = seed.wrapping_mul(2654435761).wrapping_add(1);
            let mut next = |below: u32| {
                state = state.wrapping_mul(1664525).wrapping_add(1013904223);
                (state >> 16) % below
            };
            let functions = 2 + next(6);
            let graph: Vec<(u32, u32)> = (0..2 + next(12)).map(|_| (next(functions), next(functions))).collect();
            let mut asked = 0;
            assert_eq!(ways(&graph, 0, 6, &mut Walk::new(), &mut asked), plain(&graph, 0, 6, &mut Vec::new()), "{graph:?}");
        }
    }

    #[test]
    fn goes_no_way_twice() {
        // A ladder: two ways at each rung.
        let graph: Vec<(u32, u32)> = (0..20).flat_map(|i| [(2 * i, 2 * i + 1), (2 * i, 2 * i + 2), (2 * i + 1, 2 * i + 2)]).collect();
        let mut asked = 0;
        ways(&graph, 0, 40, &mut Walk::new(), &mut asked);
        assert!(asked < 1000, "{asked}");
    }
}
