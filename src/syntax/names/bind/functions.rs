//! Functions and classes: their parameters, bodies, initializers and own names.

use swc_atoms::Atom;
use swc_common::{BytePos, Spanned};
use swc_ecma_ast as ast;
use swc_ecma_visit::VisitWith;

use super::{Binder, Hoist, has_use_strict};
use crate::facts::{BindingId, BindingKind, FunctionId, FunctionKind};
use crate::syntax::names::{Mention, ScopeId, ScopeKind};

impl Binder {
    /// A function's parameters and body. `parameters` declares the former.
    fn inside(&mut self, id: FunctionId, parameters: impl FnOnce(&mut Self, ScopeId), body: Option<&ast::FunctionBody>) {
        let outer_strict = self.strict;
        if body.is_some_and(|body| has_use_strict(&body.stmts)) {
            self.strict = true;
            self.functions[id.index()].strict = true;
        }
        let scope = self.open_in(ScopeKind::Function, id);
        parameters(self, scope);
        if let Some(body) = body {
            // Behind parameters that run code, the body's names are a scope of their own.
            let own = !self.functions[id.index()].simple;
            if own {
                self.open(ScopeKind::Body);
            }
            body.stmts.visit_with(self);
            if own {
                self.close();
            }
        }
        self.close();
        self.strict = outer_strict;
    }

    /// Any function but an arrow and a constructor.
    pub(super) fn function_like(
        &mut self,
        node: &ast::Function,
        kind: FunctionKind,
        start: BytePos,
        own_name: Option<&ast::Ident>,
    ) -> FunctionId {
        let id = self.new_function(node.span, start, kind, node.body.is_some());
        for parameter in &node.params {
            parameter.decorators.visit_with(self);
        }
        self.functions[id.index()].simple = node.params.iter().all(|parameter| parameter.pat.is_ident());
        if let Some(name) = own_name {
            let scope = self.open_in(ScopeKind::SelfName, id);
            self.declare(name, BindingKind::Function, scope);
        }
        let parameters = |binder: &mut Self, scope: ScopeId| {
            node.params.iter().for_each(|parameter| binder.declare_pattern(&parameter.pat, BindingKind::Param, scope));
        };
        self.inside(id, parameters, node.body.as_ref());
        if own_name.is_some() {
            self.close();
        }
        id
    }

    pub(super) fn arrow(&mut self, node: &ast::ArrowExpr) {
        let id = self.new_function(node.span, node.span.lo, FunctionKind::Arrow, true);
        self.functions[id.index()].simple = node.params.iter().all(ast::Pat::is_ident);
        let parameters = |binder: &mut Self, scope: ScopeId| {
            node.params.iter().for_each(|parameter| binder.declare_pattern(parameter, BindingKind::Param, scope));
            if let ast::ArrowFunctionBody::Expr(body) = &*node.body {
                body.visit_with(binder);
            }
        };
        let body = match &*node.body {
            ast::ArrowFunctionBody::FunctionBody(body) => Some(body),
            ast::ArrowFunctionBody::Expr(_) => None,
        };
        self.inside(id, parameters, body);
    }

    /// A function declaration's name: like `var` at the top of a function, like `let` in a block.
    pub(super) fn declare_function(&mut self, name: &ast::Ident, node: &ast::Function) {
        let scope = self.scope();
        let in_block = self.open.last().is_some_and(|open| open.vars != open.scope);
        let binding = self.declare(name, BindingKind::Function, scope);
        if in_block && !self.strict && !node.is_async && !node.is_generator {
            let symbol = self.symbol(&name.sym);
            // The function itself comes next.
            let function = FunctionId(self.functions.len() as u32);
            self.hoists.push(Hoist { symbol, binding, function, origin: scope });
        }
    }

    /// A method of an object literal. Only methods stand in the scope that holds the literal for `super`.
    pub(super) fn object_method(&mut self, key: &ast::PropName, node: &ast::Function, kind: FunctionKind, scope: ScopeId) {
        key.visit_with(self);
        self.reopen(scope);
        let id = self.function_like(node, kind, key.span_lo(), None);
        self.close();
        if self.functions[id.index()].uses_super {
            self.scopes[scope.index()].home.get_or_insert(Mention { function: id, at: node.span.lo });
        }
    }

    /// What class declarations and class expressions share. A declaration's name inside is another slot of the outer variable.
    pub(super) fn class(&mut self, node: &ast::Class, own_name: Option<&ast::Ident>, outer: Option<BindingId>) {
        node.decorators.visit_with(self);
        let outer_strict = std::mem::replace(&mut self.strict, true);
        let scope = self.open(ScopeKind::Class);
        match (own_name, outer) {
            (Some(name), Some(_)) => {
                let symbol = self.symbol(&name.sym);
                self.add_slot(symbol, BindingKind::Class, scope, outer);
            }
            (Some(name), None) => {
                self.declare(name, BindingKind::Class, scope);
            }
            (None, _) => {}
        }
        let private = self.static_private.len();
        self.static_private.extend(node.body.iter().filter_map(static_private_method).map(|name| (name.clone(), false)));
        node.super_class.visit_with(self);
        let mut initializers = [None, None];
        for member in &node.body {
            self.member(node, member, &mut initializers);
        }
        // A static private method that is mentioned is found through the class, so V8 keeps the class at hand for everything inside.
        if let Some(slot) = self.scopes[scope.index()].first {
            self.slots[slot.index()].context = self.static_private[private..].iter().any(|(_, mentioned)| *mentioned);
        }
        self.static_private.truncate(private);
        self.close();
        self.strict = outer_strict;
    }

