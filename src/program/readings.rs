//! What becomes of a value within its file, as the readings of that file tell it.

use rustc_hash::FxHashSet;

use super::{At, CallAt, Program};
use crate::facts::*;

impl Program<'_> {
    fn readings(&self, file: u32) -> &Readings {
        self.files[file as usize].readings()
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
