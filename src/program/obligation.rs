//! Obligations: each registration with its count, what ends it, and how sure that is. Rules read these and nothing else.

use super::count::{Count, Emitter, Many};
use super::discharge::{Discharge, Mismatch};
use super::guards::Guard;
use super::matching::Match;
use super::sites::{EventKey, Registration, Release, Sites};
use super::{CallAt, Fun, Origin, Program, Root};
use crate::facts::*;
use crate::findings::{Confidence, Region, Step};
use crate::models::Fires;

/// Why a registration leaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A release removes nothing.
    Mismatch(CallAt, Mismatch),
    /// A disposer is dropped.
    DisposerDropped,
    /// A way out goes past the release.
    NotOnEveryPath(CallAt, String),
    /// What it waits for comes in another way, told at the call, which leaves it.
    EndsOtherwise(CallAt, String),
    /// It would go away when its event fires, which it does not do again.
    NeverFires,
    /// A sibling on the same emitter is released, this one is forgotten.
    Sibling(CallAt),
    /// The class takes a sibling away at its end, this one is forgotten.
    Forgotten(CallAt),
    /// Nothing releases it.
    NotReleased,
    /// It is one only, and pins something large that it mentions.
    Pins,
    /// It is one only, and pins something large because of another closure of its scope.
    Shares,
    /// Not a registration: the limit that would tell of them is taken away, and this one piles up.
    LimitRaised(Option<CallAt>),
}

/// A registration that has to be released and is not.
#[derive(Debug)]
pub struct Obligation<'s> {
    pub registration: &'s Registration,
    pub fault: Fault,
    pub confidence: Confidence,
    pub region: Region,
    pub lifetime: Region,
    pub emitter: Emitter,
    pub emitter_type: Option<String>,
    /// The emitter as the source names it.
    pub shown: String,
    pub steps: Vec<Step>,
}

