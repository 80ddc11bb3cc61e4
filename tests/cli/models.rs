//! A project's own model packs.

use serde_json::Value;

use crate::{Project, stderr};

/// What no analysis of sources can know: objects and calls that native code makes.
const NATIVE: &str = "const native = process.binding('native');
exports.bus = native.bus;
exports.onRequest = f => native.on(f);
exports.plain = f => f();
";

const PACK: &str = "library = 'our own'
[[type]]
name = 'our.Bus'
kind = 'emitter'
lifetime = 'program'
[[module]]
name = 'our native part'
files = ['src/native.{js,ts}']
objects = { bus = 'our.Bus' }
functions.onRequest = { callbacks = [{ arg = 0, runs = 'request' }] }
[[entry]]
files = ['src/handlers/*.js']
exports = ['handle', 'default']
runs = 'message'
";

fn found(project: &Project, code: i32) -> Vec<(String, String)> {
    let output = project.run(&["check", "--format", "json", "--min-confidence", "medium"]);
    assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    report["findings"].as_array().expect("findings").iter().map(|finding| (text(&finding["path"]), text(&finding["rule"]))).collect()
}

#[test]
fn they_tell_of_the_projects_helpers_emitters_and_entry_points() {
    let project = Project::new(&[
        ("src/native.js", NATIVE.as_bytes()),
        (
            "src/required.js",
            b"const { bus, onRequest, plain } = require('./native');\nonRequest(() => bus.on('x', () => 1));\nplain(() => bus.on('y', () => 1));\n",
        ),
        ("src/imported.mjs", b"import { bus, onRequest } from './native.js';\nonRequest(() => { bus.on('x', () => 1); });\n"),
        ("src/handlers/a.js", b"exports.handle = () => { process.on('x', () => 1); };\nexports.other = () => 1;\n"),
        ("src/handlers/b.js", b"module.exports = { handle() { process.on('x', () => 1); } };\n"),
    ]);
    project.write("package.json", b"{\"name\": \"p\", \"main\": \"src/required.js\"}");
    let before = found(&project, 0);
    assert_eq!(before, []);
    project.write("unlisten.toml", b"models = ['lint']");
    project.write("lint/own.toml", PACK.as_bytes());
    let expected = [
        ("src/handlers/a.js", "listener-per-event"),
        ("src/handlers/b.js", "listener-per-event"),
        ("src/imported.mjs", "listener-per-request"),
        ("src/required.js", "listener-per-request"),
    ];
    assert_eq!(found(&project, 1), expected.map(|(path, rule)| (path.to_owned(), rule.to_owned())));
}

#[test]
fn what_is_wrong_in_one_is_told_and_the_run_goes_on() {
    for (pack, told) in [
        ("library = 'x'\ntpye = []", "error: {}/own.toml: 2:1: there is no key `tpye`; did you mean `type`?\n"),
        ("library = 'x'\n[[module]]\nname = 'x'\nobjects = { a = 'B' }", "error: model pack x: module `x` names the unknown type `B`\n"),
        ("library = 'x'\n[[module]]\nname = 'ws'", "error: model pack x: module `ws` is declared twice\n"),
    ] {
        let project = Project::new(&[("a.js", b"module.exports = 1;\n")]);
        project.write("unlisten.toml", b"models = ['own.toml']");
        project.write("own.toml", pack.as_bytes());
        let output = project.run(&["check", "--quiet"]);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(stderr(&output), told.replace("{}", project.root().to_str().expect("UTF-8")));
        assert!(String::from_utf8_lossy(&output.stdout).contains("in 1 file"));
    }
    let project = Project::new(&[("a.js", b"1")]);
    project.write("unlisten.toml", b"models = ['nowhere.toml']");
    assert!(stderr(&project.run(&["check"])).contains("nowhere.toml: there is no such file"));
}
