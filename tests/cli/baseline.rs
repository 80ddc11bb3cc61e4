//! `unlisten baseline`, and `check --baseline`.

use std::fs;

use serde_json::Value;

use crate::{LEAK, Project, paths, stderr};

const FILE: &str = "unlisten-baseline.json";

fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).into_owned()
}

/// A project whose findings are all known.
fn known() -> Project {
    let project = Project::new(&[("src/server.js", LEAK.as_bytes()), ("src/other.js", LEAK.as_bytes())]);
    let output = project.run(&["baseline"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        text(&output.stdout).starts_with("unlisten-baseline.json: 2 known findings, 2 of them new; 0 gone\n"),
        "{}",
        text(&output.stdout)
    );
    project
}

fn entries(project: &Project) -> Vec<String> {
    let file = fs::read_to_string(project.root().join(FILE)).expect("written");
    let file: Value = serde_json::from_str(&file).expect("JSON");
    file["findings"].as_array().expect("a list").iter().map(|entry| entry["path"].as_str().expect("a path").to_owned()).collect()
}

#[test]
fn known_findings_are_quiet_new_ones_fail_and_gone_ones_are_told() {
    let project = known();
    assert_eq!(entries(&project), ["src/other.js", "src/server.js"]);
    let report = project.check(0, &["--baseline", FILE]);
    assert_eq!((report["summary"]["known"].as_u64(), paths(&report).len()), (Some(2), 0));
    assert_eq!(project.check(1, &["."])["summary"]["known"], Value::Null);
    // Moved lines, another folder and another name change nothing.
    project.write("src/server.js", format!("// one\n// two\n\n{LEAK}").as_bytes());
    fs::create_dir(project.root().join("lib")).expect("made");
    fs::rename(project.root().join("src/other.js"), project.root().join("lib/renamed.ts")).expect("renamed");
    let report = project.check(0, &["--baseline", FILE]);
    assert_eq!((report["summary"]["known"].as_u64(), report["gone"].as_array().map(Vec::len)), (Some(2), Some(0)));
    assert_eq!(project.run(&["baseline"]).status.code(), Some(0));
    assert_eq!(entries(&project), ["lib/renamed.ts", "src/server.js"]);
    // A copy is new, and it is the copy that is told, though its path comes first.
    project.write("a/copy.js", LEAK.as_bytes());
    assert_eq!(paths(&project.check(1, &["--baseline", FILE])), ["a/copy.js"]);
    // In a report on that file alone, too.
    assert_eq!(paths(&project.check(1, &["a/copy.js", "--baseline", FILE])), ["a/copy.js"]);
    fs::remove_file(project.root().join("a/copy.js")).expect("removed");
    // One is mended.
    project.write("src/server.js", b"module.exports = 1;\n");
    let output = project.run(&["check", "--no-config", "--baseline", FILE]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stderr(&output).starts_with("gone from the baseline: src/server.js: listener-per-request ("), "{}", stderr(&output));
    assert!(text(&output.stdout).contains("1 known by the baseline; 1 of the baseline gone"), "{}", text(&output.stdout));
    // A report on another file does not know that.
    assert_eq!(project.check(0, &["lib/renamed.ts", "--baseline", FILE])["gone"], serde_json::json!([]));
}

#[test]
fn a_baseline_is_written_anew_pruned_and_kept_for_what_was_not_looked_at() {
    let project = known();
    project.write("src/server.js", b"module.exports = 1;\n");
    project.write("src/new.js", LEAK.replace("SIGTERM", "SIGINT").as_bytes());
    let told = text(&project.run(&["baseline", "--prune"]).stdout);
    assert!(told.starts_with("unlisten-baseline.json: 1 known finding, 0 of them new; 1 gone\n"), "{told}");
    assert_eq!(entries(&project), ["src/other.js"]);
    // Of one file: what is known of the others stays.
    let told = text(&project.run(&["baseline", "src/new.js"]).stdout);
    assert!(told.starts_with("unlisten-baseline.json: 2 known findings, 1 of them new; 0 gone\n"), "{told}");
    assert_eq!(entries(&project), ["src/new.js", "src/other.js"]);
    // The configuration names it for both commands.
    project.write("unlisten.toml", b"baseline = 'lint/known.json'");
    let output = project.run(&["baseline"]);
    assert_eq!(text(&output.stdout).lines().count(), 1, "{}", text(&output.stdout));
    assert!(project.root().join("lint/known.json").exists());
    assert_eq!(project.run(&["check"]).status.code(), Some(0));
    assert_eq!(project.run(&["check", "--no-config"]).status.code(), Some(1));
}

#[test]
fn one_that_cannot_be_read_is_told_and_never_overwritten() {
    let project = Project::new(&[("server.js", LEAK.as_bytes())]);
    let missing = project.run(&["check", "--no-config", "--baseline", "nowhere.json", "--format", "json"]);
    assert_eq!(missing.status.code(), Some(2));
    assert_eq!(stderr(&missing), "error: nowhere.json: there is no such file; `unlisten baseline` writes one\n");
    assert_eq!(paths(&serde_json::from_slice(&missing.stdout).expect("JSON")), ["server.js"]);
    project.write(FILE, b"<<<<<<< ours");
    for args in [&["check", "--no-config", "--quiet", "--baseline", FILE][..], &["baseline"]] {
        let output = project.run(args);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("unlisten-baseline.json: is no baseline ("), "{}", stderr(&output));
    }
    assert_eq!(fs::read(project.root().join(FILE)).expect("there"), b"<<<<<<< ours");
    // Nor where something is amiss.
    fs::remove_file(project.root().join(FILE)).expect("removed");
    assert_eq!(project.run(&["baseline", "nowhere.js"]).status.code(), Some(2));
    assert!(!project.root().join(FILE).exists());
}
