//! Functions put in place of foreign methods, which are called any number of times.

use super::{Fun, Origin, PathKey, Program, Root};
use crate::facts::*;

impl Program<'_> {
    /// The foreign member that a function replaces: it is assigned, or returned by a wrapper of that member.
    pub(super) fn patch_target(&self, g: Fun) -> Option<String> {
        if self.owner_of_this(g).is_some_and(|o| self.is_class(o)) {
            return None;
        }
        if let Some(name) = self.patched(g) {
            return Some(name);
        }
        // `wrap(proto, 'connect', original => function () { original.apply(this, ...) })`.
        for &outer in self.returned_by(g) {
            let calls = self.calls_within(g);
            let passes_on = calls.iter().any(|&c| {
                self.receiver(c).is_some_and(|(object, key)| {
                    matches!(key, Key::Name(n) if n == "apply" || n == "call")
                        && self.origins(object).iter().any(|o| matches!(o.root, Root::Param(h, _) if h == outer && o.path.is_empty()))
                        && self
                            .call(c)
                            .args
                            .first()
                            .is_some_and(|&a| self.origins(c.with(a)).iter().any(|o| o.root == Root::This(g) && o.path.is_empty()))
                })
            });
            if passes_on {
                return Some("the method that it wraps".into());
            }
        }
        // `const self = this` and the original is bound by `with(this, ...)`.
        None
    }

    /// Whenever the function runs it puts something else in its own place (`e.send = old`): it runs once for each time it is put there.
    pub(super) fn gives_way(&self, g: Fun) -> bool {
        let Some(patch) = self.patch(g) else { return false };
        let Place::Member(object, key) = &self.assign(patch).to else { return false };
        let (holder, step) = (self.origins(patch.with(*object)), self.path_key(patch.file, key));
        self.block(g.with(self.fun(g).body)).items.iter().any(|item| {
            let Item::Assign(a) = item else { return false };
            let assign = self.assign(g.with(*a));
            matches!(&assign.to, Place::Member(o, k) if self.path_key(g.file, k) == step && self.same_object(&self.origins(g.with(*o)), &holder))
                && !self.functions_of(g.with(assign.from)).iter().any(|&(h, _)| h == g)
        })
    }

    /// It is put in place of what begins the work of the one object there (`server.listen = ...`), which its owner calls once.
    pub(super) fn is_set_up_patched(&self, g: Fun) -> bool {
        let Some(patch) = self.patch(g) else { return false };
        let Place::Member(object, Key::Name(name)) = &self.assign(patch).to else { return false };
        let of_one = |o: &Origin| o.path.last().is_none_or(|&key| key != PathKey::Name(self.sym("prototype")));
        matches!(name.as_str(), "listen" | "serve" | "start" | "init" | "initialize" | "setup" | "launch" | "boot" | "bootstrap")
            && self.origins(patch.with(*object)).iter().all(of_one)
    }

    /// The foreign member that a function is put in place of, where it calls what it replaces.
    pub fn patched(&self, g: Fun) -> Option<String> {
        let patch = self.patch(g)?;
        let Place::Member(object, key) = &self.assign(patch).to else { return None };
        let step = self.path_key(patch.file, key);
        let targets: Vec<Origin> = self.origins(patch.with(*object)).iter().map(|o| o.join(step)).collect();
        let calls_it = self.calls_within(g).into_iter().any(|c| {
            let callee = c.with(self.call(c).callee);
            let called = match self.receiver(c) {
                Some((object, Key::Name(name))) if name == "apply" || name == "call" => object,
                _ => callee,
            };
            self.origins(called).iter().any(|o| targets.contains(o))
        });
        if !calls_it {
            return None;
        }
        let name = match key {
            Key::Name(name) => name.clone(),
            Key::Computed(_) => "a method".into(),
        };
        let holder = self.origins(patch.with(*object)).first().map(|o| self.show(o)).unwrap_or_default();
        Some(format!("{holder}.{name}"))
    }
}
