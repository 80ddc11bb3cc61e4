//! The real binary: arguments in, exit code and bytes out; and every kind of bad input.

#[path = "cli/help.rs"]
mod help;
#[path = "cli/init.rs"]
mod init;
#[path = "cli/terminal.rs"]
mod terminal;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

mod cli {
    mod action;
    mod baseline;
    mod cache;
    mod changes;
    mod configuration;
    mod fixes;
    mod formats;
    mod lsp;
    mod models;
    mod schema;
    mod staged;
    mod suppression;
}

/// Adds a listener to the program's own emitter at every request: whatever the rules learn, this stays a finding.
const LEAK: &str = "const http = require('http');
http.createServer((req, res) => {
  process.on('SIGTERM', () => res.end());
  res.end('x');
}).listen(0);
";

struct Project {
    folder: TempDir,
}

impl Project {
    fn new(files: &[(&str, &[u8])]) -> Project {
        let project = Project { folder: tempfile::tempdir().expect("a temporary folder") };
        // A file's program ends here, not in a folder above.
        project.write("package.json", b"{\"name\":\"p\",\"private\":true}");
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().expect("it exists")
    }

    fn write(&self, name: &str, text: &[u8]) {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_unlisten"))
            .args(args)
            .current_dir(self.root())
            .env("NO_COLOR", "1")
            .env_remove("COLUMNS")
            .env("UNLISTEN_CACHE_DIR", self.root().join("unlisten-cache"))
            .output()
            .expect("it runs")
    }

