//! Count: how many times can a line run for one emitter object, with the listeners of the earlier runs still there?
//!
//! The count is a product of the edges from the object's making to the line; one edge «many» makes it many.
//!
//! ```text
//! one(R, o)   :- o made in the activation of R, outside no loop between
//! many(R, o)  :- R in a loop that does not make o
//! count(R, o) :- runs(function of R, within the activation that made o)       o captured
//! count(R, o) :- count(C, argument) for each call C of R's function           o a parameter
//! count(R, o) :- runs per instance                                            o = this, or a field that lives with it
//! count(R, o) :- runs per program                                             o global, of a module
//! many(R, o)  :- o foreign and known to outlive the call                      o from the package's border
//! ```

use super::asked::Next;
use super::components::Own;
use super::sites::Registration;
use super::stages::is_set_up;
use super::types::Type;
use super::{At, CallAt, Fun, Origin, Owner, PathKey, Program, Root};
use crate::facts::*;
use crate::findings::{Confidence, Region, Step};
use crate::models::Kind;

/// How deep starters are followed.
pub(super) const DEPTH: u32 = 12;

/// How many functions may hand a signal on that is asked for a time of its own.
const OWN_TIME: u32 = 3;

/// A line runs many times for one object.
#[derive(Debug, Clone)]
pub struct Many {
    pub region: Region,
    pub confidence: Confidence,
    /// How long the emitter lives.
    pub lifetime: Region,
    pub emitter: Emitter,
    pub steps: Vec<Step>,
    /// Runs again because nothing in the program calls it: only an operation-shaped listener makes this more than a guess.
    pub operation: bool,
    /// The activation that has the emitter, where the line runs again and again within it: what else that activation has is no more of
    /// one operation than the emitter.
    pub since: Option<Fun>,
    /// The emitter was handed over in a bag of shared parts.
    pub bag: bool,
    /// And an object of the program that goes on holding it handed it over.
    pub held: bool,
}

/// What kind of object the listener is added to, for what its events mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Emitter {
    /// An AbortSignal that somebody else made.
    Signal,
    /// A connection that is used again (keep-alive, pool).
    Pooled,
    /// `process`, a standard stream, `document`: lives as long as the program.
    Process,
    /// Anything else that outlives the line.
    Longer,
}

/// What counting found.
#[derive(Debug, Clone)]
pub enum Count {
    One,
    Many(Box<Many>),
    Unknown,
}

impl Count {
    /// The worse, the greater.
    pub(super) fn rank(&self) -> (u8, Confidence) {
        match self {
            Count::One => (0, Confidence::Low),
            Count::Unknown => (1, Confidence::Low),
            Count::Many(many) => (2, many.confidence),
        }
    }
}

