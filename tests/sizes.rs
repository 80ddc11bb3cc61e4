//! How big a finding says that what a listener keeps is: by what made it, never by its name.

use std::process::Command;

use serde_json::Value;

/// Code that makes `kept`, which a listener then keeps; the size that is told; a word of what it is told to be.
const ROWS: &[(&str, &str, &str)] = &[
    // Files.
    ("const kept = fs.readFileSync(path);", "unbounded", "a file's content"),
    ("const kept = fs.readFileSync(path, 'utf8').trim();", "unbounded", "a file's content"),
    ("const kept = await fs.promises.readFile(path);", "unbounded", "a file's content"),
    ("const kept = JSON.parse(fs.readFileSync(path, 'utf8'));", "unbounded", "parsed from a file's content"),
    ("const kept = JSON.parse((await fs.promises.readFile(path)).toString());", "unbounded", "parsed from"),
    ("const all = fs.readFileSync(path); const kept = all.subarray(0, 4);", "unbounded", "a file's content"),
    ("const all = fs.readFileSync(path); const kept = all.length;", "small", ""),
    ("const all = String(fs.readFileSync(path)); const kept = all.split('\\n');", "unbounded", "the pieces of"),
    ("const all = fs.readFileSync(path); let kept; if (all.length > 4) kept = all; else kept = 'none';", "unbounded", "a file's content"),
    ("let kept; kept = await fs.promises.readFile(path).then((text) => text.toString());", "unbounded", "a file's content"),
    // Buffers and typed arrays, by their size where it is written.
    ("const kept = Buffer.alloc(16);", "small", ""),
    ("const kept = Buffer.alloc(1024 * 1024);", "large", "1 MB"),
    ("const size = 128 << 10; const kept = new Uint8Array(size);", "large", "128 KB"),
    ("const kept = new Float64Array(16 * 1024);", "large", "128 KB"),
    ("const kept = new Uint8Array(4);", "small", ""),
    ("const kept = new ArrayBuffer(1 << 20);", "large", "1 MB"),
    ("const kept = Buffer.alloc(path.length);", "unbounded", "a buffer"),
    ("const kept = Buffer.from('a few letters');", "small", ""),
    ("const kept = Buffer.from(fs.readFileSync(path, 'utf8'));", "unbounded", "a buffer of a file's content"),
    ("const kept = Buffer.concat([first, second]);", "unbounded", "put together from chunks"),
    ("const kept = require('node:zlib').gunzipSync(first);", "unbounded", "a buffer"),
    // Bodies.
    ("const kept = await (await fetch(path)).text();", "unbounded", "a body that was read"),
    ("const response = await fetch(path); const kept = await response.arrayBuffer();", "unbounded", "a body that was read"),
    ("const kept = await first.arrayBuffer();", "unbounded", "a body that was read"),
    // What comes in pieces.
    (
        "const kept = []; const input = fs.createReadStream(path); input.on('data', (chunk) => kept.push(chunk));",
        "unbounded",
        "collected chunks",
    ),
    (
        "let kept = ''; const input = fs.createReadStream(path); input.on('data', (chunk) => { kept += chunk; });",
        "unbounded",
        "put together from chunks",
    ),
    ("let kept = ''; for await (const chunk of fs.createReadStream(path)) kept += chunk;", "unbounded", "put together from chunks"),
    (
        "const kept = new Map(); const input = fs.createReadStream(path); input.on('data', (chunk) => kept.set(chunk.length, chunk));",
        "unbounded",
        "a collection",
    ),
    (
        "const kept = await new Promise((done) => { const list = []; const input = fs.createReadStream(path); input.on('data', (c) => list.push(c)); \
      input.on('end', () => done(Buffer.concat(list))); });",
        "unbounded",
        "put together from chunks",
    ),
    // Objects hold what their fields hold; functions what they keep.
    ("const kept = { path, text: fs.readFileSync(path) };", "unbounded", "whose `text` is a file's content"),
    ("const kept = { path: 'x', size: 1 };", "small", ""),
    (
        "class Page { constructor(from) { this.text = fs.readFileSync(from); } } const kept = new Page(path);",
        "unbounded",
        "whose `text` is a file's content",
    ),
    ("const text = fs.readFileSync(path); const kept = () => text.length;", "unbounded", "a function that keeps `text`"),
    (
        "const kept = (function* () { const text = fs.readFileSync(path); yield text; })(); kept.next();",
        "unbounded",
        "a suspended generator",
    ),
    ("const kept = `<${fs.readFileSync(path, 'utf8')}>`;", "unbounded", "a file's content"),
    // Scalars.
    ("const kept = 5;", "small", ""),
    ("const kept = Date.now();", "small", ""),
    ("const kept = path === 'x';", "small", ""),
    ("const kept = Math.max(1, 2);", "small", ""),
    // A name tells nothing.
    ("const kept = first;", "unknown", ""),
    ("const body = first, kept = body;", "unknown", ""),
    ("const kept = first.buffer;", "unknown", ""),
    ("const kept = first.toString();", "unknown", ""),
    ("const kept = JSON.parse(first);", "unknown", ""),
];

