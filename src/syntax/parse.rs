//! Text to tree, with every way to hang or overflow the parser refused by name first.

use camino::Utf8Path;
use swc_common::comments::{Comment, Comments, SingleThreadedComments};
use swc_common::{BytePos, Spanned, input::StringInput};
use swc_ecma_ast::{EsVersion, Program};
use swc_ecma_parser::{EsSyntax, FlowSyntax, Lexer, Parser, Syntax, TsSyntax, error::Error};

use super::component::{is_component, scripts};
use super::guard::{self, Dialect, Refusal};
use super::lift;

/// A tree. Spans are byte offsets into the text plus one (swc's `BytePos`, which keeps 0 for «nowhere»).
pub struct Parsed {
    pub program: Program,
    /// Every comment, in the order of the text; none at all where no comment can be a suppression ([`SUPPRESSION`]).
    pub comments: Vec<Comment>,
}

/// How each suppression comment begins. Comments are only kept where this stands somewhere in the text.
pub const SUPPRESSION: &str = "unlisten-ignore";

/// Where the text begins in a span.
const BASE: BytePos = BytePos(1);

/// Parses JavaScript, TypeScript, JSX, TSX, Flow, or the scripts of a component; the extension of `path` says which. The error is one sentence for a person.
///
/// The text has no byte order mark: `source` takes it off, as Node does, so that columns are those of a stack trace.
///
/// What the parser recovers from (a `return` at top level, a duplicate label, ...) is no error here: other tools report it, and the
/// tree is whole.
pub fn parse(path: &Utf8Path, text: &str) -> Result<Parsed, String> {
    if text.len() > LONGEST {
        return Err(format!("longer than {} MB: not analysed", LONGEST >> 20));
    }
    if is_component(path) {
        let (script, extension) = scripts(text);
        return code(&path.with_extension(extension), &script);
    }
    code(path, text)
}

fn code(path: &Utf8Path, text: &str) -> Result<Parsed, String> {
    let syntax = syntax_of(path);
    if !matches!(syntax, Syntax::Es(_)) {
        let dialect = if matches!(syntax, Syntax::Typescript(ts) if ts.tsx) { Dialect::Tsx } else { Dialect::TypeScript };
        refuse(text, dialect)?;
        return attempt(text, syntax).or_else(|error| {
            let renamed = rename_keywords(text, &error).and_then(|renamed| attempt(&renamed, syntax).ok());
            renamed.ok_or_else(|| describe(text, &error))
        });
    }
    refuse(text, Dialect::JavaScript)?;
    let flow = || guard::refusal(text, Dialect::Flow).is_none().then(|| attempt(text, flow_syntax()).ok()).flatten();
    // With the pragma first: plain JavaScript reads `f<T>(x)` as two comparisons.
    let pragma = has_flow_pragma(text);
    if pragma && let Some(parsed) = flow() {
        return Ok(parsed);
    }
    // Without it afterwards: annotations are common without the pragma where a build step takes them off.
    attempt(text, syntax).or_else(|error| if pragma { None } else { flow() }.ok_or_else(|| describe(text, &error)))
}

/// [`parse`], with what compilers made of `async` and `yield` taken back ([`super::lift`]): the tree that the source had, as near as that
/// can be told. Its nodes stand where the text has what they were made of.
pub fn parse_source(path: &Utf8Path, text: &str) -> Result<Parsed, String> {
    let mut parsed = parse(path, text)?;
    if lift::is_compiled(text) {
        lift::lift(&mut parsed.program);
    }
    Ok(parsed)
}

/// swc counts positions in 32 bits; and a text of this length takes ten times as much memory as a tree.
const LONGEST: usize = 128 << 20;

fn refuse(text: &str, dialect: Dialect) -> Result<(), String> {
    match guard::refusal(text, dialect) {
        Some(Refusal { offset, reason }) => {
            let (line, column) = line_column(text, offset);
            Err(format!("{line}:{column}: {reason}"))
        }
        None => Ok(()),
    }
}

/// `import A = B.default`: swc takes no keyword there, TypeScript does. The text with another name of the same length in each such place, if
/// the error stands at one.
fn rename_keywords(text: &str, error: &Error) -> Option<String> {
    let at = error.span().lo.0.checked_sub(BASE.0)? as usize;
    let line = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    is_alias(text.get(line..at)?).then_some(())?;
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.rfind('.') {
            Some(dot) if is_alias(&line[..=dot]) && line[dot + 1..].starts_with(|c: char| c.is_ascii_lowercase()) => {
                out.push_str(&line[..=dot]);
                out.push('_');
                out.push_str(&line[dot + 2..]);
            }
            _ => out.push_str(line),
        }
    }
    Some(out)
}

/// `import A = B.`, also exported.
fn is_alias(text: &str) -> bool {
    let text = text.trim_start();
    let text = text.strip_prefix("export ").unwrap_or(text);
    text.starts_with("import ") && text.contains('=') && text.ends_with('.') && !text.contains(['(', '"', '\''])
}

