//! Types as written: TypeScript annotations, Flow's, JSDoc's.

use swc_ecma_ast as ast;

use super::extract::Extractor;
use super::model::*;

/// Depth to which written types are followed.
const DEPTH: u32 = 6;

pub(super) fn type_ref(of: &ast::TsType) -> Option<TypeRef> {
    let mut out = TypeRef { names: Vec::new(), args: Vec::new(), members: Vec::new() };
    collect(of, &mut out, DEPTH);
    (!out.names.is_empty() || !out.members.is_empty()).then_some(out)
}

fn collect(of: &ast::TsType, out: &mut TypeRef, depth: u32) {
    if depth == 0 {
        return;
    }
    match of {
        ast::TsType::TsTypeRef(reference) => {
            out.names.push(entity(&reference.type_name));
            if let Some(params) = &reference.type_params {
                out.args.extend(params.params.iter().filter_map(|p| type_ref(p)));
            }
        }
        ast::TsType::TsImportType(import) => {
            if let Some(qualifier) = &import.qualifier {
                out.names.push(entity(qualifier));
            }
        }
        ast::TsType::TsParenthesizedType(inner) => collect(&inner.type_ann, out, depth - 1),
        ast::TsType::TsOptionalType(inner) => collect(&inner.type_ann, out, depth - 1),
        ast::TsType::TsTypeOperator(inner) => collect(&inner.type_ann, out, depth - 1),
        ast::TsType::TsUnionOrIntersectionType(ast::TsUnionOrIntersectionType::TsUnionType(union)) => {
            union.types.iter().for_each(|t| collect(t, out, depth - 1));
        }
        ast::TsType::TsUnionOrIntersectionType(ast::TsUnionOrIntersectionType::TsIntersectionType(parts)) => {
            parts.types.iter().for_each(|t| collect(t, out, depth - 1));
        }
        ast::TsType::TsTypeLit(literal) => out.members.extend(members(&literal.members)),
        ast::TsType::TsArrayType(array) => {
            let mut inner = TypeRef { names: Vec::new(), args: Vec::new(), members: Vec::new() };
            collect(&array.elem_type, &mut inner, depth - 1);
            out.names.push("Array".into());
            out.args.push(inner);
        }
        ast::TsType::TsKeywordType(keyword) => {
            let name = match keyword.kind {
                ast::TsKeywordTypeKind::TsStringKeyword => "string",
                ast::TsKeywordTypeKind::TsNumberKeyword => "number",
                ast::TsKeywordTypeKind::TsBooleanKeyword => "boolean",
                _ => return,
            };
            out.names.push(name.into());
        }
        ast::TsType::TsFnOrConstructorType(_) => out.names.push("Function".into()),
        _ => {}
    }
}

fn members(elements: &[ast::TsTypeElement]) -> Vec<(String, TypeRef)> {
    let mut out = Vec::new();
    for element in elements {
        match element {
            ast::TsTypeElement::TsPropertySignature(property) => {
                if let (Some(name), Some(of)) = (key_name(&property.key), &property.type_ann)
                    && let Some(of) = type_ref(&of.type_ann)
                {
                    out.push((name, of));
                }
            }
            ast::TsTypeElement::TsMethodSignature(method) => {
                if let Some(name) = key_name(&method.key) {
                    let returns = method.type_ann.as_ref().and_then(|t| type_ref(&t.type_ann));
                    out.push((name, TypeRef { names: vec!["Function".into()], args: returns.into_iter().collect(), members: Vec::new() }));
                }
            }
            _ => {}
        }
    }
    out
}

fn key_name(key: &ast::Expr) -> Option<String> {
    match key {
        ast::Expr::Ident(ident) => Some(ident.sym.to_string()),
        ast::Expr::Lit(ast::Lit::Str(text)) => Some(text.value.to_string_lossy().into_owned()),
        _ => None,
    }
}

fn entity(name: &ast::TsEntityName) -> String {
    match name {
        ast::TsEntityName::Ident(ident) => ident.sym.to_string(),
        ast::TsEntityName::TsQualifiedName(qualified) => format!("{}.{}", entity(&qualified.left), qualified.right.sym),
    }
}

/// The dotted name of an expression (`events.EventEmitter`).
pub(super) fn expression_name(expr: &ast::Expr) -> Option<String> {
    match expr {
        ast::Expr::Ident(ident) => Some(ident.sym.to_string()),
        ast::Expr::Member(member) => match &member.prop {
            ast::MemberProp::Ident(name) => Some(format!("{}.{}", expression_name(&member.obj)?, name.sym)),
            _ => None,
        },
        _ => None,
    }
}

/// A decorator's name, without its arguments.
pub(super) fn decorator(decorator: &ast::Decorator) -> Option<String> {
    match &*decorator.expr {
        ast::Expr::Call(call) => match &call.callee {
            ast::Callee::Expr(callee) => expression_name(callee),
            _ => None,
        },
        other => expression_name(other),
    }
}

