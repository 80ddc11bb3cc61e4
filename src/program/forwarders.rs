//! Forwarders: functions that only pass a listener on, so that the registration is their caller's.

use super::sites::{EventKey, Registration};
use super::{CallAt, Fun, Origin, Program, Root};
use crate::facts::*;

impl Program<'_> {
    /// Event and listener both are parameters: the function is an `on` of its own, and its callers' duty is theirs.
    pub(super) fn is_forwarder(&self, registration: &Registration) -> bool {
        let f = self.function_of(registration.call);
        let given = |o: &Origin| match o.root {
            Root::Param(g, _) => self.within(f, g),
            Root::Call(c) => self
                .bind_target(c)
                .is_some_and(|(target, _)| self.origins(target).iter().any(|o| matches!(o.root, Root::Param(g, _) if self.within(f, g)))),
            _ => false,
        };
        // A function that is itself called `on` or `once` passes its listener on.
        // `pipe` ties two streams together; their ends are theirs.
        if self.chain(f).iter().any(|&g| matches!(self.fun(g).name.as_str(), "pipe" | "pipeTo" | "pipeline")) {
            return true;
        }
        let named = self.chain(f).iter().any(|&g| {
            super::sites::is_registration_name(&self.fun(g).name)
                && registration.handlers.iter().any(|o| matches!(o.root, Root::Param(h, _) if h == g))
        });
        if named || self.is_on_in_a_coat(registration) || self.mirrors(registration) || self.is_on_by_another_name(registration) {
            return true;
        }
        let event = match &registration.event {
            EventKey::Name(_) => false,
            EventKey::Value(origins) => origins.iter().any(given),
        };
        event && !registration.handlers.is_empty() && registration.handlers.iter().any(given)
    }

    /// A method that is an `on` by its name, with more in its listener than the call of the one that it is given, for an event that it is
    /// told: `on(names, f) { const [name, ...marks] = names.split('.'); this.el.addEventListener(name, (e) => { f(e); ... }) }`.
    fn is_on_in_a_coat(&self, registration: &Registration) -> bool {
        let f = self.function_of(registration.call);
        let of_caller = |o: &Origin| o.path.is_empty() && matches!(o.root, Root::Param(g, _) if g == f);
        let runs_given = |o: &Origin| match o.root {
            Root::Function(h) if o.path.is_empty() && self.within(h, f) => {
                self.calls_within(h).into_iter().any(|c| self.origins(c.with(self.call(c).callee)).iter().any(of_caller))
            }
            _ => false,
        };
        super::sites::is_registration_name(&self.fun(f).name)
            && self.owner_of_function(f).is_some()
            // (An `off` beside it that is told the same event is another matter.)
            && matches!(&registration.event, EventKey::Value(origins) if !origins.iter().any(of_caller))
            && !registration.handlers.is_empty()
            && registration.handlers.iter().all(runs_given)
    }

    /// All that a public function does is to add the one thing that it is told, the listener, to an emitter of the module: its callers know
    /// that they add one (`exports.onStart = (f) => events.on('start', f)`).
    fn is_on_by_another_name(&self, registration: &Registration) -> bool {
        let f = self.function_of(registration.call);
        let function = self.fun(f);
        let told = |o: &Origin| o.path.is_empty() && o.root == Root::Param(f, 0);
        let of_module = |o: &Origin| match o.root {
            Root::Call(made) => self.fun(self.function_of(made)).at_load,
            _ => false,
        };
        // (What answers one call, a `done` or a `callback`, is no listener to its callers.)
        let listener = |name: &str| matches!(name, "fn" | "func" | "f" | "hook" | "listener" | "handler" | "observer" | "subscriber");
        !function.at_load
            && !registration.once
            && function.params.len() == 1
            && listener(&function.params[0].name)
            && matches!(function.kind, FunctionKind::Arrow | FunctionKind::Plain)
            && self.calls_within(f).iter().all(|&c| c == registration.call)
            && !registration.handlers.is_empty()
            && registration.handlers.iter().all(told)
            && !registration.receivers.is_empty()
            && registration.receivers.iter().all(of_module)
            && self.callers(f).is_empty()
            && self.passed(f).is_empty()
    }

    /// The listener is a parameter, which those who call the function give.
    pub(super) fn is_given_listener(&self, registration: &Registration) -> bool {
        let f = self.function_of(registration.call);
        registration.handlers.iter().all(|o| matches!(o.root, Root::Param(g, _) if o.path.is_empty() && self.within(f, g)))
    }

    /// An `on` of the object's own that adds to the object what serves the listener it is given: one for each that its users add.
    fn mirrors(&self, registration: &Registration) -> bool {
        let f = self.function_of(registration.call);
        super::sites::is_registration_name(&self.fun(f).name)
            && self.owner_of_function(f).is_some()
            && registration.receivers.iter().all(|o| o.path.is_empty() && o.root == Root::This(f))
            && self.calls_within(f).into_iter().any(|c| {
                // What is given goes to what it overrides.
                let own = self
                    .callee_name(c)
                    .is_some_and(|name| super::sites::is_registration_name(&name) || matches!(name.as_str(), "call" | "apply"));
                own && self.call(c).args.iter().any(|&a| {
                    matches!(self.value(c.with(a)), Value::Arguments(g) if f.with(*g) == f)
                        || self.origins(c.with(a)).iter().any(|o| o.path.is_empty() && o.root == Root::Param(f, 1))
                })
            })
    }

    /// A method that does nothing but add the listener that its caller gave, bare or in a coat, to its own object or a part of it: how
    /// often it is called, and for how long, is the caller's business.
    pub(super) fn is_passed_on(&self, registration: &Registration) -> bool {
        let f = self.function_of(registration.call);
        let own = registration.receivers.iter().all(|o| matches!(o.root, Root::This(_))) && self.owner_of_function(f).is_some();
        // Or to what lives as long as the program, for users of the package only.
        let ambient = registration.receivers.iter().all(|o| matches!(o.root, Root::Global(_) | Root::Module(_)))
            && self.callers(f).is_empty()
            && self.passed(f).is_empty();
        let given = |o: &Origin| matches!((o.root, o.path.is_empty()), (Root::Param(g, _), true) if g == f);
        // What the emitter gives back, the caller gets: a disposer, or the emitter itself.
        let whole = self.owner_of_function(f).is_some()
            && self.call(registration.call).result == Use::Returned
            && self.calls_within(f).len() == 1
            && self.callers(f).is_empty()
            && registration.handlers.iter().all(given);
        if whole && !registration.handlers.is_empty() {
            return true;
        }
        if !own && !ambient {
            return false;
        }
        // In one coat, or in two.
        let coat = |h: Fun| {
            self.only_calls(h, &|o| {
                given(o)
                    || ambient
                        && matches!((o.root, o.path.is_empty()), (Root::Function(g), true) if self.within(g, f) && self.only_calls(g, &given))
            })
        };
        // `if (ready) listener(); else this.once('ready', listener)`: what calls it, or is given it too, is part of that.
        let concerns = |c: CallAt| {
            let call = self.call(c);
            let heard = |v: ValueId| self.origins(c.with(v)).iter().any(|o| registration.handlers.contains(o));
            heard(call.callee) || call.args.iter().any(|&a| heard(a))
        };
        // Nothing else is begun there.
        !registration.handlers.is_empty()
            && registration.handlers.iter().all(|o| match (o.root, o.path.is_empty()) {
                (Root::Function(h), true) => coat(h),
                _ => given(o) && self.callers(f).is_empty(),
            })
            && self.calls_within(f).into_iter().filter(|&c| self.function_of(c) == f).all(|c| {
                super::sites::registration(self, c).is_some()
                    || super::releases::release(self, c).is_some()
                    || self.call(c).result != Use::Dropped
                    || concerns(c)
            })
    }

    /// A method, named as a subscription (`onLoad(callback)`), that gets ready for an event and hands it on to the listener that its
    /// caller gave, doing nothing else: as many listeners as the user asks for, for as long as the emitter lives.
    pub(super) fn is_subscription_of_user(&self, registration: &Registration) -> bool {
        let f = self.function_of(registration.call);
        let given = |o: &Origin| matches!((o.root, o.path.is_empty()), (Root::Param(g, _), true) if g == f);
        let handed_on = |o: &Origin| match (o.root, o.path.is_empty()) {
            (Root::Function(h), true) => self.only_calls(h, &given),
            _ => given(o),
        };
        // What is the same at each call is no operation of its own.
        let prepares = |c: CallAt| {
            let of_call = |v: ValueId| self.origins(c.with(v)).iter().any(|o| matches!(o.root, Root::Param(g, _) if self.within(g, f)));
            let call = self.call(c);
            !of_call(call.callee)
                && !call.args.iter().any(|&a| of_call(a))
                && self.receiver(c).is_some_and(|(object, _)| !of_call(object.id))
        };
        // (`return this`: more of them may follow.)
        let chained = !self.fun(f).returns.is_empty() && self.gives_only_itself(f);
        (is_subscription(&self.fun(f).name) || chained)
            && self.owner_of_function(f).is_some()
            && self.callers(f).is_empty()
            && !registration.once
            && !registration.handlers.is_empty()
            && registration.handlers.iter().all(handed_on)
            && self
                .calls_within(f)
                .into_iter()
                .filter(|&c| c != registration.call && self.function_of(c) == f)
                .all(|c| super::sites::registration(self, c).is_some() || prepares(c))
    }

    /// Whatever the function gives back is the object that it is called on.
    pub(super) fn gives_only_itself(&self, f: Fun) -> bool {
        self.fun(f).returns.iter().all(|&v| matches!(self.value(f.with(v)), Value::This(_)))
    }

    /// All that the function does is to call such functions.
    fn only_calls(&self, h: Fun, such: &dyn Fn(&Origin) -> bool) -> bool {
        let leaves = |c: CallAt| self.callee_name(c).as_deref() == Some("exit");
        let told: Vec<CallAt> = self
            .calls_within(h)
            .into_iter()
            .filter(|&c| matches!(self.call(c).result, Use::Dropped | Use::Returned) && !leaves(c))
            .collect();
        let called = |c: CallAt| match self.receiver(c) {
            Some((function, key)) if key.is("call") || key.is("apply") => function,
            _ => c.with(self.call(c).callee),
        };
        !told.is_empty() && told.iter().all(|&c| self.origins(called(c)).iter().any(such))
    }
}

/// The name of a method by which users subscribe: `onLoad`, `subscribeTo`, `watch`.
fn is_subscription(name: &str) -> bool {
    let after = |start: &str| name.strip_prefix(start).and_then(|rest| rest.chars().next());
    after("on").is_some_and(|next| next.is_uppercase() || next == '_')
        || ["subscribe", "watch", "observe", "listen"].iter().any(|start| name.starts_with(start))
}
