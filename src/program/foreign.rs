//! What others gave: the caller's signals, parts out of a bag, what a constructor was handed.

use std::rc::Rc;

use super::count::{Count, Emitter, Many};
use super::runs::Runs;
use super::sites::{Registration, Sites};
use super::starters::Times;
use super::types::Type;
use super::{At, CallAt, Fun, Origin, PathKey, Program, Root};
use crate::facts::*;
use crate::findings::{Confidence, Region};

/// So many members are read of settings, beside a signal.
const SETTINGS: usize = 2;

/// How many calls up it is followed who holds the parts of a bag.
const MAKERS: u32 = 3;

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
                        self.origins(a.with(self.assign(*a).from))
                            .iter()
                            .all(|o| o.is_nothing() || o != origin && by_call_or_controller(o) && self.signal_is_made(o))
                    })
            }
            None => matches!(holder.root, Root::Call(c) if self.call(c).kind == CallKind::Call && !self.is_settings(c, &holder)),
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
        if self.is_end_of_object(c, g) || self.is_end_of_watch(c, f, origin) {
            return Count::One;
        }
        if inner.is_none() && (self.is_for_this_run(origin, g) || self.is_of_answered_request(origin, g) || self.is_of_own_controller(c)) {
            return Count::One;
        }
        let callers: Vec<CallAt> = self.callers(g).iter().copied().filter(|&caller| !self.within(self.function_of(caller), g)).collect();
        if inner.is_none() && self.is_given_controller(origin, g, &callers, depth) {
            return Count::One;
        }
        // What its class names as its own is called by the class.
        let own = self.fun(g).name.starts_with('_') && self.owner_of_function(g).is_some();
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
        let message = format!("`{}` is the caller's AbortSignal: it outlives this call and serves the next ones too", self.show(origin));
        let mut steps = vec![self.step_function(g, message)];
        let region = match inner {
            Some(inner) => {
                steps.extend(inner.steps);
                inner.region
            }
            None => match self.runs(f, None) {
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
        self.many(region, Confidence::Medium, origin, steps)
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
        let Some(holder) = origin.prefix() else { return false };
        let made = |caller: CallAt| {
            self.from_callee(caller, g, &holder).iter().any(|o| {
                matches!(o.root, Root::Call(c) if o.path.is_empty() && self.call(c).kind == CallKind::New)
                    && matches!(self.type_of(o), Some(Type::Model(ix)) if self.models.name(ix) == "AbortController")
                    && matches!(self.count_at(caller, &o.extend(&origin.path[origin.path.len() - 1..]), depth - 1), Count::One)
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
        let made = |o: &Origin| {
            o.path.is_empty()
                && matches!(o.root, Root::Call(made) if self.call(made).kind == CallKind::New && self.callee_name(made).as_deref() == Some("AbortController"))
        };
        key.is("signal") && self.origins(signal.with(*holder)).iter().any(made)
    }

    /// An emitter out of a bag of components, taken by a constructor.
    pub(super) fn shared_by_bag(&self, f: Fun, origin: &Origin, g: Fun) -> Option<Count> {
        let owner = self.owner_of_this(g)?;
        // What the program itself makes for one call of its users holds what they gave for that call.
        if !self.callers(g).is_empty() && !self.is_public_owner(owner) && !self.held_by_makers(g, origin, MAKERS) {
            return None;
        }
        if !self.is_constructor(g, owner) || origin.path.is_empty() || !self.within(f, g) || !self.is_bag(origin) {
            return None;
        }
        let message = format!(
            "`{}` comes out of a bag that the maker of {} holds: it outlives the instance",
            self.show(origin),
            self.owner_name(owner)
        );
        let mut count = self.many(Region::Instance, Confidence::Low, origin, vec![self.step_function(g, message)]);
        if let Count::Many(many) = &mut count {
            many.bag = true;
            many.held = self.held_by_makers(g, origin, MAKERS);
        }
        Some(count)
    }

    /// Some call hands over what an object holds, rather than what its own caller gave. (A part that its constructor makes is one for
    /// each whole, and goes with it.)
    fn held_by_makers(&self, g: Fun, origin: &Origin, depth: u32) -> bool {
        depth > 0
            && self.callers(g).iter().filter(|&&c| !self.within(self.function_of(c), g)).any(|&c| {
                self.from_callee(c, g, origin).iter().any(|moved| match moved.root {
                    Root::This(h) => !moved.path.is_empty() && !self.is_instance_scope(h),
                    Root::Param(h, _) if h != g => self.held_by_makers(h, moved, depth - 1),
                    _ => false,
                })
            })
    }

    /// The parameter is a bag of parts: named so, taken apart in place, or of a type that is named so.
    pub(super) fn is_bag(&self, origin: &Origin) -> bool {
        let Root::Param(h, i) = origin.root else { return false };
        let Some(param) = self.fun(h).params.get(i as usize) else { return false };
        const BAGS: &[&str] = &[
            "option",
            "opt",
            "setting",
            "config",
            "component",
            "dep",
            "service",
            "context",
            "ctx",
            "init",
            "prop",
            "param",
            "arg",
            "module",
            "env",
        ];
        let bag = |name: &str| {
            let name = name.trim_start_matches('_').to_ascii_lowercase();
            BAGS.iter().any(|b| name.starts_with(b) || name.ends_with(b) || name.ends_with(&format!("{b}s")))
        };
        param.name.is_empty() || bag(&param.name) || param.of.as_ref().is_some_and(|of| of.names.iter().any(|n| bag(n)))
    }

    /// The element that a repeating event came from, or one around it: it was there before, and serves the next events too.
    pub(super) fn count_target(&self, origin: &Origin, g: Fun, i: u32) -> Option<Count> {
        let named = |key: &PathKey, names: &[&str]| matches!(key, PathKey::Name(name) if names.contains(&&*self.text(*name)));
        let (first, around) = origin.path.split_first()?;
        if i != 0
            || !named(first, &["target", "currentTarget", "srcElement"])
            || !around.iter().all(|key| named(key, &["parentElement", "parentNode"]))
        {
            return None;
        }
        self.passed(g).iter().filter(|p| p.shift == 0).find_map(|p| {
            let site = super::sites::registration(self, p.call).filter(|site| site.target)?;
            let (Some(event), Times::Many(region)) = self.listener_times(&site) else { return None };
            if site.handler != Some(self.call(p.call).args[p.arg]) {
                return None;
            }
            let message =
                format!("`{}` is where `{event}` came from: it is there before and after, and the event comes again", self.show(origin));
            Some(self.many(region, Confidence::Medium, origin, vec![self.step_call(p.call, message)]))
        })
    }

    /// Each run makes an object whose constructor adds the listener on its behalf, to what the object was given and does not end.
    pub(super) fn is_of_new_object(&self, sites: &Sites, registration: &Registration, many: &Many) -> bool {
        let f = self.function_of(registration.call);
        many.region == Region::Instance
            && self.owner_around(f).is_some_and(|owner| {
                self.is_class(owner)
                    && self.at_start(f.with(self.fun(f).this), owner)
                    && self.holds_object(registration)
                    && !self.tells_of_end(registration)
                    && !self.ends_with(sites, registration, owner)
            })
    }

    /// What a constructor was given, counted at the places that make the object.
    pub(super) fn count_injected(&self, o: &Origin, h: Fun, depth: u32) -> Option<Count> {
        for &maker in self.callers(h) {
            if self.is_guarded_edge(maker, false) {
                continue;
            }
            for moved in self.from_callee(maker, h, o) {
                if matches!(moved.root, Root::Nothing | Root::Unknown(_)) {
                    continue;
                }
                if let Count::Many(mut many) = self.count_at(maker, &moved, depth.saturating_sub(1)) {
                    many.steps.push(self.step_call(maker, "handed to a new object here"));
                    if many.region == Region::Call {
                        many.region = Region::Instance;
                    }
                    return Some(Count::Many(many));
                }
            }
        }
        None
    }
}
