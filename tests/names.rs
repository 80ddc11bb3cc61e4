//! Which variable an identifier means. In the sources, `/*a*/x` declares or uses a variable that the test calls `a`, `/*=a*/x`
//! has to mean the same one, and `/*!*/x` has to mean none.

use std::collections::HashMap;

use swc_common::BytePos;
use swc_ecma_ast::{EsVersion, Program};
use swc_ecma_parser::{EsSyntax, Lexer, Parser, StringInput, Syntax, TsSyntax};
use unlisten::facts::{BindingId, BindingKind, FunctionKind};
use unlisten::syntax::names::{FunctionName, Names};

enum Language {
    Script,
    Module,
    TypeScript,
}
use Language::{Module, Script, TypeScript};

fn parse(language: &Language, text: &str) -> Program {
    let syntax = match language {
        TypeScript => Syntax::Typescript(TsSyntax { tsx: true, decorators: true, ..Default::default() }),
        _ => Syntax::Es(EsSyntax { jsx: true, decorators: true, ..Default::default() }),
    };
    let input = StringInput::new(text, BytePos(1), BytePos(1 + text.len() as u32));
    let mut parser = Parser::new_from(Lexer::new(syntax, EsVersion::latest(), input, None));
    let program = match language {
        Script => parser.parse_script().map(Program::Script),
        _ => parser.parse_module().map(Program::Module),
    };
    program.unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn names(language: &Language, text: &str) -> Names {
    Names::bind(&parse(language, text))
}

/// Every marked identifier: its mark, the place of its name.
fn marks(text: &str) -> Vec<(&str, BytePos)> {
    let starts = text.match_indices("/*").map(|(start, _)| start);
    let ends = text.match_indices("*/").map(|(end, _)| end);
    starts.zip(ends).map(|(start, end)| (&text[start + 2..end], BytePos(end as u32 + 3))).collect()
}

fn bind(language: Language, text: &str) -> Names {
    let names = names(&language, text);
    let mut known: HashMap<&str, BindingId> = HashMap::new();
    let marks = marks(text);
    for &(mark, at) in marks.iter().filter(|(mark, _)| !mark.starts_with(['=', '!'])) {
        let binding = names.binding_at(at).unwrap_or_else(|| panic!("{mark} means nothing in {text}"));
        let before = known.insert(mark, binding);
        assert!(before.is_none(), "{mark} stands twice in {text}");
    }
    let distinct: std::collections::HashSet<_> = known.values().collect();
    assert_eq!(distinct.len(), known.len(), "two marks mean one variable in {text}");
    for (mark, at) in marks {
        let binding = names.binding_at(at);
        if let Some(expected) = mark.strip_prefix('=') {
            assert_eq!(binding, Some(known[expected]), "={expected} at {at:?} in {text}");
        } else if mark == "!" {
            assert_eq!(binding, None, "at {at:?} in {text}");
        }
    }
    names
}

fn function<'a>(names: &'a Names, text: &str, starts: &str) -> &'a FunctionName {
    let at = text.find(starts).unwrap_or_else(|| panic!("no {starts}"));
    let position = BytePos(at as u32 + 1);
    names.functions.iter().skip(1).find(|function| function.start == position).unwrap_or_else(|| panic!("no function at {starts}"))
}

fn captured(names: &Names, function: &FunctionName) -> Vec<String> {
    function.captures.iter().map(|binding| names.bindings[binding.index()].name.0.to_string()).collect()
}

#[test]
fn var_and_functions_are_hoisted_to_their_function() {
    bind(Script, "function f() { /*=a*/x; { var /*a*/x = 1 } /*=g*/g(); function /*g*/g() {} } /*!*/x;");
    bind(Script, "if (1) { for (var /*a*/i of []) {} } /*=a*/i; for (var /*=a*/i = 0;;) {} for (/*=a*/i in {}) {}");
    bind(Script, "try {} catch (/*e*/e) { var /*=e*/e = 1; /*=e*/e } /*!*/undeclared;");
    bind(Module, "/*=f*/f(); export function /*f*/f() {} export default function /*g*/g() { /*=g*/g }");
}

