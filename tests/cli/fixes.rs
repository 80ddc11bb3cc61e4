//! `check --fix` and `--diff`.

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A safe fix (both calls get one function) and an unsafe one (removed when the response is closed).
const CODE: &str = "const http = require('node:http');
const { EventEmitter } = require('node:events');
const bus = new EventEmitter();

exports.visit = async function (page) {
  bus.on('reload', () => page.render());
  await page.render();
  bus.off('reload', () => page.render());
};

http.createServer((req, res) => {
  bus.on('stop', () => res.end());
}).listen(0);
";

const SAFE: &str = "  const onReload = () => page.render();
  bus.on('reload', onReload);
  await page.render();
  bus.off('reload', onReload);
";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("a.js"), CODE).expect("written");
    folder
}

fn check(folder: &TempDir, options: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unlisten"));
    command.args(["check", "--no-config", "."]).args(options).current_dir(folder.path()).output().expect("the binary starts")
}

fn text(folder: &TempDir) -> String {
    fs::read_to_string(folder.path().join("a.js")).expect("it is there")
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn safe_fixes_are_written_and_the_rest_is_reported() {
    let folder = folder();
    let output = check(&folder, &["--fix", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1), "one finding is left: {}", said(&output.stderr));
    assert!(said(&output.stderr).contains("1 fix applied to 1 file."), "{}", said(&output.stderr));
    assert!(text(&folder).contains(SAFE), "{}", text(&folder));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let rules: Vec<&Value> = report["findings"].as_array().expect("findings").iter().map(|finding| &finding["rule"]).collect();
    assert_eq!(rules, ["listener-per-request"]);
    assert_eq!(report["findings"][0]["fix"]["applicability"], "unsafe");

    let output = check(&folder, &["--fix", "--unsafe-fixes"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output.stdout));
    assert!(text(&folder).contains("res.once('close', () => bus.removeListener('stop', onStop));"), "{}", text(&folder));
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left beside the file");
}

#[test]
fn a_diff_changes_nothing_and_fails_if_there_is_one() {
    let folder = folder();
    let output = check(&folder, &["--diff"]);
    assert_eq!(output.status.code(), Some(1));
    let patch = said(&output.stdout);
    assert!(patch.starts_with("--- a/a.js\n+++ b/a.js\n@@ "), "{patch}");
    let removed: String = patch.lines().filter(|line| line.starts_with("-  ")).map(|line| format!("{}\n", &line[1..])).collect();
    assert_eq!(removed, "  bus.on('reload', () => page.render());\n  bus.off('reload', () => page.render());\n");
    assert_eq!(text(&folder), CODE);

    check(&folder, &["--fix"]);
    let output = check(&folder, &["--diff"]);
    assert_eq!((output.status.code(), said(&output.stdout)), (Some(0), String::new()), "what is left is not safe");
}

#[test]
fn a_file_with_carriage_returns_and_a_mark_keeps_them() {
    let folder = folder();
    fs::write(folder.path().join("a.js"), format!("\u{feff}{}", CODE.replace('\n', "\r\n"))).expect("written");
    check(&folder, &["--fix"]);
    assert!(text(&folder).starts_with('\u{feff}') && text(&folder).contains(&SAFE.replace('\n', "\r\n")), "{:?}", text(&folder));
}

/// What is done where a promise is settled: behind a callback that may come early, below an `if` without braces, in an arrow.
#[test]
fn ends_of_a_promise_take_its_listeners_away() {
    let folder = folder();
    let code = "exports.load = (signal, source) => new Promise((resolve, reject) => {
\tsource.read((error, content) => {
\t\tif (error)
\t\t\treject(error);
\t\telse resolve(content);
\t});
\tsource.idle(() => resolve());
\tsignal?.addEventListener('abort', () => {
\t\treject(signal.reason);
\t});
});
";
    let fixed = "exports.load = (signal, source) => new Promise((resolve, reject) => {
\tconst onAbort = () => {
\t\treject(signal.reason);
\t};
\tsource.read((error, content) => {
\t\tif (error) {
\t\t\tsignal?.removeEventListener('abort', onAbort);
\t\t\treject(error);
\t\t} else {
\t\t\tsignal?.removeEventListener('abort', onAbort);
\t\t\tresolve(content);
\t\t}
\t});
\tsource.idle(() => {
\t\tsignal?.removeEventListener('abort', onAbort);
\t\tresolve();
\t});
\tsignal?.addEventListener('abort', onAbort);
});
";
    fs::write(folder.path().join("a.js"), code).expect("written");
    let output = check(&folder, &["--fix"]);
    assert_eq!((text(&folder), output.status.code()), (fixed.to_owned(), Some(0)), "{}", said(&output.stdout));
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_written_is_named() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let folder = folder();
    let mode = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).expect("our own");
    mode(0o555);
    // Root may write anywhere.
    let root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    let output = check(&folder, &["--fix"]);
    mode(0o755);
    if !root {
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output.stderr).contains("a.js: cannot be written"), "{}", said(&output.stderr));
        assert_eq!(text(&folder), CODE);
    }
}

#[test]
fn standard_input_has_no_file_to_fix() {
    let output = check(&folder(), &["--fix", "--stdin-filename", "a.js"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_component_is_read_and_mended_where_its_script_stands() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let component = "<template>\n  <p title=\"ä\">{{ x }}</p>\n</template>\n\n<script lang=\"ts\">\nexport default {\n  mounted() {\n    \
                     document.addEventListener('mousemove', this.move, true);\n  },\n  beforeDestroy() {\n    \
                     document.removeEventListener('mousemove', this.move);\n  },\n  methods: {\n    move(event: MouseEvent) {\n      \
                     this.x = event.clientX;\n    },\n  },\n};\n</script>\n\n<style>\np { color: red }\n</style>\n";
    let path = folder.path().join("Drag.vue");
    fs::write(&path, component).expect("written");
    let found: Value = serde_json::from_slice(&check(&folder, &["--format", "json"]).stdout).expect("JSON");
    let finding = &found["findings"][0];
    assert_eq!(finding["rule"], "release-mismatch", "{found:#}");
    assert_eq!((&finding["path"], &finding["range"]["start"]["line"]), (&"Drag.vue".into(), &8.into()), "{found:#}");
    assert_eq!(finding["range"]["start"]["column"], 14, "{found:#}");
    check(&folder, &["--fix"]);
    let mended = fs::read_to_string(&path).expect("it is there");
    assert_eq!(
        mended,
        component.replace("removeEventListener('mousemove', this.move)", "removeEventListener('mousemove', this.move, true)")
    );
}
