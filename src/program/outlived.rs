//! What an object was given and outlives it, where the object's own end leaves its listeners.
//!
//! ```text
//! outlived(R) :- R at the start of an object, on a part of what its maker gave, R's listener holds the object,
//!                the class has an end, and nothing of the class ends the part, hears of its end or hands it on
//! ```

use super::count::{Count, DEPTH, Emitter, Many};
use super::matching::Match;
use super::sites::{EventKey, Registration, Sites};
use super::stages::{is_set_up, is_teardown};
use super::types::Type;
use super::{At, CallAt, Fun, Origin, Owner, PathKey, Program, Root};
use crate::facts::*;
use crate::findings::{Confidence, Region};

/// How the names begin of methods that undo each other.
const PAIRS: &[(&str, &str)] = &[
    ("start", "stop"),
    ("start", "close"),
    ("start", "shutdown"),
    ("run", "shutdown"),
    ("run", "stop"),
    ("launch", "close"),
    ("enable", "disable"),
    ("attach", "detach"),
    ("activate", "deactivate"),
    ("mount", "unmount"),
    ("bind", "unbind"),
    ("watch", "unwatch"),
    ("subscribe", "unsubscribe"),
    ("connect", "disconnect"),
    ("connect", "close"),
    ("open", "close"),
    ("add", "remove"),
    ("onAdd", "onRemove"),
    ("show", "hide"),
    ("setup", "teardown"),
    ("setUp", "tearDown"),
    ("register", "unregister"),
    ("install", "uninstall"),
    ("join", "leave"),
    ("init", "deinit"),
];

/// What names have in the middle of methods that undo each other (`onMediaAttached`, `onMediaDetaching`).
const INNER_PAIRS: &[(&str, &str)] = &[("Attach", "Detach"), ("Attached", "Detached"), ("Attached", "Detaching"), ("Added", "Removed")];

/// How many calls above a line the method is looked for that starts something.
const CALLERS: u32 = 2;

/// How many constructors of kinds above one another hand on what they were given.
const MAKERS: u32 = 12;

