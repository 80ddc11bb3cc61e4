//! Calls and functions around the body of an asynchronous function or a generator.

use rustc_hash::{FxHashMap, FxHashSet};
use swc_common::util::take::Take;
use swc_common::{DUMMY_SP, Spanned};
use swc_ecma_ast as ast;
use swc_ecma_visit::{VisitMut, VisitMutWith};

use super::callees::helper_call;

/// The body of `__awaiter(this, void 0, void 0, function* () {...})`, with its `yield`s awaited.
pub(super) fn awaited(expr: &mut ast::Expr) -> Option<ast::FunctionBody> {
    let (name, args) = helper_call(expr)?;
    let body = match (name, args.len()) {
        ("awaiter", 4) => 3,
        ("async", 3) => 2,
        _ => return None,
    };
    let function = function_literal(&mut args[body].expr)?;
    // What it is given (`arguments`, `[a, b]`) stands for parameters of its own.
    if !function.params.is_empty() || !function.is_generator {
        return None;
    }
    let mut body = function.body.take()?;
    await_yields(&mut body.stmts);
    Some(body)
}

/// What a wrapped function is without its wrapper: `_asyncToGenerator(f)`, `regeneratorRuntime.mark(f)`, and the function that calls
/// such a one with all that it is given.
pub(super) fn function(expr: &mut ast::Expr) -> Option<ast::Expr> {
    if let Some(direct) = immediate(expr) {
        return Some(direct);
    }
    let (name, args) = helper_call(expr)?;
    let [ast::ExprOrSpread { spread: None, expr: inner }] = &mut args[..] else { return None };
    match name {
        "asyncToGenerator" | "async_to_generator" => {
            let function = function_literal(inner)?;
            let body = function.body.as_mut()?;
            if function.is_generator {
                await_yields(&mut body.stmts);
                function.is_generator = false;
                function.is_async = true;
            }
            (function.is_async).then(|| *inner.take())
        }
        "mark" | "m" => function_literal(inner)?.is_generator.then(|| *inner.take()),
        _ => None,
    }
}

/// `(function () { var _f = async function () {...}; return function f(_x) { return _f.apply(this, arguments) } })()`, with a
/// declaration of `f` or without.
fn immediate(expr: &mut ast::Expr) -> Option<ast::Expr> {
    let ast::Expr::Call(ast::CallExpr { callee: ast::Callee::Expr(callee), args, .. }) = expr else { return None };
    if !args.is_empty() {
        return None;
    }
    let around = function_literal(callee)?;
    if !around.params.is_empty() || around.is_async || around.is_generator {
        return None;
    }
    let stmts = &mut around.body.as_mut()?.stmts;
    let (first, rest) = stmts.split_first_mut()?;
    let ast::Stmt::Decl(ast::Decl::Var(var)) = first else { return None };
    let [declarator] = &mut var.decls[..] else { return None };
    let ast::Pat::Ident(name) = &declarator.name else { return None };
    let passed = match rest {
        [ast::Stmt::Return(ast::ReturnStmt { arg: Some(arg), .. })] => forwarded(&*function_literal(arg)?)?,
        [ast::Stmt::Decl(ast::Decl::Fn(inner)), ast::Stmt::Return(ast::ReturnStmt { arg: Some(arg), .. })] => {
            arg.as_ident().filter(|ident| ident.sym == inner.ident.sym)?;
            forwarded(&inner.function)?
        }
        _ => return None,
    };
    if *passed != *name.id.sym {
        return None;
    }
    let init = declarator.init.as_mut()?;
    function_literal(init)?.is_async.then(|| *init.take())
}

fn function_literal(expr: &mut ast::Expr) -> Option<&mut ast::Function> {
    match expr {
        ast::Expr::Fn(function) => Some(&mut function.function),
        ast::Expr::Paren(paren) => function_literal(&mut paren.expr),
        _ => None,
    }
}

/// `f` of a function that does nothing but `return f.apply(this, arguments)`.
fn forwarded(function: &ast::Function) -> Option<&str> {
    match &function.body.as_ref()?.stmts[..] {
        [ast::Stmt::Return(ast::ReturnStmt { arg: Some(arg), .. })] => applied(arg),
        _ => None,
    }
}

