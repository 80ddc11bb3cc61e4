//! Private members as compilers write them for older engines: a `WeakMap` for each field, and helpers that look into it. Told as the fields
//! that the source had.
//!
//! | written by | read | written | method |
//! | --- | --- | --- | --- |
//! | TypeScript | `__classPrivateFieldGet(o, _C_x, "f")` | `__classPrivateFieldSet(o, _C_x, v, "f")` | `__classPrivateFieldGet(o, _C_all, "m", _C_x)` |
//! | Babel (loose) | `_base(o, _x)[_x]` | `_base(o, _x)[_x] = v`, `Object.defineProperty(o, _x, { value: v })` | as a field |
//! | Babel, swc | `_classPrivateFieldGet(o, _x)`, `(_x, o)` | `_classPrivateFieldSet(o, _x, v)`, `(_x, o, v)` | `_classPrivateMethodGet(o, _all, _x)`, `_assertClassBrand(_all, o, _x)` |
//! | esbuild | `__privateGet(o, _x)` | `__privateSet(o, _x, v)`, `__privateAdd(o, _x, v)` | `__privateMethod(o, _all, x_fn)` |
//!
//! (Sources: TypeScript's `src/compiler/factory/emitHelpers.ts`, Babel's `packages/babel-helpers/src/helpers`, esbuild's
//! `internal/runtime/runtime.go`.)

use swc_common::Spanned;
use swc_ecma_ast as ast;

use super::extract::Extractor;
use super::model::*;
use crate::syntax::helper;

/// What a helper does.
enum Access {
    Get,
    Set,
    Method,
    /// Looks into the object itself: `base(o, _x)[_x]`.
    Base,
}

impl Extractor<'_> {
    /// The value of a helper's call, which is that of the member that it stands for.
    pub fn private_access(&mut self, callee: &ast::Expr, args: &[ast::ExprOrSpread]) -> Option<ValueId> {
        let name = helper(callee)?;
        let mut access = access(name)?;
        if args.iter().any(|arg| arg.spread.is_some()) {
            return None;
        }
        let (mut object, mut map) = (&*args.first()?.expr, &*args.get(1)?.expr);
        // Babel changed the order in its version 7.24.
        if !matches!(map, ast::Expr::Ident(_)) || name.contains("assert") {
            std::mem::swap(&mut object, &mut map);
        }
        let ast::Expr::Ident(map) = map else { return None };
        let kind = match args.get(2).map(|arg| &*arg.expr) {
            Some(ast::Expr::Lit(ast::Lit::Str(kind))) => kind.value.as_str(),
            _ => None,
        };
        if matches!(access, Access::Get) && kind == Some("m") {
            access = Access::Method;
        }
        // A getter or setter is called, and what it does is not a field's.
        if kind == Some("a") || matches!(access, Access::Get) && kind.is_some_and(|k| k != "f") {
            return None;
        }
        let object = self.expr(object, Use::Receiver);
        Some(match access {
            Access::Get => self.value(Value::Member(object, field(&map.sym))),
            Access::Set => {
                let key = field(&map.sym);
                let from = match args.get(2).filter(|_| kind.is_none()) {
                    Some(arg) => self.named(&arg.expr, &super::extract::key_text(&key)),
                    None => self.value(Value::Undefined),
                };
                self.assign(Place::Member(object, key), from, callee.span());
                from
            }
            Access::Base => object,
            Access::Method => {
                let function = &*args.get(if kind.is_some() { 3 } else { 2 })?.expr;
                let ast::Expr::Ident(name) = function else { return None };
                let (from, key) = (self.ident(name), field(&name.sym));
                self.assign(Place::Member(object, key.clone()), from, callee.span());
                self.value(Value::Member(object, key))
            }
        })
    }

    /// How constructors write such a field first: `_C_x.set(this, v)`, `_x.set(this, { writable: true, value: v })`, and where the object
    /// itself has it, `Object.defineProperty(this, _x, { value: v })`. `call` is the call that was told of it.
    pub fn private_start(&mut self, callee: &ast::Expr, call: ValueId) {
        let ast::Expr::Member(member) = callee else { return };
        let (ast::Expr::Ident(holder), ast::MemberProp::Ident(name)) = (&*member.obj, &member.prop) else { return };
        let Value::Call(id) = self.facts.values[call.index()] else { return };
        let (object, key, value) = match (&*name.sym, &self.facts.calls[id.index()].args[..]) {
            ("set", &[object, value]) if holder.sym.starts_with('_') => (object, field(&holder.sym), value),
            ("defineProperty", &[object, key, value]) if holder.sym == *"Object" => match &self.facts.values[key.index()] {
                Value::Binding(b) if self.facts.bindings[b.index()].name.starts_with('_') => {
                    (object, field(&self.facts.bindings[b.index()].name), value)
                }
                _ => return,
            },
            _ => return,
        };
        if !matches!(self.facts.values[object.index()], Value::This(_)) {
            return;
        }
        let from = match &self.facts.values[value.index()] {
            Value::Object(props, _) => {
                props.iter().find(|(key, _)| matches!(key, Key::Name(key) if key == "value")).map_or(value, |(_, value)| *value)
            }
            _ => value,
        };
        self.assign(Place::Member(object, key), from, callee.span());
    }
}

/// `base(o, _x)[_x]`: the field that `_x` stands for.
pub(super) fn loose_key(member: &ast::MemberExpr) -> Option<Key> {
    let (ast::Expr::Call(call), ast::MemberProp::Computed(key)) = (&*member.obj, &member.prop) else { return None };
    let (ast::Callee::Expr(callee), ast::Expr::Ident(map)) = (&call.callee, &*key.expr) else { return None };
    matches!(access(helper(callee)?)?, Access::Base).then(|| field(&map.sym))
}

fn access(helper: &str) -> Option<Access> {
    Some(match helper {
        "classPrivateFieldGet" | "class_private_field_get" | "privateGet" => Access::Get,
        "classPrivateFieldSet"
        | "class_private_field_set"
        | "privateSet"
        | "privateAdd"
        | "classPrivateFieldInitSpec"
        | "class_private_field_init" => Access::Set,
        "classPrivateMethodGet" | "class_private_method_get" | "privateMethod" | "assertClassBrand" => Access::Method,
        "classPrivateFieldLooseBase" | "class_private_field_loose_base" => Access::Base,
        _ => return None,
    })
}

/// The name that the source had, as near as the helper's variable tells it: `_Part_socket` was `#socket` of `Part`.
fn field(variable: &str) -> Key {
    let bare = variable.trim_start_matches('_');
    let bare = bare.strip_suffix("_fn").unwrap_or(bare);
    let name = match bare.split_once('_') {
        Some((class, rest)) if class.starts_with(|c: char| c.is_ascii_uppercase()) && !rest.is_empty() => rest,
        _ => bare,
    };
    Key::Name(format!("#{name}"))
}
