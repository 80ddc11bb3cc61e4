//! The walk itself: which node opens a scope, declares a name, or mentions one. Types are passed by.

use swc_ecma_ast as ast;
use swc_ecma_visit::{Visit, VisitWith};

use super::Binder;
use crate::facts::{BindingKind, FunctionKind};
use crate::syntax::names::{ScopeId, ScopeKind};

impl Binder {
    /// Declares the names of a pattern and visits its defaults and computed keys, in the order of the text.
    pub(super) fn declare_pattern(&mut self, pattern: &ast::Pat, kind: BindingKind, scope: ScopeId) {
        match pattern {
            ast::Pat::Ident(identifier) => {
                self.declare(&identifier.id, kind, scope);
            }
            ast::Pat::Array(array) => array.elems.iter().flatten().for_each(|element| self.declare_pattern(element, kind, scope)),
            ast::Pat::Rest(rest) => self.declare_pattern(&rest.arg, kind, scope),
            ast::Pat::Object(object) => {
                for property in &object.props {
                    match property {
                        ast::ObjectPatProp::KeyValue(property) => {
                            property.key.visit_with(self);
                            self.declare_pattern(&property.value, kind, scope);
                        }
                        ast::ObjectPatProp::Assign(property) => {
                            self.declare_part(kind, scope, property.value.is_some(), |binder| {
                                binder.declare(&property.key.id, kind, scope);
                            });
                            property.value.visit_with(self);
                        }
                        ast::ObjectPatProp::Rest(rest) => self.declare_pattern(&rest.arg, kind, scope),
                    }
                }
            }
            ast::Pat::Assign(assign) => {
                self.declare_part(kind, scope, true, |binder| binder.declare_pattern(&assign.left, kind, scope));
                assign.right.visit_with(self);
            }
            ast::Pat::Invalid(_) | ast::Pat::Expr(_) => pattern.visit_with(self),
        }
    }

    /// Part of a pattern. V8 keeps what is caught as a whole, and so its parts; a default is none of them.
    fn declare_part(&mut self, kind: BindingKind, scope: ScopeId, defaulted: bool, declare: impl FnOnce(&mut Self)) {
        let first = self.slots.len();
        declare(self);
        if defaulted && kind == BindingKind::Catch {
            self.slots[first..].iter_mut().filter(|slot| slot.scope == scope).for_each(|slot| slot.context = false);
        }
    }

    fn declare_variables(&mut self, declarators: &[ast::VarDeclarator], kind: BindingKind, scope: ScopeId) {
        for declarator in declarators {
            self.declare_pattern(&declarator.name, kind, scope);
            if declarator.init.is_some() {
                self.assigned_arguments(&declarator.name, kind);
            }
            declarator.init.visit_with(self);
        }
    }

    /// `var arguments = x` writes the object that V8 makes; `var arguments` alone does not ask for it.
    fn assigned_arguments(&mut self, pattern: &ast::Pat, kind: BindingKind) {
        if let (ast::Pat::Ident(name), BindingKind::Var) = (pattern, kind)
            && name.sym == *"arguments"
        {
            self.reference(name);
        }
    }

    /// `for (head of iterated) body` and `for (head in iterated) body`. The closures of what is iterated reach past the turns.
    fn for_each(&mut self, head: &ast::ForHead, iterated: &ast::Expr, body: &ast::Stmt) {
        let (declarators, kind) = match head {
            ast::ForHead::VarDecl(node) if node.kind != ast::VarDeclKind::Var => (&node.decls, variable_kind(node.kind)),
            ast::ForHead::UsingDecl(node) => (&node.decls, BindingKind::Using),
            _ => {
                head.visit_with(self);
                if let ast::ForHead::VarDecl(node) = head {
                    node.decls.iter().for_each(|declarator| self.assigned_arguments(&declarator.name, BindingKind::Var));
                }
                iterated.visit_with(self);
                body.visit_with(self);
                return;
            }
        };
        let outer = self.scope();
        let turn = self.open(ScopeKind::Iteration);
        self.declare_variables(declarators, kind, turn);
        let scope = self.open(ScopeKind::Iterated);
        self.scopes[scope.index()].parent = Some(outer);
        iterated.visit_with(self);
        self.close();
        body.visit_with(self);
        self.close();
    }

