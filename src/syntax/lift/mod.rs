//! Lifting: what a compiler wrote in place of `async`, `await`, `yield`, `...` and class fields is read as these again.
//!
//! | written by | an asynchronous function | its body |
//! | --- | --- | --- |
//! | TypeScript | `return __awaiter(this, void 0, void 0, function* () {...})` | a generator, or `__generator(this, function (_a) { switch (_a.label) {...} })` |
//! | esbuild | `return __async(this, null, function* () {...})` | a generator |
//! | Babel, swc | `_asyncToGenerator(function* () {...})`, behind `f.apply(this, arguments)` | a generator, or the two below |
//! | regenerator | `regeneratorRuntime.mark(function f() {...})` | `return regeneratorRuntime.wrap(function (_context) { while (1) switch (...) {...} }, f)` |
//! | swc | | `_ts_generator(this, function (_state) { switch (_state.label) {...} })` |
//!
//! Objects with spread members and class fields are read as these ([`objects`],
//! [`fields`]). A state machine's cases become statements, `if`s, loops and `try`s again ([`machine`], [`structure`], [`tidy`]). What does not have the form that
//! compilers give it stays as it is. Every node keeps the place where it is written, so that findings point into the file that there is.
//!
//! (Sources: TypeScript's `src/compiler/transformers/generators.ts` and `factory/emitHelpers.ts`, Babel's
//! `packages/babel-helpers/src/helpers`, regenerator's `packages/transform/src/emit.js`, esbuild's `internal/runtime/runtime.go`.)

mod asynchronous;
mod callees;
mod fields;
mod machine;
mod objects;
mod structure;
mod tidy;

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use swc_ecma_ast as ast;
use swc_ecma_visit::{VisitMut, VisitMutWith};

pub use callees::{helper, unnumbered};

/// One of these stands in every text that has something to lift.
static MARKS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let marks = [
        "__awaiter",
        "__generator",
        "_ts_generator",
        "egenerator",
        "syncToGenerator",
        "_async_to_generator",
        "__async(",
        "__spreadValues(",
        "__spreadProps(",
        "bjectSpread",
        "_defineProperty",
        "_define_property",
        "__publicField(",
        "object_spread",
    ];
    // Only this kind of match has a search ahead for many bytes at once.
    AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(marks).ok()
});

/// Helpers of compilers may stand in the text.
pub fn is_compiled(text: &str) -> bool {
    MARKS.as_ref().is_some_and(|marks| marks.is_match(text))
}

/// Takes what compilers made of newer syntax back, in place.
pub fn lift(program: &mut ast::Program) {
    program.visit_mut_with(&mut Lift);
}

/// Functions first that are written inside others.
struct Lift;

impl VisitMut for Lift {
    fn visit_mut_function(&mut self, function: &mut ast::Function) {
        function.visit_mut_children_with(self);
        let ast::Function { body: Some(body), is_async, is_generator, .. } = function else { return };
        lift_body(&mut body.stmts, is_async, is_generator);
    }

    fn visit_mut_arrow_expr(&mut self, arrow: &mut ast::ArrowExpr) {
        arrow.visit_mut_children_with(self);
        match &mut *arrow.body {
            ast::ArrowFunctionBody::FunctionBody(body) => lift_body(&mut body.stmts, &mut arrow.is_async, &mut arrow.is_generator),
            ast::ArrowFunctionBody::Expr(expr) => {
                if let Some(body) = asynchronous::awaited(expr) {
                    arrow.is_async = true;
                    *arrow.body = ast::ArrowFunctionBody::FunctionBody(body);
                }
            }
        }
    }

    fn visit_mut_expr(&mut self, expr: &mut ast::Expr) {
        expr.visit_mut_children_with(self);
        if let Some(source) = asynchronous::function(expr).or_else(|| objects::spread(expr)) {
            *expr = source;
        }
    }

    fn visit_mut_expr_stmt(&mut self, stmt: &mut ast::ExprStmt) {
        stmt.visit_mut_children_with(self);
        if let Some(assign) = fields::defined(&mut stmt.expr) {
            *stmt.expr = assign;
        }
    }

    fn visit_mut_stmts(&mut self, stmts: &mut Vec<ast::Stmt>) {
        stmts.visit_mut_children_with(self);
        asynchronous::join_statements(stmts);
    }

    fn visit_mut_module_items(&mut self, items: &mut Vec<ast::ModuleItem>) {
        items.visit_mut_children_with(self);
        asynchronous::join_items(items);
    }
}

/// A body that ends with what a state machine or an asynchronous helper gives back.
fn lift_body(stmts: &mut Vec<ast::Stmt>, is_async: &mut bool, is_generator: &mut bool) {
    let Some(ast::Stmt::Return(ast::ReturnStmt { arg: Some(arg), .. })) = stmts.last_mut() else { return };
    if let Some(body) = asynchronous::awaited(arg) {
        stmts.pop();
        stmts.extend(body.stmts);
        *is_async = true;
    } else if let Some(lifted) = machine::read(arg).and_then(structure::statements) {
        let at_once = machine::is_asynchronous(arg);
        stmts.pop();
        stmts.extend(lifted);
        *is_generator = true;
        if at_once {
            asynchronous::await_yields(stmts);
            (*is_async, *is_generator) = (true, false);
        }
    }
}

#[cfg(test)]
mod tests;
