//! Matching: are registration and release of one emitter, one event, one function? Same, different, or not known.

use super::sites::{EventKey, Registration, Release, Sites};
use super::types::Type;
use super::{At, CallAt, Fun, Origin, PathKey, Program, Root};
use crate::facts::*;

/// So many calls of a setter are asked what they give.
const SETTERS: usize = 8;

/// How two things compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    Different,
    Unknown,
    Same,
}

impl Program<'_> {
    pub(super) fn compare_receivers(&self, a: &[Origin], b: &[Origin]) -> Match {
        // `f(socket = this.socket)`.
        let (a, b) = (&self.with_defaults(a)[..], &self.with_defaults(b)[..]);
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
        // What lives as long as the program is no object of another kind: `window`, an element.
        let others = |globals: &[Origin], os: &[Origin]| {
            let global = |o: &Origin| matches!(o.root, Root::Global(_));
            !globals.is_empty()
                && !os.is_empty()
                && globals.iter().all(global)
                && globals.iter().all(|x| os.iter().all(|y| !global(y) && self.are_of_other_kinds(x, y)))
        };
        if others(a, b) || others(b, a) {
            return Match::Different;
        }
        // Each of two calls gives another object.
        let kept = |os: &[Origin]| match os {
            [Origin { root: Root::Call(c), path }] if path.is_empty() => self.gives_kept(*c),
            _ => false,
        };
        if kept(a) && kept(b) {
            return Match::Different;
        }
        // Nor is an object that is made here of another class.
        let own = |os: &[Origin]| match os {
            [Origin { root: Root::This(f), path }] if path.is_empty() => self.owner_of_this(*f),
            _ => None,
        };
        let of_other = |owner: super::Owner, os: &[Origin]| {
            made(os)
                && os.iter().all(|o| match self.type_of(o) {
                    Some(Type::Model(_)) => true,
                    Some(Type::Owner(other)) => !self.related(owner, other),
                    None => false,
                })
        };
        if own(a).is_some_and(|owner| !b.is_empty() && of_other(owner, b))
            || own(b).is_some_and(|owner| !a.is_empty() && of_other(owner, a))
        {
            return Match::Different;
        }
        let concrete = |o: &Origin| {
            matches!(o.root, Root::Global(_) | Root::Call(_) | Root::Literal(_) | Root::This(_) | Root::Param(..) | Root::Module(_))
        };
        // Two paths from one place that differ are two objects; anything else is not known.
        let differ = a.iter().all(|x| {
            b.iter().all(|y| {
                concrete(x)
                    && concrete(y)
                    && match (x.root, y.root) {
                        (Root::Global(g), Root::Global(h)) => g != h || x.path != y.path,
                        (Root::This(f), Root::This(g)) if f == g => x.path != y.path && !self.aliased(x, y),
                        (Root::This(_), Root::This(_)) => self.were_given_apart(x, y),
                        (Root::Param(f, i), Root::Param(g, j)) if f == g => (i, &x.path) != (j, &y.path),
                        _ => false,
                    }
            })
        });
        if differ { Match::Different } else { Match::Unknown }
    }

    /// Both are told by models, of which neither is the other.
    fn are_of_other_kinds(&self, x: &Origin, y: &Origin) -> bool {
        match (self.type_of(x), self.type_of(y)) {
            (Some(Type::Model(x)), Some(Type::Model(y))) => !self.models.is_a(x, y) && !self.models.is_a(y, x),
            _ => false,
        }
    }

    /// Two fields that the constructor fills with different things that it was given.
    fn were_given_apart(&self, x: &Origin, y: &Origin) -> bool {
        let given = |field: &Origin| -> Option<(Fun, Vec<Origin>)> {
            let from: Vec<Origin> = self.field_sources(field).into_iter().flat_map(|(_, origins)| origins).collect();
            let Root::Param(f, _) = from.first()?.root else { return None };
            let all = from.iter().all(|o| matches!(o.root, Root::Param(g, _) if g == f));
            (all && self.owner_of_this(f).is_some_and(|owner| self.is_constructor(f, owner))).then_some((f, from))
        };
        x.path.len() == 1
            && y.path.len() == 1
            && x.path != y.path
            && match (given(x), given(y)) {
                (Some((f, a)), Some((g, b))) => {
                    f == g
                        && a.iter()
                            .all(|x| b.iter().all(|y| x.root != y.root || !x.path.starts_with(&y.path) && !y.path.starts_with(&x.path)))
                }
                _ => false,
            }
    }

    /// A parameter may be its default.
    fn with_defaults(&self, origins: &[Origin]) -> Vec<Origin> {
        let mut out = origins.to_vec();
        for o in origins {
            if let (Root::Param(f, i), true) = (o.root, o.path.is_empty())
                && let Some(default) = self.fun(f).params.get(i as usize).and_then(|p| p.default)
            {
                out.extend(self.origins(f.with(default)).iter().cloned());
            }
        }
        out
    }

    /// `req.socket` and `req.connection` are one object (Node's manual: an alias).
    pub(super) fn same_socket(&self, x: &Origin, y: &Origin) -> bool {
        let (Some(PathKey::Name(a)), Some(PathKey::Name(b))) = (x.path.last(), y.path.last()) else { return false };
        let (a, b) = (self.text(*a), self.text(*b));
        matches!((&*a, &*b), ("socket", "connection") | ("connection", "socket"))
            && matches!((x.prefix(), y.prefix()), (Some(p), Some(q)) if self.same_origin(&p, &q))
    }

    /// The field `x` gets `y` as a value.
    pub(super) fn is_set_to(&self, x: &Origin, y: &Origin) -> bool {
        matches!(x.root, Root::This(_)) && !x.path.is_empty() && self.field_sources(x).iter().any(|(_, os)| os.contains(y))
    }

    /// One field is set from the other.
    pub(super) fn aliased(&self, x: &Origin, y: &Origin) -> bool {
        let reaches = |from: &Origin, to: &Origin| {
            self.field_sources(from).iter().any(|(_, origins)| origins.is_empty() || self.same_object(origins, std::slice::from_ref(to)))
        };
        reaches(x, y) || reaches(y, x)
    }

    pub(super) fn compare_events(&self, a: &EventKey, b: &EventKey) -> Match {
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
                        && o.iter().all(|o| {
                            // (What is put together at each run may be the same text at both ends.)
                            o.path.is_empty() && matches!(o.root, Root::Call(c) if self.function_of(c).id == FunctionId(0))
                                || matches!(o.root, Root::Module(_))
                        })
                };
                if constant(x) && constant(y) { Match::Different } else { Match::Unknown }
            }
            (EventKey::Value(x), EventKey::Name(n)) | (EventKey::Name(n), EventKey::Value(x)) => {
                // `off(listener)` names no event.
                let is_function = |o: &Origin| o.path.is_empty() && matches!(o.root, Root::Function(_));
                let known: Vec<_> = x
                    .iter()
                    .filter_map(|o| match (o.root, o.path.is_empty()) {
                        (Root::Const(c), true) => Some(self.text(c)),
                        _ => None,
                    })
                    .collect();
                if known.contains(n) {
                    Match::Same
                } else if known.len() == x.len() && !x.is_empty() || !x.is_empty() && x.iter().all(is_function) {
                    Match::Different
                } else {
                    Match::Unknown
                }
            }
        }
    }

    /// Are two listeners one function?
    pub(super) fn compare_handlers(&self, a: &[Origin], b: &[Origin]) -> Match {
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

    pub(super) fn compare_handler(&self, x: &Origin, y: &Origin) -> Match {
        let fresh = |o: &Origin| matches!(o.root, Root::Call(c) if o.path.is_empty() && self.bind_target(c).is_some());
        let literal = |o: &Origin| o.path.is_empty() && matches!(o.root, Root::Function(_));
        // A field that is set to the other.
        let via = |field: &Origin, other: &Origin| {
            if self.is_of_many(field) {
                return None;
            }
            let sources = self.field_sources(field);
            if sources.is_empty() {
                return None;
            }
            let all: Vec<Origin> = sources.into_iter().flat_map(|(_, o)| o).collect();
            let other = std::slice::from_ref(other);
            Some(self.same_object(&all, other) || self.same_object(&self.given_by_callers(&all), other))
        };
        // `resolve` and `reject` are nobody's function.
        let settler = |o: &Origin| self.is_settler(o);
        match (x.root, y.root) {
            _ if settler(x) && (fresh(y) || literal(y)) || (fresh(x) || literal(x)) && settler(y) => Match::Different,
            _ if fresh(x) && fresh(y) => Match::Different,
            _ if literal(x) && literal(y) => Match::Different,
            _ if (fresh(x) && literal(y)) || (literal(x) && fresh(y)) => Match::Different,
            (Root::This(f), Root::This(g)) if !x.path.is_empty() && !y.path.is_empty() => {
                let related = match (self.owner_of_this(f), self.owner_of_this(g)) {
                    (Some(a), Some(b)) => self.related(a, b),
                    _ => false,
                };
                if !related || self.is_of_many(x) || self.is_of_many(y) {
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
                None if !self.is_of_many(x) && self.is_method(x) => Match::Different,
                None => Match::Unknown,
            },
            (_, Root::This(_)) if fresh(x) || literal(x) => match via(y, x) {
                Some(true) => Match::Same,
                Some(false) => Match::Different,
                None if !self.is_of_many(y) && self.is_method(y) => Match::Different,
                None => Match::Unknown,
            },
            _ => Match::Unknown,
        }
    }

    /// The path leads through an element of a collection, also by a number that counts: `this.list[i].listener`.
    fn is_of_many(&self, o: &Origin) -> bool {
        let counts = |v: At<ValueId>| match self.value(v) {
            Value::Binding(b) => self.binding(v.with(*b)).defs.iter().any(|&d| self.assign(v.with(d)).compound),
            _ => false,
        };
        o.path.iter().any(|key| match *key {
            PathKey::Element => true,
            PathKey::Symbol(v) => counts(v),
            PathKey::Name(_) => false,
        })
    }

    /// The `resolve` or `reject` of a promise's executor.
    fn is_settler(&self, o: &Origin) -> bool {
        matches!((o.root, o.path.is_empty()), (Root::Param(f, 0 | 1), true) if self.is_executor_of_promise(f))
    }

    /// What the callers give for those that are parameters: `setHandler(h) { this.handler = h }`.
    fn given_by_callers(&self, origins: &[Origin]) -> Vec<Origin> {
        let mut out = Vec::new();
        for o in origins {
            let Root::Param(f, _) = o.root else { continue };
            out.extend(self.callers(f).iter().take(SETTERS).flat_map(|&c| self.from_callee(c, f, o)));
        }
        out
    }

    /// The path is a method of its class.
    pub(super) fn is_method(&self, o: &Origin) -> bool {
        let Root::This(f) = o.root else { return false };
        match (self.owner_of_this(f), &o.path[..]) {
            (Some(owner), [key]) => !self.methods(owner, *key).is_empty(),
            _ => false,
        }
    }

    pub(super) fn compare(&self, registration: &Registration, release: &Release) -> (Match, Match, Match) {
        let receiver = self.compare_receivers(&registration.receivers, &release.receivers);
        let mut event = release.event.as_ref().map_or(Match::Same, |e| self.compare_events(&registration.event, e));
        // What a helper makes of the name that it is given is another name at each of its calls.
        let of_helpers = registration.call != registration.inner && release.call != release.inner && registration.call != release.call;
        let made = |event: &EventKey| matches!(event, EventKey::Value(origins) if origins.iter().any(|o| matches!(o.root, Root::Unknown(_) | Root::Call(_))));
        if of_helpers && (made(&registration.event) || release.event.as_ref().is_some_and(made)) {
            event = event.min(Match::Unknown);
        }
        let mut handler = release.handlers.as_ref().map_or(Match::Same, |h| self.compare_handlers(&registration.handlers, h));
        if handler == Match::Unknown && release.handlers.as_ref().is_some_and(|h| self.wraps(registration, h)) {
            handler = Match::Different;
        }
        if self.names_nobody(release) {
            handler = Match::Different;
        }
        (receiver, event, handler)
    }

    /// The release names the member that another line adds for the same event, while this line adds a function of its own.
    pub(super) fn is_of_another(&self, sites: &Sites, registration: &Registration, release: &Release) -> bool {
        let member = |v: At<ValueId>| match self.value(v) {
            Value::Member(_, key @ Key::Name(_)) => Some(key),
            _ => None,
        };
        let released = super::releases::release(self, release.inner).and_then(|site| site.listener);
        let Some(released) = released.and_then(|v| member(release.inner.with(v))) else { return false };
        let added = |r: &Registration| {
            let handler = super::sites::registration(self, r.inner).and_then(|site| site.handler);
            handler.and_then(|v| member(r.inner.with(v)))
        };
        let own = |o: &Origin| match o.root {
            Root::Function(_) | Root::Call(_) => o.path.is_empty(),
            Root::This(_) => !o.path.is_empty() && !o.path.contains(&PathKey::Element),
            _ => false,
        };
        !registration.handlers.is_empty()
            && registration.handlers.iter().all(own)
            && added(registration) != Some(released)
            && sites.registrations_for(self, release).any(|r| {
                r.inner != registration.inner
                    && r.event == registration.event
                    && added(r) == Some(released)
                    && self.compare(r, release).0 != Match::Different
            })
    }

    /// The release is given no function: `null`, or a member that nothing ever writes.
    pub(super) fn names_nobody(&self, release: &Release) -> bool {
        let Some(handlers) = &release.handlers else { return false };
        // Other emitters than the DOM's take «no function» for «all of them».
        let of_target = self.callee_name(release.call).as_deref() == Some("removeEventListener") || self.call(release.call).args.len() == 1;
        // What a member holds may be written at any time.
        let listener = super::releases::release(self, release.call).and_then(|site| site.listener);
        let member = listener.is_some_and(|v| matches!(self.value(release.call.with(v)), Value::Member(..)));
        of_target
            && release.call == release.inner
            && !handlers.is_empty()
            && handlers.iter().all(|o| o.is_nothing() && !member || self.is_unwritten(o))
    }

    /// `this.member` of a class or component of the program, where no file has anything of that name.
    fn is_unwritten(&self, o: &Origin) -> bool {
        let (Root::This(f), [PathKey::Name(name)]) = (o.root, &o.path[..]) else { return false };
        !self.text(*name).starts_with('$')
            && self.owner_of_this(f).is_some_and(|owner| {
                self.parents(owner).iter().all(|p| super::owners::owner_of_constructor(p).is_some() || self.constructed(p).is_some())
            })
            && !self.is_written(*name)
    }

    /// The release stands in another closure of what a call gave back than the registration, and everybody who adds lets that object
    /// go at once (`make().add()`): the release that is called later is another call's, with another function.
    pub(super) fn is_of_dropped(&self, registration: &Registration, release: &Release) -> bool {
        let (f, g) = (self.function_of(registration.call), self.function_of(release.call));
        let Some(maker) = self.parent(f).filter(|&m| self.fun(m).kind != FunctionKind::Module) else { return false };
        if f == g || self.parent(g) != Some(maker) || self.callers(f).is_empty() || !self.passed(f).is_empty() {
            return false;
        }
        let given_back = self.fun(maker).returns.iter().all(|&r| match self.value(maker.with(r)) {
            Value::Object(props, _) => {
                let has = |h: Fun| props.iter().any(|(_, p)| self.functions_of(maker.with(*p)).iter().any(|&(x, _)| x == h));
                has(f) && has(g)
            }
            _ => false,
        });
        let of_maker = |o: &Origin| match (o.root, o.path.is_empty()) {
            (Root::Function(h), true) => self.within(h, maker) && h != maker,
            _ => false,
        };
        given_back
            && registration.handlers.iter().all(of_maker)
            && self.callers(f).iter().all(|&c| {
                (self.call(c).result == Use::Dropped || self.fun(f).returns.is_empty())
                    && self.receiver(c).is_some_and(|(object, _)| {
                        matches!(self.value(object), Value::Call(made) if self.functions_called(c.with(*made)).contains(&maker))
                    })
            })
    }

    /// Each run of the function makes a listener of its own, and adds it or takes it away: what a run takes away nobody added.
    pub(super) fn is_of_another_run(&self, registration: &Registration, release: &Release) -> bool {
        let f = self.function_of(registration.call);
        let made_here = |o: &Origin| o.path.is_empty() && matches!(o.root, Root::Function(h) if self.parent(h) == Some(f));
        f == self.function_of(release.call)
            && self.fun(f).kind != FunctionKind::Module
            && registration.call != release.call
            && !registration.handlers.is_empty()
            && registration.handlers.iter().all(made_here)
            && self.loop_around(registration.call.with(self.call(registration.call).block)).is_none()
            && self.is_beside(release.call, registration.call)
            && self.is_beside(registration.call, release.call)
    }

    /// The listener is made out of the function that is released: `debounce(f)`, or `x => f(x)` in a method whose twin releases `f`.
    pub(super) fn wraps(&self, registration: &Registration, released: &[Origin]) -> bool {
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
        let f = self.function_of(registration.call);
        if released.iter().any(|o| self.calls_what_was_given(registration, f, o)) {
            return true;
        }
        // A parameter of the same name and event, wrapped by an inline function here.
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

    /// The listener is a function of the activation that calls the function `o`, which the activation was given.
    fn calls_what_was_given(&self, registration: &Registration, f: Fun, o: &Origin) -> bool {
        let (Root::Param(g, _), true) = (o.root, o.path.is_empty()) else { return false };
        let calls = |h: Fun| self.calls_within(h).into_iter().any(|c| self.origins(c.with(self.call(c).callee)).contains(o));
        self.within(f, g)
            && !registration.handlers.is_empty()
            && registration
                .handlers
                .iter()
                .all(|h| matches!((h.root, h.path.is_empty()), (Root::Function(h), true) if h != g && self.within(h, g) && calls(h)))
    }

    /// An `on` and an `off` of one object that wrap the listener they are given, each in a function of its own, for the event that they are
    /// given.
    pub(super) fn wrap_alike(&self, registration: &Registration, release: &Release) -> bool {
        let (f, g) = (self.function_of(registration.call), self.function_of(release.call));
        let (EventKey::Value(added), Some(EventKey::Value(removed))) = (&registration.event, &release.event) else { return false };
        let param = |os: &[Origin], f: Fun| match os {
            [Origin { root: Root::Param(h, i), path }] if path.is_empty() && *h == f => Some(*i),
            _ => None,
        };
        let wrapped = |os: &[Origin], f: Fun| match os {
            [Origin { root: Root::Function(h), path }] if path.is_empty() && self.parent(*h) == Some(f) => {
                let params = self.fun(f).params.iter();
                params.enumerate().filter(|(_, p)| p.binding.is_some_and(|b| self.fun(*h).captures.contains(&b))).map(|(i, _)| i).collect()
            }
            _ => Vec::new(),
        };
        let event = param(added, f);
        let listener = wrapped(&registration.handlers, f);
        f != g
            && event.is_some()
            && event == param(removed, g)
            && !listener.is_empty()
            && release.handlers.as_ref().is_some_and(|h| wrapped(h, g) == listener)
            && self.near(registration, release)
    }

    /// The release may be meant for something that has to do with the registration: same file, or classes of one family.
    pub(super) fn in_reach(&self, registration: &Registration, release: &Release) -> bool {
        if registration.call.file == release.call.file {
            return true;
        }
        let (a, b) = (self.function_of(registration.call), self.function_of(release.call));
        match (self.owner_around(a), self.owner_around(b)) {
            (Some(x), Some(y)) if self.related(x, y) => true,
            _ => {
                registration
                    .receivers
                    .iter()
                    .any(|o| matches!(o.root, Root::Global(_) | Root::File(_) | Root::Call(_)) && release.receivers.contains(o))
                    && !self.is_others_matter(registration, release)
            }
        }
    }

    /// Two classes or files each have functions of their own: what the one takes away is not what the other adds, and was not meant for it.
    fn is_others_matter(&self, registration: &Registration, release: &Release) -> bool {
        let Some(released) = release.handlers.as_ref().filter(|h| !h.is_empty() && !registration.handlers.is_empty()) else { return false };
        !self.same_object(&registration.handlers, released) && registration.handlers.iter().chain(released).all(|o| self.is_own_function(o))
    }

    /// A function as it is written, a method, or a field that gets nothing but functions of the class.
    fn is_own_function(&self, o: &Origin) -> bool {
        match o.root {
            Root::Function(_) => o.path.is_empty(),
            Root::Call(c) => o.path.is_empty() && self.bind_target(c).is_some(),
            Root::This(_) if o.path.len() == 1 => {
                let sources = self.field_sources(o);
                let written = |from: &Origin| {
                    from.path.is_empty()
                        && match from.root {
                            Root::Function(_) => true,
                            Root::Call(c) => self.bind_target(c).is_some(),
                            _ => false,
                        }
                };
                if sources.is_empty() { self.is_method(o) } else { sources.iter().all(|(_, origins)| origins.iter().all(written)) }
            }
            _ => false,
        }
    }

    /// In one function's tree, or in one class.
    pub(super) fn near(&self, registration: &Registration, release: &Release) -> bool {
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

    /// One activation takes a listener that is older than it off one object that it was given, and adds it to another (`old.off('x', f);
    /// next.on('x', f)`): what it adds, the next one takes off.
    pub(super) fn is_moved_over(&self, registration: &Registration, release: &Release) -> bool {
        let f = self.function_of(registration.call);
        let around = self.chain(f);
        let given = |o: &Origin| matches!(o.root, Root::Param(g, _) if around.contains(&g));
        let older = |o: &Origin| match o.root {
            Root::Function(h) => self.parent(h).is_none_or(|p| p != f),
            Root::Call(c) => self.function_of(c) != f,
            _ => true,
        };
        f == self.function_of(release.call)
            && registration.receivers.iter().chain(&release.receivers).all(given)
            && registration.handlers.iter().all(older)
    }

    /// The release takes away some registration of the program, so it is not a failed attempt for another.
    pub(super) fn removes_something(&self, sites: &Sites, release: &Release) -> bool {
        sites.registrations_for(self, release).any(|r| {
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
    pub(super) fn looks_alike(&self, registration: &Registration, release: &Release) -> bool {
        let Some(released) = &release.handlers else { return false };
        if self.names_nobody(release) {
            return true;
        }
        // A release of an unknown value is nobody's attempt.
        if released.iter().any(|o| matches!(o.root, Root::Unknown(_) | Root::Nothing)) {
            return false;
        }
        if self.wraps(registration, released) {
            return true;
        }
        let settler = |o: &Origin| self.is_settler(o);
        if released.iter().any(|o| matches!(o.root, Root::Param(..)) && !settler(o)) {
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
        if self.names_other_method(registration, release, released) {
            return true;
        }
        // In one function: the listener of another event is named where this one's was meant, or one that nothing adds.
        let top = |f: Fun| self.chain(f).into_iter().rev().find(|&g| self.fun(g).kind != FunctionKind::Module).unwrap_or(f);
        let one_tree = top(self.function_of(registration.call)) == top(self.function_of(release.call));
        let named = released.iter().all(|o| match (o.root, o.path.is_empty()) {
            (Root::Function(h), true) => {
                !inline(registration.call) || self.parent(h).is_some_and(|p| self.fun(p).kind != FunctionKind::Module)
            }
            _ => settler(o),
        });
        let added = |o: &Origin| match o.root {
            Root::Function(h) => self.passed(h).iter().any(|p| super::releases::release(self, p.call).is_none()),
            _ => false,
        };
        named
            && one_tree
            && !(inline(registration.call) && released.iter().any(added))
            && self.compare_receivers(&registration.receivers, &release.receivers) == Match::Same
    }

    /// Both name methods of one class, of which nothing ever hands the released one on.
    fn names_other_method(&self, registration: &Registration, release: &Release, released: &[Origin]) -> bool {
        let methods = |o: &Origin| match (o.root, &o.path[..]) {
            (Root::This(f), [key]) => self.owner_of_this(f).map_or_else(Vec::new, |owner| self.methods(owner, *key)),
            _ => Vec::new(),
        };
        let idle = |h: &Fun| self.passed(*h).iter().all(|p| super::releases::release(self, p.call).is_some());
        let unused = |o: &Origin| {
            let found = methods(o);
            !found.is_empty() && found.iter().all(idle)
        };
        !registration.handlers.is_empty()
            && registration.handlers.iter().all(|o| !methods(o).is_empty())
            && released.iter().all(unused)
            && self.near(registration, release)
            && self.compare_receivers(&registration.receivers, &release.receivers) == Match::Same
    }

    /// The release's object is only one of those that the registration may have been added to.
    pub(super) fn partial_receiver(&self, registration: &Registration, release: &Release) -> bool {
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
}
