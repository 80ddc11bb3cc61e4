//! Discharge: what ends an obligation.
//!
//! Matching is three-valued per receiver, event and listener: same, different, unknown. Unknown discharges; only «different» is a
//! mismatch.

use super::count::Emitter;
use super::matching::Match;
use super::sites::{Registration, Release, Sites};
use super::types::Type;
use super::{At, CallAt, Fun, Origin, Program, Root};
use crate::facts::*;

/// What is known of a registration's end.
#[derive(Debug, Clone)]
pub enum Discharge {
    /// Something ends it.
    Released,
    /// A release is attempted and removes nothing.
    Mismatch(CallAt, Mismatch),
    /// A release exists, and this way out goes past it.
    NotOnEveryPath { release: CallAt, exit: String },
    /// Only a way out of its own takes it back (`catch (e) { off(); throw e }`): the straight way leaves it.
    RolledBack(CallAt),
    /// It takes itself away when its emitter ends or fails, and nothing else does.
    AtEnd(CallAt),
    /// The disposer that the call gives back is dropped.
    Dropped,
    /// Nothing takes the listener away.
    Nothing,
}

impl Discharge {
    /// Whoever adds the listener leaves nothing behind, unless the same emitter gets it again and again.
    pub fn is_released(&self) -> bool {
        matches!(self, Discharge::Released | Discharge::AtEnd(_))
    }
}

/// What differs between a registration and the release that was meant for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    Listener,
    /// The same function text, made by another call.
    Activation,
    Event,
    Emitter,
    /// The capture flag.
    Phase,
    /// The slot that holds the listener: it has the last one only.
    Slot,
    /// The test above the release: it asks that nobody listens.
    Unmet,
    /// What is given for the listener: what the adding call gave back, which is nothing.
    Result,
    /// The method: there is none of that name.
    Method,
}

/// Why a listener stays that waits for an attempt's success.
pub(super) const RETRIED: &str = "when the attempt fails, the next one adds another";

