//! Fields: what compilers write in place of a class field, `x = v`.
//!
//! | written by | |
//! | --- | --- |
//! | Babel, swc | `_defineProperty(this, "x", v)`, `_define_property(_assertThisInitialized(_this), "x", v)` |
//! | esbuild | `__publicField(this, "x", v)` |

use swc_common::Spanned;
use swc_common::util::take::Take;
use swc_ecma_ast as ast;

use super::callees::{helper, helper_call};

/// `this.x = v`, where the statement is such a call.
pub(super) fn defined(expr: &mut ast::Expr) -> Option<ast::Expr> {
    let span = expr.span();
    let ast::Expr::Call(ast::CallExpr { callee: ast::Callee::Expr(callee), .. }) = &*expr else { return None };
    // `Object.defineProperty` takes a descriptor.
    let native = matches!(&**callee, ast::Expr::Member(m) if m.obj.as_ident().is_some_and(|o| matches!(&*o.sym, "Object" | "Reflect")));
    if native || !matches!(helper(callee)?, "defineProperty" | "define_property" | "publicField") {
        return None;
    }
    let (_, args) = helper_call(expr)?;
    let [object, key, value] = &mut args[..] else { return None };
    if object.spread.is_some() || key.spread.is_some() || value.spread.is_some() {
        return None;
    }
    let ast::Expr::Lit(ast::Lit::Str(name)) = &*key.expr else { return None };
    let prop = ast::MemberProp::Ident(ast::IdentName { span: name.span, sym: name.value.as_str()?.into() });
    let left = ast::MemberExpr { span, obj: object_of(&mut object.expr)?, prop };
    let right = value.expr.take();
    Some(ast::Expr::Assign(ast::AssignExpr { span, op: ast::AssignOp::Assign, left: left.into(), right }))
}

/// `this`, a variable, `_assertThisInitialized(_this)`.
fn object_of(expr: &mut Box<ast::Expr>) -> Option<Box<ast::Expr>> {
    if matches!(**expr, ast::Expr::This(_) | ast::Expr::Ident(_)) {
        return Some(expr.take());
    }
    let (name, args) = helper_call(expr)?;
    match (name, &mut args[..]) {
        ("assertThisInitialized" | "assert_this_initialized", [this]) => object_of(&mut this.expr),
        _ => None,
    }
}
