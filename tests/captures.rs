//! What a closure keeps alive: each row says it, the analysis has to agree, and so has V8 where there is a Node to ask.
//!
//! In a row, `mk('x')` makes the value that is watched under its variable's name, `keep` takes the listener in question,
//! `call` runs a function and drops it, and `use` does something with a value. The row's second half lists what is kept.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use camino::Utf8Path;
use unlisten::facts::{Captures, captures};
use unlisten::syntax::{names::Names, parse};

#[rustfmt::skip]
const ROWS: &[(&str, &str)] = &[
    // Mentions: any closure text of the scope counts, whether it runs or not.
    ("const a = mk('a'), b = mk('b'); use(b); keep(() => a);", "a"),
    ("const a = mk('a'); call(() => a); keep(() => 1);", "a"),
    ("const a = mk('a'); call(function () { return a; }); keep(function () {});", "a"),
    ("const a = mk('a'); keep(() => 1); return; (() => a)();", "a"),
    ("const a = mk('a'); if (false) { () => () => typeof a; } keep(async () => 1);", "a"),
    ("let a = mk('a'), b = mk('b'); call(() => { if (0) ({ a } = {}); if (0) [b] = []; }); keep(() => 1);", "a b"),
    ("const a = mk('a'); use({ m() { return a; } }); keep(() => 1);", "a"),
    ("const a = mk('a'); use({ get g() { return a; } }); keep(() => 1);", "a"),
    ("const a = mk('a'); call((x = a) => x); keep(() => 1);", "a"),
    ("const a = mk('a'); use(`${() => a}`); keep(() => 1);", "a"),
    ("const a = mk('a'); call(() => ({ a })); keep(() => 1);", "a"),
    ("const a = mk('a'); function s() { return a; } function h() {} keep(h);", "a"),
    // What looks like a mention and is none.
    ("const a = mk('a'); use({ a, [a.label]: 1, b() {} }); keep(() => 1);", ""),
    ("const a = mk('a'); class K extends (use(a), Object) { [a.label]() {} } keep(() => 1);", ""),
    ("const a = mk('a'); use(a); call((o) => o && o.a); call(() => ({ a: 1 })); keep(() => 1);", ""),
    ("const a = mk('a'); use(a); call(() => { a: for (;;) break a; }); keep(() => 1);", ""),
    ("const a = mk('a'); use(a); call((a) => a); call(function a() { return a; }); keep(() => 1);", ""),
    ("const a = mk('a'); use(a); call(() => { if (0) { var a; } return a; }); keep(() => 1);", ""),
    ("const a = mk('a'); use(a); call(() => { if (0) { function a() {} } return a; }); keep(() => 1);", ""),
    ("const a = mk('a'); use(a); call(() => { 'use strict'; if (0) { function a() {} } return a; }); keep(() => 1);", "a"),
    ("const a = mk('a'); use(a); call(() => class a { m() { return a; } }); keep(() => 1);", ""),
    // Classes: fields and static parts are functions, keys and heritage are not.
    ("const a = mk('a'), b = mk('b'); class K { f = a; static { b; } } keep(() => 1);", "a b"),
    ("const a = mk('a'), b = mk('b'); class K { #p = a; static s = b; } keep(() => 1);", "a b"),
    ("const a = mk('a'); class K { #m() { return a; } } keep(() => 1);", "a"),
    ("class K { static { const a = mk('a'), b = mk('b'); use(b); call(() => a); keep(() => 1); } }", "a"),
    ("class K { static { var a = mk('a'); call(() => a); } static { keep(() => 1); } }", ""),
    // A function that a sloppy block hands out brings the block along; in strict code none does.
    ("{ const a = mk('a'); function f() { return a; } } keep(() => f());", "a"),
    ("{ const a = mk('a'); function f() { return a; } } call(() => f); keep(() => 1);", "a"),
    ("{ const a = mk('a'); function f() { return a; } } keep(() => 1);", ""),
    ("(function () { 'use strict'; { const a = mk('a'); function f() { return a; } } keep(() => typeof f); })();", ""),
    // Blocks and loops have contexts of their own.
    ("{ const a = mk('a'); call(() => a); } keep(() => 1);", ""),
    ("{ var a = mk('a'); call(() => a); } keep(() => 1);", "a"),
    ("l: { const a = mk('a'); call(() => a); { let s = 1; keep(() => s); } break l; }", "a"),
    ("switch (1) { case 1: let a = mk('a'); call(() => a); case 2: keep(() => 1); }", "a"),
    ("switch (keep(() => 1), 1) { case 1: let a = mk('a'); call(() => a); }", ""),
    ("for (const a of [mk('a')]) { call(() => a); keep(() => 1); }", "a"),
    ("for (const a of (keep(() => 1), [mk('a')])) { call(() => a); }", ""),
    ("let n = 0; while (n++ < 1) { let a = mk('a'); call(() => a); } keep(() => 1);", ""),
    ("for (let a = mk('a'), n = 0; n < 1; n++) { call(() => a); keep(() => 1); }", "a"),
    ("for (let a = mk('a'), f = () => a, n = 0; n < 1; n++) keep(() => 1);", "a"),
    ("for (let a = mk('a'), f = keep(() => 1), n = 0; n < 1; n++) call(() => a);", ""),
    ("for (let a = mk('a'), n = 0; n < 1; keep(() => 1), n++) call(() => a);", "a"),
    ("for (var a = mk('a'), n = 0; n < 1; n++) call(() => a); keep(() => 1);", "a"),
    // What was caught stands in a context, mentioned or not.
    ("try { throw mk('a'); } catch (a) { use(a); keep(() => 1); }", "a"),
    ("try { throw mk('a'); } catch (a) { (function () { keep(function () {}); })(); }", "a"),
    ("try { throw { a: mk('a') }; } catch ({ a }) { use(a); keep(() => 1); }", "a"),
    ("try { throw mk('a'); } catch (a) { use(a); } finally { keep(() => 1); }", ""),
    ("try { throw 1; } catch { const a = mk('a'); use(a); keep(() => 1); }", ""),
    // Parameters.
    ("(function (a, b) { use(b); call(() => a); keep(() => 1); })(mk('a'), mk('b'));", "a"),
    ("(function ({ a = mk('a'), b = mk('b') }, ...[c = mk('c')]) { use(b); call(() => [a, c]); keep(() => 1); })({});", "a c"),
    ("(function (a, f = () => a) { keep(() => 1); })(mk('a'));", "a"),
    ("(function (p, f = keep(() => 1)) { var a = mk('a'); call(() => a); use(p); })(1);", ""),
    ("(function (a, f = () => 1) { var a; call(() => a); keep(() => 1); })(mk('a'));", "a"),
    ("(function (a, f = keep(() => 1)) { var a; call(() => a); })(mk('a'));", ""),
    // `arguments`: a sloppy one shares its elements with plain parameters.
    ("(function (a) { use(arguments.length); keep(() => 1); })(mk('a'));", "a"),
    ("(function (a) { { let s = 1; if (0) arguments; keep(() => s); } })(mk('a'));", "a"),
    ("(function (a) { 'use strict'; use(arguments); keep(() => 1); })(mk('a'));", ""),
    ("(function (a, b = 1) { use(arguments); keep(() => 1); })(mk('a'));", ""),
    ("(function (a) { 'use strict'; call(() => arguments); keep(() => 1); })(mk('a'));", "a"),
    ("(function (a) { use(a); call(function () { arguments; }); keep(() => 1); })(mk('a'));", ""),
    ("(function (a) { let arguments = 1; use(arguments); keep(() => 1); })(mk('a'));", ""),
    ("(function (a) { var arguments = 1; use(arguments); keep(() => 1); })(mk('a'));", "a"),
    ("new (class { m(a) { use(arguments); keep(() => 1); } })().m(mk('a'));", ""),
    // Direct `eval` may mention anything on its chain.
    ("const a = mk('a'); use(a); keep(() => { eval('1'); });", "a"),
    ("const a = mk('a'); use(a); { eval('1'); } { const b = mk('b'); use(b); keep(() => 1); }", "a"),
    ("const a = mk('a'); use(a); class K { m() { (eval)('1'); } } keep(() => 1);", "a"),
    ("const a = mk('a'); use(a); call((x = eval('1')) => x); keep(() => 1);", "a"),
    ("(function (a, f = eval('1')) { const b = mk('b'); use(b); keep(() => 1); })(mk('a'));", "a"),
    ("const a = mk('a'); use(a); call(() => (0, eval)('1')); call(() => eval?.('1')); keep((o) => o.eval('1'));", ""),
    ("const a = mk('a'); use(a); call(() => new Function('1')); call(() => eval`1`); keep(() => typeof eval);", ""),
    ("watch('this', { m() { eval('1'); keep(() => 1); } }).m();", "this"),
    // `with` looks up at run time what its body mentions.
    ("const a = mk('a'), b = mk('b'); use(b); with ({}) { use(a); } keep(() => 1);", "a"),
    ("const a = mk('a'); with (a) { keep(() => 1); }", "a"),
    ("const a = mk('a'); with ({ a }) { keep(() => 1); }", "a"),
    ("const a = mk('a'); with (a) {} keep(() => 1);", ""),
    ("with ({}) { let a = mk('a'), b = mk('b'); use(a); with ({}) { use(b); } keep(() => 1); }", "b"),
    // `this` is a variable that arrows mention.
    ("watch('this', { m() { call(() => this); keep(() => 1); } }).m();", "this"),
    ("watch('this', { m() { call(() => () => () => this); (() => { keep(() => 1); })(); } }).m();", "this"),
    ("watch('this', { m() { use(this); call(function () { (() => this)(); }); keep(() => 1); } }).m();", ""),
    ("watch('this', { m(f = () => this) { keep(() => 1); } }).m();", "this"),
    ("watch('this', { m() { class K { f = this; [this.k]() {} } keep(() => 1); } }).m();", ""),
    ("watch('this', { get g() { call(() => super.x); return keep(() => 1); } }).g;", "this"),
    ("new (class { a = watch('this', this) && 1; h = keep(() => 1); g = () => this; })();", "this"),
    ("new (class { a = watch('this', this) && 1; h = keep(() => 1); m() { return () => this; } })();", ""),
    ("new (class extends Object { constructor() { super(); watch('this', this); keep(() => 1); } })();", ""),
    // `super` of an object literal is the literal, for its methods.
    ("watch('super', { m() { super.toString(); keep(() => 1); } }).m();", "super"),
    ("watch('super', { m() { super.toString(); }, n() { keep(() => 1); } }).n();", "super"),
    ("watch('super', { m() { super.toString(); }, h: keep(() => 1) });", ""),
    // The chain passes through everything around, and through nothing beside.
    ("const a = mk('a'); call(() => a); (function () { const b = mk('b'), c = mk('c'); use(b); call(() => c); keep(() => 1); })();", "a c"),
    ("(function () { const a = mk('a'); call(() => a); })(); (function () { keep(() => 1); })();", ""),
    ("(function self() { call(() => self); keep(function me() { return me; }); })();", ""),
    ("const a = mk('a'), o = { a, n: mk('n') }; const { n } = o; keep(() => n);", "n"),
];