impl Program<'_> {
    /// The object ends, or stops to be started again, before the emitter does, and leaves the listener behind.
    pub(super) fn left_at_end(&self, sites: &Sites, registration: &Registration, emitter: Emitter) -> Option<Many> {
        let c = registration.call;
        let f = self.around_executors(self.function_of(c));
        let around = || self.owner_around(f).or_else(|| self.owner_around(self.lister(f)));
        let owner = self.owner_of_function(f).or_else(around).filter(|o| !matches!(o, Owner::Function(_)))?;
        // What is given back takes the listener away, for whom it may concern.
        let given_back = self.call(registration.inner).result == Use::Used && !registration.target;
        // (The process does not end with an object that its signals end.)
        let with_emitter = || emitter != Emitter::Process && self.tells_of_end(registration);
        if registration.once || registration.implicit || given_back || with_emitter() {
            return None;
        }
        let first = registration.receivers.first()?;
        if self.is_of_injector(owner) && registration.receivers.iter().all(|o| self.is_given(o, owner)) {
            return None;
        }
        let for_others = self.is_public_owner(owner) || self.is_made_again(registration, owner) || self.is_made_for_others(owner);
        let pair = self
            .pair(f, owner, CALLERS)
            .or_else(|| if emitter == Emitter::Process { self.ended_by_listener(registration, owner) } else { None });
        let of_whole = pair.is_some_and(|(start, _)| registration.receivers.iter().all(|o| self.is_told_whole(o, start)));
        if !of_whole && (!for_others || self.is_part_of_given(owner) || self.is_made_by_wholes(owner)) {
            return None;
        }
        let held = self.holds_object(registration);
        let given = || {
            held && !self.is_only_hearer(registration)
                && self.is_class(owner)
                && registration.receivers.iter().all(|o| self.is_given(o, owner))
        };
        let from_start = pair.is_none() && self.is_at_start(f, owner) && given() && self.is_made_somewhere(owner);
        let last = if from_start { self.end_of(owner) } else { None };
        // Who listens to a part of what was given is mostly a part of that as well, and goes with it.
        let of_part = |o: &Origin| matches!(o.root, Root::This(_)) && o.path.len() > 1;
        let part = last.is_some() && registration.receivers.iter().all(of_part);
        let confidence = if part { Confidence::Low } else { Confidence::Medium };
        let (region, end, why, again) = if let Some(end) = last {
            let why = format!("was given to {}: it is older, and others have it too", self.owner_name(owner));
            (Region::Instance, end, why, false)
        } else {
            // (What is added one by one is many things.)
            let (start, stop) = pair.filter(|&(start, _)| !self.fun(start).name.contains("add"))?;
            // An EventTarget takes one function once.
            if registration.target && !held {
                return None;
            }
            let told = |o: &Origin| held && (self.is_told_and_forgotten(o, owner, start, stop) || self.is_put_on(o, owner, start));
            let around = |o: &Origin| matches!(o.root, Root::Param(g, _) if g != f && g != start && self.within(start, g));
            if !registration.receivers.iter().all(|o| self.is_kept(o, owner, emitter) || around(o) || told(o)) && !of_whole {
                return None;
            }
            // What each start opens again is not at its end when it is closed.
            let opens = self.opens_again(start, first);
            (Region::Call, stop, format!("is there before and after `{}`", self.function_name(start)), opens)
        };
        // (That another method leaves the program tells nothing of this end.)
        let over = || match emitter {
            Emitter::Process => self.ends_process(end),
            _ => self.ends_with(sites, registration, owner),
        };
        if !again && over() {
            return None;
        }
        let steps = vec![
            self.step_function(f, format!("`{}` {why}", self.show(first))),
            self.step_function(end, format!("`{}` ends that, and leaves the listener", self.function_name(end))),
        ];
        match self.many(region, confidence, first, steps) {
            Count::Many(many) => Some(*many),
            _ => None,
        }
    }

    /// The function leaves the program: `process.exit()`.
    pub(super) fn ends_process(&self, f: Fun) -> bool {
        self.calls_within(f).into_iter().any(|c| {
            self.receiver(c).is_some_and(|(object, key)| matches!(key, Key::Name(name) if is_teardown(name)) && self.is_process(object))
        })
    }

    /// `process`, by its global name or as a module.
    fn is_process(&self, v: At<ValueId>) -> bool {
        let module = |o: &Origin| matches!(o.root, Root::Module(name) if o.path.is_empty() && matches!(&*self.text(name), "process" | "node:process"));
        self.is_global(v, "process") || self.origins(v).iter().any(module)
    }

    /// The method sets the emitter up: `this.server.listen(port)`.
    pub(super) fn opens_again(&self, start: Fun, emitter: &Origin) -> bool {
        self.calls_within(start).into_iter().any(|c| {
            self.receiver(c).is_some_and(|(object, key)| {
                matches!(key, Key::Name(name) if is_set_up(name)) && self.origins(object).iter().any(|o| self.same_origin(o, emitter))
            })
        })
    }

    /// What the object is put on, and is told so: the map in `onAdd(map)` was there before, and may get the object again. (Leaflet's and
    /// Mapbox's protocol of controls and layers.)
    fn is_put_on(&self, o: &Origin, owner: Owner, start: Fun) -> bool {
        let told = |o: &Origin| o.path.is_empty() && matches!(o.root, Root::Param(g, 0) if g == start);
        let filled = |field: &[PathKey]| {
            let assigns = self.field_assigns(owner, field);
            let mut given = assigns
                .iter()
                .map(|a| a.with(self.assign(*a).from))
                .filter(|&v| !matches!(self.value(v), Value::Undefined | Value::Null))
                .peekable();
            given.peek().is_some() && given.all(|v| self.origins(v).iter().all(told))
        };
        self.fun(start).name == "onAdd" && (told(o) || matches!((o.root, &o.path[..]), (Root::This(_), field @ [_]) if filled(field)))
    }

    /// A part of a field that the one method fills with what it is told, where the other one, which detaches, only forgets it: that was there
    /// before, and stays.
    fn is_told_and_forgotten(&self, o: &Origin, owner: Owner, start: Fun, stop: Fun) -> bool {
        let (Root::This(_), Some(field)) = (o.root, o.path.first()) else { return false };
        let detaches = ["detach", "remov"].iter().any(|word| self.fun(stop).name.to_ascii_lowercase().contains(word));
        let told = |o: &Origin| matches!(o.root, Root::Param(g, _) if g == start);
        let of = |a: At<AssignId>| (a.with(self.assign(a).function), a.with(self.assign(a).from));
        let empty = |v: At<ValueId>| matches!(self.value(v), Value::Undefined | Value::Null);
        let assigns = self.field_assigns(owner, &[*field]);
        let (emptied, filled): (Vec<_>, Vec<_>) = assigns.into_iter().map(of).partition(|&(_, v)| empty(v));
        detaches
            && emptied.iter().any(|&(g, _)| self.within(g, stop))
            && !filled.is_empty()
            && filled.iter().all(|&(g, v)| self.within(g, start) && self.origins(v).iter().all(told))
    }

    /// The field holds what the method is told at each start, and whoever starts it tells it the object that it is a part of
    /// (`this.watch.start(this)`): that is there before and after.
    fn is_told_whole(&self, o: &Origin, start: Fun) -> bool {
        let told = |o: &Origin| o.path.is_empty() && matches!(o.root, Root::Param(g, _) if g == start);
        let sources: Vec<Origin> = self.field_sources(o).into_iter().flat_map(|(_, origins)| origins).filter(|o| !o.is_nothing()).collect();
        let [given] = &sources[..] else { return false };
        let callers = self.callers(start);
        let part_of_told = |c: CallAt| {
            let Some((part, _)) = self.receiver(c) else { return false };
            let (parts, whole) = (self.origins(part), self.from_callee(c, start, given));
            whole.iter().all(|whole| {
                whole.path.is_empty()
                    && matches!(whole.root, Root::This(_))
                    && parts.iter().all(|part| part.root == whole.root && !part.path.is_empty())
            })
        };
        told(given) && !callers.is_empty() && callers.iter().all(|&c| part_of_told(c))
    }

    /// The object takes all messages of a channel by its one slot for that (`port.onmessage = f`): it has the channel to itself.
    fn is_only_hearer(&self, registration: &Registration) -> bool {
        let f = self.function_of(registration.call);
        registration.target
            && self.facts(f.file).assigns.iter().any(|assign| match &assign.to {
                Place::Member(channel, Key::Name(name)) => {
                    assign.function == f.id
                        && name == "onmessage"
                        && self.same_object(&self.origins(f.with(*channel)), &registration.receivers)
                }
                _ => false,
            })
    }

    /// Nothing of the program makes such objects; or, for what lives as long as the program, what makes them runs many times.
    fn is_made_again(&self, registration: &Registration, owner: Owner) -> bool {
        let makers = self.makers(owner);
        let again = |&maker: &CallAt| {
            !self.is_guarded_edge(maker, true)
                && self.runs(self.function_of(maker), None).is_some_and(|runs| runs.confidence >= Confidence::Medium)
        };
        let lasting = |o: &Origin| matches!(o.root, Root::Global(_) | Root::Module(_));
        makers.is_empty() || registration.receivers.iter().all(lasting) && makers.iter().any(again)
    }

    /// Something of the program makes such objects, or its file gives the class to others. What a file keeps to itself and makes nothing of
    /// is a part that some container makes for its whole (`{ canvas: ['type', Canvas] }`).
    fn is_made_somewhere(&self, owner: Owner) -> bool {
        let file = match owner {
            Owner::Class(class) => class.file,
            Owner::Proto(f) => f.file,
            Owner::Function(_) | Owner::Literal(_) => return true,
        };
        let of_class = |o: &Origin| super::owners::owner_of_constructor(o) == Some(owner);
        !self.makers(owner).is_empty()
            || self.is_public_owner(owner)
            || self.exported_values(file).into_iter().any(|(_, v)| self.origins(v).iter().any(of_class))
    }

    /// The listener is made for the object, by itself, by what wraps it, or by the context that it is called on.
    pub(super) fn holds_object(&self, registration: &Registration) -> bool {
        let c = registration.inner;
        // `on(event, listener, this)`.
        if self.call(c).args.get(2).is_some_and(|&context| matches!(self.value(c.with(context)), Value::This(_))) {
            return true;
        }
        let listener = super::sites::registration(self, c).and_then(|site| site.handler);
        let wrapped = listener.is_some_and(|v| match self.value(c.with(v)) {
            Value::Call(wrapper) => self.call(c.with(*wrapper)).args.iter().any(|&a| matches!(self.value(c.with(a)), Value::Function(_))),
            _ => false,
        });
        wrapped || self.is_call_shaped(registration)
    }

    /// The event is an end, or what hears it ends the object.
    pub(super) fn tells_of_end(&self, registration: &Registration) -> bool {
        let last = |o: &Origin| match o.path.last() {
            Some(PathKey::Name(name)) => is_teardown(&self.text(*name)),
            _ => false,
        };
        let event = match &registration.event {
            EventKey::Name(name) => is_teardown(name),
            EventKey::Value(origins) => origins.iter().any(last),
        };
        event || registration.handlers.iter().any(last)
    }

    /// Who makes such an object keeps it in what it hands over, or hands over what it made for itself (`game.sound = new Sound(game)`,
    /// `this.range = new Range(this.body)`): it is a part, and goes with the whole.
    fn is_part_of_given(&self, owner: Owner) -> bool {
        self.makers(owner).iter().any(|&maker| {
            let call = self.call(maker);
            let Some(Place::Member(whole, _)) = self.assigned(maker.with(call.value)).map(|a| &self.assign(a).to) else { return false };
            let wholes = self.origins(maker.with(*whole));
            let given = call.args.iter().flat_map(|&a| self.origins(maker.with(a)).to_vec());
            given.into_iter().any(|o| wholes.contains(&o) || wholes.iter().any(|whole| self.is_own_part(&o, whole)))
        })
    }

    /// A class that the program hands over as a value, to what makes an object of whatever class it gets and gives it itself
    /// (`[Devices, Pages].forEach((Part) => new Part(this))`): the objects are parts of a whole, which tells them so.
    fn is_made_by_wholes(&self, owner: Owner) -> bool {
        let makers = self.blind_makers();
        !makers.is_empty()
            && self.makers(owner).is_empty()
            && makers.iter().any(|&maker| {
                self.origins(maker.with(self.call(maker).callee)).iter().any(|o| match o.root {
                    Root::Param(h, i) if o.path.is_empty() => self.is_class_given(owner, h, i),
                    _ => false,
                })
            })
    }

    /// A field of the whole that holds what is made for it, and nothing that was given.
    fn is_own_part(&self, part: &Origin, whole: &Origin) -> bool {
        let made = |o: &Origin| {
            o.path.is_empty()
                && match o.root {
                    Root::Literal(_) => true,
                    Root::Call(made) => self.not_fresh(made).is_none() && self.call(made).kind == CallKind::New,
                    _ => false,
                }
        };
        let sources: Vec<Origin> = self.field_sources(part).into_iter().flat_map(|(_, origins)| origins).collect();
        part.root == whole.root
            && part.path.len() > whole.path.len()
            && part.path.starts_with(&whole.path)
            && !sources.is_empty()
            && sources.iter().all(made)
    }

    /// Each object is given back to whoever runs a function that the program hands out, and holds what that one gave
    /// (`{ view: (editor) => new Tooltip(editor) }`).
    fn is_made_for_others(&self, owner: Owner) -> bool {
        self.makers(owner).iter().all(|&maker| {
            let f = self.function_of(maker);
            let given = |&a: &ValueId| self.origins(maker.with(a)).iter().any(|o| matches!(o.root, Root::Param(g, _) if g == f));
            self.call(maker).result == Use::Returned
                && self.passed(f).is_empty()
                && self.callers(f).is_empty()
                && !self.fun(f).at_load
                && self.call(maker).args.iter().any(given)
        })
    }

    /// The method that starts and the one that undoes it, by their names (`start`, `stop`; `enableKeys`, `disableKeys`), where `f` is the
    /// former or is called by it alone.
    fn pair(&self, f: Fun, owner: Owner, depth: u32) -> Option<(Fun, Fun)> {
        let f = self.lister(f);
        if !self.is_member(f) || self.is_constructor(f, owner) {
            return None;
        }
        let bare = |name: &str| name.trim_start_matches(['_', '#']).to_owned();
        let name = bare(&self.fun(f).name);
        let family = self.family(owner);
        let undoes = |wanted: &str| {
            let mut members = family.iter().flat_map(|&o| self.members(o)).map(|&(_, m)| m);
            members.find(|&m| bare(&self.fun(m).name) == wanted && !self.block(m.with(self.fun(m).body)).items.is_empty())
        };
        let undone = PAIRS.iter().find_map(|(does, undo)| undoes(&format!("{undo}{}", name.strip_prefix(does)?)));
        // (`initRemovedHandler` sets up as well.)
        let begins = ["init", "setup", "setUp"].iter().any(|word| name.starts_with(word));
        let undone = undone.or_else(|| {
            if begins {
                return None;
            }
            let inner = |&(does, undo): &(&str, &str)| name.contains(does).then(|| undoes(&name.replace(does, undo)))?;
            INNER_PAIRS.iter().find_map(inner)
        });
        if let Some(undone) = undone {
            // What the constructor starts is not started again by who stops it.
            let at_start = self.callers(f).iter().any(|&c| self.is_constructor(self.function_of(c), owner));
            return (!at_start).then_some((f, undone));
        }
        // (What the constructor does as well, another method does again.)
        let callers = self.callers(f).iter().copied().filter(|&c| !self.is_constructor(self.function_of(c), owner));
        match callers.collect::<Vec<_>>()[..] {
            [caller] if depth > 0 => {
                let by = self.member_around(self.function_of(caller));
                let inside = self.owner_of_this(by).is_some_and(|o| self.related(o, owner));
                self.pair(by, owner, depth - 1).filter(|_| inside)
            }
            _ => None,
        }
    }

    /// The listener ends the object, by a method that ends it for others as well: `process.on('SIGTERM', () => this.close())`.
    fn ended_by_listener(&self, registration: &Registration, owner: Owner) -> Option<(Fun, Fun)> {
        let start = self.member_around(self.function_of(registration.call));
        if !self.is_class(owner) || !self.is_member(start) || self.is_constructor(start, owner) {
            return None;
        }
        let own = |o: &Origin| match o.root {
            Root::This(g) => o.path.is_empty() && self.owner_of_this(g).is_some_and(|other| self.related(other, owner)),
            _ => false,
        };
        let ended = |c: CallAt| {
            let (object, Key::Name(name)) = self.receiver(c)? else { return None };
            let ends = is_teardown(name) && self.origins(object).iter().any(own);
            self.functions_called(c).iter().copied().find(|&end| ends && end != start && self.is_member(end))
        };
        let is_end = |&h: &Fun| h != start && self.is_member(h) && is_teardown(&self.fun(h).name) && self.owner_of_this(h) == Some(owner);
        let listeners: Vec<Fun> = self.functions_of_origins(&registration.handlers, 2).into_iter().map(|(h, _)| h).collect();
        let end =
            listeners.iter().copied().find(is_end).or_else(|| listeners.iter().flat_map(|&h| self.calls_within(h)).find_map(ended))?;
        Some((start, end))
    }

    /// The method that undoes what this one does takes away another listener of the same emitter, and leaves this one.
    pub(super) fn left_undone(&self, sites: &Sites, registration: &Registration) -> Option<CallAt> {
        let f = self.function_of(registration.call);
        let owner = self.owner_of_function(f).or_else(|| self.owner_around(f))?;
        if registration.once || self.tells_of_end(registration) || registration.target && !self.holds_object(registration) {
            return None;
        }
        let (_, undone) = self.pair(f, owner, CALLERS)?;
        let beside = |r: &&Registration| {
            r.call != registration.call
                && !r.once
                && self.same_object(&r.receivers, &registration.receivers)
                && sites.releases_for(self, r).any(|release| {
                    self.within(self.function_of(release.call), undone)
                        && self.compare(r, release) == (Match::Same, Match::Same, Match::Same)
                })
        };
        let sibling = sites.registrations_in(f).find(beside)?.call;
        (!self.ends_with(sites, registration, owner)).then_some(sibling)
    }

    /// The method by which a user of the class ends an object: it does something, and none of the class undoes it (`open` after `close`).
    fn end_of(&self, owner: Owner) -> Option<Fun> {
        let ends = [
            ("destroy", ""),
            ("dispose", ""),
            ("terminate", ""),
            ("teardown", ""),
            ("shutdown", "start"),
            ("close", "open"),
            ("stop", "start"),
            ("disconnect", "connect"),
            ("unmount", "mount"),
        ];
        let family = self.family(owner);
        let members = || family.iter().flat_map(|&o| self.members(o));
        let bare = |m: Fun| {
            let name = self.fun(m).name.trim_start_matches(['_', '#']);
            name.strip_prefix("pre").unwrap_or(name).to_ascii_lowercase()
        };
        members().map(|&(_, m)| m).find(|&m| {
            let name = bare(m);
            ends.iter().any(|&(end, again)| name == end && (again.is_empty() || !members().any(|&(_, other)| bare(other) == again)))
                && !self.block(m.with(self.fun(m).body)).items.is_empty()
        })
    }

    /// A constructor, or what sets an object up; or what one of them does for each of a list.
    fn is_at_start(&self, f: Fun, owner: Owner) -> bool {
        let start = self.lister(f);
        self.is_member(start) && (self.at_start(start, owner) || is_set_up(&self.fun(start).name))
    }

    /// The function that goes through a list, where `f` is what it does for each element.
    fn lister(&self, f: Fun) -> Fun {
        let each = |c: CallAt| matches!(self.receiver(c), Some((_, Key::Name(name))) if matches!(name.as_str(), "forEach" | "map"));
        self.parent(f).filter(|_| self.passed(f).iter().any(|p| each(p.call))).unwrap_or(f)
    }

    /// The emitter is a part of an object that no file tells of, which the line before has opened: with it comes a new part
    /// (`link.bind(port); link.server.on('error', ...)`).
    pub(super) fn is_part_made_before(&self, registration: &Registration) -> bool {
        let c = registration.call;
        let Some((part, _)) = self.receiver(c).filter(|_| registration.inner == c) else { return false };
        let Value::Member(whole, Key::Name(_)) = self.value(part) else { return false };
        let whole = self.origins(c.with(*whole));
        // The object itself, or what it is a part of.
        let holds = |opened: &Origin| {
            let part = |o: &Origin| {
                let around = Origin { root: o.root, path: o.path.iter().take(opened.path.len()).copied().collect() };
                self.same_origin(&around, opened)
            };
            !(opened.path.is_empty() && matches!(opened.root, Root::This(_))) && whole.iter().any(part)
        };
        let own = |o: &Origin| matches!(o.root, Root::Global(_) | Root::Module(_)) || matches!(self.type_of(o), Some(Type::Owner(_)));
        let opens = |d: CallAt| match self.receiver(d) {
            Some((object, Key::Name(name))) => {
                matches!(name.as_str(), "bind" | "listen" | "connect" | "open" | "start") && self.origins(object).iter().any(holds)
            }
            _ => false,
        };
        let before = self.block(c.with(self.call(c).block)).items.iter().take(self.order_of(c));
        !whole.iter().any(own)
            && before.into_iter().any(|item| match item {
                Item::Call(d) => opens(c.with(*d)),
                _ => false,
            })
    }

    /// The object is made by the emitter alone, as a part of it, when that is made itself: `this.effects = new Effects(this)` in a constructor.
    pub(super) fn is_part_of_emitter(&self, registration: &Registration) -> bool {
        let f = self.function_of(registration.call);
        let makes_part = |c: CallAt, o: &Origin, g: Fun| {
            let h = self.member_around(self.function_of(c));
            self.owner_of_this(h).is_some_and(|whole| self.is_constructor(h, whole))
                && self.from_callee(c, g, o).iter().all(|moved| moved.path.is_empty() && matches!(moved.root, Root::This(_)))
        };
        let given = |o: &Origin| match o.root {
            Root::Param(g, _) if o.path.is_empty() && g == f => {
                let makers: Vec<CallAt> = self.callers(g).iter().copied().filter(|c| !self.files[c.file as usize].test).collect();
                self.owner_of_this(g).is_some_and(|owner| self.is_constructor(g, owner))
                    && !makers.is_empty()
                    && makers.iter().all(|&c| makes_part(c, o, g))
            }
            _ => false,
        };
        !registration.receivers.is_empty() && registration.receivers.iter().all(given)
    }

    /// All that make such objects here make a part of their own for each, themselves or through the constructors of its kinds, or functions
    /// that they tell.
    fn is_made_for_each(&self, g: Fun, o: &Origin, depth: u32) -> bool {
        let makers = self.callers(g);
        let given = |&maker: &CallAt| self.from_callee(maker, g, o).into_iter().map(move |o| (maker, o));
        let own = |(maker, o): (CallAt, Origin)| match o.root {
            Root::Nothing => true,
            Root::Call(_) => matches!(self.count_at(maker, &o, DEPTH), Count::One),
            Root::Param(h, _) => {
                // (What hands on what it is told, and is told by the program alone.)
                let told = || self.owner_of_this(h).is_some_and(|w| self.is_constructor(h, w)) || !self.is_public_function(h);
                depth > 0 && told() && self.is_made_for_each(h, &o, depth - 1)
            }
            _ => false,
        };
        !makers.is_empty() && makers.iter().flat_map(given).all(own)
    }

    /// What the maker of an object gave it, or a part of that: `options.server`, `view.dom`, or a field that holds one.
    fn is_given(&self, origin: &Origin, owner: Owner) -> bool {
        let lasting = |o: &Origin| match self.type_of(o) {
            Some(Type::Model(ix)) => {
                !matches!(self.models.lifetime(ix), Some(Region::Request | Region::Call)) && self.emitter_kind(o) == Emitter::Longer
            }
            _ => true,
        };
        let given = |o: &Origin| {
            !o.path.contains(&PathKey::Element)
                && lasting(o)
                && matches!(o.root, Root::Param(g, _) if self.owner_of_this(g).is_some_and(|w| self.related(w, owner) && self.is_constructor(g, w)) && !self.is_made_for_each(g, o, MAKERS))
        };
        if given(origin) {
            return true;
        }
        if !matches!(origin.root, Root::This(_)) || origin.path.is_empty() || !lasting(origin) {
            return false;
        }
        let sources: Vec<Origin> =
            self.field_sources(origin).into_iter().flat_map(|(_, origins)| origins).filter(|o| !o.is_nothing()).collect();
        sources.iter().any(given) && sources.iter().all(|o| given(o) || matches!(o.root, Root::Call(_) | Root::Unknown(_)))
    }
}
