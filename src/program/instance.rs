//! `this` and its fields: how often a line runs for what lives with an object.

use super::count::DEPTH;
use super::count::{Count, Emitter};
use super::runs::Runs;
use super::sites::Registration;
use super::stages::{is_set_up, is_teardown};
use super::starters::{Started, Times};
use super::walk::{self, Walk};
use super::{At, CallAt, Fun, Origin, Owner, PathKey, Program, Root};
use crate::facts::*;
use crate::findings::{Confidence, Region, Step};

/// How many calls above a line a field that it uses is looked for being written.
const WRITERS: u32 = 3;

/// A line that is asked for what lives with one object.
#[derive(Clone, Copy)]
pub(super) struct Line<'o> {
    pub(super) owner: Owner,
    pub(super) call: CallAt,
    /// What it adds to, where that may be another object each time.
    pub(super) emitter: Option<&'o Origin>,
    /// The object made what the line adds to, or it is a part of it.
    pub(super) own: bool,
}

impl Program<'_> {
    /// The assignments that give a field its values, with what is left of the path.
    pub fn field_sources(&self, origin: &Origin) -> Vec<(At<AssignId>, Vec<Origin>)> {
        let Root::This(g) = origin.root else { return Vec::new() };
        let Some(owner) = self.owner_of_this(g) else { return Vec::new() };
        for length in (1..=origin.path.len()).rev() {
            let assigns = self.field_assigns(owner, &origin.path[..length]);
            if !assigns.is_empty() {
                let rest = &origin.path[length..];
                return assigns
                    .into_iter()
                    .map(|a| {
                        let from = a.with(self.assign(a).from);
                        let origins = self.origins(from).iter().filter(|o| !o.is_nothing()).flat_map(|o| self.follow(o, rest)).collect();
                        (a, origins)
                    })
                    .collect();
            }
        }
        Vec::new()
    }

    pub(super) fn count_this(&self, c: CallAt, f: Fun, origin: &Origin, g: Fun, depth: u32) -> Count {
        let looped = if self.is_written_each_turn(c, origin) { None } else { self.loop_count(c, origin, None) };
        match looped {
            // A list may be short: what repeats the whole of it is the better reason.
            Some(Count::Many(list)) if list.confidence == Confidence::Low => match self.count_member(c, f, origin, g, depth) {
                Count::Many(many) if many.confidence > Confidence::Low && !many.operation => Count::Many(many),
                _ => Count::Many(list),
            },
            Some(count) => count,
            None => self.count_member(c, f, origin, g, depth),
        }
    }

    /// The same, apart from loops around the line.
    fn count_member(&self, c: CallAt, f: Fun, origin: &Origin, g: Fun, depth: u32) -> Count {
        // A method put in place of a foreign one: `this` is an object that is older, and each use runs it.
        if origin.path.is_empty()
            && let Some(patch) = self.patch_target(g)
        {
            let step = self.step_function(g, format!("takes the place of `{patch}`, which is called again and again on one object"));
            // (Of the page's requests hardly one is sent a second time.)
            let confidence = if patch.starts_with("XMLHttpRequest.") { Confidence::Low } else { Confidence::Medium };
            return self.many(Region::Call, confidence, origin, vec![step]);
        }
        let Some(owner) = self.owner_of_this(g) else {
            // A plain function as a listener: `this` is the emitter.
            for passed in self.passed(g) {
                if let Some(site) = super::sites::registration(self, passed.call)
                    && site.handler == Some(self.call(passed.call).args[passed.arg])
                    && let (_, Times::Many(region)) = self.listener_times(&site)
                {
                    let event = site.event.as_deref().unwrap_or("the event");
                    let step = self.step_call(
                        passed.call,
                        format!("the listener runs once per {}, when `{event}` fires, and `this` is the emitter", region.word()),
                    );
                    return self.many(region, Confidence::High, origin, vec![step]);
                }
            }
            // A function whose `this` its caller decides: `f.call(x)`.
            for &caller in self.callers(g) {
                if let (Some((_, Key::Name(n))), Some(&first)) = (self.receiver(caller), self.call(caller).args.first())
                    && matches!(n.as_str(), "call" | "apply")
                {
                    for o in self.origins(caller.with(first)).iter().flat_map(|o| self.follow(o, &origin.path)) {
                        if let Count::Many(many) = self.count_at(caller, &o, depth - 1) {
                            return Count::Many(many);
                        }
                    }
                }
            }
            return Count::Unknown;
        };
        if !self.is_class(owner) && self.type_of(origin).is_none() {
            return Count::Unknown;
        }
        if self.emitter_kind(origin) == Emitter::Pooled && !origin.path.is_empty() {
            let message = format!("`{}` is a connection that is used again: it outlives the request", self.show(origin));
            let runs = self.runs(f, None);
            let mut steps = vec![self.step_function(f, message)];
            let region = runs.as_ref().map_or(Region::Request, |r| r.region);
            steps.extend(runs.into_iter().flat_map(|r| r.steps));
            return self.many(region, Confidence::Medium, origin, steps);
        }
        // What a framework gives to each of its objects is one for all.
        if self.emitter_kind(origin) == Emitter::Process && !origin.path.is_empty() && self.field_sources(origin).is_empty() {
            return self.count_global(c, f, origin);
        }
        let mut injected: Option<(Fun, Origin)> = None;
        let mut rewritten = false;
        let mut made_here = false;
        if origin.path.len() > 1 && self.emitter_kind(origin) == Emitter::Signal {
            let foreign = self
                .field_sources(origin)
                .iter()
                .flat_map(|(_, o)| o)
                .any(|o| matches!(o.root, Root::Call(_)) && !o.path.is_empty() && !self.signal_is_made(o));
            if foreign {
                let message = format!("`{}` is an AbortSignal that others gave: it outlives this object", self.show(origin));
                return self.many(Region::Instance, Confidence::Medium, origin, vec![self.step_function(g, message)]);
            }
        }
        // An element of a collection is not one object; nor is what a name tells that is put together at each run.
        if origin.path.contains(&PathKey::Element) || origin.path.iter().any(|key| self.is_built_key(*key)) {
            return Count::Unknown;
        }
        if !origin.path.is_empty() {
            let sources = self.field_sources(origin);
            // Written just before, on every way to the line: what was written counts. (What a constructor is given has a count of its own.)
            if !self.is_constructor(g, owner)
                && let Some((_, origins)) = sources.iter().find(|(assign, origins)| !origins.is_empty() && self.is_just_before(*assign, c))
            {
                let counts: Vec<Count> = origins.iter().filter(|o| *o != origin).map(|o| self.count_at(c, o, depth - 1)).collect();
                if !counts.is_empty() {
                    return counts.into_iter().max_by_key(Count::rank).expect("there is one");
                }
            }
            // What the field holds outlives the object: it is counted as what it is.
            let mut held = sources.iter().flat_map(|(_, origins)| origins);
            if let Some(o) = held.next()
                && held.next().is_none()
                && self.outlives_objects(o)
            {
                return self.count_at(c, o, depth - 1);
            }
            if let Some(default) = self.lasting_default(&sources) {
                return self.count_at(c, default, depth - 1);
            }
            // What is found in a table of the module, or made for it, others find there too.
            let made = |o: &Origin| matches!(o.root, Root::Call(made) if o.path.is_empty() && self.call(made).kind == CallKind::New);
            let all = || sources.iter().flat_map(|(_, origins)| origins);
            if let Some(found) = all().find(|o| self.is_in_table_of_module(o)).filter(|_| all().any(made)) {
                let message = format!("`{}` is kept in a table of the module: the next object finds it there", self.show(found));
                let runs = self.runs(f, None);
                let region = runs.as_ref().map_or(Region::Instance, |r| r.region);
                let mut steps = vec![Step { message, ..self.step_lives(origin, owner, f) }];
                steps.extend(runs.into_iter().flat_map(|r| r.steps));
                return self.many(region, Confidence::Medium, origin, steps);
            }
            // So is a global that objects are given (`new Watcher({ process })`).
            let handed = |o: &Origin| match o.root {
                Root::Param(h, _) if self.is_constructor(h, owner) && !self.is_constructor(f, owner) => {
                    let makers = self.callers(h).iter().flat_map(|&maker| self.from_callee(maker, h, o));
                    makers.filter(|moved| matches!(moved.root, Root::Global(_))).collect::<Vec<_>>()
                }
                _ => Vec::new(),
            };
            if let Some(lasting) = sources.iter().flat_map(|(_, origins)| origins).flat_map(handed).next() {
                return self.count_at(c, &lasting, depth - 1);
            }
            if !self.is_constructor(f, owner) && self.written_by_callers(f, origin, &sources, WRITERS) {
                return Count::Unknown;
            }
            // Kept for its listeners, whatever becomes of the object that holds it.
            if let Some(kept) = sources.iter().flat_map(|(_, os)| os).find(
                |o| matches!(o.root, Root::Call(made) if o.path.is_empty() && (self.gives_kept(made) || self.gives_shared_emitter(made))),
            ) {
                return self.count_at(c, kept, depth - 1);
            }
            // Made here, or given: what is given counts.
            let given = self.is_constructor(f, owner)
                && sources.iter().flat_map(|(_, o)| o).any(|o| matches!(o.root, Root::Param(h, _) if h == f && !o.path.is_empty()));
            for (assign, origins) in &sources {
                let at = assign.with(self.assign(*assign).function);
                // Written fresh before the line, in this activation.
                let fresh = origins.iter().any(|o| match o.root {
                    Root::Call(made) => self.not_fresh(made).is_none(),
                    Root::Literal(_) => true,
                    _ => false,
                });
                // What the first run makes, the next one finds there.
                let found_again = self.is_written_once(*assign, &sources, origin, owner) && !self.is_just_before(*assign, c);
                if fresh && !given && !found_again && self.within(f, at) && self.runs(f, Some(at)).is_none() && !self.is_after(*assign, c) {
                    return Count::One;
                }
                // Written anew outside the constructor: each round of a reconnect or retry has its own.
                let owner_there = self.owner_around(at).is_some_and(|o| self.related(o, owner));
                let there = at.with(self.fun(at).this);
                let raw = self.origins(assign.with(self.assign(*assign).from));
                let made_elsewhere = raw.iter().any(|o| matches!(o.root, Root::Literal(_))) && origin.path.len() > 1
                    || origins.iter().any(|o| {
                        matches!(o.root, Root::Call(_) | Root::Literal(_))
                            || matches!(o.root, Root::Param(h, _) if !self.passed(h).is_empty())
                    });
                if owner_there
                    && made_elsewhere
                    && !self.is_constructor(there, owner)
                    && !self.is_step_of_constructor(there, owner)
                    && !self.is_written_once(*assign, &sources, origin, owner)
                {
                    rewritten = true;
                }
                for o in origins {
                    if let Root::Param(h, _) = o.root
                        && self.owner_of_this(h).is_some_and(|w| self.related(w, owner))
                    {
                        injected = Some((h, o.clone()));
                    }
                }
                made_here |= fresh && at == f && !found_again;
            }
            if made_here && injected.is_none() {
                return Count::One;
            }
        }
        let in_constructor = self.is_constructor(g, owner);
        let inner = self.runs(f, Some(g));
        if let Some((h, o)) = &injected {
            // Made and handed over by the program itself, each time anew?
            let makers = || self.callers(*h).iter();
            // That of what makes the object, which has made the signal too: both may go together.
            let handed = || makers().flat_map(|&maker| self.from_callee(maker, *h, o));
            let of_maker = || handed().next().is_some() && handed().all(|o| matches!(o.root, Root::This(_)) && self.signal_is_made(&o));
            let signal = self.emitter_kind(o) == Emitter::Signal || self.emitter_kind(origin) == Emitter::Signal;
            if signal && self.is_never_handed(*h, o, super::signals::HANDED) {
                return Count::One;
            }
            // What the instance was given is older than the instance. (What a method that is for users adds to its maker's signal is counted
            // below.)
            let by_users = || !in_constructor && self.callers(self.member_around(f)).is_empty();
            if signal && !(of_maker() && by_users()) {
                let message = format!("`{}` is the caller's AbortSignal: it outlives this object", self.show(o));
                let mut steps = vec![self.step_function(*h, message)];
                steps.extend(inner.into_iter().flat_map(|r| r.steps));
                let origin = if self.emitter_kind(o) == Emitter::Signal { o } else { origin };
                if of_maker() {
                    return Count::Unknown;
                }
                if makers().next().is_some() && !self.is_public_owner(owner) {
                    let counts: Vec<Count> = makers()
                        .flat_map(|&m| self.from_callee(m, *h, o).into_iter().map(move |x| (m, x)))
                        .map(|(m, x)| self.count_at(m, &x, depth - 1))
                        .collect();
                    if !counts.is_empty() && counts.iter().all(|c| matches!(c, Count::One)) {
                        return match self.runs_per_instance(f, Line { owner, call: c, emitter: None, own: false }, &mut Walk::new(), DEPTH)
                        {
                            Some(runs) if !in_constructor && !runs.operation => self.many(runs.region, runs.confidence, origin, runs.steps),
                            _ => Count::One,
                        };
                    }
                }
                return self.many(if in_constructor { Region::Instance } else { Region::Call }, Confidence::Medium, origin, steps);
            }
            if in_constructor && inner.is_none() {
                let injected = self.count_injected(o, *h, owner, depth);
                if let Some(Count::Many(many)) = &injected
                    && many.confidence >= Confidence::Medium
                    && !many.operation
                {
                    return Count::Many(many.clone());
                }
                return self.shared_by_bag(*h, o, *h).or(injected).unwrap_or(Count::Unknown);
            }
        }
        if in_constructor {
            return match inner {
                None => Count::One,
                Some(runs) => {
                    let mut steps = vec![self.step_function(g, format!("`{}` lives as long as the object", self.show(origin)))];
                    steps.extend(runs.steps);
                    self.many(runs.region, runs.confidence, origin, steps)
                }
            };
        }
        let own = self.is_of_mount(origin) || !origin.path.is_empty() && self.holds_made(&self.field_sources(origin));
        let runs = self.runs_per_instance(f, Line { owner, call: c, emitter: Some(origin), own }, &mut Walk::new(), DEPTH);
        let runs = runs.filter(|r| !rewritten || r.operation);
        match runs {
            Some(runs) => {
                let mut steps = vec![self.step_lives(origin, owner, g)];
                steps.extend(runs.steps);
                // What a field holds is known less surely than what a variable does.
                let mut count = self.many(runs.region, runs.confidence.min(Confidence::Medium), origin, steps);
                if let Count::Many(many) = &mut count {
                    many.operation = runs.operation;
                }
                count
            }
            None if own => Count::One,
            None => {
                // What a user of the package gave may have other listeners of other objects.
                let Some((h, o)) = &injected else { return Count::One };
                // So may what an outside user gives to an object of a class that the program itself makes objects of.
                let unknown = self.callers(*h).is_empty() || self.is_public_owner(owner);
                self.count_injected(o, *h, owner, depth).unwrap_or(if unknown { Count::Unknown } else { Count::One })
            }
        }
    }

    /// Whatever the listener may be added to stands ready in the program.
    pub(super) fn is_on_lasting(&self, registration: &Registration) -> bool {
        !registration.receivers.is_empty() && registration.receivers.iter().all(|o| self.outlives_objects(o))
    }

    /// The program calls the method in the class's constructor only: `constructor() { this.build() }`.
    fn is_step_of_constructor(&self, f: Fun, owner: Owner) -> bool {
        let callers = self.callers(f);
        let constructs = |&c: &CallAt| {
            let g = self.function_of(c);
            self.is_constructor(g, owner)
                || self.owner_of_this(g).is_some_and(|own| self.related(own, owner) && self.is_constructor(g, own))
        };
        !callers.is_empty() && callers.iter().all(constructs) && self.passed(f).is_empty()
    }

    /// Stands ready in the program, whatever objects hold it: a global, a module, what a module's body makes, a standard stream.
    fn outlives_objects(&self, o: &Origin) -> bool {
        match o.root {
            Root::Global(_) | Root::Module(_) => true,
            Root::Call(made) if o.path.is_empty() && self.is_accessor(made) => true,
            Root::Call(made) if o.path.is_empty() => {
                self.fun(self.function_of(made)).at_load || self.not_fresh(made).is_some_and(|(_, emitter)| emitter == Emitter::Process)
            }
            _ => false,
        }
    }

    /// An element of an object, a list or a map that the module makes when it is loaded.
    fn is_in_table_of_module(&self, o: &Origin) -> bool {
        o.path.len() == 1
            && o.path[0] == PathKey::Element
            && match o.root {
                Root::Literal(table) => self.literal_function(table).is_some_and(|g| self.fun(g).at_load),
                _ => false,
            }
    }

    pub(super) fn step_lives(&self, origin: &Origin, owner: Owner, g: Fun) -> Step {
        for (assign, origins) in self.field_sources(origin) {
            if !origins.is_empty() {
                let range = self.files[assign.file as usize].positions.assigns[assign.id.index()];
                return self.step_at(
                    assign.file,
                    range,
                    format!("`{}` is set here and lives as long as the {} object", self.show(origin), self.owner_name(owner)),
                );
            }
        }
        let shown = self.show(origin);
        let object = match self.owner_name(owner) {
            name if name.starts_with("the ") => name,
            name => format!("the {name} object"),
        };
        let what = if origin.path.is_empty() { format!("is {object} itself") } else { format!("belongs to {object}") };
        self.step_function(g, format!("`{shown}` {what}: it outlives each call"))
    }

    /// How often a line in `f` runs per instance of `owner`.
    ///
    /// «Many» needs a way from after the line back to it on the same object, or a public operation.
    pub(super) fn runs_per_instance(&self, f: Fun, line: Line<'_>, walk: &mut Walk<Option<Runs>>, depth: u32) -> Option<Runs> {
        if depth == 0 {
            return None;
        }
        let this = self.member_around(f);
        if self.owner_of_this(this).is_some_and(|o| self.is_constructor(this, o)) && this == f {
            return None;
        }
        // The end of a life comes once; so does a stage of it that the framework runs. What is opened again is ended again.
        if this == f && is_teardown(&self.fun(f).name) {
            return self.runs_of_end(f, line.owner);
        }
        let entered = match walk.enter(f, depth) {
            walk::Step::Into(entered) => entered,
            walk::Step::Known(runs) => return runs,
            walk::Step::Cycle if self.is_list_walk(f) => return Some(self.runs_for_elements(f)),
            walk::Step::Cycle => {
                return Some(Runs {
                    region: Region::Event,
                    confidence: Confidence::Medium,
                    steps: vec![self.step_function(f, format!("`{}` leads back to itself on the same object", self.function_name(f)))],
                    operation: false,
                    cycle: true,
                });
            }
        };
        let runs = self.runs_on_one_object(f, this, line, walk, depth);
        walk.leave(entered, runs)
    }

    /// The call runs the method once on what the same activation makes for it, and nothing else calls a method of that name on an object
    /// that is not known.
    fn is_once_on(&self, by: CallAt, made: CallAt, key: &Key) -> bool {
        let around = |c: CallAt| self.loop_around(c.with(self.call(c).block));
        // (In a variable of its own: what others see they may use again.)
        let own = self.receiver(by).is_some_and(|(object, _)| match self.value(object) {
            Value::Binding(b) => self.binding(object.with(*b)).function == self.call(by).function,
            value => matches!(value, Value::Call(_)),
        });
        own && self.function_of(by) == self.function_of(made)
            && around(by) == around(made)
            && !self.is_called_by_name(self.path_key(by.file, key))
    }

    fn runs_on_one_object(&self, f: Fun, this: Fun, line: Line<'_>, walk: &mut Walk<Option<Runs>>, depth: u32) -> Option<Runs> {
        let Line { owner, call: c, emitter, own } = line;
        let mut best: Option<Runs> = None;
        let mut inside = false;
        for starter in self.starters(f).iter() {
            // Called on another object, such as one that is made there.
            if let Some(by) = starter.by
                && starter.how == Started::Called
                && this == f
                && self.functions_called(by).contains(&f)
                && let Some((object, key)) = self.receiver(by)
                && !matches!(key, Key::Name(n) if n == "call" || n == "apply")
                && !self.origins(object).iter().any(|o| matches!(o.root, Root::This(h) if o.path.is_empty() && self.owner_of_this(h).is_some_and(|w| self.related(w, owner))))
                && !matches!(self.value(object), Value::Super)
            {
                let made = |o: &Origin| match o.root {
                    Root::Call(m) if o.path.is_empty() && self.call(m).kind == CallKind::New => Some(m),
                    _ => None,
                };
                let name = &self.fun(f).name;
                let told = |m: CallAt| name.starts_with(['#', '_']) || is_set_up(name) || self.is_once_on(by, m, key);
                inside |= !self.is_public_function(f) && self.origins(object).iter().filter_map(made).any(told);
                continue;
            }
            // An object is made anew: another one.
            if let Some(by) = starter.by
                && starter.how == Started::Called
                && self.call(by).kind == CallKind::New
                && self.functions_called(by).contains(&f)
            {
                inside = true;
                continue;
            }
            // The way back leaves the line's own function on a branch that does not come past the line.
            if let Some(by) = starter.by
                && self.function_of(by) == self.function_of(c)
                && self.is_beside(by, c)
            {
                inside = true;
                continue;
            }
            // What the line adds to is another object on this way.
            if let (Some(by), Some(emitter), Started::Called) = (starter.by, emitter, &starter.how)
                && self.is_given_anew_before(by, emitter)
            {
                inside = true;
                continue;
            }
            // The listener that is added runs once and is used up before the line comes again; a test lets the edge be taken once.
            if let Some(by) = starter.by
                && (by == c
                    && matches!(starter.how, Started::Listener(_) | Started::Heard(_))
                    && super::sites::registration(self, c).is_some_and(|site| site.once)
                    || starter.how == Started::Called && self.is_guarded_edge(by, false))
            {
                inside = true;
                continue;
            }
            let put_off = self.is_put_off(f, starter);
            if put_off && starter.times == Times::One {
                inside = true;
                continue;
            }
            let within_owner = starter.within.and_then(|w| self.owner_around(w)).is_some_and(|o| self.related(o, owner));
            let found = match (starter.times, &starter.how) {
                (_, Started::Public) => continue,
                (Times::Many(_), Started::Each) if starter.by.is_some_and(|c| self.is_name_list(c)) => {
                    inside = true;
                    starter.within.and_then(|w| self.runs_per_instance(w, line, walk, depth - 1))
                }
                (Times::Many(_), Started::Interval) if self.ends_its_timer(f) => {
                    inside = true;
                    None
                }
                (Times::Many(region), how) => {
                    inside = true;
                    let confidence = match how {
                        Started::Heard(Some(event)) if self.is_emitted_again(starter.by, event) => Confidence::Medium,
                        Started::Unknown | Started::Each | Started::Heard(_) => Confidence::Low,
                        _ => Confidence::High,
                    };
                    let message = self.why(f, starter, region);
                    let step = starter.by.map_or_else(|| self.step_function(f, message.clone()), |c| self.step_call(c, message.clone()));
                    // Should the event fire once only, its listener runs as often as it is added.
                    let around = match (how, starter.within) {
                        (Started::Heard(_), Some(w)) if within_owner && !put_off => self.runs_per_instance(w, line, walk, depth - 1),
                        _ => None,
                    };
                    let mut around = around.filter(|runs| runs.confidence > confidence);
                    if let Some(runs) = &mut around {
                        runs.through(how);
                    }
                    around.or(Some(Runs { region, confidence, steps: vec![step], operation: false, cycle: false }))
                }
                (Times::One, how) => {
                    let (Some(within), Some(by)) = (starter.within, starter.by) else { continue };
                    if within_owner {
                        inside = true;
                        if *how == Started::Called && self.loop_around(by.with(self.call(by).block)).is_some() {
                            Some(Runs {
                                region: Region::Iteration,
                                confidence: Confidence::Medium,
                                steps: vec![self.step_call(by, format!("`{}` is called in a loop", self.function_name(f)))],
                                operation: false,
                                cycle: false,
                            })
                        } else {
                            let mut runs = self.runs_per_instance(within, line, walk, depth - 1);
                            runs = runs.filter(|runs| !self.is_last_tick(f, starter, runs));
                            if let Some(runs) = &mut runs {
                                runs.through(how);
                            }
                            if let Some(runs) = &mut runs
                                && !self.within(f, within)
                                && runs.steps.len() < 6
                            {
                                runs.steps.push(self.step_call(by, format!("`{}` is called from here", self.function_name(f))));
                            }
                            runs
                        }
                    } else {
                        None
                    }
                }
            };
            if let Some(runs) = found
                && best.as_ref().is_none_or(|b| (runs.confidence, !runs.operation) > (b.confidence, !b.operation))
            {
                best = Some(runs);
            }
            // Nothing is surer.
            if best.as_ref().is_some_and(|b| b.confidence == Confidence::High && !b.operation) {
                break;
            }
        }
        if best.is_some() {
            return best;
        }
        if this == f
            && let Some(contract) = self.runs_as_lifecycle(f)
        {
            return if own && self.is_once_in_life(f) { None } else { contract.runs() };
        }
        if this == f
            && !inside
            && self.owner_of_function(f).is_some()
            && !self.is_run_once_by_built_name(f, owner)
            && !self.is_run_once_by_name(f)
        {
            let step = self.step_function(f, format!("`{}` is called any number of times on one object", self.function_name(f)));
            let confidence = if is_set_up(&self.fun(f).name) { Confidence::Low } else { Confidence::Medium };
            return Some(Runs { region: Region::Call, confidence, steps: vec![step], operation: true, cycle: false });
        }
        // What a method gives back is called by whoever has it, as often as they like.
        if this != f
            && !inside
            && self.owner_of_this(this).is_some_and(|o| self.related(o, owner))
            && self.returned_by(f).iter().any(|&g| self.within(f, g) && !self.is_executor(g))
        {
            return self.runs_as_member(f, None);
        }
        None
    }
}
