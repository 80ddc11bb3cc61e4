//! Captured: what a listener holds tells whether it is made for one call.

use super::sites::Registration;
use super::{At, CallAt, Fun, Origin, PathKey, Program, Root};
use crate::facts::*;

/// How many functions a listener calls through to what is of one call.
const CAPTURED: u32 = 2;

impl Program<'_> {
    /// The listener belongs to one operation: it captures this call's `resolve`, callback or parameters. What the activation `since` and
    /// those around it have is older than the operation.
    pub fn is_operation_shaped(&self, registration: &Registration, since: Option<Fun>) -> bool {
        let f = self.function_of(registration.call);
        let activations: Vec<Fun> = self.chain(f).into_iter().take_while(|&a| Some(a) != since).collect();
        if !registration.implicit && self.is_made_of_given(registration, &activations) {
            return true;
        }
        registration.handlers.iter().any(|o| match (o.root, o.path.is_empty()) {
            (Root::Function(h), true) => {
                if !self.within(h, activations.iter().copied().rev().find(|&a| !self.fun(a).at_load).unwrap_or(f)) {
                    return false;
                }
                self.captures_of_call(h, &activations, if registration.implicit { 0 } else { CAPTURED })
            }
            (Root::Param(g, _), _) => activations.contains(&g) && !self.is_instance_scope(g),
            (Root::Call(c), true) => self.bind_target(c).is_some_and(|(_, bound)| bound > 0) && activations.contains(&self.function_of(c)),
            _ => false,
        })
    }

    /// The listener answers one call: it calls, or is, a function that the call was given (`resolve`, a callback), tells an object that the
    /// call makes and gives back, or ends what it was given or what its promise is of; itself, or through functions of the call. What it merely names may be of a
    /// set-up that comes once.
    pub(super) fn is_answering(&self, registration: &Registration, since: Option<Fun>) -> bool {
        let f = self.function_of(registration.call);
        let activations: Vec<Fun> =
            self.chain(f).into_iter().take_while(|&a| Some(a) != since).filter(|&a| !self.is_instance_scope(a)).collect();
        let given = |o: &Origin| matches!((o.root, o.path.is_empty()), (Root::Param(g, _), true) if activations.contains(&g));
        if registration.handlers.iter().any(given) {
            return true;
        }
        let answered = |o: &Origin| match (o.root, o.path.is_empty()) {
            (Root::Call(made), true) => {
                let g = self.function_of(made);
                activations.contains(&g) && self.fun(g).returns.iter().any(|&v| self.origins(g.with(v)).contains(o))
            }
            _ => false,
        };
        // What the executor of the call's promise makes is what the caller waits for.
        let awaited = |o: &Origin| match (o.root, o.path.is_empty()) {
            (Root::Call(made), true) => {
                activations.contains(&self.function_of(made)) && self.is_executor_of_promise(self.function_of(made))
            }
            _ => false,
        };
        let found = self.functions_of_origins(&registration.handlers, 4);
        let mut functions: Vec<(Fun, u32)> = found.into_iter().map(|(h, _)| (h, CAPTURED)).collect();
        let mut at = 0;
        while let Some(&(h, depth)) = functions.get(at) {
            at += 1;
            for c in self.calls_within(h) {
                // `resolve.apply(void 0, values)`, `setTimeout(resolve)`, `source.destroy()`.
                let ends = |name: &str| matches!(name, "apply" | "call") || super::stages::is_teardown(name);
                let tells = |(object, key): (At<ValueId>, &Key)| {
                    let ends = matches!(key, Key::Name(name) if ends(name));
                    self.origins(object).iter().any(|o| answered(o) || ends && (given(o) || awaited(o)))
                };
                if self.origins(c.with(self.call(c).callee)).iter().any(given)
                    || self.receiver(c).is_some_and(tells)
                    || self.call(c).args.iter().any(|&a| self.origins(c.with(a)).iter().any(|o| given(o) && self.is_settler(o)))
                    || self.hands_to_caller(c, &given)
                {
                    return true;
                }
                if depth > 0 {
                    for &g in self.functions_called(c).iter() {
                        if activations.iter().any(|&a| self.within(g, a)) && functions.iter().all(|&(known, _)| known != g) {
                            functions.push((g, depth - 1));
                        }
                    }
                }
            }
        }
        false
    }

    /// The call hands such a function to one that calls it: `this.answer(callback, message)`.
    fn hands_to_caller(&self, c: CallAt, such: &dyn Fn(&Origin) -> bool) -> bool {
        self.call(c).args.iter().enumerate().any(|(at, &arg)| {
            let calls = |g: Fun| {
                let told = Origin::root(Root::Param(g, at as u32));
                self.calls_within(g).into_iter().any(|d| self.origins(d.with(self.call(d).callee)).contains(&told))
            };
            self.origins(c.with(arg)).iter().any(such) && self.functions_called(c).iter().any(|&g| calls(g))
        })
    }

    /// The method that adds to its object's emitter puts what it was given into a collection of the object: it is called for each of
    /// those (`this.callbacks.set(id, callback); this.socket.on('message', ...)`).
    pub(super) fn is_beside_collecting(&self, registration: &Registration) -> bool {
        let f = self.function_of(registration.call);
        self.fun(f).kind == FunctionKind::Method
            && registration.receivers.iter().all(|o| matches!(o.root, Root::This(_)))
            && (self.collects_given(f)
                || self.collects_made(registration, f)
                || self.calls_within(f).into_iter().any(|c| {
                    let own = self.receiver(c).is_some_and(|(object, _)| matches!(self.value(object), Value::This(_)));
                    let hands_on = || {
                        let args = self.call(c).args.iter();
                        args.flat_map(|&a| self.origins(c.with(a)).to_vec()).any(|o| matches!(o.root, Root::Param(g, _) if g == f))
                    };
                    own && hands_on() && self.functions_called(c).iter().any(|&g| g != f && self.collects_given(g))
                }))
    }

    /// The method puts what it is given into a collection of its object.
    fn collects_given(&self, f: Fun) -> bool {
        let given = |c: CallAt, v: ValueId| {
            self.origins(c.with(v)).iter().any(|o| o.path.is_empty() && matches!(o.root, Root::Param(g, _) if g == f))
        };
        // The collection, or what it has under a key.
        let kept = |o: &Origin| matches!(o.root, Root::This(g) if g == f) && !o.path.is_empty();
        let own = |o: &Origin| match o.root {
            Root::Call(found) if self.is_looked_up(found) => {
                self.receiver(found).is_some_and(|(holder, _)| self.origins(holder).iter().any(kept))
            }
            _ => kept(o),
        };
        self.putting(f.file).any(|c| {
            self.function_of(c) == f
                && self.functions_called(c).is_empty()
                && self.call(c).args.iter().any(|&a| given(c, a))
                && self.receiver(c).is_some_and(|(object, _)| self.origins(object).iter().any(own))
        })
    }

    /// The method puts what it makes for the call into a table of its object, another takes it out again, and the listener, which stays, is
    /// for what was made (`this.connections.set(key, made); this.on('close', () => made.end())`).
    fn collects_made(&self, registration: &Registration, f: Fun) -> bool {
        let made = |o: &Origin| o.path.is_empty() && matches!(o.root, Root::Call(made) if self.function_of(made) == f);
        let captured: Vec<Origin> = self
            .functions_of_origins(&registration.handlers, 2)
            .iter()
            .flat_map(|(h, _)| self.fun(*h).captures.iter().map(|&b| h.with(b)))
            .filter(|&b| b.with(self.binding(b).function) == f)
            .flat_map(|b| self.binding(b).defs.iter().flat_map(move |&def| self.origins(b.with(self.assign(b.with(def)).from)).to_vec()))
            .filter(made)
            .collect();
        let Some(owner) = self.owner_of_this(f).filter(|_| !captured.is_empty()) else { return false };
        let table = |c: CallAt| {
            let (object, _) = self.receiver(c)?;
            self.origins(object).iter().find(|o| matches!(o.root, Root::This(_)) && o.path.len() == 1).map(|o| o.path[0])
        };
        let keeps = |c: &CallAt| {
            let args = self.call(*c).args.iter();
            self.function_of(*c) == f && args.flat_map(|&a| self.origins(c.with(a)).to_vec()).any(|o| captured.contains(&o))
        };
        let taken_out = |key: PathKey| {
            let elsewhere =
                |c: &CallAt| self.member_around(self.function_of(*c)) != f && self.owner_around(self.function_of(*c)) == Some(owner);
            self.calls_under(&["delete", "splice"])
                .into_iter()
                .filter(|c| c.file == f.file)
                .filter(elsewhere)
                .any(|c| table(c) == Some(key))
        };
        self.putting(f.file).filter(keeps).filter_map(table).any(taken_out)
    }

    /// The function captures a parameter of one of these activations, an object that one of them makes, or a function that does.
    fn captures_of_call(&self, h: Fun, activations: &[Fun], depth: u32) -> bool {
        self.fun(h).captures.iter().any(|&b| {
            let b = h.with(b);
            let binding = self.binding(b);
            let holder = b.with(binding.function);
            if !activations.contains(&holder) || self.is_instance_scope(holder) {
                return false;
            }
            binding.kind == BindingKind::Param
                || binding.defs.iter().any(|&d| match self.value(b.with(self.assign(b.with(d)).from)) {
                    Value::Call(c) => depth > 0 && self.call(b.with(*c)).kind == CallKind::New,
                    Value::Function(g) => depth > 0 && b.with(*g) != h && self.captures_of_call(b.with(*g), activations, depth - 1),
                    _ => false,
                })
        })
    }

    /// The listener is made for one call: it captures something of the activation, or is given to it, or made there by another function.
    pub(super) fn is_call_shaped(&self, registration: &Registration) -> bool {
        let activations = self.chain(self.function_of(registration.call));
        if self.is_made_of_given(registration, &activations) {
            return true;
        }
        registration.handlers.iter().any(|o| match (o.root, o.path.is_empty()) {
            (Root::Function(h), true) => {
                let own = |&b: &BindingId| {
                    let holder = h.with(self.binding(h.with(b)).function);
                    !self.fun(holder).at_load && activations.contains(&holder)
                };
                self.fun(h).uses_this && self.fun(h).kind == FunctionKind::Arrow || self.fun(h).captures.iter().any(own)
            }
            (Root::Function(_) | Root::Global(_) | Root::File(_) | Root::Module(_) | Root::Class(_), _) => false,
            _ => true,
        })
    }

    /// A function makes the listener of what one of these activations was given, and not in a bag of options: `e.on('x', answers(client))`.
    pub(super) fn is_made_of_given(&self, registration: &Registration, activations: &[Fun]) -> bool {
        let c = registration.inner;
        let Some(handler) = super::sites::registration(self, c).and_then(|site| site.handler) else { return false };
        let Value::Call(maker) = self.value(c.with(handler)) else { return false };
        let maker = c.with(*maker);
        let is_given = |o: &Origin| {
            matches!(o.root, Root::Param(g, _) if activations.contains(&g) && !self.is_instance_scope(g))
                && o.path.is_empty()
                && !self.is_bag(o)
        };
        // What `bind` gives is the function that it is told.
        // (A maker that hands its function on as well may have it taken off there.)
        let only_added = |made: Fun| self.passed(made).iter().all(|p| super::sites::registration(self, p.call).is_some());
        let makes = |h: Fun| {
            registration
                .handlers
                .iter()
                .any(|o| matches!(o.root, Root::Function(made) if made != h && self.within(made, h) && only_added(made)))
        };
        let made = self.bind_target(maker).is_some() || self.functions_called(maker).iter().any(|&h| makes(h));
        made && self.call(maker).args.iter().any(|&arg| self.origins(maker.with(arg)).iter().any(is_given))
    }

    pub(super) fn is_instance_scope(&self, f: Fun) -> bool {
        self.fun(f).at_load || self.owner_of_this(f).is_some_and(|o| self.is_constructor(f, o))
    }
}
