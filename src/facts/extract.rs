//! One walk over the tree: functions, classes, and the state that statements and expressions write into.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use swc_common::{Span, Spanned};
use swc_ecma_ast as ast;

use super::model::*;
use super::{captures, statements, types};
use crate::findings::lines::Lines;
use crate::findings::{Position, Range};
use crate::syntax::names::Names;

/// The walk's state.
pub(super) struct Extractor<'a> {
    pub facts: ModuleFacts,
    pub positions: Positions,
    pub names: &'a Names,
    pub text: &'a str,
    pub lines: Lines<&'a str>,
    /// What swc adds to a byte offset.
    pub base: u32,
    pub function: FunctionId,
    pub block: BlockId,
    /// Innermost last: is a plain `break` inside a loop (else a `switch`)?
    pub breakable: Vec<bool>,
    /// Ids by the hash of their value. The values themselves stand in the facts only: a second copy was a fifth of a bundle's memory.
    interned: HashTable<ValueId>,
    /// The function id of `names` to ours.
    function_of: FxHashMap<FunctionId, FunctionId>,
    requested: FxHashMap<String, ()>,
    /// Functions that forget modules (`delete require.cache[file]`): what they require then is another object each time.
    pub forgetting: FxHashSet<FunctionId>,
}

impl<'a> Extractor<'a> {
    pub fn new(text: &'a str, base: u32, names: &'a Names) -> Extractor<'a> {
        Extractor {
            facts: ModuleFacts::default(),
            positions: Positions::default(),
            names,
            text,
            lines: Lines::new(text),
            base,
            function: FunctionId(0),
            block: BlockId(0),
            breakable: Vec::new(),
            interned: HashTable::new(),
            function_of: FxHashMap::default(),
            requested: FxHashMap::default(),
            forgetting: FxHashSet::default(),
        }
    }

    /// The whole file.
    pub fn module(&mut self, program: &ast::Program) {
        for name in &self.names.bindings {
            self.facts.bindings.push(Binding {
                name: name.name.0.to_string(),
                function: FunctionId(0),
                kind: name.kind,
                defs: Vec::new(),
                of: None,
                block: None,
                empty: false,
            });
            self.positions.bindings.push(self.lines.range(self.offset(name.span.lo), self.offset(name.span.hi)));
        }
        let body = BlockId(0);
        self.facts.blocks.push(Block { function: FunctionId(0), parent: None, kind: BlockKind::Body, items: Vec::new(), index: 0 });
        self.facts.functions.push(Function {
            name: String::new(),
            parent: None,
            kind: FunctionKind::Module,
            is_async: false,
            is_generator: false,
            at_load: true,
            handed: Vec::new(),
            this: FunctionId(0),
            class: None,
            params: Vec::new(),
            body,
            returns: Vec::new(),
            captures: Vec::new(),
            context: None,
            uses_this: false,
            uses_super: false,
            return_type: None,
            decorators: Vec::new(),
            at: None,
            order: 0,
        });
        self.positions.functions.push(Range { start: Position { line: 1, column: 1 }, end: self.lines.position(self.text.len()) });
        match program {
            ast::Program::Module(module) => statements::module_items(self, &module.body),
            ast::Program::Script(script) => statements::statements(self, &script.body),
        }
        for (name, binding) in self.names.bindings.iter().zip(&mut self.facts.bindings) {
            binding.function = self.function_of.get(&name.function).copied().unwrap_or(FunctionId(0));
        }
        captures::contexts_of(&mut self.facts, self.names, &self.function_of);
        self.mark_wrappers();
    }

    pub fn offset(&self, position: swc_common::BytePos) -> usize {
        position.0.saturating_sub(self.base) as usize
    }

    pub fn range(&self, span: Span) -> Range {
        self.lines.range(self.offset(span.lo), self.offset(span.hi))
    }

    /// The id of a value; equal values have one id, but for objects and lists: each that is written makes one of its own.
    pub fn value(&mut self, value: Value) -> ValueId {
        let values = &mut self.facts.values;
        if matches!(value, Value::Object(..) | Value::Array(_)) {
            values.push(value);
            return ValueId(values.len() as u32 - 1);
        }
        let hash = FxBuildHasher.hash_one(&value);
        if let Some(&id) = self.interned.find(hash, |id| values[id.index()] == value) {
            return id;
        }
        let id = ValueId(values.len() as u32);
        values.push(value);
        self.interned.insert_unique(hash, id, |id| FxBuildHasher.hash_one(&values[id.index()]));
        id
    }

    pub fn member(&mut self, object: ValueId, key: &str) -> ValueId {
        self.value(Value::Member(object, Key::Name(key.to_owned())))
    }

    pub fn item(&mut self, item: Item) {
        self.facts.blocks[self.block.index()].items.push(item);
    }

    /// Runs `f` in a new block of the present one; the block has no item in its parent yet.
    pub fn in_block(&mut self, kind: BlockKind, f: impl FnOnce(&mut Self)) -> BlockId {
        let id = BlockId(self.facts.blocks.len() as u32);
        let index = self.facts.blocks[self.block.index()].items.len() as u32;
        self.facts.blocks.push(Block { function: self.function, parent: Some(self.block), kind, items: Vec::new(), index });
        let outer = std::mem::replace(&mut self.block, id);
        f(self);
        self.block = outer;
        id
    }

    pub fn request(&mut self, specifier: &str) {
        if self.requested.insert(specifier.to_owned(), ()).is_none() {
            self.facts.requests.push(specifier.to_owned());
        }
    }

    pub fn assign(&mut self, to: Place, from: ValueId, span: Span) -> AssignId {
        self.assign_with(to, from, span, |_| {})
    }

    pub fn assign_with(&mut self, to: Place, from: ValueId, span: Span, change: impl FnOnce(&mut Assign)) -> AssignId {
        let id = AssignId(self.facts.assigns.len() as u32);
        if let Place::Binding(binding) = to {
            self.facts.bindings[binding.index()].defs.push(id);
        }
        let mut assign =
            Assign { function: self.function, block: self.block, to, from, only_if_empty: false, delete: false, compound: false };
        change(&mut assign);
        self.facts.assigns.push(assign);
        self.positions.assigns.push(self.range(span));
        self.item(Item::Assign(id));
        id
    }

    /// Notes the type and the block of a declared variable.
    pub fn declared(&mut self, ident: &ast::Ident, of: Option<&ast::TsTypeAnn>) -> Option<BindingId> {
        let id = self.names.binding(ident)?;
        let block = self.block;
        let binding = &mut self.facts.bindings[id.index()];
        if !matches!(binding.kind, BindingKind::Var | BindingKind::Param) {
            binding.block = Some(block);
        }
        if let Some(of) = of {
            binding.of = types::type_ref(&of.type_ann);
        }
        Some(id)
    }

    fn open_function(&mut self, name: &str, span: Span, kind: FunctionKind, is_async: bool, is_generator: bool) -> FunctionId {
        let id = FunctionId(self.facts.functions.len() as u32);
        let body = BlockId(self.facts.blocks.len() as u32);
        let this = if kind == FunctionKind::Arrow { self.facts.functions[self.function.index()].this } else { id };
        let (mut captures, mut uses_this, mut uses_super) = (Vec::new(), false, false);
        if let Some(named) = self.names.function(span) {
            self.function_of.insert(named, id);
            let named = &self.names.functions[named.index()];
            (captures, uses_this, uses_super) = (named.captures.clone(), named.uses_this, named.uses_super);
        }
        let order = self.facts.blocks[self.block.index()].items.len() as u32;
        self.facts.blocks.push(Block { function: id, parent: None, kind: BlockKind::Body, items: Vec::new(), index: 0 });
        self.facts.functions.push(Function {
            name: name.to_owned(),
            parent: Some(self.function),
            kind,
            is_async,
            is_generator,
            at_load: false,
            handed: Vec::new(),
            this,
            class: None,
            params: Vec::new(),
            body,
            returns: Vec::new(),
            captures,
            context: None,
            uses_this,
            uses_super,
            return_type: None,
            decorators: Vec::new(),
            at: Some(self.block),
            order,
        });
        self.positions.functions.push(self.range(span));
        id
    }

    fn inside<T>(&mut self, id: FunctionId, f: impl FnOnce(&mut Self) -> T) -> T {
        let body = self.facts.functions[id.index()].body;
        let outer =
            (std::mem::replace(&mut self.function, id), std::mem::replace(&mut self.block, body), std::mem::take(&mut self.breakable));
        let result = f(self);
        (self.function, self.block, self.breakable) = outer;
        result
    }

    /// A function expression or declaration, a method, a getter. `doc` is where its comment would end.
    pub fn function(&mut self, function: &ast::Function, name: &str, kind: FunctionKind, class: Option<ClassId>, doc: Span) -> FunctionId {
        let id = self.open_function(name, function.span, kind, function.is_async, function.is_generator);
        let return_type = function.return_type.as_ref().and_then(|t| types::type_ref(&t.type_ann));
        let decorators = function.decorators.iter().filter_map(types::decorator).collect();
        let documented = types::js_doc(self.text, self.offset(doc.lo));
        let this = &mut self.facts.functions[id.index()];
        this.class = class;
        this.return_type = return_type.or_else(|| documented.returns.clone());
        this.decorators = decorators;
        self.inside(id, |x| {
            for (index, param) in function.params.iter().enumerate() {
                x.param(id, index, &param.pat, &documented);
            }
            if let Some(body) = &function.body {
                statements::statements(x, &body.stmts);
            }
        });
        id
    }

    pub fn arrow(&mut self, arrow: &ast::ArrowExpr, name: &str, doc: Span) -> FunctionId {
        let id = self.open_function(name, arrow.span, FunctionKind::Arrow, arrow.is_async, arrow.is_generator);
        let documented = types::js_doc(self.text, self.offset(doc.lo));
        let return_type = arrow.return_type.as_ref().and_then(|t| types::type_ref(&t.type_ann));
        self.facts.functions[id.index()].return_type = return_type.or_else(|| documented.returns.clone());
        self.inside(id, |x| {
            for (index, pat) in arrow.params.iter().enumerate() {
                x.param(id, index, pat, &documented);
            }
            match &*arrow.body {
                ast::ArrowFunctionBody::FunctionBody(body) => statements::statements(x, &body.stmts),
                ast::ArrowFunctionBody::Expr(expr) => {
                    let value = x.expr(expr, Use::Returned);
                    x.facts.functions[id.index()].returns.push(value);
                    x.item(Item::Exit(Exit::Return(Some(value))));
                }
            }
        });
        id
    }

    fn param(&mut self, id: FunctionId, index: usize, pat: &ast::Pat, documented: &types::JsDoc) {
        let given = self.value(Value::Param(id, index as u32));
        let mut param = Param { binding: None, name: String::new(), of: None, rest: false, default: None };
        let mut pat = pat;
        let mut value = given;
        if let ast::Pat::Assign(with_default) = pat {
            let default = self.expr(&with_default.right, Use::Used);
            param.default = Some(default);
            value = self.value(Value::Choice(ChoiceKind::Nullish, vec![given, default]));
            pat = &with_default.left;
        }
        if let ast::Pat::Rest(rest) = pat {
            param.rest = true;
            pat = &rest.arg;
        }
        let annotation = match pat {
            ast::Pat::Ident(ident) => {
                param.name = ident.id.sym.to_string();
                ident.type_ann.as_deref()
            }
            ast::Pat::Object(object) => object.type_ann.as_deref(),
            ast::Pat::Array(array) => array.type_ann.as_deref(),
            _ => None,
        };
        param.of = annotation.and_then(|a| types::type_ref(&a.type_ann)).or_else(|| documented.param(&param.name, index));
        if let ast::Pat::Ident(ident) = pat {
            param.binding = self.declared(&ident.id, None);
            if let Some(binding) = param.binding {
                self.facts.bindings[binding.index()].of = param.of.clone();
            }
        }
        self.facts.functions[id.index()].params.push(param);
        self.bind_pattern(pat, value, pat.span());
    }

    pub fn class(&mut self, class: &ast::Class, name: &str, binding: Option<BindingId>) -> ClassId {
        let extends = class.super_class.as_ref().map(|e| self.expr(e, Use::Used));
        let id = ClassId(self.facts.classes.len() as u32);
        self.facts.classes.push(Class {
            name: name.to_owned(),
            binding,
            extends,
            implements: class.implements.iter().filter_map(|i| types::expression_name(&i.expr)).collect(),
            members: Vec::new(),
            function: self.function,
            decorators: class.decorators.iter().filter_map(types::decorator).collect(),
        });
        self.positions.classes.push(self.range(class.span));
        let mut initializer: Option<FunctionId> = None;
        for member in &class.body {
            self.class_member(id, name, member, class.span, &mut initializer);
        }
        id
    }

    fn class_member(&mut self, id: ClassId, name: &str, member: &ast::ClassMember, span: Span, initializer: &mut Option<FunctionId>) {
        let add = |x: &mut Self, member: Member| x.facts.classes[id.index()].members.push(member);
        match member {
            ast::ClassMember::Constructor(constructor) if constructor.body.is_some() => {
                let function = self.constructor(constructor, name, id);
                let key = Key::Name("constructor".into());
                add(self, Member { key, is_static: false, function: Some(function), value: None, of: None, private: false });
            }
            ast::ClassMember::Method(method) if method.function.body.is_some() => {
                let key = self.prop_key(&method.key);
                let private = matches!(method.accessibility, Some(ast::Accessibility::Private | ast::Accessibility::Protected));
                let function = self.function(&method.function, &key_text(&key), method_kind(method.kind), Some(id), method.span);
                add(self, Member { key, is_static: method.is_static, function: Some(function), value: None, of: None, private });
            }
            ast::ClassMember::PrivateMethod(method) => {
                let key = Key::Name(format!("#{}", method.key.name));
                let function = self.function(&method.function, &key_text(&key), method_kind(method.kind), Some(id), method.span);
                add(self, Member { key, is_static: method.is_static, function: Some(function), value: None, of: None, private: true });
            }
            ast::ClassMember::ClassProp(prop) => {
                let key = self.prop_key(&prop.key);
                let private = matches!(prop.accessibility, Some(ast::Accessibility::Private | ast::Accessibility::Protected));
                let of = prop.type_ann.as_ref().and_then(|t| types::type_ref(&t.type_ann));
                let value = prop.value.as_deref().map(|v| self.field(id, &key, v, prop.is_static, prop.span, span, initializer));
                add(self, Member { key, is_static: prop.is_static, function: None, value, of, private });
            }
            ast::ClassMember::PrivateProp(prop) => {
                let key = Key::Name(format!("#{}", prop.key.name));
                let of = prop.type_ann.as_ref().and_then(|t| types::type_ref(&t.type_ann));
                let value = prop.value.as_deref().map(|v| self.field(id, &key, v, prop.is_static, prop.span, span, initializer));
                add(self, Member { key, is_static: prop.is_static, function: None, value, of, private: true });
            }
            ast::ClassMember::AutoAccessor(prop) => {
                let key = match &prop.key {
                    ast::Key::Private(private) => Key::Name(format!("#{}", private.name)),
                    ast::Key::Public(public) => self.prop_key(public),
                };
                let value = prop.value.as_deref().map(|v| self.field(id, &key, v, prop.is_static, prop.span, span, initializer));
                add(self, Member { key, is_static: prop.is_static, function: None, value, of: None, private: false });
            }
            ast::ClassMember::StaticBlock(block) => statements::statements(self, &block.body.stmts),
            _ => {}
        }
    }

    /// A field's initial value, assigned in the class's initializer (a static one where the class is written).
    #[allow(clippy::too_many_arguments)]
    fn field(
        &mut self,
        class: ClassId,
        key: &Key,
        value: &ast::Expr,
        is_static: bool,
        span: Span,
        class_span: Span,
        initializer: &mut Option<FunctionId>,
    ) -> ValueId {
        if is_static {
            let object = self.value(Value::Class(class));
            let value = self.named(value, &key_text(key));
            self.assign(Place::Member(object, key.clone()), value, span);
            return value;
        }
        let function = match *initializer {
            Some(function) => function,
            None => {
                let function = self.open_function("", class_span, FunctionKind::Initializer, false, false);
                self.facts.functions[function.index()].class = Some(class);
                if let Some(named) = self.names.initializer(class_span, false) {
                    self.function_of.insert(named, function);
                }
                *initializer = Some(function);
                function
            }
        };
        self.inside(function, |x| {
            let this = x.value(Value::This(function));
            let value = x.named(value, &key_text(key));
            x.assign(Place::Member(this, key.clone()), value, span);
            value
        })
    }

    fn constructor(&mut self, constructor: &ast::Constructor, name: &str, class: ClassId) -> FunctionId {
        let id = self.open_function(name, constructor.span, FunctionKind::Constructor, false, false);
        self.facts.functions[id.index()].class = Some(class);
        let documented = types::js_doc(self.text, self.offset(constructor.span.lo));
        self.inside(id, |x| {
            for (index, param) in constructor.params.iter().enumerate() {
                match param {
                    ast::ParamOrTsParamProp::Param(param) => x.param(id, index, &param.pat, &documented),
                    ast::ParamOrTsParamProp::TsParamProp(prop) => {
                        let (ident, pat) = match &prop.param {
                            ast::TsParamPropParam::Ident(ident) => (ident.clone(), ast::Pat::Ident(ident.clone())),
                            ast::TsParamPropParam::Assign(assign) => match &*assign.left {
                                ast::Pat::Ident(ident) => (ident.clone(), ast::Pat::Assign(assign.clone())),
                                _ => continue,
                            },
                        };
                        x.param(id, index, &pat, &documented);
                        let this = x.value(Value::This(id));
                        let from = match x.names.binding(&ident.id) {
                            Some(binding) => x.value(Value::Binding(binding)),
                            None => x.value(Value::Param(id, index as u32)),
                        };
                        let key = Key::Name(ident.id.sym.to_string());
                        let of = x.facts.functions[id.index()].params[index].of.clone();
                        x.facts.classes[class.index()].members.push(Member {
                            key: key.clone(),
                            is_static: false,
                            function: None,
                            value: None,
                            of,
                            private: matches!(prop.accessibility, Some(ast::Accessibility::Private | ast::Accessibility::Protected)),
                        });
                        x.assign(Place::Member(this, key), from, prop.span);
                    }
                }
            }
            if let Some(body) = &constructor.body {
                statements::statements(x, &body.stmts);
            }
        });
        id
    }

    /// An expression whose function, arrow or class takes the name of what it is put into.
    pub fn named(&mut self, expr: &ast::Expr, name: &str) -> ValueId {
        self.named_at(expr, name, expr.span())
    }

    pub fn named_at(&mut self, expr: &ast::Expr, name: &str, doc: Span) -> ValueId {
        match expr {
            ast::Expr::Paren(paren) => self.named_at(&paren.expr, name, doc),
            ast::Expr::Arrow(arrow) => {
                let id = self.arrow(arrow, name, doc);
                self.value(Value::Function(id))
            }
            ast::Expr::Fn(function) => {
                let own = function.ident.as_ref().map(|i| i.sym.to_string());
                let id = self.function(&function.function, own.as_deref().unwrap_or(name), FunctionKind::Plain, None, doc);
                let value = self.value(Value::Function(id));
                self.bind_self(function.ident.as_ref(), value, function.function.span);
                value
            }
            ast::Expr::Class(class) => {
                let binding = class.ident.as_ref().and_then(|i| self.names.binding(i));
                let own = class.ident.as_ref().map(|i| i.sym.to_string());
                let id = self.class(&class.class, own.as_deref().unwrap_or(name), binding);
                let value = self.value(Value::Class(id));
                self.bind_self(class.ident.as_ref(), value, class.class.span);
                value
            }
            _ => self.expr(expr, Use::Used),
        }
    }

    /// The inner name of a named function or class expression.
    fn bind_self(&mut self, ident: Option<&ast::Ident>, value: ValueId, span: Span) {
        if let Some(binding) = ident.and_then(|i| self.names.binding(i)) {
            self.assign(Place::Binding(binding), value, span);
        }
    }
}

fn method_kind(kind: ast::MethodKind) -> FunctionKind {
    match kind {
        ast::MethodKind::Method => FunctionKind::Method,
        ast::MethodKind::Getter => FunctionKind::Getter,
        ast::MethodKind::Setter => FunctionKind::Setter,
    }
}

pub(super) fn key_text(key: &Key) -> String {
    match key {
        Key::Name(name) => name.clone(),
        Key::Computed(_) => String::new(),
    }
}
