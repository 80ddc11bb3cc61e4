//! Promises: what they are resolved with, where the program makes them.

use super::{CallAt, Origin, Program, Root};
use crate::facts::*;

impl Program<'_> {
    /// What the call gives is waited for where it is called: `await f()`.
    pub(super) fn is_awaited_call(&self, c: CallAt) -> bool {
        let result = self.call(c).value;
        self.facts(c.file).values.iter().any(|value| matches!(value, Value::Await(awaited) if *awaited == result))
    }

    /// What a promise is resolved with, where the program makes it: `new Promise(resolve => resolve(x))`.
    pub(super) fn awaited(&self, promise: &Origin) -> Vec<Origin> {
        let own = || vec![promise.clone()];
        let (Root::Call(made), true) = (promise.root, promise.path.is_empty()) else { return own() };
        // `Promise.resolve(x)`.
        if let (Some((object, Key::Name(name))), Some(&value)) = (self.receiver(made), self.call(made).args.first())
            && name == "resolve"
            && self.is_global(object, "Promise")
        {
            return self.origins(made.with(value)).to_vec();
        }
        // `p.finally(f)` gives what `p` does, and so does `p.catch(f)` where nothing fails.
        if let Some((object, Key::Name(name))) = self.receiver(made)
            && matches!(name.as_str(), "finally" | "catch")
            && self.depth().get() <= super::values::DEPTH
        {
            self.depth().set(self.depth().get() + 1);
            let out = self.origins(object).iter().flat_map(|o| self.awaited(o)).collect();
            self.depth().set(self.depth().get() - 1);
            return out;
        }
        // `p.then(f)` gives what `f` returns.
        if let (Some((_, Key::Name(name))), Some(&callback)) = (self.receiver(made), self.call(made).args.first())
            && name == "then"
            && let Value::Function(f) = self.value(made.with(callback))
        {
            let returns = &self.fun(made.with(*f)).returns;
            if returns.is_empty() || returns.len() > super::values::WIDTH || self.depth().get() > super::values::DEPTH {
                return own();
            }
            self.depth().set(self.depth().get() + 1);
            let out = returns.iter().flat_map(|&r| self.origins(made.with(r)).to_vec()).flat_map(|o| self.awaited(&o)).collect();
            self.depth().set(self.depth().get() - 1);
            return out;
        }
        if self.call(made).kind != CallKind::New || self.callee_name(made).as_deref() != Some("Promise") {
            return own();
        }
        let Some(&Value::Function(executor)) = self.call(made).args.first().map(|&a| self.value(made.with(a))) else { return own() };
        let resolve_of = made.with(executor);
        let resolve = Origin::root(Root::Param(resolve_of, 0));
        let mut out = Vec::new();
        for c in self.calls_within(made.with(executor)) {
            let call = self.call(c);
            let callee = c.with(call.callee);
            let plain = matches!(self.value(callee), Value::Binding(_) | Value::Param(..));
            if let (true, Some(&value)) = (plain, call.args.first())
                && self.origins(callee).contains(&resolve)
            {
                out.extend(self.origins(c.with(value)).iter().filter(|o| !o.is_nothing()).cloned());
            }
        }
        // What foreign code hands to a callback is as fresh as the promise, unless it comes out of a pool.
        let foreign = |o: &Origin| matches!(o.root, Root::Param(g, _) if g != resolve_of && self.within(g, resolve_of) && !self.passed(g).iter().any(|p| self.looks_pooled(p.call)));
        if out.is_empty() || out.iter().any(foreign) { own() } else { out }
    }
}
