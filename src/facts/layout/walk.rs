//! The walk through a parsed file that makes its layout.

use swc_common::{Span, Spanned};
use swc_ecma_ast as ast;
use swc_ecma_visit::{Visit, VisitWith};

use super::{
    Argument, Block, BlockIx, Bytes, CallLayout, ClassIx, ClassLayout, FunctionIx, FunctionLayout, If, Layout, ObjectIx, ObjectLayout,
    Statement, StatementIx, StatementKind,
};

/// Spans count bytes from one.
pub(super) fn bytes(span: Span) -> Bytes {
    (span.lo.0.saturating_sub(1)) as usize..(span.hi.0.saturating_sub(1)) as usize
}

/// The way through a parsed file, and what is written down on it.
#[derive(Default)]
pub(super) struct Walk {
    pub(super) layout: Layout,
    statement: StatementIx,
    function: FunctionIx,
    /// Where the next statement stands.
    place: Option<BlockIx>,
    class: Option<ClassIx>,
    /// The object literal that the next one is a property of.
    within: Option<(ObjectIx, String)>,
    /// By the start of a function expression: its index.
    made: Vec<(usize, FunctionIx)>,
}

impl Walk {
    pub(super) fn push(&mut self, span: Bytes, block: Option<BlockIx>, kind: StatementKind, inside: impl FnOnce(&mut Self)) {
        let id = self.layout.statements.len();
        let place = block.map(|block| {
            let statements = &mut self.layout.blocks[block].statements;
            statements.push(id);
            (block, statements.len() - 1)
        });
        self.layout.statements.push(Statement { span, place, function: self.function, kind });
        let outer = std::mem::replace(&mut self.statement, id);
        inside(self);
        self.statement = outer;
    }

    pub(super) fn statement_of(&mut self, block: BlockIx, node: &ast::Stmt) {
        self.place = Some(block);
        node.visit_with(self);
    }

    fn declares(&mut self, name: &str) {
        self.layout.functions[self.function].names.push(name.to_owned());
    }

    /// Statements between braces.
    fn block(&mut self, span: Span, statements: &[ast::Stmt]) -> BlockIx {
        let Bytes { start, end } = bytes(span);
        let id = self.layout.blocks.len();
        self.layout.blocks.push(Block {
            inside: start + 1..end.saturating_sub(1).max(start + 1),
            statements: Vec::new(),
            function: self.function,
        });
        statements.iter().for_each(|statement| self.statement_of(id, statement));
        id
    }

    fn function(&mut self, made: FunctionLayout, inside: impl FnOnce(&mut Self) -> Option<BlockIx>) -> FunctionIx {
        let id = self.layout.functions.len();
        self.made.push((made.span.start, id));
        self.layout.functions.push(FunctionLayout { parent: Some(self.function), ..made });
        let outer = std::mem::replace(&mut self.function, id);
        self.layout.functions[id].body = inside(self);
        self.function = outer;
        id
    }

    fn plain(&mut self, node: &ast::Function, class: Option<ClassIx>, name: &str) -> FunctionIx {
        let made = FunctionLayout {
            span: bytes(node.span),
            is_async: node.is_async,
            is_generator: node.is_generator,
            untyped: node.params.iter().any(|parameter| is_untyped(&parameter.pat)),
            class,
            name: name.to_owned(),
            ..FunctionLayout::default()
        };
        self.function(made, |walk| {
            node.params.visit_with(walk);
            node.body.as_ref().map(|body| walk.block(body.span, &body.stmts))
        })
    }