impl Program<'_> {
    /// The count of a registration: the worst of its receivers.
    pub fn count(&self, registration: &Registration) -> Count {
        let c = registration.call;
        let mut unknown = false;
        let mut best: Option<Box<Many>> = None;
        self.asked.borrow_mut().begin();
        for origin in &registration.receivers {
            match self.count_at(c, origin, DEPTH) {
                Count::Many(_) if self.is_found_otherwise(registration, origin) => {}
                Count::Many(many) => {
                    if best.as_ref().is_none_or(|b| many.confidence > b.confidence) {
                        best = Some(many);
                    }
                }
                Count::Unknown => unknown = true,
                Count::One => {}
            }
        }
        if self.asked.borrow().limited {
            self.limited.set(self.limited.get() + 1);
        }
        match best {
            Some(many) => Count::Many(many),
            None if let Some(count) = self.count_of_own_pool(registration) => count,
            None if unknown && let Some(count) = self.count_of_turn(registration) => count,
            None if unknown => self.count_of_elements(registration).map_or(Count::Unknown, |many| Count::Many(Box::new(many))),
            None => Count::One,
        }
    }

    /// The receiver is one of a list, taken in turn.
    fn count_of_turn(&self, registration: &Registration) -> Option<Count> {
        let (receiver, _) = self.receiver(registration.call)?;
        self.count_in_turn(registration.call, receiver, registration.receivers.first()?)
    }

    /// The modelled name of an origin's type, for people.
    pub fn type_name(&self, origin: &Origin) -> Option<String> {
        match self.type_of(origin)? {
            Type::Model(ix) => Some(self.models.shown(ix).to_owned()),
            Type::Owner(Owner::Literal(_) | Owner::Function(_)) => None,
            Type::Owner(owner) => Some(self.owner_name(owner)).filter(|n| !n.is_empty()),
        }
    }

    /// What kind of emitter an origin is by its type alone.
    pub fn emitter_kind(&self, origin: &Origin) -> Emitter {
        if let Root::Global(name) = origin.root
            && self.models.global(&self.text(name)).is_some()
        {
            return Emitter::Process;
        }
        if self.is_page_of_node(origin) {
            return Emitter::Process;
        }
        if let Some(Type::Model(ix)) = self.type_of(origin) {
            let name = self.models.name(ix);
            if name == "AbortSignal" {
                return Emitter::Signal;
            }
            if self.models.pooled(ix) {
                return Emitter::Pooled;
            }
            let given = matches!(origin.root, Root::Param(..));
            if self.models.lifetime(ix) == Some(Region::Program) && (!given || self.models.is_ambient(ix)) {
                return Emitter::Process;
            }
        }
        Emitter::Longer
    }

    pub(super) fn many(&self, region: Region, confidence: Confidence, origin: &Origin, steps: Vec<Step>) -> Count {
        let emitter = self.emitter_kind(origin);
        let lifetime = match emitter {
            Emitter::Pooled => Region::Connection,
            Emitter::Process => Region::Program,
            _ => self.lifetime(origin),
        };
        Count::Many(Box::new(Many { region, confidence, lifetime, emitter, steps, operation: false, since: None, bag: false, held: false }))
    }

    /// How long an object lives, by where it is held.
    pub(super) fn lifetime(&self, origin: &Origin) -> Region {
        if let Some(Type::Model(ix)) = self.type_of(origin)
            && let Some(lifetime) = self.models.lifetime(ix)
        {
            return lifetime;
        }
        match origin.root {
            Root::Global(_) | Root::Module(_) | Root::File(_) => Region::Program,
            Root::This(_) => Region::Instance,
            Root::Call(c) if self.fun(self.function_of(c)).at_load => Region::Program,
            _ => Region::Instance,
        }
    }

    /// How often the call `c` runs for the object `origin`.
    pub fn count_at(&self, c: CallAt, origin: &Origin, depth: u32) -> Count {
        let open = match self.asked.borrow_mut().open(c, origin, depth) {
            Next::Known(count) => return count,
            Next::Open(open) => open,
        };
        let count = self.find_count(c, origin, depth);
        self.asked.borrow_mut().close(open, count)
    }

    fn find_count(&self, c: CallAt, origin: &Origin, depth: u32) -> Count {
        if let Some(Type::Model(ix)) = self.type_of(origin) {
            if self.models.kind(ix) == Kind::Other {
                return Count::One;
            }
            // What lives no longer than a request meets one activation of what serves it.
            if self.models.lifetime(ix) == Some(Region::Request) && !self.models.pooled(ix) {
                return self.loop_count(c, origin, None).unwrap_or(Count::One);
            }
        }
        if let Some(count) = self.count_of_mounts(c, origin) {
            return count;
        }
        if self.is_of_own_time(origin, OWN_TIME) {
            return Count::One;
        }
        // An element of a collection is not one object, but each of the caller's signals outlives the call.
        if origin.path.contains(&PathKey::Element)
            && !(matches!(origin.root, Root::Param(..)) && self.emitter_kind(origin) == Emitter::Signal)
        {
            return Count::Unknown;
        }
        let f = self.function_of(c);
        if let Some(origins) = self.written_just_before(c, origin) {
            let counts = origins.iter().map(|o| self.count_at(c, o, depth.saturating_sub(1)));
            return counts.max_by_key(Count::rank).unwrap_or(Count::Unknown);
        }
        self.count_held(c, f, origin, depth)
    }

    /// How often the call runs for what holds the object, whatever its type.
    fn count_held(&self, c: CallAt, f: Fun, origin: &Origin, depth: u32) -> Count {
        match origin.root {
            _ if self.is_page_of_node(origin) => self.count_global(c, f, origin),
            Root::Call(made) => self.count_made(c, f, origin, made.with(self.function_of(made).id), Some(made), depth),
            Root::Literal(v) if !origin.path.is_empty() && self.is_filled_here(v, origin, f) => Count::One,
            Root::Literal(v) => match self.literal_function(v) {
                Some(g) => self.count_made(c, f, origin, g, None, depth),
                None => Count::Unknown,
            },
            Root::Param(g, i) => self.count_param(c, f, origin, g, i, depth),
            Root::This(g) => self.count_this(c, f, origin, g, depth),
            Root::Global(_) | Root::Module(_) | Root::File(_) => self.count_global(c, f, origin),
            Root::Class(_) | Root::Function(_) => Count::Unknown,
            Root::Binding(_) | Root::Const(_) | Root::Nothing | Root::Unknown(_) => Count::Unknown,
        }
    }

    /// The member of the literal is written in the functions around `f`.
    pub(super) fn is_filled_here(&self, v: At<ValueId>, origin: &Origin, f: Fun) -> bool {
        self.field_assigns(Owner::Literal(v), &origin.path[..1]).iter().any(|a| self.within(f, a.with(self.assign(*a).function)))
    }

    /// The function whose activation makes a literal: that of the assignment or call that has it.
    pub(super) fn literal_function(&self, v: At<ValueId>) -> Option<Fun> {
        self.assigned(v).map(|a| v.with(self.assign(a).function)).or_else(|| self.returning(v))
    }

    /// An object made in the activation of `g` (at call `made`).
    pub(super) fn count_made(&self, c: CallAt, f: Fun, origin: &Origin, g: Fun, made: Option<CallAt>, depth: u32) -> Count {
        // What is around an object is its parent, or further up.
        if let Some(made) = made
            && origin.path.is_empty()
            && depth > 0
            && self.is_around(made)
            && let Some((inner, _)) = self.receiver(made)
        {
            let parent = PathKey::Name(self.sym("parentElement"));
            let counts = self.origins(inner).iter().map(|o| self.count_at(c, &o.join(parent), depth - 1)).collect::<Vec<_>>();
            return counts.into_iter().max_by_key(Count::rank).expect("a value has origins");
        }
        // By a name that is put together of what this activation is told, another object is found each time.
        if made.is_some_and(|made| self.is_looked_up(made) && self.is_asked_by_built_name(made)) {
            return Count::Unknown;
        }
        // What is looked up below an object belongs to that object.
        if let Some(made) = made
            && origin.path.is_empty()
            && depth > 0
            && self.is_looked_up(made)
            && let Some((holder, _)) = self.receiver(made)
        {
            let holders = self.origins(holder);
            if holders.iter().all(|o| matches!(o.root, Root::This(_) | Root::Param(..) | Root::Call(_) | Root::Module(_))) {
                let counts = holders.iter().map(|o| self.count_at(c, o, depth - 1));
                return counts.max_by_key(Count::rank).expect("a value has origins");
            }
        }
        // A field of what was made: a connection below it may be older.
        if !origin.path.is_empty() && self.emitter_kind(origin) == Emitter::Pooled {
            let message = format!("`{}` is a connection that is used again: it outlives what was made here", self.show(origin));
            let step = made.map(|m| self.step_call(m, message));
            let runs = self.runs(f, None);
            let (region, confidence) = runs.as_ref().map_or((Region::Call, Confidence::Medium), |r| (r.region, Confidence::Medium));
            return self.many(region, confidence, origin, step.into_iter().collect());
        }
        if !origin.path.is_empty() && self.emitter_kind(origin) == Emitter::Signal && !self.signal_is_made(origin) {
            let message = format!("`{}` is an AbortSignal that others gave: it outlives what holds it", self.show(origin));
            let mut steps: Vec<Step> = made.map(|m| self.step_call(m, message)).into_iter().collect();
            let runs = self.runs(f, None);
            let region = runs.as_ref().map_or(Region::Call, |r| r.region);
            steps.extend(runs.into_iter().flat_map(|r| r.steps));
            return self.many(region, Confidence::Medium, origin, steps);
        }
        if let Some(made) = made
            && let Some(why) = self.not_fresh(made)
        {
            let step = self.step_call(made, why.0);
            let Some(runs) = self.runs(f, None) else {
                return if self.fun(self.function_of(made)).at_load { Count::One } else { Count::Unknown };
            };
            let mut steps = vec![step];
            steps.extend(runs.steps);
            let mut out = self.many(runs.region, Confidence::Medium, origin, steps);
            if let Count::Many(many) = &mut out {
                many.emitter = why.1;
                if why.1 == Emitter::Pooled {
                    many.lifetime = Region::Connection;
                }
            }
            return out;
        }
        if g == f {
            if let Some(holder) = self.found_or_made(c, f, origin)
                && depth > 0
                && let Count::Many(mut many) = self.count_held(c, f, &holder, depth - 1)
            {
                many.confidence = many.confidence.min(Confidence::Medium);
                return Count::Many(many);
            }
            if self.is_kept_by_older(c, f)
                && let Some(count) = self.count_kept(c, f, origin, g, depth)
            {
                return count;
            }
            let made_in = made.map(|m| m.with(self.call(m).block));
            return self.loop_count(c, origin, made_in).unwrap_or(Count::One);
        }
        if self.within(f, g) {
            if let Some(count) = self.loop_count(c, origin, None) {
                return count;
            }
            let made_in = made.map(|m| m.with(self.call(m).block));
            let script = self.is_script_of_component(g);
            let own = match made {
                _ if self.fun(g).at_load && !script => Own::Unknown,
                Some(made) => self.own_of(made, origin),
                None => Own::Activation,
            };
            let runs = self.runs_since(f, (!self.fun(g).at_load).then_some(g), made_in, own);
            if runs.is_some() && self.is_renewed_by_callers(c, g) {
                return Count::One;
            }
            return match runs {
                None => Count::One,
                Some(runs) => {
                    let where_made = if self.fun(g).at_load { "once, when the module is loaded" } else { "before" };
                    let mut steps: Vec<Step> =
                        made.map(|m| self.step_call(m, format!("the emitter is made here, {where_made}"))).into_iter().collect();
                    steps.extend(runs.steps);
                    let mut count = self.many(runs.region, runs.confidence, origin, steps);
                    if let Count::Many(many) = &mut count {
                        many.operation = runs.operation && (!self.fun(g).at_load || is_set_up(&self.fun(f).name));
                        many.since = Some(g);
                    }
                    count
                }
            };
        }
        // Made by a function that was called here and gave it back: fresh, unless a module holds it.
        if self.fun(g).at_load && g.file != f.file {
            return match self.runs(f, None) {
                None => Count::One,
                Some(runs) => {
                    let mut steps: Vec<Step> =
                        made.map(|m| self.step_call(m, "the emitter is made here, once, when the module is loaded")).into_iter().collect();
                    steps.extend(runs.steps);
                    let mut count = self.many(runs.region, runs.confidence, origin, steps);
                    if let Count::Many(many) = &mut count {
                        many.operation = runs.operation && is_set_up(&self.fun(f).name);
                    }
                    count
                }
            };
        }
        match made.and_then(|_| self.made_for_variable(c, f, origin)) {
            Some((holder, made)) if holder != g => self.count_made(c, f, origin, holder, Some(made), depth),
            _ => self.count_kept(c, f, origin, g, depth).unwrap_or(Count::One),
        }
    }

    /// The receiver is a variable of a function around `f`, or of the module, that a call there gave the object: it is as old as that
    /// activation. The function, and the call.
    fn made_for_variable(&self, c: CallAt, f: Fun, origin: &Origin) -> Option<(Fun, CallAt)> {
        let (object, _) = self.receiver(c)?;
        let Value::Binding(b) = self.value(object) else { return None };
        let binding = self.binding(object.with(*b));
        let holder = object.with(binding.function);
        let [def] = binding.defs[..] else { return None };
        let Value::Call(made) = self.value(object.with(self.assign(object.with(def)).from)) else { return None };
        let made = object.with(*made);
        let older = holder != f && self.within(f, holder) && self.function_of(made) == holder;
        (older && self.origins(object).contains(origin)).then_some((holder, made))
    }

    /// Whenever the function leads back to itself, the variable of what its maker `g` was given as parameter `i` is emptied before.
    fn is_used_up(&self, f: Fun, g: Fun, i: u32) -> bool {
        let Some(b) = self.fun(g).params.get(i as usize).and_then(|param| param.binding) else { return false };
        let empties = |h: Fun| {
            self.binding(g.with(b)).defs.iter().any(|&d| {
                let assign = self.assign(g.with(d));
                assign.function == h.id && assign.block == self.fun(h).body && self.is_nothing_value(g.with(assign.from))
            })
        };
        let mut again = self.callers(f).iter().map(|&c| self.function_of(c)).filter(|&h| self.within(h, f)).peekable();
        f != g && self.within(f, g) && (empties(f) || again.peek().is_some() && again.all(empties))
    }

    pub(super) fn count_param(&self, c: CallAt, f: Fun, origin: &Origin, g: Fun, i: u32, depth: u32) -> Count {
        if let Some(count) = self.loop_count(c, origin, None) {
            return count;
        }
        if !self.within(f, g)
            && let Some(count) = self.count_kept(c, f, origin, g, depth)
        {
            return count;
        }
        // `const one = first ?? new Part(); first = undefined`: what was given is used up by the first run.
        if origin.path.is_empty() && self.is_used_up(f, g, i) {
            return Count::One;
        }
        let inner = self.runs(f, Some(g));
        let kind = self.emitter_kind(origin);
        // What the parameter is by its type.
        if kind == Emitter::Signal {
            return self.count_signal(c, f, origin, g, depth, inner);
        }
        if kind == Emitter::Pooled && self.is_own_connection(g, origin) {
            return Count::One;
        }
        if kind == Emitter::Pooled {
            let runs = self.runs(f, None).or(inner);
            let message = format!("`{}` is a connection that is used again: it outlives the request", self.show(origin));
            let mut steps = vec![self.step_function(g, message)];
            let region = runs.as_ref().map_or(Region::Request, |r| r.region);
            let region = if matches!(region, Region::Call | Region::Event | Region::Iteration) { Region::Request } else { region };
            // (That it is one of a request tells that there are many, but not where all that is known is what nobody calls.)
            let guess = runs.as_ref().is_some_and(|r| r.operation && r.confidence == Confidence::Low);
            let confidence = if guess { Confidence::Low } else { Confidence::Medium };
            steps.extend(runs.into_iter().flat_map(|r| r.steps));
            return self.many(region, confidence, origin, steps);
        }
        if let Some(whole) = self.short_lived_whole(origin) {
            let message = format!("`{}` outlives `{}`, and is the same for the next ones", self.show(origin), self.show(&whole));
            let runs = self.runs(f, None).or(inner);
            let region = self.type_lifetime(&whole).unwrap_or(Region::Request);
            let mut steps = vec![self.step_function(g, message)];
            steps.extend(runs.into_iter().flat_map(|r| r.steps));
            return self.many(region, Confidence::Medium, origin, steps);
        }
        // What a composable's callers give it, they may have made for their component.
        if inner.is_some() && self.is_given_own(f, g, origin) {
            return Count::One;
        }
        if let Some(inner) = inner {
            let mut steps = vec![self.step_function(g, format!("`{}` is given once, here", self.show(origin)))];
            steps.extend(inner.steps);
            let mut count = self.many(inner.region, inner.confidence.min(Confidence::Medium), origin, steps);
            if let Count::Many(many) = &mut count {
                many.operation = inner.operation;
                many.since = Some(g);
            }
            return count;
        }
        if kind == Emitter::Process {
            return self.count_global(c, f, origin);
        }
        if let Some(count) = self.count_callback_param(origin, g, i, depth) {
            return count;
        }
        if let Some(count) = self.count_target(origin, g, i) {
            return count;
        }
        if let Some(count) = self.count_bound(origin, g, i, depth) {
            return count;
        }
        // A listener's or an entry point's parameter is made for this run.
        // (What `bind` put before is the same for each.)
        let made_for_run = |p: &super::calls::Passed| {
            i as usize >= p.shift && (super::sites::registration(self, p.call).is_some() || self.enters_with(*p, i))
        };
        if origin.path.is_empty() && self.passed(g).iter().any(made_for_run) {
            return Count::One;
        }
        // What the package's users hand over is not known.
        let mut unknown = self.is_public_function(g) && (!self.is_own_method(g) || self.callers(g).is_empty());
        let mut called = false;
        let mut likely: Option<Count> = None;
        let of_some_part = self.is_of_some_part(c, g, i as usize);
        for &caller in self.callers(g) {
            if self.within(self.function_of(caller), g) || self.picks_no_adding(caller, g) {
                continue;
            }
            called = true;
            if of_some_part {
                unknown = true;
                continue;
            }
            if origin.path.is_empty()
                && let Some(&given) = self.call(caller).args.get(i as usize)
                && let Some(count) = self.count_in_turn(caller, caller.with(given), origin)
            {
                return count;
            }
            for moved in self.from_callee(caller, g, origin) {
                let lasting = !matches!(moved.root, Root::This(_));
                if self.is_guarded_edge_of(caller, std::slice::from_ref(&moved), lasting) || self.is_left_out(c, g, i, &moved) {
                    continue;
                }
                let count = match (self.slot_holder(caller), moved.root) {
                    (Some(h), Root::Param(given, i)) if self.within(h, given) => {
                        self.count_param(caller, h, &moved, given, i, depth.saturating_sub(1))
                    }
                    _ => self.count_at(caller, &moved, depth - 1),
                };
                match count {
                    Count::Many(mut many) => {
                        many.steps.push(self.step_call(caller, format!("`{}` is called here", self.function_name(g))));
                        // A method makes an object each time it runs, and gives it what it is a method of.
                        let of_maker = matches!(moved.root, Root::This(_));
                        if many.region == Region::Call && of_maker && self.call(caller).kind == CallKind::New {
                            many.region = Region::Instance;
                        }
                        let count = Count::Many(many);
                        if count.rank().1 > Confidence::Low {
                            return count;
                        }
                        likely.get_or_insert(count);
                    }
                    Count::Unknown => unknown = true,
                    Count::One => {}
                }
            }
        }
        if let Some(count) = likely {
            return count;
        }
        if !called || unknown {
            if let Some(many) = self.shared_by_bag(f, origin, g) {
                return many;
            }
            return Count::Unknown;
        }
        Count::One
    }

    pub(super) fn type_lifetime(&self, origin: &Origin) -> Option<Region> {
        match self.type_of(origin)? {
            Type::Model(ix) => self.models.lifetime(ix),
            Type::Owner(_) => None,
        }
    }

    /// The request around a part that lives as long as the server (`req.socket.server`), by what models tell of both; or around what
    /// hangs on such a part (`req.app.locals.bus`).
    fn short_lived_whole(&self, origin: &Origin) -> Option<Origin> {
        if origin.path.is_empty() {
            return None;
        }
        let whole = |length: usize| Origin { root: origin.root, path: origin.path[..length].to_vec() };
        let mut lifetimes = (0..=origin.path.len()).rev().map(whole).filter_map(|o| self.type_lifetime(&o).map(|lifetime| (o, lifetime)));
        if !matches!(lifetimes.next(), Some((_, Region::Connection | Region::Server | Region::Program))) {
            return None;
        }
        lifetimes.find(|(_, lifetime)| matches!(lifetime, Region::Request | Region::Message)).map(|(whole, _)| whole)
    }

    pub(super) fn count_global(&self, c: CallAt, f: Fun, origin: &Origin) -> Count {
        // A member of a global that no pack tells of may be anything.
        if !origin.path.is_empty() && matches!(origin.root, Root::Global(_)) && self.type_of(origin).is_none() {
            return Count::Unknown;
        }
        if let Some(count) = self.loop_count(c, origin, None) {
            return count;
        }
        match self.runs(f, None) {
            None => Count::One,
            Some(runs) => {
                let mut steps = vec![self.step_call(c, format!("`{}` lives as long as the program", self.show(origin)))];
                steps.extend(runs.steps);
                let mut count = self.many(runs.region, runs.confidence, origin, steps);
                if let Count::Many(many) = &mut count {
                    many.lifetime = Region::Program;
                    many.operation = runs.operation;
                }
                count
            }
        }
    }
}
