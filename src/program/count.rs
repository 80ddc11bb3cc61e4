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

use rustc_hash::FxHashSet;

use super::calls::{Started, Starter, Times};
use super::sites::Registration;
use super::types::Type;
use super::{At, CallAt, Fun, Origin, Owner, PathKey, Program, Root};
use crate::facts::*;
use crate::findings::{Confidence, Region, Step};
use crate::models::Kind;

/// How deep starters are followed.
const DEPTH: u32 = 12;

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
    /// The emitter was handed over in a bag of shared parts.
    pub bag: bool,
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

/// How often a function runs in one activation of another (or per program).
#[derive(Debug, Clone)]
pub struct Runs {
    pub region: Region,
    pub confidence: Confidence,
    pub steps: Vec<Step>,
    pub operation: bool,
    /// It leads back to itself.
    pub cycle: bool,
}

impl Runs {
    /// What leads back to itself through a timer is a tick, through a listener an event.
    fn through(&mut self, how: &Started) {
        match how {
            Started::Listener(_) if self.cycle => {
                self.region = Region::Event;
                self.cycle = false;
            }
            Started::Timer if self.cycle => self.region = Region::Tick,
            _ => {}
        }
    }
}

/// What runs are counted within.
struct Goal {
    /// None: the program.
    function: Option<Fun>,
    /// The block that makes the object.
    made_in: Option<At<BlockId>>,
}

/// Names of methods that end an object, or that a framework calls once in its life (Node's stream manual, «Implementing»).
pub fn is_teardown(name: &str) -> bool {
    let name = name.trim_start_matches(['_', '#']).to_ascii_lowercase();
    const ENDS: &[&str] = &[
        "close",
        "destroy",
        "dispose",
        "end",
        "stop",
        "terminate",
        "shutdown",
        "disconnect",
        "teardown",
        "cleanup",
        "kill",
        "quit",
        "abort",
        "final",
        "flush",
        "construct",
        "unmount",
        "uninstall",
        "finish",
        "exit",
    ];
    ENDS.iter().any(|end| name == *end || (name.starts_with(end) && end.len() > 4))
        || matches!(name.as_str(), "disconnectedcallback" | "componentwillunmount" | "ngondestroy" | "onmoduledestroy")
}

/// Names of methods that set an object up: many objects, once each.
pub fn is_set_up(name: &str) -> bool {
    let name = name.trim_start_matches(['_', '#']).to_ascii_lowercase();
    const STARTS: &[&str] = &[
        "init",
        "setup",
        "start",
        "open",
        "listen",
        "attach",
        "install",
        "configure",
        "register",
        "mount",
        "bind",
        "connect",
        "launch",
        "boot",
        "prepare",
        "hook",
        "patch",
        "wrap",
        "enable",
        "wire",
    ];
    STARTS.iter().any(|start| name.starts_with(start))
        || name.ends_with("init")
        || name.ends_with("listeners")
        || name.ends_with("handlers")
}

