//! Tidy: labelled blocks that are left by a `break`, as the `if`s and loops that they were made of.
//!
//! ```text
//! $4: { if (!a) break $4; b() }                          if (a) { b() }
//! $5: { $4: { if (!a) break $4; b(); break $5 } c() }    if (a) { b() } else { c() }
//! @2: while (true) { if (!a) break $9; b(); continue @2 }   while (a) { b() }
//! @2: while (true) { if (a) { b(); continue @2 } break }    while (a) { b() }
//! @2: while (true) { b(); if (a) continue @2; break }       do { b() } while (a)
//! ```

use swc_common::util::take::Take;
use swc_common::{DUMMY_SP, Spanned};
use swc_ecma_ast as ast;
use swc_ecma_visit::{Visit, VisitWith};

/// The same statements, with fewer labels.
pub(super) fn tidied(stmts: Vec<ast::Stmt>) -> Vec<ast::Stmt> {
    let mut out = Vec::with_capacity(stmts.len());
    for stmt in stmts {
        match stmt {
            ast::Stmt::Labeled(ast::LabeledStmt { label, body, .. }) if label.sym.starts_with('$') => match *body {
                ast::Stmt::Block(block) => out.extend(unlabelled(label, tidied(block.stmts))),
                body => out.push(body),
            },
            ast::Stmt::Labeled(ast::LabeledStmt { label, body, span }) if label.sym.starts_with('@') => match *body {
                ast::Stmt::While(repeat) => {
                    let body = turned(&label, repeat);
                    let used = leaves(&label, std::slice::from_ref(&body));
                    out.push(if used { ast::Stmt::Labeled(ast::LabeledStmt { label, body: Box::new(body), span }) } else { body });
                }
                body => out.push(body),
            },
            ast::Stmt::Try(mut attempt) => {
                attempt.block.stmts = tidied(attempt.block.stmts.take());
                if let Some(handler) = &mut attempt.handler {
                    handler.body.stmts = tidied(handler.body.stmts.take());
                }
                if let Some(finalizer) = &mut attempt.finalizer {
                    finalizer.stmts = tidied(finalizer.stmts.take());
                }
                out.push(ast::Stmt::Try(attempt));
            }
            stmt => out.push(stmt),
        }
    }
    out
}

/// A block that `break label` leaves, without the label where nothing leaves it so any more.
fn unlabelled(label: ast::Ident, stmts: Vec<ast::Stmt>) -> Vec<ast::Stmt> {
    let mut stmts = at_end(&label, stmts);
    if let Some(ast::Stmt::While(repeat)) = stmts.last_mut() {
        headed(&label, repeat);
    }
    if leaves(&label, &stmts) {
        let body = Box::new(block(stmts));
        return vec![ast::Stmt::Labeled(ast::LabeledStmt { span: DUMMY_SP, label, body })];
    }
    stmts
}

/// Statements behind which the label's block ends.
fn at_end(label: &ast::Ident, stmts: Vec<ast::Stmt>) -> Vec<ast::Stmt> {
    let mut out: Vec<ast::Stmt> = Vec::with_capacity(stmts.len());
    let mut rest = stmts.into_iter();
    while let Some(stmt) = rest.next() {
        match stmt {
            ast::Stmt::Break(stop) if is(label, stop.label.as_ref()) => return out,
            ast::Stmt::If(branch) if branch.alt.is_none() && leaves_at_end(label, &branch.cons) => {
                let mut then = listed(*branch.cons);
                then.pop();
                let (then, otherwise) = (at_end(label, then), at_end(label, rest.collect()));
                out.push(ast::Stmt::If(chosen(branch.span, branch.test, then, otherwise)));
                return out;
            }
            stmt => out.push(stmt),
        }
    }
    match out.last_mut() {
        Some(ast::Stmt::If(branch)) => {
            *branch.cons = block(at_end(label, listed(*branch.cons.take())));
            if let Some(alt) = &mut branch.alt {
                **alt = block(at_end(label, listed(*alt.take())));
            }
        }
        Some(ast::Stmt::Try(attempt)) => {
            attempt.block.stmts = at_end(label, attempt.block.stmts.take());
            if let Some(handler) = &mut attempt.handler {
                handler.body.stmts = at_end(label, handler.body.stmts.take());
            }
        }
        Some(ast::Stmt::Labeled(labeled)) => {
            if let ast::Stmt::Block(inner) = &mut *labeled.body {
                inner.stmts = at_end(label, inner.stmts.take());
            }
        }
        _ => {}
    }
    out
}

/// The test of a loop stands in its head again.
fn headed(label: &ast::Ident, repeat: &mut ast::WhileStmt) {
    let ast::Stmt::Block(body) = &mut *repeat.body else { return };
    let leaving = match body.stmts.first() {
        Some(ast::Stmt::If(branch)) => branch.alt.is_none() && leaves_at_end(label, &branch.cons) && only(&branch.cons),
        _ => false,
    };
    if repeat.test.is_lit()
        && leaving
        && let ast::Stmt::If(branch) = body.stmts.remove(0)
    {
        repeat.test = negated(*branch.test);
    }
}

