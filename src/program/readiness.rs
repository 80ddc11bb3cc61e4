//! Readiness: what is done at once where a state is there, and waited for where it is not; states that a line itself moves on; streams
//! that are read to their end.
//!
//! ```text
//! again(R) :- R's listener calls R's function, R under a test T of a state of R's emitter, nothing sets it back
//! later(R) :- T parts R from a line that runs at once what R's listener runs, T asks a state of R's emitter, nothing sets it back
//! moved(R)    :- R where the place p is x, R's path gives p another value, nothing gives it x back
//! read(R)     :- R beside listeners that read its emitter, and one of `end` that settles the call
//! read(R)     :- R beside a listener of `end` that ends a stream which the activation makes, nothing in the program repeats R
//! read(R)     :- R beside a listener of `finish` or `end`, both settle one promise of the activation, nothing in the program repeats R
//! ```

use super::alternatives::is_end;
use super::count::{Count, Emitter, Many};
use super::guards::{CALLS, STATES};
use super::resolve::{Exported, REEXPORTS};
use super::sites::{self, Registration, Sites};
use super::stages::is_teardown;
use super::{At, CallAt, Fun, Origin, Program, Root};
use crate::facts::*;
use crate::models::Fires;

/// Depth to which a test is taken apart.
const TEST_DEPTH: u32 = 4;

