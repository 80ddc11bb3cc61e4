//! Discharge: what ends an obligation.
//!
//! Matching is three-valued per receiver, event and listener: same, different, unknown. Unknown discharges; only «different» is a
//! mismatch.

use super::count::Emitter;
use super::sites::{EventKey, Registration, Release, Sites};
use super::{At, CallAt, Fun, Origin, PathKey, Program, Root};
use crate::facts::*;
use crate::models::Fires;

/// How two things compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    Different,
    Unknown,
    Same,
}

/// What is known of a registration's end.
#[derive(Debug, Clone)]
pub enum Discharge {
    /// Something ends it.
    Released,
    /// A release is attempted and removes nothing.
    Mismatch(CallAt, Mismatch),
    /// A release exists, and this way out goes past it.
    NotOnEveryPath { release: CallAt, exit: String },
    /// The disposer that the call gives back is dropped.
    Dropped,
    /// Nothing takes the listener away.
    Nothing,
}

/// What differs between a registration and the release that was meant for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    Listener,
    Event,
    Emitter,
    /// The capture flag.
    Phase,
}

impl Program<'_> {
    fn compare_receivers(&self, a: &[Origin], b: &[Origin]) -> Match {
        if self.same_object(a, b) || a.iter().any(|x| b.iter().any(|y| self.same_socket(x, y))) {
            return Match::Same;
        }
        // A field that is set to the other.
        if a.iter().any(|x| b.iter().any(|y| self.is_set_to(x, y) || self.is_set_to(y, x))) {
            return Match::Same;
        }
        // What the program makes itself is not what an event or a framework hands over.
        let made =
            |os: &[Origin]| os.iter().all(|o| o.path.is_empty() && matches!(o.root, Root::Call(c) if self.call(c).kind == CallKind::New));
        let handed = |os: &[Origin]| {
            os.iter().all(|o| o.path.is_empty() && matches!(o.root, Root::Param(f, _) if self.callers(f).is_empty() && self.passed(f).iter().any(|p| self.method_model(p.call).is_some() || super::sites::registration(self, p.call).is_some())))
        };
        if !a.is_empty() && !b.is_empty() && (made(a) && handed(b) || handed(a) && made(b)) {
            return Match::Different;
        }
        let concrete = |o: &Origin| match o.root {
            Root::Global(_) | Root::Call(_) | Root::Literal(_) => true,
            Root::This(_) | Root::Param(..) | Root::Module(_) => true,
            _ => false,
        };
        // Two paths from one place that differ are two objects; anything else is not known.
        let differ = a.iter().all(|x| {
            b.iter().all(|y| {
                concrete(x)
                    && concrete(y)
                    && match (x.root, y.root) {
                        (Root::Global(g), Root::Global(h)) => g != h || x.path != y.path,
                        (Root::This(f), Root::This(g)) if f == g => x.path != y.path && !self.aliased(x, y),
                        (Root::Param(f, i), Root::Param(g, j)) if f == g => (i, &x.path) != (j, &y.path),
                        _ => false,
                    }
            })
        });
        if differ { Match::Different } else { Match::Unknown }
    }

    /// `req.socket` and `req.connection` are one object (Node's manual: an alias).
    fn same_socket(&self, x: &Origin, y: &Origin) -> bool {
        let (Some(PathKey::Name(a)), Some(PathKey::Name(b))) = (x.path.last(), y.path.last()) else { return false };
        let (a, b) = (self.text(*a), self.text(*b));
        matches!((&*a, &*b), ("socket", "connection") | ("connection", "socket"))
            && matches!((x.prefix(), y.prefix()), (Some(p), Some(q)) if self.same_origin(&p, &q))
    }

    /// The field `x` gets `y` as a value.
    fn is_set_to(&self, x: &Origin, y: &Origin) -> bool {
        matches!(x.root, Root::This(_)) && !x.path.is_empty() && self.field_sources(x).iter().any(|(_, os)| os.contains(y))
    }

    /// One field is set from the other.
    fn aliased(&self, x: &Origin, y: &Origin) -> bool {
        let reaches = |from: &Origin, to: &Origin| {
            self.field_sources(from).iter().any(|(_, origins)| origins.is_empty() || self.same_object(origins, std::slice::from_ref(to)))
        };
        reaches(x, y) || reaches(y, x)
    }

    fn compare_events(&self, a: &EventKey, b: &EventKey) -> Match {
        match (a, b) {
            (EventKey::Name(x), EventKey::Name(y)) => {
                if x == y {
                    Match::Same
                } else {
                    Match::Different
                }
            }
            (EventKey::Value(x), EventKey::Value(y)) if self.same_object(x, y) => Match::Same,
            (EventKey::Value(x), EventKey::Value(y)) => {
                let constant = |o: &[Origin]| {
                    !o.is_empty()
                        && o.iter().all(|o| o.path.is_empty() && matches!(o.root, Root::Call(_)) || matches!(o.root, Root::Module(_)))
                };
                if constant(x) && constant(y) { Match::Different } else { Match::Unknown }
            }
            (EventKey::Value(x), EventKey::Name(n)) | (EventKey::Name(n), EventKey::Value(x)) => {
                let known: Vec<_> = x
                    .iter()
                    .filter_map(|o| match (o.root, o.path.is_empty()) {
                        (Root::Const(c), true) => Some(self.text(c)),
                        _ => None,
                    })
                    .collect();
                if known.contains(n) {
                    Match::Same
                } else if known.len() == x.len() && !x.is_empty() {
                    Match::Different
                } else {
                    Match::Unknown
                }
            }
        }
    }

    /// Are two listeners one function?
    fn compare_handlers(&self, a: &[Origin], b: &[Origin]) -> Match {
        if self.same_object(a, b) {
            // One call of `bind` in two runs gives two functions; a variable that holds it is one.
            return Match::Same;
        }
        let mut unknown = false;
        for x in a {
            for y in b {
                match self.compare_handler(x, y) {
                    Match::Same => return Match::Same,
                    Match::Unknown => unknown = true,
                    Match::Different => {}
                }
            }
        }
        if unknown { Match::Unknown } else { Match::Different }
    }

    fn compare_handler(&self, x: &Origin, y: &Origin) -> Match {
        let fresh = |o: &Origin| matches!(o.root, Root::Call(c) if o.path.is_empty() && self.bind_target(c).is_some());
        let literal = |o: &Origin| o.path.is_empty() && matches!(o.root, Root::Function(_));
        // A field that is set to the other.
        let via = |field: &Origin, other: &Origin| {
            if field.path.contains(&PathKey::Element) {
                return None;
            }
            let sources = self.field_sources(field);
            if sources.is_empty() {
                return None;
            }
            let all: Vec<Origin> = sources.into_iter().flat_map(|(_, o)| o).collect();
            Some(self.same_object(&all, std::slice::from_ref(other)))
        };
        match (x.root, y.root) {
            _ if fresh(x) && fresh(y) => Match::Different,
            _ if literal(x) && literal(y) => Match::Different,
            _ if (fresh(x) && literal(y)) || (literal(x) && fresh(y)) => Match::Different,
            (Root::This(f), Root::This(g)) if !x.path.is_empty() && !y.path.is_empty() => {
                let related = match (self.owner_of_this(f), self.owner_of_this(g)) {
                    (Some(a), Some(b)) => self.related(a, b),
                    _ => false,
                };
                if !related || x.path.contains(&PathKey::Element) || y.path.contains(&PathKey::Element) {
                    return Match::Unknown;
                }
                match (via(x, y), via(y, x)) {
                    (Some(true), _) | (_, Some(true)) => Match::Same,
                    _ => Match::Different,
                }
            }
            (Root::This(_), _) if fresh(y) || literal(y) => match via(x, y) {
                Some(true) => Match::Same,
                Some(false) => Match::Different,
                // A method of the class against a fresh function.
                None if !x.path.contains(&PathKey::Element) && self.is_method(x) => Match::Different,
                None => Match::Unknown,
            },
            (_, Root::This(_)) if fresh(x) || literal(x) => match via(y, x) {
                Some(true) => Match::Same,
                Some(false) => Match::Different,
                None if !y.path.contains(&PathKey::Element) && self.is_method(y) => Match::Different,
                None => Match::Unknown,
            },
            _ => Match::Unknown,
        }
    }

    /// The path is a method of its class.
    fn is_method(&self, o: &Origin) -> bool {
        let Root::This(f) = o.root else { return false };
        match (self.owner_of_this(f), &o.path[..]) {
            (Some(owner), [key]) => !self.methods(owner, *key).is_empty(),
            _ => false,
        }
    }

    fn compare(&self, registration: &Registration, release: &Release) -> (Match, Match, Match) {
        let receiver = self.compare_receivers(&registration.receivers, &release.receivers);
        let event = release.event.as_ref().map_or(Match::Same, |e| self.compare_events(&registration.event, e));
        let mut handler = release.handlers.as_ref().map_or(Match::Same, |h| self.compare_handlers(&registration.handlers, h));
        if handler == Match::Unknown && release.handlers.as_ref().is_some_and(|h| self.wraps(registration, h)) {
            handler = Match::Different;
        }
        (receiver, event, handler)
    }

    /// The listener is made out of the function that is released: `debounce(f)`, or `x => f(x)` in a method whose twin releases `f`.
    fn wraps(&self, registration: &Registration, released: &[Origin]) -> bool {
        if registration.call != registration.inner {
            return false;
        }
        let made_of = |c: CallAt| {
            self.bind_target(c).is_none() && self.call(c).args.iter().any(|&a| self.same_object(&self.origins(c.with(a)), released))
        };
        if let Some(&handler) = self.call(registration.call).args.get(1)
            && let Value::Call(c) = self.value(registration.call.with(handler))
            && made_of(registration.call.with(*c))
        {
            return true;
        }
        // A parameter of the same name and event, wrapped by an inline function here.
        let f = self.function_of(registration.call);
        released.iter().any(|o| match (o.root, o.path.is_empty()) {
            (Root::Param(g, i), true)
                if g != f && self.owner_of_function(g).is_some() && self.owner_of_function(g) == self.owner_of_function(f) =>
            {
                let name = self.fun(g).params.get(i as usize).map(|p| p.name.as_str()).unwrap_or("");
                registration.handlers.iter().any(|h| match (h.root, h.path.is_empty()) {
                    (Root::Function(h), true) => {
                        self.parent(h) == Some(f)
                            && self
                                .call(registration.call)
                                .args
                                .get(1)
                                .is_some_and(|&a| matches!(self.value(registration.call.with(a)), Value::Function(_)))
                            && self
                                .fun(h)
                                .captures
                                .iter()
                                .any(|&b| self.binding(h.with(b)).name == name && self.binding(h.with(b)).kind == BindingKind::Param)
                    }
                    _ => false,
                })
            }
            _ => false,
        })
    }

    /// The release may be meant for something that has to do with the registration: same file, or classes of one family.
    fn in_reach(&self, registration: &Registration, release: &Release) -> bool {
        if registration.call.file == release.call.file {
            return true;
        }
        let (a, b) = (self.function_of(registration.call), self.function_of(release.call));
        match (self.owner_around(a), self.owner_around(b)) {
            (Some(x), Some(y)) if self.related(x, y) => true,
            _ => registration
                .receivers
                .iter()
                .any(|o| matches!(o.root, Root::Global(_) | Root::File(_) | Root::Call(_)) && release.receivers.contains(o)),
        }
    }

    /// What ends the obligation of a registration.
    pub fn discharge(&self, sites: &Sites, registration: &Registration, emitter: Emitter) -> Discharge {
        if let Some(options) = registration.options
            && self.has_signal(options)
        {
            return Discharge::Released;
        }
        let mut mismatch: Option<(CallAt, Mismatch)> = None;
        let mut partial: Option<(CallAt, String)> = None;
        let mut released: Vec<CallAt> = Vec::new();
        let mut uncalled = false;
        for release in &sites.releases {
            // The inside of a helper that releases what it is given speaks through its calls.
            // The helper that registers keeps, or runs first, what releases.
            if release.call == registration.call && release.inner != registration.inner {
                let (receiver, event, handler) = self.compare(registration, release);
                if receiver != Match::Different && event != Match::Different && handler != Match::Different {
                    released.push(release.call);
                }
                continue;
            }
            if !self.in_reach(registration, release) {
                continue;
            }
            let (receiver, event, handler) = self.compare(registration, release);
            let all = release.handlers.is_none();
            // A release of what a helper was given speaks through the helper's calls, or through the disposer that it gives back.
            if handler == Match::Unknown && !all && self.is_of_helper(release) {
                continue;
            }
            if receiver == Match::Different && !(event == Match::Same && handler == Match::Same && !all) {
                continue;
            }
            if event == Match::Different {
                if handler == Match::Same && !all && receiver == Match::Same && !self.removes_something(sites, release) {
                    mismatch.get_or_insert((release.call, Mismatch::Event));
                }
                continue;
            }
            if handler == Match::Different {
                let meant =
                    event == Match::Same && (receiver == Match::Same || receiver == Match::Unknown && self.near(registration, release));
                if meant && !self.removes_something(sites, release) && self.looks_alike(registration, release) {
                    mismatch.get_or_insert((release.call, Mismatch::Listener));
                }
                continue;
            }
            if receiver == Match::Different {
                if !self.removes_something(sites, release) {
                    mismatch.get_or_insert((release.call, Mismatch::Emitter));
                }
                continue;
            }
            // A wildcard needs more than «perhaps».
            if all && (receiver != Match::Same || release.event.is_none() && !self.near(registration, release)) {
                if !(receiver == Match::Unknown && self.near(registration, release) && release.event.is_some()) {
                    continue;
                }
            }
            if handler == Match::Unknown && (receiver != Match::Same && event != Match::Same) && !self.near(registration, release) {
                continue;
            }
            // Only part of what the registration may be added to.
            if receiver == Match::Same && handler == Match::Same && self.partial_receiver(registration, release) {
                mismatch.get_or_insert((release.call, Mismatch::Emitter));
                continue;
            }
            if registration.target
                && !all
                && receiver == Match::Same
                && handler == Match::Same
                && registration.options.is_some_and(|o| super::sites::is_capture(self, o)) != release.capture
                && registration.options.is_none_or(|o| matches!(self.value(o), Value::Bool(_) | Value::Object(..)))
            {
                mismatch.get_or_insert((release.call, Mismatch::Phase));
                continue;
            }
            if self.in_own_handler(registration, release) {
                if self.presumed_to_fire(registration, emitter) {
                    released.push(release.call);
                }
                continue;
            }
            if self.is_finalizer(self.function_of(release.call)) {
                continue;
            }
            if !self.is_reachable(self.function_of(release.call), 4) {
                uncalled = true;
                continue;
            }
            if self.overwritten_slot(registration, release) {
                uncalled = true;
                continue;
            }
            match self.way_past(registration, release) {
                None => released.push(release.call),
                Some(exit) => {
                    partial.get_or_insert((release.call, exit));
                }
            }
        }
        if !released.is_empty() {
            return match self.one_sided(sites, registration) {
                Some((release, event)) => {
                    Discharge::NotOnEveryPath { release, exit: format!("when `{event}` fires instead, nothing removes it") }
                }
                None => Discharge::Released,
            };
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
        if uncalled {
            return Discharge::Dropped;
        }
        if let Some((release, exit)) = self.disposer_past(registration) {
            return Discharge::NotOnEveryPath { release, exit };
        }
        match self.disposer(sites, registration) {
            Some(true) => return Discharge::Released,
            Some(false) => return Discharge::Dropped,
            None => {}
        }
        if self.receiver_ends(registration) {
            return Discharge::Released;
        }
        Discharge::Nothing
    }

    /// The listener that is released is a parameter of a function that the program or its users call.
    fn is_of_helper(&self, release: &Release) -> bool {
        let f = self.function_of(release.call);
        release.handlers.as_ref().is_some_and(|h| {
            !h.is_empty()
                && h.iter().all(|o| match (o.root, o.path.is_empty()) {
                    (Root::Param(g, _), true) => self.within(f, g) && (!self.callers(g).is_empty() || self.is_public_function(g)),
                    _ => false,
                })
        })
    }

    /// Alternatives: this one's listener releases the other registration, and the other's does not release this one.
    fn one_sided(&self, sites: &Sites, registration: &Registration) -> Option<(CallAt, String)> {
        if !registration.once || !registration.through.is_empty() {
            return None;
        }
        let f = self.function_of(registration.call);
        let functions = |r: &Registration| {
            let mut out = Vec::new();
            r.handlers.iter().for_each(|o| self.functions_of_origin(o, &mut out, 4));
            out
        };
        let own = functions(registration);
        let inside = |release: &Release, of: &[(Fun, usize)]| {
            let g = self.function_of(release.call);
            of.iter().any(|&(h, _)| self.within(g, h) || self.callers(g).iter().any(|&c| self.within(self.function_of(c), h)))
        };
        let releases = |release: &Release, of: &Registration| {
            let (receiver, event, handler) = self.compare(of, release);
            receiver != Match::Different && event == Match::Same && handler != Match::Different
        };
        for other in &sites.registrations {
            if other.call == registration.call
                || self.function_of(other.call) != f
                || !other.once
                || other.receivers != registration.receivers
                || other.event == registration.event
                // An error or an end is the end of the emitter: nothing has to be left for the next use.
                || matches!(other.event.name(), Some("error" | "close" | "end" | "exit" | "disconnect"))
            {
                continue;
            }
            let others = functions(other);
            if others.is_empty() || others == own {
                continue;
            }
            let mutual = sites.releases.iter().find(|r| r.call.file == f.file && inside(r, &own) && releases(r, other));
            let back = sites.releases.iter().any(|r| r.call.file == f.file && inside(r, &others) && releases(r, registration));
            if let (Some(release), false) = (mutual, back) {
                return Some((release.call, other.event.name().unwrap_or("the other event").to_owned()));
            }
        }
        None
    }

    fn has_signal(&self, options: At<ValueId>) -> bool {
        match self.value(options) {
            Value::Object(props, spreads) => props.iter().any(|(k, _)| *k == Key::Name("signal".into())) || !spreads.is_empty(),
            Value::Binding(_) => self.origins(options).iter().any(|o| match (o.root, o.path.is_empty()) {
                (Root::Literal(v), true) => v != options && self.has_signal(v),
                _ => false,
            }),
            _ => false,
        }
    }

    /// In one function's tree, or in one class.
    fn near(&self, registration: &Registration, release: &Release) -> bool {
        let (a, b) = (self.function_of(registration.call), self.function_of(release.call));
        if a.file != b.file {
            return false;
        }
        let top = |f: Fun| self.chain(f).into_iter().rev().find(|&g| self.fun(g).kind != FunctionKind::Module).unwrap_or(f);
        if top(a) == top(b) {
            return true;
        }
        matches!((self.owner_around(a), self.owner_around(b)), (Some(x), Some(y)) if self.related(x, y))
    }

    /// The release takes away some registration of the program, so it is not a failed attempt for another.
    fn removes_something(&self, sites: &Sites, release: &Release) -> bool {
        sites.registrations.iter().any(|r| {
            if r.call.file != release.call.file && !self.in_reach(r, release) {
                return false;
            }
            let (receiver, event, handler) = self.compare(r, release);
            receiver != Match::Different && event != Match::Different && handler == Match::Same
                || receiver == Match::Same && event == Match::Same && handler == Match::Unknown && self.near(r, release)
        })
    }

    /// The release names the same function in another coat (`f.bind(x)` against `f`), or nothing else of that name is registered:
    /// it was meant for this registration.
    fn looks_alike(&self, registration: &Registration, release: &Release) -> bool {
        let Some(released) = &release.handlers else { return false };
        // A release of an unknown value is nobody's attempt.
        if released.iter().any(|o| matches!(o.root, Root::Unknown(_) | Root::Nothing)) {
            return false;
        }
        if self.wraps(registration, released) {
            return true;
        }
        if released.iter().any(|o| matches!(o.root, Root::Param(..))) {
            return false;
        }
        let base = |os: &[Origin]| -> Vec<Origin> {
            os.iter()
                .flat_map(|o| match o.root {
                    Root::Call(c) if o.path.is_empty() => match self.bind_target(c) {
                        Some((target, _)) => self.origins(target).to_vec(),
                        None => vec![o.clone()],
                    },
                    _ => vec![o.clone()],
                })
                .collect()
        };
        if self.same_object(&base(&registration.handlers), &base(released)) {
            return true;
        }
        let inline = |c: CallAt| self.call(c).args.get(1).is_some_and(|&a| matches!(self.value(c.with(a)), Value::Function(_)));
        if inline(registration.call) && inline(release.call) && self.near(registration, release) {
            return true;
        }
        // In one function: the listener of another event is named where this one's was meant.
        let top = |f: Fun| self.chain(f).into_iter().rev().find(|&g| self.fun(g).kind != FunctionKind::Module).unwrap_or(f);
        let named = released.iter().all(|o| o.path.is_empty() && matches!(o.root, Root::Function(_)));
        let one_tree = top(self.function_of(registration.call)) == top(self.function_of(release.call));
        named
            && one_tree
            && !inline(registration.call)
            && self.compare_receivers(&registration.receivers, &release.receivers) == Match::Same
    }

    /// The release's object is only one of those that the registration may have been added to.
    fn partial_receiver(&self, registration: &Registration, release: &Release) -> bool {
        if registration.receivers.len() < 2 || release.receivers.len() >= registration.receivers.len() {
            return false;
        }
        // A field that may be unset, and its fallback: both must be real objects.
        let real = |o: &Origin| !matches!(o.root, Root::Nothing | Root::Unknown(_) | Root::Const(_) | Root::Binding(_));
        registration.receivers.iter().all(real)
            && release.receivers.iter().all(|r| registration.receivers.iter().any(|x| self.same_origin(x, r)))
            && registration.receivers.iter().any(|r| !release.receivers.iter().any(|x| self.same_origin(x, r)))
            && self.function_of(registration.call) != self.function_of(release.call)
            && matches!(self.receiver(registration.call), Some((o, _)) if !matches!(self.receiver(release.call), Some((p, _)) if o == p))
    }

    /// The release stands in the registration's own listener.
    fn in_own_handler(&self, registration: &Registration, release: &Release) -> bool {
        let f = self.function_of(release.call);
        let mut functions = Vec::new();
        for o in &registration.handlers {
            self.functions_of_origin(o, &mut functions, 3);
        }
        functions.iter().any(|&(h, _)| {
            self.within(f, h) && h != self.function_of(registration.call) && !self.within(self.function_of(registration.call), h)
        }) && functions.iter().all(|&(h, _)| self.callers(h).is_empty() && self.passed(h).len() <= 1 && self.optioned(h).is_empty())
    }

    /// A listener that goes away when its event fires: does the event surely fire?
    pub fn presumed_to_fire(&self, registration: &Registration, emitter: Emitter) -> bool {
        let Some(event) = registration.event.name() else { return true };
        let mut fires = None;
        for o in &registration.receivers {
            if let Some(super::types::Type::Model(ix)) = self.model_type(o)
                && let Some(model) = self.models.event(ix, event)
            {
                fires = Some(model.fires);
            }
        }
        let fires = fires.or(match event {
            "error" | "abort" | "aborted" | "timeout" | "SIGINT" | "SIGTERM" | "SIGHUP" => Some(Fires::Rarely),
            "close" | "end" | "exit" | "finish" => Some(Fires::OnceLast),
            "connect" | "secureConnect" | "lookup" => Some(Fires::OnceEarly),
            _ => None,
        });
        match (emitter, fires) {
            (Emitter::Signal, _) => event != "abort",
            // What comes between two uses of a connection is known; anything else waits for its end.
            (Emitter::Pooled, Some(Fires::Many)) => true,
            (Emitter::Pooled, _) => false,
            (Emitter::Process, Some(Fires::OnceLast | Fires::Rarely)) => false,
            (Emitter::Longer, Some(Fires::Rarely)) => false,
            (Emitter::Longer, Some(Fires::OnceLast)) => matches!(event, "finish" | "end"),
            (Emitter::Longer, None) => !self.is_own_and_silent(registration, event),
            _ => true,
        }
    }

    /// Run by the garbage collector, at a time that nobody knows: no release.
    fn is_finalizer(&self, f: Fun) -> bool {
        self.passed(f)
            .iter()
            .any(|p| self.call(p.call).kind == CallKind::New && self.callee_name(p.call).as_deref() == Some("FinalizationRegistry"))
    }

    /// The program makes the emitter itself, and nowhere emits that event.
    fn is_own_and_silent(&self, registration: &Registration, event: &str) -> bool {
        let own = registration.receivers.iter().all(|o| {
            matches!(o.root, Root::Call(c) if o.path.is_empty() && self.call(c).kind == CallKind::New)
                && match self.type_of(o) {
                    Some(super::types::Type::Model(ix)) => matches!(self.models.name(ix), "EventEmitter" | "EventTarget"),
                    Some(super::types::Type::Owner(owner)) => {
                        self.owner_model(owner).is_some_and(|ix| self.models.name(ix) == "EventEmitter")
                    }
                    None => false,
                }
        });
        own && !self.emitted().is_none_or(|names| names.contains(event))
    }

    /// Somebody runs the function.
    pub fn is_reachable(&self, f: Fun, depth: u32) -> bool {
        if depth == 0 || self.fun(f).kind == FunctionKind::Module {
            return true;
        }
        if !self.callers(f).is_empty()
            || !self.passed(f).is_empty()
            || !self.optioned(f).is_empty()
            || self.is_public_function(f)
            || !self.returned_by(f).is_empty()
        {
            return true;
        }
        let function = self.fun(f);
        if matches!(function.kind, FunctionKind::Constructor | FunctionKind::Initializer | FunctionKind::Getter | FunctionKind::Setter) {
            return true;
        }
        match self.owner_of_function(f) {
            None => true,
            Some(owner) => {
                // A member of a class: called by name on something that is not known, by a framework, or by nobody.
                let key = PathKey::Name(self.sym(&function.name));
                self.is_called_by_name(key)
                    || self.owner_model(owner).is_some()
                    || self.parents(owner).iter().any(|p| super::owners::owner_of_constructor(p).is_none())
                    || matches!(owner, super::Owner::Literal(_) | super::Owner::Function(_))
                    || function.name.starts_with('_')
                    || function.decorators.iter().next().is_some()
                    || self.is_stored(f)
            }
        }
    }

    /// Some call names this member on an object that is not known.
    fn is_called_by_name(&self, key: PathKey) -> bool {
        self.named_calls().contains(&key)
    }

    /// The function is taken as a value (`const f = this.close`).
    fn is_stored(&self, f: Fun) -> bool {
        let name = &self.fun(f).name;
        let facts = self.facts(f.file);
        facts.assigns.iter().any(|a| matches!(&facts.values[a.from.index()], Value::Member(_, Key::Name(n)) if n == name))
    }

    /// A written way out of the registering function that goes past the release.
    fn way_past(&self, registration: &Registration, release: &Release) -> Option<String> {
        let f = self.function_of(registration.call);
        let g = self.function_of(release.call);
        if f != g {
            return self.way_past_closure(registration, release, f, g);
        }
        self.exit_between(registration.call, release.call)
    }

    /// The release stands in a function that the registering one hands on: does it run on every way the work ends?
    fn way_past_closure(&self, registration: &Registration, release: &Release, f: Fun, g: Fun) -> Option<String> {
        let _ = registration;
        if !self.within(g, f) {
            return None;
        }
        // The outermost of the functions between, as `f` hands it on.
        let chain = self.chain(g);
        let handed = chain.iter().copied().find(|&h| self.parent(h) == Some(f))?;
        if let Some(exit) = self.settles_before(release.call, f, g) {
            return Some(exit);
        }
        let mut out = None;
        let passed = self.passed(handed);
        if passed.is_empty() || !self.callers(handed).is_empty() || !self.optioned(handed).is_empty() {
            return None;
        }
        for p in passed {
            let name = self.callee_name(p.call).unwrap_or_default();
            let member = self.receiver(p.call).is_some();
            if let Some(site) = super::sites::registration(self, p.call)
                && site.handler == Some(self.call(p.call).args[p.arg])
            {
                match site.event.as_deref() {
                    Some(event @ ("aborted" | "abort")) if !self.same_object(&self.origins(site.receiver), &registration.receivers) => {
                        out = Some(format!("it is removed only when `{event}` fires, which is the exception"));
                        continue;
                    }
                    _ => return None,
                }
            }
            match (name.as_str(), member) {
                ("catch", true) => out = Some("a success goes past it".to_owned()),
                _ => return None,
            }
        }
        out
    }

    /// In the releasing callback, a branch that settles the promise and leaves before the release.
    fn settles_before(&self, release: CallAt, f: Fun, g: Fun) -> Option<String> {
        if !self.is_executor_of_promise(f) {
            return None;
        }
        let settles = |c: CallAt| {
            self.origins(c.with(self.call(c).callee)).iter().any(|o| o.path.is_empty() && matches!(o.root, Root::Param(h, _) if h == f))
        };
        let mut at = release.with(self.call(release).block);
        let mut order = self.order_of(release);
        loop {
            let here = self.block(at);
            for item in here.items.iter().take(order) {
                if let Item::Branch(_, then, _) = item {
                    let branch = at.with(*then);
                    let items = &self.block(branch).items;
                    let ends = items.iter().any(|i| matches!(i, Item::Exit(Exit::Return(_))));
                    let settled = items.iter().any(|i| matches!(i, Item::Call(c) if settles(g.with(*c))));
                    if ends && settled {
                        return Some("a branch settles the promise and returns before it".to_owned());
                    }
                }
            }
            order = here.index as usize;
            at = at.with(here.parent?);
        }
    }

    /// The release stands in a closure that one slot holds, and the slot is filled again without being called.
    fn overwritten_slot(&self, registration: &Registration, release: &Release) -> bool {
        let f = self.function_of(registration.call);
        let g = self.function_of(release.call);
        if g == f || self.parent(g) != Some(f) || self.fun(f).kind == FunctionKind::Constructor {
            return false;
        }
        let facts = self.facts(f.file);
        let slot = facts.assigns.iter().enumerate().find(|(_, a)| {
            a.function == f.id
                && matches!(&facts.values[a.from.index()], Value::Function(h) if *h == g.id)
                && matches!(a.to, Place::Member(..))
        });
        let Some((index, assign)) = slot else { return false };
        let Place::Member(object, key) = &assign.to else { return false };
        let holders = self.origins(f.with(*object));
        let owner_slot = holders.iter().all(|o| {
            o.path.is_empty() && matches!(o.root, Root::This(h) if self.owner_of_this(h).is_some_and(|w| !self.is_constructor(h, w)))
        });
        if !owner_slot || !self.callers(g).is_empty() || !self.passed(g).is_empty() {
            return false;
        }
        // Called, or asked for, in the function before it is filled.
        let step = self.path_key(f.file, key);
        let asked = facts.values.iter().enumerate().any(|(i, v)| {
            matches!(v, Value::Member(o, k) if *o == *object && self.path_key(f.file, k) == step)
                && facts.calls.iter().any(|c| c.callee == ValueId(i as u32) && f.id == c.function)
        });
        let _ = index;
        // The method runs again on one object because something in the program calls it so.
        let Some(owner) = self.owner_around(f) else { return false };
        !asked
            && !super::count::is_set_up(&self.fun(f).name)
            && self.calls_in_loop(f)
            && matches!(owner, super::Owner::Class(_) | super::Owner::Proto(_))
    }

    /// Some call of the function stands in a loop, or is handed to one.
    fn calls_in_loop(&self, f: Fun) -> bool {
        self.callers(f).iter().any(|&c| {
            self.loop_around(c.with(self.call(c).block)).is_some() || {
                let g = self.function_of(c);
                self.passed(g).iter().any(|p| self.handed(*p, 1).iter().any(|s| matches!(s.times, super::calls::Times::Many(_))))
            }
        })
    }

    /// A `return`, `throw` or rethrow after `from` that `to` does not come before; both in one function.
    fn exit_between(&self, from: CallAt, to: CallAt) -> Option<String> {
        let start = from.with(self.call(from).block);
        let goal = to.with(self.call(to).block);
        // Released in a `finally` around the registration: every way passes it.
        let mut at = Some(goal);
        while let Some(b) = at {
            if self.block(b).kind == BlockKind::Finally {
                return None;
            }
            at = self.block(b).parent.map(|p| goal.with(p));
        }
        // The block that holds both.
        let mut common = start;
        while !self.block_within(goal, common) {
            common = start.with(self.block(common).parent?);
        }
        // Items between, in the common block, and after the registration inside its branch.
        let mut inner = start;
        let mut order = self.order_of(from);
        loop {
            let items = &self.block(inner).items;
            for item in items.iter().skip(order + 1) {
                if self.holds(inner, item, goal) || matches!(item, Item::Call(c) if *c == to.id) {
                    return self.exit_beside(inner, item, goal);
                }
                if let Some(exit) = self.exit_of(inner, item, registration_test(self, from)) {
                    return Some(exit);
                }
            }
            if inner == common {
                return None;
            }
            let here = self.block(inner);
            if matches!(here.kind, BlockKind::Loop(..)) {
                return None;
            }
            order = here.index as usize;
            inner = inner.with(here.parent?);
        }
    }

    /// The item contains the block.
    fn holds(&self, holder: At<BlockId>, item: &Item, goal: At<BlockId>) -> bool {
        let inside = |b: &BlockId| self.block_within(goal, holder.with(*b));
        match item {
            Item::Branch(_, then, otherwise) => inside(then) || otherwise.as_ref().is_some_and(inside),
            Item::Loop(b) => inside(b),
            Item::Try(t, c, f) => inside(t) || c.as_ref().is_some_and(inside) || f.as_ref().is_some_and(inside),
            _ => false,
        }
    }

    /// The release stands inside this item: does another arm of it leave?
    fn exit_beside(&self, holder: At<BlockId>, item: &Item, goal: At<BlockId>) -> Option<String> {
        match item {
            Item::Try(tried, Some(caught), _) if self.block_within(goal, holder.with(*tried)) => {
                // Released at the end of the try; the catch that leaves goes past it.
                self.leaves(holder.with(*caught)).then(|| "the `catch` leaves without it".to_owned())
            }
            _ => None,
        }
    }

    /// The item leaves the function.
    fn exit_of(&self, holder: At<BlockId>, item: &Item, spared: Option<ValueId>) -> Option<String> {
        match item {
            Item::Yield if self.fun(holder.with(self.block(holder).function)).is_generator => {
                Some("the consumer may leave at a `yield`".into())
            }
            Item::Loop(body) => {
                let block = holder.with(*body);
                self.block(block).items.iter().find_map(|i| match i {
                    Item::Exit(Exit::Break | Exit::Continue) => None,
                    i => self.exit_of(block, i, spared),
                })
            }
            Item::Exit(Exit::Return(_)) => Some("a `return` goes past it".into()),
            Item::Exit(Exit::Throw(_)) => Some("a `throw` goes past it".into()),
            Item::Branch(test, then, otherwise) => {
                if Some(*test) == spared {
                    return None;
                }
                let arm = |b: BlockId| {
                    let block = holder.with(b);
                    self.block(block).items.iter().find_map(|i| self.exit_of(block, i, spared))
                };
                arm(*then).or_else(|| otherwise.and_then(arm))
            }
            Item::Try(tried, caught, finally) => {
                if finally.is_some() {
                    return None;
                }
                let block = holder.with(*tried);
                let inner = self.block(block).items.iter().find_map(|i| self.exit_of(block, i, spared));
                inner.or_else(|| caught.and_then(|c| self.leaves(holder.with(c)).then(|| "the `catch` leaves without it".to_owned())))
            }
            _ => None,
        }
    }

    /// The registration's helper gives back a disposer: is it used? None where it gives none.
    fn disposer(&self, sites: &Sites, registration: &Registration) -> Option<bool> {
        let _ = sites;
        let gives = match registration.through.first() {
            Some(&helper) => self.returns_disposer(helper),
            None => {
                registration.implicit
                    && self.method_model(registration.call).is_some_and(|m| m.disposer.as_deref().is_some_and(|d| !d.is_empty()))
            }
        };
        if !gives {
            return None;
        }
        let call = self.call(registration.call);
        Some(match call.result {
            Use::Dropped => false,
            Use::Returned => !self.ignores_result(self.function_of(registration.call)),
            Use::Receiver | Use::Used => !self.is_unused_variable(registration.call),
        })
    }

    /// The disposer is used in the same function, and a written way out goes past that.
    fn disposer_past(&self, registration: &Registration) -> Option<(CallAt, String)> {
        let helper = *registration.through.first()?;
        if !self.returns_disposer(helper) || self.call(registration.call).result != Use::Used {
            return None;
        }
        let f = self.function_of(registration.call);
        let own = self.call(registration.call).value;
        let facts = self.facts(f.file);
        // One variable of this function holds it, and calls of this function alone use that variable.
        let holds = |v: ValueId| v == own || matches!(&facts.values[v.index()], Value::Array(es) if es.contains(&own));
        let holders: Vec<BindingId> = facts
            .assigns
            .iter()
            .filter(|a| holds(a.from))
            .filter_map(|a| match a.to {
                Place::Binding(b) => Some(b),
                _ => None,
            })
            .collect();
        let [holder] = holders[..] else { return None };
        let variable = facts.values.iter().position(|v| *v == Value::Binding(holder)).map(|i| ValueId(i as u32))?;
        let mentions = |v: ValueId| v == variable || matches!(&facts.values[v.index()], Value::Array(es) if es.contains(&variable));
        let uses: Vec<CallAt> = (0..facts.calls.len() as u32)
            .map(|i| f.with(CallId(i)))
            .filter(|&c| {
                let call = self.call(c);
                call.args.iter().any(|&a| mentions(a))
                    || call.callee == variable
                    || matches!(self.value(c.with(call.callee)), Value::Member(o, _) if *o == variable)
            })
            .collect();
        if uses.is_empty() || uses.iter().any(|&c| self.function_of(c) != f) {
            return None;
        }
        let mut past = None;
        for &c in &uses {
            match self.exit_between(registration.call, c) {
                None => return None,
                Some(exit) => past = Some((c, exit)),
            }
        }
        past
    }

    fn is_unused_variable(&self, c: CallAt) -> bool {
        let value = self.call(c).value;
        let facts = self.facts(c.file);
        let holders: Vec<BindingId> = facts
            .assigns
            .iter()
            .filter(|a| a.from == value)
            .filter_map(|a| match a.to {
                Place::Binding(b) => Some(b),
                _ => None,
            })
            .collect();
        if holders.is_empty() {
            return false;
        }
        holders.iter().all(|b| {
            let v = facts.values.iter().position(|v| *v == Value::Binding(*b));
            v.is_none()
        })
    }

    /// What the function returns is lost: a promise's executor, a callback of `forEach`, a listener, a timer.
    fn ignores_result(&self, f: Fun) -> bool {
        self.is_executor_of_promise(f)
            || self.callers(f).is_empty()
                && !self.passed(f).is_empty()
                && self.passed(f).iter().all(|p| {
                    self.callee_name(p.call)
                        .is_some_and(|n| matches!(n.as_str(), "forEach" | "setTimeout" | "setInterval" | "setImmediate" | "nextTick"))
                        || super::sites::registration(self, p.call).is_some()
                })
    }

    fn is_executor_of_promise(&self, f: Fun) -> bool {
        self.passed(f).iter().any(|p| self.call(p.call).kind == CallKind::New && self.callee_name(p.call).as_deref() == Some("Promise"))
    }

    /// The function gives back a closure, or an object, that releases.
    pub fn returns_disposer(&self, f: Fun) -> bool {
        self.fun(f).returns.iter().any(|&r| {
            self.origins(f.with(r)).iter().any(|o| match (o.root, o.path.is_empty()) {
                (Root::Function(g), true) => self.within(g, f) && self.releases_within(g),
                (Root::Literal(v), true) => match self.value(v) {
                    Value::Object(props, _) => {
                        props
                            .iter()
                            .any(|(_, p)| self.functions_of(v.with(*p)).iter().any(|&(g, _)| self.within(g, f) && self.releases_within(g)))
                            || self.is_record(v, f)
                    }
                    _ => false,
                },
                _ => false,
            })
        })
    }

    /// `inner`, or a function around it within `f`, is what `f` returns, or a member of it.
    pub fn is_given_back(&self, inner: Fun, f: Fun) -> bool {
        let chain: Vec<Fun> = self.chain(inner).into_iter().take_while(|&h| h != f).collect();
        self.fun(f).returns.iter().any(|&r| {
            self.origins(f.with(r)).iter().any(|o| match (o.root, o.path.is_empty()) {
                (Root::Function(g), true) => chain.contains(&g),
                (Root::Literal(v), true) => match self.value(v) {
                    Value::Object(props, _) => {
                        props.iter().any(|(_, p)| self.functions_of(v.with(*p)).iter().any(|(g, _)| chain.contains(g)))
                    }
                    _ => false,
                },
                _ => false,
            })
        })
    }

    /// `{ emitter, event, handler }`: what a releasing function takes apart.
    fn is_record(&self, v: At<ValueId>, f: Fun) -> bool {
        let Value::Object(props, _) = self.value(v) else { return false };
        let of = |p: &ValueId| self.origins(v.with(*p)).iter().any(|o| matches!(o.root, Root::Param(g, _) if g == f) && o.path.is_empty());
        props.len() >= 3 && props.iter().filter(|(_, p)| of(p)).count() >= 2
    }

    pub fn releases_within(&self, f: Fun) -> bool {
        self.calls_within(f).into_iter().any(|c| super::sites::release(self, c).is_some())
    }

    /// The object that the listener was added to is ended in the same tree (`e.destroy()` before it is let go).
    fn receiver_ends(&self, registration: &Registration) -> bool {
        let f = self.function_of(registration.call);
        let Some((object, _)) = self.receiver(registration.call) else { return false };
        let origins = self.origins(object);
        let block = registration.call.with(self.call(registration.call).block);
        let order = self.order_of(registration.call);
        self.block(block).items.iter().skip(order).any(|item| match item {
            Item::Call(c) => {
                let c = f.with(*c);
                self.receiver(c).is_some_and(|(o, k)| {
                    matches!(k, Key::Name(n) if matches!(n.as_str(), "destroy" | "terminate" | "kill"))
                        && self.same_object(&self.origins(o), &origins)
                })
            }
            _ => false,
        })
    }
}

/// The test under which the registration stands: a release under the same one is on every path.
fn registration_test(program: &Program, c: CallAt) -> Option<ValueId> {
    match program.block(c.with(program.call(c).block)).kind {
        BlockKind::Then(test) => Some(test),
        _ => None,
    }
}
