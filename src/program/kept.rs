//! Kept: variables and collections that keep what one activation makes or is given, for others.
//!
//! ```text
//! keeps(x, o)  :- x a variable, a function in x's scope puts o into x            let bus; exports.use = (b) => { bus = b }
//! keeps(m, o)  :- a function puts o into m under a key, and gives back what it finds in m; each call gives the same key
//! count(R, o)  :- runs of R's function, within the activation that has x         R reads x, and does not stand behind the putting
//! count(R, o)  :- count(R, m)
//! found(R, m)  :- R hears what stands in m under a key, and what its function makes and puts into m      e = m[k] ?? (m[k] = make())
//! count(R, o)  :- count(R, m), found(R, m)
//! ```

use super::count::{Count, Many};
use super::stages::{is_set_up, is_teardown};
use super::starters::{Started, Times};
use super::{At, CallAt, Fun, Origin, PathKey, Program, Root};
use crate::facts::*;
use crate::findings::Confidence;

/// How many variables and calls lie between the line and what keeps its emitter.
const WAY: u32 = 4;

/// How many calls above a line it is looked for being put.
const PUTS: u32 = 3;

/// How many tests within tests.
const TESTS: u32 = 4;

/// What keeps an object.
enum Keeper {
    Variable(At<BindingId>),
    /// What stands in the collection under the key, as the line sees it.
    Collection(Vec<Origin>),
}

