//! `unlisten lsp`: a scripted client over the protocol, and Neovim where it is installed.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::{LEAK, Project};

/// Nothing takes so long, on whatever machine.
const LONG: Duration = Duration::from_secs(120);

/// A client that does what the test says.
struct Editor {
    project: Project,
    server: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    /// Notifications that nobody has asked for yet.
    heard: Vec<Value>,
    asked: i64,
    version: i64,
}

impl Editor {
    /// Starts the server; says nothing.
    fn start(files: &[(&str, &str)]) -> Editor {
        let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
        let project = Project::new(&files);
        let mut server = Command::new(env!("CARGO_BIN_EXE_unlisten"))
            .args(["lsp", "--stdio"])
            .current_dir(project.root())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut output = BufReader::new(server.stdout.take().expect("piped"));
        let (send, messages) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                if send.send(message).is_err() {
                    return;
                }
            }
        });
        let input = server.stdin.take();
        Editor { project, server, input, messages, heard: Vec::new(), asked: 0, version: 0 }
    }

    /// Starts the server on the project's folder.
    fn on(files: &[(&str, &str)]) -> Editor {
        let mut editor = Editor::start(files);
        let root = editor.uri("");
        editor.initialize(json!({ "workspaceFolders": [{ "uri": root, "name": "p" }] }));
        editor
    }

    fn initialize(&mut self, params: Value) -> Value {
        let mut all = json!({ "processId": null, "rootUri": null, "capabilities": { "window": { "showDocument": { "support": true } } } });
        all.as_object_mut().expect("an object").extend(params.as_object().expect("an object").clone());
        let answer = self.request("initialize", all);
        self.notify("initialized", json!({}));
        answer["result"].clone()
    }

    fn uri(&self, name: &str) -> String {
        format!("file://{}", self.project.root().join(name).display()).trim_end_matches('/').to_owned()
    }

    fn write(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("it is still open");
        input.write_all(bytes).and_then(|()| input.flush()).expect("the server reads");
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.write(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Asks, without waiting.
    fn ask(&mut self, method: &str, params: Value) -> i64 {
        self.asked += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": self.asked, "method": method, "params": params }));
        self.asked
    }

    fn next(&self) -> Value {
        self.messages.recv_timeout(LONG).expect("the server says something")
    }

    fn answer(&mut self, id: &Value) -> Value {
        loop {
            let message = self.next();
            if message.get("method").is_none() && message["id"] == *id {
                return message;
            }
            self.heard.push(message);
        }
    }

    fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        self.answer(&json!(id))
    }

    /// The next message of this kind.
    fn hear(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.heard.iter().position(&wanted) {
            return self.heard.remove(at);
        }
        loop {
            let message = self.next();
            if wanted(&message) {
                return message;
            }
            self.heard.push(message);
        }
    }

    /// What is told next of a file.
    fn told(&mut self, name: &str) -> Vec<Value> {
        let uri = self.uri(name);
        let of_file = |message: &Value| message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri;
        let message = self.hear(of_file);
        message["params"]["diagnostics"].as_array().expect("a list").clone()
    }

    fn open(&mut self, name: &str, text: &str) {
        self.version += 1;
        let item = json!({ "uri": self.uri(name), "languageId": "javascript", "version": self.version, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": item }));
    }

    fn edit(&mut self, name: &str, change: Value) {
        self.version += 1;
        let document = json!({ "uri": self.uri(name), "version": self.version });
        self.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [change] }));
    }

    fn type_in(&mut self, name: &str, text: &str) {
        self.edit(name, json!({ "text": text }));
    }

    fn close(&mut self, name: &str) {
        self.notify("textDocument/didClose", json!({ "textDocument": { "uri": self.uri(name) } }));
    }

    /// The questions' answers wait for the analysis: one is a way to let it end.
    fn settle(&mut self) {
        let at = json!({ "textDocument": { "uri": self.uri("server.js") }, "position": { "line": 0, "character": 0 } });
        self.request("textDocument/hover", at);
        assert!(!self.heard.iter().any(|message| message["method"] == "textDocument/publishDiagnostics"), "{:?}", self.heard);
    }

    /// Leaves as the protocol asks; the exit code.
    fn leave(mut self) -> Option<i32> {
        assert_eq!(self.request("shutdown", Value::Null)["result"], Value::Null);
        self.notify("exit", Value::Null);
        self.server.wait().expect("it ends").code()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        // A test that fails leaves no server behind.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim().split_once(": ") {
            Some((_, value)) => length = value.parse().ok()?,
            None => break,
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

fn line(diagnostic: &Value) -> u64 {
    diagnostic["range"]["start"]["line"].as_u64().expect("a number")
}

#[test]
fn the_unsaved_text_counts() {
    let mut editor = Editor::on(&[("server.js", LEAK)]);
    let told = editor.told("server.js");
    assert_eq!((told.len(), line(&told[0])), (1, 2));
    assert_eq!(told[0]["code"], "listener-per-request");
    assert_eq!(told[0]["source"], "unlisten");
    assert_eq!(told[0]["severity"], 1);
    assert!(told[0]["relatedInformation"].as_array().is_some_and(|steps| !steps.is_empty()));
    // The same text opened: nothing new to tell. A clean one: nothing left.
    editor.open("server.js", LEAK);
    editor.settle();
    editor.type_in("server.js", "module.exports = 1;\n");
    assert!(editor.told("server.js").is_empty());
    editor.type_in("server.js", LEAK);
    assert_eq!(line(&editor.told("server.js")[0]), 2);
    // Moved by lines, and on its line by what counts twice in UTF-16.
    let insert = |text: &str, line: u64| json!({ "range": { "start": { "line": line, "character": 2 }, "end": { "line": line, "character": 2 } }, "text": text });
    editor.edit(
        "server.js",
        json!({ "range": { "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 0 } }, "text": "// one\n// two\n" }),
    );
    let moved = editor.told("server.js");
    assert_eq!((line(&moved[0]), &moved[0]["range"]["start"]["character"]), (4, &json!(10)));
    editor.edit("server.js", insert("/* 😀 */ ", 4));
    let moved = editor.told("server.js");
    assert_eq!(moved[0]["range"], json!({ "start": { "line": 4, "character": 19 }, "end": { "line": 4, "character": 21 } }));
    // While it cannot be parsed, what was found stays, with what is wrong.
    editor.edit(
        "server.js",
        json!({ "range": { "start": { "line": 1, "character": 0 }, "end": { "line": 1, "character": 0 } }, "text": "const = (\n" }),
    );
    let broken = editor.told("server.js");
    assert_eq!(broken.iter().map(line).collect::<Vec<_>>(), [5, 1]);
    assert_eq!(broken[1]["code"], "not-analysed");
    // Closed, the disk counts.
    fs::write(editor.project.root().join("server.js"), "\n").expect("written");
    editor.close("server.js");
    assert!(editor.told("server.js").is_empty());
    assert_eq!(editor.leave(), Some(0));
}

#[test]
fn an_edit_is_felt_in_the_whole_program() {
    let helper = "exports.watch = (done) => process.on('SIGTERM', done);\n";
    let server = "const http = require('http');\nconst { watch } = require('./watch');\nhttp.createServer((req, res) => watch(() => res.end())).listen(0);\n";
    let mut editor = Editor::on(&[("server.js", server), ("watch.js", helper), ("other.js", LEAK)]);
    assert_eq!(editor.told("other.js").len(), 1);
    assert_eq!(editor.told("server.js").len(), 1);
    editor.open("watch.js", helper);
    editor.type_in("watch.js", "exports.watch = (done) => done();\n");
    assert!(editor.told("server.js").is_empty());
    editor.type_in("watch.js", helper);
    assert_eq!(editor.told("server.js")[0]["code"], "listener-per-request");
    // A file that comes, and one that goes, on disk.
    fs::write(editor.project.root().join("new.js"), LEAK).expect("written");
    fs::remove_file(editor.project.root().join("other.js")).expect("removed");
    editor.notify("workspace/didChangeWatchedFiles", json!({ "changes": [] }));
    assert!(editor.told("other.js").is_empty());
    assert_eq!(editor.told("new.js").len(), 1);
    // A file that is nowhere on disk.
    editor.open("lib/unsaved.js", LEAK);
    assert_eq!(editor.told("lib/unsaved.js").len(), 1);
    editor.close("lib/unsaved.js");
    assert!(editor.told("lib/unsaved.js").is_empty());
}

#[test]
fn a_finding_is_explained_and_suppressed() {
    let mut editor = Editor::on(&[("server.js", LEAK)]);
    editor.open("server.js", LEAK);
    let told = editor.told("server.js");
    let document = json!({ "uri": editor.uri("server.js") });
    let hover = editor.request("textDocument/hover", json!({ "textDocument": document, "position": told[0]["range"]["start"] }));
    let text = hover["result"]["contents"]["value"].as_str().expect("Markdown");
    for part in ["**listener-per-request**", "(high confidence)", "[server.js:3]", "What to do:", "fingerprint"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let nothing = editor.request("textDocument/hover", json!({ "textDocument": document, "position": { "line": 0, "character": 0 } }));
    assert_eq!(nothing["result"], Value::Null);

    let params = json!({ "textDocument": document, "range": told[0]["range"], "context": { "diagnostics": told } });
    let actions = editor.request("textDocument/codeAction", params)["result"].clone();
    let titled = |word: &str| {
        actions.as_array().into_iter().flatten().find(|action| action["title"].as_str().is_some_and(|title| title.starts_with(word)))
    };
    let explain = titled("Explain").expect("an action")["command"].clone();
    let page = editor.request("workspace/executeCommand", json!({ "command": explain["command"], "arguments": explain["arguments"] }));
    assert!(page["result"].as_str().is_some_and(|page| page.starts_with("# listener-per-request")), "{page}");
    let shown = editor.hear(|message| message["method"] == "window/showDocument");
    let shown = shown["params"]["uri"].as_str().expect("an address").trim_start_matches("file://").to_owned();
    assert!(fs::read_to_string(shown).expect("a page").starts_with("# listener-per-request"));

    let suppress = titled("Suppress").expect("an action");
    let edit = suppress["edit"]["changes"][editor.uri("server.js")][0].clone();
    assert!(
        edit["newText"].as_str().is_some_and(|text| text.starts_with("  // unlisten-ignore-next-line listener-per-request -- ")),
        "{edit}"
    );
    editor.edit("server.js", json!({ "range": edit["range"], "text": edit["newText"] }));
    assert!(editor.told("server.js").is_empty());
    // One that suppresses nothing is told.
    editor.edit("server.js", json!({ "text": "// unlisten-ignore-next-line listener-per-request -- why\nf();\n" }));
    assert_eq!(editor.told("server.js")[0]["code"], "suppression");
}

#[test]
fn the_configuration_of_each_folder_holds() {
    let off = "rules = { listener-per-request = 'off' }\n";
    let mut editor = Editor::start(&[
        ("a/server.js", LEAK),
        ("a/unlisten.toml", off),
        ("b/server.js", LEAK),
        ("b/old/x.js", LEAK),
        ("c/server.js", LEAK),
    ]);
    let folders: Vec<_> = ["a", "b"].map(|name| json!({ "uri": editor.uri(name), "name": name })).into();
    editor.initialize(json!({ "workspaceFolders": folders }));
    assert_eq!(editor.told("b/server.js").len(), 1);
    assert_eq!(editor.told("b/old/x.js").len(), 1);
    fs::write(editor.project.root().join("b/unlisten.toml"), "exclude = ['old/']\n").expect("written");
    fs::write(editor.project.root().join("a/unlisten.toml"), "rulez = 1\n").expect("written");
    editor.notify("workspace/didChangeWatchedFiles", json!({ "changes": [] }));
    assert!(editor.told("b/old/x.js").is_empty());
    assert_eq!(editor.told("a/server.js").len(), 1);
    let complaint = editor.hear(|message| message["method"] == "window/showMessage");
    assert!(complaint["params"]["message"].as_str().is_some_and(|message| message.contains("did you mean `rules`")), "{complaint}");
    // Folders come and go.
    let change = json!({ "event": { "added": [{ "uri": editor.uri("c"), "name": "c" }], "removed": [folders[1]] } });
    editor.notify("workspace/didChangeWorkspaceFolders", change);
    // It may have been told anew before: which of two equal findings is the first one has changed.
    while !editor.told("b/server.js").is_empty() {}
    assert_eq!(editor.told("c/server.js").len(), 1);
}

#[test]
fn the_projects_own_models_hold_as_they_are_now() {
    let helper = "exports.onRequest = f => process.binding('native').on(f);\n";
    let server = "const { onRequest } = require('./native');\nonRequest(() => process.on('SIGTERM', () => 1));\n";
    let pack = |name: &str| {
        format!(
            "library = 'own'\n[[module]]\nname = 'native'\nfiles = ['native.js']\nfunctions.{name} = {{ callbacks = [{{ arg = 0, runs = 'request' }}] }}\n"
        )
    };
    let mut editor = Editor::on(&[
        ("server.js", server),
        ("native.js", helper),
        ("unlisten.toml", "models = ['own.toml']\n"),
        ("own.toml", &pack("onRequest")),
    ]);
    assert_eq!(editor.told("server.js")[0]["code"], "listener-per-request");
    for (text, found) in [(pack("other"), 0), (pack("onRequest"), 1)] {
        fs::write(editor.project.root().join("own.toml"), text).expect("written");
        editor.notify("workspace/didChangeWatchedFiles", json!({ "changes": [] }));
        assert_eq!(editor.told("server.js").len(), found);
    }
    // One that is broken is told, and the rest goes on without it.
    fs::write(editor.project.root().join("own.toml"), "library = 'own'\ntpye = []\n").expect("written");
    editor.notify("workspace/didChangeWatchedFiles", json!({ "changes": [] }));
    assert!(editor.told("server.js").is_empty());
    let complaint = editor.hear(|message| message["method"] == "window/showMessage");
    assert!(complaint["params"]["message"].as_str().is_some_and(|message| message.contains("did you mean `type`")), "{complaint}");
}

#[test]
fn without_a_folder_open_files_are_what_is_analysed() {
    let helper = "exports.watch = (done) => process.on('SIGTERM', done);\n";
    let server = "const http = require('http');\nconst { watch } = require('./watch');\nhttp.createServer((req, res) => watch(() => res.end())).listen(0);\n";
    let mut editor = Editor::start(&[("server.js", server), ("watch.js", helper), ("other.js", LEAK)]);
    editor.initialize(json!({}));
    editor.open("server.js", server);
    assert_eq!(editor.told("server.js").len(), 1);
    editor.settle();
    editor.close("server.js");
    assert!(editor.told("server.js").is_empty());
}

#[test]
fn the_protocol_is_kept_whatever_comes() {
    let mut editor = Editor::start(&[("server.js", LEAK)]);
    assert_eq!(editor.request("textDocument/hover", json!({}))["error"]["code"], -32002);
    let root = editor.uri("");
    let capabilities = editor.initialize(json!({ "rootUri": root }))["capabilities"].clone();
    assert_eq!(capabilities["positionEncoding"], "utf-16");
    assert_eq!(editor.told("server.js").len(), 1);
    // No messages at all.
    for bytes in [&b"Content-Length: 3\r\n\r\n{]}"[..], b"Content-Length: 4\r\n\r\n\xff\xfe{}", b"Content-Length: x\r\n\r\n"] {
        editor.write(bytes);
        assert_eq!(editor.answer(&Value::Null)["error"]["code"], -32700);
    }
    editor.write(b"hello?\r\n\r\n");
    // Messages that say nothing sensible.
    assert_eq!(editor.request("textDocument/frobnicate", json!({}))["error"]["code"], -32601);
    assert_eq!(editor.request("textDocument/hover", json!({ "position": 7 }))["error"]["code"], -32602);
    assert_eq!(editor.request("workspace/executeCommand", json!({ "command": "rm" }))["error"]["code"], -32602);
    assert_eq!(editor.request("initialize", json!({}))["error"]["code"], -32600);
    editor.notify("textDocument/didChange", json!([1, 2]));
    editor.notify(
        "textDocument/didOpen",
        json!({ "textDocument": { "uri": "no address at all", "languageId": "javascript", "version": 1, "text": "" } }),
    );
    editor.notify(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": "file:///never/opened.js", "version": 1 }, "contentChanges": [] }),
    );
    editor.notify("$/whatever", Value::Null);
    editor.send(&json!({ "jsonrpc": "2.0", "id": 99, "result": null }));
    // Texts that break things.
    let deep = "[".repeat(50_000);
    for text in ["\u{0}\u{feff}\u{2028}", deep.as_str(), "`${", "a\r\rb\u{85}", ""] {
        editor.open("server.js", text);
        editor.edit(
            "server.js",
            json!({ "range": { "start": { "line": 9, "character": 9 }, "end": { "line": 0, "character": 1 } }, "text": "(" }),
        );
        editor.type_in("server.js", text);
        editor.close("server.js");
    }
    editor.settle_any();
    fs::write(editor.project.root().join("bytes.js"), b"\xff\xfe\xfd process.on('x\xc3")
        .and_then(|()| fs::remove_file(editor.project.root().join("server.js")))
        .expect("written");
    editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": editor.uri("server.js") } }));
    editor.settle_any();
    // A question is cancelled, or answered.
    editor.type_in("server.js", "f();\n");
    let at = json!({ "textDocument": { "uri": editor.uri("server.js") }, "position": { "line": 0, "character": 0 } });
    let id = editor.ask("textDocument/hover", at);
    editor.notify("$/cancelRequest", json!({ "id": id }));
    let answer = editor.answer(&json!(id));
    assert!(answer["error"]["code"] == -32800 || answer.get("result").is_some(), "{answer}");
    // Leave-taking.
    assert_eq!(editor.request("shutdown", Value::Null)["result"], Value::Null);
    assert_eq!(editor.request("textDocument/hover", json!({}))["error"]["code"], -32600);
    editor.notify("exit", Value::Null);
    assert_eq!(editor.server.wait().expect("it ends").code(), Some(0));

    let mut rude = Editor::on(&[("server.js", LEAK)]);
    rude.notify("exit", Value::Null);
    assert_eq!(rude.server.wait().expect("it ends").code(), Some(1));
    let mut gone = Editor::on(&[("server.js", LEAK)]);
    gone.input = None;
    assert_eq!(gone.server.wait().expect("it ends").code(), Some(1));
}

impl Editor {
    /// As `settle`, whatever was told.
    fn settle_any(&mut self) {
        let at = json!({ "textDocument": { "uri": self.uri("server.js") }, "position": { "line": 0, "character": 0 } });
        self.request("textDocument/hover", at);
    }
}

/// Opens a file, waits for its diagnostic, edits it, and writes what the editor then knows.
const NEOVIM: &str = r#"
vim.cmd('edit server.js')
local function shown(is) return vim.wait(60000, function() return is(vim.diagnostic.get(0)) end, 20) end
local seen = { found = shown(function(told) return #told == 1 end), first = vim.diagnostic.get(0) }
vim.api.nvim_buf_set_lines(0, 0, 0, false, { '// a line' })
seen.moved = shown(function(told) return #told == 1 and told[1].lnum == 3 end)
vim.api.nvim_buf_set_lines(0, 3, 4, false, {})
seen.cleared = shown(function(told) return #told == 0 end)
local out = io.open('seen.json', 'w')
out:write(vim.fn.json_encode(seen))
out:close()
vim.lsp.stop_client(vim.lsp.get_active_clients())
vim.cmd('qall!')
"#;

/// With the lines of the README.
#[test]
fn neovim_shows_the_diagnostic() {
    if Command::new("nvim").arg("--version").output().is_err() {
        eprintln!("skipped: nvim is not installed");
        return;
    }
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("there is a README");
    let lines = readme.lines().skip_while(|line| !line.starts_with("    local unlisten")).take_while(|line| line.starts_with("    "));
    let init: String = lines.map(|line| format!("{line}\n")).collect();
    assert!(init.contains("start_client"), "the README tells how to set up Neovim");
    let project = Project::new(&[("server.js", LEAK.as_bytes()), ("init.lua", init.as_bytes()), ("script.lua", NEOVIM.as_bytes())]);
    let root = project.root();
    let binary = Path::new(env!("CARGO_BIN_EXE_unlisten")).parent().expect("a folder");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([binary.to_owned()].into_iter().chain(std::env::split_paths(&path))).expect("plain names");
    let output = Command::new("nvim")
        .args(["--headless", "-n", "-u", "init.lua", "-i", "NONE", "-c", "luafile script.lua", "-c", "cquit"])
        .current_dir(&root)
        .env("PATH", path)
        .envs(["XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"].map(|name| (name, root.join(".nvim"))))
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    let text =
        fs::read_to_string(root.join("seen.json")).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let seen: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&seen["found"], &seen["moved"], &seen["cleared"]), (&json!(true), &json!(true), &json!(true)), "{seen}");
    let first = &seen["first"][0];
    assert_eq!((first["lnum"].as_u64(), first["source"].as_str()), (Some(2), Some("unlisten")), "{first}");
    // Old versions keep it apart.
    let code = first["code"].as_str().or(first["user_data"]["lsp"]["code"].as_str());
    assert_eq!(code, Some("listener-per-request"), "{first}");
}
