//! Alternatives: one-time listeners of one activation that wait for different ends of the same thing. When one of them fires, each of the
//! others has to be removed.
//!
//! ```text
//! settles(R, P)     :- R's listener calls a function that its activation was given (`resolve`, a callback)
//! alternative(R, Q) :- settles(R, P), settles(Q, P), one activation, one receiver, different events
//! alternative(R, T) :- settles(R, P), settles(T, P), T a timer of R's activation
//! ```

use rustc_hash::FxHashSet;

use super::matching::Match;
use super::sites::{Registration, Release, Sites};
use super::{At, CallAt, Fun, Origin, Program, Root};
use crate::facts::*;

/// Events that end their emitter: what waits for something else goes with it.
pub(super) fn is_end(event: &str) -> bool {
    matches!(event, "error" | "finish" | "close" | "end" | "exit" | "disconnect")
}

/// What people do with a page: it comes again before long, and takes a one-time listener along.
fn is_gesture(event: &str) -> bool {
    const DEVICES: [&str; 6] = ["mouse", "pointer", "touch", "key", "drag", "wheel"];
    DEVICES.iter().any(|device| event.starts_with(device)) || matches!(event, "click" | "dblclick" | "scroll" | "input")
}

/// How many functions on the ways up to a line are looked at for a retry.
const RETRY: usize = 64;

/// Events after which something is tried again.
fn is_failure(event: &str) -> bool {
    const ENDS: [&str; 14] = [
        "error",
        "close",
        "closed",
        "end",
        "ended",
        "exit",
        "disconnect",
        "disconnected",
        "timeout",
        "fail",
        "failed",
        "failure",
        "lost",
        "down",
    ];
    let event = event.to_ascii_lowercase();
    ENDS.iter().any(|end| event.ends_with(end))
}

/// The exit of a wait that a timer ends.
const OUTLASTED: &str = "when the time is over first, nothing removes it";

