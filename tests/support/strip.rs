//! Takes the types out of TypeScript so that Node can run it: types are blanked in place, so every line and column stays.
//!
//! What needs more than erasing (enums, namespaces, JSX, decorators) is refused with a word. The one exception is a parameter
//! property, common in real classes: its assignment is written behind the constructor's brace, on the same line.

use std::sync::LazyLock;

use regex::Regex;
use swc_common::{BytePos, FileName, SourceMap, Span, Spanned, sync::Lrc};
use swc_ecma_ast::*;
use swc_ecma_parser::{EsSyntax, Syntax, TsSyntax, parse_file_as_program};
use swc_ecma_visit::{Visit, VisitWith};

/// What Node is given.
pub struct Runnable {
    pub text: String,
    /// An ES module, by its syntax.
    pub esm: bool,
}

/// Runnable text, or why there is none.
pub fn strip(name: &str, text: &str) -> Result<Runnable, String> {
    let typescript = [".ts", ".mts", ".cts", ".tsx"].iter().any(|ending| name.ends_with(ending));
    let syntax = if typescript {
        Syntax::Typescript(TsSyntax { tsx: name.ends_with('x'), decorators: true, ..Default::default() })
    } else {
        Syntax::Es(EsSyntax { jsx: true, ..Default::default() })
    };
    let map: Lrc<SourceMap> = Lrc::default();
    let file = map.new_source_file(FileName::Custom(name.to_owned()).into(), text.to_owned());
    let mut errors = Vec::new();
    let program = parse_file_as_program(&file, syntax, EsVersion::latest(), None, &mut errors)
        .map_err(|error| format!("does not parse: {:?}", error.into_kind()))?;
    let mut eraser = Eraser { text, start: file.start_pos, blanks: Vec::new(), inserts: Vec::new(), refused: None };
    program.visit_with(&mut eraser);
    if let Some(what) = eraser.refused {
        return Err(what.to_owned());
    }
    Ok(Runnable { text: eraser.finish(), esm: program.is_module() && has_module_syntax(&program) })
}

fn has_module_syntax(program: &Program) -> bool {
    program.as_module().is_some_and(|module| module.body.iter().any(ModuleItem::is_module_decl))
}

struct Eraser<'a> {
    text: &'a str,
    start: BytePos,
    blanks: Vec<(usize, usize)>,
    inserts: Vec<(usize, String)>,
    refused: Option<&'static str>,
}

impl Eraser<'_> {
    fn at(&self, position: BytePos) -> usize {
        (position - self.start).0 as usize
    }

    fn blank(&mut self, span: Span) {
        self.blanks.push((self.at(span.lo), self.at(span.hi)));
    }

    /// Blanks one of these characters if it comes next after `position`.
    fn blank_next(&mut self, position: BytePos, marks: &[char]) {
        let from = self.at(position);
        let rest = self.text[from..].trim_start();
        if rest.starts_with(marks) {
            let at = self.text.len() - rest.len();
            self.blanks.push((at, at + 1));
        }
    }

    /// Blanks the words in front of a member's or parameter's name that only TypeScript knows.
    fn blank_modifiers(&mut self, from: BytePos, to: BytePos) {
        static WORDS: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"\b(public|private|protected|readonly|override|declare|abstract)\b").expect("a constant"));
        let from = self.at(from);
        let found: Vec<_> = WORDS.find_iter(&self.text[from..self.at(to)]).map(|m| (from + m.start(), from + m.end())).collect();
        self.blanks.extend(found);
    }

    fn finish(mut self) -> String {
        let mut bytes = self.text.as_bytes().to_vec();
        for (from, to) in self.blanks {
            for byte in &mut bytes[from..to] {
                if *byte != b'\n' {
                    *byte = b' ';
                }
            }
        }
        let mut text = String::from_utf8(bytes).expect("whole tokens were blanked");
        self.inserts.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        for (at, what) in self.inserts {
            text.insert_str(at, &what);
        }
        text
    }
}