#[test]
fn blocks_have_names_of_their_own() {
    bind(Script, "let /*a*/x; { let /*b*/x; /*=b*/x; { /*=b*/x } } /*=a*/x; switch (/*=a*/x) { case 1: let /*c*/x; /*=c*/x }");
    bind(Script, "for (let /*a*/i = 0, /*b*/n = /*=a*/i; /*=a*/i < /*=b*/n; /*=a*/i++) { /*=b*/n; let /*c*/i; /*=c*/i } /*!*/i;");
    bind(Script, "for (const /*a*/x of /*!*/xs) { /*=a*/x } for (const [/*b*/k, /*c*/v] in {}) { /*=b*/k + /*=c*/v } /*!*/k");
    bind(Script, "try {} catch ({ /*a*/a, b: [/*b*/b = /*=a*/a] }) { /*=b*/b } /*!*/a; try {} catch { /*!*/b }");
    bind(Script, "class /*a*/A extends /*=a*/A { m() { /*=a*/A } } /*=a*/A; (class /*b*/B { static x = /*=b*/B }); /*!*/B;");
}

#[test]
fn a_function_in_a_sloppy_block_is_also_the_functions() {
    bind(Script, "function o() { if (1) { function /*f*/f() {} /*=f*/f } else { function /*=f*/f() {} } /*=f*/f }");
    bind(Script, "function o() { var /*f*/f; { function /*=f*/f() {} } }");
    bind(Script, "function o() { { { function /*a*/f() {} } /*=a*/f } /*=a*/f } /*!*/f");
    bind(Script, "function o() { { let /*b*/f; { function /*a*/f() {} /*=a*/f } /*=b*/f } /*!*/f }");
    bind(Script, "function o(/*b*/f) { { function /*a*/f() {} /*=a*/f } /*=b*/f }");
    bind(Script, "function o(/*b*/f = 1) { { function /*a*/f() {} /*=a*/f } /*=b*/f }");
    bind(Script, "function o() { 'use strict'; { function /*a*/f() {} /*=a*/f } /*!*/f }");
    bind(Script, "function o() { { async function /*a*/f() {} /*=a*/f } /*!*/f }");
    bind(Script, "function o() { if (1) function /*a*/f() {} /*=a*/f }");
    bind(Module, "{ function /*a*/f() {} /*=a*/f } /*!*/f");
    let names = bind(Script, "function o() { { function /*f*/f() {} } { function /*=f*/f() {} } var /*y*/y; /*=y*/y }");
    assert_eq!(names.bindings.len(), 3, "the two are one: o, f, y");
}

#[test]
fn parameters_and_their_defaults() {
    bind(Script, "function f(/*a*/a, { b: /*b*/b = /*=a*/a, .../*c*/c }, ...[/*d*/d]) { /*=a*/a + /*=b*/b + /*=c*/c + /*=d*/d } /*!*/a");
    bind(Script, "let /*x*/x; function f(a = () => /*=x*/x) { var /*y*/x; /*=y*/x }");
    bind(Script, "function f(/*p*/p, q = 1) { var /*=p*/p; /*=p*/p } function g(/*q*/p) { var /*=q*/p }");
    bind(Script, "(/*a*/a, /*b*/b = /*=a*/a) => { /*=b*/b }; async /*c*/c => /*=c*/c; /*!*/c");
    bind(Script, "(function /*f*/f(/*g*/g) { /*=f*/f(/*=g*/g) }); /*!*/f; (function f() { var /*h*/f; /*=h*/f })");
    bind(Script, "({ set x(/*v*/v) { /*=v*/v }, get y() { return /*!*/v }, m(/*w*/w) { /*=w*/w }, [/*!*/w]: 1 })");
}

