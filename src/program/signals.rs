//! Signals: AbortSignals that callers gave, which outlive the call, and those of the program's own, which end with a piece of work.
//!
//! ```text
//! made(S)     :- S of a controller that the program makes
//! caller's(S) :- S a parameter of F, users call F, or what hands S on to F
//! unknown(S)  :- S a parameter of F, nothing tells who hands it over, the program hands out signals that it makes
//! ```

use std::rc::Rc;

use super::count::{Count, Emitter};
use super::runs::Runs;
use super::types::Type;
use super::{At, CallAt, Fun, Origin, PathKey, Program, Root};
use crate::facts::*;
use crate::findings::{Confidence, Region};

/// So many members are read of settings, beside a signal.
const SETTINGS: usize = 2;

/// How many calls up it is followed who handed a signal over.
pub(super) const HANDED: u32 = 3;

impl Program<'_> {
    /// A signal that this program makes: `new AbortController().signal`, or a field that only ever gets one.
    pub(super) fn signal_is_made(&self, origin: &Origin) -> bool {
        let Some(holder) = origin.prefix() else {
            return matches!(origin.root, Root::Call(c) if self.call(c).kind == CallKind::Call);
        };
        match self.type_of(&holder) {
            Some(Type::Model(ix)) => self.models.name(ix) == "AbortController",
            Some(Type::Owner(owner)) => {
                let key = *origin.path.last().expect("a path with a prefix");
                let by_call_or_controller = |o: &Origin| {
                    matches!(o.root, Root::Call(_)) || o.prefix().is_some_and(|p| matches!(self.type_of(&p), Some(Type::Model(_))))
                };
                let assigns = self.field_assigns(owner, &[key]);
                !assigns.is_empty()
                    && assigns.iter().all(|a| {
                        self.origins(a.with(self.assign(*a).from)).iter().all(|o| {
                            o.is_nothing()
                                || o != origin && by_call_or_controller(o) && self.signal_is_made(o)
                                || self.is_of_made_controller(o)
                        })
                    })
            }
            // (Of whatever window: `new this.window.AbortController()`.)
            None => {
                self.is_new_controller(&holder)
                    || matches!(holder.root, Root::Call(c) if self.call(c).kind == CallKind::Call && !self.is_settings(c, &holder))
            }
        }
    }

    /// The signal of a field that holds a controller which the program made: for this object, or for another one of its kind.
    fn is_of_made_controller(&self, signal: &Origin) -> bool {
        let Some(holder) = signal.prefix().filter(|holder| !holder.path.is_empty()) else { return false };
        let made = |o: &Origin| self.is_new_controller(o);
        let sources: Vec<Origin> = self.field_sources(&holder).into_iter().flat_map(|(_, origins)| origins).collect();
        signal.path.last().is_some_and(|key| matches!(key, PathKey::Name(name) if &*self.text(*name) == "signal"))
            && sources.iter().any(made)
            && sources.iter().all(|o| made(o) || o.is_nothing() || o.path.last() == holder.path.last())
    }

    /// `new AbortController()`.
    pub(super) fn is_new_controller(&self, o: &Origin) -> bool {
        matches!(o.root, Root::Call(made) if o.path.is_empty()
            && self.call(made).kind == CallKind::New
            && self.callee_name(made).as_deref() == Some("AbortController"))
    }

    /// A signal of a time of its own (`AbortSignal.timeout(1000)`) fires whatever happens, and its listeners go with it; so for a function
    /// that all its callers give such a one.
    pub(super) fn is_of_own_time(&self, o: &Origin, depth: u32) -> bool {
        match o.root {
            _ if !o.path.is_empty() || depth == 0 => false,
            Root::Call(made) => {
                matches!(self.receiver(made), Some((object, key)) if key.is("timeout") && self.is_global(object, "AbortSignal"))
                    && !self.fun(self.function_of(made)).at_load
            }
            Root::Param(g, _) if !self.is_public_function(g) && self.passed(g).is_empty() => {
                let callers = self.callers(g);
                let given = |&c: &CallAt| self.from_callee(c, g, o);
                !callers.is_empty() && callers.iter().flat_map(given).all(|given| self.is_of_own_time(&given, depth - 1))
            }
            _ => false,
        }
    }

    /// What a call made of settings that it was given (`const merged = withDefaults(options)`): more is read of it than a signal, and
    /// nothing by which one ends what one has begun. Its signal is the one that was given.
    fn is_settings(&self, c: CallAt, holder: &Origin) -> bool {
        let given = self.call(c).args.iter().any(|&a| self.origins(c.with(a)).iter().any(|o| matches!(o.root, Root::Param(..))));
        let uses = self.uses(c.file);
        let read = |of: &Origin| uses.get(of).map(|uses| uses.members.as_slice()).unwrap_or_default();
        let of_controller = |m: &Rc<str>| super::stages::is_teardown(m) || matches!(&**m, "controller" | "clear" | "timeout");
        let others = || read(holder).iter().filter(|m| &***m != "signal").count() >= SETTINGS || !holder.path.is_empty();
        given && others() && !read(holder).iter().chain(read(&Origin::root(holder.root))).any(of_controller)
    }

    /// A caller's AbortSignal: it outlives the call, unless every caller in the program makes it for the call.
    pub(super) fn count_signal(&self, c: CallAt, f: Fun, origin: &Origin, g: Fun, depth: u32, inner: Option<Runs>) -> Count {
        if self.is_end_of_object(c, g) || self.is_end_of_watch(c, f, origin) || self.is_never_handed(g, origin, HANDED) {
            return Count::One;
        }
        if inner.is_none() && (self.is_for_this_run(origin, g) || self.is_of_answered_request(origin, g) || self.is_of_own_controller(c)) {
            return Count::One;
        }
        let callers: Vec<CallAt> = self.callers(g).iter().copied().filter(|&caller| !self.within(self.function_of(caller), g)).collect();
        if inner.is_none() && self.is_given_controller(origin, g, &callers, depth) {
            return Count::One;
        }
        let own = self.is_own_method(g);
        let mut fresh = !callers.is_empty() && (own || !self.is_public_function(g));
        if fresh {
            for &caller in &callers {
                for moved in self.from_callee(caller, g, origin) {
                    match self.count_at(caller, &moved, depth - 1) {
                        Count::Many(mut many) => {
                            many.emitter = Emitter::Signal;
                            many.confidence = many.confidence.max(Confidence::Medium);
                            many.steps.push(self.step_call(caller, format!("handed to `{}` here", self.function_name(g))));
                            if let Some(inner) = &inner {
                                many.steps.extend(inner.steps.iter().cloned());
                                many.region = inner.region;
                            }
                            return Count::Many(many);
                        }
                        Count::Unknown => fresh = false,
                        Count::One => {}
                    }
                }
            }
        }
        if fresh && inner.is_none() {
            return Count::One;
        }
        // Who hands it over is not known, and the program hands out signals of its own.
        let of_users = self.is_called_by_users(g) || own || callers.iter().any(|&c| self.is_from_border(c, g, origin, HANDED));
        if inner.is_none() && !of_users && self.hands_out_signals() {
            return Count::Unknown;
        }
        let inside = || self.is_of_inside(g) || self.owner_of_this(g).is_some_and(|o| self.is_constructor(g, o) && self.is_never_made(o));
        let by_nobody = inner.is_none() && !of_users && inside() && !self.may_be_handed(g, origin, HANDED);
        let message = format!("`{}` is the caller's AbortSignal: it outlives this call and serves the next ones too", self.show(origin));
        let mut steps = vec![self.step_function(g, message)];
        let region = match inner {
            Some(inner) => {
                steps.extend(inner.steps);
                inner.region
            }
            None => match self.runs_of_givers(g, origin, &callers).or_else(|| self.runs(f, None)) {
                Some(runs) => {
                    steps.extend(runs.steps);
                    let in_public_class = self.owner_of_this(g).is_some_and(|o| self.is_constructor(g, o) && self.is_public_owner(o));
                    match runs.region {
                        Region::Iteration | Region::Event => Region::Call,
                        Region::Instance if !in_public_class => Region::Call,
                        region => region,
                    }
                }
                None => Region::Call,
            },
        };
        let confidence = if by_nobody { Confidence::Low } else { Confidence::Medium };
        self.many(region, confidence, origin, steps)
    }

    /// How often those call the function who give it the signal, where others give none.
    fn runs_of_givers(&self, g: Fun, origin: &Origin, callers: &[CallAt]) -> Option<Runs> {
        let gives = |&&c: &&CallAt| !self.from_callee(c, g, origin).iter().all(Origin::is_nothing);
        let givers: Vec<CallAt> = callers.iter().filter(gives).copied().collect();
        // (A constructor is told of by its objects.)
        if givers.len() == callers.len() || self.owner_of_this(g).is_some_and(|owner| self.is_constructor(g, owner)) {
            return None;
        }
        givers.into_iter().find_map(|c| {
            let mut runs = self.runs(self.function_of(c), None)?;
            runs.steps.push(self.step_call(c, format!("`{}` is called from here", self.function_name(g))));
            Some(runs)
        })
    }

    /// Nobody hands the function the signal: no call of the program does (`new Walker({ dot: true })`), and users have no way to it.
    pub(super) fn is_never_handed(&self, g: Fun, origin: &Origin, depth: u32) -> bool {
        // (A method that is only named as private can be had by who has an object; a constructor, by who has the class.)
        let of_users = match self.owner_of_this(g) {
            Some(owner) if self.is_constructor(g, owner) => self.is_public_class(owner),
            owner => self.is_public_function(g) || owner.is_some_and(|owner| self.is_public_owner(owner)),
        };
        let callers = self.callers(g);
        // (What a member holds may be put there later.)
        let left_out = |c: CallAt| match origin.root {
            Root::Param(_, i) => {
                let given = self.call(c).args.get(i as usize);
                given.is_none_or(|&v| matches!(self.value(c.with(v)), Value::Undefined | Value::Null))
            }
            _ => false,
        };
        let lacks = |c: CallAt, o: &Origin| match (o.root, o.path.first()) {
            (Root::Nothing, _) => left_out(c),
            (Root::Literal(literal), Some(&key)) => self.has_no_member(literal, key),
            (Root::Param(h, _), _) => depth > 0 && h != g && self.is_never_handed(h, o, depth - 1),
            _ => false,
        };
        !of_users
            && !callers.is_empty()
            && self.passed(g).is_empty()
            && callers.iter().all(|&c| self.function_of(c) == g || self.from_callee(c, g, origin).iter().all(|o| lacks(c, o)))
    }

    /// A call of an object that is not known gives a method of that name, or one that hands it on, such a thing: `queue.get({ signal })`.
    fn may_be_handed(&self, g: Fun, origin: &Origin, depth: u32) -> bool {
        let key = PathKey::Name(self.sym(&self.fun(g).name));
        let gives = |c: CallAt| match (origin.path.first(), origin.root) {
            (Some(key), _) => self.call(c).args.iter().any(|&a| match self.value(c.with(a)) {
                Value::Object(props, _) => props.iter().any(|(name, _)| self.path_key(c.file, name) == *key),
                _ => false,
            }),
            (None, Root::Param(_, i)) => self.call(c).args.len() > i as usize,
            _ => false,
        };
        self.candidates().called_under(key).any(|c| gives(c) && self.functions_called(c).is_empty())
            || depth > 0 && self.callers(g).iter().any(|&c| self.may_be_handed(self.function_of(c), origin, depth - 1))
    }

    /// The package's users tell the function what it is told: it is public, or a public one gives it out, or runs it with its own arguments.
    fn is_called_by_users(&self, g: Fun) -> bool {
        let around = || self.chain(g).into_iter().skip(1).any(|h| self.is_public_function(h));
        let forwarded =
            |p: &super::calls::Passed| self.call(p.call).args.iter().any(|&a| matches!(self.value(p.call.with(a)), Value::Arguments(_)));
        let given_out = || self.callers(g).is_empty() && self.passed(g).iter().all(forwarded);
        self.is_public_function(g) || given_out() && around()
    }

    /// The call, or one above it that hands it on, stands in a function that the package's users call with what is handed on.
    fn is_from_border(&self, c: CallAt, g: Fun, origin: &Origin, depth: u32) -> bool {
        depth > 0
            && self.from_callee(c, g, origin).iter().any(|moved| match moved.root {
                Root::Param(h, _) => {
                    self.is_called_by_users(h)
                        || self.callers(h).iter().any(|&above| above != c && self.is_from_border(above, h, moved, depth - 1))
                }
                _ => false,
            })
    }

    /// The program itself hands the signal of a controller that it makes to functions of its own, or that it was given.
    fn hands_out_signals(&self) -> bool {
        *self.hands_out_signals.get_or_init(|| self.all_calls().any(|c| self.hands_out_signal(c)))
    }

    fn hands_out_signal(&self, c: CallAt) -> bool {
        let of_controller = |v: At<ValueId>| match self.value(v) {
            Value::Member(holder, key) => key.is("signal") && self.origins(v.with(*holder)).iter().any(|o| self.is_new_controller(o)),
            _ => false,
        };
        let handed = |v: At<ValueId>| match self.value(v) {
            Value::Object(props, _) => props.iter().any(|(_, inner)| of_controller(v.with(*inner))),
            _ => of_controller(v),
        };
        let call = self.call(c);
        call.args.iter().any(|&a| handed(c.with(a)))
            && (!self.functions_called(c).is_empty()
                || self.origins(c.with(call.callee)).iter().any(|o| matches!(o.root, Root::Param(..) | Root::This(_))))
    }

    /// The activation begins to listen to something older until that signal aborts: it watches for as long, and what hears the abort goes
    /// with that. (What waits for one event, or settles a promise, is a piece of work that is over before.)
    fn is_end_of_watch(&self, c: CallAt, f: Fun, origin: &Origin) -> bool {
        let until = |options: At<ValueId>| match self.value(options) {
            Value::Object(props, _) => props
                .iter()
                .any(|(key, v)| key.is("signal") && self.same_object(&self.origins(options.with(*v)), std::slice::from_ref(origin))),
            _ => false,
        };
        let watches = |site: super::sites::Site| {
            !site.once
                && site.options.is_some_and(|o| until(site.call.with(o)))
                && site.receivers(self).iter().all(|o| match o.root {
                    Root::Param(..) | Root::Global(_) | Root::Module(_) => true,
                    Root::This(_) => !o.path.is_empty(),
                    _ => false,
                })
        };
        !self.fun(f).is_async
            && !self.chain(f).into_iter().any(|g| self.is_executor(g))
            && self
                .calls_within(f)
                .into_iter()
                .filter(|&w| w != c && self.function_of(w) == f && !self.is_beside(w, c))
                .filter_map(|w| super::sites::registration(self, w))
                .any(watches)
    }

    /// The signal that a constructor is given is the object's own end: its listener alone stops what observes for the object as long as it
    /// lives, and has no end of its own.
    fn is_end_of_object(&self, c: CallAt, g: Fun) -> bool {
        let Some(owner) = self.owner_of_this(g).filter(|&owner| self.is_constructor(g, owner)) else { return false };
        let Some(handler) = super::sites::registration(self, c).and_then(|site| site.handler) else { return false };
        let handlers: Vec<Fun> = self.functions_of(c.with(handler)).into_iter().map(|(h, _)| h).collect();
        let stopped = |call: CallAt| -> Option<Origin> {
            let (object, Key::Name(name)) = self.receiver(call)? else { return None };
            let observes = |o: &&Origin| {
                matches!(o.root, Root::This(_))
                    && self.field_sources(o).iter().flat_map(|(_, from)| from).any(|from| {
                        matches!(from.root, Root::Call(made) if self.call(made).kind == CallKind::New
                            && self.callee_name(made).is_some_and(|name| name.ends_with("Observer")))
                    })
            };
            (name == "disconnect").then(|| self.origins(object).iter().find(observes).cloned())?
        };
        let by_signal = |call: CallAt| handlers.iter().any(|&h| self.within(self.function_of(call), h));
        let ended: Vec<Origin> = handlers.iter().flat_map(|&h| self.calls_within(h)).filter_map(stopped).collect();
        !ended.is_empty()
            && !self
                .members(owner)
                .iter()
                .flat_map(|&(_, m)| self.calls_within(m))
                .any(|call| !by_signal(call) && stopped(call).is_some_and(|o| ended.iter().any(|e| e.path == o.path)))
    }

    /// The signal is that of a controller which each of the program's own calls makes for the call, rather than a signal that its caller
    /// may listen to as well: who hands the controller over hands over one piece of work.
    fn is_given_controller(&self, origin: &Origin, g: Fun, callers: &[CallAt], depth: u32) -> bool {
        let (Some(holder), Some(key)) = (origin.prefix(), origin.path.last()) else { return false };
        let made = |caller: CallAt| {
            self.from_callee(caller, g, &holder).iter().any(|o| match o.root {
                Root::Call(c) => {
                    o.path.is_empty()
                        && self.call(c).kind == CallKind::New
                        && matches!(self.type_of(o), Some(Type::Model(ix)) if self.models.name(ix) == "AbortController")
                        && matches!(self.count_at(caller, &o.join(*key), depth.saturating_sub(1)), Count::One)
                }
                Root::Param(h, _) if h != g && depth > 0 && !self.is_public_function(h) => {
                    self.is_given_controller(&o.join(*key), h, self.callers(h), depth - 1)
                }
                // `this.loading = new AbortController(); load(this.loading)`: each call puts another one there.
                Root::This(_) => self.field_sources(o).iter().any(|(assign, written)| {
                    !written.is_empty() && written.iter().all(|o| self.is_new_controller(o)) && self.is_just_before(*assign, caller)
                }),
                _ => false,
            })
        };
        !callers.is_empty() && callers.iter().all(|&caller| made(caller))
    }

    /// Code that is not known runs the function and tells it a signal: one for each run.
    fn is_for_this_run(&self, origin: &Origin, g: Fun) -> bool {
        origin.path.is_empty()
            && self.callers(g).is_empty()
            && self.optioned(g).is_empty()
            && !self.is_public_function(g)
            && !self.passed(g).is_empty()
            && self.passed(g).iter().all(|p| {
                self.functions_called(p.call).is_empty()
                    && self.call(p.call).kind == CallKind::Call
                    && super::sites::registration(self, p.call).is_none()
                    && matches!(self.value(p.call.with(self.call(p.call).args[p.arg])), Value::Function(_))
            })
    }

    /// The signal of the request that the function answers: who gives back a `Response` was given a `Request`, which ends with it.
    fn is_of_answered_request(&self, origin: &Origin, g: Fun) -> bool {
        matches!((origin.root, origin.path.len()), (Root::Param(_, 0), 1))
            && self.owner_of_function(g).is_none()
            && self.fun(g).returns.iter().any(|&r| {
                self.origins(g.with(r)).iter().any(|o| match o.root {
                    Root::Call(c) if o.path.is_empty() => {
                        let of_type = |v: At<ValueId>| self.is_global(v, "Response");
                        match self.call(c).kind {
                            CallKind::New => of_type(c.with(self.call(c).callee)),
                            _ => self.receiver(c).is_some_and(|(object, _)| of_type(object)),
                        }
                    }
                    _ => false,
                })
            })
    }

    /// The signal is of a controller that is made here where none is given: who gives one gives it for this, as it is theirs to abort.
    fn is_of_own_controller(&self, c: CallAt) -> bool {
        let Some((receiver, _)) = self.receiver(c) else { return false };
        let signal = match self.value(receiver) {
            Value::Binding(b) => match self.binding(receiver.with(*b)).defs[..] {
                [def] => receiver.with(self.assign(receiver.with(def)).from),
                _ => return false,
            },
            _ => receiver,
        };
        let Value::Member(holder, key) = self.value(signal) else { return false };
        key.is("signal") && self.origins(signal.with(*holder)).iter().any(|o| self.is_new_controller(o))
    }
}
