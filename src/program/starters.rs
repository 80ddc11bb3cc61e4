//! Starters: who starts a function, and how often.
//!
//! ```text
//! started(F, G, 1)  :- runs(C, F), C in G
//! started(F, G, n)  :- F handed to C in G; C calls it back n times (a model, a native, or a function of the program)
//! started(F, –, n)  :- F is public
//! ```

use std::rc::Rc;

use super::calls::{Passed, made_async};
use super::types::Type;
use super::{At, CallAt, Fun, Program, Root, frameworks, sites};
use crate::facts::*;
use crate::findings::Region;
use crate::models::Fires;

/// Events of that name come again and again, whatever emits them: parts of a flow, rounds of work, changes of state.
const REPEATING: &[&str] = &[
    "data",
    "message",
    "request",
    "connection",
    "change",
    "update",
    "progress",
    "tick",
    "retry",
    "reconnect",
    "reconnecting",
    "disconnect",
    "packet",
    "frame",
    "command",
    "click",
    "resize",
    "scroll",
    "keydown",
    "keypress",
    "keyup",
    "mousedown",
    "mousemove",
    "mouseup",
];

/// How often something happens in one activation of what starts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    One,
    Many(Region),
}

/// How a function comes to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    Called,
    /// By an event: its name, if constant.
    Listener(Option<String>),
    /// By an event, and nothing tells how often that fires: neither a model nor a name that says so.
    Heard(Option<String>),
    Timer,
    Interval,
    /// Once for each element.
    Each,
    /// At the end of a promise, by its executor, by a callback that is called once.
    Callback,
    /// A framework runs it.
    Entry,
    /// The package's users call it.
    Public,
    /// Handed to code that is not known.
    Unknown,
    /// It takes the place of a foreign method, which is called any number of times.
    Patch,
}

/// How methods that keep a function begin, and those that forget it.
const HOLDERS: &[(&str, &str)] = &[("add", "remove"), ("register", "unregister"), ("register", "deregister"), ("subscribe", "unsubscribe")];

/// One way in which a function comes to run.
#[derive(Debug, Clone)]
pub struct Starter {
    pub how: Started,
    /// The call that runs it or takes it.
    pub by: Option<CallAt>,
    /// The activation in which that happens.
    pub within: Option<Fun>,
    pub times: Times,
}

