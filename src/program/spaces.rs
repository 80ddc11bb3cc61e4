//! Name spaces: globals that the program makes as bare objects, to hang its parts on them.
//!
//! ```text
//! space(g)        :- window.g = {}, g = g || {}       in a file's own body
//! origin(g.k)     :- origin(v)                        g.k = v the one place that writes it, v a class, a function or what an IIFE gives
//! ```

use rustc_hash::{FxHashMap, FxHashSet};

use super::{At, Origin, PathKey, Program, Sym};
use crate::facts::*;

/// The name spaces of a program.
#[derive(Default)]
pub(super) struct Spaces {
    pub(super) names: FxHashSet<Sym>,
    members: FxHashMap<(Sym, Sym), Vec<At<ValueId>>>,
}

impl Program<'_> {
    pub(super) fn spaces(&self) -> &Spaces {
        self.spaces.get_or_init(|| {
            let mut spaces = Spaces::default();
            for file in 0..self.files.len() as u32 {
                let assigns = self.facts(file).assigns.iter().filter(|assign| self.facts(file).functions[assign.function.index()].at_load);
                spaces.names.extend(assigns.filter_map(|assign| self.space_made(file, assign)));
            }
            if spaces.names.is_empty() {
                return spaces;
            }
            for file in 0..self.files.len() as u32 {
                for assign in self.member_puts(file).map(|put| self.assign(put)) {
                    if let Place::Member(object, Key::Name(name)) = &assign.to
                        && let Value::Global(space) = self.value(At::new(file, *object))
                        && spaces.names.contains(&self.sym(space))
                    {
                        let key = (self.sym(space), self.sym(name));
                        spaces.members.entry(key).or_default().push(At::new(file, assign.from));
                    }
                }
            }
            spaces
        })
    }

    /// The global that the assignment makes a bare object.
    fn space_made(&self, file: u32, assign: &Assign) -> Option<Sym> {
        let value = |v: ValueId| self.value(At::new(file, v));
        let bare = |v: ValueId| matches!(value(v), Value::Object(props, spreads) if props.is_empty() && spreads.is_empty());
        let made = match value(assign.from) {
            Value::Choice(ChoiceKind::Or, parts) => parts.last().is_some_and(|&last| bare(last)),
            _ => bare(assign.from),
        };
        match &assign.to {
            Place::Global(name) if made => Some(self.sym(name)),
            Place::Member(object, Key::Name(name)) if made => {
                let window =
                    matches!(value(*object), Value::Global(name) if matches!(name.as_str(), "window" | "globalThis" | "self" | "global"));
                window.then(|| self.sym(name))
            }
            _ => None,
        }
    }

    /// What the one place gives that writes the member of a name space, where that is the same for good.
    pub(super) fn member_of_space(&self, space: Sym, key: PathKey) -> Vec<Origin> {
        let PathKey::Name(name) = key else { return Vec::new() };
        let Some([value]) = self.spaces().members.get(&(space, name)).map(Vec::as_slice) else { return Vec::new() };
        let constant = match self.value(*value) {
            Value::Class(_) | Value::Function(_) => true,
            Value::Call(c) => matches!(self.value(value.with(self.call(value.with(*c)).callee)), Value::Function(_)),
            _ => false,
        };
        if constant { self.origins(*value).to_vec() } else { Vec::new() }
    }
}
