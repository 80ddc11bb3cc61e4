//! Objects: what compilers write in place of `{ ...a, b }`.
//!
//! | written by | |
//! | --- | --- |
//! | Babel, swc | `_objectSpread(_objectSpread({}, a), {}, { b: b })`, `_object_spread_props(_object_spread({}, a), { b })` |
//! | esbuild | `__spreadProps(__spreadValues({}, a), { b })` |
//!
//! (`Object.assign`, `__assign` and `_extends` are left: they may be given an object that others have, and the analysis knows them as they are.)

use swc_common::util::take::Take;
use swc_ecma_ast as ast;

use super::callees::helper_call;

/// The literal that such a call stands for.
pub(super) fn spread(expr: &mut ast::Expr) -> Option<ast::Expr> {
    let (name, args) = helper_call(expr)?;
    if !is_spreading(name) || args.len() < 2 || args.iter().any(|arg| arg.spread.is_some()) {
        return None;
    }
    let (first, others) = args.split_first_mut()?;
    let ast::Expr::Object(object) = &mut *first.expr else { return None };
    for other in others {
        match &mut *other.expr {
            ast::Expr::Object(literal) => object.props.append(&mut literal.props),
            _ => {
                let expr = other.expr.take();
                object.props.push(ast::PropOrSpread::Spread(ast::SpreadElement { dot3_token: swc_common::DUMMY_SP, expr }));
            }
        }
    }
    Some(*first.expr.take())
}

/// The helper copies into its first argument. The name is without its underscores and numbers ([`super::helper`]).
fn is_spreading(name: &str) -> bool {
    matches!(name, "objectSpread" | "object_spread" | "object_spread_props" | "objectSpreadProps" | "spreadValues" | "spreadProps")
}