impl Program<'_> {
    /// What ends the obligation of a registration.
    ///
    /// `of_round`: the object itself has the line run again and again, of its own accord.
    pub fn discharge(&self, sites: &Sites, registration: &Registration, emitter: Emitter, of_round: bool) -> Discharge {
        // `addEventListener(event, f, { signal })`, `once(emitter, event, { signal })`.
        let implied = self.call(registration.inner).args.iter().copied().filter(|_| registration.implicit);
        let objects = implied.map(|v| registration.inner.with(v)).filter(|&v| matches!(self.value(v), Value::Object(..)));
        if registration.options.into_iter().chain(objects).any(|options| self.has_signal(options)) {
            return Discharge::Released;
        }
        if self.is_put_back_wrapped(sites, registration) {
            return Discharge::Released;
        }
        if self.is_released_by_third(registration) || self.is_of_queue(registration) {
            return Discharge::Released;
        }
        let mut mismatch: Option<(CallAt, Mismatch)> = None;
        let mut partial: Option<(CallAt, String)> = None;
        let mut released: Vec<CallAt> = Vec::new();
        let mut rolled_back: Option<CallAt> = None;
        let mut at_end: Option<CallAt> = None;
        let mut uncalled = false;
        let mut hidden = false;
        let mut replaces: Option<CallAt> = None;
        for release in sites.releases_for(self, registration) {
            // The inside of a helper that releases what it is given speaks through its calls.
            // The helper that registers keeps, or runs first, what releases.
            if release.call == registration.call && release.inner != registration.inner {
                if self.may_release(registration, release) {
                    if self.is_of_other_phase(registration, release) {
                        mismatch.get_or_insert((release.inner, Mismatch::Phase));
                    } else {
                        released.push(release.call);
                    }
                }
                continue;
            }
            if !self.in_reach(registration, release) {
                continue;
            }
            if self.is_never_told(&release.told) {
                continue;
            }
            let (receiver, event, handler) = self.compare(registration, release);
            if receiver != Match::Different
                && event != Match::Different
                && let Some(giver) = self.is_lost(registration, self.function_of(release.call))
            {
                // (What its caller lets go on purpose is no attempt.)
                uncalled |= self.callers(giver).is_empty();
                continue;
            }
            let all = release.handlers.is_none();
            if receiver != Match::Different && self.names_result(registration, release) {
                mismatch.get_or_insert((release.call, Mismatch::Result));
                continue;
            }
            // Nothing that is asked below makes more of it.
            if event == Match::Different && (all || handler != Match::Same) {
                continue;
            }
            let meant = !all && event == Match::Same && handler == Match::Same;
            let of_other_run = || self.is_of_dropped(registration, release) || self.is_of_another_run(registration, release);
            if meant && receiver == Match::Same && of_other_run()
                || meant && receiver != Match::Different && self.is_of_unadded(sites, registration, release)
            {
                mismatch.get_or_insert((release.call, Mismatch::Activation));
                continue;
            }
            // (Whoever calls the function tells that release the same.)
            if replaces == Some(release.inner) {
                continue;
            }
            let other = event == Match::Same && receiver == Match::Same && handler != Match::Same && !all;
            if other && self.puts_in_place(sites, registration, release) {
                replaces = Some(release.inner);
                mismatch.get_or_insert((release.call, Mismatch::Listener));
                continue;
            }
            // A release of what a helper was given speaks through the helper's calls, or through the disposer that it gives back.
            if handler == Match::Unknown && !all && self.is_of_helper(release) {
                continue;
            }
            let of_another = || self.is_of_another(sites, registration, release) || self.is_of_given_beside(sites, registration, release);
            if handler == Match::Unknown && !all && of_another() {
                continue;
            }
            if receiver == Match::Different && !(event == Match::Same && handler == Match::Same && !all) {
                continue;
            }
            if event == Match::Different {
                if receiver == Match::Same && !self.removes_something(sites, release) {
                    mismatch.get_or_insert((release.call, Mismatch::Event));
                }
                continue;
            }
            if handler == Match::Unknown && !all && self.is_confined_apart(registration, release) {
                continue;
            }
            if handler == Match::Different {
                let meant =
                    event == Match::Same && (receiver == Match::Same || receiver == Match::Unknown && self.near(registration, release));
                let meant =
                    meant && self.looks_alike(registration, release) || receiver == Match::Same && self.wrap_alike(registration, release);
                if meant && !self.removes_something(sites, release) {
                    mismatch.get_or_insert((release.call, Mismatch::Listener));
                }
                continue;
            }
            if receiver == Match::Different {
                if self.is_moved_over(registration, release) {
                    released.push(release.call);
                    continue;
                }
                if !self.removes_something(sites, release) {
                    mismatch.get_or_insert((release.call, Mismatch::Emitter));
                }
                continue;
            }
            if all && (self.is_for_none_named(release) || self.is_run_on_others(registration, release)) {
                continue;
            }
            let pooled = emitter == Emitter::Pooled && event == Match::Same && receiver == Match::Unknown;
            if all && pooled && self.gives_itself_back(release) {
                released.push(release.call);
                continue;
            }
            // A wildcard needs more than «perhaps».
            if all
                && (receiver != Match::Same || release.event.is_none() && !self.near(registration, release))
                && !(receiver == Match::Unknown && self.near(registration, release) && release.event.is_some() && event == Match::Same)
            {
                continue;
            }
            if handler == Match::Unknown && (receiver != Match::Same && event != Match::Same) && !self.near(registration, release) {
                continue;
            }
            // Only part of what the registration may be added to.
            if !all && receiver == Match::Same && handler == Match::Same && self.partial_receiver(registration, release) {
                mismatch.get_or_insert((release.call, Mismatch::Emitter));
                continue;
            }
            if !all && receiver == Match::Same && handler == Match::Same && self.is_of_other_phase(registration, release) {
                mismatch.get_or_insert((release.call, Mismatch::Phase));
                continue;
            }
            if self.overwritten_listener(registration, release) {
                mismatch.get_or_insert((release.call, Mismatch::Slot));
                continue;
            }
            if self.is_never_met(release.call) {
                continue;
            }
            if self.is_for_none_listening(release) {
                mismatch.get_or_insert((release.call, Mismatch::Unmet));
                continue;
            }
            if self.in_own_handler(registration, release) && !self.is_called_end(release) && !self.is_disposer_itself(registration) {
                if !registration.once
                    && let Some(exit) = self.settles_beside(registration, release.call)
                {
                    partial.get_or_insert((release.call, exit));
                    continue;
                }
                if emitter == Emitter::Longer && self.is_retried(registration.call, &registration.receivers, registration.event.name()) {
                    partial.get_or_insert((release.call, RETRIED.to_owned()));
                    continue;
                }
                if !registration.once
                    && emitter == Emitter::Longer
                    && let Some((_, exit)) = self.ends_otherwise(sites, registration)
                {
                    partial.get_or_insert((release.call, exit));
                    continue;
                }
                // What waits for its emitter's end goes with it.
                let with_emitter = emitter == Emitter::Longer && registration.event.name().is_some_and(super::alternatives::is_end);
                if self.presumed_to_fire(registration, emitter) {
                    released.push(release.call);
                } else if with_emitter {
                    at_end.get_or_insert(release.call);
                }
                continue;
            }
            if self.is_finalizer(self.function_of(release.call)) {
                continue;
            }
            if !self.is_reachable(self.function_of(release.call), 4) {
                // What takes away whatever it is told is nobody's release before somebody tells it.
                if handler == Match::Unknown && !all {
                    continue;
                }
                // Where nothing is seen to add either, who calls the one may call the other.
                let seen = self.is_reachable(self.function_of(registration.call), 4);
                uncalled |= seen;
                hidden |= !seen;
                continue;
            }
            if self.overwritten_slot(registration, release) {
                uncalled = true;
                continue;
            }
            if let Some(maker) = self.replaced(registration, release) {
                let by = self.function_name(self.function_of(maker));
                partial
                    .get_or_insert((release.call, format!("`{by}` puts the next object in this one's place, and does not end this one")));
                continue;
            }
            if self.is_toggled(registration, release) {
                partial.get_or_insert((release.call, "when the component goes away before that, nothing removes it".to_owned()));
                continue;
            }
            let left = self.left_by_its_work(sites, registration, release);
            if let Some(exit) = left.or_else(|| self.left_by_the_answer(sites, registration, release)) {
                partial.get_or_insert((release.call, exit));
                continue;
            }
            if emitter == Emitter::Signal
                && let Some(exit) = self.fails_apart(sites, registration, release)
            {
                partial.get_or_insert((release.call, exit));
                continue;
            }
            if all
                && release.event.is_none()
                && emitter == Emitter::Longer
                && let Some(exit) = self.left_by_the_other(sites, registration, release)
            {
                partial.get_or_insert((release.call, exit));
                continue;
            }
            if self.is_left_to_the_end(registration, release) {
                partial.get_or_insert((release.call, "when the promise settles, it stays there until all are removed".to_owned()));
                continue;
            }
            let (mut past, mut taken_back, mut passed) = (None, false, false);
            for point in self.points(registration, release) {
                match self.way_past(registration, point) {
                    None if self.is_rolled_back(registration, point) => taken_back = true,
                    None => passed = true,
                    Some(exit) => past = Some(exit),
                }
            }
            match past {
                // (Each way out may run it by itself.)
                _ if passed || taken_back && past.is_some() => released.push(release.call),
                Some(exit) => {
                    partial.get_or_insert((release.call, exit));
                }
                None => {
                    rolled_back.get_or_insert(release.call);
                }
            }
        }
        if let Some(&release) = released.first() {
            let back = self.given_back_early(registration);
            if let Some(back) = back.filter(|&back| !released.iter().any(|&release| self.is_finally_of(release, back))) {
                let name = self.callee_name(back).unwrap_or_default();
                return Discharge::NotOnEveryPath { release, exit: format!("a way out gives it back by `{name}`, past that") };
            }
            if of_round && let Some(end) = self.round_past_ends(registration, &released) {
                return Discharge::NotOnEveryPath {
                    release,
                    exit: format!("what adds it again does not run `{}` before", self.function_name(end)),
                };
            }
            return match self.one_sided(sites, registration) {
                Some((release, event)) => {
                    Discharge::NotOnEveryPath { release, exit: format!("when `{event}` fires instead, nothing removes it") }
                }
                None => Discharge::Released,
            };
        }
        if let Some(release) = at_end {
            return Discharge::AtEnd(release);
        }
        // Each way out may have a release of its own.
        if rolled_back.is_some() && (partial.is_some() || mismatch.is_some() || uncalled || hidden) {
            return Discharge::Released;
        }
        if let Some((call, what)) = mismatch {
            return Discharge::Mismatch(call, what);
        }
        if let Some((release, exit)) = partial {
            return Discharge::NotOnEveryPath { release, exit };
        }
        if registration.once
            && let Some((release, event)) = self.one_sided(sites, registration)
        {
            return Discharge::NotOnEveryPath { release, exit: format!("when `{event}` fires instead, nothing removes it") };
        }
        if self.is_kept_by_helper(sites, registration) {
            return Discharge::Released;
        }
        if uncalled {
            return Discharge::Dropped;
        }
        if hidden {
            return Discharge::Released;
        }
        if let Some((release, exit)) = self.disposer_past(registration) {
            return Discharge::NotOnEveryPath { release, exit };
        }
        if self.is_iterated_for_ever(registration) {
            return Discharge::Nothing;
        }
        let disposer = match sites.observables.adds(registration.inner) {
            true => self.observable_disposer(registration),
            false => self.disposer(registration),
        };
        match disposer {
            Some(true) => return Discharge::Released,
            Some(false) => return Discharge::Dropped,
            None => {}
        }
        if self.receiver_ends(registration) {
            return Discharge::Released;
        }
        rolled_back.map_or(Discharge::Nothing, Discharge::RolledBack)
    }

    /// It is released, as those ask that stand beside it: all of one function may ask that of each other, so it is worked out once.
    pub(super) fn is_released(&self, sites: &Sites, registration: &Registration) -> bool {
        if let Some(&known) = registration.released.get() {
            return known;
        }
        let released = self.discharge(sites, registration, Emitter::Longer, false).is_released();
        let _ = registration.released.set(released);
        released
    }

    /// The release stands in a method that ends the object, which its owner calls whether the listener runs or not.
    fn is_called_end(&self, release: &Release) -> bool {
        self.chain(self.function_of(release.call)).into_iter().any(|f| {
            super::stages::is_teardown(&self.fun(f).name)
                && self.owner_of_function(f).is_some_and(|owner| self.is_class(owner))
                && (self.is_public_function(f) || !self.callers(f).is_empty())
        })
    }

    /// The function that adds the listener gives it back too: whoever has it ends what it stands for, before the event comes.
    fn is_disposer_itself(&self, registration: &Registration) -> bool {
        let f = self.function_of(registration.call);
        let given = |o: &Origin| matches!(o.root, Root::Function(h) if o.path.is_empty() && self.returned_by(h).contains(&f));
        !registration.handlers.is_empty() && registration.handlers.iter().all(given)
    }

    /// One of the two is for the capture phase, the other is not.
    fn is_of_other_phase(&self, registration: &Registration, release: &Release) -> bool {
        let phase = |options| super::options::captures(self, options);
        registration.target
            && matches!((phase(registration.options), phase(release.options)), (Some(added), Some(removed)) if added != removed)
    }

    /// The listener is done when it settles its call's promise, but its release stands only in a list of what is older than the call.
    fn is_left_to_the_end(&self, registration: &Registration, release: &Release) -> bool {
        let (f, h) = (self.function_of(registration.call), self.function_of(release.call));
        let Some(executor) = self.settles(registration).into_iter().map(|(g, _)| g).find(|&g| self.is_executor_of_promise(g)) else {
            return false;
        };
        let of_call = |made: Fun| self.parent(executor).is_none_or(|call| self.within(made, call));
        let older = |o: &Origin| match o.root {
            Root::This(_) => !o.path.is_empty(),
            Root::Literal(v) => o.path.is_empty() && self.literal_function(v).is_some_and(|made| !of_call(made)),
            _ => false,
        };
        let listed = |c: CallAt| {
            self.receiver(c).is_some_and(|(list, key)| {
                matches!(key, Key::Name(name) if matches!(name.as_str(), "push" | "unshift" | "add"))
                    && self.origins(list).iter().all(older)
            })
        };
        let passed = self.passed(h);
        // (Who takes that from the list settles the promise by it.)
        let settles = || !self.settled_by(&[(h, 0)]).is_disjoint(&self.settles(registration));
        self.within(f, executor)
            && !settles()
            && h != f
            && self.within(h, executor)
            && self.callers(h).is_empty()
            && !passed.is_empty()
            && passed.iter().all(|p| p.shift == 0 && listed(p.call))
    }

    /// One arm adds and the other removes, in what a framework runs at changes only, never at the end.
    fn is_toggled(&self, registration: &Registration, release: &Release) -> bool {
        let f = self.function_of(registration.call);
        f == self.function_of(release.call)
            && self.is_beside(release.call, registration.call)
            && self.is_beside(registration.call, release.call)
            && self.runs_again_in_life(f)
    }

    /// The method around hands its object back to the pool that it is of: `this.removeAllListeners('data'); this.pool.release(this)`. Who
    /// takes it out again finds what that has left.
    fn gives_itself_back(&self, release: &Release) -> bool {
        let m = self.member_around(self.function_of(release.call));
        let itself = |o: &Origin| o.path.is_empty() && matches!(o.root, Root::This(_));
        let back = |c: CallAt| {
            matches!(self.receiver(c), Some((_, Key::Name(name))) if matches!(name.as_str(), "release" | "free" | "put" | "return" | "giveBack" | "recycle"))
                && self.call(c).args.iter().any(|&a| self.origins(c.with(a)).iter().any(itself))
        };
        self.owner_of_this(m).is_some_and(|owner| self.is_class(owner))
            && release.receivers.iter().any(itself)
            && self.calls_within(m).into_iter().any(back)
    }

    /// The listener that is released is a parameter of a function that the program or its users call.
    pub(super) fn is_of_helper(&self, release: &Release) -> bool {
        let f = self.function_of(release.call);
        release.handlers.as_ref().is_some_and(|h| {
            !h.is_empty()
                && h.iter().all(|o| match (o.root, o.path.is_empty()) {
                    (Root::Param(g, _), true) => self.within(f, g) && (!self.callers(g).is_empty() || self.is_public_function(g)),
                    _ => false,
                })
        })
    }

    /// The object that the listener was added to is ended beside it (`e.destroy().on('close', done)`, `e.destroy()` before it is let go).
    pub(super) fn receiver_ends(&self, registration: &Registration) -> bool {
        let f = self.function_of(registration.call);
        let Some((object, _)) = self.receiver(registration.call) else { return false };
        let origins = self.origins(object);
        let block = registration.call.with(self.call(registration.call).block);
        let ends = |c: CallAt| {
            self.receiver(c).is_some_and(|(o, k)| {
                matches!(k, Key::Name(n) if matches!(n.as_str(), "destroy" | "terminate" | "kill"))
                    && self.same_object(&self.origins(o), &origins)
            })
        };
        let writable = self.models.type_named("stream.Writable");
        // (Of what nobody tells what it is, too: no other thing than a stream has such a method.)
        let writes = |o: &Origin| match self.type_of(o) {
            Some(Type::Model(ix)) => writable.is_some_and(|writable| self.models.is_a(ix, writable)),
            Some(Type::Owner(_)) => false,
            None => true,
        };
        // What is told that nothing more is written goes, and so does what a model tells of.
        let closes = |c: CallAt| {
            ends(c)
                || self.receiver(c).is_some_and(|(o, k)| {
                    (self.method_model(c).is_some_and(|model| model.ends) || k.is("end") && origins.iter().all(writes))
                        && self.same_object(&self.origins(o), &origins)
                })
        };
        // In the clean-up that the function gives back, too.
        let cleans_up = |g: Fun| self.returned_by(g).contains(&f) && self.calls_within(g).into_iter().any(ends);
        // `try { this.socket.close() } catch { done() }`, behind the line.
        let behind = self.block(block).items.iter().skip_while(|item| **item != Item::Call(registration.call.id));
        let tries = |item: &Item| match item {
            Item::Try(tried, ..) => self.block(f.with(*tried)).items.iter().any(|item| matches!(item, Item::Call(c) if closes(f.with(*c)))),
            _ => false,
        };
        self.block(block).items.iter().any(|item| matches!(item, Item::Call(c) if ends(f.with(*c))))
            || behind.into_iter().any(tries)
            || self.is_passed_behind(registration.call, &closes)
            || self.is_poured_into(registration)
            || self.is_ended_by_given_back(registration)
            || self.fun(f).returns.iter().flat_map(|&r| self.functions_of(f.with(r))).any(|(g, _)| cleans_up(g))
    }

    /// The program's own emitters have what they are told third take the listener away: `on(event, listener, signal)` with
    /// `signal.register(() => this.off(event, listener))`.
    fn is_released_by_third(&self, registration: &Registration) -> bool {
        let c = registration.inner;
        let (Some((_, key @ Key::Name(_))), Some(&third)) = (self.receiver(c), self.call(c).args.get(2)) else { return false };
        if self.is_nothing_value(c.with(third)) || matches!(self.value(c.with(third)), Value::Bool(_) | Value::Object(..)) {
            return false;
        }
        let param = |v: At<ValueId>, f: Fun, i: u32| self.origins(v).contains(&Origin::root(Root::Param(f, i)));
        let takes_away = |g: Fun, f: Fun| {
            self.calls_within(g).into_iter().any(|off| {
                let listener = super::releases::release(self, off).and_then(|site| site.listener);
                listener.is_some_and(|v| param(off.with(v), f, 1))
            })
        };
        let hands_over = |f: Fun| {
            self.fun(f).params.len() > 2
                && self.calls_within(f).into_iter().any(|told| {
                    self.receiver(told).is_some_and(|(object, _)| param(object, f, 2))
                        && self.call(told).args.iter().flat_map(|&a| self.functions_of(told.with(a))).any(|(g, _)| takes_away(g, f))
                })
        };
        self.members_named(self.path_key(c.file, key)).iter().any(|&(_, f)| hands_over(f))
    }

    /// The same activation pours another stream into the object, to its end, which ends it: `request.pipe(this)`. (Into a part of the object
    /// that goes on, others are poured later.)
    fn is_poured_into(&self, registration: &Registration) -> bool {
        let c = registration.call;
        let f = self.function_of(c);
        let around = |d: CallAt| self.block_within(c.with(self.call(c).block), d.with(self.call(d).block));
        let pours = |d: CallAt| {
            let [into] = self.call(d).args[..] else { return false };
            d != c
                && self.called_as(d) == Some("pipe")
                && around(d)
                && self.same_object(&self.origins(d.with(into)), &registration.receivers)
        };
        let whole = |o: &Origin| o.path.is_empty() && matches!(o.root, Root::This(_));
        registration.receivers.iter().all(whole) && self.indices(f.file).calls[f.id.index()].iter().any(|&d| pours(f.with(d)))
    }
}
