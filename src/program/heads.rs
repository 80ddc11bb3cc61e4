//! Heads: by what a value may be had, as it is written.
//!
//! ```text
//! head(v) = F     v is the function F, or a variable that holds it
//! head(v) = k     v is a member of that name
//! head(v) = h()   v is what a call of h gives back
//! ```

use std::rc::Rc;

use super::resolve::Exported;
use super::{At, CallAt, Fun, PathKey, Program, Sym};
use crate::facts::*;

/// How many variables and expressions lead to a head at most.
const DEPTH: u32 = 40;

/// By what a value may be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Head {
    /// It is written there.
    Function(Fun),
    Class(At<ClassId>),
    /// A member of that name.
    Name(Sym),
    /// A member whose name is not known, an element.
    Keyed,
    /// What a call of such a thing gives back.
    Result(Callee),
}

/// What is called, as far as a result's head tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Callee {
    Function(Fun),
    Name(Sym),
    /// An element, a result.
    Other,
}

impl Head {
    /// What a call of it gives back.
    pub(super) fn result(self) -> Option<Head> {
        match self {
            Head::Function(f) => Some(Head::Result(Callee::Function(f))),
            Head::Name(name) => Some(Head::Result(Callee::Name(name))),
            Head::Keyed | Head::Result(_) => Some(Head::Result(Callee::Other)),
            Head::Class(_) => None,
        }
    }
}

/// Finds heads; those of variables are found once.
pub(super) struct Heads<'p, 'a> {
    pub(super) program: &'p Program<'a>,
    /// By file.
    variables: Vec<Vec<Variable>>,
    /// Used again and again.
    pub(super) scratch: Vec<Head>,
}

/// The heads of a variable.
#[derive(Clone)]
enum Variable {
    Unasked,
    /// One that leads back to itself adds nothing.
    Asked,
    /// Most have one head or none.
    One(Option<Head>),
    Many(Rc<[Head]>),
}

impl<'p, 'a> Heads<'p, 'a> {
    /// Of a program.
    pub(super) fn of_program(program: &'p Program<'a>) -> Heads<'p, 'a> {
        Heads { program, variables: vec![Vec::new(); program.files.len()], scratch: Vec::new() }
    }

    /// Adds the heads of a value.
    fn of(&mut self, v: At<ValueId>, depth: u32, out: &mut Vec<Head>) {
        if depth == 0 {
            return;
        }
        let program = self.program;
        let mut all = |heads: &mut Self, parts: &[ValueId]| parts.iter().for_each(|&part| heads.of(v.with(part), depth - 1, out));
        match program.value(v) {
            Value::Function(f) => out.push(Head::Function(v.with(*f))),
            Value::Class(class) => out.push(Head::Class(v.with(*class))),
            Value::Binding(b) => self.variable(v.with(*b), depth - 1, out),
            Value::Choice(ChoiceKind::And, parts) => all(self, &parts[parts.len().saturating_sub(1)..]),
            Value::Choice(_, parts) => all(self, parts),
            Value::Await(inner) | Value::Spread(inner) => all(self, &[*inner]),
            Value::Element(inner) => {
                all(self, &[*inner]);
                out.push(Head::Keyed);
            }
            Value::Param(f, i) => {
                if let Some(c) = program.invoked(v.with(*f))
                    && let Some(&given) = program.call(c).args.get(*i as usize)
                {
                    self.of(c.with(given), depth - 1, out);
                }
            }
            Value::This(f) => {
                if let Some(given) = program.this_given(v.with(*f)) {
                    self.of(given, depth - 1, out);
                }
            }
            Value::Member(object, key) => {
                let head = self.key(v.file, key);
                out.push(head);
                // What these stand for is the object itself.
                if let Key::Name(name) = key
                    && matches!(name.as_str(), "call" | "apply" | "default" | "__proto__")
                {
                    self.of(v.with(*object), depth - 1, out);
                }
            }
            Value::Call(c) => self.result(v.with(*c), depth, out),
            Value::Import(module, name) => {
                for exported in program.import(v.file, module, name) {
                    if let Exported::Value(value) = exported {
                        self.of(value, depth - 1, out);
                    }
                }
            }
            _ => {}
        }
    }

    /// Adds the heads of a variable.
    fn variable(&mut self, b: At<BindingId>, depth: u32, out: &mut Vec<Head>) {
        let variables = &mut self.variables[b.file as usize];
        if variables.is_empty() {
            variables.resize(self.program.facts(b.file).bindings.len(), Variable::Unasked);
        }
        match &variables[b.id.index()] {
            Variable::Asked => {}
            Variable::One(head) => out.extend(head),
            Variable::Many(heads) => out.extend_from_slice(heads),
            Variable::Unasked => {
                variables[b.id.index()] = Variable::Asked;
                let mut heads = Vec::new();
                for &def in &self.program.binding(b).defs {
                    self.of(b.with(self.program.assign(b.with(def)).from), depth, &mut heads);
                }
                heads.sort_unstable();
                heads.dedup();
                out.extend_from_slice(&heads);
                self.variables[b.file as usize][b.id.index()] = match heads[..] {
                    [] => Variable::One(None),
                    [head] => Variable::One(Some(head)),
                    _ => Variable::Many(heads.into()),
                };
            }
        }
    }

    /// What a call gives back: what its function returns, its arguments, its receiver, or what this holds.
    fn result(&mut self, c: CallAt, depth: u32, out: &mut Vec<Head>) {
        let call = self.program.call(c);
        if call.kind != CallKind::Call {
            return;
        }
        let mut callee = Vec::new();
        self.of(c.with(call.callee), depth - 1, &mut callee);
        out.extend(callee.into_iter().filter_map(Head::result));
        for &arg in &call.args {
            self.of(c.with(arg), depth - 1, out);
        }
        if let Value::Member(object, Key::Name(name)) = self.program.value(c.with(call.callee)) {
            match (name.as_str(), &call.args[..]) {
                ("pop" | "shift" | "at" | "find", _) => out.push(Head::Keyed),
                ("get", [key]) => {
                    let head = self.key(c.file, &Key::Computed(*key));
                    out.push(head);
                }
                _ => {}
            }
            self.of(c.with(*object), depth - 1, out);
        }
    }

    pub(super) fn key(&self, file: u32, key: &Key) -> Head {
        match self.program.path_key(file, key) {
            PathKey::Name(name) => Head::Name(name),
            PathKey::Symbol(_) | PathKey::Element => Head::Keyed,
        }
    }

    /// All heads of a value, in order, each once.
    pub(super) fn list(&mut self, v: At<ValueId>, out: &mut Vec<Head>) {
        out.clear();
        // Most values can be told apart from functions by how they are written.
        if !matches!(
            self.program.value(v),
            Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null | Value::Undefined | Value::Object(..) | Value::Array(_)
        ) {
            self.of(v, DEPTH, out);
            if out.len() > 1 {
                out.sort_unstable();
                out.dedup();
            }
        }
    }
}
