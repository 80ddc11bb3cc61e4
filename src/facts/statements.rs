//! Statements to blocks and items: just enough control flow.

use swc_common::{Span, Spanned};
use swc_ecma_ast as ast;

use super::extract::Extractor;
use super::model::*;
use super::types;

pub(super) fn module_items(x: &mut Extractor, items: &[ast::ModuleItem]) {
    for item in items {
        match item {
            ast::ModuleItem::Stmt(stmt) => statement(x, stmt),
            ast::ModuleItem::ModuleDecl(decl) => {
                x.facts.esm |= !matches!(decl, ast::ModuleDecl::TsImportEquals(_) | ast::ModuleDecl::TsExportAssignment(_));
                module_decl(x, decl);
            }
        }
    }
}

fn module_decl(x: &mut Extractor, decl: &ast::ModuleDecl) {
    match decl {
        ast::ModuleDecl::Import(import) => {
            let module = import.src.value.to_string_lossy().into_owned();
            x.request(&module);
            for specifier in &import.specifiers {
                let (local, name) = match specifier {
                    ast::ImportSpecifier::Named(named) => {
                        (&named.local, named.imported.as_ref().map_or_else(|| named.local.sym.to_string(), export_name))
                    }
                    ast::ImportSpecifier::Default(default) => (&default.local, "default".to_owned()),
                    ast::ImportSpecifier::Namespace(namespace) => (&namespace.local, "*".to_owned()),
                };
                if let Some(binding) = x.names.binding(local) {
                    let value = x.value(Value::Import(module.clone(), name));
                    x.assign(Place::Binding(binding), value, local.span);
                }
            }
        }
        ast::ModuleDecl::ExportDecl(export) => {
            declaration(x, &export.decl, export.span);
            for (name, binding) in declared_names(x, &export.decl) {
                let value = x.value(Value::Binding(binding));
                x.facts.exports.push(Export::Local(name, value));
            }
        }
        ast::ModuleDecl::ExportNamed(named) => {
            if let Some(src) = &named.src {
                x.request(&src.value.to_string_lossy());
            }
            for specifier in &named.specifiers {
                match (&named.src, specifier) {
                    (Some(src), ast::ExportSpecifier::Named(one)) => {
                        let from = export_name(&one.orig);
                        let name = one.exported.as_ref().map_or_else(|| from.clone(), export_name);
                        x.facts.exports.push(Export::From { name, module: src.value.to_string_lossy().into_owned(), from });
                    }
                    (Some(src), ast::ExportSpecifier::Namespace(one)) => x.facts.exports.push(Export::From {
                        name: export_name(&one.name),
                        module: src.value.to_string_lossy().into_owned(),
                        from: "*".into(),
                    }),
                    (None, ast::ExportSpecifier::Named(one)) => {
                        if let ast::ModuleExportName::Ident(ident) = &one.orig {
                            let value = x.ident(ident);
                            let name = one.exported.as_ref().map_or_else(|| ident.sym.to_string(), export_name);
                            x.facts.exports.push(Export::Local(name, value));
                        }
                    }
                    _ => {}
                }
            }
        }
        ast::ModuleDecl::ExportDefaultDecl(export) => {
            let value = match &export.decl {
                ast::DefaultDecl::Fn(function) => {
                    let name = function.ident.as_ref().map_or("default", |i| &*i.sym).to_owned();
                    let id = x.function(&function.function, &name, FunctionKind::Plain, None, export.span);
                    let value = x.value(Value::Function(id));
                    if let Some(binding) = function.ident.as_ref().and_then(|i| x.names.binding(i)) {
                        x.assign(Place::Binding(binding), value, export.span);
                    }
                    value
                }
                ast::DefaultDecl::Class(class) => {
                    let binding = class.ident.as_ref().and_then(|i| x.names.binding(i));
                    let name = class.ident.as_ref().map_or("default", |i| &*i.sym).to_owned();
                    let id = x.class(&class.class, &name, binding);
                    let value = x.value(Value::Class(id));
                    if let Some(binding) = binding {
                        x.assign(Place::Binding(binding), value, export.span);
                    }
                    value
                }
                ast::DefaultDecl::TsInterfaceDecl(interface) => {
                    types::interface(x, interface);
                    return;
                }
            };
            x.facts.exports.push(Export::Local("default".into(), value));
        }
        ast::ModuleDecl::ExportDefaultExpr(export) => {
            let value = x.named_at(&export.expr, "default", export.span);
            x.facts.exports.push(Export::Local("default".into(), value));
        }
        ast::ModuleDecl::ExportAll(all) => {
            let module = all.src.value.to_string_lossy().into_owned();
            x.request(&module);
            x.facts.exports.push(Export::All(module));
        }
        ast::ModuleDecl::TsImportEquals(import) => {
            if let ast::TsModuleRef::TsExternalModuleRef(external) = &import.module_ref {
                let module = external.expr.value.to_string_lossy().into_owned();
                x.request(&module);
                if let Some(binding) = x.names.binding(&import.id) {
                    let value = x.value(Value::Import(module, "=".into()));
                    x.assign(Place::Binding(binding), value, import.span);
                }
            }
        }
        ast::ModuleDecl::TsExportAssignment(export) => {
            let value = x.expr(&export.expr, Use::Used);
            let module = x.value(Value::Global("module".into()));
            x.assign(Place::Member(module, Key::Name("exports".into())), value, export.span);
        }
        ast::ModuleDecl::TsNamespaceExport(_) => {}
    }
}

