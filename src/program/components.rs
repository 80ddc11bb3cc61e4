//! Components: what a component makes for itself, and hooks that run once in its life.
//!
//! ```text
//! own(o)      :- o made by the component's function itself, or o kept by the framework for each component
//! once(R, o)  :- o own, R runs in a hook that the framework calls once for each component
//! once(R, o)  :- o own, the hook runs again only where o is another one                    useEffect(() => { ws.on(...) }, [ws])
//! ```

use super::starters::{Started, Times};
use super::{At, CallAt, Fun, Origin, Program, Root};
use crate::facts::*;
use crate::findings::Region;
use crate::models::{Origin as From, Runs};

/// How many functions lie between a hook and the line.
const INSIDE: u32 = 4;

impl Program<'_> {
    /// The line in `f` runs once for what the activation of the component `g` made with the call.
    pub(super) fn is_once_in_component(&self, f: Fun, g: Fun, origin: &Origin, made: CallAt) -> bool {
        if !self.is_own_of_component(made, origin) {
            return false;
        }
        let mut at = f;
        for _ in 0..INSIDE {
            let starters = self.starters(at);
            let [starter] = &starters[..] else { return false };
            match (starter.times, starter.within, starter.by) {
                (Times::Many(Region::Mount), Some(within), Some(by)) if starter.how == Started::Entry && within == g => {
                    return self.comes_again_with(by, origin);
                }
                (Times::One, Some(within), Some(_)) if within != g && self.within(within, g) => at = within,
                _ => return false,
            }
        }
        false
    }

    /// Each component has its own.
    fn is_own_of_component(&self, made: CallAt, origin: &Origin) -> bool {
        let call = self.call(made);
        if call.kind == CallKind::New {
            return origin.path.is_empty();
        }
        if self.method_model(made).is_none_or(|model| model.origin != From::Own) {
            return false;
        }
        // What it is told to keep may be older.
        call.args.first().is_none_or(|&first| {
            let first = made.with(first);
            match self.value(first) {
                Value::Null | Value::Undefined | Value::String(_) => true,
                Value::Function(make) => {
                    let returns = &self.fun(first.with(*make)).returns;
                    !returns.is_empty()
                        && returns.iter().all(|&value| matches!(self.value(first.with(value)), Value::Call(c) if self.call(first.with(*c)).kind == CallKind::New))
                }
                _ => false,
            }
        })
    }

    /// The hook runs once for each component, or again only with another one of these.
    fn comes_again_with(&self, hook: CallAt, origin: &Origin) -> bool {
        let call = self.call(hook);
        let Some(model) = self.method_model(hook) else { return false };
        let Some(callback) = model.callbacks.iter().find(|callback| callback.runs == Runs::Mount) else { return false };
        let Some(deps) = callback.deps_arg else { return true };
        let itself = |dep: &ValueId| self.origins(hook.with(*dep)).iter().all(|o| o.root == origin.root);
        call.args.get(deps).is_some_and(|&list| match self.value(hook.with(list)) {
            Value::Array(elements) => elements.iter().all(itself),
            _ => false,
        })
    }

    /// The function is a hook that the framework calls once in the life of the object, and does not call again for the same.
    pub(super) fn is_hook_of_one(&self, f: Fun) -> bool {
        let Some(owner) = self.owner_of_function(f) else { return false };
        let name = &self.fun(f).name;
        self.view.lifecycles().any(|lifecycle| {
            lifecycle.once.contains(name) && !lifecycle.pairs.iter().any(|(up, _)| up == name) && self.follows(owner, lifecycle)
        })
    }

    /// All that the field ever gets is made for its object.
    pub(super) fn is_made_for_itself(&self, sources: &[(At<AssignId>, Vec<Origin>)]) -> bool {
        let made = |o: &Origin| match o.root {
            Root::Call(made) => self.is_own_of_component(made, o),
            _ => false,
        };
        let mut all = sources.iter().flat_map(|(_, origins)| origins).peekable();
        all.peek().is_some() && all.all(made)
    }
}
