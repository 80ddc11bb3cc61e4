//! Mismatches: releases that look as if they were for a registration, and whether they take anything away.

use std::cell::OnceCell;
use std::rc::Rc;

use super::matching::Match;
use super::sites::{EventKey, Registration, Release, Sites};
use super::{At, CallAt, Fun, Origin, PathKey, Program, Root};
use crate::facts::*;

/// What is the same of a release for every registration that it is compared with.
#[derive(Debug, Clone, Default)]
pub(super) struct Answers {
    /// Numbers of the registrations that add the member which it names, on what may be its emitter.
    namesakes: OnceCell<Rc<[u32]>>,
    /// It removes something.
    removes: OnceCell<bool>,
    /// It is given no function.
    nobody: OnceCell<bool>,
}

impl Program<'_> {
    /// The release takes away what its function was given and has added itself: `(event, f) => { e.on(event, f); ends.push(() => e.off(event,
    /// f)) }` is nothing to who adds a function of its own elsewhere.
    pub(super) fn is_of_given_beside(&self, sites: &Sites, registration: &Registration, release: &Release) -> bool {
        let Some(released) = release.handlers.as_ref().filter(|handlers| !handlers.is_empty()) else { return false };
        let giver = |o: &Origin| match o.root {
            Root::Param(g, _) if o.path.is_empty() => Some(g),
            _ => None,
        };
        let Some(g) = giver(&released[0]).filter(|_| released.iter().all(|o| giver(o) == giver(&released[0]))) else { return false };
        let f = self.function_of(registration.call);
        let elsewhere =
            !self.within(f, g) && registration.handlers.iter().all(|o| matches!(o.root, Root::Function(_)) && o.path.is_empty());
        let beside = |r: &Registration| r.handlers == *released && self.compare(r, release).0 != Match::Different;
        elsewhere && !registration.handlers.is_empty() && self.callers(g).is_empty() && sites.registrations_in(g).any(beside)
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
        let namesakes = || {
            let adds = |r: &Registration| added(r) == Some(released) && self.compare(r, release).0 != Match::Different;
            sites.numbers_for(self, release).into_iter().filter(|&i| adds(&sites.registrations[i as usize])).collect()
        };
        let own = |o: &Origin| match o.root {
            Root::Function(_) | Root::Call(_) => o.path.is_empty(),
            Root::This(_) => !o.path.is_empty() && !o.path.contains(&PathKey::Element),
            _ => false,
        };
        !registration.handlers.is_empty()
            && registration.handlers.iter().all(own)
            && added(registration) != Some(released)
            && release.answers.namesakes.get_or_init(namesakes).iter().any(|&i| {
                let r = &sites.registrations[i as usize];
                r.inner != registration.inner && r.event == registration.event
            })
    }

    /// The release is given no function: `null`, or a member that nothing ever writes.
    pub(super) fn names_nobody(&self, release: &Release) -> bool {
        *release.answers.nobody.get_or_init(|| self.finds_nobody(release))
    }

    fn finds_nobody(&self, release: &Release) -> bool {
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

    /// The release is given what the line gave back, as if that were the listener: `addEventListener` gives back nothing (DOM Standard,
    /// 2.7).
    pub(super) fn names_result(&self, registration: &Registration, release: &Release) -> bool {
        let c = registration.inner;
        registration.call == c
            && registration.target
            && self.called_as(c) == Some("addEventListener")
            && self.functions_called(c).is_empty()
            && release.handlers.as_ref().is_some_and(|handlers| {
                let result = |o: &Origin| o.path.is_empty() && o.root == Root::Call(c);
                let held = |o: &Origin| self.field_sources(o).into_iter().any(|(_, sources)| sources.iter().any(result));
                !handlers.is_empty() && handlers.iter().all(|o| result(o) || held(o))
            })
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
        let Some(maker) = self.parent(f).filter(|&m| !self.fun(m).at_load) else { return false };
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
        // `e[method](event, f.bind(this))`, told to add or to remove.
        let bound_here =
            |o: &Origin| o.path.is_empty() && matches!(o.root, Root::Call(c) if self.function_of(c) == f && self.makes_function(c));
        if registration.call == release.call {
            let told = !registration.told.is_empty() && !release.told.is_empty() && !self.fun(f).at_load;
            return told && !registration.handlers.is_empty() && registration.handlers.iter().all(|o| made_here(o) || bound_here(o));
        }
        f == self.function_of(release.call)
            && !self.fun(f).at_load
            && !registration.handlers.is_empty()
            && registration.handlers.iter().all(made_here)
            && self.loop_around(registration.call.with(self.call(registration.call).block)).is_none()
            && self.is_beside(release.call, registration.call)
            && self.is_beside(registration.call, release.call)
    }

    /// The release comes before the line that adds, and names a function that this very run has just made: nobody added it yet.
    pub(super) fn is_of_unadded(&self, sites: &Sites, registration: &Registration, release: &Release) -> bool {
        let f = self.function_of(registration.call);
        let just_made = |o: &Origin| match (o.root, o.path.is_empty()) {
            (Root::Function(h), true) => self.parent(h) == Some(f),
            (Root::Call(c), true) => self.function_of(c) == f && self.makes_function(c),
            _ => false,
        };
        let block = |c: CallAt| c.with(self.call(c).block);
        // A variable of this run that is given one value.
        let of_run = |v: At<ValueId>| match self.value(v) {
            Value::Binding(b) => {
                let binding = self.binding(v.with(*b));
                v.with(binding.function) == f && binding.defs.len() == 1
            }
            _ => false,
        };
        let named = super::releases::release(self, release.call).and_then(|site| site.listener);
        named.is_some_and(|v| of_run(release.call.with(v)))
            && f == self.function_of(release.call)
            && !self.fun(f).at_load
            && registration.call == registration.inner
            && release.call == release.inner
            && release.call < registration.call
            && self.loop_around(block(registration.call)).is_none()
            && self.loop_around(block(release.call)).is_none()
            && !registration.handlers.is_empty()
            && registration.handlers.iter().all(just_made)
            && !sites.registrations_in(f).any(|r| r.call < release.call && self.same_object(&r.handlers, &registration.handlers))
    }

    /// Each call gives another function: `f.bind(x)`, what a library makes of a function that it is given (`debounce(f, 100)`). A hook
    /// keeps what it gave.
    pub(super) fn makes_function(&self, c: CallAt) -> bool {
        let wraps = || {
            let of_library = |o: &Origin| matches!(o.root, Root::Module(_));
            let given = |o: &Origin| matches!(o.root, Root::Param(..)) || o.path.is_empty() && matches!(o.root, Root::Function(_));
            self.call(c).kind == CallKind::Call
                && !self.callee_name(c).is_some_and(|name| name.starts_with("use"))
                && self.origins(c.with(self.call(c).callee)).iter().all(of_library)
                && self.call(c).args.first().is_some_and(|&v| self.origins(c.with(v)).iter().all(given))
        };
        self.bind_target(c).is_some() || wraps()
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
        // Or takes off the very listener that it is given, where the function around it was added and nobody wrote it down.
        let unwrapped = |h: &Vec<Origin>| {
            param(h, g).is_some_and(|i| listener.contains(&(i as usize)))
                && self.are_confined(&registration.handlers)
                && release.call == release.inner
        };
        f != g
            && event.is_some()
            && event == param(removed, g)
            && !listener.is_empty()
            && release.handlers.as_ref().is_some_and(|h| wrapped(h, g) == listener || unwrapped(h))
            && self.near(registration, release)
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
        *release.answers.removes.get_or_init(|| self.find_removed(sites, release))
    }

    fn find_removed(&self, sites: &Sites, release: &Release) -> bool {
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
        let one_tree = self.outermost(self.function_of(registration.call)) == self.outermost(self.function_of(release.call));
        let named = released.iter().all(|o| match (o.root, o.path.is_empty()) {
            (Root::Function(h), true) => !inline(registration.call) || self.parent(h).is_some_and(|p| !self.fun(p).at_load),
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
        // `given ?? new Pool()`: what the run makes for itself has no listeners of other runs.
        let of_run = |o: &Origin| match o.root {
            Root::Call(made) if o.path.is_empty() => {
                self.call(made).kind == CallKind::New && self.function_of(made) == self.function_of(registration.call)
            }
            _ => false,
        };
        registration.receivers.iter().all(real)
            && release.receivers.iter().all(|r| registration.receivers.iter().any(|x| self.same_origin(x, r)))
            && registration.receivers.iter().any(|r| !of_run(r) && !release.receivers.iter().any(|x| self.same_origin(x, r)))
            && self.function_of(registration.call) != self.function_of(release.call)
            && matches!(self.receiver(registration.call), Some((o, _)) if !matches!(self.receiver(release.call), Some((p, _)) if o == p))
    }

    /// Where the release stands, the emitter itself is ended or taken out of its page: `input.removeEventListener(...); input.remove()`.
    pub(super) fn ends_beside(&self, release: CallAt, registration: &Registration) -> bool {
        let f = self.function_of(release);
        let ends = |c: CallAt| {
            self.receiver(c).is_some_and(|(object, key)| {
                let ends = |name: &str| super::stages::is_teardown(name) || name == "remove" && self.call(c).args.is_empty();
                matches!(key, Key::Name(name) if ends(name))
                    && self.compare_receivers(&self.origins(object), &registration.receivers) == Match::Same
            })
        };
        self.calls_within(f).into_iter().any(|c| self.function_of(c) == f && ends(c))
    }

    /// All listeners go only where the caller names none (`off(event, f) { if (!f) e.removeAllListeners(event); else e.off(event, f) }`).
    pub(super) fn is_for_none_named(&self, release: &Release) -> bool {
        let f = self.function_of(release.call);
        let param = |v: At<ValueId>| match &*self.origins(v) {
            [Origin { root: Root::Param(g, i), path }] if path.is_empty() && *g == f => Some(*i),
            _ => None,
        };
        let absent = |(test, outcome): (At<ValueId>, bool)| match self.value(test) {
            Value::Unary(op, inner) if op == "!" && outcome => param(test.with(*inner)),
            Value::Binary(op, left, right) if outcome == op.starts_with('=') && op.ends_with("==") => {
                let nothing = |v: ValueId| matches!(self.value(test.with(v)), Value::Undefined | Value::Null);
                if nothing(*right) { param(test.with(*left)) } else { None }
            }
            _ if !outcome => param(test),
            _ => None,
        };
        let tests = self.tests_before(release.call.with(self.call(release.call).block), self.order_of(release.call));
        let unnamed: Vec<u32> = tests.into_iter().filter_map(absent).collect();
        !unnamed.is_empty()
            && self.calls_within(f).into_iter().any(|c| {
                super::releases::release(self, c)
                    .and_then(|site| site.listener)
                    .and_then(|listener| param(c.with(listener)))
                    .is_some_and(|i| unnamed.contains(&i))
            })
    }
}
