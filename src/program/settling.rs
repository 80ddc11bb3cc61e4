//! Settling: where a promise that the code makes is settled, and which of its executor's listeners have to go by then.
//!
//! ```text
//! waits(R, E)     :- R in the executor E, R's listener settles E's promise, no release of R's event in E
//! settling(S, E)  :- S calls what E was given, or hands it on
//! late(S)         :- S runs after R only                  (the release may stand there)
//! ```

use rustc_hash::FxHashSet;

use super::count::Emitter;
use super::sites::{self, Registration, Site};
use super::{CallAt, Fun, Program, releases};
use crate::facts::*;
use crate::findings::{Position, Remedy, Settling, Waiting};

/// A promise that is settled in more places wants a function of its own for that: a person's work.
const PLACES: usize = 6;

/// A registration whose listener settles the promise.
struct Waits {
    call: CallAt,
    listener: u32,
    once: bool,
    idle: bool,
    /// The functions that the listener is.
    functions: Vec<Fun>,
}

/// What is given to an executor: its variables, and every mention of one.
struct Settlers {
    resolve: Option<BindingId>,
    reject: Option<BindingId>,
    mentions: FxHashSet<ValueId>,
}

impl Program<'_> {
    /// The listener, and those beside it that wait for other ends of the same promise, removed wherever that is settled.
    pub(super) fn settled_end(&self, registration: &Registration, emitter: Emitter) -> Option<Remedy> {
        let e = self.function_of(registration.call);
        if !self.is_executor_of_promise(e) {
            return None;
        }
        let settlers = self.settlers(e)?;
        let inside = self.calls_within(e);
        let mut waiting: Vec<Waits> =
            inside.iter().filter(|&&c| self.function_of(c) == e).filter_map(|&c| self.waits(registration, c, &settlers, &inside)).collect();
        let own = waiting.iter().position(|waits| waits.call == registration.call)?;
        let releases = self.releases_of(registration, &inside);
        // Some of its ends take it away already: what goes with those stays as it is.
        if !releases.is_empty() {
            waiting = vec![waiting.swap_remove(own)];
        }
        let done = |c: &CallAt| releases.iter().any(|r| self.block_within(c.with(self.call(*c).block), r.with(self.call(*r).block)));
        let done = |c: &CallAt| done(c) && !releases.iter().any(|r| self.function_of(*r) == e);
        let (mut settlings, mut places) = (Vec::new(), Vec::new());
        for &c in inside.iter().filter(|c| !done(c)) {
            let call = self.call(c);
            let before = settlings.len();
            if settlers.mentions.contains(&call.callee) {
                self.settling(e, c, None, &waiting, &settlers, &mut settlings)?;
            }
            for (index, _) in call.args.iter().enumerate().filter(|(_, arg)| settlers.mentions.contains(arg)) {
                // Another release names it: what it is must not change.
                if releases::release(self, c).is_some() {
                    return None;
                }
                self.settling(e, c, Some(index as u32), &waiting, &settlers, &mut settlings)?;
            }
            places.extend(settlings[before..].iter().map(|settling: &Settling| (c, settling.argument.is_some())));
        }
        // Where only the listener settles, and it may never be called, the promise is given up elsewhere (`Promise.race`).
        let own: Vec<Fun> = waiting.iter().filter(|w| w.call == registration.call).flat_map(|w| w.functions.clone()).collect();
        let elsewhere = |&(c, handed): &(CallAt, bool)| {
            let f = self.function_of(c);
            (handed || f != e || self.fun(e).is_async) && !own.iter().any(|&g| self.within(f, g))
        };
        if !(places.iter().any(elsewhere) || releases.is_empty() && self.comes(registration, emitter)) {
            return None;
        }
        if settlings.is_empty() || settlings.len() > PLACES {
            return None;
        }
        let place = |waits: Waits| Waiting { registration: self.call_place(waits.call), listener: waits.listener, idle: waits.idle };
        Some(Remedy::RemoveWhenSettled { waiting: waiting.into_iter().map(place).collect(), settlings })
    }

    /// The event comes, sooner or later: between two uses of a connection, too.
    fn comes(&self, registration: &Registration, emitter: Emitter) -> bool {
        let early = matches!(registration.event.name(), Some("connect" | "secureConnect" | "ready" | "lookup" | "open"));
        self.presumed_to_fire(registration, emitter)
            || emitter == Emitter::Pooled && !early && self.presumed_to_fire(registration, Emitter::Longer)
    }

    /// What settles the promise, if it is only ever called, or handed to a call.
    fn settlers(&self, e: Fun) -> Option<Settlers> {
        let param = |index: usize| self.fun(e).params.get(index).and_then(|param| param.binding);
        let (resolve, reject) = (param(0), param(1));
        let facts = self.facts(e.file);
        let own = |value: &Value| matches!(value, Value::Binding(b) if Some(*b) == resolve || Some(*b) == reject);
        let mentions: FxHashSet<ValueId> =
            facts.values.iter().enumerate().filter(|(_, value)| own(value)).map(|(id, _)| ValueId(id as u32)).collect();
        let mentioned = |id: &ValueId| mentions.contains(id);
        let elsewhere = |value: &Value| match value {
            Value::Member(v, _) | Value::Spread(v) | Value::Await(v) | Value::Yield(Some(v)) | Value::Unary(_, v) => mentioned(v),
            Value::Object(properties, spread) => properties.iter().any(|(_, v)| mentioned(v)) || spread.iter().any(mentioned),
            Value::Array(all) | Value::Text(all) | Value::Choice(_, all) => all.iter().any(mentioned),
            Value::Binary(_, a, b) => mentioned(a) || mentioned(b),
            _ => false,
        };
        let kept = facts.values.iter().any(elsewhere)
            || facts.assigns.iter().any(|assign| mentioned(&assign.from))
            || facts.functions.iter().any(|function| function.returns.iter().any(mentioned));
        (!kept && !mentions.is_empty()).then_some(Settlers { resolve, reject, mentions })
    }

    /// A call of the executor that adds a listener as the registration does, to wait for another end of the promise.
    fn waits(&self, registration: &Registration, c: CallAt, settlers: &Settlers, inside: &[CallAt]) -> Option<Waits> {
        let site = sites::registration(self, c).filter(|site| !site.implicit)?;
        let beside = || self.same_object(&site.receivers(self), &registration.receivers) && self.releases(&site, c, inside).is_empty();
        if self.loop_around(c.with(self.call(c).block)).is_some() || c != registration.call && !beside() {
            return None;
        }
        let handler = site.handler?;
        let listener = self.written_place(c, self.call(c).args.iter().position(|&arg| arg == handler)?)?;
        let functions: Vec<Fun> = self.functions_of(c.with(handler)).into_iter().map(|(f, _)| f).collect();
        let settles = |f: &Fun| self.calls_within(*f).iter().any(|&c| settlers.mentions.contains(&self.call(c).callee));
        let given = settlers.mentions.contains(&handler);
        if c != registration.call && !given && !functions.iter().any(settles) {
            return None;
        }
        // An emitter throws where nobody hears its error.
        let missed = site.event.as_deref() == Some("error") && !site.target;
        let idle = !missed && (given || !functions.is_empty() && functions.iter().all(|&f| self.only_settles(f, settlers)));
        // A signal is aborted once.
        let once = site.once || site.target && site.event.as_deref() == Some("abort");
        Some(Waits { call: c, listener, once, idle, functions })
    }

    fn releases_of(&self, registration: &Registration, inside: &[CallAt]) -> Vec<CallAt> {
        sites::registration(self, registration.call).map_or_else(Vec::new, |site| self.releases(&site, registration.call, inside))
    }

    /// Releases in the executor that name the event of a registration there.
    fn releases(&self, site: &Site, of: CallAt, inside: &[CallAt]) -> Vec<CallAt> {
        let names = |release: releases::ReleaseSite| match release.event {
            Some(releases::ReleasedEvent::Given(event)) => site.event_value.is_none_or(|own| self.same_value(of.with(own), of.with(event))),
            Some(releases::ReleasedEvent::Fixed(event)) => site.event.as_ref() == Some(&event),
            None => true,
        };
        inside.iter().copied().filter(|c| releases::release(self, *c).is_some_and(names)).collect()
    }

    fn same_value(&self, a: super::At<ValueId>, b: super::At<ValueId>) -> bool {
        self.value(a) == self.value(b) || self.same_object(&self.origins(a), &self.origins(b))
    }

    /// All that the function does is to settle the promise, with what it makes for that.
    fn only_settles(&self, f: Fun, settlers: &Settlers) -> bool {
        let settles = |c: &CallAt| self.call(*c).kind == CallKind::New || settlers.mentions.contains(&self.call(*c).callee);
        self.calls_within(f).iter().all(settles) && !self.facts(f.file).assigns.iter().any(|assign| self.within(f.with(assign.function), f))
    }

    /// Adds a place where the promise is settled, unless nothing has to be done there. None: there is no way to do it.
    fn settling(
        &self,
        e: Fun,
        c: CallAt,
        argument: Option<u32>,
        waiting: &[Waits],
        settlers: &Settlers,
        out: &mut Vec<Settling>,
    ) -> Option<()> {
        let own = waiting.iter().position(|waits| waits.call == c && Some(waits.listener) == argument);
        // A listener that may come again, and is what settles itself, has no place for a release.
        if own.is_some_and(|own| !waiting[own].once) {
            return None;
        }
        let (spared, early) = match own {
            Some(own) => (Some(own as u32), false),
            None => match self.time_of(e, c, argument.is_some(), waiting) {
                Time::Before => return Some(()),
                Time::After => (None, false),
                Time::In(listener) => (Some(listener), false),
                Time::Unknown => (None, true),
            },
        };
        if spared.is_some() && waiting.len() == 1 {
            return Some(());
        }
        let call = self.call(c);
        let settler = argument.map_or(call.callee, |index| call.args[index as usize]);
        let rejects =
            matches!(self.value(c.with(settler)), Value::Binding(b) if Some(*b) == settlers.reject && Some(*b) != settlers.resolve);
        out.push(Settling { call: self.call_place(c), argument, rejects, spared, early });
        Some(())
    }

    /// When a place of the executor runs, beside its registrations.
    fn time_of(&self, e: Fun, c: CallAt, handed: bool, waiting: &[Waits]) -> Time {
        let first = waiting.iter().map(|waits| self.paren(waits.call)).min().unwrap_or_default();
        let g = self.function_of(c);
        if g == e {
            return match self.paren(c) < first {
                true if !handed => Time::Before,
                false if !handed && waiting.iter().all(|waits| self.is_beside(c, waits.call)) => Time::Before,
                true if !self.is_deferred(c) => Time::Unknown,
                _ => Time::After,
            };
        }
        let Some(outer) = self.chain(g).into_iter().find(|&f| self.parent(f) == Some(e)) else { return Time::Unknown };
        let listens = |f: Fun| waiting.iter().position(|waits| waits.once && waits.functions.iter().any(|&h| self.within(f, h)));
        let (mut early, mut late, mut within) = (false, false, None);
        let passed = self.passed(outer);
        let uses: Vec<(CallAt, bool)> =
            self.callers(outer).iter().map(|&c| (c, false)).chain(passed.iter().map(|passed| (passed.call, true))).collect();
        for &(by, handed) in &uses {
            let at = self.function_of(by);
            if let Some(waits) = waiting.iter().position(|waits| waits.call == by && waits.once) {
                within = Some(waits as u32);
            } else if at == e && self.paren(by) < first {
                late |= handed;
                early |= !handed || !self.is_deferred(by);
            } else if let Some(waits) = listens(at) {
                within = Some(waits as u32);
            } else {
                late = true;
            }
        }
        match (early, late || uses.is_empty(), within) {
            (true, true, _) => Time::Unknown,
            (_, true, _) => Time::After,
            (true, false, Some(_)) if waiting.len() > 1 => Time::Unknown,
            (_, false, Some(waits)) => Time::In(waits),
            (_, false, None) => Time::Before,
        }
    }

    /// What is handed to the call does not run before it has returned.
    fn is_deferred(&self, c: CallAt) -> bool {
        const LATER: [&str; 7] = ["setTimeout", "setImmediate", "nextTick", "queueMicrotask", "then", "catch", "finally"];
        sites::registration(self, c).is_some() || self.callee_name(c).is_some_and(|name| LATER.contains(&name.as_str()))
    }

    fn paren(&self, c: CallAt) -> Position {
        self.call_position(c).paren
    }
}

enum Time {
    Before,
    After,
    /// Only in the listener of this one, which has removed itself.
    In(u32),
    /// Before as well as after.
    Unknown,
}
