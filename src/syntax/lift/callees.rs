//! Callees: which of the functions that compilers call in place of newer syntax a call runs, by name.

use swc_ecma_ast as ast;

/// The name of a called helper, without what bundlers and module systems put around it: `name(...)`, `tslib_1.name(...)`,
/// `(0, _name2.default)(...)`. Underscores before it and numbers behind it are no part of it.
pub fn helper(callee: &ast::Expr) -> Option<&str> {
    let name = match callee {
        ast::Expr::Ident(ident) => &*ident.sym,
        ast::Expr::Member(member) => match &member.prop {
            ast::MemberProp::Ident(name) if !matches!(&*name.sym, "default" | "_") => &*name.sym,
            ast::MemberProp::Computed(key) if !matches!(&*key.expr, ast::Expr::Lit(ast::Lit::Str(_))) => return None,
            ast::MemberProp::PrivateName(_) => return None,
            _ => return helper(&member.obj),
        },
        ast::Expr::Paren(paren) => return helper(&paren.expr),
        ast::Expr::Seq(seq) => return helper(seq.exprs.last()?),
        _ => return None,
    };
    Some(unnumbered(name).trim_start_matches('_').trim_end_matches(|c: char| c.is_ascii_digit()))
}

/// A helper's name without what a bundler puts behind it, where several files bring one: `_inherits$1`, `__awaiter$h` (Rollup's
/// `src/utils/safeName.ts`).
pub fn unnumbered(name: &str) -> &str {
    match name.split_once('$') {
        Some((plain, _)) if name.starts_with('_') && plain.len() > 1 => plain,
        _ => name,
    }
}

/// A call and the name of the helper that it calls.
pub(super) fn helper_call(expr: &mut ast::Expr) -> Option<(&str, &mut Vec<ast::ExprOrSpread>)> {
    match expr {
        ast::Expr::Paren(paren) => helper_call(&mut paren.expr),
        ast::Expr::Call(ast::CallExpr { callee: ast::Callee::Expr(callee), args, .. }) => Some((helper(callee)?, args)),
        _ => None,
    }
}