    fn call(&mut self, span: Span, callee: Option<&ast::Expr>, optional: bool, args: &[ast::ExprOrSpread]) {
        let whole = bytes(span);
        let from = callee.map_or(whole.start, |callee| bytes(callee.span()).end);
        let to = args.first().map_or(whole.end, |first| bytes(first.spread.unwrap_or(first.expr.span())).start);
        let member = match callee {
            Some(ast::Expr::Member(member)) => Some((member, false)),
            Some(ast::Expr::OptChain(chain)) => match &*chain.base {
                ast::OptChainBase::Member(member) => Some((member, chain.optional)),
                ast::OptChainBase::Call(_) => None,
            },
            _ => None,
        };
        let receiver = member.map(|(member, _)| bytes(member.obj.span()));
        let method = member.and_then(|(member, _)| member.prop.as_ident()).map(|name| bytes(name.span));
        let optional = optional || member.is_some_and(|(_, optional)| optional);
        callee.into_iter().for_each(|callee| callee.visit_with(self));
        let args = args.iter().map(|arg| {
            let first = self.made.len();
            arg.expr.visit_with(self);
            let span = bytes(arg.expr.span());
            let function = self
                .made
                .get(first)
                .filter(|(start, _)| matches!(&*arg.expr, ast::Expr::Arrow(_) | ast::Expr::Fn(_)) && *start == span.start);
            Argument { span, spread: arg.spread.is_some(), function: function.map(|(_, function)| *function) }
        });
        let args = args.collect();
        let (statement, function) = (self.statement, self.function);
        self.layout.calls.push(CallLayout { whole, receiver, method, optional, args, statement, function, opening: from..to.max(from) });
    }

    fn members(&mut self, node: &ast::Class) {
        let id = self.layout.classes.len();
        let whole = bytes(node.span);
        let inside =
            node.body.first().map_or(whole.end.saturating_sub(1), |member| bytes(member.span()).start)..whole.end.saturating_sub(1);
        let mut class = ClassLayout {
            inside,
            derived: node.super_class.is_some(),
            constructor: None,
            super_call: None,
            methods: Vec::new(),
            fields: Vec::new(),
        };
        for member in &node.body {
            match member {
                ast::ClassMember::Method(method) if !method.is_static && method.kind == ast::MethodKind::Method => {
                    class.methods.extend(key_name(&method.key));
                }
                ast::ClassMember::ClassProp(field) if !field.is_static => {
                    let arrow = field.value.as_deref().is_some_and(ast::Expr::is_arrow);
                    class.fields.extend(key_name(&field.key).map(|name| (name, arrow)));
                }
                ast::ClassMember::PrivateProp(field) if !field.is_static => {
                    let arrow = field.value.as_deref().is_some_and(ast::Expr::is_arrow);
                    class.fields.push((format!("#{}", field.key.name), arrow));
                }
                _ => {}
            }
        }
        self.layout.classes.push(class);
        node.decorators.visit_with(self);
        node.super_class.visit_with(self);
        let outer = self.class.replace(id);
        node.body.iter().for_each(|member| self.member(id, member));
        self.class = outer;
    }

    fn member(&mut self, class: ClassIx, member: &ast::ClassMember) {
        match member {
            ast::ClassMember::Constructor(node) => {
                let made = FunctionLayout {
                    span: bytes(node.span),
                    class: Some(class),
                    name: "constructor".to_owned(),
                    ..FunctionLayout::default()
                };
                // An overload has no body.
                let has_body = node.body.is_some();
                let id = self.function(made, |walk| {
                    node.params.visit_with(walk);
                    node.body.as_ref().map(|body| walk.block(body.span, &body.stmts))
                });
                if has_body {
                    self.layout.classes[class].constructor = Some(id);
                }
            }
            ast::ClassMember::Method(node) => {
                node.key.visit_with(self);
                let name = key_name(&node.key).unwrap_or_default();
                self.plain(&node.function, (!node.is_static).then_some(class), &name);
            }
            ast::ClassMember::PrivateMethod(node) => {
                self.plain(&node.function, (!node.is_static).then_some(class), &format!("#{}", node.key.name));
            }
            ast::ClassMember::ClassProp(node) => {
                node.key.visit_with(self);
                self.field(class, node.is_static, node.value.as_deref());
            }
            ast::ClassMember::PrivateProp(node) => self.field(class, node.is_static, node.value.as_deref()),
            _ => {
                let outer = self.class.take();
                member.visit_children_with(self);
                self.class = outer;
            }
        }
    }

