//! Text to tree, with every way to hang or overflow the parser refused by name first.

use camino::Utf8Path;
use swc_common::{BytePos, Spanned, input::StringInput};
use swc_ecma_ast::{EsVersion, Program};
use swc_ecma_parser::{EsSyntax, FlowSyntax, Lexer, Parser, Syntax, TsSyntax, error::Error};

/// A tree. Spans are byte offsets into the text plus one (swc's `BytePos`, which keeps 0 for «nowhere»).
pub struct Parsed {
    pub program: Program,
}

/// Where the text begins in a span.
const BASE: BytePos = BytePos(1);

/// Parses JavaScript, TypeScript, JSX, TSX or Flow; the extension of `path` says which. The error is one sentence for a person.
///
/// The text has no byte order mark: `source` takes it off, as Node does, so that columns are those of a stack trace.
///
/// What the parser recovers from (a `return` at top level, a duplicate label, ...) is no error here: other tools report it, and the
/// tree is whole.
pub fn parse(path: &Utf8Path, text: &str) -> Result<Parsed, String> {
    let syntax = syntax_of(path);
    let flow = matches!(syntax, Syntax::Es(_)) && has_flow_pragma(text);
    if flow && let Ok(program) = attempt(text, flow_syntax()) {
        return Ok(Parsed { program });
    }
    match attempt(text, syntax) {
        Ok(program) => Ok(Parsed { program }),
        // Flow's annotations are common without the pragma where a build step takes them off.
        Err(error) if matches!(syntax, Syntax::Es(_)) && !flow => match attempt(text, flow_syntax()) {
            Ok(program) => Ok(Parsed { program }),
            Err(_) => Err(describe(text, &error)),
        },
        Err(error) => Err(describe(text, &error)),
    }
}

/// One try. Decides itself between module and script, by what stands in the text.
fn attempt(text: &str, syntax: Syntax) -> Result<Program, Error> {
    let input = StringInput::new(text, BASE, BASE + BytePos(text.len() as u32));
    Parser::new_from(Lexer::new(syntax, EsVersion::EsNext, input, None)).parse_program()
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
        enums: true,
        decorators: true,
        components: true,
        pattern_matching: false,
    })
}

/// `@flow` in the file's first comment. Flow's grammar is tried first there: plain JavaScript reads `f<T>(x)` as two comparisons.
fn has_flow_pragma(text: &str) -> bool {
    let head = text.as_bytes();
    let head = &head[..head.len().min(1024)];
    head.windows(5).any(|five| five == b"@flow")
}

/// One sentence, with the place as line:column (1-based, in UTF-16 units).
fn describe(text: &str, error: &Error) -> String {
    let (line, column) = line_column(text, error.span().lo);
    let message = error.kind().msg();
    let message = message.lines().next().unwrap_or_default().trim_end_matches('.');
    format!("{line}:{column}: syntax error: {message}")
}

fn line_column(text: &str, at: BytePos) -> (usize, usize) {
    let mut offset = (at.0.saturating_sub(BASE.0) as usize).min(text.len());
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