impl Program<'_> {
    /// The count of a registration: the worst of its receivers.
    pub fn count(&self, registration: &Registration) -> Count {
        let c = registration.call;
        let mut unknown = false;
        let mut best: Option<Box<Many>> = None;
        for origin in &registration.receivers {
            match self.count_at(c, origin, DEPTH) {
                Count::Many(many) => {
                    if best.as_ref().is_none_or(|b| many.confidence > b.confidence) {
                        best = Some(many);
                    }
                }
                Count::Unknown => unknown = true,
                Count::One => {}
            }
        }
        match best {
            Some(many) => Count::Many(many),
            None if unknown => Count::Unknown,
            None => Count::One,
        }
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
        if let Some(Type::Model(ix)) = self.type_of(origin) {
            let name = self.models.name(ix);
            if name == "AbortSignal" {
                return Emitter::Signal;
            }
            if self.models.pooled(ix) {
                return Emitter::Pooled;
            }
            if self.models.lifetime(ix) == Some(Region::Program) {
                return Emitter::Process;
            }
        }
        Emitter::Longer
    }

    fn many(&self, region: Region, confidence: Confidence, origin: &Origin, steps: Vec<Step>) -> Count {
        let emitter = self.emitter_kind(origin);
        let lifetime = match emitter {
            Emitter::Pooled => Region::Connection,
            Emitter::Process => Region::Program,
            _ => self.lifetime(origin),
        };
        Count::Many(Box::new(Many { region, confidence, lifetime, emitter, steps, operation: false, bag: false }))
    }

    /// How long an object lives, by where it is held.
    fn lifetime(&self, origin: &Origin) -> Region {
        if let Some(Type::Model(ix)) = self.type_of(origin)
            && let Some(lifetime) = self.models.lifetime(ix)
        {
            return lifetime;
        }
        match origin.root {
            Root::Global(_) | Root::Module(_) | Root::File(_) => Region::Program,
            Root::This(_) => Region::Instance,
            Root::Call(c) if self.function_of(c).id == FunctionId(0) => Region::Program,
            _ => Region::Instance,
        }
    }

    /// How often the call `c` runs for the object `origin`.
    pub fn count_at(&self, c: CallAt, origin: &Origin, depth: u32) -> Count {
        if depth == 0 {
            self.limited.set(self.limited.get() + 1);
            return Count::Unknown;
        }
        if let Some(Type::Model(ix)) = self.type_of(origin) {
            if self.models.kind(ix) == Kind::Other {
                return Count::One;
            }
            // What lives no longer than a request meets one activation of what serves it.
            if self.models.lifetime(ix) == Some(Region::Request) && !self.models.pooled(ix) {
                return self.loop_count(c, origin, None).unwrap_or(Count::One);
            }
        }
        // An element of a collection is not one object.
        if origin.path.contains(&PathKey::Element) {
            return Count::Unknown;
        }
        let f = self.function_of(c);
        match origin.root {
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
            Root::Binding(b) => {
                let holder = b.with(self.binding(b).function);
                let _ = holder;
                Count::Unknown
            }
            Root::Const(_) | Root::Nothing | Root::Unknown(_) => Count::Unknown,
        }
    }

    /// The member of the literal is written in the functions around `f`.
    fn is_filled_here(&self, v: At<ValueId>, origin: &Origin, f: Fun) -> bool {
        self.field_assigns(Owner::Literal(v), &origin.path[..1]).iter().any(|a| self.within(f, a.with(self.assign(*a).function)))
    }

    /// The function whose activation makes a literal: that of the assignment or call that has it.
    fn literal_function(&self, v: At<ValueId>) -> Option<Fun> {
        let facts = self.facts(v.file);
        facts
            .assigns
            .iter()
            .find(|a| a.from == v.id)
            .map(|a| v.with(a.function))
            .or_else(|| facts.functions.iter().position(|f| f.returns.contains(&v.id)).map(|i| v.with(FunctionId(i as u32))))
    }

    fn loop_count(&self, c: CallAt, origin: &Origin, made_in: Option<At<BlockId>>) -> Option<Count> {
        let block = c.with(self.call(c).block);
        let around = self.loop_around(block)?;
        if made_in.is_some_and(|m| self.block_within(m, around)) {
            return None;
        }
        if self.is_event_loop(c, around) || self.leaves_loop(c, around) {
            return None;
        }
        // An emitter of this activation gathers as many as the collection has, and goes with the activation.
        let finite = matches!(self.block(around).kind, BlockKind::Loop(LoopKind::Of | LoopKind::In, _));
        if finite && made_in.is_some() && self.call(c).function != FunctionId(0) {
            return None;
        }
        let position = self.call_position(c).name;
        let step = self.step_at(c.file, position, "runs once for each turn of the loop around it");
        // A collection bounds its loop; what gathers is serious where the emitter outlives everything.
        let known =
            matches!(origin.root, Root::Call(_) | Root::Global(_) | Root::Module(_)) || self.emitter_kind(origin) == Emitter::Signal;
        let confidence = match self.block(around).kind {
            BlockKind::Loop(LoopKind::Of | LoopKind::In, _) if !known => Confidence::Low,
            BlockKind::Loop(LoopKind::Of | LoopKind::In, _) => Confidence::Medium,
            _ if !known => Confidence::Medium,
            _ => Confidence::High,
        };
        Some(self.many(Region::Iteration, confidence, origin, vec![step]))
    }

    /// After the call the loop is left without a test: one turn only.
    fn leaves_loop(&self, c: CallAt, around: At<BlockId>) -> bool {
        let mut at = c.with(self.call(c).block);
        let mut order = self.order_of(c);
        loop {
            if self.block(at).items.iter().skip(order + 1).any(|i| matches!(i, Item::Exit(Exit::Break | Exit::Return(_) | Exit::Throw(_))))
            {
                return true;
            }
            if at == around {
                return false;
            }
            let here = self.block(at);
            let Some(parent) = here.parent else { return false };
            order = here.index as usize;
            at = at.with(parent);
        }
    }

    pub fn block_within(&self, inner: At<BlockId>, outer: At<BlockId>) -> bool {
        let mut at = Some(inner);
        while let Some(b) = at {
            if b == outer {
                return true;
            }
            at = self.block(b).parent.map(|p| b.with(p));
        }
        false
    }

    /// A loop over event names, or one whose emitter is the loop's own element, adds once each.
    fn is_event_loop(&self, c: CallAt, around: At<BlockId>) -> bool {
        let call = self.call(c);
        let BlockKind::Loop(kind, over) = self.block(around).kind else { return false };
        let element = |v: ValueId| self.mentions_element(c.with(v), over, 6);
        let receiver = self.receiver(c).map(|(o, _)| o.id);
        if kind == LoopKind::While {
            // `for (i...) { events[i] }`: an argument or receiver computed from a variable that the loop changes.
            return call.args.first().is_some_and(|&e| self.changes_in_loop(c.with(e), around, 5))
                || receiver.is_some_and(|r| self.changes_in_loop(c.with(r), around, 5));
        }
        call.args.first().is_some_and(|&e| element(e)) || receiver.is_some_and(element)
    }

    fn mentions_element(&self, v: At<ValueId>, over: Option<ValueId>, depth: u32) -> bool {
        if depth == 0 {
            return false;
        }
        let again = |id: ValueId| self.mentions_element(v.with(id), over, depth - 1);
        match self.value(v) {
            Value::Element(inner) | Value::KeyOf(inner) => over.is_none_or(|o| o == *inner),
            Value::Binding(b) => {
                let binding = self.binding(v.with(*b));
                binding.defs.len() <= 3 && binding.defs.iter().any(|&d| again(self.assign(v.with(d)).from))
            }
            Value::Member(object, key) => again(*object) || matches!(key, Key::Computed(k) if again(*k)),
            Value::Text(parts) => parts.iter().any(|&p| again(p)),
            Value::Call(c) => {
                let call = self.call(v.with(*c));
                call.args.iter().any(|&a| again(a)) || again(call.callee)
            }
            Value::Choice(_, parts) => parts.iter().any(|&p| again(p)),
            Value::Binary(_, a, b) => again(*a) || again(*b),
            _ => false,
        }
    }

    fn changes_in_loop(&self, v: At<ValueId>, around: At<BlockId>, depth: u32) -> bool {
        if depth == 0 {
            return false;
        }
        let again = |id: ValueId| self.changes_in_loop(v.with(id), around, depth - 1);
        match self.value(v) {
            Value::Binding(b) => {
                let binding = self.binding(v.with(*b));
                binding.defs.iter().any(|&d| self.block_within(v.with(self.assign(v.with(d)).block), around))
            }
            Value::Member(object, key) => again(*object) || matches!(key, Key::Computed(k) if again(*k)),
            Value::Text(parts) => parts.iter().any(|&p| again(p)),
            Value::Binary(_, a, b) => again(*a) || again(*b),
            Value::Call(c) => {
                let call = self.call(v.with(*c));
                self.block_within(v.with(call.block), around)
            }
            _ => false,
        }
    }

    /// An object made in the activation of `g` (at call `made`).
    fn count_made(&self, c: CallAt, f: Fun, origin: &Origin, g: Fun, made: Option<CallAt>, depth: u32) -> Count {
        let _ = depth;
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
                return if self.function_of(made).id == FunctionId(0) { Count::One } else { Count::Unknown };
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
            let made_in = made.map(|m| m.with(self.call(m).block));
            return self.loop_count(c, origin, made_in).unwrap_or(Count::One);
        }
        if self.within(f, g) {
            if let Some(count) = self.loop_count(c, origin, None) {
                return count;
            }
            let made_in = made.map(|m| m.with(self.call(m).block));
            let runs = if g.id == FunctionId(0) { self.runs_since(f, None, made_in) } else { self.runs_since(f, Some(g), made_in) };
            return match runs {
                None => Count::One,
                Some(runs) => {
                    let where_made = if g.id == FunctionId(0) { "once, when the module is loaded" } else { "before" };
                    let mut steps: Vec<Step> =
                        made.map(|m| self.step_call(m, format!("the emitter is made here, {where_made}"))).into_iter().collect();
                    steps.extend(runs.steps);
                    let mut count = self.many(runs.region, runs.confidence, origin, steps);
                    if let Count::Many(many) = &mut count {
                        many.operation = runs.operation && (g.id != FunctionId(0) || is_set_up(&self.fun(f).name));
                    }
                    count
                }
            };
        }
        // Made by a function that was called here and gave it back: fresh, unless a module holds it.
        if g.id == FunctionId(0) && g.file != f.file {
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
        Count::One
    }

    /// A call whose result is older than the call: from a pool, a getter, a cache.
    fn not_fresh(&self, made: CallAt) -> Option<(String, Emitter)> {
        let call = self.call(made);
        if call.kind != CallKind::Call {
            return None;
        }
        if let Some(model) = self.method_model(made) {
            return match model.origin {
                crate::models::Origin::Pooled => {
                    Some(("comes out of a pool: it was used before and is used again".into(), Emitter::Pooled))
                }
                crate::models::Origin::Shared => Some(("is one object for all callers".into(), Emitter::Longer)),
                _ => None,
            };
        }
        let name = self.callee_name(made)?;
        if self.looks_pooled(made) {
            return Some((format!("`{name}` gives an object out of a pool: it was used before and is used again"), Emitter::Pooled));
        }
        if self.is_handed_back(made) {
            return Some((format!("`{name}` gives an object that is handed back after use: it serves again"), Emitter::Pooled));
        }
        None
    }

    /// The call takes something out of a pool, by the words that pools use.
    pub fn looks_pooled(&self, c: CallAt) -> bool {
        let Some((object, Key::Name(name))) = self.receiver(c) else { return false };
        if !self.functions_called(c).is_empty() {
            return false;
        }
        match name.as_str() {
            "getConnection" | "acquire" | "checkout" | "borrow" | "lease" => true,
            "connect" | "get" | "take" | "request" => {
                let shown = self.origins(object).first().map(|o| self.show(o)).unwrap_or_default();
                shown.rsplit('.').next().is_some_and(|last| last.to_ascii_lowercase().ends_with("pool"))
            }
            _ => false,
        }
    }

    /// The value is given back rather than ended: `v.release()`, `pool.release(v)`.
    pub fn is_handed_back(&self, made: CallAt) -> bool {
        let origin = Origin::root(Root::Call(made));
        self.hands_back(&origin, made.file)
    }

    /// Somewhere in the file, the object is given back.
    pub fn hands_back(&self, origin: &Origin, file: u32) -> bool {
        let count = self.facts(file).calls.len() as u32;
        (0..count).map(|i| At::new(file, CallId(i))).any(|c| {
            let Some((object, Key::Name(name))) = self.receiver(c) else { return false };
            if !matches!(name.as_str(), "release" | "releaseConnection" | "giveBack" | "checkin") {
                return false;
            }
            let call = self.call(c);
            self.origins(object).contains(origin) || call.args.iter().any(|&a| self.origins(c.with(a)).contains(origin))
        })
    }

    fn count_param(&self, c: CallAt, f: Fun, origin: &Origin, g: Fun, i: u32, depth: u32) -> Count {
        if let Some(count) = self.loop_count(c, origin, None) {
            return count;
        }
        let inner = self.runs(f, Some(g));
        let kind = self.emitter_kind(origin);
        // What the parameter is by its type.
        if kind == Emitter::Signal {
            return self.count_signal(c, f, origin, g, i, depth, inner);
        }
        if kind == Emitter::Pooled {
            let runs = self.runs(f, None).or(inner);
            let message = format!("`{}` is a connection that is used again: it outlives the request", self.show(origin));
            let mut steps = vec![self.step_function(g, message)];
            let region = runs.as_ref().map_or(Region::Request, |r| r.region);
            let region = if matches!(region, Region::Call | Region::Event | Region::Iteration) { Region::Request } else { region };
            steps.extend(runs.into_iter().flat_map(|r| r.steps));
            return self.many(region, Confidence::Medium, origin, steps);
        }
        if let Some(inner) = inner {
            let mut steps = vec![self.step_function(g, format!("`{}` is given once, here", self.show(origin)))];
            steps.extend(inner.steps);
            let mut count = self.many(inner.region, inner.confidence.min(Confidence::Medium), origin, steps);
            if let Count::Many(many) = &mut count {
                many.operation = inner.operation;
            }
            return count;
        }
        if kind == Emitter::Process {
            return self.count_global(c, f, origin);
        }
        if let Some(count) = self.count_callback_param(origin, g, i, depth) {
            return count;
        }
        // A listener's or an entry point's parameter is made for this run.
        if self.passed(g).iter().any(|p| super::sites::registration(self, p.call).is_some()) && origin.path.is_empty() {
            return Count::One;
        }
        let mut unknown = false;
        for &caller in self.callers(g) {
            if self.within(self.function_of(caller), g) {
                continue;
            }
            for moved in self.from_callee(caller, g, origin) {
                match self.count_at(caller, &moved, depth - 1) {
                    Count::Many(mut many) => {
                        many.steps.push(self.step_call(caller, format!("`{}` is called here", self.function_name(g))));
                        return Count::Many(many);
                    }
                    Count::Unknown => unknown = true,
                    Count::One => {}
                }
            }
        }
        if self.callers(g).is_empty() || unknown {
            if let Some(many) = self.shared_by_bag(f, origin, g) {
                return many;
            }
            return Count::Unknown;
        }
        Count::One
    }

    /// What a promise or a pool hands to a callback.
    fn count_callback_param(&self, origin: &Origin, g: Fun, i: u32, depth: u32) -> Option<Count> {
        for passed in self.passed(g) {
            let c = passed.call;
            let from_pool = |this: &Self, made: CallAt, at: CallAt| {
                let name = this.callee_name(made).unwrap_or_default();
                let step = this.step_call(made, format!("`{name}` gives an object out of a pool: it was used before and is used again"));
                let mut steps = vec![step];
                let runs = this.runs(this.function_of(at), None);
                let region = runs.as_ref().map_or(Region::Call, |r| r.region);
                steps.extend(runs.into_iter().flat_map(|r| r.steps));
                let mut count = this.many(region, Confidence::Medium, origin, steps);
                if let Count::Many(many) = &mut count {
                    many.emitter = Emitter::Pooled;
                    many.lifetime = Region::Connection;
                }
                count
            };
            if self.looks_pooled(c) && (i as usize) >= passed.shift && origin.path.is_empty() {
                return Some(from_pool(self, c, c));
            }
            if let Some((object, Key::Name(name))) = self.receiver(c)
                && name == "then"
                && passed.arg == 0
                && i == 0
            {
                if origin.path.is_empty() && self.hands_back(origin, g.file) {
                    return Some(from_pool(self, c, c));
                }
                for o in self.origins(object).iter() {
                    if let Root::Call(made) = o.root
                        && o.path.is_empty()
                        && !self.looks_pooled(made)
                        && self.method_model(made).is_none()
                    {
                        continue;
                    }
                    for o in self.follow(o, &origin.path) {
                        if let Count::Many(many) = self.count_at(c, &o, depth - 1) {
                            return Some(Count::Many(many));
                        }
                    }
                }
            }
        }
        None
    }

    /// A signal that this program makes: `new AbortController().signal`, or a field that only ever gets one.
    fn signal_is_made(&self, origin: &Origin) -> bool {
        let Some(holder) = origin.prefix() else {
            return matches!(origin.root, Root::Call(c) if self.call(c).kind == CallKind::Call);
        };
        match self.type_of(&holder) {
            Some(Type::Model(ix)) => self.models.name(ix) == "AbortController",
            Some(Type::Owner(owner)) => {
                let key = *origin.path.last().expect("a path with a prefix");
                let assigns = self.field_assigns(owner, &[key]);
                !assigns.is_empty()
                    && assigns.iter().all(|a| {
                        self.origins(a.with(self.assign(*a).from))
                            .iter()
                            .all(|o| o.is_nothing() || o != origin && matches!(o.root, Root::Call(_)) && self.signal_is_made(o))
                    })
            }
            None => matches!(holder.root, Root::Call(c) if self.call(c).kind == CallKind::Call && !self.is_caller_bag(c)),
        }
    }

    /// `Object.assign({}, options)`, `{...options}` and the like: a copy of what the caller gave.
    fn is_caller_bag(&self, _c: CallAt) -> bool {
        false
    }

    /// A caller's AbortSignal: it outlives the call, unless every caller in the program makes it for the call.
    #[allow(clippy::too_many_arguments)]
    fn count_signal(&self, c: CallAt, f: Fun, origin: &Origin, g: Fun, i: u32, depth: u32, inner: Option<Runs>) -> Count {
        let _ = (c, i);
        let callers: Vec<CallAt> = self.callers(g).iter().copied().filter(|&caller| !self.within(self.function_of(caller), g)).collect();
        let mut fresh = !callers.is_empty() && !self.is_public_function(g);
        if fresh {
            for &caller in &callers {
                for moved in self.from_callee(caller, g, origin) {
                    match self.count_at(caller, &moved, depth - 1) {
                        Count::Many(mut many) => {
                            many.emitter = Emitter::Signal;
                            many.confidence = many.confidence.max(Confidence::Medium);
                            many.steps.push(self.step_call(caller, format!("handed to `{}` here", self.function_name(g))));
                            if let Some(inner) = &inner {
                                many.steps.extend(inner.steps.iter().cloned());
                                many.region = inner.region;
                            }
                            return Count::Many(many);
                        }
                        Count::Unknown => fresh = false,
                        Count::One => {}
                    }
                }
            }
        }
        if fresh && inner.is_none() {
            return Count::One;
        }
        let message = format!("`{}` is the caller's AbortSignal: it outlives this call and serves the next ones too", self.show(origin));
        let mut steps = vec![self.step_function(g, message)];
        let region = match inner {
            Some(inner) => {
                steps.extend(inner.steps);
                inner.region
            }
            None => match self.runs(f, None) {
                Some(runs) => {
                    steps.extend(runs.steps);
                    let in_public_class = self.owner_of_this(g).is_some_and(|o| self.is_constructor(g, o) && self.is_public_owner(o));
                    match runs.region {
                        Region::Iteration | Region::Event => Region::Call,
                        Region::Instance if !in_public_class => Region::Call,
                        region => region,
                    }
                }
                None => Region::Call,
            },
        };
        self.many(region, Confidence::Medium, origin, steps)
    }

    /// An emitter out of a bag of components, taken by a constructor.
    fn shared_by_bag(&self, f: Fun, origin: &Origin, g: Fun) -> Option<Count> {
        let owner = self.owner_of_this(g)?;
        if !self.is_constructor(g, owner) || origin.path.is_empty() || !self.within(f, g) || !self.is_bag(g, origin) {
            return None;
        }
        let message = format!(
            "`{}` comes out of a bag that the maker of {} holds: it outlives the instance",
            self.show(origin),
            self.owner_name(owner)
        );
        let mut count = self.many(Region::Instance, Confidence::Low, origin, vec![self.step_function(g, message)]);
        if let Count::Many(many) = &mut count {
            many.bag = true;
        }
        Some(count)
    }

    /// The parameter is a bag of parts: named so, taken apart in place, or of a type that is named so.
    fn is_bag(&self, g: Fun, origin: &Origin) -> bool {
        let Root::Param(h, i) = origin.root else { return false };
        let Some(param) = self.fun(h).params.get(i as usize) else { return false };
        let _ = g;
        const BAGS: &[&str] = &[
            "option",
            "opt",
            "setting",
            "config",
            "component",
            "dep",
            "service",
            "context",
            "ctx",
            "init",
            "prop",
            "param",
            "arg",
            "module",
            "env",
        ];
        let bag = |name: &str| {
            let name = name.trim_start_matches('_').to_ascii_lowercase();
            BAGS.iter().any(|b| name.starts_with(b) || name.ends_with(b) || name.ends_with(&format!("{b}s")))
        };
        param.name.is_empty() || bag(&param.name) || param.of.as_ref().is_some_and(|of| of.names.iter().any(|n| bag(n)))
    }

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

    fn count_this(&self, c: CallAt, f: Fun, origin: &Origin, g: Fun, depth: u32) -> Count {
        if let Some(count) = self.loop_count(c, origin, None) {
            return count;
        }
        // A method put in place of a foreign one: `this` is an object that is older, and each use runs it.
        if origin.path.is_empty()
            && let Some(patch) = self.patch_target(g)
        {
            let step = self.step_function(g, format!("takes the place of `{patch}`, which is called again and again on one object"));
            return self.many(Region::Call, Confidence::Medium, origin, vec![step]);
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
        if matches!(owner, Owner::Literal(_) | Owner::Function(_)) && self.type_of(origin).is_none() {
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
        // An element of a collection is not one object.
        if origin.path.contains(&PathKey::Element) {
            return Count::Unknown;
        }
        if !origin.path.is_empty() {
            let sources = self.field_sources(origin);
            for (assign, origins) in &sources {
                let at = assign.with(self.assign(*assign).function);
                // Written fresh before the line, in this activation.
                let fresh = origins.iter().any(|o| match o.root {
                    Root::Call(made) => self.not_fresh(made).is_none(),
                    Root::Literal(_) => true,
                    _ => false,
                });
                if fresh && self.within(f, at) && self.runs(f, Some(at)).is_none() && !self.is_after(*assign, c) {
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
                if owner_there && made_elsewhere && !self.is_constructor(there, owner) {
                    rewritten = true;
                }
                for o in origins {
                    if let Root::Param(h, _) = o.root
                        && self.owner_of_this(h).is_some_and(|w| self.related(w, owner))
                    {
                        injected = Some((h, o.clone()));
                    }
                }
                made_here |= fresh && at == f;
            }
            if made_here && injected.is_none() {
                return Count::One;
            }
        }
        let in_constructor = self.is_constructor(g, owner);
        let inner = self.runs(f, Some(g));
        if let Some((h, o)) = &injected {
            // What the instance was given is older than the instance.
            if self.emitter_kind(o) == Emitter::Signal || self.emitter_kind(origin) == Emitter::Signal {
                let message = format!("`{}` is the caller's AbortSignal: it outlives this object", self.show(o));
                let mut steps = vec![self.step_function(*h, message)];
                steps.extend(inner.into_iter().flat_map(|r| r.steps));
                let origin = if self.emitter_kind(o) == Emitter::Signal { o } else { origin };
                // Made and handed over by the program itself, each time anew?
                let makers = self.callers(*h);
                if !makers.is_empty() && !self.is_public_owner(owner) {
                    let counts: Vec<Count> = makers
                        .iter()
                        .flat_map(|&m| self.from_callee(m, *h, o).into_iter().map(move |x| (m, x)))
                        .map(|(m, x)| self.count_at(m, &x, depth - 1))
                        .collect();
                    if !counts.is_empty() && counts.iter().all(|c| matches!(c, Count::One)) {
                        return match self.runs_per_instance(f, owner, c, &mut FxHashSet::default(), DEPTH) {
                            Some(runs) if !in_constructor && !runs.operation => self.many(runs.region, runs.confidence, origin, runs.steps),
                            _ => Count::One,
                        };
                    }
                }
                return self.many(if in_constructor { Region::Instance } else { Region::Call }, Confidence::Medium, origin, steps);
            }
            if in_constructor && inner.is_none() {
                let injected = self.count_injected(o, *h, depth);
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
        let runs = self.runs_per_instance(f, owner, c, &mut FxHashSet::default(), DEPTH);
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
            None => {
                if let Some((h, o)) = &injected
                    && let Some(many) = self.count_injected(o, *h, depth)
                {
                    return many;
                }
                Count::One
            }
        }
    }

    fn step_lives(&self, origin: &Origin, owner: Owner, g: Fun) -> Step {
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
        self.step_function(g, format!("`{}` is the {} object itself: it outlives each call", self.show(origin), self.owner_name(owner)))
    }

    /// What a constructor was given, counted at the places that make the object.
    fn count_injected(&self, o: &Origin, h: Fun, depth: u32) -> Option<Count> {
        for &maker in self.callers(h) {
            for moved in self.from_callee(maker, h, o) {
                if matches!(moved.root, Root::Nothing | Root::Unknown(_)) {
                    continue;
                }
                if let Count::Many(mut many) = self.count_at(maker, &moved, depth.saturating_sub(1)) {
                    many.steps.push(self.step_call(maker, "handed to a new object here"));
                    if many.region == Region::Call {
                        many.region = Region::Instance;
                    }
                    return Some(Count::Many(many));
                }
            }
        }
        None
    }

    /// The assignment stands after the call, in one function.
    fn is_after(&self, a: At<AssignId>, c: CallAt) -> bool {
        let (assign, call) = (self.assign(a), self.call(c));
        if assign.function != call.function || assign.block != call.block {
            return false;
        }
        let items = &self.block(c.with(call.block)).items;
        let place = |wanted: Item| items.iter().position(|i| *i == wanted);
        matches!((place(Item::Assign(a.id)), place(Item::Call(c.id))), (Some(x), Some(y)) if x > y)
    }

    /// The foreign member that a function replaces: it is assigned, or returned by a wrapper of that member.
    fn patch_target(&self, g: Fun) -> Option<String> {
        if self.owner_of_this(g).is_some_and(|o| !matches!(o, Owner::Literal(_) | Owner::Function(_))) {
            return None;
        }
        if let Some(name) = self.patched(g) {
            return Some(name);
        }
        // `wrap(proto, 'connect', original => function () { original.apply(this, ...) })`.
        for &outer in self.returned_by(g) {
            let calls = self.calls_within(g);
            let passes_on = calls.iter().any(|&c| {
                self.receiver(c).is_some_and(|(object, key)| {
                    matches!(key, Key::Name(n) if n == "apply" || n == "call")
                        && self.origins(object).iter().any(|o| matches!(o.root, Root::Param(h, _) if h == outer && o.path.is_empty()))
                        && self
                            .call(c)
                            .args
                            .first()
                            .is_some_and(|&a| self.origins(c.with(a)).iter().any(|o| o.root == Root::This(g) && o.path.is_empty()))
                })
            });
            if passes_on {
                return Some("the method that it wraps".into());
            }
        }
        // `const self = this` and the original is bound by `with(this, ...)`.
        None
    }

    /// The foreign member that a function is put in place of, where it calls what it replaces.
    pub fn patched(&self, g: Fun) -> Option<String> {
        let patch = self.patch(g)?;
        let Place::Member(object, key) = &self.assign(patch).to else { return None };
        let step = self.path_key(patch.file, key);
        let targets: Vec<Origin> = self.origins(patch.with(*object)).iter().map(|o| o.join(step)).collect();
        let calls_it = self.calls_within(g).into_iter().any(|c| {
            let callee = c.with(self.call(c).callee);
            let called = match self.receiver(c) {
                Some((object, Key::Name(name))) if name == "apply" || name == "call" => object,
                _ => callee,
            };
            self.origins(called).iter().any(|o| targets.contains(o))
        });
        if !calls_it {
            return None;
        }
        let name = match key {
            Key::Name(name) => name.clone(),
            Key::Computed(_) => "a method".into(),
        };
        let holder = self.origins(patch.with(*object)).first().map(|o| self.show(o)).unwrap_or_default();
        Some(format!("{holder}.{name}"))
    }

    fn count_global(&self, c: CallAt, f: Fun, origin: &Origin) -> Count {
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
                    many.operation = runs.operation && many.emitter != Emitter::Process;
                }
                count
            }
        }
    }

    /// How often `f` runs in one activation of `goal` (None: per program); None for once.
    pub fn runs(&self, f: Fun, goal: Option<Fun>) -> Option<Runs> {
        self.runs_since(f, goal, None)
    }

    /// The same for an object that is made in a block of `goal`: a loop that makes it anew does not count.
    fn runs_since(&self, f: Fun, goal: Option<Fun>, made_in: Option<At<BlockId>>) -> Option<Runs> {
        self.runs_through(f, &Goal { function: goal, made_in }, &mut FxHashSet::default(), DEPTH)
    }

    fn runs_through(&self, f: Fun, wanted: &Goal, seen: &mut FxHashSet<Fun>, depth: u32) -> Option<Runs> {
        let goal = wanted.function;
        if Some(f) == goal || self.fun(f).kind == FunctionKind::Module || depth == 0 {
            return None;
        }
        if goal.is_some_and(|g| !self.within(f, g)) {
            return None;
        }
        if !seen.insert(f) {
            return Some(Runs {
                region: Region::Event,
                confidence: Confidence::High,
                steps: vec![self.step_function(f, format!("`{}` leads back to itself: it runs again and again", self.function_name(f)))],
                operation: false,
                cycle: true,
            });
        }
        if goal.is_none()
            && let Some(runs) = self.runs_as_lifecycle(f)
        {
            seen.remove(&f);
            return Some(runs);
        }
        let mut best: Option<Runs> = None;
        let better = |best: &Option<Runs>, runs: &Runs| best.as_ref().is_none_or(|b| runs.confidence > b.confidence);
        for starter in self.starters(f) {
            let found = self.runs_of_starter(f, &starter, wanted, seen, depth);
            if let Some(runs) = found
                && better(&best, &runs)
            {
                best = Some(runs);
            }
        }
        if best.is_none() {
            best = self.runs_as_member(f, goal);
        }
        seen.remove(&f);
        best
    }

    fn runs_of_starter(&self, f: Fun, starter: &Starter, wanted: &Goal, seen: &mut FxHashSet<Fun>, depth: u32) -> Option<Runs> {
        let goal = wanted.function;
        // A starter outside the goal's activation says nothing of runs within it.
        if let (Some(goal), Some(within)) = (goal, starter.within)
            && !self.within(within, goal)
            && !(matches!(starter.times, Times::Many(_))
                && matches!(starter.how, Started::Listener(_) | Started::Entry | Started::Interval))
        {
            return None;
        }
        if let Times::Many(region) = starter.times {
            if starter.how == Started::Interval && self.ends_its_timer(f) {
                return None;
            }
            if goal.is_some() && matches!(starter.how, Started::Public) {
                return None;
            }
            if starter.how == Started::Each && starter.by.is_some_and(|c| self.is_name_list(c)) {
                return starter.within.and_then(|w| self.runs_through(w, wanted, seen, depth - 1));
            }
            let (confidence, operation) = match starter.how {
                Started::Public => (Confidence::Medium, true),
                Started::Unknown => (Confidence::Low, false),
                Started::Each => (Confidence::Low, false),
                Started::Patch => (Confidence::Medium, false),
                _ => (Confidence::High, false),
            };
            // Each call of a constructor makes an object.
            let constructs = starter.how == Started::Public
                && self.owner_of_this(f).is_some_and(|o| self.is_constructor(f, o) && !matches!(o, Owner::Literal(_) | Owner::Function(_)));
            if constructs {
                return self.runs_as_maker(f);
            }
            let message = self.why(f, starter, region);
            let step = match starter.by {
                Some(c) => self.step_call(c, message),
                None => self.step_function(f, message),
            };
            return Some(Runs { region, confidence, steps: vec![step], operation, cycle: false });
        }
        let within = starter.within?;
        let by = starter.by?;
        if starter.how == Started::Called
            && let Some(around) = self.loop_around(by.with(self.call(by).block))
            && goal.is_none_or(|g| self.within(within, g))
            && !wanted.made_in.is_some_and(|m| self.block_within(m, around))
            && !self.leaves_loop(by, around)
        {
            let collection = matches!(self.block(around).kind, BlockKind::Loop(LoopKind::Of | LoopKind::In, _));
            return Some(Runs {
                region: Region::Iteration,
                confidence: if collection { Confidence::Low } else { Confidence::High },
                steps: vec![self.step_call(by, format!("`{}` is called in a loop", self.function_name(f)))],
                operation: false,
                cycle: false,
            });
        }
        let mut runs = self.runs_through(within, wanted, seen, depth - 1)?;
        runs.through(&starter.how);
        if starter.how == Started::Unknown {
            runs.confidence = runs.confidence.min(Confidence::Low);
        }
        if starter.how == Started::Called && runs.steps.len() < 6 && !self.within(f, within) {
            runs.steps.push(self.step_call(by, format!("`{}` is called from here", self.function_name(f))));
        }
        Some(runs)
    }

    /// `['close', 'end'].forEach(...)`: a list of names, not of runs.
    fn is_name_list(&self, c: CallAt) -> bool {
        let Some((object, _)) = self.receiver(c) else { return false };
        let mut list = object;
        // `Object.keys(x)`, `Object.entries(x)`.
        if let Value::Call(inner) = self.value(list)
            && let Some((o, Key::Name(name))) = self.receiver(list.with(*inner))
            && matches!(name.as_str(), "keys" | "entries" | "values")
            && self.is_global(o, "Object")
        {
            return true;
        }
        if let Value::Binding(b) = self.value(list)
            && let [def] = self.binding(list.with(*b)).defs[..]
        {
            list = list.with(self.assign(list.with(def)).from);
        }
        match self.value(list) {
            Value::Array(elements) => elements.iter().all(|&e| matches!(self.value(list.with(e)), Value::String(_))),
            _ => self.origins(object).iter().any(|o| match (o.root, o.path.is_empty()) {
                (Root::Literal(v), true) => {
                    matches!(self.value(v), Value::Array(elements) if !elements.is_empty() && elements.iter().all(|&e| matches!(self.value(v.with(e)), Value::String(_))))
                }
                (Root::Param(..), _) => self.listener_event_is_element(c),
                _ => false,
            }),
        }
    }

    /// The callback's first parameter is used as an event's name.
    fn listener_event_is_element(&self, c: CallAt) -> bool {
        let call = self.call(c);
        let Some(&first) = call.args.first() else { return false };
        self.functions_of(c.with(first)).iter().any(|&(f, _)| {
            self.calls_within(f).into_iter().any(|inner| {
                super::sites::registration(self, inner).is_some_and(|site| {
                    site.event_value
                        .is_some_and(|e| self.origins(inner.with(e)).iter().any(|o| o.root == Root::Param(f, 0) && o.path.is_empty()))
                })
            })
        })
    }

    /// A function that is a member of an object that its maker gives out, or that its maker returns: its users call it.
    fn runs_as_member(&self, f: Fun, goal: Option<Fun>) -> Option<Runs> {
        let function = self.fun(f);
        if matches!(function.kind, FunctionKind::Constructor | FunctionKind::Initializer) {
            // A class is made again and again where its users do.
            return if goal.is_none() { self.runs_as_maker(f) } else { None };
        }
        if goal.is_none()
            && let Some(runs) = self.runs_as_lifecycle(f)
        {
            return Some(runs);
        }
        let member = match self.owner_of_function(f) {
            Some(Owner::Literal(literal)) => goal.is_none_or(|g| self.literal_function(literal) == Some(g)) && self.is_given_out(literal),
            Some(Owner::Class(_) | Owner::Proto(_)) if goal.is_none() => true,
            // An arrow in a field is a method.
            Some(Owner::Class(_) | Owner::Proto(_)) => function.kind == FunctionKind::Arrow && function.parent == goal.map(|g| g.id),
            _ => false,
        };
        let returned = self.returned_by(f).iter().any(|&g| goal.is_none_or(|goal| g == goal) && !self.is_executor(g));
        if !member && !returned {
            return None;
        }
        let step = self.step_function(f, format!("`{}` is called any number of times", self.function_name(f)));
        let confidence = if self.callers(f).is_empty() { Confidence::Medium } else { Confidence::Low };
        Some(Runs { region: Region::Call, confidence, steps: vec![step], operation: true, cycle: false })
    }

    /// Users of the package make objects of a public class.
    fn runs_as_maker(&self, f: Fun) -> Option<Runs> {
        let owner = self.owner_of_this(f)?;
        if !self.is_public_owner(owner) {
            return None;
        }
        let step = self.step_function(f, format!("users of the package make any number of {} objects", self.owner_name(owner)));
        Some(Runs { region: Region::Instance, confidence: Confidence::Medium, steps: vec![step], operation: false, cycle: false })
    }

    /// A framework calls the member, by its name, at each mount or render.
    fn runs_as_lifecycle(&self, f: Fun) -> Option<Runs> {
        let owner = self.owner_of_function(f)?;
        let name = &self.fun(f).name;
        for lifecycle in self.models.lifecycles() {
            let base = self
                .owner_model(owner)
                .is_some_and(|ix| lifecycle.bases.iter().filter_map(|b| self.models.type_named(b)).any(|b| self.models.is_a(ix, b)));
            let by_name = lifecycle.by_name
                && lifecycle
                    .teardown
                    .iter()
                    .chain(lifecycle.pairs.iter().map(|(_, down)| down))
                    .any(|t| !self.methods(owner, PathKey::Name(self.sym(t))).is_empty());
            if !base && !by_name {
                continue;
            }
            let paired = lifecycle.pairs.iter().any(|(set_up, _)| set_up == name);
            let once = lifecycle.once.contains(name) || paired;
            if !once && !lifecycle.many.contains(name) {
                continue;
            }
            let region = if once { lifecycle.lifetime.unwrap_or(Region::Mount) } else { Region::Render };
            let region = if paired { Region::Mount } else { region };
            if !matches!(region, Region::Mount | Region::Render) {
                return None;
            }
            let step = self.step_function(f, format!("`{name}` runs at each {}", region.word()));
            return Some(Runs { region, confidence: Confidence::Medium, steps: vec![step], operation: false, cycle: false });
        }
        None
    }

    /// The timer's function ends the timer before anything else can run again.
    fn ends_its_timer(&self, f: Fun) -> bool {
        let body = f.with(self.fun(f).body);
        self.block(body)
            .items
            .iter()
            .any(|i| matches!(i, Item::Call(c) if self.callee_name(f.with(*c)).as_deref() == Some("clearInterval")))
    }

    /// A literal that its function returns.
    fn is_given_out(&self, literal: At<ValueId>) -> bool {
        self.facts(literal.file).functions.iter().any(|f| {
            f.returns.iter().any(|&r| self.origins(literal.with(r)).iter().any(|o| o.root == Root::Literal(literal) && o.path.is_empty()))
        })
    }

    fn is_executor(&self, g: Fun) -> bool {
        self.passed(g).iter().any(|p| self.call(p.call).kind == CallKind::New)
    }

    fn why(&self, f: Fun, starter: &Starter, region: Region) -> String {
        let name = self.function_name(f);
        match (&starter.how, region) {
            (Started::Listener(Some(event)), Region::Event) => format!("`{name}` runs each time `{event}` fires"),
            (Started::Listener(Some(event)), region) => format!("`{name}` runs once per {}, when `{event}` fires", region.word()),
            (Started::Listener(None), _) => format!("`{name}` runs each time the event fires"),
            (Started::Interval, _) => format!("`{name}` runs at each tick of the timer"),
            (Started::Each, _) => format!("`{name}` runs once for each element"),
            (Started::Entry, region) => format!("`{name}` runs once per {}", region.word()),
            (Started::Public, _) => format!("`{name}` is exported: its users call it any number of times"),
            (Started::Patch, _) => format!("`{name}` takes the place of a method that is called any number of times"),
            _ => format!("`{name}` runs many times"),
        }
    }

    /// How often a line in `f` runs per instance of `owner`.
    ///
    /// «Many» needs a way from after the line back to it on the same object, or a public operation.
    fn runs_per_instance(&self, f: Fun, owner: Owner, c: CallAt, seen: &mut FxHashSet<Fun>, depth: u32) -> Option<Runs> {
        if depth == 0 {
            return None;
        }
        let this = f.with(self.fun(f).this);
        if self.owner_of_this(this).is_some_and(|o| self.is_constructor(this, o)) && this == f {
            return None;
        }
        // The end of a life comes once; so does a stage of it that the framework runs.
        if this == f && is_teardown(&self.fun(f).name) {
            return None;
        }
        if !seen.insert(f) {
            return Some(Runs {
                region: Region::Event,
                confidence: Confidence::Medium,
                steps: vec![self.step_function(f, format!("`{}` leads back to itself on the same object", self.function_name(f)))],
                operation: false,
                cycle: true,
            });
        }
        let mut best: Option<Runs> = None;
        let mut inside = false;
        for starter in self.starters(f) {
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
                let fresh = self.origins(object).iter().any(|o| o.path.is_empty() && matches!(o.root, Root::Call(m) if self.call(m).kind == CallKind::New));
                let name = &self.fun(f).name;
                inside |= fresh && !self.is_public_function(f) && (name.starts_with(['#', '_']) || is_set_up(name));
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
            let within_owner = starter.within.and_then(|w| self.owner_around(w)).is_some_and(|o| self.related(o, owner));
            let found = match (starter.times, &starter.how) {
                (_, Started::Public) => continue,
                (Times::Many(_), Started::Each) if starter.by.is_some_and(|c| self.is_name_list(c)) => {
                    inside = true;
                    starter.within.and_then(|w| self.runs_per_instance(w, owner, c, seen, depth - 1))
                }
                (Times::Many(region), how) => {
                    inside = true;
                    let confidence = if matches!(how, Started::Unknown | Started::Each) { Confidence::Low } else { Confidence::High };
                    let message = self.why(f, &starter, region);
                    let step = starter.by.map_or_else(|| self.step_function(f, message.clone()), |c| self.step_call(c, message.clone()));
                    Some(Runs { region, confidence, steps: vec![step], operation: false, cycle: false })
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
                            let mut runs = self.runs_per_instance(within, owner, c, seen, depth - 1);
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
        }
        seen.remove(&f);
        if best.is_some() {
            return best;
        }
        if this == f
            && let Some(runs) = self.runs_as_lifecycle(f)
        {
            return Some(runs);
        }
        if this == f && !inside && self.owner_of_function(f).is_some() {
            let step = self.step_function(f, format!("`{}` is called any number of times on one object", self.function_name(f)));
            let confidence = if is_set_up(&self.fun(f).name) { Confidence::Low } else { Confidence::Medium };
            return Some(Runs { region: Region::Call, confidence, steps: vec![step], operation: true, cycle: false });
        }
        None
    }

    /// `a` stands on a branch that leaves the function before `b`, or in the other arm of a test.
    fn is_beside(&self, a: CallAt, b: CallAt) -> bool {
        let (from, to) = (a.with(self.call(a).block), b.with(self.call(b).block));
        let mut at = from;
        while !self.block_within(to, at) {
            let here = self.block(at);
            let Some(parent) = here.parent else { return false };
            if self.leaves(at) {
                return true;
            }
            let parent = at.with(parent);
            // The other arm of the same branch.
            if let Some(Item::Branch(_, then, Some(otherwise))) = self.block(parent).items.get(here.index as usize)
                && [*then, *otherwise].iter().any(|arm| self.block_within(to, at.with(*arm)) && at.with(*arm) != at)
            {
                return true;
            }
            at = parent;
        }
        false
    }

    /// The listener belongs to one operation: it captures this call's `resolve`, callback or parameters.
    pub fn is_operation_shaped(&self, registration: &Registration) -> bool {
        let f = self.function_of(registration.call);
        let activations = self.chain(f);
        registration.handlers.iter().any(|o| match (o.root, o.path.is_empty()) {
            (Root::Function(h), true) => {
                if !self.within(h, activations.iter().copied().rev().find(|&a| self.fun(a).kind != FunctionKind::Module).unwrap_or(f)) {
                    return false;
                }
                self.fun(h).captures.iter().any(|&b| {
                    let b = h.with(b);
                    let holder = b.with(self.binding(b).function);
                    self.binding(b).kind == BindingKind::Param && activations.contains(&holder) && !self.is_instance_scope(holder)
                })
            }
            (Root::Param(g, _), _) => activations.contains(&g) && !self.is_instance_scope(g),
            (Root::Call(c), true) => self.bind_target(c).is_some_and(|(_, bound)| bound > 0) && activations.contains(&self.function_of(c)),
            _ => false,
        })
    }

    fn is_instance_scope(&self, f: Fun) -> bool {
        self.fun(f).kind == FunctionKind::Module || self.owner_of_this(f).is_some_and(|o| self.is_constructor(f, o))
    }
}