fn export_name(name: &ast::ModuleExportName) -> String {
    match name {
        ast::ModuleExportName::Ident(ident) => ident.sym.to_string(),
        ast::ModuleExportName::Str(text) => text.value.to_string_lossy().into_owned(),
    }
}

fn declared_names(x: &Extractor, decl: &ast::Decl) -> Vec<(String, BindingId)> {
    let mut idents: Vec<ast::Ident> = Vec::new();
    match decl {
        ast::Decl::Class(class) => idents.push(class.ident.clone()),
        ast::Decl::Fn(function) => idents.push(function.ident.clone()),
        ast::Decl::Var(var) => var.decls.iter().for_each(|d| pattern_idents(&d.name, &mut idents)),
        ast::Decl::TsEnum(decl) => idents.push(decl.id.clone()),
        _ => {}
    }
    idents.iter().filter_map(|i| Some((i.sym.to_string(), x.names.binding(i)?))).collect()
}

fn pattern_idents(pat: &ast::Pat, out: &mut Vec<ast::Ident>) {
    match pat {
        ast::Pat::Ident(ident) => out.push(ident.id.clone()),
        ast::Pat::Array(array) => array.elems.iter().flatten().for_each(|p| pattern_idents(p, out)),
        ast::Pat::Rest(rest) => pattern_idents(&rest.arg, out),
        ast::Pat::Assign(assign) => pattern_idents(&assign.left, out),
        ast::Pat::Object(object) => {
            for prop in &object.props {
                match prop {
                    ast::ObjectPatProp::KeyValue(pair) => pattern_idents(&pair.value, out),
                    ast::ObjectPatProp::Assign(assign) => out.push(assign.key.id.clone()),
                    ast::ObjectPatProp::Rest(rest) => pattern_idents(&rest.arg, out),
                }
            }
        }
        _ => {}
    }
}

pub(super) fn statements(x: &mut Extractor, stmts: &[ast::Stmt]) {
    for stmt in stmts {
        statement(x, stmt);
    }
}

