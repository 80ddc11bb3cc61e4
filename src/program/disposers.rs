//! Disposers: closures, objects and records that release, and what becomes of them.

use super::sites::{Registration, Release};
use super::types::Type;
use super::{At, CallAt, Fun, Origin, PathKey, Program, Root};
use crate::facts::*;

/// The name of a method of what some emitters give for a listener, by which it is taken away.
fn takes_away(name: &str) -> bool {
    super::stages::is_teardown(name) || matches!(name, "remove" | "off" | "unsubscribe" | "unlisten" | "cancel")
}

impl Program<'_> {
    /// What the registration gave is put into a list, and the file takes away what such lists hold: `kept = [e.once('a', f), e.once('b', g)]`,
    /// `kept.forEach((one) => one.unsubscribe())`. (That no type tells of the emitter leaves open what it gives.)
    pub(super) fn is_kept_in_list(&self, registration: &Registration) -> bool {
        let c = registration.call;
        let listed = || self.facts(c.file).values.iter().any(|v| matches!(v, Value::Array(list) if list.contains(&self.call(c).value)));
        let element = |o: &Origin| match o.path.last() {
            Some(key) => *key == PathKey::Element,
            None => matches!(o.root, Root::Param(..)) || o.root == Root::Call(c),
        };
        let ends = |c: CallAt| match self.receiver(c) {
            Some((object, Key::Name(name))) => self.call(c).args.is_empty() && takes_away(name) && self.origins(object).iter().any(element),
            _ => false,
        };
        self.call(c).result == Use::Used
            && registration.receivers.iter().all(|o| self.model_type(o).is_none())
            && listed()
            && (0..self.facts(c.file).calls.len() as u32).any(|id| ends(c.with(CallId(id))))
    }

    /// The release stands in a closure that one slot holds, and the slot is filled again without being called.
    pub(super) fn overwritten_slot(&self, registration: &Registration, release: &Release) -> bool {
        let f = self.function_of(registration.call);
        let g = self.function_of(release.call);
        if g == f || self.parent(g) != Some(f) || self.fun(f).kind == FunctionKind::Constructor {
            return false;
        }
        let facts = self.facts(f.file);
        let slot = facts.assigns.iter().find(|a| {
            a.function == f.id
                && matches!(&facts.values[a.from.index()], Value::Function(h) if *h == g.id)
                && matches!(a.to, Place::Member(..))
        });
        let Some(assign) = slot else { return false };
        let Place::Member(object, key) = &assign.to else { return false };
        let holders = self.origins(f.with(*object));
        let owner_slot = holders.iter().all(|o| {
            o.path.is_empty() && matches!(o.root, Root::This(h) if self.owner_of_this(h).is_some_and(|w| !self.is_constructor(h, w)))
        });
        if !owner_slot || !self.callers(g).is_empty() || !self.passed(g).is_empty() {
            return false;
        }
        // Called, or asked for, in the function before it is filled.
        let step = self.path_key(f.file, key);
        let asked = facts.values.iter().enumerate().any(|(i, v)| {
            matches!(v, Value::Member(o, k) if *o == *object && self.path_key(f.file, k) == step)
                && facts.calls.iter().any(|c| c.callee == ValueId(i as u32) && f.id == c.function)
        });
        // The method runs again on one object because something in the program calls it so.
        let Some(owner) = self.owner_around(f) else { return false };
        !asked
            && !super::stages::is_set_up(&self.fun(f).name)
            && self.calls_in_loop(f)
            && matches!(owner, super::Owner::Class(_) | super::Owner::Proto(_))
    }

    /// Some call of the function stands in a loop, or is handed to one.
    pub(super) fn calls_in_loop(&self, f: Fun) -> bool {
        self.callers(f).iter().any(|&c| {
            self.loop_around(c.with(self.call(c).block)).is_some() || {
                let g = self.function_of(c);
                self.passed(g).iter().any(|p| self.handed(*p, 1).iter().any(|s| matches!(s.times, super::starters::Times::Many(_))))
            }
        })
    }

    /// The registration's helper gives back a disposer: is it used? None where it gives none.
    pub(super) fn disposer(&self, registration: &Registration) -> Option<bool> {
        let of_library =
            |c: CallAt| registration.implicit && self.method_model(c).is_some_and(|m| m.disposer.as_deref().is_some_and(|d| !d.is_empty()));
        let gives = match registration.through.first() {
            Some(&helper) => self.returns_disposer(helper),
            None => of_library(registration.call),
        };
        if self.keeps_disposer(registration) {
            return Some(true);
        }
        if !gives {
            // The helper itself keeps what it is given: `slot = subject.subscribe(listener)`.
            let inner = registration.inner;
            let kept = !registration.through.is_empty() && of_library(inner) && self.call(inner).result == Use::Used;
            return (kept && !self.is_unused_variable(inner)).then_some(true);
        }
        if self.is_subscriber(registration) {
            return Some(true);
        }
        let call = self.call(registration.call);
        if registration.through.is_empty() && self.is_put_into_a_list(registration.call) {
            return Some(true);
        }
        let recorded = || registration.through.first().is_some_and(|&helper| self.is_recorded(helper));
        Some(self.is_result_used(registration.call) || call.result == Use::Dropped && recorded())
    }

    /// Something may become of what the call gives back.
    pub(super) fn is_result_used(&self, c: CallAt) -> bool {
        match self.call(c).result {
            Use::Dropped => false,
            Use::Returned => !self.ignores_result(self.function_of(c)),
            Use::Receiver | Use::Used => !self.is_unused_variable(c),
        }
    }

    /// What the call gives back is a disposer, by a model or because nobody could do with anything else what is done with it, and it is
    /// kept by who can call it. (What an EventEmitter's `on` gives back is the emitter, which nobody can call.)
    fn keeps_disposer(&self, registration: &Registration) -> bool {
        let c = registration.call;
        let given = c.with(self.call(c).value);
        let used = matches!(self.call(c).result, Use::Used | Use::Returned) || self.is_waited_for(c);
        if !registration.through.is_empty() {
            // (A helper that gives back what the emitter's method gave: it is called, or ended by a method, so it can be.)
            let inner = self.call(registration.inner).value;
            let handed = registration.through.len() == 1 && self.fun(self.function_of(registration.inner)).returns.contains(&inner);
            let untyped = registration.receivers.iter().all(|o| self.model_type(o).is_none());
            let ends = |v: At<ValueId>| untyped && (self.asked_of(v).any(takes_away) || self.is_ended_in_field(v));
            return used && handed && self.named_by(given).into_iter().any(|v| self.is_called(v) || self.is_called_in_field(v) || ends(v));
        }
        let adders = self.functions_called(c);
        if used && !adders.is_empty() {
            // (An emitter of the program's own that gives a handle, by which the listener is taken off.)
            let asked = |v: At<ValueId>| self.asked_of(v).any(takes_away) || self.is_ended_in_field(v);
            return !adders.iter().any(|&f| self.gives_only_itself(f)) && self.named_by(given).into_iter().any(asked);
        }
        if !used {
            return false;
        }
        let modelled = self.method_model(c).is_some_and(|model| model.disposer.is_some());
        if modelled || registration.receivers.iter().all(|o| self.type_of(o).is_none()) {
            return self.is_kept_as_disposer(given, modelled);
        }
        self.named_by(given).into_iter().any(|v| self.is_called(v))
    }

    /// The value is put into a field, and what a field of that name holds is ended: `this.heard = e.on('x', f)`, `this.heard?.off()`.
    fn is_ended_in_field(&self, v: At<ValueId>) -> bool {
        let keys: Vec<&Key> = self.fields_of(v).collect();
        !keys.is_empty()
            && (0..self.facts(v.file).calls.len() as u32).any(|id| match self.receiver(v.with(CallId(id))) {
                Some((object, Key::Name(name))) => {
                    takes_away(name) && matches!(self.value(object), Value::Member(_, key) if keys.contains(&key))
                }
                _ => false,
            })
    }

    /// The value is called, ended by a method of its own, given back, handed on or put away.
    fn is_kept_as_disposer(&self, given: At<ValueId>, modelled: bool) -> bool {
        // (An effect may give the method itself back.)
        let given_back = |v: At<ValueId>| {
            self.giving_back(v).iter().any(|&f| {
                let f = v.with(f);
                // A method that gives back what `on` gave may be one of a chain.
                let callers = self.callers(f);
                let used = |&c: &CallAt| self.call(c).result != Use::Dropped;
                if callers.is_empty() {
                    (modelled || !self.passed(f).is_empty()) && !self.ignores_result(f)
                } else {
                    callers.iter().all(used)
                }
            })
        };
        self.named_by(given)
            .into_iter()
            .any(|v| self.is_called(v) || self.asked_of(v).any(takes_away) || self.is_put_by(v) || given_back(v) || self.is_argument(v))
    }

    /// What is subscribed is no function but the subscriber that a source of the same kind is made for (`new Observable(subscriber =>
    /// subject.subscribe(subscriber))`): its end ends what it is subscribed to.
    fn is_subscriber(&self, registration: &Registration) -> bool {
        let kind = |o: &Origin| match self.type_of(o) {
            Some(Type::Model(ix)) => Some(ix),
            _ => None,
        };
        let made_for = |o: &Origin| match (o.root, o.path.is_empty()) {
            (Root::Param(g, 0), true) => self.passed(g).iter().any(|p| {
                self.call(p.call).kind == CallKind::New
                    && kind(&Origin::root(Root::Call(p.call)))
                        .is_some_and(|made| registration.receivers.iter().filter_map(kind).any(|ix| self.models.is_a(ix, made)))
            }),
            _ => false,
        };
        let mut handlers = registration.handlers.iter().peekable();
        registration.through.is_empty() && handlers.peek().is_some() && handlers.all(made_for)
    }

    /// The call is given a list that the disposer goes into (`event(listener, this, disposables)`), and somebody looks at that list again.
    fn is_put_into_a_list(&self, c: CallAt) -> bool {
        let into = self.method_model(c).and_then(|model| model.disposer_into);
        let Some(&list) = into.and_then(|at| self.call(c).args.get(at)) else { return false };
        let facts = self.facts(c.file);
        let elsewhere =
            |wanted: &dyn Fn(&Value) -> bool| facts.values.iter().enumerate().any(|(id, value)| id != list.index() && wanted(value));
        let below = |value: &Value| match value {
            Value::Member(object, _) | Value::Element(object) | Value::Spread(object) | Value::Await(object) => *object == list,
            Value::Object(props, _) => props.iter().any(|(_, v)| *v == list),
            Value::Array(values) | Value::Choice(_, values) => values.contains(&list),
            _ => false,
        };
        let handed_on = || {
            facts.functions.iter().any(|f| f.returns.contains(&list))
                || facts.assigns.iter().any(|a| a.from == list)
                || (0..facts.calls.len() as u32).map(|id| c.with(CallId(id))).any(|other| {
                    self.call(other).args.contains(&list) && self.method_model(other).is_none_or(|model| model.disposer_into.is_none())
                })
        };
        match self.value(c.with(list)) {
            Value::Undefined | Value::Null => false,
            // The same member by way of another object, or another `this`.
            Value::Member(_, key) => {
                elsewhere(&|value| matches!(value, Value::Member(_, k) if k == key)) || elsewhere(&below) || handed_on()
            }
            Value::Binding(b) if self.binding(c.with(*b)).kind != BindingKind::Param => elsewhere(&below) || handed_on(),
            Value::Array(_) => false,
            _ => true,
        }
    }

    /// The disposer is used in the same function, and a written way out goes past that.
    pub(super) fn disposer_past(&self, registration: &Registration) -> Option<(CallAt, String)> {
        let helper = *registration.through.first()?;
        if !self.returns_disposer(helper) || self.call(registration.call).result != Use::Used {
            return None;
        }
        let f = self.function_of(registration.call);
        let own = self.call(registration.call).value;
        let facts = self.facts(f.file);
        // One variable of this function holds it, and calls of this function alone use that variable.
        let holds = |v: ValueId| v == own || matches!(&facts.values[v.index()], Value::Array(es) if es.contains(&own));
        let holders: Vec<BindingId> = facts
            .assigns
            .iter()
            .filter(|a| holds(a.from))
            .filter_map(|a| match a.to {
                Place::Binding(b) => Some(b),
                _ => None,
            })
            .collect();
        let [holder] = holders[..] else { return None };
        let variable = facts.values.iter().position(|v| *v == Value::Binding(holder)).map(|i| ValueId(i as u32))?;
        let mentions = |v: ValueId| v == variable || matches!(&facts.values[v.index()], Value::Array(es) if es.contains(&variable));
        let uses: Vec<CallAt> = (0..facts.calls.len() as u32)
            .map(|i| f.with(CallId(i)))
            .filter(|&c| {
                let call = self.call(c);
                call.args.iter().any(|&a| mentions(a))
                    || call.callee == variable
                    || matches!(self.value(c.with(call.callee)), Value::Member(o, _) if *o == variable)
            })
            .collect();
        if uses.is_empty() || uses.iter().any(|&c| self.function_of(c) != f) {
            return None;
        }
        let mut past = None;
        for &c in &uses {
            match self.exit_between(registration.call, c) {
                None => return None,
                Some(exit) => past = Some((c, exit)),
            }
        }
        past
    }

    pub(super) fn is_unused_variable(&self, c: CallAt) -> bool {
        let holders = self.variables_of(c.with(self.call(c).value));
        let unused = |&b: &BindingId| self.binding(c.with(b)).kind != BindingKind::Using && !self.is_mentioned(c.with(b));
        !holders.is_empty() && holders.iter().all(unused)
    }

    /// What the function returns is lost: a promise's executor, a callback of `forEach`, a listener, a timer.
    pub(super) fn ignores_result(&self, f: Fun) -> bool {
        self.is_executor_of_promise(f)
            || self.callers(f).is_empty()
                && !self.passed(f).is_empty()
                && self.passed(f).iter().all(|p| {
                    self.callee_name(p.call)
                        .is_some_and(|n| matches!(n.as_str(), "forEach" | "setTimeout" | "setInterval" | "setImmediate" | "nextTick"))
                        || super::sites::registration(self, p.call).is_some()
                })
    }

    pub(super) fn is_executor_of_promise(&self, f: Fun) -> bool {
        self.passed(f).iter().any(|p| self.call(p.call).kind == CallKind::New && self.callee_name(p.call).as_deref() == Some("Promise"))
    }

    /// The function that runs, where `f` is the executor of one promise: what makes that. (One that makes a promise of itself goes no further.)
    pub(super) fn around_executors(&self, f: Fun) -> Fun {
        let mut around = vec![f];
        while let Some(&inner) = around.last()
            && let [made] = self.passed(inner)
            && self.is_executor_of_promise(inner)
            && !around.contains(&self.function_of(made.call))
        {
            around.push(self.function_of(made.call));
        }
        around.pop().unwrap_or(f)
    }

    /// The function gives back a closure, or an object, that releases.
    pub fn returns_disposer(&self, f: Fun) -> bool {
        self.fun(f).returns.iter().any(|&r| {
            self.origins(f.with(r)).iter().any(|o| match (o.root, o.path.is_empty()) {
                (Root::Function(g), true) => (self.within(g, f) || self.is_made_within(f, g)) && self.releases_for(g),
                // `emitter.off.bind(emitter, event, listener)`.
                (Root::Call(c), true) => {
                    self.function_of(c) == f && self.bind_target(c).is_some() && super::releases::release(self, c).is_some()
                }
                (Root::Literal(v), true) => match self.value(v) {
                    Value::Object(props, _) => {
                        props
                            .iter()
                            .any(|(_, p)| self.functions_of(v.with(*p)).iter().any(|&(g, _)| self.within(g, f) && self.releases_within(g)))
                            || self.is_record(v, f)
                    }
                    _ => false,
                },
                _ => false,
            })
        })
    }

    /// `g` is what a call of `f` made: `return listen(target, event, listener)`.
    fn is_made_within(&self, f: Fun, g: Fun) -> bool {
        self.parent(g).is_some_and(|maker| self.callers(maker).iter().any(|&c| self.within(self.function_of(c), f)))
    }

    /// The function releases, by itself or by a helper that it hands all to.
    fn releases_for(&self, f: Fun) -> bool {
        let helps = |c: CallAt| self.functions_called(c).iter().any(|&h| h != f && self.releases_within(h));
        self.releases_within(f) || self.calls_within(f).into_iter().any(helps)
    }

    /// `inner`, or a function around it within `f`, is what `f` returns, or a member of it.
    pub fn is_given_back(&self, inner: Fun, f: Fun) -> bool {
        let chain: Vec<Fun> = self.chain(inner).into_iter().take_while(|&h| h != f).collect();
        self.fun(f).returns.iter().any(|&r| {
            self.origins(f.with(r)).iter().any(|o| match (o.root, o.path.is_empty()) {
                (Root::Function(g), true) => chain.contains(&g),
                (Root::Literal(v), true) => match self.value(v) {
                    Value::Object(props, _) => {
                        props.iter().any(|(_, p)| self.functions_of(v.with(*p)).iter().any(|(g, _)| chain.contains(g)))
                    }
                    _ => false,
                },
                _ => false,
            })
        })
    }

    /// `{ emitter, event, handler }`: what a releasing function takes apart.
    pub(super) fn is_record(&self, v: At<ValueId>, f: Fun) -> bool {
        let Value::Object(props, _) = self.value(v) else { return false };
        let of = |p: &ValueId| self.origins(v.with(*p)).iter().any(|o| matches!(o.root, Root::Param(g, _) if g == f) && o.path.is_empty());
        props.len() >= 3 && props.iter().filter(|(_, p)| of(p)).count() >= 2
    }

    pub fn releases_within(&self, f: Fun) -> bool {
        self.calls_within(f).into_iter().any(|c| super::releases::release(self, c).is_some())
    }
}