/// One try. Decides itself between module and script, by what stands in the text.
fn attempt(text: &str, syntax: Syntax) -> Result<Parsed, Error> {
    let input = StringInput::new(text, BASE, BASE + BytePos(text.len() as u32));
    let comments = memchr::memmem::find(text.as_bytes(), SUPPRESSION.as_bytes()).map(|_| SingleThreadedComments::default());
    let lexer = Lexer::new(syntax, EsVersion::EsNext, input, comments.as_ref().map(|comments| comments as &dyn Comments));
    let program = Parser::new_from(lexer).parse_program()?;
    Ok(Parsed { program, comments: comments.map(in_order).unwrap_or_default() })
}

/// The comments that the parser hung before and behind tokens, in the order of the text.
fn in_order(comments: SingleThreadedComments) -> Vec<Comment> {
    let (leading, trailing) = comments.take_all();
    let maps = [leading.take(), trailing.take()];
    let mut all: Vec<Comment> = maps.into_iter().flat_map(|map| map.into_values().flatten()).collect();
    all.sort_by_key(|comment| comment.span.lo);
    // Where the parser tries twice it notes twice.
    all.dedup_by_key(|comment| comment.span.lo);
    all
}

/// Everything that some build step accepts in a file of this name.
fn syntax_of(path: &Utf8Path) -> Syntax {
    let name = path.file_name().unwrap_or_default();
    match path.extension().unwrap_or_default() {
        "ts" | "mts" | "cts" => {
            Syntax::Typescript(TsSyntax { decorators: true, dts: is_declaration(name), no_early_errors: true, ..TsSyntax::default() })
        }
        "tsx" => Syntax::Typescript(TsSyntax { tsx: true, decorators: true, no_early_errors: true, ..TsSyntax::default() }),
        _ => Syntax::Es(EsSyntax {
            jsx: true,
            fn_bind: false,
            decorators: true,
            decorators_before_export: true,
            export_default_from: true,
            import_attributes: true,
            allow_super_outside_method: true,
            allow_return_outside_function: true,
            auto_accessors: true,
            explicit_resource_management: true,
        }),
    }
}

/// `index.d.ts`, `index.d.mts`, and `styles.d.css.ts`, which TypeScript knows too.
fn is_declaration(name: &str) -> bool {
    name.ends_with(".d.ts") || name.ends_with(".d.mts") || name.ends_with(".d.cts") || (name.ends_with(".ts") && name.contains(".d."))
}

fn flow_syntax() -> Syntax {
    Syntax::Flow(FlowSyntax {
        jsx: true,
        all: true,
        require_directive: false,
        // Quadratic in the members of an enum: 50,000 take 4 s.
        enums: false,
        decorators: true,
        components: true,
        pattern_matching: false,
    })
}

/// `@flow` near the beginning, where its comment stands.
fn has_flow_pragma(text: &str) -> bool {
    let head = text.as_bytes();
    let head = &head[..head.len().min(1024)];
    head.windows(5).any(|five| five == b"@flow")
}

/// One sentence, with the place as line:column (1-based, in UTF-16 units).
fn describe(text: &str, error: &Error) -> String {
    let (line, column) = line_column(text, error.span().lo.0.saturating_sub(BASE.0) as usize);
    let message = error.kind().msg();
    let message = message.lines().next().unwrap_or_default().trim_end_matches('.');
    format!("{line}:{column}: syntax error: {message}")
}

fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.bytes().filter(|&b| b == b'\n').count() + 1, before[start..].encode_utf16().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parses(name: &str, text: &str) {
        if let Err(error) = parse(Utf8Path::new(name), text) {
            panic!("{name}: {error}\n{text}");
        }
    }

    #[test]
    fn every_dialect() {
        parses("a.js", "#!/usr/bin/env node\nreturn; ");
        parses("a.js", "const x = <a b={1}>t</a>; export default x");
        parses("a.cjs", "var await = 1; with (await) {} return 010");
        parses("a.mjs", "await import('x'); import y from './y.json' with { type: 'json' }; import.meta.url");
        parses("a.js", "const fs = require('fs'); await fs.x; return");
        parses("a.js", "@dec export class A { @dec m() {} accessor x = 1; static { using a = b } #p; q() { return #p in this } }");
        parses("a.ts", "enum E { A }; let x = <any>y; abstract class B<T> { constructor(private a: T) {} } x = y satisfies Z");
        parses("a.tsx", "const x = <T,>(a: T) => <b>{a as any}</b>");
        parses("a.mts", "import type { X } from './x'; export = 1 as const");
        parses("a.ts", "import a = require('./a');\nimport A = a.default;\nexport import B = a.c.in;\nexport { A };");
        parses("a.d.ts", "declare module 'x' { export function f(a: string): void; } export const y: number;");
        parses("a.js", "// @flow\nimport type { A } from './a'; export type B = {| +a: ?string |}; f<T>(x);");
        parses("a.js", "const f = (a: number, b?: string): Promise<void> => {};");
        parses("a.jsx", "for await (const a of b) {} label: for (;;) { break label }");
        parses("a.js", "<!-- html comment\nvar a = 1 --> 0");
        parses("a.js", "");
        parses("a.ts", "return; const x = await f()");
    }

    #[test]
    fn an_error_is_one_sentence_with_its_place() {
        let error = parse(Utf8Path::new("a.js"), "const ok = 1;\nconst é = '😀', b = = 2;").err();
        assert_eq!(error.as_deref(), Some("2:21: syntax error: Expression expected"));
    }
}
