//! Fields: which values the members of an owner get. Told name by name, when something first asks for one.
//!
//! ```text
//! field(O, p, v)   :- o.p = v, origin(o) = this(F), this(F) = O
//! ```

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::layers::BARE;
use super::{At, Fun, Origin, Owner, PathKey, Program, Root};
use crate::facts::*;

/// How many variables lead to what a member is put on.
const DEPTH: u32 = 4;

/// Assignments to an access path of an owner.
type Assigned = FxHashMap<(Owner, Vec<PathKey>), Vec<At<AssignId>>>;

#[derive(Default)]
pub(super) struct Fields {
    /// Assignments to members, by the last step.
    under: OnceCell<FxHashMap<PathKey, Vec<At<AssignId>>>>,
    /// The same by the whole path, of the last steps that were asked for.
    told: RefCell<FxHashMap<PathKey, Rc<Assigned>>>,
    /// What functions have put on them.
    functions: OnceCell<FxHashMap<Fun, Vec<At<ValueId>>>>,
}

impl Program<'_> {
    /// Every assignment to a field (an access path from `this`) of an owner or its family.
    pub fn field_assigns(&self, owner: Owner, path: &[PathKey]) -> Vec<At<AssignId>> {
        let (Some(&last), true) = (path.last(), self.level() != BARE) else { return Vec::new() };
        let assigned = self.assigned_under(last);
        if assigned.is_empty() {
            return Vec::new();
        }
        let mut out = Vec::new();
        let mut wanted = (owner, path.to_vec());
        for &owner in self.family(owner).iter() {
            wanted.0 = owner;
            out.extend(assigned.get(&wanted).into_iter().flatten());
        }
        out.sort();
        out.dedup();
        out
    }

    fn assigned_under(&self, key: PathKey) -> Rc<Assigned> {
        if let Some(known) = self.fields.told.borrow().get(&key) {
            return known.clone();
        }
        let under = self.fields.under.get_or_init(|| self.on(BARE, || self.member_assigns()));
        let mut out = Assigned::default();
        for &assign in under.get(&key).into_iter().flatten() {
            let Place::Member(object, _) = self.assign(assign).to else { continue };
            self.on(BARE, || {
                for target in self.origins(assign.with(object)).iter() {
                    if let Some(owner) = self.owners.of_target(self, target) {
                        out.entry((owner, target.join_whole(key))).or_default().push(assign);
                    }
                }
            });
        }
        let out = Rc::new(out);
        self.fields.told.borrow_mut().insert(key, out.clone());
        out
    }

    /// Every assignment to a member of that name, whatever the object, in the order of files and text.
    pub(super) fn puts_under(&self, key: PathKey) -> &[At<AssignId>] {
        let under = self.fields.under.get_or_init(|| self.on(BARE, || self.member_assigns()));
        under.get(&key).map_or(&[], Vec::as_slice)
    }

    /// Nothing, or «no»: what a place is emptied with.
    pub(super) fn is_nothing_value(&self, v: At<ValueId>) -> bool {
        matches!(self.value(v), Value::Null | Value::Undefined | Value::Bool(false))
    }

    fn member_assigns(&self) -> FxHashMap<PathKey, Vec<At<AssignId>>> {
        let mut under: FxHashMap<PathKey, Vec<At<AssignId>>> = FxHashMap::default();
        for file in 0..self.files.len() as u32 {
            for (id, assign) in (0..).map(AssignId).zip(&self.facts(file).assigns) {
                if let Place::Member(_, key) = &assign.to {
                    under.entry(self.path_key(file, key)).or_default().push(At::new(file, id));
                }
            }
        }
        under
    }

    /// The values that are put on a function (`exported.Part = Part`), in the order of the text.
    pub(super) fn values_on_function(&self, f: Fun) -> &[At<ValueId>] {
        let functions = self.fields.functions.get_or_init(|| self.on(BARE, || self.put_on_functions()));
        functions.get(&f).map_or(&[], Vec::as_slice)
    }

    fn put_on_functions(&self) -> FxHashMap<Fun, Vec<At<ValueId>>> {
        let mut out: FxHashMap<Fun, Vec<At<ValueId>>> = FxHashMap::default();
        for file in 0..self.files.len() as u32 {
            for assign in &self.facts(file).assigns {
                let Place::Member(object, _) = &assign.to else { continue };
                let object = At::new(file, *object);
                if !self.may_hold_function(object, DEPTH) {
                    continue;
                }
                for target in self.origins(object).iter() {
                    if let (Root::Function(f), true) = (target.root, target.path.is_empty()) {
                        out.entry(f).or_default().push(object.with(assign.from));
                    }
                }
            }
        }
        out
    }

    /// By how it is written, the value may be a function of the program: most of what members are put on is not.
    fn may_hold_function(&self, v: At<ValueId>, depth: u32) -> bool {
        let any = |parts: &[ValueId]| parts.iter().any(|&part| self.may_hold_function(v.with(part), depth - 1));
        depth > 0
            && match self.value(v) {
                Value::Function(_) | Value::Import(..) => true,
                Value::Param(f, _) => self.invoked(v.with(*f)).is_some(),
                Value::Binding(b) => {
                    let defs = &self.binding(v.with(*b)).defs;
                    defs.iter().any(|&def| self.may_hold_function(v.with(self.assign(v.with(def)).from), depth - 1))
                }
                // `exports.run.fast = ...`, `lib.run.fast = ...`.
                Value::Member(object, _) => match self.value(v.with(*object)) {
                    Value::Global(name) => matches!(name.as_str(), "exports" | "module"),
                    Value::Object(..) => true,
                    Value::Binding(b) if self.is_literal(v.with(*b)) => true,
                    _ => any(&[*object]),
                },
                Value::Choice(_, parts) => any(parts),
                // `(function () { return F; })()`, `Object.freeze(F)`.
                Value::Call(c) => {
                    let call = self.call(v.with(*c));
                    match self.value(v.with(call.callee)) {
                        Value::Function(_) => true,
                        Value::Member(object, _) if !self.is_global(v.with(*object), "Object") => false,
                        _ => any(call.args.get(..1).unwrap_or_default()),
                    }
                }
                _ => false,
            }
    }
}

impl Program<'_> {
    /// Some definition of the variable is an object literal.
    fn is_literal(&self, b: At<BindingId>) -> bool {
        self.binding(b).defs.iter().any(|&def| matches!(self.value(b.with(self.assign(b.with(def)).from)), Value::Object(..)))
    }
}

impl Origin {
    /// The path with one step more, however long.
    fn join_whole(&self, key: PathKey) -> Vec<PathKey> {
        self.path.iter().copied().chain([key]).collect()
    }
}
