//! Functions that go through a list by calling themselves, one element a time: loops, written with callbacks; and those that go down a tree
//! so, a part at a time.

use super::runs::Runs;
use super::{At, CallAt, Fun, Origin, Program, Root};
use crate::facts::*;
use crate::findings::{Confidence, Region};

impl Program<'_> {
    /// The function, or one around it, leaves where a list of an activation around it is at its end, and goes on to the next element
    /// otherwise: `if (at >= list.length) return done(); const one = list[at++]; ...`.
    pub(super) fn is_list_walk(&self, f: Fun) -> bool {
        self.chain(f).into_iter().filter(|&g| !self.fun(g).at_load).any(|g| self.leaves_at_end_of_list(g))
    }

    /// Once for each element of a list, which may be short.
    pub(super) fn runs_for_elements(&self, f: Fun) -> Runs {
        let step = self.step_function(f, format!("`{}` goes through a list by calling itself", self.function_name(f)));
        Runs { region: Region::Iteration, confidence: Confidence::Low, steps: vec![step], operation: false, cycle: false }
    }

    /// The function goes down a tree by calling itself with a part of what it is given: that may be any part of it.
    pub(super) fn is_tree_walk(&self, f: Fun, i: usize) -> bool {
        let itself = |o: &Origin| o.path.is_empty() && o.root == Root::Param(f, i as u32);
        let part = |given: &[Origin]| !given.is_empty() && !given.iter().any(itself);
        let mut again = self.callers(f).iter().filter(|&&c| self.within(self.function_of(c), f));
        again.any(|&c| self.call(c).args.get(i).is_some_and(|&v| part(&self.origins(c.with(v)))))
    }

    /// What stands behind a test, in a walk down a tree, speaks of some part of it: not of the whole that the walk begins with.
    pub(super) fn is_of_some_part(&self, c: CallAt, g: Fun, i: usize) -> bool {
        let body = g.with(self.fun(g).body);
        c.with(self.call(c).block) != body && self.is_tree_walk(g, i)
    }

    fn leaves_at_end_of_list(&self, f: Fun) -> bool {
        let top = f.with(self.fun(f).body);
        self.block(top).items.iter().any(|item| match item {
            Item::Branch(test, then, _) => {
                let test = f.with(*test);
                match self.leaves(f.with(*then)) {
                    true => self.is_at_end(f, test),
                    false => self.is_before_end(f, test),
                }
            }
            _ => false,
        })
    }

    /// `at >= list.length`, or what was taken off the list is nothing.
    fn is_at_end(&self, f: Fun, test: At<ValueId>) -> bool {
        match self.value(test) {
            Value::Binary(op, left, right) => {
                let (left, right) = (test.with(*left), test.with(*right));
                match op.as_str() {
                    ">=" | "===" | "==" | ">" => self.is_counted(f, left) && self.is_length(f, right),
                    "<=" | "<" => self.is_counted(f, right) && self.is_length(f, left),
                    _ => false,
                }
            }
            Value::Unary(op, inner) if op == "!" => {
                let inner = test.with(*inner);
                self.is_length(f, inner) || self.is_taken_off(f, inner)
            }
            _ => false,
        }
    }

    /// `at < list.length`.
    fn is_before_end(&self, f: Fun, test: At<ValueId>) -> bool {
        match self.value(test) {
            Value::Binary(op, left, right) => {
                let (left, right) = (test.with(*left), test.with(*right));
                op == "<" && self.is_counted(f, left) && self.is_length(f, right)
                    || op == ">" && self.is_counted(f, right) && self.is_length(f, left)
            }
            _ => false,
        }
    }

    /// A variable of an activation around the function, which the function counts up.
    fn is_counted(&self, f: Fun, v: At<ValueId>) -> bool {
        let counted = |v: At<ValueId>| {
            let Value::Binding(b) = self.value(v) else { return false };
            let binding = self.binding(v.with(*b));
            let up = |d: &AssignId| {
                let assign = self.assign(v.with(*d));
                assign.compound && self.within(v.with(assign.function), f)
            };
            binding.function != f.id && binding.defs.iter().any(up)
        };
        // `++at === list.length`
        counted(v) || matches!(self.value(v), Value::Unary(_, inner) if counted(v.with(*inner)))
    }

    /// The length of a list of an activation around the function, to which nothing is added.
    fn is_length(&self, f: Fun, v: At<ValueId>) -> bool {
        matches!(self.value(v), Value::Member(list, Key::Name(name)) if name == "length" && self.is_fixed_list(f, v.with(*list)))
    }

    /// `const one = list.shift()`.
    fn is_taken_off(&self, f: Fun, v: At<ValueId>) -> bool {
        let Some(from) = self.same_as(v) else { return false };
        let Value::Call(c) = self.value(from) else { return false };
        matches!(self.receiver(from.with(*c)), Some((list, Key::Name(name))) if matches!(name.as_str(), "shift" | "pop") && self.is_fixed_list(f, list))
    }

    /// A variable of an activation around, to whose list nobody adds.
    fn is_fixed_list(&self, f: Fun, list: At<ValueId>) -> bool {
        let Value::Binding(b) = self.value(list) else { return false };
        let holder = list.with(self.binding(list.with(*b)).function);
        let adds = |c: super::CallAt| {
            matches!(self.receiver(c), Some((object, Key::Name(name)))
                if matches!(name.as_str(), "push" | "unshift" | "splice") && matches!(self.value(object), Value::Binding(other) if other == b))
        };
        holder != f && self.within(f, holder) && !self.fun(holder).at_load && !self.calls_within(f).into_iter().any(adds)
    }
}