fn statement(x: &mut Extractor, stmt: &ast::Stmt) {
    match stmt {
        ast::Stmt::Block(block) => statements(x, &block.stmts),
        ast::Stmt::With(with) => {
            x.expr(&with.obj, Use::Used);
            statement(x, &with.body);
        }
        ast::Stmt::Return(ret) => {
            let value = ret.arg.as_ref().map(|arg| x.expr(arg, Use::Returned));
            if let Some(value) = value {
                let function = x.function;
                x.facts.functions[function.index()].returns.push(value);
            }
            x.item(Item::Exit(Exit::Return(value)));
        }
        ast::Stmt::Labeled(labeled) => statement(x, &labeled.body),
        ast::Stmt::Break(stop) => {
            if stop.label.is_some() || x.breakable.last() == Some(&true) {
                x.item(Item::Exit(Exit::Break));
            }
        }
        ast::Stmt::Continue(_) => x.item(Item::Exit(Exit::Continue)),
        ast::Stmt::If(_) => if_chain(x, stmt),
        ast::Stmt::Switch(switch) => switch_statement(x, switch),
        ast::Stmt::Throw(throw) => {
            let value = x.expr(&throw.arg, Use::Used);
            x.item(Item::Exit(Exit::Throw(value)));
        }
        ast::Stmt::Try(attempt) => {
            let tried = x.in_block(BlockKind::Try, |x| statements(x, &attempt.block.stmts));
            let handler = attempt.handler.as_ref().map(|handler| {
                x.in_block(BlockKind::Catch, |x| {
                    if let Some(param) = &handler.param {
                        let caught = x.value(Value::Caught);
                        x.bind_pattern(param, caught, param.span());
                    }
                    statements(x, &handler.body.stmts);
                })
            });
            let finalizer = attempt.finalizer.as_ref().map(|f| x.in_block(BlockKind::Finally, |x| statements(x, &f.stmts)));
            x.item(Item::Try(tried, handler, finalizer));
        }
        ast::Stmt::While(repeat) => looped(x, LoopKind::While, None, |x| {
            x.expr(&repeat.test, Use::Used);
            statement(x, &repeat.body);
        }),
        ast::Stmt::DoWhile(repeat) => looped(x, LoopKind::While, None, |x| {
            statement(x, &repeat.body);
            x.expr(&repeat.test, Use::Used);
        }),
        ast::Stmt::For(repeat) => {
            match &repeat.init {
                Some(ast::VarDeclOrExpr::VarDecl(var)) => variables(x, var),
                Some(ast::VarDeclOrExpr::Expr(expr)) => {
                    x.expr(expr, Use::Dropped);
                }
                None => {}
            }
            looped(x, LoopKind::While, None, |x| {
                if let Some(test) = &repeat.test {
                    let test = x.expr(test, Use::Used);
                    x.facts.blocks[x.block.index()].kind = BlockKind::Loop(LoopKind::While, Some(test));
                }
                statement(x, &repeat.body);
                if let Some(update) = &repeat.update {
                    x.expr(update, Use::Dropped);
                }
            });
        }
        ast::Stmt::ForIn(repeat) => for_each(x, LoopKind::In, &repeat.left, &repeat.right, &repeat.body),
        ast::Stmt::ForOf(repeat) => for_each(x, LoopKind::Of, &repeat.left, &repeat.right, &repeat.body),
        ast::Stmt::Decl(decl) => declaration(x, decl, decl.span()),
        ast::Stmt::Expr(stmt) => {
            x.expr_at(&stmt.expr, Use::Dropped, stmt.span);
        }
        ast::Stmt::Empty(_) | ast::Stmt::Debugger(_) => {}
    }
}

/// `else if` chains are walked, not recursed into: they grow to tens of thousands.
fn if_chain(x: &mut Extractor, stmt: &ast::Stmt) {
    let outer = x.block;
    let mut next = Some(stmt);
    while let Some(stmt) = next.take() {
        let ast::Stmt::If(branch) = stmt else {
            statement(x, stmt);
            break;
        };
        let test = x.expr(&branch.test, Use::Used);
        let then = x.in_block(BlockKind::Then(test), |x| statement(x, &branch.cons));
        match &branch.alt {
            None => x.item(Item::Branch(test, then, None)),
            Some(alt) => {
                let otherwise = x.in_block(BlockKind::Else(test), |_| {});
                x.item(Item::Branch(test, then, Some(otherwise)));
                x.block = otherwise;
                next = Some(alt);
            }
        }
    }
    x.block = outer;
}

fn switch_statement(x: &mut Extractor, switch: &ast::SwitchStmt) {
    let subject = x.expr(&switch.discriminant, Use::Used);
    x.breakable.push(false);
    for case in &switch.cases {
        let test = match &case.test {
            Some(test) => {
                let value = x.expr(test, Use::Used);
                x.value(Value::Binary("===".into(), subject, value))
            }
            None => x.value(Value::Opaque),
        };
        let then = x.in_block(BlockKind::Then(test), |x| statements(x, &case.cons));
        x.item(Item::Branch(test, then, None));
    }
    x.breakable.pop();
}

fn looped(x: &mut Extractor, kind: LoopKind, over: Option<ValueId>, f: impl FnOnce(&mut Extractor)) {
    x.breakable.push(true);
    let block = x.in_block(BlockKind::Loop(kind, over), f);
    x.item(Item::Loop(block));
    x.breakable.pop();
}

