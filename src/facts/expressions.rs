//! Expressions to values; calls and assignments to items, in the order in which they run.

use swc_common::{Span, Spanned};
use swc_ecma_ast as ast;

use super::extract::{Extractor, key_text};
use super::model::*;
use crate::findings::Range;

impl Extractor<'_> {
    pub fn expr(&mut self, expr: &ast::Expr, using: Use) -> ValueId {
        self.expr_at(expr, using, expr.span())
    }

    /// The value of an expression; `doc` is where the statement around it begins.
    pub fn expr_at(&mut self, expr: &ast::Expr, using: Use, doc: Span) -> ValueId {
        match expr {
            ast::Expr::This(_) => self.this(),
            ast::Expr::Ident(ident) => self.ident(ident),
            ast::Expr::Lit(lit) => self.literal(lit),
            ast::Expr::Paren(paren) => self.expr_at(&paren.expr, using, doc),
            ast::Expr::TsAs(e) => self.expr_at(&e.expr, using, doc),
            ast::Expr::TsNonNull(e) => self.expr_at(&e.expr, using, doc),
            ast::Expr::TsTypeAssertion(e) => self.expr_at(&e.expr, using, doc),
            ast::Expr::TsConstAssertion(e) => self.expr_at(&e.expr, using, doc),
            ast::Expr::TsSatisfies(e) => self.expr_at(&e.expr, using, doc),
            ast::Expr::TsInstantiation(e) => self.expr_at(&e.expr, using, doc),
            ast::Expr::Fn(_) | ast::Expr::Arrow(_) | ast::Expr::Class(_) => self.named_at(expr, "", doc),
            ast::Expr::Array(array) => {
                let mut elements = Vec::new();
                for element in &array.elems {
                    elements.push(match element {
                        Some(element) => {
                            let value = self.expr(&element.expr, Use::Used);
                            if element.spread.is_some() { self.value(Value::Spread(value)) } else { value }
                        }
                        None => self.value(Value::Undefined),
                    });
                }
                self.value(Value::Array(elements))
            }
            ast::Expr::Object(object) => self.object(object),
            ast::Expr::Unary(unary) => self.unary(unary, using),
            ast::Expr::Update(update) => {
                let value = self.expr(&update.arg, Use::Used);
                if let Some(to) = self.place(&update.arg) {
                    let from = self.value(Value::Binary("+".into(), value, value));
                    self.assign_with(to, from, update.span, |a| a.compound = true);
                }
                value
            }
            ast::Expr::Bin(binary) => self.binary(binary, using),
            ast::Expr::Assign(assign) => self.assignment(assign, doc),
            ast::Expr::Member(member) => {
                let object = self.expr(&member.obj, Use::Receiver);
                let key = self.member_key(&member.prop);
                self.value(Value::Member(object, key))
            }
            ast::Expr::SuperProp(member) => {
                let this = self.this();
                let _ = this;
                let object = self.value(Value::Super);
                let key = match &member.prop {
                    ast::SuperProp::Ident(name) => Key::Name(name.sym.to_string()),
                    ast::SuperProp::Computed(computed) => {
                        let value = self.expr(&computed.expr, Use::Used);
                        self.key_of(value)
                    }
                };
                self.value(Value::Member(object, key))
            }
            ast::Expr::Cond(cond) => {
                let test = self.expr(&cond.test, Use::Used);
                let mut values = [test, test];
                let then = self.in_block(BlockKind::Then(test), |x| values[0] = x.expr(&cond.cons, using));
                let otherwise = self.in_block(BlockKind::Else(test), |x| values[1] = x.expr(&cond.alt, using));
                self.branch(test, then, Some(otherwise));
                self.value(Value::Choice(ChoiceKind::Conditional(test), values.to_vec()))
            }
            ast::Expr::Call(call) => self.call(call, using),
            ast::Expr::New(new) => {
                let callee = self.expr(&new.callee, Use::Used);
                let args = new.args.as_deref().unwrap_or(&[]);
                let paren = self.paren_after(self.offset(new.callee.span().hi), self.offset(new.span.hi));
                let start = self.offset(new.callee.span().lo);
                let name = self.lines.range(start, self.offset(new.callee.span().hi));
                self.emit_call(callee, args, CallKind::New, false, using, name, paren, new.span)
            }
            ast::Expr::Seq(seq) => {
                let mut last = None;
                for (index, part) in seq.exprs.iter().enumerate() {
                    let using = if index + 1 == seq.exprs.len() { using } else { Use::Dropped };
                    last = Some(self.expr(part, using));
                }
                last.unwrap_or_else(|| self.value(Value::Undefined))
            }
            ast::Expr::Tpl(tpl) => self.template(tpl),
            ast::Expr::TaggedTpl(tagged) => {
                let callee = self.expr(&tagged.tag, Use::Used);
                let parts = self.template(&tagged.tpl);
                let start = self.offset(tagged.tag.span().lo);
                let name = self.lines.range(start, self.offset(tagged.tag.span().hi));
                self.emit(callee, vec![parts], CallKind::Call, false, using, name, self.offset(tagged.tpl.span.lo), tagged.span)
            }
            ast::Expr::Yield(e) => {
                let value = e.arg.as_ref().map(|arg| self.expr(arg, Use::Used));
                self.item(Item::Yield);
                self.value(Value::Yield(value))
            }
            ast::Expr::Await(e) => {
                let value = self.expr(&e.arg, if using == Use::Returned { Use::Used } else { using });
                self.item(Item::Await(value));
                self.value(Value::Await(value))
            }
            ast::Expr::OptChain(chain) => self.optional_chain(chain, using),
            ast::Expr::JSXElement(element) => self.element(element),
            ast::Expr::JSXFragment(fragment) => self.children(&fragment.children),
            _ => self.value(Value::Opaque),
        }
    }

    fn this(&mut self) -> ValueId {
        let this = self.facts.functions[self.function.index()].this;
        self.value(Value::This(this))
    }

    pub fn ident(&mut self, ident: &ast::Ident) -> ValueId {
        if let Some(binding) = self.names.binding(ident) {
            return self.value(Value::Binding(binding));
        }
        match &*ident.sym {
            "undefined" => self.value(Value::Undefined),
            "arguments" => {
                let this = self.facts.functions[self.function.index()].this;
                self.value(Value::Arguments(this))
            }
            name => self.value(Value::Global(name.to_owned())),
        }
    }

    fn literal(&mut self, lit: &ast::Lit) -> ValueId {
        let value = match lit {
            ast::Lit::Str(text) => Value::String(text.value.to_string_lossy().into_owned()),
            ast::Lit::Bool(b) => Value::Bool(b.value),
            ast::Lit::Null(_) => Value::Null,
            ast::Lit::Num(n) => Value::Number(n.value.to_string()),
            ast::Lit::BigInt(n) => Value::Number(n.value.to_string()),
            ast::Lit::Regex(_) => Value::Regex,
            ast::Lit::JSXText(_) => Value::Opaque,
        };
        self.value(value)
    }

    fn template(&mut self, tpl: &ast::Tpl) -> ValueId {
        let mut parts = Vec::new();
        for (index, quasi) in tpl.quasis.iter().enumerate() {
            let text = quasi.cooked.as_ref().map_or_else(|| quasi.raw.to_string(), |c| c.to_string_lossy().into_owned());
            if tpl.exprs.is_empty() {
                return self.value(Value::String(text));
            }
            parts.push(self.value(Value::String(text)));
            if let Some(expr) = tpl.exprs.get(index) {
                parts.push(self.expr(expr, Use::Used));
            }
        }
        self.value(Value::Text(parts))
    }

    fn object(&mut self, object: &ast::ObjectLit) -> ValueId {
        let mut props = Vec::new();
        let mut spreads = Vec::new();
        for prop in &object.props {
            match prop {
                ast::PropOrSpread::Spread(spread) => spreads.push(self.expr(&spread.expr, Use::Used)),
                ast::PropOrSpread::Prop(prop) => match &**prop {
                    ast::Prop::Shorthand(ident) => {
                        let value = self.ident(ident);
                        props.push((Key::Name(ident.sym.to_string()), value));
                    }
                    ast::Prop::KeyValue(pair) => {
                        let key = self.prop_key(&pair.key);
                        let value = self.named(&pair.value, &key_text(&key));
                        props.push((key, value));
                    }
                    ast::Prop::Assign(assign) => {
                        self.expr(&assign.value, Use::Used);
                    }
                    ast::Prop::Getter(getter) => {
                        let key = self.prop_key(&getter.key);
                        let id = self.function(&getter.function, &key_text(&key), FunctionKind::Getter, None, getter.span);
                        let value = self.value(Value::Function(id));
                        props.push((key, value));
                    }
                    ast::Prop::Setter(setter) => {
                        let key = self.prop_key(&setter.key);
                        self.function(&setter.function, &key_text(&key), FunctionKind::Setter, None, setter.span);
                    }
                    ast::Prop::Method(method) => {
                        let key = self.prop_key(&method.key);
                        let id = self.function(&method.function, &key_text(&key), FunctionKind::Method, None, method.key.span());
                        let value = self.value(Value::Function(id));
                        props.push((key, value));
                    }
                },
            }
        }
        self.value(Value::Object(props, spreads))
    }

    pub fn prop_key(&mut self, key: &ast::PropName) -> Key {
        match key {
            ast::PropName::Ident(ident) => Key::Name(ident.sym.to_string()),
            ast::PropName::Str(text) => Key::Name(text.value.to_string_lossy().into_owned()),
            ast::PropName::Num(n) => Key::Name(n.value.to_string()),
            ast::PropName::BigInt(n) => Key::Name(n.value.to_string()),
            ast::PropName::Computed(computed) => {
                let value = self.expr(&computed.expr, Use::Used);
                self.key_of(value)
            }
        }
    }

    fn member_key(&mut self, prop: &ast::MemberProp) -> Key {
        match prop {
            ast::MemberProp::Ident(name) => Key::Name(name.sym.to_string()),
            ast::MemberProp::PrivateName(name) => Key::Name(format!("#{}", name.name)),
            ast::MemberProp::Computed(computed) => {
                let value = self.expr(&computed.expr, Use::Used);
                self.key_of(value)
            }
        }
    }

    /// A computed key that is a constant is that name.
    fn key_of(&mut self, value: ValueId) -> Key {
        match &self.facts.values[value.index()] {
            Value::String(text) => Key::Name(text.clone()),
            Value::Number(n) => Key::Name(n.clone()),
            _ => Key::Computed(value),
        }
    }

    fn unary(&mut self, unary: &ast::UnaryExpr, using: Use) -> ValueId {
        let inner = match unary.op {
            ast::UnaryOp::Void => Use::Dropped,
            ast::UnaryOp::Bang if using == Use::Dropped => Use::Dropped,
            _ => Use::Used,
        };
        let value = self.expr(&unary.arg, inner);
        if unary.op == ast::UnaryOp::Delete
            && let Some(to) = self.place(&unary.arg)
        {
            let nothing = self.value(Value::Undefined);
            self.assign_with(to, nothing, unary.span, |a| a.delete = true);
        }
        self.value(Value::Unary(unary.op.as_str().to_owned(), value))
    }

    fn binary(&mut self, binary: &ast::BinExpr, using: Use) -> ValueId {
        // Chains grow on the left and reach tens of thousands: walked, not recursed into.
        let mut chain = vec![binary];
        let mut left = &*binary.left;
        while let ast::Expr::Bin(inner) = left {
            chain.push(inner);
            left = &inner.left;
        }
        let last = chain.len() - 1;
        let mut value = self.expr(left, if binary.op.may_short_circuit() { Use::Used } else { using });
        for (index, link) in chain.iter().rev().enumerate() {
            value = self.link(link, value, if index == last { using } else { Use::Used });
        }
        value
    }

    fn link(&mut self, binary: &ast::BinExpr, left: ValueId, using: Use) -> ValueId {
        let kind = match binary.op {
            ast::BinaryOp::LogicalAnd => ChoiceKind::And,
            ast::BinaryOp::LogicalOr => ChoiceKind::Or,
            ast::BinaryOp::NullishCoalescing => ChoiceKind::Nullish,
            op => {
                let right = self.expr(&binary.right, Use::Used);
                return if op == ast::BinaryOp::Add && (self.is_text(left) || self.is_text(right)) {
                    self.value(Value::Text(vec![left, right]))
                } else {
                    self.value(Value::Binary(op.as_str().to_owned(), left, right))
                };
            }
        };
        let guard = if kind == ChoiceKind::And { BlockKind::Then(left) } else { BlockKind::Else(left) };
        let mut right = left;
        let block = self.in_block(guard, |x| right = x.expr(&binary.right, using));
        self.branch(left, block, None);
        self.value(Value::Choice(kind, vec![left, right]))
    }

    fn is_text(&self, value: ValueId) -> bool {
        matches!(self.facts.values[value.index()], Value::String(_) | Value::Text(_))
    }

    /// Adds the branch, unless nothing happens in it.
    fn branch(&mut self, test: ValueId, then: BlockId, otherwise: Option<BlockId>) {
        let empty = |x: &Self, block: BlockId| x.facts.blocks[block.index()].items.is_empty();
        if !empty(self, then) || otherwise.is_some_and(|o| !empty(self, o)) {
            self.item(Item::Branch(test, then, otherwise));
        }
    }

    fn assignment(&mut self, assign: &ast::AssignExpr, doc: Span) -> ValueId {
        match &assign.left {
            ast::AssignTarget::Pat(pat) => {
                let value = self.expr(&assign.right, Use::Used);
                let pat: ast::Pat = pat.clone().into();
                self.bind_pattern(&pat, value, assign.span);
                value
            }
            ast::AssignTarget::Simple(target) => {
                let (to, old) = self.target(target);
                let name = match &to {
                    Some(Place::Binding(binding)) => self.facts.bindings[binding.index()].name.clone(),
                    Some(Place::Member(_, key)) => key_text(key),
                    _ => String::new(),
                };
                let conditional = matches!(assign.op, ast::AssignOp::AndAssign | ast::AssignOp::OrAssign | ast::AssignOp::NullishAssign);
                if conditional {
                    let and = assign.op == ast::AssignOp::AndAssign;
                    let mut value = old;
                    let block = self.in_block(if and { BlockKind::Then(old) } else { BlockKind::Else(old) }, |x| {
                        value = x.named_at(&assign.right, &name, doc);
                        if let Some(to) = to {
                            x.assign_with(to, value, assign.span, |a| a.only_if_empty = !and);
                        }
                    });
                    self.branch(old, block, None);
                    let kind = if and { ChoiceKind::And } else { ChoiceKind::Or };
                    return self.value(Value::Choice(kind, vec![old, value]));
                }
                let mut value = self.named_at(&assign.right, &name, doc);
                let compound = assign.op != ast::AssignOp::Assign;
                if compound {
                    value = self.value(Value::Binary("+".into(), old, value));
                }
                if let Some(to) = to {
                    self.assign_with(to, value, assign.span, |a| a.compound = compound);
                }
                value
            }
        }
    }

    fn target(&mut self, target: &ast::SimpleAssignTarget) -> (Option<Place>, ValueId) {
        match target {
            ast::SimpleAssignTarget::Ident(ident) => {
                let value = self.ident(&ident.id);
                (self.place_of(value), value)
            }
            ast::SimpleAssignTarget::Member(member) => {
                let object = self.expr(&member.obj, Use::Used);
                let key = self.member_key(&member.prop);
                let value = self.value(Value::Member(object, key.clone()));
                (Some(Place::Member(object, key)), value)
            }
            ast::SimpleAssignTarget::Paren(paren) => {
                let value = self.expr(&paren.expr, Use::Used);
                (self.place_of(value), value)
            }
            ast::SimpleAssignTarget::TsAs(e) => {
                let value = self.expr(&e.expr, Use::Used);
                (self.place_of(value), value)
            }
            ast::SimpleAssignTarget::TsNonNull(e) => {
                let value = self.expr(&e.expr, Use::Used);
                (self.place_of(value), value)
            }
            ast::SimpleAssignTarget::SuperProp(member) => {
                let this = self.this();
                if let ast::SuperProp::Ident(name) = &member.prop {
                    let key = Key::Name(name.sym.to_string());
                    let value = self.value(Value::Member(this, key.clone()));
                    return (Some(Place::Member(this, key)), value);
                }
                (None, self.value(Value::Opaque))
            }
            _ => (None, self.value(Value::Opaque)),
        }
    }

    fn place(&mut self, expr: &ast::Expr) -> Option<Place> {
        let value = match expr {
            ast::Expr::Ident(ident) => self.ident(ident),
            ast::Expr::Paren(paren) => return self.place(&paren.expr),
            ast::Expr::Member(_) => self.expr(expr, Use::Used),
            _ => return None,
        };
        self.place_of(value)
    }

    fn place_of(&self, value: ValueId) -> Option<Place> {
        match &self.facts.values[value.index()] {
            Value::Binding(binding) => Some(Place::Binding(*binding)),
            Value::Global(name) => Some(Place::Global(name.clone())),
            Value::Member(object, key) => Some(Place::Member(*object, key.clone())),
            _ => None,
        }
    }

    /// Gives the variables of a pattern their parts of `value`.
    pub fn bind_pattern(&mut self, pat: &ast::Pat, value: ValueId, span: Span) {
        match pat {
            ast::Pat::Ident(ident) => {
                if let Some(binding) = self.declared(&ident.id, ident.type_ann.as_deref()) {
                    self.assign(Place::Binding(binding), value, span);
                } else {
                    self.assign(Place::Global(ident.id.sym.to_string()), value, span);
                }
            }
            ast::Pat::Array(array) => {
                for (index, element) in array.elems.iter().enumerate() {
                    if let Some(element) = element {
                        let part = self.member(value, &index.to_string());
                        self.bind_pattern(element, part, span);
                    }
                }
            }
            ast::Pat::Rest(rest) => self.bind_pattern(&rest.arg, value, span),
            ast::Pat::Object(object) => {
                for prop in &object.props {
                    match prop {
                        ast::ObjectPatProp::KeyValue(pair) => {
                            let key = self.prop_key(&pair.key);
                            let part = self.value(Value::Member(value, key));
                            self.bind_pattern(&pair.value, part, span);
                        }
                        ast::ObjectPatProp::Assign(assign) => {
                            let mut part = self.member(value, &assign.key.id.sym);
                            if let Some(default) = &assign.value {
                                let default = self.named(default, &assign.key.id.sym);
                                part = self.value(Value::Choice(ChoiceKind::Nullish, vec![part, default]));
                            }
                            if let Some(binding) = self.declared(&assign.key.id, None) {
                                self.assign(Place::Binding(binding), part, assign.span);
                            }
                        }
                        ast::ObjectPatProp::Rest(rest) => self.bind_pattern(&rest.arg, value, span),
                    }
                }
            }
            ast::Pat::Assign(assign) => {
                let default = self.expr(&assign.right, Use::Used);
                let either = self.value(Value::Choice(ChoiceKind::Nullish, vec![value, default]));
                self.bind_pattern(&assign.left, either, span);
            }
            ast::Pat::Expr(expr) => {
                if let Some(to) = self.place(expr) {
                    self.assign(to, value, span);
                }
            }
            ast::Pat::Invalid(_) => {}
        }
    }

    fn call(&mut self, call: &ast::CallExpr, using: Use) -> ValueId {
        match &call.callee {
            ast::Callee::Super(keyword) => {
                let this = self.this();
                let _ = this;
                let callee = self.value(Value::Super);
                let name = self.range(keyword.span);
                let paren = self.offset(keyword.span.hi);
                self.emit_call(callee, &call.args, CallKind::Super, false, using, name, paren, call.span)
            }
            ast::Callee::Import(keyword) => {
                if let Some(specifier) = constant(&call.args) {
                    self.request(&specifier);
                    return self.value(Value::Import(specifier, "*".into()));
                }
                let callee = self.value(Value::Opaque);
                let name = self.range(keyword.span);
                let paren = self.offset(keyword.span.hi);
                self.emit_call(callee, &call.args, CallKind::Import, false, using, name, paren, call.span)
            }
            ast::Callee::Expr(expr) => {
                if let Some(specifier) = self.required(expr, &call.args) {
                    self.request(&specifier);
                    return self.value(Value::Import(specifier, "=".into()));
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
                let value = self.emit_call(callee, &call.args, CallKind::Call, false, using, name, paren, call.span);
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

    fn optional_chain(&mut self, chain: &ast::OptChainExpr, using: Use) -> ValueId {
        match &*chain.base {
            ast::OptChainBase::Member(member) => {
                let object = self.expr(&member.obj, Use::Receiver);
                let key = self.member_key(&member.prop);
                self.value(Value::Member(object, key))
            }
            ast::OptChainBase::Call(call) => {
                let (callee, mut name, after) = self.callee(&call.callee);
                let paren = self.paren_after(after, self.offset(call.span.hi));
                if chain.optional {
                    // V8 places `e.on?.()` at the parenthesis.
                    name = self.lines.range(paren, paren + 1);
                }
                self.emit_call(callee, &call.args, CallKind::Call, true, using, name, paren, call.span)
            }
        }
    }

    /// The call's `(`: the first one at or after `from` that stands outside a comment or type argument.
    fn paren_after(&self, from: usize, end: usize) -> usize {
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

    #[allow(clippy::too_many_arguments)]
    fn emit_call(
        &mut self,
        callee: ValueId,
        args: &[ast::ExprOrSpread],
        kind: CallKind,
        optional: bool,
        using: Use,
        name: Range,
        paren: usize,
        span: Span,
    ) -> ValueId {
        let mut values = Vec::with_capacity(args.len());
        for arg in args {
            let value = self.expr(&arg.expr, Use::Used);
            values.push(if arg.spread.is_some() { self.value(Value::Spread(value)) } else { value });
        }
        self.emit(callee, values, kind, optional, using, name, paren, span)
    }

    #[allow(clippy::too_many_arguments)]
    fn emit(
        &mut self,
        callee: ValueId,
        args: Vec<ValueId>,
        kind: CallKind,
        optional: bool,
        using: Use,
        name: Range,
        paren: usize,
        span: Span,
    ) -> ValueId {
        let id = CallId(self.facts.calls.len() as u32);
        let value = self.value(Value::Call(id));
        self.facts.calls.push(Call { function: self.function, block: self.block, callee, args, kind, optional, result: using, value });
        let whole = self.range(span);
        self.positions.calls.push(CallPosition { name, paren: self.lines.position(paren), whole });
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