impl Program<'_> {
    /// Every registration that is an obligation and leaks, in the order of files and text.
    /// Those up to where `outdated` says that nobody waits for them any more.
    pub fn obligations<'s>(&self, sites: &'s Sites, outdated: &dyn Fn() -> bool) -> Vec<Obligation<'s>> {
        let asked = (0..sites.registrations.len()).take_while(|_| !outdated());
        asked.filter_map(|i| self.obligation(sites, i)).map(|obligation| self.of_bundled(obligation)).collect()
    }

    /// What a bundler has taken out of `node_modules` is mended there, and what of it is used, and how, shows in part only.
    pub(super) fn of_bundled<'s>(&self, mut obligation: Obligation<'s>) -> Obligation<'s> {
        let c = obligation.registration.inner;
        let bundled = self.facts(c.file).bundled.iter().find(|bundled| bundled.calls.binary_search(&c.id).is_ok());
        if let Some(bundled) = bundled {
            obligation.confidence = Confidence::Low;
            obligation.steps.push(self.step_call(c, format!("a bundler has put this here out of the package `{}`", bundled.package)));
        }
        obligation
    }

    fn obligation<'s>(&self, sites: &'s Sites, index: usize) -> Option<Obligation<'s>> {
        let registration = &sites.registrations[index];
        if self.files[registration.call.file as usize].declaration || sites.is_lifted(self, index) {
            return None;
        }
        // `finished(stream, f)` waits for an end that an emitter of the program's own reaches.
        let own_end = registration.implicit && matches!(registration.event.name(), Some("end" | "finish" | "close"));
        if own_end && registration.receivers.iter().all(|o| self.emitter_kind(o) == Emitter::Longer && !o.path.is_empty()) {
            return None;
        }
        if self.is_forwarder(registration) || sites.observables.adds(registration.inner) && self.is_given_listener(registration) {
            return None;
        }
        let count = self.count(registration);
        // A mirror of registrations (`e.on('newListener', ...)`) is the emitter's own, unless something has it set up again and again.
        let again = |many: &Many| {
            many.confidence >= Confidence::Medium
                && !many.operation
                && matches!(many.region, Region::Event | Region::Iteration | Region::Tick)
        };
        if matches!(registration.event.name(), Some("newListener" | "removeListener"))
            && !matches!(&count, Count::Many(many) if again(many))
        {
            return None;
        }
        let emitter = match &count {
            Count::Many(many) => many.emitter,
            _ => registration.receivers.iter().map(|o| self.emitter_kind(o)).find(|e| *e != Emitter::Longer).unwrap_or(Emitter::Longer),
        };
        let of_round = matches!(&count, Count::Many(many)
            if many.confidence >= Confidence::Medium && !many.operation && matches!(many.region, Region::Tick | Region::Event));
        let discharge = self.discharge(sites, registration, emitter, of_round);
        let rolled_back = match discharge {
            Discharge::RolledBack(release) => Some(release),
            _ => None,
        };
        let fault = match discharge {
            Discharge::Released => return None,
            Discharge::AtEnd(release) => match &count {
                // It is added again and again, and no failure comes in between.
                Count::Many(many)
                    if many.confidence >= Confidence::Medium && !many.operation && registration.event.name() == Some("error") =>
                {
                    Fault::NotOnEveryPath(release, "it waits for a failure, and is added again where none comes".to_owned())
                }
                _ => return None,
            },
            Discharge::Mismatch(call, what) => Fault::Mismatch(call, what),
            Discharge::Dropped => Fault::DisposerDropped,
            Discharge::NotOnEveryPath { release, exit } => Fault::NotOnEveryPath(release, exit),
            // That failing takes it back does not tell how long the rest lives.
            Discharge::Nothing | Discharge::RolledBack(_) => Fault::NotReleased,
        };
        if fault == Fault::NotReleased && (self.waits_for_signal(registration) || self.is_of_borrowed(registration)) {
            return None;
        }
        if fault == Fault::NotReleased && self.is_passed_on(registration) {
            return None;
        }
        if fault == Fault::NotReleased && (self.is_part_of_emitter(registration) || self.is_part_made_before(registration)) {
            return None;
        }
        if let (Fault::NotOnEveryPath(release, _), Count::Many(many)) = (&fault, &count)
            && many.since.is_some_and(|since| {
                self.comes_back_past(registration, *release, since) || self.fails_out_of_rounds(registration, *release, since)
            })
        {
            return None;
        }
        let fault = match fault {
            Fault::NotReleased => self.misnamed(registration).map_or(fault, |call| Fault::Mismatch(call, Mismatch::Method)),
            other => other,
        };
        let again = if fault == Fault::NotReleased { self.started_again(sites, registration, emitter) } else { None };
        let guarded = again.is_none();
        let count = again.map_or(count, |many| Count::Many(Box::new(many)));
        let sure = matches!(&count, Count::Many(many) if many.confidence >= Confidence::Medium && !many.operation);
        let left = || self.own_ended(registration).or_else(|| self.left_at_end(sites, registration, emitter));
        let left = if fault == Fault::NotReleased && !sure { left() } else { None };
        let count = left.map_or(count, |many| Count::Many(Box::new(many)));
        // To wait once for the end of what outlives this is no promise that it comes soon.
        let waits_for_end = registration.once
            && registration
                .event
                .name()
                .is_some_and(|event| super::stages::is_teardown(event) && !matches!(event, "end" | "finish" | "close" | "exit"));
        // What hears the emitter's own end, and not for one call, goes with it; that it is forgotten beside others tells nothing.
        let with_emitter =
            matches!(registration.event.name(), Some("end" | "finish" | "close" | "exit")) && !self.is_operation_shaped(registration, None);
        let unsure_count = !matches!(count, Count::Many(_)) && !with_emitter;
        let sibling =
            if fault == Fault::NotReleased && (waits_for_end || unsure_count) { self.released_sibling(sites, registration) } else { None };
        // What hangs on an instance is guarded by a mark on the instance.
        let own = emitter != Emitter::Process && registration.receivers.iter().any(|o| matches!(o.root, Root::This(_)));
        let foreign = emitter != Emitter::Longer && !own || self.is_on_lasting(registration);
        let guard = self.guard(registration.call, &registration.receivers, foreign).or_else(|| self.guard_inside(registration, foreign));
        if guard == Some(Guard::Once) && guarded && !matches!(fault, Fault::Mismatch(..)) && sibling.is_none() {
            return None;
        }
        if guard == Some(Guard::State) && self.is_early(registration) {
            return None;
        }
        // (What is another object each time leaves nothing for the next.)
        let f = self.function_of(registration.call);
        let new = |o: &Origin| self.is_new_for_each_call(o) || self.written_by_callers(f, o, &[], 1);
        let is_new = || !registration.receivers.is_empty() && registration.receivers.iter().all(new);
        let sibling = sibling.filter(|_| !is_new());
        let attempted = matches!(fault, Fault::Mismatch(..)) || sibling.is_some();
        if !matches!(fault, Fault::Mismatch(..)) && self.is_now_or_later(registration, emitter) {
            return None;
        }
        if !attempted && self.is_read_to_end(sites, registration, emitter, &count) {
            return None;
        }
        let mut fault = fault;
        if registration.once
            && !matches!(fault, Fault::Mismatch(..) | Fault::NotOnEveryPath(..))
            && self.presumed_to_fire(registration, emitter)
            && !(waits_for_end && sibling.is_some())
        {
            let surely_many = matches!(&count, Count::Many(many) if many.confidence >= Confidence::Medium);
            if fault != Fault::NotReleased || !surely_many {
                return None;
            }
            let (other, exit) = self.ends_otherwise(sites, registration).filter(|_| !self.is_kept_in_list(registration))?;
            fault = Fault::EndsOtherwise(other, exit);
        }
        let unsure = match &count {
            Count::Many(many) => many.confidence < Confidence::Medium || many.operation,
            Count::Unknown => true,
            Count::One => false,
        };
        let forgotten = || {
            let beside = self.forgotten(sites, registration).or_else(|| self.forgotten_by_end(sites, registration));
            beside.or_else(|| self.left_undone(sites, registration))
        };
        let forgotten = if fault == Fault::NotReleased && sibling.is_none() && unsure { forgotten().filter(|_| !is_new()) } else { None };
        let fault = match fault {
            Fault::NotReleased if forgotten.is_some() => forgotten.map_or(Fault::NotReleased, Fault::Forgotten),
            Fault::NotReleased if sibling.is_some() => sibling.map_or(Fault::NotReleased, Fault::Sibling),
            Fault::NotReleased if registration.once && matches!(count, Count::Many(_)) => Fault::NeverFires,
            fault => fault,
        };
        // A list may be short; a release that removes nothing tells more.
        let count = match count {
            Count::Many(many)
                if many.region == Region::Iteration && many.confidence == Confidence::Low && matches!(fault, Fault::Mismatch(..)) =>
            {
                Count::Unknown
            }
            count => count,
        };
        match count {
            Count::Many(many) => {
                let mut obligation = self.of_many(sites, registration, fault, *many)?;
                if let (Some(release), Fault::NotReleased) = (rolled_back, &obligation.fault) {
                    obligation.fault = Fault::NotOnEveryPath(release, "the straight way goes on without it".to_owned());
                }
                Some(obligation)
            }
            Count::One | Count::Unknown => {
                let attempt = matches!(fault, Fault::Mismatch(..) | Fault::Sibling(_) | Fault::Forgotten(_) | Fault::DisposerDropped)
                    || matches!(fault, Fault::NotOnEveryPath(..) | Fault::EndsOtherwise(..))
                        && (registration.once
                            || self.is_given_for_operation(registration)
                            || self.given_back_early(registration).is_some());
                let older = registration.receivers.iter().any(|o| {
                    matches!(o.root, Root::This(_) | Root::Param(..) | Root::Global(_) | Root::Module(_))
                        || self.is_part_of_got(o)
                        || matches!(o.root, Root::Call(c) if o.path.is_empty() && self.is_accessor(c))
                });
                // A part of a parameter may go with the whole: that its disposer is dropped tells nothing of how long it lives.
                let of_param = |o: &Origin| matches!(o.root, Root::Param(..)) && !o.path.is_empty();
                let part = |o: &Origin| {
                    of_param(o) || {
                        let mut held = self.field_sources(o).into_iter().flat_map(|(_, origins)| origins).peekable();
                        o.path.len() == 1 && held.peek().is_some() && held.all(|o| of_param(&o))
                    }
                };
                let lost = match self.call(registration.call).result {
                    Use::Dropped => true,
                    Use::Returned => self.ignores_result(f),
                    _ => false,
                };
                let dropped = fault == Fault::DisposerDropped && lost;
                let dropped = dropped && emitter == Emitter::Longer && registration.event.name() != Some("abort");
                if dropped && registration.receivers.iter().all(part) {
                    return None;
                }
                if !attempt || !older || (matches!(count, Count::One) && !matches!(fault, Fault::Mismatch(..))) {
                    return None;
                }
                if matches!(count, Count::One) && self.is_of_just_put(registration.call) {
                    return None;
                }
                // (What the object has made for itself goes with it, whatever listens there.)
                if let Fault::Mismatch(release, _) = &fault
                    && (registration.receivers.iter().all(|o| self.is_made_by_object(o)) || self.ends_beside(*release, registration))
                {
                    return None;
                }
                let origin = registration.receivers.first()?;
                let region = if matches!(fault, Fault::Forgotten(_)) { Region::Instance } else { Region::Call };
                // That nobody keeps what the call gave is no attempt, as a release that fails is: whoever has the emitter may live as long.
                let confidence = if dropped && self.disposer(registration) == Some(false) { Confidence::Low } else { Confidence::Medium };
                Some(Obligation {
                    registration,
                    fault,
                    confidence,
                    region,
                    lifetime: Region::Instance,
                    emitter,
                    emitter_type: self.type_name(origin),
                    shown: self.show(origin),
                    steps: Vec::new(),
                })
            }
        }
    }

    /// The listener belongs to one call, which was given the emitter: that it takes the listener away on some ways out shows that the
    /// emitter goes on.
    fn is_given_for_operation(&self, registration: &Registration) -> bool {
        registration.receivers.iter().all(|o| matches!(o.root, Root::Param(..))) && self.is_operation_shaped(registration, None)
    }

    /// A part of what a call gave that no file tells of: it is as old as the whole, of which others have parts too.
    fn is_part_of_got(&self, o: &Origin) -> bool {
        matches!(o.root, Root::Call(c) if !o.path.is_empty() && self.call(c).kind == CallKind::Call && self.functions_called(c).is_empty())
    }

    /// Every event that it may be comes once, at the start of a connection, or of a page.
    fn is_early(&self, registration: &Registration) -> bool {
        let early = |name: &str| {
            matches!(
                name,
                "connect"
                    | "secureConnect"
                    | "ready"
                    | "lookup"
                    | "open"
                    | "load"
                    | "DOMContentLoaded"
                    | "readystatechange"
                    | "prerenderingchange"
            )
        };
        let named = |mut site: super::sites::Site| {
            // (A helper is told the name.)
            if let EventKey::Name(name) = &registration.event {
                site.event = Some(name.clone());
            }
            self.event_fires(&site).0 == Some(Fires::OnceEarly)
        };
        if super::sites::registration(self, registration.inner).is_some_and(named) {
            return true;
        }
        match &registration.event {
            EventKey::Name(name) => early(name),
            EventKey::Value(origins) => {
                !origins.is_empty()
                    && origins.iter().all(|o| matches!(o.root, Root::Const(name) if o.path.is_empty() && early(&self.text(name))))
            }
        }
    }

    /// The registration runs many times for one object.
    fn of_many<'s>(&self, sites: &Sites, registration: &'s Registration, fault: Fault, mut many: Many) -> Option<Obligation<'s>> {
        let mut confidence = self.confidence(sites, registration, &fault, &many);
        if confidence == Confidence::Low
            && let Some(step) = self.set_up_again(sites, registration, &fault, &many)
        {
            confidence = Confidence::Medium;
            many.steps.push(step);
        }
        if fault == Fault::NotReleased && confidence > Confidence::Low {
            many.steps.extend(self.step_of_end(registration, &many));
        }
        let (fault, many, confidence) = self.on_a_target(sites, registration, (fault, many, confidence))?;
        let origin = registration.receivers.first()?;
        Some(Obligation {
            registration,
            fault,
            confidence,
            region: many.region,
            lifetime: many.lifetime,
            emitter: many.emitter,
            emitter_type: self.type_name(origin),
            shown: self.show(origin),
            steps: many.steps,
        })
    }

    /// What is left of a fault where an EventTarget takes the same function once.
    fn on_a_target(
        &self,
        sites: &Sites,
        registration: &Registration,
        (mut fault, mut many, mut confidence): (Fault, Many, Confidence),
    ) -> Option<(Fault, Many, Confidence)> {
        if !registration.target {
            return Some((fault, many, confidence));
        }
        let added_anew = many.region == Region::Instance
            // Each component makes its own, however often it adds it.
            || many.region == Region::Mount && registration.handlers.iter().any(|o| self.is_made_in_activation(o) || self.is_made_at_mount(o))
            || matches!(fault, Fault::Mismatch(_, Mismatch::Activation | Mismatch::Slot))
            || registration.handlers.iter().any(|o| self.is_fresh_listener(registration, o))
            || matches!(fault, Fault::Mismatch(..)) && self.is_given_to_object(registration);
        if !added_anew {
            // Once for each function then; what else it hears is taken away.
            let runs = self.made_anew(registration).filter(|_| many.emitter == Emitter::Process && fault == Fault::NotReleased)?;
            let sibling = self.released_sibling(sites, registration).filter(|&c| self.hears_too(c, registration))?;
            fault = Fault::Sibling(sibling);
            confidence = Confidence::Medium;
            many.region = runs.region;
            many.steps = runs.steps;
        }
        // What adds it runs once for each run of what makes it: the repeats that were counted are not those of the function around.
        else if many.emitter == Emitter::Process
            && let Some(runs) = self.once_for_each_made(registration)
        {
            // (Who makes an object and calls its methods knows how often.)
            let f = self.function_of(registration.call);
            let by_method = !self.starters(f).iter().any(|s| s.within.is_some() && s.within == self.maker_of_listener(registration));
            confidence = if runs.operation && by_method { Confidence::Low } else { confidence.min(runs.confidence) };
            many.region = runs.region;
            many.steps = runs.steps;
        }
        // (Each new object adds its own, unless all have one function and one emitter.)
        let one = many.emitter == Emitter::Process
            && fault == Fault::NotReleased
            && registration.handlers.iter().all(|o| self.is_one_function(o) && !self.is_made_at_mount(o));
        (!one).then_some((fault, many, confidence))
    }

    /// A function that another one makes each time it runs.
    fn is_made_in_activation(&self, o: &Origin) -> bool {
        matches!(o.root, Root::Function(h) if o.path.is_empty() && self.parent(h).is_some_and(|p| !self.fun(p).at_load))
    }

    /// The call adds the same function.
    fn hears_too(&self, c: CallAt, registration: &Registration) -> bool {
        super::sites::registration(self, c)
            .and_then(|site| site.handler)
            .is_some_and(|handler| self.same_object(&self.origins(c.with(handler)), &registration.handlers))
    }

    /// The function, around the line, that makes the one listener: not the module's body.
    fn maker_of_listener(&self, registration: &Registration) -> Option<super::Fun> {
        let [Origin { root: Root::Function(h), path }] = &registration.handlers[..] else { return None };
        let around = self.parent(*h).filter(|&p| path.is_empty() && !self.fun(p).at_load)?;
        self.within(self.function_of(registration.call), around).then_some(around)
    }

    /// How often the function around makes another listener, where the line adds it again and again.
    fn made_anew(&self, registration: &Registration) -> Option<super::runs::Runs> {
        self.runs(self.maker_of_listener(registration)?, None)
    }

    /// How often the function around makes another listener, where what adds it runs once for each.
    fn once_for_each_made(&self, registration: &Registration) -> Option<super::runs::Runs> {
        let f = self.function_of(registration.call);
        let again = |&maker: &super::Fun| maker == f || self.runs(f, Some(maker)).is_some();
        self.maker_of_listener(registration).filter(|maker| !again(maker)).and_then(|maker| self.runs(maker, None))
    }

    /// The listener is another function at each run.
    fn is_fresh_listener(&self, registration: &Registration, o: &Origin) -> bool {
        let f = self.function_of(registration.call);
        match (o.root, o.path.is_empty()) {
            (Root::Function(h), true) => self.parent(h).is_some_and(|p| {
                // What is made in a function that runs once is one listener.
                !self.fun(p).at_load && (p == f || (!self.within(f, p) || self.runs(f, Some(p)).is_none()) && self.runs(p, None).is_some())
            }),
            (Root::Call(c), true) => !self.fun(self.function_of(c)).at_load,
            // `this` itself has a `handleEvent`.
            (Root::This(g), _) => {
                self.within(f, g)
                    && !self.fun(g).at_load
                    && registration.receivers.iter().any(|r| !matches!(r.root, Root::This(_)) || r.path.len() > 1)
            }
            (Root::Param(..), _) => true,
            _ => false,
        }
    }

    /// A registration of the same activation on the same emitter that is released.
    pub(super) fn released_sibling(&self, sites: &Sites, registration: &Registration) -> Option<CallAt> {
        let f = self.function_of(registration.call);
        if registration
            .receivers
            .iter()
            .any(|o| matches!(o.root, Root::Call(c) if self.function_of(c) == f && o.path.is_empty() && !self.is_handed_back(c)))
        {
            return None;
        }
        if self.is_piped_out(registration) {
            return None;
        }
        sites
            .registrations_in(f)
            .filter(|r| {
                r.call != registration.call
                    && r.receivers.iter().any(|x| {
                        registration.receivers.iter().any(|y| {
                            x.root == y.root
                                && (x.path == y.path
                                    || x.path.starts_with(&y.path) && matches!(x.root, Root::Param(..)) && self.type_of(y).is_none())
                        })
                    })
                    && r.event != registration.event
                    && !r.once
            })
            .find(|r| {
                // (What removes itself, and settles nothing, is no work that ends.)
                let hears_both = || self.same_object(&r.handlers, &registration.handlers);
                let spares_itself = hears_both() || !self.settles(r).is_empty();
                self.is_released(sites, r)
                    && self.has_release(sites, r, spares_itself)
                    && !self.is_added_again(sites, r)
                    && !self.is_released_by_its_end(sites, r)
                    && !self.is_cleaned_by(sites, r, registration)
            })
            .map(|r| r.call)
    }

    /// The other's listener is what takes the registration away: it was not forgotten beside it.
    fn is_cleaned_by(&self, sites: &Sites, registration: &Registration, other: &Registration) -> bool {
        let functions = self.functions_of_origins(&other.handlers, 3);
        // (What hears both takes away the one it is told of, and forgets itself on the other.)
        !self.same_object(&other.handlers, &registration.handlers)
            && sites
                .releases_for(self, registration)
                .any(|release| functions.iter().any(|&(h, _)| self.within(self.function_of(release.call), h)))
    }

    /// Another line adds the same listener again: its release is a pause, and tells nothing of how long the emitter lives.
    fn is_added_again(&self, sites: &Sites, registration: &Registration) -> bool {
        sites.registrations.iter().any(|r| {
            r.call.file == registration.call.file
                && r.call != registration.call
                && r.inner != registration.inner
                && r.event == registration.event
                && self.same_object(&r.handlers, &registration.handlers)
                && self.same_object(&r.receivers, &registration.receivers)
        })
    }

    /// The class around the registration releases nothing at all.
    pub(super) fn has_any_release(&self, registration: &Registration) -> bool {
        let f = self.function_of(registration.call);
        let Some(owner) = self.owner_around(f) else { return true };
        self.members(owner).iter().any(|&(_, m)| self.releases_within(m))
    }

    /// The set-up takes its own listener back in one of its arms: that is no end of the work.
    fn is_undone_at_once(&self, registration: &Registration, release: &Release) -> bool {
        let f = self.function_of(registration.call);
        let block = release.call.with(self.call(release.call).block);
        f == self.function_of(release.call)
            && !self.fun(f).is_async
            && matches!(self.block(block).kind, BlockKind::Then(_) | BlockKind::Else(_))
            && !self.block_within(registration.call.with(self.call(registration.call).block), block)
    }

    /// Something removes the listener at the end of its work; with `of_itself`, that may be the listener.
    fn has_release(&self, sites: &Sites, registration: &Registration, of_itself: bool) -> bool {
        let own = |release: &Release| {
            let g = self.function_of(release.call);
            registration.handlers.iter().any(|o| matches!(o.root, Root::Function(h) if o.path.is_empty() && self.within(g, h)))
        };
        // All listeners of the event, in what the activation that adds has called later, and does not end the emitter with it.
        let about = |o: &[Origin]| self.same_object(o, &registration.receivers);
        let ends = |g: Fun| self.calls_within(g).into_iter().any(|c| self.is_ended_by(c, &about));
        let of_event = |release: &Release| {
            let (f, g) = (self.function_of(registration.call), self.function_of(release.call));
            let event = release.event.as_ref().map(|event| self.compare_events(&registration.event, event));
            release.handlers.is_none() && event == Some(Match::Same) && g != f && self.within(g, f) && !ends(g)
        };
        sites.releases_in(registration.call.file).any(|release| {
            (release.handlers.as_ref().is_some_and(|h| self.same_object(h, &registration.handlers)) || of_event(release))
                && !self.is_undone_at_once(registration, release)
                && (of_itself || !own(release))
                && (self.same_object(&release.receivers, &registration.receivers)
                    || release.receivers.iter().any(|x| registration.receivers.iter().any(|y| x.path == y.path)))
        })
    }
}