    /// A field's value runs with the instance as its `this`.
    fn field(&mut self, class: ClassIx, is_static: bool, value: Option<&ast::Expr>) {
        let Some(value) = value else { return };
        let made = FunctionLayout { span: bytes(value.span()), class: (!is_static).then_some(class), ..FunctionLayout::default() };
        self.function(made, |walk| {
            value.visit_with(walk);
            None
        });
    }
}

fn key_name(key: &ast::PropName) -> Option<String> {
    match key {
        ast::PropName::Ident(name) => Some(name.sym.to_string()),
        _ => None,
    }
}

fn is_untyped(pattern: &ast::Pat) -> bool {
    match pattern {
        ast::Pat::Ident(name) => name.type_ann.is_none(),
        ast::Pat::Array(pattern) => pattern.type_ann.is_none(),
        ast::Pat::Object(pattern) => pattern.type_ann.is_none(),
        ast::Pat::Rest(pattern) => pattern.type_ann.is_none(),
        // The default tells the type.
        ast::Pat::Assign(_) => false,
        ast::Pat::Invalid(_) | ast::Pat::Expr(_) => true,
    }
}

/// The names that a declaration keeps to its block.
fn declared(declaration: &ast::Decl) -> Vec<String> {
    match declaration {
        ast::Decl::Var(node) if node.kind == ast::VarDeclKind::Var => Vec::new(),
        ast::Decl::Var(node) => {
            let mut names = Names::default();
            node.decls.iter().for_each(|declarator| declarator.name.visit_with(&mut names));
            names.0
        }
        ast::Decl::Fn(node) => vec![node.ident.sym.to_string()],
        ast::Decl::Class(node) => vec![node.ident.sym.to_string()],
        _ => Vec::new(),
    }
}

/// Names that a pattern declares; its defaults are expressions and declare nothing.
#[derive(Default)]
struct Names(Vec<String>);

impl Visit for Names {
    fn visit_binding_ident(&mut self, node: &ast::BindingIdent) {
        self.0.push(node.sym.to_string());
    }

    fn visit_assign_pat_prop(&mut self, node: &ast::AssignPatProp) {
        self.0.push(node.key.sym.to_string());
    }

    fn visit_expr(&mut self, _: &ast::Expr) {}
}

impl Visit for Walk {
    fn visit_stmt(&mut self, node: &ast::Stmt) {
        let place = self.place.take();
        let kind = match node {
            ast::Stmt::Expr(node) => StatementKind::Expression(bytes(node.expr.span())),
            ast::Stmt::Return(node) => StatementKind::Return(node.arg.as_ref().map(|arg| bytes(arg.span()))),
            ast::Stmt::Decl(declaration) => match declared(declaration) {
                names if names.is_empty() => StatementKind::Other,
                names => StatementKind::Declares(names),
            },
            ast::Stmt::Try(node) => StatementKind::Try(node.finalizer.as_ref().map(|block| {
                let Bytes { start, end } = bytes(block.span);
                start + 1..end - 1
            })),
            ast::Stmt::If(node) => StatementKind::If(If {
                test: bytes(node.test.span()),
                then: bytes(node.cons.span()),
                otherwise: node.alt.as_ref().map(|alt| bytes(alt.span())),
            }),
            ast::Stmt::Switch(_) => StatementKind::Switch,
            ast::Stmt::Block(_) => StatementKind::Block,
            _ => StatementKind::Other,
        };
        self.push(bytes(node.span()), place, kind, |walk| node.visit_children_with(walk));
    }

    fn visit_block_stmt(&mut self, node: &ast::BlockStmt) {
        self.block(node.span, &node.stmts);
    }

    fn visit_function(&mut self, node: &ast::Function) {
        self.plain(node, None, "");
    }

    fn visit_fn_expr(&mut self, node: &ast::FnExpr) {
        let name = node.ident.as_ref().map_or("", |name| &*name.sym);
        self.plain(&node.function, None, name);
    }

