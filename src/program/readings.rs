//! Readings: what becomes of a value within its file, found by the value instead of by a walk through the file.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{At, CallAt, Program};
use crate::facts::*;

/// Where the values of one file are read, called, kept and handed on.
#[derive(Default)]
pub(super) struct Readings {
    /// Variables that a value is put into.
    variables: FxHashMap<ValueId, Vec<BindingId>>,
    /// The values that read a variable.
    reads: FxHashMap<BindingId, Vec<ValueId>>,
    /// What waits for a promise.
    awaits: FxHashMap<ValueId, Vec<ValueId>>,
    /// The functions that are told what a promise brings: `promise.then(f)`.
    told: FxHashMap<ValueId, Vec<FunctionId>>,
    /// The values that are what a function is told first.
    first: FxHashMap<FunctionId, Vec<ValueId>>,
    /// The members that are asked of a value.
    members: FxHashMap<ValueId, Vec<ValueId>>,
    /// The members that a value is put into.
    put: FxHashMap<ValueId, Vec<AssignId>>,
    /// Functions that give a value back.
    returned: FxHashMap<ValueId, Vec<FunctionId>>,
    called: FxHashSet<ValueId>,
    arguments: FxHashSet<ValueId>,
    /// Parts of objects, of arrays, and of choices.
    parts: FxHashSet<ValueId>,
    /// Members that are read of something, and those that are called.
    read_keys: FxHashSet<Key>,
    called_keys: FxHashSet<Key>,
}

impl Readings {
    pub fn of(facts: &ModuleFacts) -> Readings {
        let mut out = Readings::default();
        for assign in (0..).map(AssignId).zip(&facts.assigns) {
            out.add_assign(assign);
        }
        for value in (0..).map(ValueId).zip(&facts.values) {
            out.add_value(value);
        }
        for call in &facts.calls {
            out.add_call(facts, call);
        }
        for (id, function) in (0..).map(FunctionId).zip(&facts.functions) {
            for &value in &function.returns {
                out.returned.entry(value).or_default().push(id);
            }
        }
        out
    }

    fn add_assign(&mut self, (id, assign): (AssignId, &Assign)) {
        match assign.to {
            Place::Binding(b) => self.variables.entry(assign.from).or_default().push(b),
            Place::Member(..) => self.put.entry(assign.from).or_default().push(id),
            Place::Global(_) => {}
        }
    }

    fn add_value(&mut self, (id, value): (ValueId, &Value)) {
        match value {
            Value::Binding(b) => self.reads.entry(*b).or_default().push(id),
            Value::Await(of) => self.awaits.entry(*of).or_default().push(id),
            Value::Param(f, 0) => self.first.entry(*f).or_default().push(id),
            Value::Member(object, key) => {
                self.members.entry(*object).or_default().push(id);
                if !self.read_keys.contains(key) {
                    self.read_keys.insert(key.clone());
                }
            }
            Value::Object(members, _) => self.parts.extend(members.iter().map(|&(_, member)| member)),
            Value::Array(parts) | Value::Choice(_, parts) => self.parts.extend(parts),
            _ => {}
        }
    }

    fn add_call(&mut self, facts: &ModuleFacts, call: &Call) {
        self.called.insert(call.callee);
        self.arguments.extend(&call.args);
        let Value::Member(of, key) = &facts.values[call.callee.index()] else { return };
        if !self.called_keys.contains(key) {
            self.called_keys.insert(key.clone());
        }
        if let Some(&first) = call.args.first().filter(|_| key.is("then"))
            && let Value::Function(f) = facts.values[first.index()]
        {
            self.told.entry(*of).or_default().push(f);
        }
    }
}

impl Program<'_> {
    fn readings(&self, file: u32) -> &Readings {
        self.readings[file as usize].get_or_init(|| Readings::of(self.facts(file)))
    }

    /// Variables that the value is put into as it stands.
    pub(super) fn variables_of(&self, v: At<ValueId>) -> &[BindingId] {
        self.readings(v.file).variables.get(&v.id).map_or(&[], Vec::as_slice)
    }

    /// The value itself, and the values that it is read as: by variables, and by what a promise of it is told.
    pub(super) fn named_by(&self, v: At<ValueId>) -> Vec<At<ValueId>> {
        let readings = self.readings(v.file);
        let list = |found: Option<&Vec<ValueId>>| found.into_iter().flatten().copied().collect::<Vec<_>>();
        let mut seen = FxHashSet::from_iter([v.id]);
        let mut out = vec![v];
        let mut at = 0;
        while let Some(&value) = out.get(at) {
            at += 1;
            let read = self.variables_of(value).iter().flat_map(|b| list(readings.reads.get(b)));
            let told = readings.told.get(&value.id).into_iter().flatten().flat_map(|f| list(readings.first.get(f)));
            let found = read.chain(list(readings.awaits.get(&value.id))).chain(told);
            out.extend(found.filter(|&id| seen.insert(id)).map(|id| v.with(id)));
        }
        out
    }

    /// What the call gives is a promise that something is told of.
    pub(super) fn is_waited_for(&self, c: CallAt) -> bool {
        self.call(c).result == Use::Receiver && self.readings(c.file).told.contains_key(&self.call(c).value)
    }

    pub(super) fn is_called(&self, v: At<ValueId>) -> bool {
        self.readings(v.file).called.contains(&v.id)
    }

    /// The value is put into a field, and a field of that name is called.
    pub(super) fn is_called_in_field(&self, v: At<ValueId>) -> bool {
        let readings = self.readings(v.file);
        self.fields_of(v).any(|key| matches!(key, Key::Name(_)) && readings.called_keys.contains(key))
    }

    /// The value is a part of an object, an array or a choice, or is put into a field of a name that is read somewhere.
    pub(super) fn is_put_by(&self, v: At<ValueId>) -> bool {
        let readings = self.readings(v.file);
        readings.parts.contains(&v.id) || self.fields_of(v).any(|key| readings.read_keys.contains(key))
    }

    /// The fields that the value is put into.
    pub(super) fn fields_of(&self, v: At<ValueId>) -> impl Iterator<Item = &Key> {
        let puts = self.readings(v.file).put.get(&v.id).into_iter().flatten();
        puts.filter_map(move |&id| match &self.assign(v.with(id)).to {
            Place::Member(_, key) => Some(key),
            _ => None,
        })
    }

    /// The names of the members that are asked of the value.
    pub(super) fn asked_of(&self, v: At<ValueId>) -> impl Iterator<Item = &str> {
        let members = self.readings(v.file).members.get(&v.id).into_iter().flatten();
        members.filter_map(move |&id| match self.value(v.with(id)) {
            Value::Member(_, Key::Name(name)) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The functions that give the value back as it stands.
    pub(super) fn giving_back(&self, v: At<ValueId>) -> &[FunctionId] {
        self.readings(v.file).returned.get(&v.id).map_or(&[], Vec::as_slice)
    }

    /// A call is given the value.
    pub(super) fn is_argument(&self, v: At<ValueId>) -> bool {
        self.readings(v.file).arguments.contains(&v.id)
    }
}
