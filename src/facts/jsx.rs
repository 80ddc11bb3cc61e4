//! JSX: an element is an object of its attributes.

use swc_ecma_ast as ast;

use super::extract::Extractor;
use super::model::*;

impl Extractor<'_> {
    pub fn element(&mut self, element: &ast::JSXElement) -> ValueId {
        let mut props = Vec::new();
        for attribute in &element.opening.attrs {
            match attribute {
                ast::JSXAttrOrSpread::SpreadElement(spread) => {
                    self.expr(&spread.expr, Use::Used);
                }
                ast::JSXAttrOrSpread::JSXAttr(attribute) => {
                    let key = match &attribute.name {
                        ast::JSXAttrName::Ident(name) => name.sym.to_string(),
                        ast::JSXAttrName::JSXNamespacedName(name) => name.name.sym.to_string(),
                    };
                    if let Some(ast::JSXAttrValue::JSXExprContainer(container)) = &attribute.value
                        && let ast::JSXExpr::Expr(expr) = &container.expr
                    {
                        let value = self.named(expr, &key);
                        props.push((Key::Name(key), value));
                    }
                }
            }
        }
        self.children(&element.children);
        self.value(Value::Object(props, Vec::new()))
    }

    pub fn children(&mut self, children: &[ast::JSXElementChild]) -> ValueId {
        for child in children {
            match child {
                ast::JSXElementChild::JSXElement(element) => {
                    self.element(element);
                }
                ast::JSXElementChild::JSXFragment(fragment) => {
                    self.children(&fragment.children);
                }
                ast::JSXElementChild::JSXExprContainer(container) => {
                    if let ast::JSXExpr::Expr(expr) = &container.expr {
                        self.expr(expr, Use::Used);
                    }
                }
                ast::JSXElementChild::JSXSpreadChild(child) => {
                    self.expr(&child.expr, Use::Used);
                }
                ast::JSXElementChild::JSXText(_) => {}
            }
        }
        self.value(Value::Opaque)
    }
}
