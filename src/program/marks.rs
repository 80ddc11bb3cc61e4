//! Marks: members and collections of an object that tell that a line has run already for it, or in the program.
//!
//! ```text
//! marked(p, L)  :- test of p before L, p set on L's path, p of the emitter or of an object that is there once
//! unmarked(p)   :- p emptied by a function that may run, and what L listens to not ended with it
//! written(m, L) :- m an attribute, a class or a text of the emitter, test of m before L, m set to that on L's path, nothing takes it off
//! filled(c, L)  :- test of c.length before L, L's path puts something into c, nothing takes it out
//! ```

use std::rc::Rc;

use super::guards::{CALLS, Guard, Seen};
use super::{At, CallAt, Fun, Origin, Owner, PathKey, Program, Root};
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
            // `e.dataset.ready`.
            _ if o.prefix().is_some_and(|whole| seen.receivers.contains(&whole)) && self.is_member_named(o, "dataset") => true,
            Root::Global(_) | Root::File(_) | Root::Module(_) => true,
            _ => self.is_single_object(o),
        };
        !seen.foreign || self.origins(place.with(*object)).iter().any(on_emitter)
    }

    fn is_member_named(&self, o: &Origin, name: &str) -> bool {
        matches!(o.path.last(), Some(PathKey::Name(sym)) if &*self.text(*sym) == name)
    }

    /// The member is given the text that it is compared with, on the line's path, and nothing else: `if (e.dataset.ready === 'true') return;
    /// e.dataset.ready = 'true'`.
    pub(super) fn is_marked_with(&self, place: At<ValueId>, text: At<ValueId>, f: Fun, seen: &Seen) -> bool {
        let (Value::Member(object, key), Some(text)) = (self.value(place), self.literal_text(text)) else { return false };
        let (holder, key) = (self.origins(place.with(*object)), self.path_key(place.file, key));
        let put = |at: &&At<AssignId>| match &self.assign(**at).to {
            Place::Member(o, _) => at.file == place.file && self.same_object(&self.origins(at.with(*o)), &holder),
            _ => false,
        };
        let mut puts = self.puts_under(key).iter().filter(put).peekable();
        self.is_marking(place, seen)
            && self.is_set(place, f)
            && puts.peek().is_some()
            && puts.all(|&at| self.literal_text(at.with(self.assign(at).from)).is_some_and(|given| given == text))
    }

    /// The value is a mark that is compared with what it is set to.
    pub(super) fn is_text_of_mark(&self, one: At<ValueId>, text: At<ValueId>, f: Fun, seen: &Seen) -> bool {
        match self.value(one) {
            Value::Call(c) => self.asks_for_mark(one.with(*c), f, seen),
            _ => self.is_marked_with(one, text, f, seen),
        }
    }

    /// The call asks an element for an attribute or a class that the line's path puts there, and that nothing takes away:
    /// `if (e.hasAttribute('data-ready')) return; e.setAttribute('data-ready', '')`.
    pub(super) fn asks_for_mark(&self, c: CallAt, f: Fun, seen: &Seen) -> bool {
        let Some((element, name)) = self.attribute_of(c, &["hasAttribute", "getAttribute"], "contains") else { return false };
        let holder = self.origins(element);
        let calls = |attribute: &[&str], class: &str| {
            let (holder, name) = (&holder, &name);
            self.facts(c.file)
                .calls
                .iter()
                .enumerate()
                .map(|(id, _)| c.with(CallId(id as u32)))
                .filter(|&other| {
                    self.attribute_of(other, attribute, class)
                        .is_some_and(|(e, n)| n == *name && self.same_object(&self.origins(e), holder))
                })
                .collect::<Vec<CallAt>>()
        };
        let on_emitter = || !seen.foreign || holder.iter().any(|o| seen.receivers.contains(o));
        let near = |put: &CallAt| {
            let g = self.function_of(*put);
            self.within(g, f) || self.within(f, g)
        };
        on_emitter()
            && calls(&["setAttribute"], "add").iter().any(near)
            && calls(&["removeAttribute", "toggleAttribute"], "remove").is_empty()
    }

    /// The element, and the name of the attribute, or of the class, that a call of one of these methods is about.
    fn attribute_of(&self, c: CallAt, attribute: &[&str], class: &str) -> Option<(At<ValueId>, Rc<str>)> {
        let called = self.called_as(c).filter(|name| attribute.contains(name) || *name == class)?;
        let (object, _) = self.receiver(c)?;
        let name = self.constant(c.with(*self.call(c).args.first()?))?;
        if attribute.contains(&called) {
            return Some((object, name));
        }
        match self.value(object) {
            Value::Member(element, key) if key.is("classList") => Some((object.with(*element), name)),
            _ => None,
        }
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