    /// `check --format json` with the exit code that is expected.
    fn check(&self, code: i32, args: &[&str]) -> Value {
        let output = self.run(&[&["check", "--format", "json", "--no-config"], args].concat());
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}: {}", stderr(&output)))
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn problems(report: &Value) -> Vec<(&str, &str)> {
    let text = |value: &'_ Value| -> &'static str { Box::leak(value.as_str().unwrap_or_default().to_owned().into_boxed_str()) };
    report["problems"].as_array().into_iter().flatten().map(|problem| (text(&problem["path"]), text(&problem["message"]))).collect()
}

fn paths(report: &Value) -> Vec<&str> {
    report["findings"].as_array().into_iter().flatten().filter_map(|finding| finding["path"].as_str()).collect()
}

#[test]
fn finds_and_exits_with_1() {
    let project = Project::new(&[("server.js", LEAK.as_bytes()), ("clean.js", b"module.exports = 1;\n")]);
    let report = project.check(1, &["."]);
    assert_eq!(paths(&report), ["server.js"]);
    assert_eq!(report["summary"]["files"], 2);
    assert_eq!(report["findings"][0]["range"]["start"]["line"], 3);
    assert_eq!(report["findings"][0]["verdict"], Value::Null);
    // A file limits the report; the program is the same.
    assert_eq!(project.check(0, &["clean.js"])["summary"]["files"], 2);
    assert_eq!(paths(&project.check(1, &["server.js"])), ["server.js"]);
    assert_eq!(project.run(&["check", "--fail-on", "never"]).status.code(), Some(0));
    assert_eq!(project.run(&["check", "--format", "nothing"]).status.code(), Some(2));
    assert_eq!(project.run(&["check", "--nothing"]).status.code(), Some(2));
}

#[test]
fn tests_are_reported_on_demand() {
    let project = Project::new(&[("test/server.js", LEAK.as_bytes())]);
    assert!(paths(&project.check(0, &["."])).is_empty());
    assert_eq!(paths(&project.check(1, &[".", "--include-tests"])), ["test/server.js"]);
}

#[test]
fn reports_go_where_they_are_sent() {
    let project = Project::new(&[("server.js", LEAK.as_bytes())]);
    let formats = ["pretty", "compact", "json", "sarif", "github", "gitlab", "junit", "eslint-json"];
    let outputs: Vec<String> = formats.iter().map(|format| format!("{format}=out/report.{format}")).collect();
    let mut args = vec!["check", "--no-config"];
    args.extend(outputs.iter().flat_map(|output| ["--format", output.as_str()]));
    let output = project.run(&args);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(output.stdout.is_empty());
    for format in formats {
        let text = fs::read_to_string(project.root().join(format!("out/report.{format}"))).expect("a report");
        assert!(text.contains("server.js") && !text.contains('\u{1b}'), "{format}: {text}");
    }
    let twice = project.run(&["check", "--format", "json", "--format", "sarif"]);
    assert_eq!(twice.status.code(), Some(2));
    assert!(stderr(&twice).contains("--format"));
    let unwritable = project.run(&["check", "--format", "json=server.js/x.json"]);
    assert_eq!(unwritable.status.code(), Some(2));
    assert!(stderr(&unwritable).contains("server.js/x.json"));
}

#[test]
fn stdout_has_the_report_only() {
    let project = Project::new(&[("server.js", LEAK.as_bytes()), ("broken.js", b"function (")]);
    let output = project.run(&["check", "--format", "json", "--timings"]);
    assert!(serde_json::from_slice::<Value>(&output.stdout).is_ok());
    let errors = stderr(&output);
    assert!(errors.contains("problem: broken.js: 1:10: syntax error"), "{errors}");
    for phase in ["walk", "facts", "parse", "link", "rules", "total", "MB/s"] {
        assert!(errors.contains(phase), "{phase}: {errors}");
    }
    assert_eq!(stderr(&project.run(&["check", "--quiet"])), "");
}

#[test]
fn what_is_named_and_unusable_is_told_and_the_rest_is_analysed() {
    let project = Project::new(&[("server.js", LEAK.as_bytes())]);
    let output = project.run(&["check", "--no-config", "--format", "json", "nowhere.js", "server.js"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(stderr(&output), "error: nowhere.js: there is no such file or folder\n");
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(paths(&report), ["server.js"]);

    let log = project.run(&["check", "--logs", "nowhere.log", "--quiet"]);
    assert_eq!(log.status.code(), Some(2));
    assert!(stderr(&log).contains("nowhere.log"), "{}", stderr(&log));

    project.write("unlisten.toml", b"excludes = []");
    let config = project.run(&["check", "--quiet", "--format", "compact"]);
    assert_eq!(config.status.code(), Some(2));
    assert!(stderr(&config).contains("unlisten.toml: 1:1: there is no key `excludes`; did you mean `exclude`?"), "{}", stderr(&config));
    assert!(!config.stdout.is_empty());
    project.write("unlisten.toml", b"exclude = ['server.js']");
    assert_eq!(project.run(&["check"]).status.code(), Some(0));
    assert_eq!(project.run(&["check", "--no-config"]).status.code(), Some(1));
}

#[cfg(unix)]
#[test]
fn unreadable_files_and_symlink_loops() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let project = Project::new(&[("server.js", LEAK.as_bytes()), ("secret.js", b"1"), ("locked/a.js", b"1")]);
    symlink(project.root(), project.root().join("loop")).expect("linked");
    symlink("itself.js", project.root().join("itself.js")).expect("linked");
    let lock = |name: &str, mode| fs::set_permissions(project.root().join(name), fs::Permissions::from_mode(mode)).expect("set");
    lock("secret.js", 0o000);
    lock("locked", 0o000);
    // Root may read everything.
    let locked = fs::read(project.root().join("secret.js")).is_err();
    let report = project.check(1, &["."]);
    assert_eq!(paths(&report), ["server.js"]);
    if locked {
        assert_eq!(problems(&report), [("locked", "permission denied"), ("secret.js", "permission denied")]);
        assert_eq!(project.run(&["check", "secret.js"]).status.code(), Some(2));
        assert_eq!(project.run(&["check", "locked"]).status.code(), Some(2));
    }
    assert_eq!(project.run(&["check", "itself.js"]).status.code(), Some(2));
    lock("locked", 0o755);
}

#[test]
fn odd_texts_are_read_or_told() {
    let with_bom = [b"\xef\xbb\xbf", LEAK.as_bytes()].concat();
    let latin = [b"// caf\xe9\n", LEAK.as_bytes()].concat();
    let wide: Vec<u8> = [0xfeff].into_iter().chain(LEAK.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let flow = format!("import type {{ A }} from './a';\nconst f = (a: number): ?A => null;\n{LEAK}");
    let hashbang = format!("#!/usr/bin/env node\n{LEAK}");
    let project = Project::new(&[
        ("bom.js", &with_bom),
        ("broken.js", b"const a = = 1;"),
        ("empty.js", b""),
        ("flow.js", flow.as_bytes()),
        ("hashbang", hashbang.as_bytes()),
        ("latin.js", &latin),
        ("nul.js", b"var a = 1;\0\0\0"),
        ("wide.js", &wide),
    ]);
    let report = project.check(1, &["."]);
    assert_eq!(paths(&report), ["bom.js", "flow.js", "hashbang", "latin.js", "wide.js"]);
    // The mark is no column.
    assert_eq!(report["findings"][0]["range"]["start"]["column"], 11);
    let told: Vec<_> = problems(&report).into_iter().map(|(path, _)| path).filter(|path| *path != "nul.js").collect();
    assert_eq!(told, ["broken.js"]);
}

#[test]
fn minified_files_are_read_when_they_are_named() {
    let one_line = format!("{}{}", LEAK.replace('\n', " "), "x();".repeat(100));
    let project = Project::new(&[("a.min.js", LEAK.as_bytes()), ("bundle.js", one_line.as_bytes())]);
    assert_eq!(project.check(0, &["."])["summary"]["files"], 0);
    for named in ["a.min.js", "bundle.js"] {
        assert_eq!(paths(&project.check(1, &[named])), [named]);
    }
}

/// Runs on a file alone and asserts that it ends soon, with a report. A debug build of the analysis is some ten times slower than what
/// users run.
fn ends_soon(name: &str, text: &str) -> Vec<(String, String)> {
    let project = Project::new(&[(name, text.as_bytes())]);
    let started = Instant::now();
    let output = project.run(&["check", "--format", "json", name]);
    let took = started.elapsed();
    let head: String = text.chars().take(40).collect();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{head}: {:?} {}", output.status, stderr(&output));
    assert!(took < Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 2 }), "{head}: {took:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    problems(&report).into_iter().map(|(path, message)| (path.to_owned(), message.to_owned())).collect()
}

#[test]
fn deep_input_ends_in_a_result_or_a_problem() {
    let nested = |open: &str, middle: &str, close: &str, levels: usize| [open.repeat(levels), middle.into(), close.repeat(levels)].concat();
    let deep = [
        ("a.js", nested("(", "1", ")", 20_000)),
        ("a.js", nested("[", "1", "]", 20_000)),
        ("a.js", nested("{", "", "}", 20_000)),
        ("a.js", nested("class A { m() { ", "", "} }", 20_000)),
        ("a.js", nested("f(() => {", "", "})", 20_000)),
        ("a.js", nested("`${", "1", "}`", 20_000)),
        ("a.jsx", nested("<a>", "", "</a>", 20_000)),
        ("a.js", format!("a{}", "()".repeat(5_000))),
        ("a.js", format!("a{}", ".b(1)".repeat(5_000))),
        ("a.js", format!("if (a) {{}}{}", " else if (b) { c() }".repeat(64_000))),
        ("a.js", format!("x = {}1", "a + ".repeat(20_000))),
        ("a.js", format!("x = {}1", "a ? b : ".repeat(5_000))),
        ("a.js", format!("{}1", "!".repeat(20_000))),
        ("a.ts", format!("x = {}1", "a<".repeat(4_000))),
        ("a.ts", format!("x = {}1", "a ? (b) : c => ".repeat(30))),
        ("a.tsx", format!("x = {}1", "a?(b):c=>".repeat(30))),
        ("a.ts", format!("x = {}1{}", "<T>(".repeat(30), ")".repeat(30))),
        ("a.js", format!("// @flow\nx = {}1", "a?(b):c=>".repeat(30))),
        ("a.js", format!("// @flow\nlet x: {}B{}", "(".repeat(30), ")".repeat(30))),
    ];
    for (name, text) in &deep {
        ends_soon(name, text);
    }
    // What is refused is named, with the place.
    let told = ends_soon("a.js", &deep[0].1);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0, "a.js");
    assert!(told[0].1.starts_with("1:") && told[0].1.contains("nested too deep"), "{told:?}");
    // What is allowed is analysed: the reader of facts and the drop of the tree recurse as deep as the parser.
    for (name, text) in [
        ("a.js", nested("(", "1", ")", 2_900)),
        ("a.js", nested("f(", "1", ")", 2_500)),
        ("a.js", nested("class A { m() { ", "", "} }", 1_000)),
        ("a.js", format!("a{}", ".b(1)".repeat(5_000))),
        ("a.js", format!("if (a) {{}}{}", " else if (b) { c() }".repeat(10_000))),
        ("a.js", format!("x = {}1", "a + ".repeat(20_000))),
    ] {
        assert_eq!(ends_soon(name, &text), []);
    }
}

#[test]
fn a_bundle_of_20_mb_is_analysed() {
    let mut bundle = String::with_capacity(21 << 20);
    let mut n = 0;
    // A debug build gets a small one: it is some ten times slower.
    let size = if cfg!(debug_assertions) { 2 << 20 } else { 20 << 20 };
    while bundle.len() < size {
        bundle +=
            &format!("function f{n}(a,b){{var c=a?b:'(\\'{{',d=/[/\"]/.test(c);return d&&c<{n}?f{n}.call(this,`${{a}}`):{{x:[a,b,c]}}}}");
        n += 1;
    }
    let project = Project::new(&[("bundle.js", bundle.as_bytes())]);
    let output = project.run(&["check", "--format", "json", "bundle.js"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(problems(&report), []);
    assert_eq!(report["summary"]["files"], 1);
}

#[test]
fn rules_are_listed_and_explained() {
    let project = Project::new(&[]);
    let list = String::from_utf8(project.run(&["rules"]).stdout).expect("text");
    assert!(list.lines().any(|line| line.starts_with("listener-per-request ")), "{list}");
    let table: Value = serde_json::from_slice(&project.run(&["rules", "--format", "json"]).stdout).expect("JSON");
    assert_eq!(table["schema"], 1);
    assert_eq!(table["rules"].as_array().map(Vec::len), Some(list.lines().count()));
    assert!(table["rules"][0]["page"].as_str().is_some_and(|page| page.contains("Why it leaks")));
    let page = project.run(&["explain", "listener-per-request"]);
    assert_eq!(page.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&page.stdout).contains("Why it leaks"));
    let unknown = project.run(&["explain", "listener-per-requests"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("did you mean `listener-per-request`?"));
}

#[test]
fn a_finding_is_explained_by_its_fingerprint() {
    let other = LEAK.replace("SIGTERM", "SIGHUP");
    let project = Project::new(&[("server.js", LEAK.as_bytes()), ("other.js", other.as_bytes())]);
    let report = project.check(1, &["."]);
    let fingerprint = report["findings"][1]["fingerprint"].as_str().expect("a fingerprint");
    let whole = project.run(&["explain", fingerprint]);
    let text = String::from_utf8_lossy(&whole.stdout).into_owned();
    assert_eq!(whole.status.code(), Some(0), "{}", stderr(&whole));
    assert!(text.contains("server.js:3:11") && text.contains("## Why it leaks"), "{text}");
    assert!(text.ends_with("More: unlisten explain listener-per-request\n") && !text.contains("other.js"), "{text}");
    assert_eq!(project.run(&["explain", &fingerprint[..8]]).stdout, whole.stdout);
    let none = project.run(&["explain", "0123456789abcdef"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(stderr(&none).contains("no finding has this fingerprint"));
    // A file elsewhere, by its path.
    assert_eq!(project.run(&["explain", fingerprint, "other.js"]).status.code(), Some(2));
}

#[test]
fn debug_prints_captures() {
    let project = Project::new(&[("a.js", b"function f(req) {\n  const big = 1;\n  return () => req;\n}\n")]);
    let output = project.run(&["debug", "captures", "a.js", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let captures: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(captures["closures"].as_array().is_some_and(|closures| closures.len() == 2), "{captures}");
    assert_eq!(project.run(&["debug", "facts", "nowhere.js"]).status.code(), Some(2));
    assert!(Path::new(&project.root()).exists());
}

#[test]
fn standard_input_stands_in_place_of_a_file() {
    let helper = "exports.watch = (done) => process.on('SIGTERM', done);\n";
    let server = "const http = require('http');\nconst { watch } = require('./lib/watch');\nhttp.createServer((req, res) => watch(() => res.end())).listen(0);\n";
    let project = Project::new(&[("server.js", LEAK.as_bytes()), ("lib/watch.js", helper.as_bytes())]);
    let check = |args: &[&str], text: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_unlisten"))
            .args([&["check", "--no-config"], args].concat())
            .current_dir(project.root())
            .env("NO_COLOR", "1")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("it runs");
        use std::io::Write;
        // It may have ended without reading.
        let _ = child.stdin.take().expect("piped").write_all(text.as_bytes());
        child.wait_with_output().expect("it ends")
    };
    let report = |args: &[&str], text: &str| -> Value {
        let output = check(&[&["--format", "json"], args].concat(), text);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)))
    };
    // The program around the buffer is followed: the listener is added in another file.
    let leak = report(&["--stdin-filename", "server.js"], server);
    assert_eq!(paths(&leak), ["server.js"]);
    assert!(leak["findings"][0]["trace"].to_string().contains("lib/watch.js"), "{leak}");
    assert_eq!(leak["findings"][0]["rule"], "listener-per-request");
    assert_eq!(leak["summary"]["files"], 2);
    // A file that is not on disk yet, and one whose folder is not.
    assert_eq!(paths(&report(&["--stdin-filename", "new.js"], LEAK)), ["new.js"]);
    assert_eq!(paths(&report(&["--stdin-filename", "new/folder/new.js"], LEAK)), ["new/folder/new.js"]);
    // What is on disk is not read, and excerpts are of the buffer.
    assert_eq!(paths(&report(&["--stdin-filename", "server.js"], "\n")), Vec::<&str>::new());
    let pretty = check(&["--stdin-filename", "server.js"], server);
    assert_eq!(pretty.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&pretty.stdout).contains("watch(() => res.end())"), "{}", String::from_utf8_lossy(&pretty.stdout));
    // What cannot be meant is refused.
    for (args, word) in
        [(&["--stdin-filename", "a.js", "b.js"][..], "cannot be used with"), (&["--stdin-filename", "a.js", "--logs", "-"], "a log")]
    {
        let output = check(args, LEAK);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr(&output).contains(word), "{args:?}: {}", stderr(&output));
    }
    let broken = report(&["--stdin-filename", "server.js"], "const = \u{fffd};");
    assert_eq!(problems(&broken)[0].0, "server.js");
}