impl Program<'_> {
    /// The listener is what is done at once where the emitter is ready (`e.ready ? f() : e.on('ready', f)`): it is added only before that,
    /// and the emitter does not become unready again.
    pub(super) fn is_now_or_later(&self, registration: &Registration, emitter: Emitter) -> bool {
        // The end of a long life is no beginning: whoever waits for it piles up before.
        if matches!(emitter, Emitter::Signal | Emitter::Pooled) || !self.is_beginning(registration) {
            return false;
        }
        let c = registration.call;
        let functions = self.functions_of_origins(&registration.handlers, 3);
        let mut wanted: Vec<Origin> = registration.handlers.clone();
        for &(h, _) in &functions {
            wanted.extend(self.calls_within(h).into_iter().flat_map(|inner| self.origins(inner.with(self.call(inner).callee)).to_vec()));
        }
        wanted.retain(|o| matches!(o.root, Root::Function(_) | Root::Param(..) | Root::This(_)));
        // What was asked for is asked again then, and goes another way: `if (!this.ready) return this.once('ready', () => this.send(x))`.
        let f = self.function_of(c);
        let asks_again = |h: Fun| self.calls_within(h).into_iter().any(|again| self.functions_called(again).contains(&f));
        if functions.iter().any(|&(h, _)| h != f && self.within(h, f) && asks_again(h)) {
            let lasts = |(test, ready, _): &(At<ValueId>, bool, At<BlockId>)| {
                self.is_lasting_state(*test, *ready, &registration.receivers, TEST_DEPTH)
            };
            if self.ways_past(c).iter().chain(&self.arms_beside(c)).any(lasts) {
                return true;
            }
        }
        if wanted.is_empty() {
            return false;
        }
        let done = |done: CallAt| self.origins(done.with(self.call(done).callee)).iter().any(|o| wanted.contains(o));
        self.arms_beside(c).into_iter().any(|(test, ready, arm)| {
            self.is_lasting_state(test, ready, &registration.receivers, TEST_DEPTH) && self.calls_below(arm).into_iter().any(done)
        }) || self.ways_past(c).into_iter().any(|(test, ready, arm)| {
            let after = |&c: &CallAt| !self.is_below(c, arm);
            self.is_lasting_state(test, ready, &registration.receivers, TEST_DEPTH)
                && self.calls_below(arm.with(self.fun(self.function_of(c)).body)).into_iter().filter(after).any(done)
        })
    }

    /// The arms around the call that leave the function: their tests, with the outcome that goes past them.
    fn ways_past(&self, c: CallAt) -> Vec<(At<ValueId>, bool, At<BlockId>)> {
        let mut out = Vec::new();
        let mut at = Some(c.with(self.call(c).block));
        while let Some(arm) = at {
            let here = self.block(arm);
            match here.kind {
                BlockKind::Then(test) if self.leaves(arm) => out.push((arm.with(test), false, arm)),
                BlockKind::Else(test) if self.leaves(arm) => out.push((arm.with(test), true, arm)),
                _ => {}
            }
            at = here.parent.map(|p| arm.with(p));
        }
        out
    }

    /// The event is none that comes last, or seldom.
    fn is_beginning(&self, registration: &Registration) -> bool {
        let fires = sites::registration(self, registration.inner).and_then(|site| self.event_fires(&site).0);
        !matches!(fires, Some(Fires::OnceLast | Fires::Rarely))
            && registration.event.name().is_some_and(|event| !is_end(event) && !is_teardown(event))
    }

    /// The arms that run instead of the call: their tests, with the outcome that leads there.
    fn arms_beside(&self, c: CallAt) -> Vec<(At<ValueId>, bool, At<BlockId>)> {
        let mut out = Vec::new();
        let mut at = c.with(self.call(c).block);
        let mut upto = self.order_of(c);
        loop {
            let here = self.block(at);
            for item in here.items.iter().take(upto) {
                let Item::Branch(test, then, otherwise) = item else { continue };
                let arms = [(true, Some(*then)), (false, *otherwise)];
                let left = arms.into_iter().filter_map(|(outcome, arm)| arm.map(|arm| (at.with(*test), outcome, at.with(arm))));
                out.extend(left.filter(|&(_, _, arm)| self.leaves(arm)));
            }
            let Some(parent) = here.parent.map(|p| at.with(p)) else { return out };
            if let Some(Item::Branch(test, then, Some(otherwise))) = self.block(parent).items.get(here.index as usize) {
                let other = if *then == at.id { (false, *otherwise) } else { (true, *then) };
                out.push((at.with(*test), other.0, at.with(other.1)));
            }
            upto = here.index as usize;
            at = parent;
        }
    }

    /// The calls in a block, and in the functions that are written there.
    fn calls_below(&self, arm: At<BlockId>) -> Vec<CallAt> {
        self.calls_within(arm.with(self.block(arm).function)).into_iter().filter(|&c| self.is_below(c, arm)).collect()
    }

    fn is_below(&self, c: CallAt, arm: At<BlockId>) -> bool {
        let f = arm.with(self.block(arm).function);
        let mut at = self.function_of(c);
        let mut block = Some(self.call(c).block);
        while at != f {
            block = self.fun(at).at;
            let Some(parent) = self.parent(at) else { return false };
            at = parent;
        }
        block.is_some_and(|b| self.block_within(arm.with(b), arm))
    }

    /// A variable of a module that becomes true and stays so.
    fn is_raised_once(&self, b: At<BindingId>) -> bool {
        let binding = self.binding(b);
        let nothing = |v: At<ValueId>| self.is_nothing_value(v);
        let assigns: Vec<&Assign> = binding.defs.iter().map(|&d| self.assign(b.with(d))).collect();
        let loads = |f: FunctionId| self.fun(b.with(f)).at_load;
        let begins = |a: &&&Assign| loads(a.function);
        loads(binding.function)
            && assigns.iter().filter(begins).all(|a| nothing(b.with(a.from)))
            && assigns.iter().any(|a| !loads(a.function))
            && assigns.iter().filter(|a| !begins(a)).all(|a| matches!(self.value(b.with(a.from)), Value::Bool(true)))
    }

    /// The variable that a value reads, of this file or of one that exports it.
    fn variable_read(&self, v: At<ValueId>) -> Option<At<BindingId>> {
        let of = |exported: Vec<Exported>| match exported[..] {
            [Exported::Value(value)] => match self.value(value) {
                Value::Binding(b) => Some(value.with(*b)),
                _ => None,
            },
            _ => None,
        };
        match self.value(v) {
            Value::Binding(b) => match self.binding(v.with(*b)).defs[..] {
                [def] => match self.value(v.with(self.assign(v.with(def)).from)) {
                    Value::Import(module, name) => of(self.import(v.file, module, name)),
                    _ => Some(v.with(*b)),
                },
                _ => Some(v.with(*b)),
            },
            Value::Member(object, Key::Name(name)) => match self.origins(v.with(*object))[..] {
                [Origin { root: Root::File(file), ref path }] if path.is_empty() => of(self.export(file, name, REEXPORTS)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The test asks for a state of the emitter, or of what holds it, which once reached stays.
    fn is_lasting_state(&self, test: At<ValueId>, ready: bool, receivers: &[Origin], depth: u32) -> bool {
        if depth == 0 {
            return false;
        }
        let again = |v: ValueId, ready: bool| self.is_lasting_state(test.with(v), ready, receivers, depth - 1);
        // `let ready = false`, of the module or of another that tells it.
        if ready && self.variable_read(test).is_some_and(|b| self.is_raised_once(b)) {
            return true;
        }
        match self.value(test) {
            Value::Unary(op, inner) if op == "!" => again(*inner, !ready),
            Value::Choice(ChoiceKind::And, parts) if !ready => parts.iter().any(|&p| again(p, false)),
            Value::Choice(ChoiceKind::Or, parts) if ready => parts.iter().any(|&p| again(p, true)),
            Value::Choice(ChoiceKind::And, parts) if ready => parts.iter().all(|&p| again(p, true)),
            // `const canvas = e.canvas`.
            Value::Binding(b) => {
                let b = test.with(*b);
                let binding = self.binding(b);
                binding.defs.iter().any(|&d| {
                    let assign = self.assign(b.with(d));
                    assign.function == binding.function
                        && matches!(self.value(b.with(assign.from)), Value::Member(..))
                        && again(assign.from, ready)
                })
            }
            Value::Member(object, Key::Name(name)) if ready && !STATES.contains(&name.as_str()) => {
                self.is_held_by(test.with(*object), receivers) && !self.is_set_back(test, None)
            }
            // `app.isReady()`.
            Value::Call(c) if ready && self.call(test.with(*c)).args.is_empty() => {
                let c = test.with(*c);
                self.receiver(c).is_some_and(|(object, key)| {
                        matches!(key, Key::Name(name) if name.strip_prefix("is").is_some_and(|state| {
                            state.starts_with(char::is_uppercase) && !STATES.contains(&name.as_str()) && !STATES.contains(&state.to_lowercase().as_str())
                        })) && self.is_held_by(object, receivers)
                    })
            }
            // `/complete|loaded/.test(document.readyState)`.
            Value::Call(c) if ready => {
                let c = test.with(*c);
                let asked = matches!(self.receiver(c), Some((_, Key::Name(name))) if matches!(name.as_str(), "test" | "includes"));
                asked
                    && matches!(self.call(c).args[..], [state] if matches!(self.value(c.with(state)), Value::Member(object, Key::Name(name))
                        if name == "readyState" && self.is_held_by(c.with(*object), receivers)))
            }
            Value::Binary(op, left, right) => {
                let equal = match op.as_str() {
                    "==" | "===" => ready,
                    "!=" | "!==" => !ready,
                    _ => return false,
                };
                let sides = [(*left, *right), (*right, *left)];
                sides.into_iter().any(|(place, value)| {
                    let (place, value) = (test.with(place), test.with(value));
                    let Value::Member(object, _) = self.value(place) else { return false };
                    // What is no longer as it was at first.
                    !equal && self.is_held_by(place.with(*object), receivers) && !self.is_set_back(place, Some(value))
                })
            }
            _ => false,
        }
    }

    /// The object is an emitter, or the one whose field it is.
    fn is_held_by(&self, holder: At<ValueId>, receivers: &[Origin]) -> bool {
        self.origins(holder).iter().any(|o| {
            receivers.iter().any(|r| match (o.root, r.root) {
                // The window and its document.
                (Root::Global(_), Root::Global(_)) => o.path.is_empty() && r.path.is_empty(),
                (Root::This(_), Root::This(_)) if o.path.is_empty() => self.same_origin(o, &Origin::root(r.root)),
                _ => self.same_origin(o, r),
            })
        })
    }

    /// The line runs where the place has the value, gives it another one, and nothing gives it the value back.
    pub(super) fn is_moved_on(&self, place: At<ValueId>, value: At<ValueId>, f: Fun) -> bool {
        let (Value::Member(object, _), Some(old)) = (self.value(place), self.fixed(value)) else { return false };
        let holder = self.origins(place.with(*object));
        let other = |o: &Origin| matches!(o.root, Root::Const(_)) && *o != old;
        let on_way = |g: Fun| self.within(g, f) || self.leads(self.outermost(f), self.outermost(g), CALLS);
        let moves = self.gifts(place).iter().any(|&a| {
            let assign = self.assign(a);
            let Place::Member(o, _) = &assign.to else { return false };
            let g = a.with(assign.function);
            let moved = match &self.origins(a.with(assign.from))[..] {
                // `this.setState(OPEN)`.
                [given @ Origin { root: Root::Param(setter, _), .. }] => self
                    .callers(*setter)
                    .iter()
                    .any(|&c| on_way(self.function_of(c)) && self.from_callee(c, *setter, given).iter().all(other)),
                _ => self.within(g, f) && self.fixed(a.with(assign.from)).is_some_and(|new| new != old),
            };
            moved && self.same_object(&self.origins(a.with(*o)), &holder)
        });
        moves && !self.is_set_back(place, Some(value))
    }

    /// The function hears `readystatechange`, and the line waits there for one state of the emitter, which is told once: all but the state of
    /// loading (3), which an XMLHttpRequest tells with each part that comes (<https://xhr.spec.whatwg.org/#handle-response-body>).
    pub(super) fn is_told_state_once(&self, place: At<ValueId>, state: At<ValueId>, f: Fun, receivers: &[Origin]) -> bool {
        let Value::Member(object, Key::Name(name)) = self.value(place) else { return false };
        let loading = match self.value(state) {
            Value::Number(n) => n == "3",
            Value::Member(_, key) => key.is("LOADING"),
            _ => false,
        };
        let hears = |c: CallAt| self.call(c).args.first().is_some_and(|&e| self.constant(c.with(e)).as_deref() == Some("readystatechange"));
        name == "readyState"
            && !loading
            && self.passed(f).iter().any(|p| p.shift == 0 && hears(p.call))
            && self.is_held_by(place.with(*object), receivers)
    }

    /// The program gives the member its first value (that one, or nothing) again, outside of constructors.
    fn is_set_back(&self, place: At<ValueId>, value: Option<At<ValueId>>) -> bool {
        let first = value.map(|v| self.fixed(v));
        let other = |o: &Origin| matches!(o.root, Root::Const(_)) && first.iter().flatten().all(|first| first != o);
        let makes = |g: Fun| {
            let this = g.with(self.fun(g).this);
            self.owner_of_this(this).is_some_and(|o| self.is_constructor(this, o))
        };
        self.gifts(place).iter().any(|&a| {
            let assign = self.assign(a);
            let from = a.with(assign.from);
            let again = match &first {
                None => self.is_nothing_value(from) || assign.delete,
                // A setter gives what its callers do.
                Some(Some(_)) => !self.origins(from).iter().all(|o| match o.root {
                    Root::Param(g, _) => {
                        self.callers(g).iter().all(|&c| makes(self.function_of(c)) || self.from_callee(c, g, o).iter().all(other))
                    }
                    _ => other(o),
                }),
                Some(None) => true,
            };
            let g = a.with(assign.function);
            let at_load = self.fun(g.with(self.fun(g).this)).at_load;
            again && !makes(g) && !at_load && !self.is_set_on_another(a, place)
        })
    }

    /// The member that is given a value there is one of another class than this one.
    fn is_set_on_another(&self, a: At<AssignId>, place: At<ValueId>) -> bool {
        let (Place::Member(object, _), Value::Member(holder, _)) = (&self.assign(a).to, self.value(place)) else { return false };
        let owner = |v: At<ValueId>| match &self.origins(v)[..] {
            [one] if one.path.is_empty() => match one.root {
                Root::This(g) => self.owner_of_this(g).filter(|&o| self.is_class(o)),
                _ => None,
            },
            _ => None,
        };
        match (owner(a.with(*object)), owner(place.with(*holder))) {
            (Some(x), Some(y)) => !self.related(x, y),
            _ => false,
        }
    }

    /// Where the program gives a member of that name a value.
    fn gifts(&self, place: At<ValueId>) -> &[At<AssignId>] {
        match self.value(place) {
            Value::Member(_, key) => self.puts_under(self.path_key(place.file, key)),
            _ => &[],
        }
    }

    /// The one constant that a value is.
    fn fixed(&self, v: At<ValueId>) -> Option<Origin> {
        match &self.origins(v)[..] {
            [one] if matches!(one.root, Root::Const(_) | Root::Module(_) | Root::Global(_) | Root::Class(_)) => Some(one.clone()),
            _ => None,
        }
    }

    /// The activation reads the emitter to its end, and is over then: another one has nothing to read, and the emitter goes.
    pub(super) fn is_read_to_end(&self, sites: &Sites, registration: &Registration, emitter: Emitter, count: &Count) -> bool {
        if emitter != Emitter::Longer {
            return false;
        }
        // (That it comes again is only a guess.)
        let guess = |many: &Many| many.operation || many.bag;
        if matches!(count, Count::Many(many) if guess(many))
            && (self.is_poured_out(sites, registration) || self.is_awaited(sites, registration) || self.forgets_emitter(registration))
        {
            return true;
        }
        let (mut reads, mut ends) = (false, false);
        for other in sites.registrations_in(self.function_of(registration.call)) {
            // (Whether they stand beside one another is asked last: it takes going through the blocks around.)
            let event = other.event.name().filter(|event| matches!(*event, "data" | "readable" | "end"));
            if event.is_none() || other.receivers != registration.receivers || self.is_beside(other.call, registration.call) {
                continue;
            }
            match event {
                Some("data" | "readable") if !other.once && self.settles(other).is_empty() => reads = true,
                Some("end") => ends |= !self.settles(other).is_empty(),
                _ => {}
            }
        }
        reads && ends
    }

    /// The listener empties the field that holds the emitter: with it, the object has done with that.
    fn forgets_emitter(&self, registration: &Registration) -> bool {
        let functions = self.functions_of_origins(&registration.handlers, 3);
        let held = |a: At<AssignId>| {
            let assign = self.assign(a);
            let g = a.with(assign.function);
            matches!(self.value(a.with(assign.from)), Value::Null | Value::Undefined) && functions.iter().any(|&(h, _)| self.within(g, h))
        };
        !registration.receivers.is_empty()
            && registration.receivers.iter().all(|o| {
                let Root::This(g) = o.root else { return false };
                let Some(owner) = self.owner_of_this(g).filter(|_| o.path.len() == 1) else { return false };
                self.field_assigns(owner, &o.path).into_iter().any(held)
            })
    }

    /// A promise of the activation waits for all that the emitter does to be done: there is nothing to wait for any more then.
    fn is_awaited(&self, sites: &Sites, registration: &Registration) -> bool {
        let promises = |r: &Registration| {
            let mut settled = self.settles(r);
            settled.retain(|&(g, _)| self.is_executor_of_promise(g));
            settled
        };
        let own = promises(registration);
        let resolve = |o: &Origin| matches!(o.root, Root::Param(_, 0)) && self.is_settler(o);
        let fulfils = |r: &Registration| {
            r.handlers.iter().any(|o| match o.root {
                Root::Function(h) if o.path.is_empty() => {
                    self.calls_within(h).into_iter().any(|c| self.origins(c.with(self.call(c).callee)).iter().any(resolve))
                }
                _ => resolve(o),
            })
        };
        !own.is_empty()
            && sites.registrations_in(self.function_of(registration.call)).any(|other| {
                other.receivers == registration.receivers
                    && matches!(other.event.name(), Some("finish" | "end"))
                    && fulfils(other)
                    && promises(other).iter().any(|promise| own.contains(promise))
            })
            // (Unless a call back settles it, and the emitter goes on.)
            && (!self.is_executor_of_promise(self.function_of(registration.call)) || self.answer_of(sites, registration).is_none())
    }

    /// The call pours what it is given into another stream, to its end: `request.pipe(this)`. Nobody listens to that a second time.
    pub(super) fn is_piped_out(&self, registration: &Registration) -> bool {
        let f = self.function_of(registration.call);
        let given = |o: &Origin| {
            let read = || matches!(self.type_name(o).as_deref(), None | Some("http.IncomingMessage" | "stream.Readable"));
            o.path.is_empty() && matches!(o.root, Root::Param(g, _) if g == f) && read()
        };
        let pours = |c: CallAt| {
            matches!(self.receiver(c), Some((source, Key::Name(name)))
                if name == "pipe" && self.call(c).args.len() == 1 && self.same_object(&self.origins(source), &registration.receivers))
        };
        !registration.receivers.is_empty() && registration.receivers.iter().all(given) && self.calls_within(f).into_iter().any(pours)
    }

    /// The activation makes a stream of the emitter, which ends with the emitter's `end`.
    fn is_poured_out(&self, sites: &Sites, registration: &Registration) -> bool {
        let f = self.function_of(registration.call);
        let own = |v: At<ValueId>| {
            self.origins(v).iter().any(|o| match o.root {
                Root::Call(made) => o.path.is_empty() && self.function_of(made) == f && self.call(made).kind == CallKind::New,
                Root::This(g) => o.path.is_empty() && self.owner_of_this(g).is_some_and(|owner| self.is_constructor(g, owner)),
                _ => false,
            })
        };
        let finishes = |c: CallAt| {
            let Some((object, Key::Name(name))) = self.receiver(c) else { return false };
            let last = match name.as_str() {
                "push" => self.call(c).args.first().is_some_and(|&v| matches!(self.value(c.with(v)), Value::Null)),
                "end" => true,
                _ => false,
            };
            last && own(object)
        };
        sites.registrations_in(f).any(|other| {
            other.receivers == registration.receivers
                && other.event.name() == Some("end")
                && other.handlers.iter().any(|o| match o.root {
                    Root::Function(h) => o.path.is_empty() && self.calls_within(h).into_iter().any(finishes),
                    _ => false,
                })
        })
    }
}
