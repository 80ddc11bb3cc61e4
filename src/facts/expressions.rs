//! Expressions to values; assignments to items, in the order in which they run.

use swc_common::{Span, Spanned};
use swc_ecma_ast as ast;

use super::calls::Placed;
use super::extract::{Extractor, key_text};
use super::model::*;

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
                    let op = if update.op == ast::UpdateOp::PlusPlus { "+" } else { "-" };
                    let from = self.value(Value::Binary(op.into(), value, value));
                    self.assign_with(to, from, update.span, |a| a.compound = true);
                }
                value
            }
            ast::Expr::Bin(binary) => self.binary(binary, using),
            ast::Expr::Assign(assign) => self.assignment(assign, doc),
            ast::Expr::Member(member) => {
                let object = self.expr(&member.obj, Use::Receiver);
                let key = self.member_key(member);
                self.value(Value::Member(object, key))
            }
            ast::Expr::SuperProp(member) => {
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
                self.emit_call(callee, args, CallKind::New, false, using, Placed { name, paren, span: new.span })
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
                self.emit(
                    callee,
                    vec![parts],
                    CallKind::Call,
                    false,
                    using,
                    Placed { name, paren: self.offset(tagged.tpl.span.lo), span: tagged.span },
                )
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

    pub(super) fn this(&mut self) -> ValueId {
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

    pub(super) fn member_key(&mut self, member: &ast::MemberExpr) -> Key {
        if let Some(key) = super::private::loose_key(member) {
            return key;
        }
        match &member.prop {
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
            if let Place::Member(object, _) = &to
                && let Value::Member(whole, Key::Name(name)) = &self.facts.values[object.index()]
                && name == "cache"
                && matches!(&self.facts.values[whole.index()], Value::Global(name) if name == "require")
            {
                self.forgetting.insert(self.function);
            }
            let nothing = self.value(Value::Undefined);
            self.assign_with(to, nothing, unary.span, |a| a.delete = true);
        }
        // `void 0` is how compilers and minifiers write it.
        if unary.op == ast::UnaryOp::Void {
            return self.value(Value::Undefined);
        }
        // So are `!0` and `!1` for `true` and `false`.
        if unary.op == ast::UnaryOp::Bang
            && let Value::Number(number) = &self.facts.values[value.index()]
            && let Some(truth) = ["1", "0"].iter().position(|n| n == number)
        {
            return self.value(Value::Bool(truth == 1));
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
                let key = self.member_key(member);
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
}