fn for_each(x: &mut Extractor, kind: LoopKind, left: &ast::ForHead, right: &ast::Expr, body: &ast::Stmt) {
    let over = x.expr(right, Use::Used);
    looped(x, kind, Some(over), |x| {
        let element = x.value(if kind == LoopKind::Of { Value::Element(over) } else { Value::KeyOf(over) });
        match left {
            ast::ForHead::VarDecl(var) => {
                for decl in &var.decls {
                    x.bind_pattern(&decl.name, element, decl.span);
                }
            }
            ast::ForHead::UsingDecl(using) => {
                for decl in &using.decls {
                    x.bind_pattern(&decl.name, element, decl.span);
                }
            }
            ast::ForHead::Pat(pat) => x.bind_pattern(pat, element, pat.span()),
        }
        statement(x, body);
    });
}

fn declaration(x: &mut Extractor, decl: &ast::Decl, doc: Span) {
    match decl {
        ast::Decl::Class(class) => {
            let binding = x.declared(&class.ident, None);
            let id = x.class(&class.class, &class.ident.sym, binding);
            if let Some(binding) = binding {
                let value = x.value(Value::Class(id));
                x.assign(Place::Binding(binding), value, class.ident.span);
            }
        }
        ast::Decl::Fn(function) if function.function.body.is_some() => {
            let binding = x.declared(&function.ident, None);
            let id = x.function(&function.function, &function.ident.sym, FunctionKind::Plain, None, doc);
            if let Some(binding) = binding {
                let value = x.value(Value::Function(id));
                x.assign(Place::Binding(binding), value, function.ident.span);
            }
        }
        ast::Decl::Var(var) => variables(x, var),
        ast::Decl::Using(using) => {
            for decl in &using.decls {
                declarator(x, decl, doc);
            }
        }
        ast::Decl::TsInterface(interface) => types::interface(x, interface),
        ast::Decl::TsTypeAlias(alias) => types::alias(x, alias),
        ast::Decl::TsModule(module) => {
            if let Some(ast::TsNamespaceBody::TsModuleBlock(block)) = &module.body {
                module_items(x, &block.body);
            }
        }
        ast::Decl::TsEnum(decl) => enumeration(x, decl),
        ast::Decl::Fn(_) => {}
    }
}

/// An enum is an object of its constants.
fn enumeration(x: &mut Extractor, decl: &ast::TsEnumDecl) {
    let mut props = Vec::new();
    for member in &decl.members {
        let key = match &member.id {
            ast::TsEnumMemberId::Ident(ident) => ident.sym.to_string(),
            ast::TsEnumMemberId::Str(text) => text.value.to_string_lossy().into_owned(),
        };
        let value = match &member.init {
            Some(init) => x.expr(init, Use::Used),
            None => x.value(Value::Opaque),
        };
        props.push((Key::Name(key), value));
    }
    if let Some(binding) = x.names.binding(&decl.id) {
        let value = x.value(Value::Object(props, Vec::new()));
        x.assign(Place::Binding(binding), value, decl.span);
    }
}

fn variables(x: &mut Extractor, var: &ast::VarDecl) {
    for decl in &var.decls {
        declarator(x, decl, var.span);
    }
}

fn declarator(x: &mut Extractor, decl: &ast::VarDeclarator, doc: Span) {
    match (&decl.name, &decl.init) {
        (ast::Pat::Ident(ident), Some(init)) => {
            let binding = x.declared(&ident.id, ident.type_ann.as_deref());
            if let Some(binding) = binding
                && x.facts.bindings[binding.index()].of.is_none()
            {
                let of = types::js_doc_type(x.text, x.offset(doc.lo));
                x.facts.bindings[binding.index()].of = of;
            }
            let value = x.named_at(init, &ident.id.sym, doc);
            if let Some(binding) = binding {
                x.assign(Place::Binding(binding), value, decl.span);
            }
        }
        (ast::Pat::Ident(ident), None) => {
            if let Some(binding) = x.declared(&ident.id, ident.type_ann.as_deref()) {
                x.facts.bindings[binding.index()].empty = true;
                if x.facts.bindings[binding.index()].of.is_none() {
                    let of = types::js_doc_type(x.text, x.offset(doc.lo));
                    x.facts.bindings[binding.index()].of = of;
                }
            }
        }
        (pat, Some(init)) => {
            let value = x.expr(init, Use::Used);
            x.bind_pattern(pat, value, decl.span);
        }
        (_, None) => {}
    }
}