/// `f` of `f.apply(this, arguments)`.
fn applied(expr: &ast::Expr) -> Option<&str> {
    let ast::Expr::Call(ast::CallExpr { callee: ast::Callee::Expr(callee), args, .. }) = expr else { return None };
    let member = callee.as_member()?;
    let (target, key) = (member.obj.as_ident()?, member.prop.as_ident()?);
    let [this, all] = &args[..] else { return None };
    (key.sym == "apply" && this.expr.is_this() && all.expr.as_ident().is_some_and(|all| all.sym == "arguments")).then_some(&*target.sym)
}

/// The asynchronous function in `function _f() { _f = async function () {...}; return _f.apply(this, arguments) }`.
fn renewed(declaration: &mut ast::FnDecl) -> Option<&mut ast::Function> {
    let name = declaration.ident.sym.clone();
    let [ast::Stmt::Expr(first), ast::Stmt::Return(ast::ReturnStmt { arg: Some(last), .. })] =
        &mut declaration.function.body.as_mut()?.stmts[..]
    else {
        return None;
    };
    if applied(last)? != &*name {
        return None;
    }
    let assign = first.expr.as_mut_assign()?;
    assign.left.as_ident().filter(|left| left.sym == name)?;
    function_literal(&mut assign.right).filter(|function| function.is_async)
}

/// Joins `function f(_x) { return _f.apply(this, arguments) }` with the `_f` that stands beside it.
pub(super) fn join_statements(stmts: &mut Vec<ast::Stmt>) {
    join(stmts, |stmt| match stmt {
        ast::Stmt::Decl(ast::Decl::Fn(declaration)) => Some(declaration),
        _ => None,
    });
}

/// The same on a module's top level, where such a function may be exported.
pub(super) fn join_items(items: &mut Vec<ast::ModuleItem>) {
    join(items, |item| match item {
        ast::ModuleItem::Stmt(ast::Stmt::Decl(ast::Decl::Fn(declaration))) => Some(declaration),
        ast::ModuleItem::ModuleDecl(ast::ModuleDecl::ExportDecl(export)) => export.decl.as_mut_fn_decl(),
        _ => None,
    });
}

fn join<T>(items: &mut Vec<T>, declaration: impl Fn(&mut T) -> Option<&mut ast::FnDecl>) {
    let mut bodies: FxHashMap<String, usize> = FxHashMap::default();
    for (at, item) in items.iter_mut().enumerate() {
        if let Some(found) = declaration(item)
            && renewed(found).is_some()
        {
            bodies.insert(found.ident.sym.to_string(), at);
        }
    }
    if bodies.is_empty() {
        return;
    }
    let mut joined: FxHashSet<usize> = FxHashSet::default();
    for at in 0..items.len() {
        let passed = declaration(&mut items[at]).and_then(|found| forwarded(&found.function)).and_then(|name| bodies.remove(name));
        let Some(from) = passed else { continue };
        let Some(inner) = declaration(&mut items[from]).and_then(renewed) else { continue };
        let (params, body) = (inner.params.take(), inner.body.take());
        if let Some(found) = declaration(&mut items[at]) {
            (found.function.params, found.function.body, found.function.is_async) = (params, body, true);
            joined.insert(from);
        }
    }
    let mut at = 0..;
    items.retain(|_| at.next().is_none_or(|at| !joined.contains(&at)));
}

/// Makes `await`s of the `yield`s of one function.
pub(super) fn await_yields(stmts: &mut [ast::Stmt]) {
    for stmt in stmts {
        stmt.visit_mut_with(&mut Await);
    }
}

struct Await;

impl VisitMut for Await {
    fn visit_mut_function(&mut self, _: &mut ast::Function) {}

    fn visit_mut_arrow_expr(&mut self, _: &mut ast::ArrowExpr) {}

    fn visit_mut_class(&mut self, _: &mut ast::Class) {}

    fn visit_mut_expr(&mut self, expr: &mut ast::Expr) {
        expr.visit_mut_children_with(self);
        if let ast::Expr::Yield(ast::YieldExpr { span, arg, delegate: false }) = expr {
            let arg = arg.take().unwrap_or_else(|| ast::Expr::undefined(DUMMY_SP));
            *expr = ast::Expr::Await(ast::AwaitExpr { span: if span.is_dummy() { arg.span() } else { *span }, arg });
        }
    }
}
