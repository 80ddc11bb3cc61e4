//! Ownership: an emitter that was given, or made where none was, of which only one's own is ended. Who ends nothing but their own knows
//! that the given one goes on without them.
//!
//! ```text
//! spared(E, R)    :- E ends R's emitter, in a branch that made it or under a test that tells one's own
//! own_ended(R)    :- R's emitter is given or made, some E spares the given one, and no other ends it
//! ```

use super::count::{Count, Many};
use super::sites::Registration;
use super::stages::is_teardown;
use super::{At, CallAt, Fun, Origin, Program, Root};
use crate::facts::*;
use crate::findings::{Confidence, Region};

/// How deep a test is taken apart.
const TEST: u32 = 4;

/// What an emitter is given from, and where it is made otherwise.
struct Sources {
    /// The emitter itself: that there is one tells nothing of where it is from.
    emitter: Vec<Origin>,
    /// Parts or parameters that others gave.
    given: Vec<Origin>,
    /// Blocks in which one's own is put in place.
    made: Vec<At<BlockId>>,
    /// Blocks of functions that make it for them.
    makers: Vec<At<BlockId>>,
}

impl Program<'_> {
    /// The call ends the registration's emitter only where it is one's own.
    pub(super) fn spares_the_given(&self, end: CallAt, registration: &Registration) -> bool {
        let sources = self.sources_of(registration);
        !sources.given.is_empty() && self.is_for_own(end, &sources)
    }

    /// An activation listens to what it was given or made where nothing was given, and sees to the end of its own alone.
    pub(super) fn own_ended(&self, registration: &Registration) -> Option<Many> {
        self.own_ended_in_call(registration).or_else(|| self.own_ended_by_object(registration))
    }

    /// An object does, for what it keeps in a field: each object adds to what its users gave to several.
    fn own_ended_by_object(&self, registration: &Registration) -> Option<Many> {
        let [field @ Origin { root: Root::This(g), path }] = &registration.receivers[..] else { return None };
        let owner = self.owner_of_this(*g).filter(|&owner| path.len() == 1 && self.is_class(owner))?;
        if registration.once || registration.implicit || self.tells_of_end(registration) || !self.holds_object(registration) {
            return None;
        }
        let sources = self.sources_of(registration);
        if sources.given.is_empty() || sources.made.is_empty() || self.is_for_own(registration.call, &sources) {
            return None;
        }
        let is_field = |object: &[Origin]| !object.is_empty() && object.iter().all(|o| self.same_origin(o, field));
        let family = self.family(owner);
        let members = family.iter().flat_map(|&o| self.members(o)).map(|&(_, member)| member);
        let end = self.end_of_own(members, &is_field, &sources)?;
        let given = format!("`{}` may be given by the maker of {}: it is older, and goes on", self.show(field), self.owner_name(owner));
        let steps = vec![self.step_function(*g, given), self.step_call(end, "only one that is made here is ended")];
        match self.many(Region::Instance, Confidence::Medium, field, steps) {
            Count::Many(many) => Some(*many),
            _ => None,
        }
    }

    /// The first call in the functions that ends the emitter, where all that do end one's own only.
    fn end_of_own(
        &self,
        functions: impl Iterator<Item = Fun>,
        is_emitter: &dyn Fn(&[Origin]) -> bool,
        sources: &Sources,
    ) -> Option<CallAt> {
        let is_end = |&c: &CallAt| {
            self.receiver(c)
                .is_some_and(|(object, key)| matches!(key, Key::Name(name) if is_teardown(name)) && is_emitter(&self.origins(object)))
        };
        let ends: Vec<CallAt> = functions.flat_map(|f| self.calls_within(f)).filter(is_end).collect();
        ends.iter().all(|&end| self.is_for_own(end, sources)).then(|| ends.first().copied())?
    }

    /// A call does, for what it is given and keeps to itself.
    fn own_ended_in_call(&self, registration: &Registration) -> Option<Many> {
        let f = self.function_of(registration.call);
        let first = registration.receivers.iter().find(|o| matches!(o.root, Root::Param(..)))?;
        if registration.once || registration.implicit || self.tells_of_end(registration) || !self.is_call_shaped(registration) {
            return None;
        }
        let sources = self.sources_of(registration);
        if sources.given.is_empty() || sources.made.is_empty() || self.is_for_own(registration.call, &sources) {
            return None;
        }
        let top = self.chain(f).into_iter().rev().find(|&g| !self.fun(g).at_load)?;
        let is_it = |object: &[Origin]| self.same_object(object, &registration.receivers);
        let end = self.end_of_own([top].into_iter(), &is_it, &sources)?;
        let runs = self.runs(f, None)?;
        let mut steps = vec![
            self.step_function(f, format!("`{}` may be given by the caller: it is older, and goes on", self.show(first))),
            self.step_call(end, "only one that is made here is ended"),
        ];
        steps.extend(runs.steps);
        match self.many(Region::Call, runs.confidence.min(Confidence::Medium), first, steps) {
            Count::Many(many) => Some(*many),
            _ => None,
        }
    }

    /// Where the registration's emitter comes from, if that is from others or from here.
    fn sources_of(&self, registration: &Registration) -> Sources {
        let mut out = Sources { emitter: registration.receivers.clone(), given: Vec::new(), made: Vec::new(), makers: Vec::new() };
        let mut add = |a: At<AssignId>, origins: &[Origin]| {
            // (`this.options = options; this.store = this.options.store`.)
            let in_bag = |o: &Origin| {
                o.path.len() > 1 && self.field_sources(o).iter().flat_map(|(_, from)| from).any(|from| matches!(from.root, Root::Param(..)))
            };
            let given = |o: &&Origin| matches!(o.root, Root::Param(..)) || matches!(o.root, Root::This(_)) && in_bag(o);
            out.given.extend(origins.iter().filter(given).cloned());
            let made = |o: &Origin| match o.root {
                Root::Call(made) if o.path.is_empty() => Some(made),
                _ => None,
            };
            for made in origins.iter().filter_map(made) {
                out.made.push(a.with(self.assign(a).block));
                // `function make() { this.own = true; return new Store() }`.
                if made.with(self.function_of(made).id) != a.with(self.assign(a).function) {
                    out.makers.push(made.with(self.call(made).block));
                }
            }
        };
        for o in &registration.receivers {
            self.field_sources(o).into_iter().for_each(|(a, origins)| add(a, &origins));
        }
        if let Some((object, _)) = self.receiver(registration.call)
            && let Value::Binding(b) = self.value(object)
        {
            for &def in &self.binding(object.with(*b)).defs {
                let def = object.with(def);
                add(def, &self.origins(def.with(self.assign(def).from)));
            }
        }
        out
    }

    /// The call stands in the branch that makes one's own, or under a test that tells it from a given one; or what it stands in does.
    fn is_for_own(&self, c: CallAt, sources: &Sources) -> bool {
        let branch = |b: At<BlockId>| matches!(self.block(b).kind, BlockKind::Then(_) | BlockKind::Else(_));
        let mut place = (c.with(self.call(c).block), self.order_of(c));
        let mut f = self.function_of(c);
        loop {
            let (block, order) = place;
            if sources.made.iter().any(|&made| branch(made) && made.file == block.file && self.block_within(block, made))
                || self.tests_before(block, order).into_iter().any(|(test, _)| self.tells_own(test, sources, TEST))
            {
                return true;
            }
            let (Some(parent), Some(at)) = (self.parent(f), self.fun(f).at) else { return false };
            place = (f.with(at), self.fun(f).order as usize);
            f = parent;
        }
    }

    /// The value tells whether something was given: it names what may be given, or a flag that was set by that.
    fn tells_own(&self, v: At<ValueId>, sources: &Sources, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let set_by = |assigns: &[At<AssignId>]| {
            !assigns.is_empty()
                && assigns.iter().any(|&a| {
                    let assign = self.assign(a);
                    let beside = || sources.made.iter().any(|&made| made == a.with(assign.block));
                    match self.value(a.with(assign.from)) {
                        Value::Bool(_) | Value::Function(_) => {
                            let in_maker = || sources.makers.contains(&a.with(assign.block));
                            beside() && !matches!(self.block(a.with(assign.block)).kind, BlockKind::Body) || in_maker()
                        }
                        _ => self.tells_own(a.with(assign.from), sources, depth),
                    }
                })
        };
        match self.value(v) {
            Value::Unary(_, inner) => self.tells_own(v.with(*inner), sources, depth),
            Value::Binary(_, a, b) => [*a, *b].into_iter().any(|x| self.tells_own(v.with(x), sources, depth)),
            Value::Choice(_, parts) => parts.iter().any(|&x| self.tells_own(v.with(x), sources, depth)),
            Value::Call(c) if self.callee_name(v.with(*c)).as_deref() == Some("Boolean") => {
                self.call(v.with(*c)).args.iter().any(|&x| self.tells_own(v.with(x), sources, depth))
            }
            Value::Binding(_) | Value::Member(..) if self.same_object(&self.origins(v), &sources.emitter) => false,
            Value::Binding(b) => {
                self.names_given(v, sources) || set_by(&self.binding(v.with(*b)).defs.iter().map(|&d| v.with(d)).collect::<Vec<_>>())
            }
            Value::Member(object, key) => {
                let key = self.path_key(v.file, key);
                self.names_given(v, sources)
                    || sources.given.iter().any(|o| o.path.last() == Some(&key))
                    || self.origins(v.with(*object)).iter().any(|o| match (o.root, o.path.is_empty()) {
                        (Root::This(g), true) => self.owner_of_this(g).is_some_and(|owner| set_by(&self.field_assigns(owner, &[key]))),
                        _ => false,
                    })
            }
            _ => false,
        }
    }

    /// The value is what others gave, and nothing else.
    fn names_given(&self, v: At<ValueId>, sources: &Sources) -> bool {
        self.origins(v).iter().all(|o| sources.given.contains(o))
    }
}
