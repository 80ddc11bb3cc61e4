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
    // More of `with`.
    ("const a = mk('a'); use(a); with ({}) { eval('1'); } keep(() => 1);", "a"),
    ("const a = mk('a'), b = mk('b'); with ({}) { { let c = mk('c'); call(() => c); a; } keep(() => 1); } use(b);", "a"),
    ("(function () { watch('this', this); with (this) { keep(() => 1); } }).call({});", "this"),
    ("const o = mk('o'), p = mk('p'); with (o) with (p) { keep(() => 1); }", "o p"),
    ("const o = mk('o'); with (1 ? o : 0) { keep(() => 1); }", "o"),
    ("const o = mk('o'); let q; with (q = o) { keep(() => 1); }", "o"),
    ("const o = mk('o'); with (o) { call(() => label); } keep(() => 1);", ""),
    ("const o = mk('o'); with (o) { const a = mk('a'); use(a); keep(() => 1); }", "o"),
    ("(function (a) { with ({}) { keep(() => { const b = mk('b'); use(b); }); } use(a); })(mk('a'));", ""),
    // More of `eval`: who calls it, where, and under which name.
    ("(function () { class K { static #m() { } static { watch('K', this); } n() { keep((o) => eval('1')); } } new K().n(); })();", "K"),
    ("(function (a) { eval('1'); keep(() => 1); })(mk('a'));", "a"),
    ("eval('var q = 1'); const a = mk('a'); keep(() => 1); use(a);", "a"),
    ("const a = mk('a'); use(a); call((eval) => eval('1')); keep(() => 1);", "a"),
    ("const a = mk('a'); use(a); this.eval?.('1'); keep(() => 1);", ""),
    ("try { throw mk('a'); } catch (a) { keep(() => 1); eval('1'); }", "a"),
    ("const a = mk('a'); use(a); { const b = mk('b'); use(b); call(() => eval('0')); } keep(() => 1);", "a"),
    ("const a = mk('a'); use(a); (1, eval)('0'); keep(() => 1);", ""),
    ("const a = mk('a'); use(a); Reflect.apply(eval, null, ['0']); keep(() => 1);", ""),
    ("const a = mk('a'); use(a); { let z = 1; eval('0'); { keep(() => z); } }", "a"),
    ("(function (a) { use(a); keep(() => 1); (function () { eval('0'); })(); })(mk('a'));", "a"),
    ("(function (a) { use(a); keep(() => 1); class K { [eval('0')]() {} } })(mk('a'));", "a"),
    ("(function (a, b = eval('0'), c = keep(() => 1)) { })(mk('a'));", "a"),
    ("for (let a = mk('a'), i = 0; i < 1; i++) { use(a); eval('0'); keep(() => 1); }", "a"),
    // More of `arguments`.
    ("(function (a) { var arguments = 1; keep(() => 1); })(mk('a'));", "a"),
    ("(function (a) { if (0) { var arguments = 2; } keep(() => 1); })(mk('a'));", "a"),
    ("(function (a) { var arguments; use(arguments); keep(() => 1); })(mk('a'));", "a"),
    ("(function (a) { function arguments() { } keep(() => 1); })(mk('a'));", ""),
    ("(function (a, f = () => arguments) { keep(() => 1); })(mk('a'));", "a"),
    ("(function (a) { class K { static { function q() { arguments } } } keep(() => 1); })(mk('a'));", ""),
    ("(function* (a) { use(arguments[0]); keep(() => 1); })(mk('a')).next();", "a"),
    ("(function (a) { 'use strict'; keep(() => 1); call(() => arguments[0]); })(mk('a'));", "a"),
    ("(function (a, { b }) { use(arguments); keep(() => 1); })(mk('a'), {});", ""),
    ("(function (a) { function arguments() { } use(arguments); keep(() => 1); })(mk('a'));", "a"),
    ("(function (a) { { let arguments = 1; use(arguments); } keep(() => 1); })(mk('a'));", ""),
    ("(function (a) { ((b) => { arguments; keep(() => 1); })(mk('b')); })(mk('a'));", "a"),
    ("(function (a) { use({ arguments: 1 }.arguments); keep(() => 1); })(mk('a'));", ""),
    ("(function f(a) { use(f.arguments); keep(() => 1); })(mk('a'));", ""),
    // Patterns of `catch`: parts of what is caught are kept with it, defaults are none.
    ("const o = { a: mk('a') }; try { throw o; } catch ({ a }) { keep(() => 1); }", "a"),
    ("try { throw {}; } catch ({ a = mk('a') }) { call(() => a); keep(() => 1); }", "a"),
    ("try { throw []; } catch ([a = mk('a')]) { use(a); keep(() => 1); }", ""),
    ("try { throw {}; } catch ({ a = mk('a'), f = () => a }) { keep(() => 1); }", "a"),
    ("try { throw [mk('e'), [mk('f')]]; } catch ([e, [f]]) { keep(() => 1); }", "e f"),
    ("try { throw {}; } catch ({ b = keep(() => 1), a = mk('a') }) { use(a); }", ""),
    ("try { throw mk('e'); } catch (e) { var a = e; } keep(() => 1); use(a);", ""),
    ("try { const a = mk('a'); call(() => a); throw 1; } catch (e) { keep(() => 1); }", ""),
    ("try { throw mk('e'); } catch (e) { (() => { keep(() => 1); })(); }", "e"),
    // More of classes: static parts, private methods, keys and heritage.
    ("(function () { class K { static { watch('this', this); keep(() => 1); call(() => this); } } })();", "this"),
    ("(function () { class K { static #m() { } static { watch('K', this); } n() { keep((o) => o.#m()); } } new K().n(); })();", "K"),
    ("(function () { class K { static #m = 1; static { watch('K', this); } n() { keep((o) => o.#m); } } new K().n(); })();", ""),
    ("(function () { const Z = class K { static #m() { } static { watch('K', this); } n() { keep((o) => o.#m()); } }; new Z().n(); })();", "K"),
    ("class K { static { watch('K', this); } } call(() => K); keep(() => 1);", "K"),
    ("class K { static { watch('K', this); } x = 1; } keep(() => 1); new K()", ""),
    ("class K { static { watch('K', this); } m() { K; keep(() => 1); } } new K().m();", "K"),
    ("class K { static { watch('this', this); } static m() { keep(() => this); } } K.m();", "this"),
    ("class K { x = (() => { const a = mk('a'); use(a); keep(() => 1); })(); } new K();", ""),
    ("class K { x = watch('this', this) && 1; h = keep(() => 1); s = [1].map(() => this); } new K();", "this"),
    ("class K { x = watch('this', this) && 1; h = keep(() => 1); s = () => class { [this]() {} }; } new K();", "this"),
    ("const a = mk('a'); keep(() => 1); const z = new (class { get [a]() { return 1; } })();", ""),
    ("const a = mk('a'); class K { static x = use(a); static h = keep(() => 1); }", "a"),
    ("const a = mk('a'); class K { *x() { yield a; } } keep(() => 1);", "a"),
    ("const a = mk('a'); class K { [(() => use(a))()]() { } } keep(() => 1);", "a"),
    ("(function () { class K { static { watch('K', this); } static m() { return 1; } } keep(() => 1); use(K); })();", ""),
    ("new (class { x = watch('this', this) && 1; h = keep(() => 1); y = call(function () { return this; }); })();", ""),
    ("new (class extends Object { constructor() { call(() => super()); watch('this', this); keep(() => 1); } })();", "this"),
    ("new (class { #p = 1; constructor() { watch('this', this); keep((o) => o.#p); } })();", ""),
    ("(function () { class K { static #m() { } static { watch('K', this); } n() { return 1; } } keep(() => 1); })();", ""),
    ("class K { static a = mk('a'); static { keep(() => 1); } }", ""),
    ("(function (a) { class K { static { call(() => a); } static { keep(() => 1); } } })(mk('a'));", "a"),
    // More of `super`.
    ("watch('super', { m() { return super.x; }, n() { keep(() => super.y); } }).n();", "super"),
    ("watch('this', { m() { keep(() => super.y); } }).m();", "this"),
    ("watch('this', { m() { call(() => super.y); keep(() => 1); } }).m();", "this"),
    ("watch('super', { get g() { keep(() => 1); return super.x; } }).g;", "super"),
    ("watch('super', { m: function () { keep(() => 1); } }).m();", ""),
    ("watch('super', { m() { keep(() => 1); }, o: { n() { super.x; } } }).m();", ""),
    ("watch('super', { o: { m() { keep(() => 1); } }, n() { super.x; } }).o.m();", ""),
    ("watch('super', { async m() { super.x; keep(() => 1); } }).m();", "super"),
    ("watch('super', { [call(() => 1)]() { super.x; }, n() { keep(() => 1); } }).n();", "super"),
    // More of `switch`.
    ("switch (1) { case 1: const a = mk('a'); { call(() => a); } { keep(() => 1); } }", "a"),
    ("const a = mk('a'); switch (1) { case 1: { const b = mk('b'); call(() => b); } keep(() => 1); use(a); }", ""),
    ("switch (1) { default: var a = mk('a'); call(() => a); } keep(() => 1);", "a"),
    ("switch (1) { case 1: { const a = mk('a'); call(() => a); } default: keep(() => 1); }", ""),
    ("const a = mk('a'); switch (call(() => a)) { default: let b = mk('b'); keep(() => 1); use(b); }", "a"),
    ("switch (1) { case (call(() => a0), 1): keep(() => 1); break; case 2: let a0 = 1; } const a = mk('a'); use(a);", ""),
    ("switch (1) { case 1: let a = mk('a'); function h() { return a; } } keep(() => h);", "a"),
    // More of loops: heads, turns, labels.
    ("for (let a = mk('a'), f = keep(() => 1), n = 0; n < 1; n++) { }", ""),
    ("for (let a = mk('a'), n = 0; n < 2; n++) { if (n) keep(() => 1); else call(() => a); }", "a"),
    ("for (const a = mk('a'), s = { n: 0 }; s.n < 1; s.n++) { keep(() => s); }", ""),
    ("for (let [a, n] = [mk('a'), 0]; n < 1; n++) { call(() => n); keep(() => 1); }", ""),
    ("outer: for (const a of [mk('a')]) { for (const b of [mk('b')]) { call(() => a); keep(() => 1); use(b); break outer; } }", "a"),
    ("for (const x of [() => { const a = mk('a'); call(() => a); return 1; }].map((f) => f())) { keep(() => x); }", ""),
    ("for (const a of [mk('a')]) keep(() => 1), call(() => a);", "a"),
    ("for (let i = 0, a = mk('a'); ; ) { call(() => a); keep(() => i); break; }", "a"),
    ("for (const f of [function () { return 1; }]) { const a = mk('a'); call(() => a); keep(() => f); }", "a"),
    ("for (let i = 0, a = mk('a'); i < 1; i++) { keep(() => i); }", ""),
    ("for (let i = 0; i < 1; i++) { let a = mk('a'); keep(() => i); call(() => a); }", "a"),
    ("for (let a = mk('a'), i = 0; call(() => a), i < 1; i++) { keep(() => 1); }", "a"),
    ("let a = mk('a'); for (let i = 0; i < 1; i++) { call(() => a); } keep(() => 1);", "a"),
    ("for (const { a, ...b } of [{ a: mk('a') }]) { call(() => a); keep(() => 1); }", "a"),
    ("for (const k in { x: 1 }) { const a = mk('a'); keep(() => k); use(a); }", ""),
    ("var a; for (a of [mk('a')]) { keep(() => 1); } call(() => a);", "a"),
    ("const o = {}; for (o.a of [mk('a')]) { keep(() => 1); } use(o);", ""),
    ("let a = mk('a'); call(() => { for (a of []); }); keep(() => 1);", "a"),
    // More of functions in blocks.
    ("(function (a) { 'use strict'; { function s() { a; } } keep(() => 1); })(mk('a'));", "a"),
    ("(function (a) { 'use strict'; { function s() { a; } keep(s); } })(mk('a'));", "a"),
    ("{ function s() { return t; } const t = mk('t'); keep(s); }", "t"),
    ("{ function s() { return t; } const t = mk('t'); } { keep(() => s); }", "t"),
    ("{ function s() { return 1; } const t = mk('t'); call(() => t); } keep(() => s);", "t"),
    ("{ let s = 1; { function s() { } const t = mk('t'); call(() => t); } keep(() => s); }", ""),
    ("(function (a, b = 1) { { function a() { } } keep(() => 1); call(() => a) })(mk('a'));", "a"),
    ("{ function s() { return a; } } const a = mk('a'); keep(() => 1);", "a"),
    // More of `this`.
    ("(function () { watch('this', this); keep(() => { (() => this)(); }); }).call({});", "this"),
    ("(function () { watch('this', this); (() => { call(() => this); })(); keep(() => 1); }).call({});", "this"),
    ("(function () { watch('this', this); (() => { use(this); keep(() => 1); })(); }).call({});", "this"),
    ("(function () { watch('this', this); keep(() => function () { return this; }); }).call({});", ""),
    ("(function () { const self = watch('self', this); call(() => self); keep(() => 1); }).call({});", "self"),
    ("(function () { watch('this', this); call((x = this) => x); keep(() => 1); }).call({});", "this"),
    ("(function () { watch('this', this); call(() => ({ m() { return this; } })); keep(() => 1); }).call({});", ""),
    ("(function () { watch('this', this); keep(() => new.target); }).call({});", ""),
    ("(function () { watch('this', this); keep(() => { return { get x() { return this; } }; }); }).call({});", ""),
    ("(function () { watch('this', this); (async () => { await 0; this; })(); keep(() => 1); }).call({});", "this"),
    // More of parameters.
    ("(function (a) { { let a = mk('x'); call(() => a); } keep(() => 1); use(a); })(mk('a'));", ""),
    ("(function (a) { (function (a) { call(() => a); })(1); keep(() => 1); use(a); })(mk('a'));", ""),
    ("(function (a, { b = () => a }) { keep(() => 1); })(mk('a'), {});", "a"),
    ("(function (a, [b = keep(() => 1)] = []) { call(() => a); })(mk('a'));", "a"),
    ("(function (a, b = { m() { return a; } }) { keep(() => 1); })(mk('a'));", "a"),
    ("(function (a, b = use(a)) { var c = mk('c'); keep(() => 1); call(() => c); })(mk('a'));", "c"),
    ("(function (a, b = function () { return a; }) { var c = mk('c'); { let d = mk('d'); keep(() => 1); use(d); } call(() => c); })(mk('a'));", "a c"),
    ("(function (a, b = () => a) { var c = mk('c'); use(c); keep(() => 1); })(mk('a'));", "a"),
    ("(function (a = mk('a'), b = mk('b'), f = keep(() => a)) { use(b); })();", "a"),
    ("(function (a = mk('a'), b = mk('b'), f = keep(() => a)) { call(() => b); })();", "a b"),
    ("(function (a, f = () => a) { var a = mk('b'); keep(() => 1); use(a); })(mk('a'));", "a"),
    ("(function (a, ...b) { call(() => a); keep(() => 1); use(b); })(mk('a'), mk('b'));", "a"),
    ("(function (a, a) { call(() => a); keep(() => 1); })(mk('x'), mk('a'));", "a"),
    ("(function (a) { return function (b) { return function (c) { call(() => a); keep(() => 1); use(b); use(c); }; }; })(mk('a'))(mk('b'))(mk('c'));", "a b"),
    ("(function (a) { return (b) => (c) => { keep(() => 1); use(a); use(b); call(() => c); }; })(mk('a'))(mk('b'))(mk('c'));", "a b c"),
    // Mentions in all kinds of places.
    ("let i = 0; while (i < 1) { let i0 = i++; const a = mk('a'); keep(() => i0); call(() => a) }", "a"),
    ("let a = mk('a'); keep(() => 1); call(() => { [...a] = a; }); ", "a"),
    ("const a = mk('a'); keep(() => 1); const z = ((x) => x)`${a}`;", ""),
    ("const a = mk('a'), { label } = a; keep(() => label);", ""),
    ("((a) => keep(() => 1))(mk('a'));", ""),
    ("({ async *m(a) { call(() => a); keep(() => 1); } }).m(mk('a')).next();", "a"),
    ("const a = mk('a'); use(a); call(() => { Function('return 1')(); }); keep(() => 1);", ""),
    ("l1: l2: { const a = mk('a'); call(() => a); keep(() => 1); break l1; }", "a"),
    ("(function ({ a, b } = { a: mk('a'), b: mk('b') }) { call(() => a); keep(() => 1); use(b); })();", "a"),
    ("(function (...[a, b]) { call(() => a); keep(() => 1); use(b); })(mk('a'), mk('b'));", "a"),
    ("(async () => { const a = mk('a'); use(a); keep(() => 1); })();", ""),
    ("(function f(a) { watch('f', f); call(() => f); keep(() => 1); })(mk('a'));", "f"),
    ("keep(() => 1); return; function s() { return a; } var a;", ""),
    ("{ let a = mk('a'); call(() => a); function h() { return 1; } } keep(h);", "a"),
    ("const { a = keep(() => 1), b = mk('b') } = {}; use(b);", ""),
    ("const a = mk('a'); keep(() => a?.label);", "a"),
    ("const a = mk('a'); call(() => { delete a.x; }); keep(() => 1);", "a"),
    ("const a = mk('a'); call(() => void a); keep(() => 1);", "a"),
    ("const a = mk('a'); call(() => { var { x = a } = {}; }); keep(() => 1);", "a"),
    ("const o = watch('o', { m: () => o }); keep(() => 1);", "o"),
    ("const a = mk('a'); const f = () => { const b = mk('b'); return () => [a, b]; }; f(); keep(() => 1);", "a"),
    ("const a = mk('a'); let b = a; keep(() => b); b = null;", ""),
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