impl Visit for Eraser<'_> {
    fn visit_ts_type_ann(&mut self, node: &TsTypeAnn) {
        self.blank(node.span);
    }

    fn visit_ts_type_param_decl(&mut self, node: &TsTypeParamDecl) {
        self.blank(node.span);
    }

    fn visit_ts_type_param_instantiation(&mut self, node: &TsTypeParamInstantiation) {
        self.blank(node.span);
    }

    fn visit_decl(&mut self, node: &Decl) {
        match node {
            Decl::TsInterface(_) | Decl::TsTypeAlias(_) => self.blank(node.span()),
            Decl::TsEnum(_) | Decl::TsModule(_) => self.refused = Some("TypeScript that is more than types"),
            Decl::Var(var) if var.declare => self.blank(var.span),
            Decl::Fn(function) if function.declare || function.function.body.is_none() => self.blank(function.span()),
            Decl::Class(class) if class.declare => self.blank(class.span()),
            _ => node.visit_children_with(self),
        }
    }

    fn visit_module_decl(&mut self, node: &ModuleDecl) {
        match node {
            ModuleDecl::Import(import) if import.type_only => self.blank(import.span),
            ModuleDecl::ExportNamed(export) if export.type_only => self.blank(export.span),
            ModuleDecl::ExportDecl(export) if matches!(export.decl, Decl::TsInterface(_) | Decl::TsTypeAlias(_)) => self.blank(export.span),
            _ => node.visit_children_with(self),
        }
    }

    fn visit_import_named_specifier(&mut self, node: &ImportNamedSpecifier) {
        if node.is_type_only {
            self.blank(node.span);
            self.blank_next(node.span.hi, &[',']);
        }
    }

    fn visit_ts_as_expr(&mut self, node: &TsAsExpr) {
        node.expr.visit_with(self);
        self.blank(Span::new(node.expr.span().hi, node.span.hi));
    }

    fn visit_ts_satisfies_expr(&mut self, node: &TsSatisfiesExpr) {
        node.expr.visit_with(self);
        self.blank(Span::new(node.expr.span().hi, node.span.hi));
    }

    fn visit_ts_non_null_expr(&mut self, node: &TsNonNullExpr) {
        node.expr.visit_with(self);
        self.blank(Span::new(node.expr.span().hi, node.span.hi));
    }

    fn visit_ts_type_assertion(&mut self, node: &TsTypeAssertion) {
        self.blank(Span::new(node.span.lo, node.expr.span().lo));
        node.expr.visit_with(self);
    }

    fn visit_binding_ident(&mut self, node: &BindingIdent) {
        if node.id.optional {
            // The identifier's span may or may not include the mark.
            let end = self.start + BytePos((self.at(node.id.span.lo) + node.id.sym.len()) as u32);
            self.blank_next(end, &['?']);
        }
        node.visit_children_with(self);
    }

    fn visit_var_declarator(&mut self, node: &VarDeclarator) {
        if node.definite {
            let end = self.start
                + BytePos((self.at(node.name.span().lo) + self.text[self.at(node.name.span().lo)..].find('!').unwrap_or(0)) as u32);
            self.blank_next(end, &['!']);
        }
        node.visit_children_with(self);
    }

    fn visit_class(&mut self, node: &Class) {
        if let (Some(first), Some(last)) = (node.implements.first(), node.implements.last()) {
            let head = &self.text[..self.at(first.span.lo)];
            let from = head.rfind("implements").unwrap_or(head.len());
            self.blanks.push((from, self.at(last.span.hi)));
        }
        if node.is_abstract {
            self.refused = Some("an abstract class");
        }
        node.visit_children_with(self);
    }

    fn visit_class_prop(&mut self, node: &ClassProp) {
        if node.declare || node.is_abstract {
            return self.blank(node.span);
        }
        self.blank_modifiers(node.span.lo, node.key.span().lo);
        if node.is_optional || node.definite {
            self.blank_next(node.key.span().hi, &['?', '!']);
        }
        node.visit_children_with(self);
    }

    fn visit_private_prop(&mut self, node: &PrivateProp) {
        self.blank_modifiers(node.span.lo, node.key.span.lo);
        if node.is_optional || node.definite {
            self.blank_next(node.key.span.hi, &['?', '!']);
        }
        node.visit_children_with(self);
    }

    fn visit_class_method(&mut self, node: &ClassMethod) {
        if node.function.body.is_none() {
            return self.blank(node.span);
        }
        self.blank_modifiers(node.span.lo, node.key.span().lo);
        node.visit_children_with(self);
    }

    fn visit_constructor(&mut self, node: &Constructor) {
        let Some(body) = &node.body else { return self.blank(node.span) };
        self.blank_modifiers(node.span.lo, node.key.span().lo);
        let mut assignments = String::new();
        for param in &node.params {
            if let ParamOrTsParamProp::TsParamProp(property) = param {
                let (name, from) = match &property.param {
                    TsParamPropParam::Ident(ident) => (&ident.id.sym, ident.id.span.lo),
                    TsParamPropParam::Assign(assign) => match &*assign.left {
                        Pat::Ident(ident) => (&ident.id.sym, ident.id.span.lo),
                        _ => continue,
                    },
                };
                assignments.push_str(&format!(" this.{name} = {name};"));
                self.blank_modifiers(property.span.lo, from);
            }
        }
        if !assignments.is_empty() {
            // `super(...)` comes first where there is one.
            let text = &self.text[self.at(body.span.lo)..self.at(body.span.hi)];
            let at = text.find("super(").and_then(|from| text[from..].find(';').map(|to| from + to + 1)).unwrap_or(1);
            self.inserts.push((self.at(body.span.lo) + at, assignments));
        }
        node.visit_children_with(self);
    }

    fn visit_function(&mut self, node: &Function) {
        if let Some(this) = &node.this_param {
            self.blank(this.span);
            self.blank_next(this.span.hi, &[',']);
        }
        node.visit_children_with(self);
    }

    fn visit_decorator(&mut self, _: &Decorator) {
        self.refused = Some("decorators");
    }

    fn visit_jsx_element(&mut self, _: &JSXElement) {
        self.refused = Some("JSX");
    }

    fn visit_jsx_fragment(&mut self, _: &JSXFragment) {
        self.refused = Some("JSX");
    }
}

#[test]
fn types_go_and_lines_stay() {
    let text = "import { type A, b } from './b';\nexport class C<T> implements D {\n  private readonly x?: T = b as T;\n  constructor(private \
                bus: Bus, n?: number) {\n    n!.f<string>(<any>n);\n  }\n}\ninterface D { a: 1 }\n";
    let Runnable { text: out, esm } = strip("a.ts", text).unwrap_or_else(|error| panic!("{error}"));
    assert!(esm);
    assert_eq!(out.lines().count(), text.lines().count());
    let words: Vec<&str> = out.split_whitespace().collect();
    assert_eq!(
        words.join(" "),
        "import { b } from './b'; export class C { x = b ; constructor( bus , n ) { this.bus = bus; n .f ( n); } }"
    );
}
