//! Matching: are registration and release of one emitter, one event, one function? Same, different, or not known.

use super::sites::{EventKey, Registration, Release};
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
    /// Two sets of origins meet, `this` of one owner being one object.
    pub fn same_object(&self, a: &[Origin], b: &[Origin]) -> bool {
        a.iter().any(|x| b.iter().any(|y| self.same_origin(x, y)))
    }

    pub fn same_origin(&self, a: &Origin, b: &Origin) -> bool {
        if a == b {
            return true;
        }
        if a.path != b.path {
            return false;
        }
        match (a.root, b.root) {
            (Root::This(f), Root::This(g)) => match (self.owner_of_this(f), self.owner_of_this(g)) {
                (Some(x), Some(y)) => self.related(x, y),
                _ => false,
            },
            (Root::Module(x), Root::Module(y)) => x == y,
            _ => false,
        }
    }

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
        // (What wraps an emitter may hand on to it what it is asked: `wrapper.on(...)`, `wrapper._socket.off(...)`.)
        let may_wrap = |x: &Origin, y: &Origin| {
            let (whole, part) = if x.path.len() < y.path.len() { (x, y) } else { (y, x) };
            whole.root == part.root && whole.path.len() < part.path.len() && part.path.starts_with(&whole.path) && self.is_of_others(whole)
        };
        let differ = a.iter().all(|x| {
            b.iter().all(|y| {
                concrete(x)
                    && concrete(y)
                    && !may_wrap(x, y)
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

    /// An object of which nothing is known, so that a class of some other package may stand behind it.
    fn is_of_others(&self, o: &Origin) -> bool {
        self.type_of(o).is_none() && (!o.path.is_empty() || !matches!(o.root, Root::This(_)))
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
                // (`off('click keyup')` names two, as jQuery, Backbone and Leaflet have it.)
                let covered = |x: &str| y.split(' ').any(|y| x == y || is_in_space(x, y));
                if x == y || x.split(' ').all(covered) { Match::Same } else { Match::Different }
            }
            (EventKey::Value(x), EventKey::Value(y)) if self.same_object(x, y) || self.are_keys_of_one(x, y) => Match::Same,
            (EventKey::Value(x), EventKey::Value(y)) => {
                let constant = |o: &[Origin]| {
                    !o.is_empty()
                        && o.iter().all(|o| {
                            // (What is put together at each run may be the same text at both ends.)
                            o.path.is_empty() && matches!(o.root, Root::Call(c) if self.fun(self.function_of(c)).at_load)
                                || matches!(o.root, Root::Module(_))
                        })
                };
                if constant(x) && constant(y) { Match::Different } else { self.compare_texts(x, y) }
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
                } else if known.len() == x.len() && !x.is_empty() || !x.is_empty() && x.iter().all(is_function) || !self.may_be_text(x, n) {
                    Match::Different
                } else {
                    Match::Unknown
                }
            }
        }
    }

    /// Each of the two is in turn every key of one object: `Object.keys(this.handlers).forEach((name) => ...)`.
    fn are_keys_of_one(&self, a: &[Origin], b: &[Origin]) -> bool {
        let ([a], [b]) = (a, b) else { return false };
        let (Some(x), Some(y)) = (self.table_of_keys(a), self.table_of_keys(b)) else { return false };
        self.same_object(&x, &y)
    }

    /// The object of which the value is one key after the other.
    fn table_of_keys(&self, o: &Origin) -> Option<Vec<Origin>> {
        let list = match (o.root, &o.path[..]) {
            (Root::Param(h, 0), []) => {
                let [walk] = self.passed(h)[..] else { return None };
                let (list, Key::Name(name)) = self.receiver(walk.call)? else { return None };
                self.origins(list).first().filter(|_| name == "forEach")?.clone()
            }
            (Root::Call(_), [PathKey::Element]) => o.prefix()?,
            _ => return None,
        };
        let Root::Call(keys) = list.root else { return None };
        let (object, Key::Name(name)) = self.receiver(keys)? else { return None };
        let table = *self.call(keys).args.first()?;
        let is_keys = list.path.is_empty() && name == "keys" && self.is_global(object, "Object");
        is_keys.then(|| self.origins(keys.with(table)).to_vec())
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
        let fresh = |o: &Origin| matches!(o.root, Root::Call(c) if o.path.is_empty() && self.makes_function(c));
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
        // Written there, or made by the call.
        let (made_x, made_y) = (literal(x) || fresh(x), literal(y) || fresh(y));
        match (x.root, y.root) {
            _ if settler(x) && made_y || made_x && settler(y) || made_x && made_y => Match::Different,
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
            (Root::This(_), _) if made_y => match via(x, y) {
                Some(true) => Match::Same,
                Some(false) => Match::Different,
                // A method of the class against a fresh function.
                None if !self.is_of_many(x) && self.is_method(x) => Match::Different,
                None => Match::Unknown,
            },
            (_, Root::This(_)) if made_x => match via(y, x) {
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
    pub(super) fn is_settler(&self, o: &Origin) -> bool {
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

    /// A method takes all listeners from a part of its object, and the program runs it on other objects than the one whose part the
    /// registration adds to: `this.local.offAll()` is nothing to `shared`.
    pub(super) fn is_run_on_others(&self, registration: &Registration, release: &Release) -> bool {
        let [Origin { root: Root::Call(own), path }] = &registration.receivers[..] else { return false };
        let [Origin { root: Root::This(g), path: part }] = &release.receivers[..] else { return false };
        let other =
            |o: &Origin| matches!(o.root, Root::Call(made) if o.path.is_empty() && made != *own && self.call(made).kind == CallKind::New);
        let on_other = |o: &Origin| match o.root {
            Root::This(_) if !o.path.is_empty() => {
                let sources = self.field_sources(o);
                !sources.is_empty() && sources.iter().all(|(_, from)| !from.is_empty() && from.iter().all(other))
            }
            _ => other(o),
        };
        let called_on_other = |&c: &CallAt| {
            self.receiver(c).is_some_and(|(object, _)| {
                let origins = self.origins(object);
                !origins.is_empty() && origins.iter().all(on_other)
            })
        };
        let callers = self.callers(*g);
        release.handlers.is_none() && path == part && !path.is_empty() && !callers.is_empty() && callers.iter().all(called_on_other)
    }

    /// Nothing tells that the release is of another emitter, event or listener.
    pub(super) fn may_release(&self, registration: &Registration, release: &Release) -> bool {
        let (receiver, event, handler) = self.compare(registration, release);
        receiver != Match::Different && event != Match::Different && handler != Match::Different
    }

    pub(super) fn compare(&self, registration: &Registration, release: &Release) -> (Match, Match, Match) {
        let receiver = self.compare_receivers(&registration.receivers, &release.receivers);
        let mut event = release.event.as_ref().map_or(Match::Same, |e| self.compare_events(&registration.event, e));
        // jQuery's `off('click')` takes away those of every name space.
        if let (EventKey::Name(added), Some(EventKey::Name(removed)), Match::Different) = (&registration.event, &release.event, event)
            && added.split_once('.').is_some_and(|(name, _)| name == &**removed)
            && release.receivers.iter().any(|o| self.is_in_wrapper(o))
        {
            event = Match::Same;
        }
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
        if handler != Match::Same
            && let Some(removed) = release.handlers.as_ref()
            && release.receivers.iter().any(|o| self.is_in_wrapper(o))
            && self.same_object(&self.without_proxies(&registration.handlers), &self.without_proxies(removed))
        {
            handler = Match::Same;
        }
        if self.names_nobody(release) {
            handler = Match::Different;
        }
        (receiver, event, handler)
    }

    /// jQuery takes `$.proxy(f, this)` for `f` where it removes (its manual, «jQuery.proxy()»).
    fn without_proxies(&self, handlers: &[Origin]) -> Vec<Origin> {
        let inner = |o: &Origin| match o.root {
            Root::Call(c) if o.path.is_empty() && self.callee_name(c).as_deref() == Some("proxy") => {
                self.call(c).args.first().map(|&f| self.origins(c.with(f)).to_vec())
            }
            _ => None,
        };
        handlers.iter().flat_map(|o| inner(o).unwrap_or_else(|| vec![o.clone()])).collect()
    }
}

/// The release of `.menu` takes away all of a name space (`click.menu`), as jQuery has them.
fn is_in_space(event: &str, released: &str) -> bool {
    // (Where it names several, only what is in each of them.)
    let within = |spaces: &str| spaces.split('.').all(|space| event.split('.').skip(1).any(|part| part == space));
    released.strip_prefix('.').filter(|space| !space.is_empty()).is_some_and(within)
}
