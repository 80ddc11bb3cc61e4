//! Remedies: what would have to change for a fault to be gone, in terms of calls. `fixes` forms the text.

use super::count::Emitter;
use super::discharge::Mismatch;
use super::matching::Match;
use super::obligation::{Fault, Obligation};
use super::sites::{self, Registration, Release, Sites};
use super::stages::is_teardown;
use super::types::Type;
use super::{At, CallAt, Fun, Origin, Program, Root, releases};
use crate::facts::*;
use crate::findings::{CallPlace, Forgotten, Region, Remedy};

/// What is taken away in more places has a function of its own for that, or wants one: a person's work.
const PLACES: usize = 4;

impl Program<'_> {
    /// What would mend this, in the order in which one wants it.
    pub fn remedies(&self, sites: &Sites, obligation: &Obligation) -> Vec<Remedy> {
        let own = self.with_signal(obligation).or_else(|| self.remedy(obligation));
        let beside = self.beside_sibling(sites, obligation);
        let beside = beside.into_iter().chain(self.added_once(obligation));
        match own {
            // One end of the work is the only one that everybody has to wait for.
            Some(Remedy::RemoveAtEnd { .. }) => beside.chain(own).collect(),
            _ => own.into_iter().chain(beside).collect(),
        }
    }

    /// An EventTarget's listener may take the signal of a controller that the same object aborts at its end and nowhere else.
    fn with_signal(&self, obligation: &Obligation) -> Option<Remedy> {
        let registration = obligation.registration;
        let c = registration.call;
        let unmended = matches!(
            obligation.fault,
            Fault::NotReleased
                | Fault::Sibling(_)
                | Fault::Forgotten(_)
                | Fault::NeverFires
                | Fault::NotOnEveryPath(..)
                | Fault::EndsOtherwise(..)
        );
        let plain = registration.target && c == registration.inner && registration.options.is_none() && self.call(c).args.len() == 2;
        if !unmended || !plain {
            return None;
        }
        let controller = self.own_controller(c)?;
        Some(Remedy::WithSignal { registration: self.call_place(c), controller })
    }

    /// `this.controller`, made with the object, which only its end aborts.
    fn own_controller(&self, c: CallAt) -> Option<String> {
        let f = self.function_of(c);
        let owner = self.owner_of_this(f).filter(|&owner| self.is_class(owner))?;
        let of_object = |object: At<ValueId>| {
            let own = |g: Fun| self.owner_of_this(g).is_some_and(|other| self.related(other, owner));
            self.origins(object).iter().all(|o| o.path.is_empty() && matches!(o.root, Root::This(g) if own(g)))
        };
        // The field, and whether the end of the object aborts it.
        let aborted = |a: CallAt| {
            let (controller, _) = self.receiver(a)?;
            let Value::Member(object, key @ Key::Name(name)) = self.value(controller) else { return None };
            let ends = is_teardown(&self.fun(self.member_around(self.function_of(a))).name);
            (a.file == c.file && of_object(controller.with(*object))).then(|| (self.path_key(a.file, key), name.clone(), ends))
        };
        let all: Vec<_> = self.calls_under(&["abort"]).into_iter().filter_map(aborted).collect();
        let (_, name, _) = all.iter().find(|(key, _, _)| {
            let made = self.field_assigns(owner, &[*key]);
            let with_object = |&a: &At<AssignId>| {
                self.is_constructor(a.with(self.assign(a).function), owner)
                    && self.origins(a.with(self.assign(a).from)).iter().all(|o| self.is_new_controller(o))
            };
            !made.is_empty() && made.iter().all(with_object) && all.iter().all(|(other, _, ends)| other != key || *ends)
        })?;
        Some(format!("this.{name}"))
    }

    /// The listener added before what runs again.
    fn added_once(&self, obligation: &Obligation) -> Option<Remedy> {
        let registration = obligation.registration;
        // Those change what the process does by being there.
        let changes = |event: &str| event.starts_with("SIG") || matches!(event, "uncaughtException" | "unhandledRejection" | "message");
        let alike = obligation.fault == Fault::NotReleased
            && registration.call == registration.inner
            && !registration.implicit
            && !registration.once
            && registration.event.name().is_none_or(|event| !changes(event));
        alike.then(|| Remedy::AddOnce { registration: self.call_place(registration.call) })
    }

    /// The listener removed wherever that of the registration beside it is.
    fn beside_sibling(&self, sites: &Sites, obligation: &Obligation) -> Option<Remedy> {
        let registration = obligation.registration;
        if registration.call != registration.inner || registration.implicit {
            return None;
        }
        let sibling = match obligation.fault {
            Fault::Sibling(sibling) | Fault::Forgotten(sibling) => sibling,
            Fault::NotReleased => self.released_sibling(sites, registration)?,
            _ => return None,
        };
        let listener = self.listener_argument(registration.call, &registration.handlers)?;
        let sibling = sites.registrations_in(self.function_of(sibling)).find(|r| r.call == sibling)?;
        let meant = |release: &&Release| self.compare(sibling, release) == (Match::Same, Match::Same, Match::Same);
        let mut releases: Vec<CallAt> = Vec::new();
        for release in sites.releases_for(self, sibling).filter(meant) {
            if release.call != release.inner || self.released_argument(release.call) != Some(1) {
                return None;
            }
            releases.push(release.call);
        }
        releases.sort();
        releases.dedup();
        let releases: Vec<CallPlace> = releases.into_iter().map(|c| self.call_place(c)).collect();
        (1..=PLACES).contains(&releases.len()).then(|| {
            Remedy::RemoveBeside(Forgotten {
                registration: self.call_place(registration.call),
                listener,
                releases,
                same_emitter: self.same_object(&sibling.receivers, &registration.receivers),
                at_end: matches!(obligation.fault, Fault::Forgotten(_)),
            })
        })
    }

    fn remedy(&self, obligation: &Obligation) -> Option<Remedy> {
        let registration = obligation.registration;
        let here = self.call_place(registration.call);
        let listener = self.listener_argument(registration.call, &registration.handlers);
        match &obligation.fault {
            Fault::Mismatch(release, Mismatch::Listener) => Some(Remedy::SameFunction {
                registration: (here, listener?),
                release: (self.call_place(*release), self.released_argument(*release)?),
            }),
            Fault::Mismatch(release, Mismatch::Phase) => Some(Remedy::SamePhase { registration: here, release: self.call_place(*release) }),
            Fault::Mismatch(release, Mismatch::Event) if registration.call == registration.inner => {
                Some(Remedy::SameEvent { registration: here, release: self.call_place(*release) })
            }
            Fault::Mismatch(..) => None,
            Fault::NotReleased | Fault::Sibling(_) | Fault::NeverFires | Fault::NotOnEveryPath(..) | Fault::EndsOtherwise(..)
                if registration.call == registration.inner
                    && !registration.implicit
                    && let Some(remedy) = self.settled_end(registration, obligation.emitter) =>
            {
                Some(remedy)
            }
            Fault::NotOnEveryPath(release, _) if self.function_of(*release) == self.function_of(registration.call) => {
                Some(Remedy::Finally { registration: here, release: self.call_place(*release) })
            }
            // Where the other events of a connection come, and when, only a person knows.
            Fault::NeverFires if obligation.emitter == Emitter::Pooled && self.comes_with_the_connection(registration) => {
                Some(Remedy::WhileConnecting { registration: here })
            }
            Fault::DisposerDropped => {
                let function = self.function_of(registration.call);
                if !registration.through.first().is_some_and(|&helper| self.returns_function(helper)) {
                    None
                } else if self.hands_teardown(function) {
                    Some(Remedy::EffectResult { registration: here })
                } else {
                    Some(Remedy::CallAtEnd { registration: here, response: self.response_in(function) })
                }
            }
            Fault::NotReleased | Fault::Sibling(_) | Fault::Forgotten(_) | Fault::NeverFires
                if registration.call == registration.inner && !registration.implicit =>
            {
                let function = self.function_of(registration.call);
                let listener = listener?;
                match obligation.region {
                    Region::Mount | Region::Render => {
                        Some(Remedy::EffectCleanup { registration: here, listener, effect: self.hands_teardown(function) })
                    }
                    _ => Some(Remedy::RemoveAtEnd { registration: here, listener, response: self.response_in(function) }),
                }
            }
            _ => None,
        }
    }

    pub(super) fn call_place(&self, c: CallAt) -> CallPlace {
        CallPlace { path: self.files[c.file as usize].path.clone(), paren: self.call_position(c).paren }
    }

    /// The argument that is the listener.
    fn listener_argument(&self, c: CallAt, handlers: &[Origin]) -> Option<u32> {
        let args = &self.call(c).args;
        let site = sites::registration(self, c).and_then(|site| site.handler);
        let index = match site {
            Some(handler) => args.iter().position(|&arg| arg == handler),
            None => args.iter().position(|&arg| self.origins(c.with(arg)).iter().any(|origin| handlers.contains(origin))),
        };
        self.written_place(c, index?)
    }

    /// The argument of a release that names the listener.
    fn released_argument(&self, c: CallAt) -> Option<u32> {
        let args = &self.call(c).args;
        let index = match releases::release(self, c) {
            Some(site) => args.iter().position(|&arg| Some(arg) == site.listener),
            None => args.iter().position(|&arg| match self.value(c.with(arg)) {
                Value::Function(_) => true,
                Value::Call(made) => self.bind_target(c.with(*made)).is_some(),
                _ => false,
            }),
        };
        self.written_place(c, index?)
    }

    /// Where an argument stands in the text; none where it, or one before it, is not written but handed on (`on(...args)`).
    pub(super) fn written_place(&self, c: CallAt, index: usize) -> Option<u32> {
        let mut args = self.call(c).args.iter().take(index + 1);
        let handed_on = |&arg: &ValueId| matches!(self.value(c.with(arg)), Value::Spread(_) | Value::Param(..));
        (!args.any(handed_on)).then_some(index as u32)
    }

    /// Node's manual: these come while `socket.connecting` is true.
    fn comes_with_the_connection(&self, registration: &Registration) -> bool {
        registration.call == registration.inner
            && !registration.implicit
            && matches!(registration.event.name(), Some("connect" | "ready" | "lookup"))
    }

    /// What the function returns takes away again what it set up: an effect.
    fn hands_teardown(&self, f: Fun) -> bool {
        self.passed(f).iter().any(|passed| {
            let callbacks = self.method_model(passed.call).map(|model| &model.callbacks);
            callbacks.is_some_and(|all| all.iter().any(|callback| callback.returns_teardown && callback.arg == passed.arg as i32))
        })
    }

    /// The helper gives back a function that releases, not an object.
    fn returns_function(&self, f: Fun) -> bool {
        let returns = &self.fun(f).returns;
        self.returns_disposer(f)
            && returns.iter().all(|&r| self.origins(f.with(r)).iter().all(|o| matches!(o.root, Root::Function(_)) && o.path.is_empty()))
    }

    /// The name of the function's parameter that is a response: when that is closed, the request is over.
    fn response_in(&self, f: Fun) -> Option<String> {
        let response = self.models.type_named("http.ServerResponse")?;
        let params = self.fun(f).params.iter().enumerate();
        let mut responses = params.filter(|(index, param)| {
            let origin = Origin::root(Root::Param(f, *index as u32));
            param.binding.is_some() && matches!(self.type_of(&origin), Some(Type::Model(ix)) if self.models.is_a(ix, response))
        });
        responses.next().map(|(_, param)| param.name.clone())
    }
}