#[test]
fn what_is_a_reference_and_what_is_not() {
    bind(Script, "var /*a*/a; ({ /*=a*/a, a: 1, b: /*=a*/a, [/*=a*/a]: 2 }); o./*!*/a; o[/*=a*/a]; /*!*/o?.a");
    bind(Script, "var /*a*/a, /*b*/b; ({ /*=a*/a, c: /*=b*/b = /*=a*/a } = {}); [/*=a*/a, ...{ b: /*=b*/b }] = []; /*=a*/a++");
    bind(Script, "var /*a*/a; /*!*/a: for (;;) { break /*!*/a } /*!*/b: /*=a*/a");
    bind(
        Module,
        "import /*d*/d, { x as /*x*/y, /*z*/z } from 'm'; import * as /*n*/n from 'm'; /*=x*/y + /*=z*/z + /*=d*/d + /*=n*/n + /*!*/x",
    );
    bind(Module, "let /*a*/a; export { /*=a*/a as b }; export { /*!*/a as c } from 'm'; export default /*=a*/a");
    bind(
        Module,
        "import /*f*/Foo from 'm'; const /*o*/o = {}; x = </*=f*/Foo x={/*=o*/o} o={1}><div/></Foo>; x = </*=o*/o.p/>; let /*d*/div; x = </*!*/div/>",
    );
    bind(Module, "class /*k*/K { #a; a = 1; m() { this.#a; /*!*/a } [/*=k*/K.a]() {} static { var /*v*/v; /*=v*/v } n() { /*!*/v } }");
    bind(Module, "let /*a*/a; `${/*=a*/a}`; /*=a*/a`x`; new /*=a*/a(...[/*=a*/a]); import(/*=a*/a); typeof /*=a*/a; delete /*=a*/a.b");
}

#[test]
fn typescript() {
    bind(TypeScript, "import { /*t*/T, type /*u*/U } from 'm'; let /*x*/x: /*!*/T = y as /*!*/T; f</*!*/T>(/*=x*/x!); /*=t*/T");
    bind(TypeScript, "let /*a*/A = 1; enum /*e*/E { A = 1, B = /*!*/A << 1, C = /*=e*/E.A } /*=e*/E; /*=a*/A");
    bind(
        TypeScript,
        "namespace /*n*/N { export const /*a*/a = 1; export function f() { return /*=a*/a + /*=n*/N.b } } /*!*/a; namespace /*=n*/N {}",
    );
    bind(TypeScript, "class K { constructor(private /*a*/a: string, readonly /*b*/b = /*=a*/a) { /*=b*/b; this.a } m() { /*!*/a } }");
    bind(
        TypeScript,
        "import /*r*/r = require('r'); import /*q*/q = /*=r*/r.q; type X = typeof /*!*/r; interface r {} /*=q*/q; export = /*=r*/r",
    );
    bind(TypeScript, "function /*f*/f(a: string): void; function /*=f*/f(/*a*/a: any, this_: X) { /*=a*/a } /*=f*/f satisfies /*!*/f");
    bind(TypeScript, "class A implements /*!*/I { declare /*!*/x: I; y?: /*!*/I } abstract class B { abstract m(a: /*!*/I): void }");
    bind(
        TypeScript,
        "import { /*d*/dec } from 'd'; @/*=d*/dec(() => /*k*/K) class /*=k*/K { @/*=d*/dec m(@/*=d*/dec /*x*/x) { /*=x*/x } }",
    );
    let names = bind(
        TypeScript,
        "declare const /*a*/a: string; declare global { var b: number } export declare function f(): void; const c = /*=a*/a",
    );
    let ambient = |name: &str| names.bindings[names.top_level(name).unwrap().index()].ambient;
    assert!(ambient("a") && ambient("f") && !ambient("c"));
    assert_eq!(names.top_level("b"), None);
}

