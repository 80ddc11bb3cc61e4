//! What a finding says that each listener keeps, on whole programs: release, firing, `bind`, factories, fields, suspended functions.
//! V8 is asked the same, with weak references, wherever Node is there.

mod support;

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;
use support::parallel;

/// Code of a function that is called again and again.
struct Story {
    code: &'static str,
    /// Of the values that it makes with `mk('name')` or shows with `watch('name', value)`, those that V8 keeps.
    kept: &'static str,
    /// The variables that the finding names; none where there is to be no finding. Each is called like its value.
    said: Option<&'static str>,
}

const fn leaks(code: &'static str, kept: &'static str) -> Story {
    Story { code, kept, said: Some(kept) }
}

/// What a kept object holds is kept with it, but is no variable of the listener.
const fn leaks_inside(code: &'static str, kept: &'static str, said: &'static str) -> Story {
    Story { code, kept, said: Some(said) }
}

const fn clean(code: &'static str) -> Story {
    Story { code, kept: "", said: None }
}

const STORIES: &[Story] = &[
    // A sibling that runs later, and one that waits.
    leaks("const page = mk('page'); (async () => { await null; report(page); })(); bus.on('ping', () => report(1));", "page"),
    leaks("const page = mk('page'); setTimeout(() => report(page), 0); bus.on('ping', () => report(1));", "page"),
    // What is made elsewhere sees nothing of here.
    leaks("const page = mk('page'), title = mk('title'); read(() => page); bus.on('ping', shower(title));", "title"),
    leaks("const page = mk('page'); read(() => page); bus.on('ping', report);", ""),
    // `bind` keeps what it binds.
    leaks("const page = mk('page'), other = mk('other'); report(other); bus.on('ping', report.bind(null, page));", "page"),
    leaks("const owner = mk('owner'); bus.on('ping', report.bind(owner));", "owner"),
    // Turns of a loop are gone after it.
    leaks("for (const page of [mk('page')]) read(() => page); bus.on('ping', () => report(1));", ""),
    leaks("for (const page of [mk('page')]) bus.on('ping', () => report(page));", "page"),
    // What is caught stays for every closure of the block, mentioned or not.
    leaks("try { throw mk('error'); } catch (error) { report(error); bus.on('ping', () => report(1)); }", "error"),
    leaks("try { throw mk('error'); } catch (error) { read(() => error); bus.on('ping', () => report(1)); }", "error"),
    leaks("try { throw mk('error'); } catch (error) { read(() => error); } bus.on('ping', () => report(1));", ""),
    // A method that is handed over brings no object along.
    leaks("class Page { constructor() { watch('this', this); bus.on('ping', this.show); } show() { return this; } } new Page();", ""),
    leaks("class Page { constructor() { watch('this', this); bus.on('ping', this.show.bind(this)); } show() {} } new Page();", "this"),
    leaks("class Page { constructor() { watch('this', this); bus.on('ping', () => this.show()); } show() {} } new Page();", "this"),
    leaks(
        "class Book { } class Page extends Book { constructor() { super(); watch('this', this); bus.on('ping', () => 1); } } new Page();",
        "",
    ),
    leaks(
        "class Book { open() {} } class Page extends Book { read() { bus.on('ping', () => super.open()); } } watch('this', new Page()).read();",
        "this",
    ),
    leaks("const page = { show() { return 1; } }; watch('page', page); bus.on('ping', page.show);", ""),
    // Private names.
    leaks(
        "class Page { #text = 1; #show() { return this.#text; } constructor() { watch('this', this); bus.on('ping', () => this.#show()); } } new Page();",
        "this",
    ),
    leaks("class Page { #text = 1; constructor() { watch('this', this); bus.on('ping', (o) => #text in o); } } new Page();", ""),
    // `arguments` holds what was given.
    leaks("(function (page) { bus.on('ping', () => arguments.length); })(mk('page'));", "page"),
    leaks("(function (page) { 'use strict'; report(arguments); bus.on('ping', () => 1); })(mk('page'));", ""),
    // One field of an object, or all of it.
    leaks_inside(
        "const page = mk('page'), text = mk('text'), both = watch('both', { page, text }); bus.on('ping', () => both.text);",
        "both page text",
        "both",
    ),
    leaks(
        "const page = mk('page'), both = watch('both', { page, text: mk('text') }); const { text } = both; bus.on('ping', () => text);",
        "text",
    ),
    // Async functions that have ended are like others.
    leaks("(async function () { const page = mk('page'); bus.on('ping', () => 1); await null; report(page); })();", ""),
    leaks("(async function () { const page = mk('page'); bus.on('ping', () => page); await null; })();", "page"),
    // One that waits for the event keeps everything.
    leaks("return (async () => { const page = mk('page'); report(page); await once(bus, 'never'); })();", "page"),
    leaks("return (async () => { const page = mk('page'); await once(bus, 'never'); report(page); })();", "page"),
    leaks("return (async () => { const page = mk('page'); report(page); await new Promise((done) => bus.on('never', done)); })();", "page"),
    leaks(
        "return (async () => { const page = mk('page'); report(page); await new Promise((done) => bus.on('never', () => done(1))); })();",
        "page",
    ),
    // A generator that stands at a `yield` is kept with all it has.
    leaks_inside(
        "const page = (function* () { const text = mk('text'); report(text); yield 1; })(); watch('page', page).next(); bus.on('ping', () => page);",
        "page text",
        "page",
    ),
    // Let go, or not yet there.
    leaks("let page = mk('page'); bus.on('ping', () => page); page = null;", ""),
    leaks("let page = mk('page'); bus.on('ping', () => page); { page = undefined; }", ""),
    leaks("let page = null; bus.on('ping', () => page); page = mk('page');", "page"),
    // An EventTarget keeps its listeners too.
    leaks("const page = mk('page'); target.addEventListener('ping', () => report(page));", "page"),
    // Taken off, fired, or dead with its emitter: nothing is kept, and nothing is said.
    clean("const page = mk('page'); const show = () => report(page); bus.on('ping', show); bus.removeListener('ping', show);"),
    clean(
        "const page = mk('page'); const show = () => report(page); target.addEventListener('ping', show); target.removeEventListener('ping', show);",
    ),
    clean("const page = mk('page'); bus.once('ping', () => report(page)); bus.emit('ping');"),
    clean("const page = mk('page'), own = new EventEmitter(); own.on('ping', () => report(page));"),
];