    /// The variables that the object of a `with` is made of: closures inside keep them.
    fn with_object(&mut self, scope: ScopeId, object: &ast::Expr) {
        match object {
            ast::Expr::Ident(name) => self.objects.push((scope, name.span.lo)),
            ast::Expr::This(_) => self.scopes[scope.index()].object_this = true,
            ast::Expr::Paren(node) => self.with_object(scope, &node.expr),
            ast::Expr::Seq(node) => node.exprs.last().into_iter().for_each(|last| self.with_object(scope, last)),
            ast::Expr::Assign(node) => self.with_object(scope, &node.right),
            ast::Expr::Cond(node) => [&node.cons, &node.alt].into_iter().for_each(|side| self.with_object(scope, side)),
            ast::Expr::Bin(node) => [&node.left, &node.right].into_iter().for_each(|side| self.with_object(scope, side)),
            ast::Expr::Array(node) => node.elems.iter().flatten().for_each(|element| self.with_object(scope, &element.expr)),
            ast::Expr::Object(node) => {
                for property in node.props.iter().filter_map(|property| property.as_prop()) {
                    match &**property {
                        ast::Prop::Shorthand(name) => self.objects.push((scope, name.span.lo)),
                        ast::Prop::KeyValue(property) => self.with_object(scope, &property.value),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn namespace(&mut self, body: &ast::TsNamespaceBody) {
        let scope = self.open(ScopeKind::Namespace);
        match body {
            ast::TsNamespaceBody::TsModuleBlock(block) => block.body.visit_with(self),
            ast::TsNamespaceBody::TsNamespaceDecl(inner) => {
                self.declare(&inner.id, BindingKind::Const, scope);
                self.namespace(&inner.body);
            }
        }
        self.close();
    }

    /// The statement of an `if`. A function declared there without braces has a block of its own.
    fn branch(&mut self, node: &ast::Stmt) {
        match node {
            ast::Stmt::Decl(ast::Decl::Fn(_)) => self.in_scope(ScopeKind::Block, |binder| node.visit_with(binder)),
            _ => node.visit_with(self),
        }
    }

    fn in_ambient(&mut self, ambient: bool, inside: impl FnOnce(&mut Self)) {
        let outer = self.ambient;
        self.ambient |= ambient;
        inside(self);
        self.ambient = outer;
    }

    fn in_scope(&mut self, kind: ScopeKind, inside: impl FnOnce(&mut Self)) {
        self.open(kind);
        inside(self);
        self.close();
    }
}

fn variable_kind(kind: ast::VarDeclKind) -> BindingKind {
    match kind {
        ast::VarDeclKind::Var => BindingKind::Var,
        ast::VarDeclKind::Let => BindingKind::Let,
        ast::VarDeclKind::Const => BindingKind::Const,
    }
}

/// The name `eval`, as V8 reads it: parentheses do not matter.
fn is_eval(callee: &ast::Expr) -> bool {
    matches!(callee.unwrap_parens(), ast::Expr::Ident(name) if name.sym == *"eval")
}

impl Visit for Binder {
    // Expressions.

    fn visit_ident(&mut self, node: &ast::Ident) {
        self.reference(node);
    }

    fn visit_binding_ident(&mut self, node: &ast::BindingIdent) {
        // Declared names do not come here; this one is assigned.
        self.reference(&node.id);
    }

    fn visit_private_name(&mut self, node: &ast::PrivateName) {
        if let Some((_, mentioned)) = self.static_private.iter_mut().rev().find(|(name, _)| *name == node.name) {
            *mentioned = true;
        }
    }

    fn visit_bin_expr(&mut self, node: &ast::BinExpr) {
        // `a + b + c + ...` is as deep as it is long: down its left side without recursion.
        let mut spine = Vec::new();
        let mut first = node;
        while let ast::Expr::Bin(inner) = &*first.left {
            spine.push(first);
            first = inner;
        }
        first.left.visit_with(self);
        first.right.visit_with(self);
        while let Some(outer) = spine.pop() {
            outer.right.visit_with(self);
        }
    }

    fn visit_this_expr(&mut self, node: &ast::ThisExpr) {
        self.this(node.span.lo, false);
    }

    fn visit_super(&mut self, node: &ast::Super) {
        self.this(node.span.lo, true);
    }

    fn visit_call_expr(&mut self, node: &ast::CallExpr) {
        if let ast::Callee::Expr(callee) = &node.callee
            && is_eval(callee)
        {
            let function = self.function();
            let scope = self.scope();
            self.scopes[scope.index()].eval.get_or_insert(function);
        }
        node.callee.visit_with(self);
        node.args.visit_with(self);
    }

    fn visit_fn_expr(&mut self, node: &ast::FnExpr) {
        self.function_like(&node.function, FunctionKind::Plain, node.function.span.lo, node.ident.as_ref());
    }

    fn visit_arrow_expr(&mut self, node: &ast::ArrowExpr) {
        self.arrow(node);
    }

    fn visit_class_expr(&mut self, node: &ast::ClassExpr) {
        self.class(&node.class, node.ident.as_ref(), None);
    }

    fn visit_object_lit(&mut self, node: &ast::ObjectLit) {
        let mut scope = None;
        for property in &node.props {
            let ast::PropOrSpread::Prop(property) = property else {
                property.visit_with(self);
                continue;
            };
            let (key, function, kind) = match &**property {
                ast::Prop::Method(property) => (&property.key, &property.function, FunctionKind::Method),
                ast::Prop::Getter(property) => (&property.key, &property.function, FunctionKind::Getter),
                ast::Prop::Setter(property) => (&property.key, &property.function, FunctionKind::Setter),
                _ => {
                    property.visit_with(self);
                    continue;
                }
            };
            let scope = *scope.get_or_insert_with(|| {
                let scope = self.new_scope(ScopeKind::Object, self.function());
                self.scopes[scope.index()].at = node.span.lo;
                scope
            });
            self.object_method(key, function, kind, scope);
        }
    }

    fn visit_jsx_element_name(&mut self, node: &ast::JSXElementName) {
        match node {
            // `<div>` is no variable.
            ast::JSXElementName::Ident(name) if name.sym.starts_with(|first: char| first.is_ascii_lowercase()) => {}
            _ => node.visit_children_with(self),
        }
    }

    fn visit_jsx_object(&mut self, node: &ast::JSXObject) {
        match node {
            ast::JSXObject::Ident(name) if name.sym == *"this" => self.this(name.span.lo, false),
            _ => node.visit_children_with(self),
        }
    }

    fn visit_jsx_closing_element(&mut self, _: &ast::JSXClosingElement) {}

    // Statements.

    fn visit_block_stmt(&mut self, node: &ast::BlockStmt) {
        self.in_scope(ScopeKind::Block, |binder| node.stmts.visit_with(binder));
    }

    fn visit_if_stmt(&mut self, node: &ast::IfStmt) {
        // `else if` chains are as deep as they are long.
        let mut node = node;
        loop {
            node.test.visit_with(self);
            self.branch(&node.cons);
            match node.alt.as_deref() {
                Some(ast::Stmt::If(next)) => node = next,
                Some(last) => return self.branch(last),
                None => return,
            }
        }
    }

    fn visit_switch_stmt(&mut self, node: &ast::SwitchStmt) {
        node.discriminant.visit_with(self);
        self.in_scope(ScopeKind::Block, |binder| node.cases.visit_with(binder));
    }

    fn visit_for_stmt(&mut self, node: &ast::ForStmt) {
        let ast::ForStmt { init, test, update, body, .. } = node;
        let rest = |binder: &mut Self| {
            test.visit_with(binder);
            update.visit_with(binder);
            body.visit_with(binder);
        };
        match init {
            Some(ast::VarDeclOrExpr::VarDecl(head)) if head.kind != ast::VarDeclKind::Var => {
                let kind = variable_kind(head.kind);
                let scope = self.open(ScopeKind::Loop);
                self.declare_variables(&head.decls, kind, scope);
                let turn = self.open(ScopeKind::Iteration);
                self.copy_slots(scope, turn);
                rest(self);
                self.close();
                self.close();
            }
            _ => {
                init.visit_with(self);
                rest(self);
            }
        }
    }

    fn visit_for_in_stmt(&mut self, node: &ast::ForInStmt) {
        self.for_each(&node.left, &node.right, &node.body);
    }

    fn visit_for_of_stmt(&mut self, node: &ast::ForOfStmt) {
        self.for_each(&node.left, &node.right, &node.body);
    }

    fn visit_catch_clause(&mut self, node: &ast::CatchClause) {
        let Some(parameter) = &node.param else { return node.body.visit_with(self) };
        let scope = self.open(ScopeKind::Catch);
        self.declare_pattern(parameter, BindingKind::Catch, scope);
        node.body.visit_with(self);
        self.close();
    }

    fn visit_with_stmt(&mut self, node: &ast::WithStmt) {
        node.obj.visit_with(self);
        let scope = self.open(ScopeKind::With);
        self.with_object(scope, &node.obj);
        node.body.visit_with(self);
        self.close();
    }

    fn visit_labeled_stmt(&mut self, node: &ast::LabeledStmt) {
        node.body.visit_with(self);
    }

    fn visit_break_stmt(&mut self, _: &ast::BreakStmt) {}

    fn visit_continue_stmt(&mut self, _: &ast::ContinueStmt) {}

    // Declarations.

    fn visit_var_decl(&mut self, node: &ast::VarDecl) {
        let scope = match node.kind {
            ast::VarDeclKind::Var => self.open.last().map_or(ScopeId(0), |open| open.vars),
            _ => self.scope(),
        };
        self.in_ambient(node.declare, |binder| binder.declare_variables(&node.decls, variable_kind(node.kind), scope));
    }

    fn visit_using_decl(&mut self, node: &ast::UsingDecl) {
        let scope = self.scope();
        self.declare_variables(&node.decls, BindingKind::Using, scope);
    }

    fn visit_fn_decl(&mut self, node: &ast::FnDecl) {
        self.in_ambient(node.declare, |binder| {
            binder.declare_function(&node.ident, &node.function);
            binder.function_like(&node.function, FunctionKind::Plain, node.function.span.lo, None);
        });
    }

    fn visit_class_decl(&mut self, node: &ast::ClassDecl) {
        let scope = self.scope();
        self.in_ambient(node.declare, |binder| {
            let outer = binder.declare(&node.ident, BindingKind::Class, scope);
            binder.class(&node.class, Some(&node.ident), Some(outer));
        });
    }

    fn visit_export_default_decl(&mut self, node: &ast::ExportDefaultDecl) {
        match &node.decl {
            ast::DefaultDecl::Fn(function) => {
                if let Some(name) = &function.ident {
                    self.declare_function(name, &function.function);
                }
                self.function_like(&function.function, FunctionKind::Plain, function.function.span.lo, None);
            }
            ast::DefaultDecl::Class(class) => {
                let scope = self.scope();
                let outer = class.ident.as_ref().map(|name| self.declare(name, BindingKind::Class, scope));
                self.class(&class.class, class.ident.as_ref(), outer);
            }
            ast::DefaultDecl::TsInterfaceDecl(_) => {}
        }
    }

    fn visit_ts_enum_decl(&mut self, node: &ast::TsEnumDecl) {
        let scope = self.scope();
        self.in_ambient(node.declare, |binder| {
            binder.declare(&node.id, BindingKind::Const, scope);
        });
        let inner = self.open(ScopeKind::Enum);
        for member in &node.members {
            // `B = A << 1` means the member, whatever else is called `A`.
            if let ast::TsEnumMemberId::Ident(name) = &member.id {
                let symbol = self.symbol(&name.sym);
                self.add_slot(symbol, BindingKind::Const, inner, None);
            }
            member.init.visit_with(self);
        }
        self.close();
    }

    fn visit_ts_module_decl(&mut self, node: &ast::TsModuleDecl) {
        let scope = self.scope();
        self.in_ambient(node.declare, |binder| {
            if let ast::TsModuleName::Ident(name) = &node.id
                && !node.global
            {
                binder.declare(name, BindingKind::Const, scope);
            }
            node.body.iter().for_each(|body| binder.namespace(body));
        });
    }

    // Modules.

    fn visit_import_decl(&mut self, node: &ast::ImportDecl) {
        let scope = self.scope();
        for specifier in &node.specifiers {
            let local = match specifier {
                ast::ImportSpecifier::Named(specifier) => &specifier.local,
                ast::ImportSpecifier::Default(specifier) => &specifier.local,
                ast::ImportSpecifier::Namespace(specifier) => &specifier.local,
            };
            self.declare(local, BindingKind::Import, scope);
        }
    }

    fn visit_ts_import_equals_decl(&mut self, node: &ast::TsImportEqualsDecl) {
        let scope = self.scope();
        self.declare(&node.id, BindingKind::Import, scope);
        if let ast::TsModuleRef::TsEntityName(name) = &node.module_ref
            && !node.is_type_only
        {
            name.visit_with(self);
        }
    }

    fn visit_named_export(&mut self, node: &ast::NamedExport) {
        if node.src.is_some() || node.type_only {
            return;
        }
        for specifier in &node.specifiers {
            if let ast::ExportSpecifier::Named(specifier) = specifier
                && let ast::ModuleExportName::Ident(name) = &specifier.orig
                && !specifier.is_type_only
            {
                self.reference(name);
            }
        }
    }

    fn visit_export_all(&mut self, _: &ast::ExportAll) {}

    fn visit_ts_namespace_export_decl(&mut self, _: &ast::TsNamespaceExportDecl) {}

    // Types mention no variables of the running program.

    fn visit_ts_type_ann(&mut self, _: &ast::TsTypeAnn) {}

    fn visit_ts_type(&mut self, _: &ast::TsType) {}

    fn visit_ts_type_param_decl(&mut self, _: &ast::TsTypeParamDecl) {}

    fn visit_ts_type_param_instantiation(&mut self, _: &ast::TsTypeParamInstantiation) {}

    fn visit_ts_interface_decl(&mut self, _: &ast::TsInterfaceDecl) {}

    fn visit_ts_type_alias_decl(&mut self, _: &ast::TsTypeAliasDecl) {}

    fn visit_ts_expr_with_type_args(&mut self, _: &ast::TsExprWithTypeArgs) {}
}