#[test]
fn functions_are_found_by_where_they_begin() {
    let text = "function a() {} async x => x; class K { static async m() {} #p() {} constructor() {} get g() {} f = () => 1; static { } } ({ async o() {}, set s(v) {} })";
    let names = names(&Module, text);
    let kinds: Vec<_> = names.functions.iter().map(|function| function.kind).collect();
    use FunctionKind::{Arrow, Constructor, Getter, Initializer, Method, Module as Body, Plain, Setter};
    assert_eq!(
        kinds,
        [Body, Plain, Arrow, Method, Method, Constructor, Getter, Initializer, Arrow, Initializer, Method, Setter],
        "in the order of the text"
    );
    for start in ["function a", "async x", "m()", "#p()", "constructor", "g()", "() => 1", "o()", "s(v)"] {
        function(&names, text, start);
    }
    let class = swc_common::Span::new(BytePos(text.find("class").unwrap() as u32 + 1), BytePos(999));
    let (instance, fixed) = (names.initializer(class, false).unwrap(), names.initializer(class, true).unwrap());
    assert!(instance != fixed && names.functions[instance.index()].kind == Initializer);
    let arrow = function(&names, text, "() => 1");
    assert_eq!((arrow.parent, arrow.this), (Some(instance), instance));
    assert_eq!(names.function(names.functions[0].span).map(|id| id.0), Some(1), "the module body is not found by its span");
}

#[test]
fn captures_pass_through_the_functions_between() {
    let text = "function o(p) { let a, b; function m() { const c = 1; return () => { a; c; p } } b; { let d; (() => d)() } }";
    let names = names(&Script, text);
    assert_eq!(captured(&names, function(&names, text, "() => {")), ["p", "a", "c"]);
    assert_eq!(captured(&names, function(&names, text, "function m")), ["p", "a"]);
    assert_eq!(captured(&names, function(&names, text, "() => d")), ["d"]);
    assert!(function(&names, text, "function o").captures.is_empty());
    let b = names.bindings.iter().position(|name| name.name.0 == "b").unwrap();
    assert!(names.slots.iter().filter(|slot| slot.binding == Some(BindingId(b as u32))).all(|slot| !slot.context));
}

#[test]
fn this_super_and_arguments_pass_through_arrows() {
    let text =
        "function o() { x => () => this; function p() { this } () => arguments } class K extends L { m() { () => super.m() } n() {} }";
    let names = names(&Script, text);
    let o = function(&names, text, "function o");
    assert!(o.uses_this && o.uses_arguments && !o.uses_super && o.this_captured.is_some() && o.arguments_captured.is_some());
    assert!(function(&names, text, "x =>").uses_this && function(&names, text, "() => this").uses_this);
    let p = function(&names, text, "function p");
    assert!(p.uses_this && p.this_captured.is_none() && !p.uses_arguments);
    assert!(function(&names, text, "m() {").uses_super && !function(&names, text, "n() {}").uses_this);
    assert!(!function(&names, text, "() => arguments").uses_arguments, "an arrow has none");
}

#[test]
fn kinds() {
    let names =
        names(&Module, "import i from 'i'; var v; let l; const c = 1; function f(p) {} class K {} try {} catch (e) {} using u = v;");
    let kinds: Vec<_> = names.bindings.iter().map(|name| (name.name.0.to_string(), name.kind)).collect();
    use BindingKind::{Catch, Class, Const, Function, Import, Let, Param, Using, Var};
    let expected =
        [("i", Import), ("v", Var), ("l", Let), ("c", Const), ("f", Function), ("p", Param), ("K", Class), ("e", Catch), ("u", Using)];
    assert_eq!(kinds, expected.map(|(name, kind)| (name.to_owned(), kind)));
}

#[test]
fn long_chains_are_no_deep_recursion() {
    let sum = vec!["a"; 64_000].join(" + ");
    let chain = "if (a) {} else ".repeat(4_000) + "{}";
    // The tree itself takes a deep stack to drop.
    let run = move || {
        for text in [sum, chain] {
            let program = parse(&Script, &format!("let a; {text}"));
            std::thread::scope(|scope| {
                let small = std::thread::Builder::new().stack_size(1 << 20);
                let names = small.spawn_scoped(scope, || Names::bind(&program)).unwrap().join().unwrap();
                assert_eq!(names.bindings.len(), 1);
            });
        }
    };
    std::thread::Builder::new().stack_size(1 << 30).spawn(run).unwrap().join().unwrap();
}