fn program(code: &str) -> String {
    format!(
        "const {{ EventEmitter, once }} = require('node:events');\n\
         const bus = new EventEmitter(), target = new EventTarget();\n\
         bus.setMaxListeners(50);\n\
         function report() {{}}\n\
         function read(f) {{ return f(); }}\n\
         const shower = (title) => () => report(title);\n\
         exports.bus = bus; exports.target = target;\n\
         exports.run = function (mk) {{\n{code}\n}};\n"
    )
}

/// The findings of a program that is one file.
fn findings(text: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("program.js"), text).expect("the folder is our own");
    let output = Command::new(env!("CARGO_BIN_EXE_unlisten"))
        .args(["check", "--format", "json", "--no-config", "--min-confidence", "low", "."])
        .current_dir(folder.path())
        .output()
        .expect("the binary starts");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{text}: {error}"));
    report["findings"].as_array().expect("a report has findings").clone()
}

fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// The labels that a story makes.
fn watched(code: &str) -> BTreeSet<String> {
    let labels = ["mk('", "watch('"].into_iter().flat_map(|call| code.split(call).skip(1));
    labels.map(|rest| rest.split('\'').next().unwrap_or_default().to_owned()).collect()
}

fn names(finding: &Value) -> BTreeSet<String> {
    finding["retains"].as_array().into_iter().flatten().filter_map(|kept| kept["name"].as_str()).map(str::to_owned).collect()
}

#[test]
fn findings_tell_what_each_listener_keeps() {
    let told = parallel::map(STORIES, 4, |story| findings(&program(story.code)));
    let mut wrong = Vec::new();
    for (story, findings) in STORIES.iter().zip(told) {
        match (&findings[..], story.said) {
            ([], None) => {}
            ([finding], Some(expected)) => {
                let said: BTreeSet<String> = names(finding).intersection(&watched(story.code)).cloned().collect();
                if said != words(expected) {
                    wrong.push(format!("{}\n    says {said:?}, not {expected:?}", story.code));
                }
            }
            _ => wrong.push(format!("{}\n    {} findings", story.code, findings.len())),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), STORIES.len(), wrong.join("\n"));
}

#[test]
fn v8_keeps_the_same() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/alive.js");
    let node = Command::new("node").args(["--expose-gc", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut node) = node else {
        eprintln!("skipped: no node here to ask");
        return;
    };
    let programs: Vec<String> = STORIES.iter().map(|story| program(story.code)).collect();
    node.stdin.take().expect("it is piped").write_all(serde_json::to_string(&programs).expect("texts").as_bytes()).expect("node reads");
    let output = node.wait_with_output().expect("node ends");
    let measured: Vec<BTreeSet<String>> = serde_json::from_slice(&output.stdout).expect("node prints its measurements");
    let pairs = STORIES.iter().zip(&measured).filter(|(story, measured)| **measured != words(story.kept));
    let wrong: Vec<String> =
        pairs.map(|(story, measured)| format!("{}\n    V8 keeps {measured:?}, not {:?}", story.code, story.kept)).collect();
    assert_eq!(measured.len(), STORIES.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
