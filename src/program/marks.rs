//! Marks: members and collections of an object that tell that a line has run already for it, or in the program.
//!
//! ```text
//! marked(p, L)  :- test of p before L, p set on L's path, p of the emitter or of an object that is there once
//! unmarked(p)   :- p emptied by a function that may run, and what L listens to not ended with it
//! filled(c, L)  :- test of c.length before L, L's path puts something into c, nothing takes it out
//! ```

use super::guards::{CALLS, Guard, Seen};
use super::{At, CallAt, Fun, Origin, Owner, Program, Root};
use crate::facts::*;

/// How many calls below what takes a mark off the end of the emitter is looked for.
const ENDS: u32 = 2;

impl Program<'_> {
    /// A property that is set when the line runs.
    pub(super) fn marker(&self, place: At<ValueId>, f: Fun, seen: &Seen) -> Option<Guard> {
        (self.is_marking(place, seen) && self.is_set(place, f) && !self.is_unmarked(place, seen)).then_some(Guard::Once)
    }

    /// What is older than the objects around is marked by a mark on itself only.
    pub(super) fn is_marking(&self, place: At<ValueId>, seen: &Seen) -> bool {
        let Value::Member(object, _) = self.value(place) else { return !seen.foreign };
        let on_emitter = |o: &Origin| match o.root {
            _ if seen.receivers.contains(o) => true,
            Root::Global(_) | Root::File(_) | Root::Module(_) => true,
            _ => self.is_single_object(o),
        };
        !seen.foreign || self.origins(place.with(*object)).iter().any(on_emitter)
    }

    /// There is one such object in the program: a literal, class or function of a module's body, `this` of a static method.
    pub(super) fn is_single_object(&self, o: &Origin) -> bool {
        match o.root {
            Root::This(g) => self.is_single(g) || self.is_static(g) && o.path.is_empty(),
            Root::Literal(literal) => o.path.is_empty() && self.literal_function(literal).is_some_and(|f| self.runs_with_module(f, CALLS)),
            Root::Class(class) => o.path.is_empty() && self.runs_with_module(class.with(self.class(class).function), CALLS),
            Root::Function(g) => o.path.is_empty() && self.parent(g).is_some_and(|f| self.runs_with_module(f, CALLS)),
            Root::Call(made) => {
                o.path.is_empty() && self.call(made).kind == CallKind::New && self.runs_with_module(self.function_of(made), CALLS)
            }
            _ => false,
        }
    }

    /// A static method of a class that is there once.
    fn is_static(&self, g: Fun) -> bool {
        self.fun(g).class.is_some_and(|class| {
            let class = g.with(class);
            self.class(class).members.iter().any(|m| m.is_static && m.function == Some(g.id))
                && self.runs_with_module(class.with(self.class(class).function), CALLS)
        })
    }

    /// The mark of an object that is not the emitter is taken off again, and the emitter goes on: `stop() { state.started = false }`.
    fn is_unmarked(&self, place: At<ValueId>, seen: &Seen) -> bool {
        let Value::Member(object, key) = self.value(place) else { return false };
        let (holders, key) = (self.origins(place.with(*object)), self.path_key(place.file, key));
        let ours = |o: &Origin| match o.root {
            Root::Literal(_) | Root::Class(_) | Root::Function(_) | Root::Call(_) => true,
            Root::This(g) => self.is_static(g),
            _ => false,
        };
        let class = |o: &Origin| match o.root {
            Root::Class(class) if o.path.is_empty() => Some(class),
            Root::This(g) if o.path.is_empty() && self.is_static(g) => self.fun(g).class.map(|class| g.with(class)),
            _ => None,
        };
        let classes: Vec<At<ClassId>> = holders.iter().filter_map(class).collect();
        let of_holder = |v: At<ValueId>| {
            let origins = self.origins(v);
            self.same_object(&origins, &holders) || origins.iter().filter_map(class).any(|class| classes.contains(&class))
        };
        if !seen.foreign || !holders.iter().all(ours) || self.same_object(&holders, seen.receivers) {
            return false;
        }
        (0..).map(AssignId).zip(&self.facts(place.file).assigns).any(|(id, assign)| {
            let at = place.with(id);
            let g = at.with(assign.function);
            matches!(&assign.to, Place::Member(o, k) if self.path_key(place.file, k) == key && of_holder(place.with(*o)))
                && (assign.delete || self.is_nothing_value(at.with(assign.from)))
                && !self.fun(g).at_load
                && self.fun(g).kind != FunctionKind::Initializer
                && !self.is_inside(at.with(assign.block), &BlockKind::Catch)
                && self.is_reachable(g, CALLS)
                && !self.ends_object(g, seen.receivers, ENDS)
        })
    }

    /// The value is how much there is in a collection that is older than the line's activation; the line's way puts something there, and
    /// nothing takes it out: `if (list.length) return; list.push(x)`.
    pub(super) fn is_filled(&self, v: At<ValueId>, f: Fun, seen: &Seen) -> bool {
        let Value::Member(object, Key::Name(name)) = self.value(v) else { return false };
        if !matches!(name.as_str(), "length" | "size") {
            return false;
        }
        let holders = self.origins(v.with(*object));
        let older = |o: &Origin| match o.root {
            Root::This(g) => !o.path.is_empty() && (!seen.foreign || self.is_single(g)) && self.is_given_once(o),
            Root::Literal(_) | Root::Call(_) => self.is_single_object(o),
            _ => false,
        };
        let of = |c: CallAt| self.receiver(c).is_some_and(|(o, _)| self.same_object(&self.origins(o), &holders));
        let puts = |c: CallAt| of(c) && (self.within(self.function_of(c), f) || self.leads(f, self.function_of(c), CALLS));
        holders.len() == 1 && older(&holders[0]) && self.putting(f.file).any(puts) && !self.is_taken_out(v.file, &of)
    }

    /// The field is written by what makes the object, and by nothing else.
    fn is_given_once(&self, field: &Origin) -> bool {
        self.field_sources(field).iter().all(|(assign, _)| {
            let g = assign.with(self.assign(*assign).function);
            matches!(self.fun(g).kind, FunctionKind::Constructor | FunctionKind::Initializer)
        })
    }

    /// A call of the file takes something out of the collection, or its length is set.
    fn is_taken_out(&self, file: u32, of: &dyn Fn(CallAt) -> bool) -> bool {
        let facts = self.facts(file);
        let takes =
            |c: CallAt| self.called_as(c).is_some_and(|name| matches!(name, "pop" | "shift" | "splice" | "delete" | "clear")) && of(c);
        (0..facts.calls.len() as u32).map(|id| At::new(file, CallId(id))).any(takes)
            || facts.assigns.iter().any(|assign| matches!(&assign.to, Place::Member(_, key) if key.is("length")))
    }

    /// `this` of the function is one object of the program: a literal in a module's body, or of a class of which the body makes one, or
    /// whoever asks first (`if (!one) one = new One()`).
    fn is_single(&self, g: Fun) -> bool {
        let Some(owner) = self.owner_of_this(g) else { return false };
        if let Owner::Literal(_) = owner {
            return self.parent(g).is_some_and(|body| self.runs_with_module(body, CALLS));
        }
        // (Tests make their own.)
        let makers = self.makers(owner);
        let makers: Vec<CallAt> = makers.iter().copied().filter(|made| !self.files[made.file as usize].test).collect();
        match makers[..] {
            [made] => {
                let with_module = || !self.is_public_owner(owner) && self.runs_with_module(self.function_of(made), CALLS);
                // (Users may have that one, and make no other.)
                let alone = || !self.is_public_class(owner) && self.is_made_where_none_is(made);
                self.is_class(owner) && self.loop_around(made.with(self.call(made).block)).is_none() && (with_module() || alone())
            }
            _ => false,
        }
    }

    fn is_made_where_none_is(&self, made: CallAt) -> bool {
        let kept = self.assigned(made.with(self.call(made).value)).filter(|&a| match self.assign(a).to {
            Place::Binding(b) => self.fun(made.with(self.binding(made.with(b)).function)).at_load,
            _ => false,
        });
        kept.is_some_and(|a| self.assign(a).only_if_empty || self.is_guarded_edge(made, true))
    }
}