fn captures_of(text: &str) -> Captures {
    let program = parse(Utf8Path::new("row.js"), text).unwrap_or_else(|error| panic!("{text}: {error}")).program;
    captures(&Names::bind(&program), text)
}

/// What the analysis says of the function given to `keep`.
fn analysed(code: &str) -> BTreeSet<String> {
    let captures = captures_of(&format!("function run() {{\n{code}\n}}"));
    let keep = code.find("keep(").expect("a row keeps something") + "keep(".len();
    let named = code[keep..].split(')').next().filter(|name| name.chars().all(char::is_alphanumeric));
    let at = named.and_then(|name| code.find(&format!("function {name}("))).unwrap_or(keep) as u32 + 1;
    let closure = captures.closures.iter().find(|closure| (closure.position.line, closure.position.column) == (2, at));
    let closure = closure.unwrap_or_else(|| panic!("no function at column {at} of {code}"));
    closure.retains.iter().map(|retained| retained.name.clone()).collect()
}

/// The names that a row watches.
fn watched(code: &str) -> BTreeSet<String> {
    let labels = ["mk('", "watch('"].into_iter().flat_map(|call| code.split(call).skip(1));
    labels.map(|rest| rest.split('\'').next().unwrap_or_default().to_owned()).collect()
}

fn expected(row: &str) -> BTreeSet<String> {
    row.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn every_row_holds() {
    for (code, kept) in ROWS {
        let said: BTreeSet<_> = analysed(code).intersection(&watched(code)).cloned().collect();
        assert_eq!(said, expected(kept), "{code}");
    }
}

#[test]
fn v8_agrees_with_every_row() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/retention.js");
    let node = Command::new("node").args(["--expose-gc", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut node) = node else {
        eprintln!("skipped: no node here to ask");
        return;
    };
    let codes: Vec<_> = ROWS.iter().map(|(code, _)| code).collect();
    node.stdin.take().unwrap().write_all(serde_json::to_string(&codes).unwrap().as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    let measured: Vec<BTreeSet<String>> = serde_json::from_slice(&output.stdout).expect("node prints its measurements");
    assert_eq!(measured.len(), ROWS.len());
    for ((code, kept), measured) in ROWS.iter().zip(measured) {
        assert_eq!(measured, expected(kept), "{code}");
    }
}

#[test]
fn a_closure_stands_where_its_text_begins() {
    let text = "class K {\n  static async m() {}\n  get g() { return async x => x }\n  #p() {}\n  constructor() {}\n}\n\
                var s = '\u{1f600}', f = async function () {}, o = { set v(x) {} }";
    let places: Vec<_> = captures_of(text).closures.iter().map(|closure| (closure.position.line, closure.position.column)).collect();
    assert_eq!(places, [(2, 16), (3, 7), (3, 20), (4, 3), (5, 3), (7, 19), (7, 51)], "columns count UTF-16 units");
}

#[test]
fn the_json_has_positions_of_declarations() {
    let json = serde_json::to_value(captures_of("function f(a) {\n  return () => a;\n}")).unwrap();
    let expected = serde_json::json!({ "closures": [
        { "line": 1, "column": 1, "retains": [] },
        { "line": 2, "column": 10, "retains": [{ "name": "a", "line": 1, "column": 12 }] },
    ] });
    assert_eq!(json, expected);
}

#[test]
fn the_other_closure_is_named() {
    let text = "function f(a, b) {\n  use(() => a);\n  keep(() => b);\n  try {} catch (e) { keep(() => 1) }\n}";
    let captures = captures_of(text);
    let through = |index: usize| -> Vec<_> {
        let retains = &captures.closures[index].retains;
        retains.iter().map(|retained| (retained.name.as_str(), retained.through.map(|at| (at.line, at.column)))).collect()
    };
    assert_eq!(through(1), [("a", None), ("b", Some((3, 8)))]);
    assert_eq!(through(2), [("a", Some((2, 7))), ("b", None)]);
    assert_eq!(through(3), [("a", Some((2, 7))), ("b", Some((3, 8))), ("e", None)], "what is caught needs nobody's mention");
}

#[test]
fn the_modules_own_variables_are_left_out() {
    let captures = captures_of("const a = 1; keep(() => a); { const b = 2; keep(() => b); }");
    let names: Vec<Vec<_>> =
        captures.closures.iter().map(|closure| closure.retains.iter().map(|retained| retained.name.as_str()).collect()).collect();
    assert_eq!(names, [vec![], vec!["b"]]);
}