    fn member(&mut self, class: &ast::Class, member: &ast::ClassMember, initializers: &mut [Option<ScopeId>; 2]) {
        let (value, is_static) = match member {
            ast::ClassMember::Constructor(node) => return self.constructor(node),
            ast::ClassMember::Method(node) => {
                node.function.decorators.visit_with(self);
                node.key.visit_with(self);
                self.function_like(&node.function, method_kind(node.kind), node.key.span_lo(), None);
                return;
            }
            ast::ClassMember::PrivateMethod(node) => {
                node.function.decorators.visit_with(self);
                self.function_like(&node.function, method_kind(node.kind), node.key.span.lo, None);
                return;
            }
            ast::ClassMember::StaticBlock(node) => {
                self.open_initializer(class, true, initializers);
                self.open(ScopeKind::Body);
                node.body.stmts.visit_with(self);
                self.close();
                return self.close();
            }
            ast::ClassMember::ClassProp(node) => {
                node.decorators.visit_with(self);
                node.key.visit_with(self);
                (&node.value, node.is_static)
            }
            ast::ClassMember::PrivateProp(node) => {
                node.decorators.visit_with(self);
                (&node.value, node.is_static)
            }
            ast::ClassMember::AutoAccessor(node) => {
                node.decorators.visit_with(self);
                node.key.visit_with(self);
                (&node.value, node.is_static)
            }
            ast::ClassMember::TsIndexSignature(_) | ast::ClassMember::Empty(_) => return,
        };
        if let Some(value) = value {
            self.open_initializer(class, is_static, initializers);
            value.visit_with(self);
            self.close();
        }
    }

    /// Opens the scope of the class's initializer: one function for all instance fields, and one for all that is static.
    fn open_initializer(&mut self, class: &ast::Class, is_static: bool, scopes: &mut [Option<ScopeId>; 2]) {
        let scope = match scopes[usize::from(is_static)] {
            Some(scope) => scope,
            None => {
                let id = self.new_function(class.span, class.span.lo, FunctionKind::Initializer, true);
                self.initializer_at.insert((class.span.lo.0, is_static), id);
                *scopes[usize::from(is_static)].insert(self.new_scope(ScopeKind::Function, id))
            }
        };
        self.reopen(scope);
    }

    fn constructor(&mut self, node: &ast::Constructor) {
        let id = self.new_function(node.span, node.key.span_lo(), FunctionKind::Constructor, node.body.is_some());
        for parameter in &node.params {
            match parameter {
                ast::ParamOrTsParamProp::Param(parameter) => parameter.decorators.visit_with(self),
                ast::ParamOrTsParamProp::TsParamProp(parameter) => parameter.decorators.visit_with(self),
            }
        }
        self.functions[id.index()].simple = node.params.iter().all(|parameter| match parameter {
            ast::ParamOrTsParamProp::Param(parameter) => parameter.pat.is_ident(),
            ast::ParamOrTsParamProp::TsParamProp(parameter) => parameter.param.is_ident(),
        });
        let parameters = |binder: &mut Self, scope: ScopeId| {
            for parameter in &node.params {
                match parameter {
                    ast::ParamOrTsParamProp::Param(parameter) => binder.declare_pattern(&parameter.pat, BindingKind::Param, scope),
                    ast::ParamOrTsParamProp::TsParamProp(parameter) => match &parameter.param {
                        ast::TsParamPropParam::Ident(name) => {
                            binder.declare(&name.id, BindingKind::Param, scope);
                        }
                        ast::TsParamPropParam::Assign(assign) => {
                            binder.declare_pattern(&assign.left, BindingKind::Param, scope);
                            assign.right.visit_with(binder);
                        }
                    },
                }
            }
        };
        self.inside(id, parameters, node.body.as_ref());
    }
}

fn static_private_method(member: &ast::ClassMember) -> Option<&Atom> {
    match member {
        ast::ClassMember::PrivateMethod(method) if method.is_static => Some(&method.key.name),
        _ => None,
    }
}

fn method_kind(kind: ast::MethodKind) -> FunctionKind {
    match kind {
        ast::MethodKind::Method => FunctionKind::Method,
        ast::MethodKind::Getter => FunctionKind::Getter,
        ast::MethodKind::Setter => FunctionKind::Setter,
    }
}