pub(super) fn interface(x: &mut Extractor, interface: &ast::TsInterfaceDecl) {
    let extends = interface.extends.iter().filter_map(|e| expression_name(&e.expr)).collect();
    x.facts.types.push(TypeDecl { name: interface.id.sym.to_string(), extends, members: members(&interface.body.body), alias: None });
}

pub(super) fn alias(x: &mut Extractor, alias: &ast::TsTypeAliasDecl) {
    if let Some(of) = type_ref(&alias.type_ann) {
        x.facts.types.push(TypeDecl { name: alias.id.sym.to_string(), extends: Vec::new(), members: of.members.clone(), alias: Some(of) });
    }
}

/// What a function's JSDoc comment says of its types.
#[derive(Default)]
pub(super) struct JsDoc {
    params: Vec<(String, TypeRef)>,
    pub returns: Option<TypeRef>,
}

impl JsDoc {
    pub fn param(&self, name: &str, _index: usize) -> Option<TypeRef> {
        if let Some((_, of)) = self.params.iter().find(|(n, _)| !name.is_empty() && n == name) {
            return Some(of.clone());
        }
        // `@param {AbortSignal} options.signal` gives the parameter's members.
        let prefix = format!("{name}.");
        let members: Vec<(String, TypeRef)> = self
            .params
            .iter()
            .filter_map(|(n, of)| Some((n.strip_prefix(&prefix)?.to_owned(), of.clone())))
            .filter(|_| !name.is_empty())
            .collect();
        (!members.is_empty()).then(|| TypeRef { names: Vec::new(), args: Vec::new(), members })
    }
}

/// The comment that ends just before this byte, if it is a JSDoc one.
fn comment_before(text: &str, offset: usize) -> Option<&str> {
    let head = text.get(..offset)?.trim_end();
    let head = head.strip_suffix("*/")?;
    // A comment longer than this is a licence, not a signature.
    let mut from = head.len().saturating_sub(4000);
    while !head.is_char_boundary(from) {
        from += 1;
    }
    let start = head[from..].rfind("/**")?;
    let comment = &head[from + start + 3..];
    comment.contains('@').then_some(comment)
}

pub(super) fn js_doc(text: &str, offset: usize) -> JsDoc {
    let mut doc = JsDoc::default();
    let Some(comment) = comment_before(text, offset) else { return doc };
    for tag in comment.split('@').skip(1) {
        if let Some(rest) = tag.strip_prefix("param") {
            if let Some((of, rest)) = braced(rest) {
                let name = rest.trim_start().trim_start_matches('[');
                let end = name.find(|c: char| !(c.is_alphanumeric() || "_$.".contains(c))).unwrap_or(name.len());
                if let Some(of) = written(of) {
                    doc.params.push((name[..end].to_owned(), of));
                }
            }
        } else if let Some(rest) = tag.strip_prefix("returns").or_else(|| tag.strip_prefix("return"))
            && let Some((of, _)) = braced(rest)
        {
            doc.returns = written(of);
        }
    }
    doc
}

pub(super) fn js_doc_type(text: &str, offset: usize) -> Option<TypeRef> {
    let comment = comment_before(text, offset)?;
    let at = comment.rfind("@type")?;
    let (of, _) = braced(&comment[at + 5..])?;
    written(of)
}

/// `{...}` at the start, balanced, and what follows it.
fn braced(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    if !text.starts_with('{') {
        return None;
    }
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some((&text[1..at], &text[at + 1..]));
                }
            }
            _ => {}
        }
    }
    None
}

/// A JSDoc type: the names of its alternatives. `import('net').Socket` is `net.Socket`.
fn written(of: &str) -> Option<TypeRef> {
    let mut names = Vec::new();
    let mut args = Vec::new();
    for part in of.split('|') {
        let part = part.trim().trim_matches(|c: char| "?!=()".contains(c)).trim();
        if let Some(rest) = part.strip_prefix("Promise<").and_then(|r| r.strip_suffix('>')) {
            names.push("Promise".to_owned());
            args.extend(written(rest));
            continue;
        }
        let name = match part.strip_prefix("import(") {
            Some(rest) => {
                let mut pieces = rest.splitn(2, ')');
                let module = pieces.next().unwrap_or("").trim_matches(['\'', '"']).trim_start_matches("node:");
                format!("{module}{}", pieces.next().unwrap_or(""))
            }
            None => part.to_owned(),
        };
        let end = name.find(|c: char| !(c.is_alphanumeric() || "_$./-".contains(c))).unwrap_or(name.len());
        let name = &name[..end];
        if !name.is_empty() && !matches!(name, "null" | "undefined" | "void" | "any" | "Object" | "object") {
            names.push(name.to_owned());
        }
    }
    (!names.is_empty()).then_some(TypeRef { names, args, members: Vec::new() })
}