impl Program<'_> {
    /// How a function comes to run, as far as the program tells.
    pub fn starters(&self, f: Fun) -> Rc<[Starter]> {
        if let Some(known) = self.starters.borrow().get(&f) {
            return known.clone();
        }
        let starters: Rc<[Starter]> = self.find_starters(f).into();
        self.starters.borrow_mut().insert(f, starters.clone());
        starters
    }

    fn find_starters(&self, f: Fun) -> Vec<Starter> {
        let mut out = Vec::new();
        for &c in self.callers(f).iter().filter(|&&c| !self.picks_no_adding(c, f)) {
            out.push(Starter { how: Started::Called, by: Some(c), within: Some(self.function_of(c)), times: Times::One });
        }
        for &passed in self.passed(f) {
            match self.is_held_as_handler(f, passed) {
                true => out.push(Starter {
                    how: Started::Listener(None),
                    by: Some(passed.call),
                    within: Some(self.function_of(passed.call)),
                    times: Times::Many(Region::Event),
                }),
                false => out.extend(self.handed(passed, 3)),
            }
        }
        for optioned in self.optioned(f) {
            let (how, times) = match self.option_callback(optioned) {
                Some(callback) => frameworks::started(callback.runs),
                None => (Started::Unknown, Times::One),
            };
            out.push(Starter { how, by: Some(optioned.call), within: Some(self.function_of(optioned.call)), times });
        }
        out.extend(self.decorated(f));
        out.extend(self.entered(f));
        if self.is_public_function(f) && !self.is_module_shape(f) {
            out.push(Starter { how: Started::Public, by: None, within: None, times: Times::Many(Region::Call) });
        }
        if self.patched(f).is_some() {
            let within = self.parent(f);
            let times = if self.gives_way(f) || self.is_set_up_patched(f) { Times::One } else { Times::Many(Region::Call) };
            out.push(Starter { how: Started::Patch, by: None, within, times });
        }
        out
    }

    /// `bus.addWorker(f)`, and elsewhere `bus.removeWorker(f)`: who takes a function back by name has kept it, to call it again and again.
    fn is_held_as_handler(&self, f: Fun, passed: Passed) -> bool {
        let (Some((object, Key::Name(name))), true) = (self.receiver(passed.call), passed.arg == 0) else { return false };
        let removers: Vec<String> = HOLDERS
            .iter()
            .filter_map(|(adds, removes)| Some(format!("{removes}{}", name.strip_prefix(adds).filter(|what| !what.is_empty())?)))
            .collect();
        let taken_back = |other: &&Passed| {
            matches!(self.receiver(other.call), Some((from, Key::Name(name)))
                if removers.contains(name) && self.same_object(&self.origins(from), &self.origins(object)))
        };
        !removers.is_empty()
            && self.functions_called(passed.call).is_empty()
            && sites::registration(self, passed.call).is_none()
            && self.passed(f).iter().any(|other| taken_back(&other))
    }

    /// What a call does with a function that it is given.
    pub fn handed(&self, passed: Passed, depth: u32) -> Vec<Starter> {
        let c = passed.call;
        let call = self.call(c);
        let starter = |how, times| vec![Starter { how, by: Some(c), within: Some(self.function_of(c)), times }];
        if let Some(name) = self.callee_name(c) {
            let member = matches!(self.value(c.with(call.callee)), Value::Member(..));
            if matches!(name.as_str(), "bind" | "call" | "apply") && member && passed.arg == 0 {
                return Vec::new();
            }
            if let Some(site) = sites::registration(self, c)
                && site.handler == Some(call.args[passed.arg])
            {
                let (event, times) = self.listener_times(&site);
                let listener = self.functions_of(c.with(call.args[passed.arg]));
                let ends = !listener.is_empty() && listener.iter().all(|&(h, _)| self.ends_its_emitter(h, &site));
                let times = if ends { Times::One } else { times };
                let how = if times == Times::One || self.is_known_to_repeat(&site) { Started::Listener } else { Started::Heard };
                return starter(how(event), times);
            }
            if sites::is_release_name(&name) && member {
                return Vec::new();
            }
            match (name.as_str(), member) {
                ("setTimeout" | "setImmediate" | "queueMicrotask" | "requestAnimationFrame" | "requestIdleCallback", _)
                    if passed.arg == 0 =>
                {
                    return starter(Started::Timer, Times::One);
                }
                ("nextTick", true) => return starter(Started::Timer, Times::One),
                ("setInterval", _) if passed.arg == 0 => return starter(Started::Interval, Times::Many(Region::Tick)),
                ("then" | "catch" | "finally", true) => return starter(Started::Callback, Times::One),
                (
                    "forEach" | "map" | "filter" | "some" | "every" | "reduce" | "reduceRight" | "flatMap" | "find" | "findIndex" | "sort",
                    true,
                ) if passed.arg == 0 && self.functions_called(c).is_empty() => {
                    return starter(Started::Each, Times::Many(Region::Iteration));
                }
                ("Promise", false) if call.kind == CallKind::New => return starter(Started::Called, Times::One),
                _ if made_async(&name) => return Vec::new(),
                _ => {}
            }
        }
        // `(function () {...}).call(this)`: started by the call itself.
        let targets = self.functions_called(c);
        if !targets.is_empty() {
            if depth == 0 {
                return starter(Started::Unknown, Times::One);
            }
            let mut out = Vec::new();
            for g in targets.iter().copied() {
                out.extend(self.called_back(c, g, passed.arg, depth - 1));
            }
            if out.is_empty() {
                return starter(Started::Unknown, Times::One);
            }
            return out;
        }
        if let Some(model) = self.method_model(c) {
            for callback in &model.callbacks {
                let here = match callback.arg {
                    -1 => passed.arg + 1 == call.args.len(),
                    -2 => true,
                    i => passed.arg as i32 == i,
                };
                if !here || callback.member.is_some() || !self.condition_holds(c, callback) {
                    continue;
                }
                let (how, times) = frameworks::started(callback.runs);
                return starter(how, times);
            }
        }
        let how = if self.is_error_first(passed) { Started::Callback } else { Started::Unknown };
        starter(how, Times::One)
    }

    /// The last argument is a function that gets an error first: by Node's convention it is told once how the work went.
    fn is_error_first(&self, passed: Passed) -> bool {
        let call = self.call(passed.call);
        let told = |f: Fun| self.fun(f).params.first().is_some_and(|param| matches!(param.name.trim_start_matches('_'), "err" | "error"));
        passed.arg + 1 == call.args.len()
            && passed.shift == 0
            && self.functions_of(passed.call.with(call.args[passed.arg])).iter().any(|&(f, _)| told(f))
    }

    /// What a function of the program does with its parameter: one starter for each place where it runs or passes it on, seen from
    /// the call `c`.
    fn called_back(&self, c: CallAt, g: Fun, param: usize, depth: u32) -> Vec<Starter> {
        let mut out = Vec::new();
        let within = Some(self.function_of(c));
        let each = self.goes_over(g).is_some_and(|(_, callback)| callback as usize == param);
        for inner in self.calls_within(g) {
            let call = self.call(inner);
            let is_param =
                |v: ValueId| self.origins(inner.with(v)).iter().any(|o| o.path.is_empty() && o.root == Root::Param(g, param as u32));
            if is_param(call.callee)
                || matches!(self.receiver(inner), Some((object, Key::Name(n))) if matches!(n.as_str(), "call" | "apply") && is_param(object.id))
            {
                let mut times = self.times_within(self.function_of(inner), inner, g, depth);
                let mut how = if each && times != Times::One { Started::Each } else { Started::Called };
                if times != Times::One && self.is_of_opening_message(inner) {
                    (times, how) = (Times::One, Started::Unknown);
                }
                out.push(Starter { how, by: Some(c), within, times });
            }
            for (arg, &value) in call.args.iter().enumerate() {
                if is_param(value) {
                    for starter in self.handed(Passed { call: inner, arg, shift: 0 }, depth) {
                        out.push(Starter { by: Some(c), within, ..starter });
                    }
                }
            }
        }
        out.dedup_by(|a, b| a.how == b.how && a.times == b.times);
        out
    }

    /// How often `inner` (in function `f`) runs in one activation of `outer`, by the functions and loops between them.
    fn times_within(&self, f: Fun, inner: CallAt, outer: Fun, depth: u32) -> Times {
        if let Some(around) = self.loop_around(inner.with(self.call(inner).block))
            && !self.leaves_loop(inner, around)
        {
            return Times::Many(Region::Iteration);
        }
        let mut at = f;
        let mut steps = 0;
        while at != outer && steps < 6 {
            steps += 1;
            let mut next = None;
            if depth == 0 {
                break;
            }
            for passed in self.passed(at) {
                for starter in self.handed(*passed, depth - 1) {
                    if let Times::Many(region) = starter.times {
                        return Times::Many(region);
                    }
                    next = starter.within;
                }
            }
            match next.or_else(|| self.parent(at)) {
                Some(parent) => at = parent,
                None => break,
            }
        }
        Times::One
    }

    /// The innermost loop block around a block, within its function.
    pub fn loop_around(&self, block: At<BlockId>) -> Option<At<BlockId>> {
        let mut at = Some(block);
        while let Some(b) = at {
            let here = self.block(b);
            if matches!(here.kind, BlockKind::Loop(..)) {
                return Some(b);
            }
            at = here.parent.map(|p| block.with(p));
        }
        None
    }

    /// How often a listener runs in one life of its emitter.
    pub fn listener_times(&self, site: &sites::Site) -> (Option<String>, Times) {
        let event = site.event.as_ref().map(|e| e.to_string());
        if site.once {
            return (event, Times::One);
        }
        let (fires, runs) = self.event_fires(site);
        let times = match fires {
            Some(Fires::OnceEarly | Fires::OnceLast | Fires::Rarely) => Times::One,
            _ => Times::Many(runs.unwrap_or(Region::Event)),
        };
        (event, times)
    }

    /// The listener takes itself away, or stops what it listens to, whenever it runs.
    fn ends_its_emitter(&self, h: Fun, site: &sites::Site) -> bool {
        let receivers = site.receivers(self);
        let own = |v: At<ValueId>| self.origins(v).iter().any(|o| receivers.contains(o) || o.root == Root::This(h) && o.path.is_empty());
        let calls: Vec<CallAt> = self.calls_within(h);
        let resumes = || calls.iter().any(|&c| self.callee_name(c).as_deref() == Some("resume"));
        self.block(h.with(self.fun(h).body)).items.iter().any(|item| {
            let Item::Call(c) = item else { return false };
            let c = h.with(*c);
            let Some((object, Key::Name(name))) = self.receiver(c) else { return false };
            match name.as_str() {
                "pause" => own(object) && !resumes(),
                "destroy" | "close" | "terminate" => own(object),
                name if sites::is_release_name(name) => {
                    let args = &self.call(c).args;
                    let same_event = args.first().is_none_or(|&event| self.constant(c.with(event)) == site.event);
                    let itself = |&f: &ValueId| self.functions_of(c.with(f)).iter().any(|&(g, _)| g == h);
                    own(object) && same_event && (name == "removeAllListeners" || args.get(1).is_some_and(itself))
                }
                _ => false,
            }
        })
    }

    /// A model or its very name says that the event comes again and again.
    pub(super) fn is_known_to_repeat(&self, site: &sites::Site) -> bool {
        self.event_fires(site).0.is_some() || site.event.as_deref().is_some_and(|event| REPEATING.contains(&event))
    }

    /// When the event of a registration fires, and which region its listener is.
    pub fn event_fires(&self, site: &sites::Site) -> (Option<Fires>, Option<Region>) {
        let Some(event) = &site.event else { return (None, None) };
        for origin in site.receivers(self).iter() {
            if let Some(Type::Model(ix)) = self.model_type(origin)
                && let Some(model) = self.models.event(ix, event)
            {
                return (Some(model.fires), model.runs);
            }
        }
        // The names that Node's core streams and sockets all give to the end and the start of a life.
        match &**event {
            "close" | "end" | "finish" | "exit" => (Some(Fires::OnceLast), None),
            "open" | "ready" | "connect" | "listening" | "spawn" | "online" | "pipe" | "socket" | "headers" => {
                (Some(Fires::OnceEarly), None)
            }
            "error" | "abort" | "aborted" => (Some(Fires::Rarely), None),
            _ => (None, None),
        }
    }
}