/// A loop as it was, where its last statements go on with it or leave it.
fn turned(label: &ast::Ident, mut repeat: ast::WhileStmt) -> ast::Stmt {
    let mut stmts = tidied(listed(*repeat.body));
    let goes_on = stmts.iter().position(|stmt| matches!(stmt, ast::Stmt::Continue(again) if is(label, again.label.as_ref())));
    if let Some(at) = goes_on {
        stmts.truncate(at);
    } else if let [before @ .., ast::Stmt::If(branch), ast::Stmt::Break(ast::BreakStmt { label: None, .. })] = &mut stmts[..]
        && branch.alt.is_none()
        && goes_on_at_end(label, &branch.cons)
        && (before.is_empty() || only(&branch.cons))
    {
        let (test, mut inner) = (branch.test.take(), listed(*branch.cons.take()));
        inner.pop();
        if before.is_empty() {
            let body = Box::new(block(inner));
            return ast::Stmt::While(ast::WhileStmt { span: repeat.span, test, body });
        }
        let kept = before.len();
        stmts.truncate(kept);
        let body = Box::new(block(stmts));
        return ast::Stmt::DoWhile(ast::DoWhileStmt { span: repeat.span, test, body });
    }
    repeat.body = Box::new(block(stmts));
    ast::Stmt::While(repeat)
}

fn goes_on_at_end(label: &ast::Ident, stmt: &ast::Stmt) -> bool {
    match stmt {
        ast::Stmt::Continue(again) => is(label, again.label.as_ref()),
        ast::Stmt::Block(block) => block.stmts.last().is_some_and(|last| goes_on_at_end(label, last)),
        _ => false,
    }
}

fn chosen(span: swc_common::Span, test: Box<ast::Expr>, then: Vec<ast::Stmt>, otherwise: Vec<ast::Stmt>) -> ast::IfStmt {
    if then.is_empty() && !otherwise.is_empty() {
        return ast::IfStmt { span, test: negated(*test), cons: Box::new(block(otherwise)), alt: None };
    }
    let alt = (!otherwise.is_empty()).then(|| Box::new(block(otherwise)));
    ast::IfStmt { span, test, cons: Box::new(block(then)), alt }
}

/// `!x`, or `x` of `!x`.
fn negated(test: ast::Expr) -> Box<ast::Expr> {
    match test {
        ast::Expr::Paren(paren) => negated(*paren.expr),
        ast::Expr::Unary(ast::UnaryExpr { op: ast::UnaryOp::Bang, arg, .. }) => arg,
        test => Box::new(ast::Expr::Unary(ast::UnaryExpr { span: test.span(), op: ast::UnaryOp::Bang, arg: Box::new(test) })),
    }
}

fn is(label: &ast::Ident, other: Option<&ast::Ident>) -> bool {
    other.is_some_and(|other| other.sym == label.sym)
}

fn leaves_at_end(label: &ast::Ident, stmt: &ast::Stmt) -> bool {
    match stmt {
        ast::Stmt::Break(stop) => is(label, stop.label.as_ref()),
        ast::Stmt::Block(block) => block.stmts.last().is_some_and(|last| leaves_at_end(label, last)),
        _ => false,
    }
}

/// One statement, in braces or not.
fn only(stmt: &ast::Stmt) -> bool {
    match stmt {
        ast::Stmt::Block(block) => block.stmts.len() == 1,
        _ => true,
    }
}

/// Some statement leaves or repeats what has the label.
fn leaves(label: &ast::Ident, stmts: &[ast::Stmt]) -> bool {
    struct Leaves<'l>(&'l ast::Ident, bool);
    impl Visit for Leaves<'_> {
        fn visit_function(&mut self, _: &ast::Function) {}

        fn visit_arrow_expr(&mut self, _: &ast::ArrowExpr) {}

        fn visit_break_stmt(&mut self, stmt: &ast::BreakStmt) {
            self.1 |= is(self.0, stmt.label.as_ref());
        }

        fn visit_continue_stmt(&mut self, stmt: &ast::ContinueStmt) {
            self.1 |= is(self.0, stmt.label.as_ref());
        }
    }
    let mut leaves = Leaves(label, false);
    stmts.visit_with(&mut leaves);
    leaves.1
}

fn listed(stmt: ast::Stmt) -> Vec<ast::Stmt> {
    match stmt {
        ast::Stmt::Block(block) => block.stmts,
        stmt => vec![stmt],
    }
}

pub(super) fn braced(stmts: Vec<ast::Stmt>) -> ast::BlockStmt {
    ast::BlockStmt { stmts, ..ast::BlockStmt::dummy() }
}

pub(super) fn block(stmts: Vec<ast::Stmt>) -> ast::Stmt {
    ast::Stmt::Block(braced(stmts))
}
