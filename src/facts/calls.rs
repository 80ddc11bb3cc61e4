//! Calls: what is called with what, and where V8 would say that it stands.

use swc_common::{Span, Spanned};
use swc_ecma_ast as ast;

use super::extract::Extractor;
use super::model::*;
use crate::findings::Range;

/// Where a call stands.
pub(super) struct Placed {
    /// As V8 would say.
    pub name: Range,
    /// The byte of its `(`.
    pub paren: usize,
    pub span: Span,
}

/// So many of the arguments are told one by one that a function hands on (`on(...args)`): an event, a listener and its options.
const RESTS: u32 = 3;

impl Extractor<'_> {
    pub(super) fn call(&mut self, call: &ast::CallExpr, using: Use) -> ValueId {
        match &call.callee {
            ast::Callee::Super(keyword) => {
                let callee = self.value(Value::Super);
                let name = self.range(keyword.span);
                let paren = self.offset(keyword.span.hi);
                self.emit_call(callee, &call.args, CallKind::Super, false, using, Placed { name, paren, span: call.span })
            }
            ast::Callee::Import(keyword) => {
                if let Some(specifier) = constant(&call.args) {
                    self.request(&specifier);
                    return self.value(Value::Import(specifier, "*".into()));
                }
                let callee = self.value(Value::Opaque);
                let name = self.range(keyword.span);
                let paren = self.offset(keyword.span.hi);
                self.emit_call(callee, &call.args, CallKind::Import, false, using, Placed { name, paren, span: call.span })
            }
            ast::Callee::Expr(expr) => {
                if let Some(specifier) = self.required(expr, &call.args) {
                    self.request(&specifier);
                    if !self.forgetting.contains(&self.function) {
                        return self.value(Value::Import(specifier, "=".into()));
                    }
                }
                // A template as compilers write it for old engines.
                if let Some(text) = joined_text(expr)
                    && call.args.iter().all(|arg| arg.spread.is_none())
                {
                    let mut parts = vec![self.expr(text, Use::Used)];
                    parts.extend(call.args.iter().map(|arg| self.expr(&arg.expr, Use::Used)));
                    return self.value(Value::Text(parts));
                }
                if let Some(value) = self.private_access(expr, &call.args) {
                    return value;
                }
                let (callee, name, after) = self.callee(expr);
                let paren = self.paren_after(after, self.offset(call.span.hi));
                let value = self.emit_call(callee, &call.args, CallKind::Call, false, using, Placed { name, paren, span: call.span });
                self.private_start(expr, value);
                value
            }
        }
    }

    /// The specifier of `require('x')`, also where `require` is a parameter that nothing overwrites (AMD, bundles, wrappers),
    /// and of `require.resolve('x')` as an edge only.
    fn required(&mut self, callee: &ast::Expr, args: &[ast::ExprOrSpread]) -> Option<String> {
        match callee {
            ast::Expr::Ident(ident) if &*ident.sym == "require" => {
                let ours = match self.names.binding(ident) {
                    None => true,
                    Some(binding) => {
                        let binding = &self.facts.bindings[binding.index()];
                        binding.kind == BindingKind::Param || is_create_require(self, binding)
                    }
                };
                if ours { constant(args) } else { None }
            }
            ast::Expr::Member(member) => {
                if let (ast::Expr::Ident(object), ast::MemberProp::Ident(name)) = (&*member.obj, &member.prop)
                    && &*object.sym == "require"
                    && &*name.sym == "resolve"
                    && let Some(specifier) = constant(args)
                {
                    self.request(&specifier);
                }
                None
            }
            _ => None,
        }
    }

    /// The callee's value, where V8 would place the call, and the byte after the callee.
    fn callee(&mut self, expr: &ast::Expr) -> (ValueId, Range, usize) {
        let mut inner = expr;
        loop {
            inner = match inner {
                ast::Expr::Paren(paren) => &paren.expr,
                ast::Expr::TsNonNull(e) => &e.expr,
                ast::Expr::TsAs(e) => &e.expr,
                _ => break,
            };
        }
        let after = self.offset(expr.span().hi);
        let value = self.expr(inner, Use::Used);
        let member = match inner {
            ast::Expr::Member(member) => Some(&member.prop),
            ast::Expr::OptChain(chain) => match &*chain.base {
                ast::OptChainBase::Member(member) => Some(&member.prop),
                ast::OptChainBase::Call(_) => None,
            },
            _ => None,
        };
        let name = match member {
            Some(ast::MemberProp::Ident(name)) => self.range(name.span),
            Some(ast::MemberProp::PrivateName(name)) => self.range(name.span),
            Some(ast::MemberProp::Computed(_)) => {
                let paren = self.paren_after(after, self.text.len());
                self.lines.range(paren, paren + 1)
            }
            None => self.range(inner.span()),
        };
        (value, name, after)
    }

    pub(super) fn optional_chain(&mut self, chain: &ast::OptChainExpr, using: Use) -> ValueId {
        match &*chain.base {
            ast::OptChainBase::Member(member) => {
                let object = self.expr(&member.obj, Use::Receiver);
                let key = self.member_key(member);
                self.value(Value::Member(object, key))
            }
            ast::OptChainBase::Call(call) => {
                let (callee, mut name, after) = self.callee(&call.callee);
                let paren = self.paren_after(after, self.offset(call.span.hi));
                if chain.optional {
                    // V8 places `e.on?.()` at the parenthesis.
                    name = self.lines.range(paren, paren + 1);
                }
                self.emit_call(callee, &call.args, CallKind::Call, true, using, Placed { name, paren, span: call.span })
            }
        }
    }

    /// The call's `(`: the first one at or after `from` that stands outside a comment or type argument.
    pub(super) fn paren_after(&self, from: usize, end: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = from;
        while at < end.min(bytes.len()) {
            match bytes[at] {
                b'(' => return at,
                b'/' if bytes.get(at + 1) == Some(&b'*') => {
                    at += 2;
                    while at < end && !bytes[at..].starts_with(b"*/") {
                        at += 1;
                    }
                    at += 2;
                }
                b'/' if bytes.get(at + 1) == Some(&b'/') => {
                    while at < end && bytes[at] != b'\n' {
                        at += 1;
                    }
                }
                _ => at += 1,
            }
        }
        from.min(bytes.len())
    }

    pub(super) fn emit_call(
        &mut self,
        callee: ValueId,
        args: &[ast::ExprOrSpread],
        kind: CallKind,
        optional: bool,
        using: Use,
        placed: Placed,
    ) -> ValueId {
        let mut values = Vec::with_capacity(args.len());
        for arg in args {
            let value = self.expr(&arg.expr, Use::Used);
            if arg.spread.is_none() {
                values.push(value);
                continue;
            }
            if let Some((f, first)) = self.rest_parameter(value) {
                values.extend((first..first + RESTS).map(|index| self.value(Value::Param(f, index))));
            }
            values.push(self.value(Value::Spread(value)));
        }
        self.emit(callee, values, kind, optional, using, placed)
    }

    /// The function whose rest parameter the value is, and the parameter's place.
    fn rest_parameter(&self, value: ValueId) -> Option<(FunctionId, u32)> {
        let Value::Binding(b) = self.facts.values[value.index()] else { return None };
        let mut around = Some(self.function);
        while let Some(f) = around {
            let function = &self.facts.functions[f.index()];
            if let Some(at) = function.params.iter().position(|param| param.rest && param.binding == Some(b)) {
                return Some((f, at as u32));
            }
            around = function.parent;
        }
        None
    }

    pub(super) fn emit(
        &mut self,
        callee: ValueId,
        args: Vec<ValueId>,
        kind: CallKind,
        optional: bool,
        using: Use,
        placed: Placed,
    ) -> ValueId {
        let id = CallId(self.facts.calls.len() as u32);
        let value = self.value(Value::Call(id));
        self.facts.calls.push(Call { function: self.function, block: self.block, callee, args, kind, optional, result: using, value });
        let (paren, whole) = (self.lines.position(placed.paren), self.range(placed.span));
        self.positions.calls.push(CallPosition { name: placed.name, paren, whole });
        self.item(Item::Call(id));
        value
    }
}

