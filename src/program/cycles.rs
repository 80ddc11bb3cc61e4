//! Cycles: what an object starts, stops and starts again, and what it takes out of a collection for each piece of work.
//!
//! ```text
//! again(R)   :- R under «not yet started», R's method makes that true, another method makes it false again
//! again(R)   :- R under «not in the module's table», for the emitter, a function of the users takes out of it what they name
//! element(R) :- R on an element of a collection that is older than the call, R's listener settles the call's promise
//! ```

use rustc_hash::FxHashMap;

use super::count::{Count, DEPTH, Emitter, Many};
use super::instance::Line;
use super::sites::{Registration, Sites};
use super::walk::Walk;
use super::{At, CallAt, Fun, Origin, Owner, PathKey, Program, Root};
use crate::facts::*;
use crate::findings::{Confidence, Region};

impl Program<'_> {
    /// The line runs again on one object: the guard that it stands under is emptied by another method, which leaves the listener.
    pub(super) fn started_again(&self, sites: &Sites, registration: &Registration, emitter: Emitter) -> Option<Many> {
        let c = registration.call;
        let f = self.function_of(c);
        if let Some(many) = self.registered_again(sites, registration) {
            return Some(many);
        }
        let owner = self.owner_of_this(f).filter(|&o| self.is_class(o))?;
        if registration.once || self.is_constructor(f, owner) || !registration.receivers.iter().all(|o| self.is_kept(o, owner, emitter)) {
            return None;
        }
        let emptied = self.tests_before(c.with(self.call(c).block), self.order_of(c)).into_iter().find_map(|(test, outcome)| {
            let (place, set) = match self.value(test) {
                Value::Unary(op, inner) if op == "!" => (test.with(*inner), !outcome),
                _ => (test, outcome),
            };
            if set { None } else { self.emptied_by(place, f, owner) }
        })?;
        let origin = registration.receivers.first()?;
        // What each start opens again is not at its end when it is closed.
        if !self.opens_again(f, origin) && self.ends_with(sites, registration, owner) {
            return None;
        }
        let range = self.files[emptied.file as usize].positions.assigns[emptied.id.index()];
        let steps = vec![
            self.step_lives(origin, owner, f),
            self.step_at(emptied.file, range, "the guard is emptied here, so that the line runs again"),
        ];
        match self.many(Region::Call, Confidence::Medium, origin, steps) {
            Count::Many(many) => Some(*many),
            _ => None,
        }
    }

    /// The line runs once for what its module's table does not hold (`if (!table.has(win)) { table.set(win); win.on(...) }`), and another
    /// function of the package's users takes out what they name, with no word to it.
    fn registered_again(&self, sites: &Sites, registration: &Registration) -> Option<Many> {
        let c = registration.call;
        let f = self.function_of(c);
        let own = |o: &Origin| o.path.is_empty() && matches!(o.root, Root::Param(g, _) if g == f);
        if registration.once || self.fun(f).at_load || registration.receivers.is_empty() || !registration.receivers.iter().all(own) {
            return None;
        }
        let tables = self.tests_before(c.with(self.call(c).block), self.order_of(c)).into_iter().find_map(|(test, outcome)| {
            let (asked, found) = match self.value(test) {
                Value::Unary(op, inner) if op == "!" => (test.with(*inner), !outcome),
                _ => (test, outcome),
            };
            let Value::Call(asked) = self.value(asked) else { return None };
            self.tables_asked(test.with(*asked), &["has", "get"]).filter(|_| !found)
        })?;
        let origin = registration.receivers.first()?;
        let forgotten = sites.forgotten.get_or_init(|| self.forgotten_by_users());
        let of_file = |c: &CallAt| c.file == f.file && self.function_of(*c) != f;
        let forgotten = tables.iter().filter_map(|table| forgotten.get(table)).flatten().copied().find(of_file)?;
        let by = self.function_name(self.function_of(forgotten));
        let steps = vec![self.step_call(
            forgotten,
            format!("`{by}` takes it out of the table here and leaves its listeners: the next `{}` adds another", self.function_name(f)),
        )];
        match self.many(Region::Call, Confidence::Medium, origin, steps) {
            Count::Many(many) => Some(*many),
            _ => None,
        }
    }

    /// The calls that make the tables of modules of which this one asks for what its function is given.
    fn tables_asked(&self, c: CallAt, names: &[&str]) -> Option<Vec<CallAt>> {
        let (table, Key::Name(name)) = self.receiver(c)? else { return None };
        let first = *self.call(c).args.first().filter(|_| names.contains(&name.as_str()))?;
        let f = self.function_of(c);
        let given = |o: &Origin| o.path.is_empty() && matches!(o.root, Root::Param(g, _) if g == f);
        if !self.origins(c.with(first)).iter().any(given) {
            return None;
        }
        let of_module = |o: &Origin| match o.root {
            Root::Call(made) => (o.path.is_empty() && self.fun(self.function_of(made)).at_load).then_some(made),
            _ => None,
        };
        self.origins(table).iter().map(of_module).collect()
    }

    /// Where functions of the users take out of a module's table what they name, and no listener away.
    fn forgotten_by_users(&self) -> FxHashMap<CallAt, Vec<CallAt>> {
        let mut out: FxHashMap<CallAt, Vec<CallAt>> = FxHashMap::default();
        for c in self.calls_under(&["delete"]) {
            let g = self.function_of(c);
            if !self.is_public_function(g) {
                continue;
            }
            let Some(tables) = self.tables_asked(c, &["delete"]) else { continue };
            if !self.calls_within(g).into_iter().any(|c| self.takes_away_or_ends(c, g)) {
                tables.into_iter().for_each(|table| out.entry(table).or_default().push(c));
            }
        }
        out
    }

    /// The call removes a listener, or ends what the function is given.
    fn takes_away_or_ends(&self, c: CallAt, g: Fun) -> bool {
        let ends = |object: At<ValueId>| self.origins(object).iter().any(|o| matches!(o.root, Root::Param(h, _) if h == g));
        super::releases::release(self, c).is_some()
            || matches!(self.receiver(c), Some((object, Key::Name(name))) if super::stages::is_teardown(name) && ends(object))
    }

    /// The object outlives a stop: it is the instance, what the constructor made or was given, or of the program.
    pub(super) fn is_kept(&self, o: &Origin, owner: Owner, emitter: Emitter) -> bool {
        match (o.root, o.path.is_empty()) {
            (Root::This(_), true) => true,
            (Root::This(_), false) if !o.path.contains(&PathKey::Element) => {
                let sources = self.field_sources(o);
                // `open(connection = this.connection) { this.connection = connection; }`
                let by_default = |h: Fun, i: u32| {
                    let default = self.fun(h).params.get(i as usize).and_then(|param| param.default);
                    default.is_some_and(|v| self.origins(h.with(v)).iter().any(|own| self.same_origin(own, o)))
                };
                let itself =
                    |x: &Origin| self.same_origin(x, o) || matches!(x.root, Root::Param(h, i) if x.path.is_empty() && by_default(h, i));
                !sources.is_empty()
                    && sources.iter().all(|(a, origins)| {
                        let there = a.with(self.assign(*a).function);
                        let this = there.with(self.fun(there).this);
                        // (An arrow in a field is a method.)
                        let method = self.chain(there).into_iter().take_while(|&g| g != this).any(|g| self.owner_of_function(g).is_some());
                        self.is_constructor(this, owner) && !method || origins.iter().any(itself)
                    })
            }
            (Root::Global(_) | Root::Module(_), _) => emitter == Emitter::Process,
            _ => false,
        }
    }

    /// Where another method empties the field of `this` that `f` fills.
    fn emptied_by(&self, place: At<ValueId>, f: Fun, owner: Owner) -> Option<At<AssignId>> {
        let Value::Member(object, key) = self.value(place) else { return None };
        if !matches!(self.value(place.with(*object)), Value::This(_)) {
            return None;
        }
        let empties = |a: At<AssignId>| self.is_nothing_value(a.with(self.assign(a).from));
        let assigns = self.field_assigns(owner, &[self.path_key(place.file, key)]);
        // There, or in what is called there.
        let called = |g: Fun| self.calls_within(f).into_iter().any(|c| self.functions_called(c).contains(&g));
        let fills = |g: Fun| g == f || called(g);
        let filled = assigns.iter().any(|&a| !empties(a) && fills(a.with(self.assign(a).function)));
        assigns.into_iter().filter(|_| filled).find(|&a| {
            let g = a.with(self.assign(a).function);
            let this = g.with(self.fun(g).this);
            empties(a) && this != f && this == g && !self.is_constructor(this, owner) && self.is_reachable(g, 4)
        })
    }

    /// The line adds a listener to an element of a collection that is older than the call, once for each piece of work.
    pub(super) fn count_of_elements(&self, registration: &Registration) -> Option<Many> {
        let c = registration.call;
        let f = self.function_of(c);
        let [origin] = &registration.receivers[..] else { return None };
        let at = origin.path.iter().position(|key| *key == PathKey::Element)?;
        let Root::This(g) = origin.root else { return None };
        let owner = self.owner_of_this(g).filter(|&o| self.is_class(o))?;
        let promised = self.settles(registration).into_iter().any(|(g, _)| self.is_executor_of_promise(g) && self.within(f, g));
        if at == 0 || !promised || self.is_constructor(g, owner) {
            return None;
        }
        // What is taken out, or put in by this very call, is not there for the next.
        let collection = Origin { root: origin.root, path: origin.path[..at].to_vec() };
        let moves = |c: CallAt| {
            self.receiver(c).is_some_and(|(object, key)| {
                let Key::Name(name) = key else { return false };
                matches!(name.as_str(), "pop" | "shift" | "splice" | "delete" | "push" | "set" | "add" | "unshift")
                    && self.origins(object).iter().any(|o| self.same_origin(o, &collection))
            })
        };
        let fills = |a: &Assign| match &a.to {
            Place::Member(object, _) => self.origins(g.with(*object)).iter().any(|o| self.same_origin(o, &collection)),
            _ => false,
        };
        let within = |h: Fun| self.within(h, g);
        if self.calls_within(g).into_iter().any(moves) || self.facts(g.file).assigns.iter().any(|a| within(g.with(a.function)) && fills(a))
        {
            return None;
        }
        let runs = self
            .runs_per_instance(f, Line { owner, call: c, emitter: None, own: false }, &mut Walk::new(), DEPTH)
            .filter(|r| r.confidence >= Confidence::Medium)?;
        let mut steps =
            vec![self.step_call(c, format!("`{}` is one of those that the object keeps: each serves again", self.show(origin)))];
        steps.extend(runs.steps);
        match self.many(runs.region, Confidence::Medium, origin, steps) {
            Count::Many(many) => Some(*many),
            _ => None,
        }
    }
}
