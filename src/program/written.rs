//! Written types: annotations, interfaces, aliases and classes, followed from file to file.

use super::owners::owner_of_constructor;
use super::types::Type;
use super::{At, Origin, Owner, PathKey, Program, Root};
use crate::facts::*;

/// How many files apart a type's name is followed.
const IMPORTS: u32 = 6;

impl Program<'_> {
    /// A type as written in a file.
    pub fn written_type(&self, file: u32, of: &TypeRef) -> Option<Type> {
        for name in &of.names {
            if matches!(name.as_str(), "Promise" | "PromiseLike" | "Readonly" | "Partial" | "Required" | "NonNullable" | "Omit" | "Pick") {
                if let Some(found) = of.args.iter().find_map(|a| self.written_type(file, a)) {
                    return Some(found);
                }
                continue;
            }
            if let Some(found) = self.named_type(file, name, IMPORTS) {
                return Some(found);
            }
        }
        None
    }

    /// The type of a name in a file: a class, an imported class, a model.
    fn named_type(&self, file: u32, name: &str, depth: u32) -> Option<Type> {
        if depth == 0 {
            return None;
        }
        let facts = self.facts(file);
        let (first, rest) = name.split_once('.').map_or((name, None), |(a, b)| (a, Some(b)));
        for binding in self.variables(file, first).iter().map(|id| &facts.bindings[id.index()]) {
            if !matches!(
                binding.kind,
                BindingKind::Import | BindingKind::Class | BindingKind::Const | BindingKind::Var | BindingKind::Function
            ) {
                continue;
            }
            let Some(&def) = binding.defs.first() else { continue };
            let from = At::new(file, self.assign(At::new(file, def)).from);
            let mut origins = self.origins(from).to_vec();
            if let Some(rest) = rest {
                let key = PathKey::Name(self.sym(rest));
                let mut out = Vec::new();
                origins.iter().for_each(|o| self.member_of(o, key, &mut out));
                origins = out;
            }
            for origin in &origins {
                if let Some(owner) = owner_of_constructor(origin) {
                    return Some(Type::Owner(owner));
                }
                if let Some(ix) = self.constructed(origin) {
                    return Some(Type::Model(ix));
                }
                if let (Root::Module(module), [PathKey::Name(key)]) = (origin.root, &origin.path[..]) {
                    // `import type { AbortSignal } from 'x'`: the last name may be one that a pack knows.
                    let key = self.text(*key);
                    let qualified = format!("{}.{}", self.text(module), key);
                    if let Some(found) = self.used_type(&qualified).or_else(|| self.used_type(&key)) {
                        return Some(found);
                    }
                }
            }
            if binding.kind == BindingKind::Import {
                return None;
            }
        }
        if let Some(decl) = facts.types.iter().find(|d| d.name == name) {
            if let Some(alias) = &decl.alias
                && alias.members.is_empty()
            {
                return alias.names.iter().find_map(|n| if n == name { None } else { self.named_type(file, n, depth - 1) });
            }
            return decl.extends.iter().find_map(|n| self.named_type(file, n, depth - 1));
        }
        self.used_type(name).or_else(|| self.models.global_class(name).map(Type::Model))
    }

    /// The written type of a member of a written type.
    fn written_member(&self, file: u32, of: &TypeRef, key: &str, depth: u32) -> Option<(u32, TypeRef)> {
        if let Some((_, member)) = of.members.iter().find(|(n, _)| n == key) {
            return Some((file, member.clone()));
        }
        if depth == 0 {
            return None;
        }
        of.names
            .iter()
            .find_map(|name| self.declared_member(file, name, key, depth - 1))
            .or_else(|| of.args.iter().find_map(|arg| self.written_member(file, arg, key, depth - 1)))
    }

    fn declared_member(&self, file: u32, name: &str, key: &str, depth: u32) -> Option<(u32, TypeRef)> {
        let facts = self.facts(file);
        let Declared { types, classes, import } = self.declared(file, name)?;
        for decl in types.iter().map(|&at| &facts.types[at as usize]) {
            if let Some((_, of)) = decl.members.iter().find(|(n, _)| n == key) {
                return Some((file, of.clone()));
            }
            if depth > 0 {
                let parents = decl.extends.iter().chain(decl.alias.iter().flat_map(|a| &a.names));
                for parent in parents {
                    if parent != name
                        && let Some(found) = self.declared_member(file, parent, key, depth - 1)
                    {
                        return Some(found);
                    }
                }
            }
        }
        for class in classes.iter().map(|class| &facts.classes[class.index()]) {
            if let Some(member) = class.members.iter().find(|m| m.key.is(key)) {
                return member.of.clone().map(|of| (file, of));
            }
        }
        if depth == 0 {
            return None;
        }
        // Imported: look where it is declared.
        let &def = facts.bindings[import.as_ref()?.index()].defs.first()?;
        if let Value::Import(module, imported) = self.value(At::new(file, self.assign(At::new(file, def)).from)) {
            let target = self.edge(file, module)?;
            return self.exported_member(target, imported, key, depth - 1);
        }
        None
    }

    fn exported_member(&self, file: u32, name: &str, key: &str, depth: u32) -> Option<(u32, TypeRef)> {
        if let Some(found) = self.declared_member(file, name, key, depth.min(2)) {
            return Some(found);
        }
        if depth == 0 {
            return None;
        }
        for export in &self.facts(file).exports {
            let target = match export {
                Export::From { name: n, module, from } if n == name => self.edge(file, module).map(|t| (t, from.as_str())),
                Export::All(module) => self.edge(file, module).map(|t| (t, name)),
                _ => None,
            };
            if let Some((target, name)) = target
                && let Some(found) = self.exported_member(target, name, key, depth - 1)
            {
                return Some(found);
            }
        }
        None
    }

    /// The written type of an access path, from an annotation at its root.
    pub(super) fn annotated(&self, origin: &Origin) -> Option<(u32, TypeRef)> {
        let (mut file, mut of) = match origin.root {
            Root::Param(f, i) => (f.file, self.fun(f).params.get(i as usize)?.of.clone()?),
            Root::Binding(b) => (b.file, self.binding(b).of.clone()?),
            Root::This(f) => match (self.owner_of_this(f)?, origin.path.first()?) {
                (Owner::Class(class), PathKey::Name(key)) => {
                    let key = self.text(*key);
                    let member = self.class(class).members.iter().find(|m| m.key.is(&key))?;
                    (class.file, member.of.clone()?)
                }
                _ => return None,
            },
            _ => return None,
        };
        let skip = usize::from(matches!(origin.root, Root::This(_)));
        for key in origin.path.iter().skip(skip) {
            let key = match key {
                PathKey::Name(key) => key,
                // An element of `X[]`, `Array<X>`, `Set<X>`.
                PathKey::Element => {
                    of = of.args.last()?.clone();
                    continue;
                }
                PathKey::Symbol(_) => return None,
            };
            (file, of) = self.written_member(file, &of, &self.text(*key), 5)?;
        }
        Some((file, of))
    }
}
