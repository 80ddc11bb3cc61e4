//! Told: functions that add or remove by what they are told (`toggle(emitter, listener, remove)`).
//!
//! ```text
//! told(S, p, b)  :- S stands under a test of the parameter p that has outcome b        if (remove) e.off(...)
//! told(S, p, b)  :- S calls `e[m]`, m = p ? x : y, and only one of the two is S        e[remove ? 'off' : 'on'](...)
//! told(S, p, ns) :- S calls `e[p]`, and of the names that p is given, those of ns are S  e[method](...)
//! not(S at C)    :- told(S, p, b), the call C gives a constant for p that is not b
//! ```

use super::{At, CallAt, Fun, Origin, Program, Root};
use crate::facts::*;

/// The line runs, or is what it is, where this parameter is as wanted.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    function: Fun,
    param: u32,
    wanted: Wanted,
}

#[derive(Debug, Clone, Copy)]
enum Wanted {
    /// True, or false.
    Truth(bool),
    /// One of these names of methods.
    Name(fn(&str) -> bool),
}

impl Program<'_> {
    /// What has to be told to the functions around for the call to be one by a name that is wanted.
    pub(super) fn told_to(&self, c: CallAt, wanted: fn(&str) -> bool) -> Vec<Told> {
        let mut out: Vec<Told> = self
            .tests_before(c.with(self.call(c).block), self.order_of(c))
            .into_iter()
            .filter_map(|(test, outcome)| self.asks_param(test, outcome))
            .collect();
        if let Some((_, Key::Computed(key))) = self.receiver(c) {
            out.extend(self.chosen_by(c.with(*key), wanted));
        }
        out
    }

    /// The test is a parameter, or `!` of one.
    fn asks_param(&self, test: At<ValueId>, outcome: bool) -> Option<Told> {
        match self.value(test) {
            Value::Unary(op, inner) if op == "!" => self.asks_param(test.with(*inner), !outcome),
            // Whatever its default: what counts is what is given.
            Value::Binding(b) if self.binding(test.with(*b)).kind == BindingKind::Param => {
                let function = test.with(self.binding(test.with(*b)).function);
                let param = self.fun(function).params.iter().position(|p| p.binding == Some(*b))?;
                Some(Told { function, param: param as u32, wanted: Wanted::Truth(outcome) })
            }
            Value::Binding(_) | Value::Param(..) => match &*self.origins(test) {
                [o] if o.path.is_empty() => match o.root {
                    Root::Param(function, param) => Some(Told { function, param, wanted: Wanted::Truth(outcome) }),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    /// Of two names, one is wanted: what chooses it.
    fn chosen_by(&self, key: At<ValueId>, wanted: fn(&str) -> bool) -> Option<Told> {
        if let &[Origin { root: Root::Param(function, param), ref path }] = &self.origins(key)[..]
            && path.is_empty()
        {
            return Some(Told { function, param, wanted: Wanted::Name(wanted) });
        }
        match self.value(key) {
            Value::Binding(b) => match self.binding(key.with(*b)).defs[..] {
                [def] if self.assign(key.with(def)).from != key.id => self.chosen_by(key.with(self.assign(key.with(def)).from), wanted),
                _ => None,
            },
            Value::Choice(ChoiceKind::Conditional(test), arms) => {
                let [then, otherwise] = arms[..] else { return None };
                let is = |v: ValueId| self.constant(key.with(v)).map(|name| wanted(&name));
                match (is(then)?, is(otherwise)?) {
                    (true, false) => self.asks_param(key.with(*test), true),
                    (false, true) => self.asks_param(key.with(*test), false),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// What of it is left to tell, seen from a call of `f`; none where the call tells otherwise.
    pub(super) fn tells(&self, c: CallAt, f: Fun, told: &[Told]) -> Option<Vec<Told>> {
        let mut left = Vec::new();
        for one in told {
            if one.function != f {
                left.push(*one);
                continue;
            }
            let args = &self.call(c).args;
            // `f.call(this, ...)`.
            let at = match self.receiver(c) {
                Some((_, Key::Name(name))) if name == "apply" => continue,
                Some((object, Key::Name(name))) if name == "call" && self.functions_of(object).iter().any(|&(g, _)| g == f) => {
                    one.param as usize + 1
                }
                _ => one.param as usize,
            };
            if args.iter().take(at + 1).any(|&a| matches!(self.value(c.with(a)), Value::Spread(_))) {
                continue;
            }
            let given = self.argument(c, f, at);
            let default = self.fun(f).params.get(one.param as usize).and_then(|p| p.default).map(|d| f.with(d));
            let rest = self.fun(f).params.get(one.param as usize).is_some_and(|p| p.rest);
            if rest {
                continue;
            }
            match given.or(default) {
                None if !matches!(one.wanted, Wanted::Truth(false)) => return None,
                None => {}
                Some(value) => match self.is_as(value, one.wanted) {
                    Some(true) => {}
                    Some(false) => return None,
                    None => left.extend(match one.wanted {
                        Wanted::Truth(truth) => self.asks_param(value, truth),
                        Wanted::Name(wanted) => self.chosen_by(value, wanted),
                    }),
                },
            }
        }
        Some(left)
    }

    /// What the call gives for a value that is a parameter of `f`: none where it gives nothing. Any other value stays as it is.
    pub(super) fn given_for(&self, c: CallAt, f: Fun, v: At<ValueId>) -> Option<At<ValueId>> {
        let param = match self.value(v) {
            Value::Binding(b) if self.binding(v.with(*b)).kind == BindingKind::Param && v.with(self.binding(v.with(*b)).function) == f => {
                self.fun(f).params.iter().position(|p| p.binding == Some(*b))
            }
            Value::Param(g, i) if v.with(*g) == f => Some(*i as usize),
            _ => None,
        };
        let Some(param) = param else { return Some(v) };
        let args = &self.call(c).args;
        let at = match self.receiver(c) {
            Some((object, Key::Name(name))) if self.functions_of(object).iter().any(|&(g, _)| g == f) => match name.as_str() {
                "call" => param + 1,
                _ => return Some(v),
            },
            _ => param,
        };
        let spread = args.iter().take(at + 1).any(|&a| matches!(self.value(c.with(a)), Value::Spread(_)));
        // (What a rest parameter takes besides its first has none of its own.)
        let taken = self.fun(f).params.get(param);
        let whole = matches!(self.value(v), Value::Binding(_)) && taken.is_some_and(|p| p.rest);
        if spread || !self.functions_called(c).contains(&f) || whole {
            return Some(v);
        }
        let default = taken.and_then(|p| p.default).map(|d| f.with(d));
        self.argument(c, f, at).or(default)
    }

    /// Every call in the program tells otherwise, and nobody else calls.
    pub(super) fn is_never_told(&self, told: &[Told]) -> bool {
        told.iter().any(|one| {
            let f = one.function;
            let callers = self.callers(f);
            !callers.is_empty()
                && !self.is_public_function(f)
                && self.passed(f).is_empty()
                && callers.iter().all(|&c| self.tells(c, f, std::slice::from_ref(one)).is_none())
        })
    }

    /// Whether a constant is as wanted.
    fn is_as(&self, v: At<ValueId>, wanted: Wanted) -> Option<bool> {
        match wanted {
            Wanted::Truth(truth) => self.truth(v).map(|is| is == truth),
            Wanted::Name(wanted) => self.constant(v).map(|name| wanted(&name)),
        }
    }

    /// Whether a constant counts as true.
    fn truth(&self, v: At<ValueId>) -> Option<bool> {
        match self.value(v) {
            Value::Undefined | Value::Null => Some(false),
            Value::Bool(truth) => Some(*truth),
            Value::Number(number) => Some(number != "0"),
            Value::String(text) => Some(!text.is_empty()),
            Value::Function(_) | Value::Class(_) | Value::Object(..) | Value::Array(_) | Value::Regex | Value::This(_) => Some(true),
            // `!0` and `!1`, as minifiers write them.
            Value::Unary(op, inner) if op == "!" => self.truth(v.with(*inner)).map(|truth| !truth),
            _ => None,
        }
    }
}
