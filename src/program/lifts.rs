//! Lifts: helpers that add or remove the listener that they are given do so at their calls.
//!
//! ```text
//! at(C, R) :- R in F, R's listener a parameter of F, C calls F        likewise what a release takes away, or whom it is asked of
//!             unless F answers what it is given itself where it can: then R is F's
//! ```

use super::sites::{EventKey, Registration, Release, Sites, from_origins};
use super::{At, CallAt, Fun, Origin, Program, Root};
use crate::facts::*;

/// How far helpers of helpers are followed.
const LIFTS: u32 = 3;

/// A helper with more calls is told of by itself.
const CALLERS: usize = 200;

impl Sites {
    /// A helper that registers the listener it was given: the registration is at its calls.
    pub(super) fn lift_registrations(&mut self, program: &Program) {
        let mut from = 0;
        for _ in 0..LIFTS {
            let upto = self.registrations.len();
            let mut added = Vec::new();
            for index in from..upto {
                let registration = &self.registrations[index];
                let at = program.function_of(registration.call);
                let Some(f) = registration.handlers.iter().find_map(|o| match o.root {
                    Root::Param(g, _) if o.path.is_empty() && (g == at || program.within(at, g) && !program.callers(g).is_empty()) => {
                        Some(g)
                    }
                    _ => None,
                }) else {
                    continue;
                };
                if answers_itself(program, registration, f) {
                    continue;
                }
                let Some(callers) = calls_of(program, f) else { continue };
                let upto = added.len();
                for c in callers {
                    let moved = |origins: &[Origin]| origins.iter().flat_map(|o| program.from_callee(c, f, o)).collect::<Vec<_>>();
                    let handlers: Vec<Origin> = moved(&registration.handlers).into_iter().filter(|o| !o.is_nothing()).collect();
                    // A text in place of a listener tells the helper something else.
                    if handlers.is_empty() || handlers.iter().any(|o| matches!(o.root, Root::Const(_))) {
                        continue;
                    }
                    let Some(told) = program.tells(c, f, &registration.told) else { continue };
                    let mut through = vec![f];
                    through.extend(&registration.through);
                    let options = registration.options.and_then(|o| program.given_for(c, f, o));
                    added.push(Registration {
                        call: c,
                        inner: registration.inner,
                        receivers: moved(&registration.receivers),
                        event: move_event(program, c, f, &registration.event),
                        handlers,
                        once: registration.once || options.is_some_and(|o| super::options::flag(program, o, "once")),
                        options,
                        through,
                        told,
                        ..registration.clone()
                    });
                }
                // Where the program itself hands over no listener, it is the users of the package that do.
                if added.len() > upto || !program.is_public_function(f) {
                    self.helpers.entry(f).or_default().push(index);
                }
            }
            from = upto;
            if added.is_empty() {
                break;
            }
            self.registrations.extend(added);
        }
    }

    pub(super) fn lift_releases(&mut self, program: &Program) {
        let mut from = 0;
        for _ in 0..LIFTS {
            let upto = self.releases.len();
            let mut added = Vec::new();
            for index in from..upto {
                let release = &self.releases[index];
                let at = program.function_of(release.call);
                let of = |o: &Origin| match o.root {
                    Root::Param(g, _) if program.within(at, g) => Some(g),
                    _ => None,
                };
                let given = release.handlers.iter().flatten().find_map(of).or_else(|| release.receivers.iter().find_map(of));
                let Some(f) = given else { continue };
                // A listener that the helper makes is added by the helper too: its callers have no part in either.
                let own = |o: &Origin| matches!(o.root, Root::Function(h) if o.path.is_empty() && h != f && program.within(h, f));
                if release.handlers.as_ref().is_some_and(|h| !h.is_empty() && h.iter().all(own)) {
                    continue;
                }
                // What a helper gives back is a disposer: its calls matter, not the helper's.
                if at != f && program.is_given_back(at, f) || program.bind_target(release.call).is_some() {
                    continue;
                }
                let Some(callers) = calls_of(program, f) else { continue };
                let off = program.called_as(release.inner) == Some("off");
                for c in callers {
                    let given = given_results(program, c);
                    let moved = |origins: &[Origin]| {
                        let here = origins.iter().flat_map(|o| program.from_callee(c, f, o));
                        here.flat_map(|o| of_result(program, c, &given, o)).collect::<Vec<_>>()
                    };
                    let Some(told) = program.tells(c, f, &release.told) else { continue };
                    added.push(Release {
                        answers: Default::default(),
                        call: c,
                        inner: release.inner,
                        receivers: moved(&release.receivers),
                        // Who is told no event takes all away; so does an `off` that is told no listener.
                        event: release.event.as_ref().map(|e| moved_event(program, e, &moved)).filter(|e| !e.is_nothing()),
                        handlers: release
                            .handlers
                            .as_ref()
                            .map(|h| moved(h))
                            .filter(|h| !off || h.is_empty() || !h.iter().all(Origin::is_nothing)),
                        options: release.options.and_then(|o| program.given_for(c, f, o)),
                        told,
                    });
                }
            }
            from = upto;
            if added.is_empty() {
                break;
            }
            self.releases.extend(added);
        }
    }
}

