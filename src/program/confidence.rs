//! Confidence: how sure is it that a line which may run again does so for one object (analysis, the ladder).

use super::count::{Emitter, Many};
use super::obligation::Fault;
use super::sites::{EventKey, Registration, Sites};
use super::{CallAt, Fun, Origin, Owner, PathKey, Program, Root};
use crate::facts::*;
use crate::findings::{Confidence, Region, Step};

/// So many steps from what repeats to the line make the repetition likely rather than sure.
const FAR: usize = 5;

/// So many steps make it a guess, unless the emitter is known to be shared.
const TOO_FAR: usize = 6;

/// How many calls above a line its set-up is looked for.
const SET_UPS: u32 = 2;

impl Program<'_> {
    /// How sure it is that the registration piles up.
    pub(super) fn confidence(&self, sites: &Sites, registration: &Registration, fault: &Fault, many: &Many) -> Confidence {
        // Each call on the way stands under tests of its own: what is far away is not sure.
        let mut confidence = if many.steps.len() >= FAR { many.confidence.min(Confidence::Medium) } else { many.confidence };
        let attempt = matches!(
            fault,
            Fault::Mismatch(..)
                | Fault::Sibling(_)
                | Fault::Forgotten(_)
                | Fault::NotOnEveryPath(..)
                | Fault::EndsOtherwise(..)
                | Fault::DisposerDropped
        );
        // The program leads back to the line, over so many calls that some test on the way is likely to stop it.
        let comes_back = !many.operation && matches!(many.region, Region::Event | Region::Iteration | Region::Tick | Region::Call);
        let by_users = || many.emitter == Emitter::Process && self.is_run_by_users(registration);
        if comes_back && many.steps.len() >= TOO_FAR && many.emitter != Emitter::Signal && !by_users() {
            confidence = Confidence::Low;
        }
        // What takes itself off when it is run does not add up by being run.
        if confidence == Confidence::High && self.takes_itself_off(sites, registration) {
            confidence = Confidence::Medium;
        }
        // Each turn of the loop adds for the name that it is told, or what it is given.
        let of_turn = || self.is_event_of_call(registration, many.emitter) || self.is_handed_over(registration);
        if many.region == Region::Iteration && !attempt && of_turn() {
            confidence = Confidence::Low;
        }
        if matches!(many.region, Region::Message | Region::Event) && !attempt && self.is_of_opening_message(registration.call) {
            confidence = Confidence::Low;
        }
        let made = many.emitter == Emitter::Process && many.region == Region::Instance;
        if made && *fault == Fault::NotReleased && self.is_of_first_process(registration) {
            confidence = Confidence::Low;
        }
        if many.operation && !attempt && self.is_guess(sites, registration, many) {
            confidence = Confidence::Low;
        }
        if attempt || *fault == Fault::NotReleased && self.is_shared(sites, registration, many) {
            confidence = confidence.max(Confidence::Medium);
        }
        confidence
    }

    /// The listener, when it is run, may take itself away.
    fn takes_itself_off(&self, sites: &Sites, registration: &Registration) -> bool {
        self.is_released_within(sites, registration, &self.functions_of_origins(&registration.handlers, 2))
    }

    /// The line, or what a public method of the program does later on its behalf: whoever calls that again has it run again.
    fn is_run_by_users(&self, registration: &Registration) -> bool {
        let top = self.outermost(self.function_of(registration.call));
        self.is_public_function(top) && !super::stages::is_set_up(&self.fun(top).name)
    }

    /// That the line runs again is all that is known: nothing tells that it is meant to.
    fn is_guess(&self, sites: &Sites, registration: &Registration, many: &Many) -> bool {
        let meant_again = || self.is_set_up_again(sites, registration, many) || self.is_under_raised_flag(registration.call);
        // (On a part of the object, that is.)
        let of_set_up = || {
            many.emitter == Emitter::Longer
                && registration.receivers.iter().all(|o| self.is_made_part(o))
                && self.is_called_on_new(registration)
        };
        (!self.is_for_each_run(sites, registration, many) || of_set_up() || self.of_command) && !meant_again()
            || self.is_event_of_call(registration, many.emitter)
            || self.is_subscription_of_user(registration)
    }

    /// What another object's list holds is added to one that the activation has just made, each once: `each(list, (f) => made.on('x', f))`.
    fn is_handed_over(&self, registration: &Registration) -> bool {
        let g = self.function_of(registration.call);
        let element = |o: &Origin| o.path.is_empty() && matches!(o.root, Root::Param(h, _) if h == g);
        let made = |o: &Origin| {
            let by = |c: CallAt| self.function_of(c);
            matches!(o.root, Root::Call(c) if o.path.is_empty() && by(c) != g && self.within(g, by(c)) && !self.fun(by(c)).at_load)
        };
        self.callers(g).iter().all(|&c| self.function_of(c) != self.parent(g).unwrap_or(g))
            && self.passed(g).len() == 1
            && !registration.handlers.is_empty()
            && registration.handlers.iter().all(element)
            && !registration.receivers.is_empty()
            && registration.receivers.iter().all(made)
    }

    /// The constructor has the line run, and another method has it run again on the same object, where nothing is taken away before.
    fn is_set_up_again(&self, sites: &Sites, registration: &Registration, many: &Many) -> bool {
        let set_up = self.member_around(self.function_of(registration.call));
        let Some(owner) = self.owner_of_this(set_up).filter(|&o| self.is_class(o) && !self.is_constructor(set_up, o)) else { return false };
        let kept = |o: &Origin| {
            matches!(o.root, Root::This(_)) && o.path.len() > 1 && {
                let field = Origin { root: o.root, path: o.path[..1].to_vec() };
                self.is_kept(&field, owner, many.emitter)
            }
        };
        let on_self = |c: CallAt| {
            self.receiver(c)
                .is_some_and(|(object, _)| self.origins(object).iter().any(|o| o.path.is_empty() && matches!(o.root, Root::This(_))))
        };
        let callers: Vec<CallAt> =
            self.callers(set_up).iter().copied().filter(|&c| on_self(c) && !self.is_guarded_edge(c, false)).collect();
        let by = |c: CallAt| self.member_around(self.function_of(c));
        many.emitter == Emitter::Longer
            && many.region == Region::Call
            && registration.receivers.iter().any(kept)
            && callers.iter().any(|&c| self.is_constructor(by(c), owner))
            && callers.iter().any(|&c| by(c) != set_up && !self.is_constructor(by(c), owner) && self.owner_of_this(by(c)) == Some(owner))
            && !self.has_any_release(registration)
            && !self.ends_with(sites, registration, owner)
    }

    /// The listener is made for the run of the line that adds it, so each run adds another.
    fn is_for_each_run(&self, sites: &Sites, registration: &Registration, many: &Many) -> bool {
        let f = self.function_of(registration.call);
        let of_class = || self.owner_around(f).is_some_and(|owner| self.is_class(owner));
        // What sets something up is called once in a program, unless it listens on behalf of what it makes.
        let set_up = || self.is_setting_up(f, SET_UPS) && !self.is_made_for(registration);
        match many.emitter {
            Emitter::Longer => {
                self.is_operation_shaped(registration, many.since)
                    && (self.is_on_lasting(registration) || self.is_answering(registration, many.since))
                    || self.is_of_new_object(sites, registration, many)
                    || self.is_beside_collecting(registration)
                    || self.hears_end_of_work(sites, registration)
                    || self.is_gathering(registration)
                    || self.is_on_lasting(registration) && self.is_of_new(registration)
                    // A method adds once more for each object at least.
                    || self.is_on_lasting(registration) && of_class() && self.is_call_shaped(registration) && !set_up()
            }
            Emitter::Process => {
                (!set_up() || self.is_of_made(registration))
                    && !self.is_of_first_process(registration)
                    && !self.is_run_for_command(registration)
                    && (self.is_on_process(registration) || !self.is_set_up_of_program(registration))
                    && (self.is_on_process(registration) || of_class() || self.is_call_shaped(registration))
            }
            _ => true,
        }
    }

    /// The same listener hears the end of something that the activation was given or has made (`client.on('close', stop); this.on('close',
    /// stop)`): that ends the work, while the emitter goes on.
    fn hears_end_of_work(&self, sites: &Sites, registration: &Registration) -> bool {
        let f = self.function_of(registration.call);
        let of_work = |o: &Origin| match o.root {
            Root::Param(g, _) => g == f && o.path.is_empty(),
            Root::Call(c) => self.function_of(c) == f && o.path.is_empty(),
            _ => false,
        };
        let older = !registration.receivers.is_empty() && !registration.receivers.iter().any(of_work);
        let ends = |r: &Registration| matches!(r.event.name(), Some("close" | "end" | "finish" | "exit" | "aborted"));
        let by_same = |r: &&Registration| {
            r.call != registration.call
                && ends(r)
                && !r.receivers.is_empty()
                && r.receivers.iter().all(of_work)
                && self.same_object(&r.handlers, &registration.handlers)
        };
        older && !registration.handlers.is_empty() && sites.registrations_in(f).any(|r| by_same(&r))
    }

    /// Each object that the package's users make has the line run, by its constructor, or each that is ended, and the listener is the
    /// object's.
    fn is_of_made(&self, registration: &Registration) -> bool {
        let set_up = self.member_around(self.function_of(registration.call));
        let by_users = |owner: Owner| self.is_public_owner(owner) && self.at_start(set_up, owner);
        self.owner_of_this(set_up).is_some_and(|owner| {
            self.is_class(owner) && self.holds_object(registration) && (by_users(owner) || self.end_beside(set_up, owner).is_some())
        })
    }

    /// The method that ends the objects of the class, and not the process with them: others may follow.
    fn end_beside(&self, set_up: Fun, owner: Owner) -> Option<Fun> {
        // (What is told which of its parts to end goes on itself: `disconnect(peer)`.)
        let of_itself = |m: Fun| {
            let told = |i: usize| Origin::root(Root::Param(m, i as u32));
            let calls = |o: &Origin| self.calls_within(m).into_iter().any(|c| self.origins(c.with(self.call(c).callee)).contains(o));
            (0..self.fun(m).params.len()).map(told).all(|o| self.is_bag(&o) || calls(&o))
        };
        let members = || self.members(owner).iter().map(|&(_, m)| m).filter(|&m| m != set_up);
        let mut ends = members().filter(|&m| super::stages::is_teardown(&self.fun(m).name) && of_itself(m)).peekable();
        let end = *ends.peek()?;
        (!ends.any(|m| self.ends_process(m))).then_some(end)
    }

    /// The step that tells of the end which leaves a listener on the process.
    pub(super) fn step_of_end(&self, registration: &Registration, many: &Many) -> Option<Step> {
        let set_up = self.member_around(self.function_of(registration.call));
        let owner = self.owner_of_this(set_up).filter(|&owner| self.is_class(owner))?;
        if many.emitter != Emitter::Process || !many.operation || !super::stages::is_set_up(&self.fun(set_up).name) {
            return None;
        }
        let end = self.end_beside(set_up, owner)?;
        Some(self.step_function(end, format!("`{}` ends the object, and leaves the listener", self.function_name(end))))
    }

    /// The method is called on objects that its callers have just made, and the listener is the object's: each run is another object's.
    fn is_of_new(&self, registration: &Registration) -> bool {
        self.is_called_on_new(registration) && self.holds_object(registration)
    }

    /// A field of the object that the object itself makes.
    fn is_made_part(&self, o: &Origin) -> bool {
        let made = |part: &Origin| part.path.is_empty() && matches!(part.root, Root::Call(_));
        let sources = self.field_sources(o);
        o.path.len() == 1 && !sources.is_empty() && sources.iter().all(|(_, from)| !from.is_empty() && from.iter().all(made))
    }

    /// Where the program calls the method, it has just made the object: a step of its set-up, which comes once for each.
    fn is_called_on_new(&self, registration: &Registration) -> bool {
        let set_up = self.member_around(self.function_of(registration.call));
        let on_new = |c: CallAt| {
            let new = |o: &Origin| matches!(o.root, Root::Call(made) if o.path.is_empty() && self.call(made).kind == CallKind::New && self.function_of(made) == self.function_of(c));
            self.receiver(c).is_some_and(|(object, _)| {
                let origins = self.origins(object);
                // (What an older variable keeps was made for an earlier call.)
                let own = match self.value(object) {
                    Value::Binding(b) => object.with(self.binding(object.with(*b)).function) == self.function_of(c),
                    _ => true,
                };
                own && !origins.is_empty() && origins.iter().all(new)
            })
        };
        let callers = self.callers(set_up);
        self.owner_of_this(set_up).is_some_and(|owner| self.is_class(owner)) && !callers.is_empty() && callers.iter().all(|&c| on_new(c))
    }

    /// `process` takes one more at each run and warns of the eleventh, whatever the listener holds. (Its streams are listened to by who
    /// serves the one user of the program.)
    fn is_on_process(&self, registration: &Registration) -> bool {
        registration.receivers.iter().all(|o| self.type_name(o).as_deref() == Some("process"))
    }

    /// A part of a bag is shared where an object of the program hands it to many; each of the caller's signals is.
    /// (So is what a class makes for itself where nobody gives it one.)
    fn is_shared(&self, sites: &Sites, registration: &Registration, many: &Many) -> bool {
        let made_or_given = || {
            let sources = registration.receivers.iter().flat_map(|o| self.field_sources(o));
            sources.flat_map(|(_, origins)| origins).any(|o| matches!(o.root, Root::Call(_)) && o.path.is_empty())
        };
        let of_signal = registration.event.name() == Some("abort");
        let ends =
            || self.owner_around(self.function_of(registration.call)).is_some_and(|owner| self.ends_with(sites, registration, owner));
        many.bag
            && (many.held || of_signal || made_or_given())
            && !self.has_any_release(registration)
            && (many.held || of_signal || !ends())
    }

    /// The function, or one around it, has the name of something that is set up; or all that call it have.
    fn is_setting_up(&self, f: Fun, depth: u32) -> bool {
        let around = self.chain(f);
        if around.iter().any(|&g| self.fun(g).kind != FunctionKind::Constructor && super::stages::is_set_up(&self.fun(g).name)) {
            return true;
        }
        let callers: Vec<CallAt> = around.iter().flat_map(|&g| self.callers(g)).copied().collect();
        depth > 0
            && !callers.is_empty()
            && callers.len() <= 8
            && !around.iter().any(|&g| self.is_public_function(g))
            && callers.iter().all(|&c| self.is_setting_up(self.function_of(c), depth - 1))
    }

    /// The listener holds something that this activation makes or waits for, itself or through functions of the activation.
    fn is_made_for(&self, registration: &Registration) -> bool {
        let activations = self.activations_of_object(self.function_of(registration.call));
        if self.is_made_of_given(registration, &activations) {
            return true;
        }
        let mut functions: Vec<Fun> = registration
            .handlers
            .iter()
            .filter_map(|o| match (o.root, o.path.is_empty()) {
                (Root::Function(h), true) => Some(h),
                _ => None,
            })
            .collect();
        let mut at = 0;
        while let Some(&h) = functions.get(at) {
            at += 1;
            for &b in &self.fun(h).captures {
                let b = h.with(b);
                let binding = self.binding(b);
                if !activations.contains(&b.with(binding.function)) {
                    continue;
                }
                if binding.kind == BindingKind::Param
                    && (self.is_executor(b.with(binding.function)) || self.is_told_something(h, b.with(binding.function)))
                {
                    return true;
                }
                // (What the variable is given later is what the listeners note.)
                for &def in binding.defs.iter().filter(|&&def| self.assign(b.with(def)).function == binding.function) {
                    match self.value(b.with(self.assign(b.with(def)).from)) {
                        Value::Call(c) if self.is_new_table(b.with(*c)) || self.is_setting(b.with(*c)) => {}
                        Value::Call(_) | Value::Await(_) | Value::Object(..) => return true,
                        Value::Function(g) if !functions.contains(&b.with(*g)) => functions.push(b.with(*g)),
                        _ => {}
                    }
                }
            }
        }
        false
    }

    /// `config.getBoolean('animated')`: a part of the settings.
    fn is_setting(&self, c: CallAt) -> bool {
        self.receiver(c).is_some_and(|(object, _)| {
            let origins = self.origins(object);
            !origins.is_empty() && origins.iter().all(|o| o.path.is_empty() && self.is_bag(o))
        })
    }

    /// `new Map()`: what it notes for itself, nothing that others have.
    fn is_new_table(&self, c: CallAt) -> bool {
        let table = |name: &str| matches!(name, "Map" | "Set" | "WeakMap" | "WeakSet" | "Array");
        self.call(c).kind == CallKind::New
            && self
                .origins(c.with(self.call(c).callee))
                .iter()
                .all(|o| o.path.is_empty() && matches!(o.root, Root::Global(name) if table(&self.text(name))))
    }

    /// The activations around a line, up to the method of an object that it belongs to: what is around that is the object's, as its
    /// fields are.
    fn activations_of_object(&self, f: Fun) -> Vec<Fun> {
        let mut out = Vec::new();
        for g in self.chain(f).into_iter().filter(|&g| !self.fun(g).at_load) {
            out.push(g);
            if matches!(self.owner_of_function(g), Some(Owner::Literal(_))) {
                break;
            }
        }
        out
    }

    /// The listener has an object do something that the activation was given, and not in a bag of options (`job.stop()`).
    fn is_told_something(&self, h: Fun, activation: Fun) -> bool {
        self.calls_within(h).into_iter().filter(|&c| matches!(self.call(c).result, Use::Dropped | Use::Returned)).any(|c| {
            self.receiver(c).is_some_and(|(object, _)| {
                self.origins(object)
                    .iter()
                    .any(|o| matches!(o.root, Root::Param(g, _) if g == activation) && o.path.is_empty() && !self.is_bag(o))
            })
        })
    }

    /// The event's name is made of what the call is given: other calls mean other events. (Of a list of names for what lives as long as
    /// the program there are few: the same come again.)
    fn is_event_of_call(&self, registration: &Registration, emitter: Emitter) -> bool {
        match &registration.event {
            EventKey::Name(_) => false,
            EventKey::Value(origins) => {
                !origins.is_empty()
                    && origins.iter().all(|o| match o.root {
                        Root::Param(..) => emitter != Emitter::Process || !o.path.contains(&PathKey::Element),
                        Root::Unknown(v) => matches!(self.value(v), Value::Text(_)),
                        _ => false,
                    })
            }
        }
    }
}