    fn visit_arrow_expr(&mut self, node: &ast::ArrowExpr) {
        let made = FunctionLayout {
            span: bytes(node.span),
            arrow: true,
            is_async: node.is_async,
            untyped: node.params.iter().any(is_untyped),
            ..FunctionLayout::default()
        };
        self.function(made, |walk| {
            node.params.visit_with(walk);
            match &*node.body {
                ast::ArrowFunctionBody::FunctionBody(body) => Some(walk.block(body.span, &body.stmts)),
                ast::ArrowFunctionBody::Expr(body) => {
                    walk.layout.functions[walk.function].expression = Some(bytes(body.span()));
                    body.visit_with(walk);
                    None
                }
            }
        });
    }

    fn visit_binding_ident(&mut self, node: &ast::BindingIdent) {
        self.declares(&node.sym);
    }

    fn visit_assign_pat_prop(&mut self, node: &ast::AssignPatProp) {
        self.declares(&node.key.sym);
        node.value.visit_with(self);
    }

    fn visit_tpl(&mut self, node: &ast::Tpl) {
        self.layout.templates.push(bytes(node.span));
        node.exprs.visit_with(self);
    }

    fn visit_object_lit(&mut self, node: &ast::ObjectLit) {
        let within = self.within.take();
        let id = self.layout.objects.len();
        self.layout.objects.push(ObjectLayout { within });
        for property in &node.props {
            let ast::PropOrSpread::Prop(property) = property else {
                property.visit_with(self);
                continue;
            };
            match &**property {
                ast::Prop::Method(method) => {
                    method.key.visit_with(self);
                    let function = self.plain(&method.function, None, &key_name(&method.key).unwrap_or_default());
                    // With its name, unlike that of a class.
                    let start = bytes(method.key.span()).start;
                    let layout = &mut self.layout.functions[function];
                    (layout.object, layout.span.start) = (Some(id), start);
                }
                ast::Prop::KeyValue(pair) => {
                    let name = key_name(&pair.key).unwrap_or_default();
                    let next = self.layout.functions.len();
                    if pair.value.is_object() {
                        self.within = Some((id, name.clone()));
                    }
                    pair.visit_with(self);
                    self.within = None;
                    if let (ast::Expr::Fn(_), Some(function)) = (&*pair.value, self.layout.functions.get_mut(next)) {
                        (function.object, function.name, function.span.start) = (Some(id), name, bytes(pair.span()).start);
                    }
                }
                _ => property.visit_with(self),
            }
        }
    }

    fn visit_fn_decl(&mut self, node: &ast::FnDecl) {
        self.declares(&node.ident.sym);
        self.plain(&node.function, None, &node.ident.sym);
    }

    fn visit_class_decl(&mut self, node: &ast::ClassDecl) {
        self.declares(&node.ident.sym);
        node.class.visit_with(self);
    }

    fn visit_class(&mut self, node: &ast::Class) {
        self.members(node);
    }

    fn visit_call_expr(&mut self, node: &ast::CallExpr) {
        match &node.callee {
            ast::Callee::Expr(callee) => self.call(node.span, Some(callee), false, &node.args),
            ast::Callee::Super(_) => {
                let alone = self.layout.statements.get(self.statement).is_some_and(|statement| {
                    statement.function == self.function && statement.kind == StatementKind::Expression(bytes(node.span))
                });
                let constructor =
                    self.layout.functions[self.function].class.filter(|_| self.layout.functions[self.function].name == "constructor");
                if let Some(class) = constructor.filter(|_| alone) {
                    self.layout.classes[class].super_call = Some(self.statement);
                }
                node.args.visit_with(self);
            }
            ast::Callee::Import(_) => node.args.visit_with(self),
        }
    }

    fn visit_opt_chain_expr(&mut self, node: &ast::OptChainExpr) {
        match &*node.base {
            ast::OptChainBase::Call(call) => self.call(node.span, Some(&call.callee), node.optional, &call.args),
            ast::OptChainBase::Member(member) => member.visit_with(self),
        }
    }
}