/// The function answers what it is given itself where it can, and else adds it for good: what its callers hand over is to be called once, and
/// the function is at fault (`if (open) return done(db); this.on('open', done)`).
fn answers_itself(program: &Program, registration: &Registration, f: Fun) -> bool {
    let given = |o: &Origin| registration.handlers.contains(o);
    let fixed = matches!(registration.event, EventKey::Name(_));
    let own = registration.receivers.iter().all(|o| matches!(o.root, Root::This(_)));
    let calls = || program.calls_within(f).into_iter().filter(|&c| program.function_of(c) == f);
    !registration.once
        && fixed
        && own
        && calls().any(|c| !program.call(c).args.is_empty() && program.origins(c.with(program.call(c).callee)).iter().any(given))
}

/// The calls of a helper, but for those from within itself; none where there are no calls, or too many.
fn calls_of(program: &Program, f: Fun) -> Option<impl Iterator<Item = CallAt>> {
    let callers = program.callers(f);
    let outside = move |c: &CallAt| !program.within(program.function_of(*c), f);
    (1..=CALLERS).contains(&callers.len()).then(|| callers.iter().copied().filter(outside))
}

fn move_event(program: &Program, c: CallAt, f: Fun, event: &EventKey) -> EventKey {
    moved_event(program, event, &|origins| origins.iter().flat_map(|o| program.from_callee(c, f, o)).collect())
}

fn moved_event(program: &Program, event: &EventKey, moved: &dyn Fn(&[Origin]) -> Vec<Origin>) -> EventKey {
    match event {
        EventKey::Name(_) => event.clone(),
        EventKey::Value(origins) => {
            let mut moved = moved(origins);
            moved.sort();
            moved.dedup();
            from_origins(program, moved)
        }
    }
}

/// The calls whose results a call is given, by themselves or in a list: `const kept = add(e, 'x', f); remove([kept])`.
fn given_results(program: &Program, c: CallAt) -> Vec<CallAt> {
    let args = program.call(c).args.iter().map(|&arg| c.with(arg));
    let values = args.flat_map(|arg| match program.value(arg) {
        Value::Array(elements) => elements.iter().map(|&element| c.with(element)).collect(),
        _ => vec![arg],
    });
    let result = |v: At<ValueId>| match (program.value(v), program.same_as(v)) {
        (Value::Call(made), _) => Some(v.with(*made)),
        (_, Some(same)) => match program.value(same) {
            Value::Call(made) => Some(same.with(*made)),
            _ => None,
        },
        _ => None,
    };
    values.filter_map(result).collect()
}

/// What a record holds that a helper gave is what that call of the helper was told, seen from where the record is handed on.
fn of_result(program: &Program, c: CallAt, given: &[CallAt], o: Origin) -> Vec<Origin> {
    let Root::Param(h, _) = o.root else { return vec![o] };
    let made: Vec<&CallAt> = given.iter().filter(|&&made| program.functions_called(made).contains(&h)).collect();
    match program.within(program.function_of(c), h) || made.is_empty() {
        true => vec![o],
        false => made.into_iter().flat_map(|&made| program.from_callee(made, h, &o)).collect(),
    }
}
