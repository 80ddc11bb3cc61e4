//! What the indices of a file's facts answer.

use super::{At, CallAt, Fun, Program, Sym};
use crate::facts::*;

impl Program<'_> {
    pub(super) fn indices(&self, file: u32) -> &Indices {
        self.files[file as usize].indices()
    }

    /// What a file puts into members, in the order of the text.
    pub(super) fn member_puts(&self, file: u32) -> impl Iterator<Item = At<AssignId>> + '_ {
        self.indices(file).puts.iter().map(move |&id| At::new(file, id))
    }

    /// Calls of the program by whose names something is made known: `define(...)`, `registerPart(...)`.
    pub(super) fn defining_calls(&self) -> impl Iterator<Item = CallAt> + '_ {
        self.of_all_files(|indices| &indices.defining)
    }

    /// Calls of the program of members whose names are put together.
    pub(super) fn built_name_calls(&self) -> impl Iterator<Item = CallAt> + '_ {
        self.of_all_files(|indices| &indices.built_names)
    }

    /// Such calls of every file, in the order of files and text.
    fn of_all_files<'s>(&'s self, list: fn(&Indices) -> &Vec<CallId>) -> impl Iterator<Item = CallAt> + 's {
        (0..self.files.len() as u32).flat_map(move |file| list(self.indices(file)).iter().map(move |&id| At::new(file, id)))
    }

    /// Calls of members of these names, in the order of files and text.
    pub(super) fn calls_under(&self, names: &[&str]) -> Vec<CallAt> {
        let keys = names.iter().map(|name| super::PathKey::Name(self.sym(name)));
        let under = |c: &CallAt| matches!(self.receiver(*c), Some((_, Key::Name(name))) if names.contains(&name.as_str()));
        let mut out: Vec<CallAt> = keys.flat_map(|key| self.candidates().called_under(key)).filter(under).collect();
        out.sort_unstable();
        out.dedup();
        out
    }

    /// Calls that stand in a function or in the functions written in it, in the order of the text.
    pub fn calls_within(&self, f: Fun) -> Vec<CallAt> {
        let range = self.function_range(f);
        let positions = &self.files[f.file as usize].positions;
        let indices = self.indices(f.file);
        let mut calls: Vec<CallId> = Vec::new();
        let mut functions = vec![f.id];
        while let Some(function) = functions.pop() {
            calls.extend(&indices.calls[function.index()]);
            functions.extend(&indices.inner[function.index()]);
        }
        // What a function's text does not hold (decorators, say) is not in it.
        calls.retain(|call| {
            let start = positions.calls[call.index()].whole.start;
            start >= range.start && start < range.end
        });
        calls.sort_unstable();
        calls.into_iter().map(|call| f.with(call)).collect()
    }

    /// The call of a function that is called where it is written, and has no name to be called by.
    pub(super) fn invoked(&self, f: Fun) -> Option<CallAt> {
        self.indices(f.file).invoked.get(&f.id).map(|&id| f.with(id))
    }

    /// The function whose activation makes this one a member of its parameter.
    pub(super) fn put_on_param(&self, f: Fun) -> Option<Fun> {
        self.indices(f.file).put_on_params.get(&f.id).map(|&g| f.with(g))
    }

    /// What loads the module that a function is given.
    pub(super) fn given_module(&self, f: Fun) -> Option<At<ValueId>> {
        self.indices(f.file).given_modules.get(&f.id).map(|&v| f.with(v))
    }

    /// What is copied into an object literal, what counts most first.
    pub(super) fn merged(&self, literal: At<ValueId>) -> Vec<At<ValueId>> {
        let calls = self.indices(literal.file).merged.get(&literal.id).map_or(&[][..], Vec::as_slice);
        let mut out: Vec<At<ValueId>> =
            calls.iter().flat_map(|c| &self.call(literal.with(*c)).args[1..]).map(|&v| literal.with(v)).collect();
        out.reverse();
        out
    }

    /// Something besides a variable of its own holds the function.
    pub(super) fn is_held(&self, f: Fun) -> bool {
        self.indices(f.file).held.contains(&f.id)
    }

    /// The call of a method on what a call gives back: `f().then(...)`.
    pub(super) fn called_on(&self, c: CallAt) -> Option<CallAt> {
        self.indices(c.file).chained.get(&self.call(c).value).map(|&id| c.with(id))
    }

    /// A member of the function is asked: `f.bind(x)`, `f.call(x)`.
    pub(super) fn is_looked_into(&self, f: Fun) -> bool {
        self.indices(f.file).looked_into.contains(&f.id)
    }

    /// Where a value first is assigned.
    pub(super) fn assigned(&self, v: At<ValueId>) -> Option<At<AssignId>> {
        self.indices(v.file).assigned.get(&v.id).map(|&id| v.with(id))
    }

    /// The first function that returns this very expression.
    pub(super) fn returning(&self, v: At<ValueId>) -> Option<Fun> {
        self.indices(v.file).returned.get(&v.id).map(|&id| v.with(id))
    }

    /// Some member of this name is taken as a value in the file.
    pub(super) fn stores(&self, file: u32, name: &str) -> bool {
        self.indices(file).stored.contains(name)
    }

    /// Calls of a file that give something back to where it came from.
    pub(super) fn handing_back(&self, file: u32) -> impl Iterator<Item = CallAt> + '_ {
        self.indices(file).handing_back.iter().map(move |&id| At::new(file, id))
    }

    /// Calls of a file that put something into a collection.
    pub(super) fn putting(&self, file: u32) -> impl Iterator<Item = CallAt> + '_ {
        self.indices(file).putting.iter().map(move |&id| At::new(file, id))
    }

    /// Variables of a module's body that have this name.
    pub(super) fn variables(&self, file: u32, name: &str) -> &[BindingId] {
        self.indices(file).variables.get(name).map_or(&[], Vec::as_slice)
    }

    /// A class's own constructor and field initializers.
    pub(super) fn initializers(&self, class: At<ClassId>) -> impl Iterator<Item = Fun> + '_ {
        self.indices(class.file).makers.get(&class.id).into_iter().flatten().map(move |&id| class.with(id))
    }

    /// Some file has a member, or a text, of this name.
    pub(super) fn is_written(&self, name: Sym) -> bool {
        if let Some(&known) = self.written.borrow().get(&name) {
            return known;
        }
        let text = self.text(name);
        let is = |key: &Key| matches!(key, Key::Name(n) if **n == *text);
        let written = self.files.iter().map(|f| &f.facts).any(|facts| {
            facts.assigns.iter().any(|a| matches!(&a.to, Place::Member(_, key) if is(key)))
                || facts.classes.iter().any(|c| c.members.iter().any(|m| is(&m.key)))
                || facts.values.iter().any(|v| match v {
                    Value::Object(props, _) => props.iter().any(|(key, _)| is(key)),
                    Value::String(s) => **s == *text,
                    _ => false,
                })
        });
        self.written.borrow_mut().insert(name, written);
        written
    }

    /// What a type's name may mean in a file.
    pub(super) fn declared(&self, file: u32, name: &str) -> Option<&Declared> {
        self.indices(file).declared.get(name)
    }

    /// Some expression mentions the variable.
    pub(super) fn is_mentioned(&self, b: At<BindingId>) -> bool {
        self.indices(b.file).mentioned.contains(&b.id)
    }
}