/// `const require = createRequire(import.meta.url)`.
fn is_create_require(x: &Extractor, binding: &Binding) -> bool {
    binding.defs.len() == 1
        && match &x.facts.values[x.facts.assigns[binding.defs[0].index()].from.index()] {
            Value::Call(call) => {
                let callee = x.facts.calls[call.index()].callee;
                match &x.facts.values[callee.index()] {
                    Value::Binding(b) => x.facts.bindings[b.index()].name == "createRequire",
                    Value::Member(_, Key::Name(name)) => name == "createRequire",
                    _ => false,
                }
            }
            _ => false,
        }
}

fn constant(args: &[ast::ExprOrSpread]) -> Option<String> {
    match args {
        [first, ..] if first.spread.is_none() => match &*first.expr {
            ast::Expr::Lit(ast::Lit::Str(text)) => Some(text.value.to_string_lossy().into_owned()),
            ast::Expr::Tpl(tpl) if tpl.exprs.is_empty() => {
                tpl.quasis.first().and_then(|q| q.cooked.as_ref()).map(|c| c.to_string_lossy().into_owned())
            }
            _ => None,
        },
        _ => None,
    }
}

/// The text that `"text".concat` joins something to.
fn joined_text(callee: &ast::Expr) -> Option<&ast::Expr> {
    let ast::Expr::Member(member) = callee else { return None };
    let joins = matches!(&member.prop, ast::MemberProp::Ident(name) if &*name.sym == "concat");
    let is_text = match &*member.obj {
        ast::Expr::Lit(ast::Lit::Str(_)) | ast::Expr::Tpl(_) => true,
        ast::Expr::Call(inner) => matches!(&inner.callee, ast::Callee::Expr(expr) if joined_text(expr).is_some()),
        _ => false,
    };
    (joins && is_text).then_some(&member.obj)
}
