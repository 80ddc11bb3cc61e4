//! Readings: what becomes of a value within its file, found by the value instead of by a walk through the file.

use rustc_hash::{FxHashMap, FxHashSet};

use super::model::*;

/// Where the values of one file are read, called, kept and handed on.
#[derive(Debug, Default)]
pub struct Readings {
    /// Variables that a value is put into.
    pub variables: FxHashMap<ValueId, Vec<BindingId>>,
    /// The values that read a variable.
    pub reads: FxHashMap<BindingId, Vec<ValueId>>,
    /// What waits for a promise.
    pub awaits: FxHashMap<ValueId, Vec<ValueId>>,
    /// The functions that are told what a promise brings: `promise.then(f)`.
    pub told: FxHashMap<ValueId, Vec<FunctionId>>,
    /// The values that are what a function is told first.
    pub first: FxHashMap<FunctionId, Vec<ValueId>>,
    /// The members that are asked of a value.
    pub members: FxHashMap<ValueId, Vec<ValueId>>,
    /// The members that a value is put into.
    pub put: FxHashMap<ValueId, Vec<AssignId>>,
    /// Functions that give a value back.
    pub returned: FxHashMap<ValueId, Vec<FunctionId>>,
    pub called: FxHashSet<ValueId>,
    pub arguments: FxHashSet<ValueId>,
    /// Parts of objects, of arrays, and of choices.
    pub parts: FxHashSet<ValueId>,
    /// Members that are read of something, and those that are called.
    pub read_keys: FxHashSet<Key>,
    pub called_keys: FxHashSet<Key>,
}

impl Readings {
    /// Of these facts.
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
