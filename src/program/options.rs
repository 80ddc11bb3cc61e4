//! Options: what the argument after the listener says (`{ signal }`, `{ once: true }`, `{ capture: true }`).

use super::types::Type;
use super::{At, Fun, Origin, PathKey, Program, Root};
use crate::facts::*;

/// So many calls of a function are asked for the options that they give it.
const CALLERS: usize = 64;

/// The third argument may be options (`{ signal }`, `{ once: true }`): `addEventListener` takes them, and so may an `on` that is neither Node's
/// nor one of the program's that has no such parameter. (To many an `on`, the third argument is the listener's `this`.)
pub(super) fn are_taken(program: &Program, receiver: At<ValueId>, name: &str, computed: bool, options: At<ValueId>) -> bool {
    if name == "addEventListener" {
        return true;
    }
    let written = match program.value(options) {
        Value::Object(..) => true,
        Value::Binding(_) | Value::Choice(..) | Value::Member(..) => {
            program.origins(options).iter().any(|o| o.path.is_empty() && matches!(o.root, Root::Literal(_) | Root::Param(..)))
        }
        _ => false,
    };
    written
        && (computed
            || !program.origins(receiver).iter().any(|o| match program.type_of(o) {
                Some(Type::Model(_)) => true,
                Some(Type::Owner(owner)) => {
                    let own = program.methods(owner, PathKey::Name(program.sym(name)));
                    let asks = |f: Fun| {
                        let params = &program.fun(f).params;
                        params.len() > 2 || params.iter().any(|p| p.rest) || params.is_empty()
                    };
                    if own.is_empty() { program.owner_model(owner).is_some() } else { !own.iter().any(|&f| asks(f)) }
                }
                None => false,
            }))
}

/// What the third argument of `addEventListener` and `removeEventListener` says of the capture phase (`true`, `{ capture: true }`), if that
/// is known; a listener is removed with the same only (DOM standard, «flatten»).
pub fn captures(program: &Program, options: Option<At<ValueId>>) -> Option<bool> {
    let Some(options) = options else { return Some(false) };
    match program.value(options) {
        Value::Bool(capture) => Some(*capture),
        Value::Undefined | Value::Null => Some(false),
        Value::Object(props, spreads) if spreads.is_empty() => match props.iter().find(|(key, _)| key.is("capture")) {
            Some((_, value)) => match program.value(options.with(*value)) {
                Value::Bool(capture) => Some(*capture),
                _ => None,
            },
            None => Some(false),
        },
        Value::Binding(_) => match &*program.origins(options) {
            [Origin { root: Root::Literal(literal), path }] if path.is_empty() && *literal != options => captures(program, Some(*literal)),
            _ => None,
        },
        _ => None,
    }
}

/// `{ key: true }`.
pub(super) fn flag(program: &Program, options: At<ValueId>, key: &str) -> bool {
    match program.value(options) {
        Value::Object(props, _) => props.iter().any(|(k, v)| k.is(key) && matches!(program.value(options.with(*v)), Value::Bool(true))),
        Value::Binding(_) | Value::Choice(..) | Value::Member(..) => {
            let origins = program.origins(options);
            !origins.is_empty()
                && origins.iter().all(|o| match (o.root, o.path.is_empty()) {
                    (Root::Literal(literal), true) => literal != options && flag(program, literal, key),
                    _ => false,
                })
        }
        _ => false,
    }
}

impl Program<'_> {
    /// No call of the function gives options with a signal for the parameter.
    fn is_never_given_signal(&self, f: Fun, param: &Origin) -> bool {
        let without = |o: &Origin| match o.root {
            Root::Literal(v) => o.path.is_empty() && !self.has_signal(v),
            _ => o.is_nothing(),
        };
        let callers = self.callers(f);
        !callers.is_empty() && callers.len() <= CALLERS && callers.iter().all(|&c| self.from_callee(c, f, param).iter().all(without))
    }

    /// A signal among the options takes the listener away.
    pub(super) fn has_signal(&self, options: At<ValueId>) -> bool {
        match self.value(options) {
            Value::Object(props, spreads) => {
                // Whatever is spread and not known may have one.
                let known = |o: &Origin| match o.root {
                    Root::Literal(_) => o.path.is_empty(),
                    Root::Param(f, _) => o.path.is_empty() && self.is_never_given_signal(f, o),
                    _ => false,
                };
                let unknown = |&v: &ValueId| !self.origins(options.with(v)).iter().all(known);
                props.iter().any(|(k, _)| k.is("signal")) || spreads.iter().any(|v| unknown(v) || self.has_signal(options.with(*v)))
            }
            Value::Binding(_) | Value::Choice(..) | Value::Member(..) => {
                self.origins(options).iter().any(|o| match (o.root, o.path.is_empty()) {
                    (Root::Literal(v), true) => v != options && self.has_signal(v),
                    _ => false,
                })
            }
            _ => false,
        }
    }
}