impl Program<'_> {
    /// Alternatives: this one's listener releases the other registration, and the other's does not release this one.
    pub(super) fn one_sided(&self, sites: &Sites, registration: &Registration) -> Option<(CallAt, String)> {
        if !registration.once || !registration.through.is_empty() || registration.event.name().is_some_and(is_gesture) {
            return None;
        }
        let f = self.function_of(registration.call);
        let functions = |r: &Registration| self.functions_of_origins(&r.handlers, 4);
        let own = functions(registration);
        let inside = |release: &Release, of: &[(Fun, usize)]| self.is_run_within(release, of);
        let releases = |release: &Release, of: &Registration| {
            let (receiver, event, handler) = self.compare(of, release);
            // (To take all away from an object says nothing of another one.)
            let meant = receiver == Match::Same || release.handlers.is_some() && receiver == Match::Unknown;
            meant && event == Match::Same && handler != Match::Different
        };
        for other in sites.registrations_in(f) {
            if other.call == registration.call
                || !other.once
                || other.receivers != registration.receivers
                || other.event == registration.event
                // An error or an end is the end of the emitter: nothing has to be left for the next use.
                || matches!(other.event.name(), Some("error" | "close" | "end" | "exit" | "disconnect" | "aborted"))
            {
                continue;
            }
            let others = functions(other);
            if others.is_empty() || others == own || self.ends_receiver(&others, &registration.receivers) {
                continue;
            }
            let mutual = sites.releases_in(f.file).find(|r| inside(r, &own) && releases(r, other));
            let back = sites.releases_in(f.file).any(|r| inside(r, &others) && releases(r, registration))
                || self.is_released_by_emitting(sites, other, &|r| releases(r, registration));
            if let (Some(release), false) = (mutual, back) {
                return Some((release.call, other.event.name().unwrap_or("the other event").to_owned()));
            }
        }
        None
    }

    /// The release stands in one of the functions, or in one that they call.
    fn is_run_within(&self, release: &Release, functions: &[(Fun, usize)]) -> bool {
        let g = self.function_of(release.call);
        functions.iter().any(|&(h, _)| self.within(g, h) || self.callers(g).iter().any(|&c| self.within(self.function_of(c), h)))
    }

    /// One of the functions, or one that they call, may take the listener away.
    pub(super) fn is_released_within(&self, sites: &Sites, registration: &Registration, functions: &[(Fun, usize)]) -> bool {
        let file = registration.call.file;
        sites.releases_in(file).any(|r| self.is_run_within(r, functions) && self.may_release(registration, r))
    }

    /// What makes the other's event happen takes the listener away in its own function: `this.emit('over'); this.removeAllListeners('data')`.
    fn is_released_by_emitting(&self, sites: &Sites, other: &Registration, releases: &dyn Fn(&Release) -> bool) -> bool {
        let emissions = other.event.name().map_or(&[][..], |event| self.emissions_of(event));
        // (Another class of the program, or the source beside what is built from it, speaks of its own.)
        let owner = |o: &Origin| match o.root {
            Root::This(f) if o.path.is_empty() => self.owner_of_this(f),
            _ => None,
        };
        let of_others = |emission: CallAt| {
            let emitters = self.receiver(emission).map(|(object, _)| self.origins(object));
            let theirs = emitters.iter().flat_map(|origins| origins.iter()).map(owner).collect::<Option<Vec<_>>>().unwrap_or_default();
            let ours = other.receivers.iter().filter_map(owner).collect::<Vec<_>>();
            !theirs.is_empty() && !ours.is_empty() && theirs.iter().all(|&one| !ours.iter().any(|&our| self.related(one, our)))
        };
        let mut emissions = emissions.iter().filter(|&&emission| !of_others(emission)).peekable();
        emissions.peek().is_some()
            && emissions.all(|&emission| {
                let beside = |release: &Release| self.function_of(release.call) == self.function_of(emission);
                self.receiver(emission).is_some_and(|(object, _)| self.same_object(&self.origins(object), &other.receivers))
                    && sites.releases_in(emission.file).any(|release| beside(release) && releases(release))
            })
    }

    /// The listener does its work and stays: it settles what it was added for, and what takes it away is the listener of another event
    /// that settles the same, which then does not come.
    pub(super) fn left_by_its_work(&self, sites: &Sites, registration: &Registration, release: &Release) -> Option<String> {
        let event = registration.event.name().filter(|event| !registration.once && !is_end(event) && !is_gesture(event))?;
        let (f, g) = (self.function_of(registration.call), self.function_of(release.call));
        let heard_by = |r: &Registration| self.functions_of_origins(&r.handlers, 4).iter().any(|&(h, _)| h == g);
        let mut hearing = sites.registrations_in(f).filter(|r| heard_by(r)).peekable();
        hearing.peek()?;
        let settles = self.settles(registration);
        let own = self.functions_of_origins(&registration.handlers, 4);
        // (What is read until the end is done then, and goes.)
        let read =
            |r: &Registration| matches!(r.event.name(), Some("end" | "finish")) && self.same_object(&r.receivers, &registration.receivers);
        let of_other = |r: &Registration| r.event != registration.event && !read(r) && !self.settles(r).is_disjoint(&settles);
        let handed = self.passed(g).iter().filter(|p| super::releases::release(self, p.call).is_none()).count();
        let elsewhere = !hearing.all(of_other) || !self.callers(g).is_empty() || handed > 1;
        if settles.is_empty() || elsewhere || self.ends_receiver(&own, &registration.receivers) {
            return None;
        }
        let removed = self.is_released_within(sites, registration, &own);
        (!removed).then(|| format!("when `{event}` comes, the listener settles what it was added for, and stays"))
    }

    /// The promise that the listener was added for is settled by what a call of the executor calls back, which leaves the listener: what
    /// takes it away are listeners of the executor, for ends that then need not come.
    pub(super) fn left_by_the_answer(&self, sites: &Sites, registration: &Registration, release: &Release) -> Option<String> {
        let f = self.function_of(registration.call);
        let older = |o: &Origin| match o.root {
            Root::This(_) => !o.path.is_empty(),
            Root::Param(g, _) => !self.within(g, f),
            Root::Global(_) | Root::Module(_) => true,
            _ => false,
        };
        if !self.is_executor_of_promise(f) || !registration.receivers.iter().all(older) {
            return None;
        }
        let heard = |point: &CallAt| {
            let g = self.function_of(*point);
            let hears = |r: &Registration| self.functions_of_origins(&r.handlers, 2).iter().any(|&(h, _)| self.within(g, h));
            g != f && sites.registrations_in(f).any(hears)
        };
        if !self.points(registration, release).iter().all(heard) {
            return None;
        }
        let answer = self.answer_of(sites, registration)?;
        let name = self.callee_name(answer).unwrap_or_default();
        Some(format!("when `{name}` calls back first, the promise is settled and nothing removes it"))
    }

    /// The call of the registration's executor whose callback settles the promise, and neither releases nor ends the emitter.
    pub(super) fn answer_of(&self, sites: &Sites, registration: &Registration) -> Option<CallAt> {
        let f = self.function_of(registration.call);
        // `resolve`, and not in a listener.
        let resolves =
            |c: &CallAt| self.origins(c.with(self.call(*c).callee)).iter().any(|o| o.path.is_empty() && o.root == Root::Param(f, 0));
        let ends_or_releases =
            |g: Fun| self.ends_receiver(&[(g, 0)], &registration.receivers) || self.is_released_within(sites, registration, &[(g, 0)]);
        self.calls_within(f).into_iter().filter(|&c| self.function_of(c) != f && resolves(&c)).find_map(|c| {
            let h = self.function_of(c);
            let [passed] = self.passed(h) else { return None };
            let asked = passed.call;
            let ends = self.called_as(asked).is_some_and(|name| super::stages::is_teardown(name) || name.starts_with("set"));
            let around = self.chain(h).into_iter().take_while(|&g| g != f);
            let apart = self.callers(h).is_empty()
                && self.call(asked).kind == CallKind::Call
                && super::sites::registration(self, asked).is_none()
                && !ends
                && !around.into_iter().any(&ends_or_releases);
            apart.then_some(asked)
        })
    }

    /// What the listener was added for is settled by another event, whose listener leaves it: it stays until all of the object's are taken
    /// away at the object's end.
    pub(super) fn left_by_the_other(&self, sites: &Sites, registration: &Registration, release: &Release) -> Option<String> {
        let (f, g) = (self.function_of(registration.call), self.function_of(release.call));
        let settles = self.settles(registration);
        // (`onClose` hears of the end.)
        let name = self.fun(g).name.trim_start_matches('_');
        let heard = name.strip_prefix("on").or_else(|| name.strip_prefix("handle")).unwrap_or(name);
        // (Of a method that none of the program calls, such as `reset`, nothing tells that it follows.)
        let apart = || super::stages::is_teardown(heard) || heard == "Error" || self.is_member(g) && self.callers(g).is_empty();
        if settles.is_empty() || self.within(g, f) || !apart() {
            return None;
        }
        let other = sites.registrations_in(f).find(|other| {
            let listeners = self.functions_of_origins(&other.handlers, 4);
            other.call != registration.call
                && other.receivers == registration.receivers
                && other.event != registration.event
                && !other.event.name().is_some_and(is_end)
                && !self.settles(other).is_disjoint(&settles)
                && !self.is_released_within(sites, registration, &listeners)
        })?;
        let event = other.event.name().map_or("the other event".to_owned(), |event| format!("`{event}`"));
        Some(format!("when {event} fires instead, it stays until all are removed"))
    }

    /// Why a one-time listener may stay though its event is presumed to fire: what it waits for can end in another way, which leaves it.
    pub(super) fn ends_otherwise(&self, sites: &Sites, registration: &Registration) -> Option<(CallAt, String)> {
        if self.is_retried(registration.call, &registration.receivers, registration.event.name()) {
            return Some((registration.call, super::discharge::RETRIED.to_owned()));
        }
        let settles = self.settles(registration);
        if registration.event.name().is_some_and(is_gesture) {
            return None;
        }
        let last = registration.event.name().is_some_and(is_end);
        if let Some(race) = self.raced(&settles).filter(|&race| self.is_loser_that_stays(sites, registration, race, last)) {
            return Some((race, "when another of the race is first, nothing removes it".to_owned()));
        }
        if last {
            return None;
        }
        if settles.is_empty() {
            return self.timed(registration, &self.handed_on(registration)).or_else(|| self.outlasts_timer(sites, registration));
        }
        self.competing(sites, registration, &settles)
            .or_else(|| self.timed(registration, &settles))
            .or_else(|| self.run_by_hand(sites, registration))
    }

    /// `e.once('done', f); if (isDone) f()`: what the listener waits for has been, so that it settles what it was added for without the
    /// event, which does not come again.
    fn run_by_hand(&self, sites: &Sites, registration: &Registration) -> Option<(CallAt, String)> {
        let f = self.function_of(registration.call);
        let own = self.functions_of_origins(&registration.handlers, 1);
        let around = registration.call.with(self.call(registration.call).block);
        let by_hand = |c: CallAt| {
            let block = c.with(self.call(c).block);
            self.function_of(c) == f
                && c.id > registration.call.id
                && block != around
                && self.block_within(block, around)
                && self.functions_of(c.with(self.call(c).callee)).iter().any(|(h, _)| own.iter().any(|(o, _)| o == h))
        };
        let run = self.calls_within(f).into_iter().find(|&c| by_hand(c))?;
        let removed = sites
            .releases_in(f.file)
            .any(|r| (self.is_run_within(r, &own) || self.within(self.function_of(r.call), f)) && self.may_release(registration, r));
        (!removed).then(|| (run, "where the listener is run at once, it stays: the event has been".to_owned()))
    }

    /// The line comes again when something it started has failed or ended, whether or not the event it waits for has come.
    pub(super) fn is_retried(&self, call: CallAt, receivers: &[Origin], event: Option<&str>) -> bool {
        let f = self.function_of(call);
        let top = self.outermost(f);
        let own = receivers.iter().all(|o| o.path.is_empty() && matches!(o.root, Root::This(_)));
        let waits = event.is_none_or(|event| !is_end(event) && !super::stages::is_teardown(event));
        if !own || !waits || self.owner_around(top).is_none() {
            return false;
        }
        let mut seen = FxHashSet::default();
        let mut open = vec![(f, false)];
        while let Some((g, failed)) = open.pop() {
            if !seen.insert((g, failed)) || seen.len() > RETRY {
                continue;
            }
            for starter in self.starters(g).iter() {
                let (Some(by), Some(within)) = (starter.by, starter.within) else { continue };
                if by == call || self.owner_around(self.outermost(within)) != self.owner_around(top) {
                    continue;
                }
                let fails = matches!(&starter.how, super::starters::Started::Listener(Some(event)) if is_failure(event));
                // The object's own failure.
                let own =
                    fails && super::sites::registration(self, by).is_some_and(|site| self.same_object(&site.receivers(self), receivers));
                if own || (failed || fails) && self.within(within, top) {
                    return true;
                }
                open.push((within, failed || fails));
            }
        }
        false
    }

    /// The emitter goes on when another of the race is first: what others wait for is no end of it. What waits for the end itself (`last`)
    /// stays only where others wait for something else of the same emitter.
    fn is_loser_that_stays(&self, sites: &Sites, registration: &Registration, race: CallAt, last: bool) -> bool {
        let Some(&list) = self.call(race).args.first() else { return !last };
        let Value::Array(elements) = self.value(race.with(list)) else { return !last };
        let executors = elements.iter().flat_map(|&e| self.origins(race.with(e)).to_vec()).flat_map(|o| match o.root {
            Root::Call(made) if o.path.is_empty() => {
                self.call(made).args.first().map(|&executor| self.functions_of(made.with(executor))).unwrap_or_default()
            }
            _ => Vec::new(),
        });
        if self.is_raced_once(race, elements) {
            return false;
        }
        let f = self.function_of(registration.call);
        let (mut ends, mut others) = (false, !last && elements.len() > 2);
        for (executor, _) in executors.filter(|&(executor, _)| !self.within(f, executor)) {
            let mut beside =
                sites.registrations_in(executor).filter(|r| self.same_object(&r.receivers, &registration.receivers)).peekable();
            others |= !last && beside.peek().is_none();
            for r in beside {
                let is_end = r.event.name().is_some_and(is_end);
                ends |= is_end;
                others |= !is_end;
            }
        }
        others || !last && !ends
    }

    /// The race is run in a loop against what was there before the loop, and settles once for all its turns.
    fn is_raced_once(&self, race: CallAt, elements: &[ValueId]) -> bool {
        let Some(around) = self.loop_around(race.with(self.call(race).block)) else { return false };
        let before = |b: At<BindingId>| {
            let defs = &self.binding(b).defs;
            !defs.is_empty() && defs.iter().all(|&d| !self.block_within(b.with(self.assign(b.with(d)).block), around))
        };
        let rivals = elements.iter().filter(|&&e| !matches!(self.value(race.with(e)), Value::Call(_)));
        let mut rivals = rivals.map(|&e| matches!(self.value(race.with(e)), Value::Binding(b) if before(race.with(*b)))).peekable();
        rivals.peek().is_some() && rivals.all(|is| is)
    }

    /// The promise that is settled is one of several in `Promise.race([...])`.
    fn raced(&self, settles: &FxHashSet<(Fun, u32)>) -> Option<CallAt> {
        let promises = settles.iter().flat_map(|&(f, _)| self.passed(f)).map(|p| p.call);
        let promises: Vec<CallAt> = promises.filter(|&c| self.callee_name(c).as_deref() == Some("Promise")).collect();
        let file = promises.first()?.file;
        if let Some(c) = promises.iter().find_map(|&p| self.raced_by_helper(p)) {
            return Some(c);
        }
        (0..self.facts(file).calls.len() as u32).map(|id| promises[0].with(CallId(id))).find(|&c| {
            let raced = matches!(self.receiver(c), Some((object, Key::Name(name))) if name == "race" && self.is_global(object, "Promise"));
            raced
                && self.call(c).args.first().is_some_and(|&list| match self.value(c.with(list)) {
                    Value::Array(elements) => {
                        elements.len() > 1
                            && elements
                                .iter()
                                .any(|&e| self.origins(c.with(e)).iter().any(|o| matches!(o.root, Root::Call(p) if promises.contains(&p))))
                    }
                    _ => false,
                })
        })
    }

    /// The promise is handed to a function of the program that does not wait longer than a timer: `withTimeout(promise, ms)`.
    fn raced_by_helper(&self, promise: CallAt) -> Option<CallAt> {
        let is_it = |o: &Origin| o.path.is_empty() && o.root == Root::Call(promise);
        self.calls_within(self.function_of(promise)).into_iter().find(|&c| {
            let call = self.call(c);
            let at = call.args.iter().position(|&a| self.origins(c.with(a)).iter().any(is_it));
            at.is_some_and(|at| self.functions_called(c).iter().any(|&h| self.is_timed_out(h, at as u32)))
        })
    }

    /// The function makes a promise that either the parameter or a timer settles.
    fn is_timed_out(&self, h: Fun, param: u32) -> bool {
        let given = |o: &Origin| o.path.is_empty() && o.root == Root::Param(h, param);
        let calls = self.calls_within(h);
        let times = |c: CallAt| self.callee_name(c).as_deref() == Some("setTimeout");
        let awaits = |c: CallAt| matches!(self.receiver(c), Some((object, Key::Name(name))) if name == "then" && self.origins(object).iter().any(given));
        let races = |c: CallAt| {
            matches!(self.receiver(c), Some((object, Key::Name(name))) if name == "race" && self.is_global(object, "Promise"))
                && self.call(c).args.first().is_some_and(|&list| match self.value(c.with(list)) {
                    Value::Array(elements) => elements.len() > 1 && elements.iter().any(|&e| self.origins(c.with(e)).iter().any(given)),
                    _ => false,
                })
        };
        let settled = |c: CallAt| {
            let callback = self.call(c).args.first().map(|&a| self.functions_of(c.with(a))).unwrap_or_default();
            !self.settled_by(&callback).is_empty()
        };
        calls.iter().any(|&c| races(c))
            || calls.iter().any(|&c| awaits(c))
                && calls.iter().any(|&c| times(c) && settled(c) && self.is_executor_of_promise(self.function_of(c)))
    }

    /// Another one-time listener of the activation that settles the same, on the same emitter, or on another part of the object.
    fn competing(&self, sites: &Sites, registration: &Registration, settles: &FxHashSet<(Fun, u32)>) -> Option<(CallAt, String)> {
        let f = self.function_of(registration.call);
        let part = |o: &Origin| matches!(o.root, Root::This(_)) && o.path.len() == 1;
        let beside = |other: &Registration| {
            other.receivers != registration.receivers
                && [other, registration].iter().all(|r| !r.receivers.is_empty() && r.receivers.iter().all(part))
        };
        let other = sites.registrations_in(f).find(|other| {
            other.call != registration.call
                && other.once
                && (other.receivers == registration.receivers && other.event != registration.event || beside(other))
                && !other.event.name().is_some_and(is_end)
                && !self.is_beside(other.call, registration.call)
                && !self.is_beside(registration.call, other.call)
                && !self.settles(other).is_disjoint(settles)
        })?;
        let event = other.event.name().unwrap_or("the other event");
        Some((other.call, format!("when `{event}` fires instead, nothing removes it")))
    }

    /// A timer of the activation settles the same, and neither removes the listener nor ends the emitter.
    fn timed(&self, registration: &Registration, settles: &FxHashSet<(Fun, u32)>) -> Option<(CallAt, String)> {
        let f = self.function_of(registration.call);
        let around = self.chain(f);
        let timer = self.facts(f.file).calls.iter().enumerate().map(|(i, _)| f.with(CallId(i as u32))).find(|&c| {
            let at = self.function_of(c);
            !self.fun(at).at_load
                && around.contains(&at)
                && self.callee_name(c).as_deref() == Some("setTimeout")
                && self.call(c).args.first().is_some_and(|&callback| {
                    let functions = self.functions_of(c.with(callback));
                    !self.settled_by(&functions).is_disjoint(settles) && !self.ends_receiver(&functions, &registration.receivers)
                })
        })?;
        Some((timer, OUTLASTED.to_owned()))
    }

    /// The listener waits for what need not come, against a timer of the activation that it stops where it takes itself off: when the time
    /// is over, the timer's own function leaves it.
    fn outlasts_timer(&self, sites: &Sites, registration: &Registration) -> Option<(CallAt, String)> {
        let f = self.function_of(registration.call);
        let own = self.functions_of_origins(&registration.handlers, 1);
        let waits = |r: &&Release| {
            let g = self.function_of(r.call);
            own.iter().any(|&(h, _)| h == g)
                && !self.tests_before(r.call.with(self.call(r.call).block), self.order_of(r.call)).is_empty()
                && self.may_release(registration, r)
        };
        let stopped = |release: &Release| {
            let beside = self.calls_in(release.call.with(self.call(release.call).block));
            let stops = beside.into_iter().filter(|&c| self.called_as(c) == Some("clearTimeout"));
            stops.flat_map(|c| self.call(c).args.iter().flat_map(move |&a| self.origins(c.with(a)).to_vec())).collect::<Vec<_>>()
        };
        let left = |timer: CallAt| {
            let functions = self.call(timer).args.first().map(|&callback| self.functions_of(timer.with(callback))).unwrap_or_default();
            !functions.is_empty()
                && !functions.iter().any(|(h, _)| own.iter().any(|(o, _)| o == h))
                && !functions.iter().any(|&(h, _)| self.touches(h, &registration.receivers))
                && !self.is_released_within(sites, registration, &functions)
        };
        let timer = sites.releases_in(f.file).filter(waits).flat_map(stopped).find_map(|o| match o.root {
            Root::Call(timer) if o.path.is_empty() && self.called_as(timer) == Some("setTimeout") => {
                (self.function_of(timer) == f && left(timer)).then_some(timer)
            }
            _ => None,
        })?;
        Some((timer, OUTLASTED.to_owned()))
    }

    /// The function calls a method of the object or writes a field of it: the object may tell its listeners of that.
    fn touches(&self, h: Fun, receivers: &[Origin]) -> bool {
        let of_receiver = |v: At<ValueId>| self.same_object(&self.origins(v), receivers);
        let writes =
            |a: &Assign| matches!(&a.to, Place::Member(object, _) if self.within(h.with(a.function), h) && of_receiver(h.with(*object)));
        self.calls_within(h).into_iter().any(|c| self.receiver(c).is_some_and(|(object, _)| of_receiver(object)))
            || self.facts(h.file).assigns.iter().any(writes)
    }

    /// What the listener settles: parameters of the functions around it that it calls, or is.
    pub(super) fn settles(&self, registration: &Registration) -> FxHashSet<(Fun, u32)> {
        let f = self.function_of(registration.call);
        let mut out = self.settled_by(&self.functions_of_origins(&registration.handlers, 4));
        // What a maker of listeners was given is of that call: `safe(start)` and `safe(done)` settle nothing in common.
        out.retain(|&(g, _)| self.within(f, g) || self.passed(g).iter().any(|p| self.within(self.function_of(p.call), f)));
        out.extend(registration.handlers.iter().filter_map(|o| self.settler(o, f)));
        out
    }

    /// What the listener hands on for another function to settle (`() => select(topology, callback)`), or has a function of its
    /// activation settle.
    fn handed_on(&self, registration: &Registration) -> FxHashSet<(Fun, u32)> {
        let f = self.function_of(registration.call);
        let mut functions = self.functions_of_origins(&registration.handlers, 4);
        functions.retain(|&(h, _)| self.within(h, f));
        let mut out = FxHashSet::default();
        for (h, _) in functions {
            for c in self.calls_within(h) {
                let given = self.call(c).args.iter().flat_map(|&a| self.origins(c.with(a)).to_vec());
                out.extend(given.filter_map(|o| self.settler(&o, h)).filter(|&(g, _)| g != h));
                let called: Vec<(Fun, usize)> = self.functions_called(c).iter().map(|&g| (g, 0)).collect();
                out.extend(self.settled_by(&called).into_iter().filter(|&(g, _)| self.within(f, g)));
            }
        }
        out
    }

    pub(super) fn settled_by(&self, functions: &[(Fun, usize)]) -> FxHashSet<(Fun, u32)> {
        let mut out = FxHashSet::default();
        for &(h, _) in functions {
            for c in self.calls_within(h) {
                // `resolve.apply(void 0, values)`.
                let callee = match self.receiver(c) {
                    Some((called, Key::Name(name))) if matches!(name.as_str(), "apply" | "call") => called,
                    _ => c.with(self.call(c).callee),
                };
                out.extend(self.origins(callee).iter().filter_map(|o| self.settler(o, h)).filter(|&(g, _)| g != h));
            }
        }
        out
    }

    /// A parameter of a function around `inner` that is called to settle: both of an executor's are one.
    pub(super) fn settler(&self, o: &Origin, inner: Fun) -> Option<(Fun, u32)> {
        match (o.root, o.path.is_empty()) {
            (Root::Param(g, i), true) if self.within(inner, g) => Some((g, if self.is_executor_of_promise(g) { 0 } else { i })),
            _ => None,
        }
    }

    /// One of the functions ends the object (`socket.destroy()`).
    fn ends_receiver(&self, functions: &[(Fun, usize)], receivers: &[Origin]) -> bool {
        functions.iter().flat_map(|&(h, _)| self.calls_within(h)).any(|c| {
            self.receiver(c).is_some_and(|(object, key)| {
                matches!(key, Key::Name(name) if super::stages::is_teardown(name)) && self.same_object(&self.origins(object), receivers)
            })
        })
    }
}