/// Handlers whose parameter `kept` a listener on the connection keeps.
const PARAMETERS: &[(&str, &str, &str)] = &[
    ("require('node:http').createServer((kept, res) => { LISTEN; res.end(); });", "large", "with its socket"),
    ("require('node:http').createServer((req, kept) => { LISTEN; kept.end(); });", "large", "a response with its socket"),
    (
        "const app = require('express')(); app.post('/', (req, res) => { const kept = req.body; LISTEN; res.json({}); });",
        "unbounded",
        "a request's body",
    ),
    (
        "const app = require('express')(); app.post('/', (req, res) => { const { body: kept } = req; LISTEN; res.json({}); });",
        "unbounded",
        "a request's body",
    ),
    ("require('fastify')().post('/', async (request) => { const kept = request.body; LISTEN; });", "unbounded", "a request's body"),
    (
        "const Koa = require('koa'); new Koa().use(async (ctx) => { const kept = ctx.request.body; LISTEN; });",
        "unbounded",
        "a request's body",
    ),
    ("require('node:net').createServer((socket) => socket.on('data', (kept) => { LISTEN; }));", "large", "a chunk of a stream"),
    ("fs.readFile('x', (error, kept) => { LISTEN; });", "unbounded", "a file's content"),
    ("exports.first = function (kept) { LISTEN; };", "unknown", ""),
    ("exports.buffer = function (buffer) { const kept = buffer; LISTEN; };", "unknown", ""),
];

/// The size of `kept` as the finding tells it, and the report for people.
fn told(text: &str, name: &str) -> (String, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join(name), text).expect("the folder is our own");
    let check = |format: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_unlisten"))
            .args(["check", "--format", format, "--no-config", "--min-confidence", "low", "."])
            .current_dir(folder.path())
            .output();
        String::from_utf8(output.expect("the binary starts").stdout).expect("a report is a text")
    };
    let report: Value = serde_json::from_str(&check("json")).unwrap_or_else(|error| panic!("{text}: {error}"));
    let kept = report["findings"].as_array().into_iter().flatten().flat_map(|finding| finding["retains"].as_array().into_iter().flatten());
    let size = kept.clone().find(|kept| kept["name"] == "kept").and_then(|kept| kept["size"].as_str()).unwrap_or("not told").to_owned();
    // Lines are broken to fit the page.
    let page = check("pretty").split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
    (size, page)
}

fn compare(rows: &[(&str, &str, &str)], program: impl Fn(&str) -> String) {
    let mut wrong = Vec::new();
    for (code, size, what) in rows {
        let (said, page) = told(&program(code), "program.js");
        if said != *size {
            wrong.push(format!("{code}\n    says {said}, not {size}"));
        } else if !what.is_empty() && !page.contains(what) {
            wrong.push(format!("{code}\n    does not say «{what}»: {page}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn a_variable_is_as_big_as_what_made_it() {
    compare(ROWS, |code| {
        format!(
            "const fs = require('node:fs');\nconst {{ EventEmitter }} = require('node:events');\nconst bus = new EventEmitter();\n\
             exports.bus = bus;\nexports.run = async function (path, first, second) {{\n{code}\nbus.on('ping', () => use(kept));\n}};\n"
        )
    });
}

#[test]
fn a_parameter_is_what_its_caller_gives() {
    compare(PARAMETERS, |code| {
        let code = code.replace("LISTEN", "bus.on('ping', () => use(kept))");
        format!(
            "const fs = require('node:fs');\nconst {{ EventEmitter }} = require('node:events');\nconst bus = new EventEmitter();\nexports.bus = bus;\n{code}\n"
        )
    });
}

#[test]
fn a_written_type_tells() {
    let program = |of: &str| {
        format!(
            "import {{ EventEmitter }} from 'node:events';\nexport const bus = new EventEmitter();\nexport function run(kept: {of}) {{\n  \
             bus.on('ping', () => use(kept));\n}}\n"
        )
    };
    for (of, size) in [
        ("Buffer", "unbounded"),
        ("Uint8Array", "unbounded"),
        ("ArrayBuffer | null", "unbounded"),
        ("number", "small"),
        ("Page", "unknown"),
    ] {
        assert_eq!(told(&program(of), "program.ts").0, size, "{of}");
    }
}