impl Program<'_> {
    /// The count for an object that the activation of `g` made or was given, and that something older keeps for the line in `f`.
    pub(super) fn count_kept(&self, c: CallAt, f: Fun, origin: &Origin, g: Fun, depth: u32) -> Option<Count> {
        let (object, _) = self.receiver(c)?;
        if depth == 0 || !self.origins(object).contains(origin) || self.is_ended_in(f, origin) {
            return None;
        }
        match self.keeper_of(object, origin, WAY)? {
            Keeper::Collection(holders) => {
                let counts = holders.iter().map(|holder| self.count_at(c, holder, depth - 1));
                counts.max_by_key(Count::rank).filter(|count| matches!(count, Count::Many(_)))
            }
            Keeper::Variable(b) => self.count_in_variable(c, f, origin, g, b),
        }
    }

    /// The line's emitter is in a variable that is older than the line's activation, and is filled only while it is empty.
    pub(super) fn is_kept_by_older(&self, c: CallAt, f: Fun) -> bool {
        self.receiver(c).is_some_and(|(object, _)| match self.value(object) {
            Value::Binding(b) => {
                let b = object.with(*b);
                let holder = b.with(self.binding(b).function);
                let mut puts = self.put_into(b).peekable();
                holder != f && self.within(f, holder) && puts.peek().is_some() && puts.all(|put| self.is_put_once(put, b))
            }
            _ => false,
        })
    }

    /// The collection in which the line's emitter is found, or into which it is put when it is made (`if (k in t) e = t[k]; else e = t[k] =
    /// make()`), where the line hears both.
    pub(super) fn found_or_made(&self, c: CallAt, f: Fun, origin: &Origin) -> Option<Origin> {
        let (object, _) = self.receiver(c)?;
        let receivers = self.origins(object);
        let by_key = |o: &&Origin| *o != origin && matches!(o.path.last(), Some(PathKey::Element | PathKey::Symbol(_)));
        let holder = receivers.iter().filter(by_key).find_map(Origin::prefix)?;
        let is_holder = |v: At<ValueId>| self.origins(v).contains(&holder);
        // (`map.set(k, e)` stands where it is made as well.)
        let sets = |&set: &CallAt| {
            self.callee_name(set).as_deref() == Some("set")
                && matches!(self.call(set).args[..], [_, value] if self.origins(set.with(value)).contains(origin))
                && self.receiver(set).is_some_and(|(table, _)| is_holder(table))
        };
        let by_set = self.putting(f.file).filter(|&set| self.function_of(set) == f).find(sets);
        if let Some(set) = by_set {
            let around = set.with(self.call(set).block);
            let beside = self.block_within(c.with(self.call(c).block), around);
            return (!beside && !self.is_ended_in(f, origin)).then_some(holder);
        }
        let puts = |a: &At<AssignId>| match &self.assign(*a).to {
            Place::Member(table, Key::Computed(_)) => {
                is_holder(a.with(*table)) && self.origins(a.with(self.assign(*a).from)).contains(origin)
            }
            _ => false,
        };
        let own = (0..self.facts(f.file).assigns.len() as u32).map(|i| At::new(f.file, AssignId(i)));
        let mut puts = own.filter(|a| self.assign(*a).function == f.id && puts(a)).peekable();
        (puts.peek().is_some() && puts.all(|put| !self.is_just_before(put, c)) && !self.is_ended_in(f, origin)).then_some(holder)
    }

    /// The function brings the object to its end: `sink.on('finish', done); sink.end()`. (What is done later ends it after other runs.)
    fn is_ended_in(&self, f: Fun, origin: &Origin) -> bool {
        self.calls_within(f).into_iter().filter(|&c| self.function_of(c) == f).any(|c| {
            self.receiver(c)
                .is_some_and(|(object, key)| matches!(key, Key::Name(name) if is_teardown(name)) && self.origins(object).contains(origin))
        })
    }

    fn count_in_variable(&self, c: CallAt, f: Fun, origin: &Origin, g: Fun, b: At<BindingId>) -> Option<Count> {
        let holder = b.with(self.binding(b).function);
        let of_module = self.fun(holder).at_load;
        let in_reach = of_module || self.within(f, holder) && self.within(g, holder);
        if !in_reach || self.is_put_before(b, c, PUTS) {
            return None;
        }
        if let Some(count) = self.loop_count(c, origin, None) {
            return Some(count);
        }
        let puts: Vec<At<AssignId>> = self.put_into(b).collect();
        let lasts = puts.iter().all(|&put| self.is_put_once(put, b));
        let runs = self.runs(f, (!of_module).then_some(holder)).filter(|runs| lasts || runs.operation)?;
        let put = puts.first()?;
        let range = self.files[put.file as usize].positions.assigns[put.id.index()];
        let mut steps = vec![self.step_at(put.file, range, format!("`{}` keeps the emitter from here on", self.binding(b).name))];
        steps.extend(runs.steps);
        let Count::Many(many) = self.many(runs.region, runs.confidence.min(Confidence::Medium), origin, steps) else { return None };
        let operation = runs.operation && (!lasts || !of_module || is_set_up(&self.fun(f).name));
        Some(Count::Many(Box::new(Many { operation, since: Some(holder), ..*many })))
    }

    /// The assignments by which functions put something into a variable that is older than their activation.
    fn put_into(&self, b: At<BindingId>) -> impl Iterator<Item = At<AssignId>> + '_ {
        let binding = self.binding(b);
        binding.defs.iter().map(move |&def| b.with(def)).filter(move |&def| {
            let assign = self.assign(def);
            assign.function != binding.function
                && !assign.compound
                && !matches!(self.value(def.with(assign.from)), Value::Null | Value::Undefined)
        })
    }

    /// What keeps the object that a value is.
    fn keeper_of(&self, v: At<ValueId>, origin: &Origin, depth: u32) -> Option<Keeper> {
        if depth == 0 {
            return None;
        }
        match self.value(v) {
            Value::Binding(b) => {
                let b = v.with(*b);
                let binding = self.binding(b);
                if self.put_into(b).next().is_some() {
                    return Some(Keeper::Variable(b));
                }
                match binding.defs[..] {
                    [def] if binding.kind != BindingKind::Param => self.keeper_of(v.with(self.assign(v.with(def)).from), origin, depth),
                    _ => None,
                }
            }
            Value::Await(inner) | Value::Member(inner, _) => self.keeper_of(v.with(*inner), origin, depth),
            Value::Call(by) => {
                let by = v.with(*by);
                self.functions_called(by).iter().find_map(|&h| self.kept_by_function(by, h, origin, depth - 1))
            }
            _ => None,
        }
    }

    /// What keeps the object that the call gets from the function.
    fn kept_by_function(&self, by: CallAt, h: Fun, origin: &Origin, depth: u32) -> Option<Keeper> {
        let kept = self.fun(h).returns.iter().find_map(|&value| match self.keeper_of(h.with(value), origin, depth)? {
            // Put anew by each call.
            Keeper::Variable(b) if self.put_into(b).any(|put| self.assign(put).function == h.id && !self.is_put_once(put, b)) => None,
            Keeper::Collection(holders) => {
                Some(Keeper::Collection(holders.iter().flat_map(|holder| self.from_callee(by, h, holder)).collect()))
            }
            kept => Some(kept),
        });
        kept.or_else(|| self.collection_of(by, h, origin).map(Keeper::Collection))
    }

    /// The collection into which the function puts what it gives, and out of which it gives the same again to who calls it so again.
    fn collection_of(&self, by: CallAt, h: Fun, origin: &Origin) -> Option<Vec<Origin>> {
        let made = Origin::root(origin.root);
        let is_made = |v: At<ValueId>| self.origins(v).contains(&made);
        let given: Vec<Origin> = self.fun(h).returns.iter().flat_map(|&value| self.origins(h.with(value)).to_vec()).collect();
        let found = |holder: &&Origin| {
            given.iter().any(|o| o.root == holder.root && o.path.len() == holder.path.len() + 1 && o.path.starts_with(&holder.path))
        };
        let put = |object: At<ValueId>, key: At<ValueId>| -> Option<Vec<Origin>> {
            let holder = self.origins(object).iter().find(found).cloned()?;
            let key = PathKey::Name(self.sym(&self.same_key(by, h, key)?));
            Some(self.from_callee(by, h, &holder).iter().map(|holder| holder.join(key)).collect())
        };
        let by_set = self.calls_within(h).into_iter().filter(|&c| self.function_of(c) == h).find_map(|c| match self.call(c).args[..] {
            [key, value] if self.callee_name(c).as_deref() == Some("set") && is_made(c.with(value)) => {
                put(self.receiver(c)?.0, c.with(key))
            }
            _ => None,
        });
        let assigns = || {
            let facts = self.facts(h.file);
            facts.assigns.iter().filter(|assign| assign.function == h.id).find_map(|assign| match &assign.to {
                Place::Member(object, Key::Computed(key)) if is_made(h.with(assign.from)) => put(h.with(*object), h.with(*key)),
                _ => None,
            })
        };
        by_set.or_else(assigns)
    }

    /// The one key that the function asks for whenever it is called there, for people.
    fn same_key(&self, by: CallAt, h: Fun, key: At<ValueId>) -> Option<String> {
        let mut shown = None;
        for o in self.origins(key).iter() {
            let one = match o.root {
                Root::Const(text) => self.text(text).to_string(),
                Root::Param(g, i) if g == h && o.path.is_empty() => {
                    self.constant(by.with(*self.call(by).args.get(i as usize)?))?.to_string()
                }
                Root::Global(_) | Root::Module(_) => self.show(o),
                Root::This(_) if !o.path.contains(&PathKey::Element) => self.show(o),
                _ => return None,
            };
            shown.get_or_insert(one);
        }
        shown
    }

    /// The variable is filled only while it is empty, or by what runs once.
    fn is_put_once(&self, put: At<AssignId>, b: At<BindingId>) -> bool {
        let emptied = || {
            self.binding(b).defs.iter().any(|&def| {
                let assign = self.assign(b.with(def));
                assign.function != self.binding(b).function && matches!(self.value(b.with(assign.from)), Value::Null | Value::Undefined)
            })
        };
        let assign = self.assign(put);
        let block = put.with(assign.block);
        let order = self.block(block).items.iter().position(|item| *item == Item::Assign(put.id)).unwrap_or(0);
        let guarded = || assign.only_if_empty || self.tests_before(block, order).into_iter().any(|(test, _)| self.asks_for(test, b, TESTS));
        let f = put.with(assign.function);
        let once = || {
            !self.is_public_function(f)
                && self.starters(f).iter().all(|starter| {
                    matches!(starter.how, Started::Unknown | Started::Callback | Started::Listener(_))
                        && starter.times == Times::One
                        && starter.within.is_some_and(|within| self.fun(within).at_load)
                })
        };
        !emptied() && (guarded() || once())
    }

    /// The test asks for what is in the variable.
    fn asks_for(&self, test: At<ValueId>, b: At<BindingId>, depth: u32) -> bool {
        let again = |v: &ValueId| depth > 0 && self.asks_for(test.with(*v), b, depth - 1);
        match self.value(test) {
            Value::Binding(asked) => *asked == b.id,
            Value::Unary(_, inner) => again(inner),
            Value::Binary(_, left, right) => again(left) || again(right),
            Value::Choice(_, parts) => parts.iter().any(again),
            _ => false,
        }
    }

    /// Every way to the call comes past a putting into the variable in its own activation, or in one that leads to it once.
    fn is_put_before(&self, b: At<BindingId>, c: CallAt, depth: u32) -> bool {
        if self.put_into(b).any(|put| self.is_just_before(put, c)) {
            return true;
        }
        let f = self.function_of(c);
        let starters = self.starters(f);
        depth > 0
            && !starters.is_empty()
            && !self.is_public_function(f)
            && starters
                .iter()
                .all(|starter| starter.times == Times::One && starter.by.is_some_and(|by| self.is_put_before(b, by, depth - 1)))
    }
}
