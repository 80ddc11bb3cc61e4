//! `unlisten.toml`, and the key `unlisten` of a `package.json`.

use serde_json::Value;

use crate::{LEAK, Project, paths, stderr};

/// `check --format json` under the configuration that is found.
fn checked(project: &Project, code: i32, args: &[&str]) -> Value {
    let output = project.run(&[&["check", "--format", "json"], args].concat());
    assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn project() -> Project {
    Project::new(&[("src/server.js", LEAK.as_bytes()), ("old/server.js", LEAK.as_bytes()), ("test/server.js", LEAK.as_bytes())])
}

#[test]
fn rules_have_levels_by_folder() {
    let project = project();
    project.write(
        "unlisten.toml",
        b"[rules]
listener-per-request = 'note'
[[overrides]]
files = ['old/']
rules = { listener-per-request = 'off' }
[[overrides]]
files = ['test/']
include-tests = true
rules = { listener-per-request = 'error' }",
    );
    let report = checked(&project, 1, &["."]);
    assert_eq!(paths(&report), ["src/server.js", "test/server.js"]);
    let severities: Vec<_> = report["findings"].as_array().expect("findings").iter().map(|finding| &finding["severity"]).collect();
    assert_eq!(severities, ["note", "error"]);
    assert_eq!(paths(&checked(&project, 1, &[".", "--no-config"])), ["old/server.js", "src/server.js"]);
    checked(&project, 0, &["src", "--fail-on", "warning"]);
    checked(&project, 1, &["test", "--fail-on", "warning"]);
}

#[test]
fn the_nearest_configuration_above_is_found() {
    let project = project();
    project.write("unlisten.toml", b"exclude = ['src/', 'old/']");
    let inside = |folder: &str, args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_unlisten"));
        command.args(["check", "--format", "compact"]).args(args).current_dir(project.root().join(folder));
        command.output().expect("it runs").status.code()
    };
    assert_eq!(inside("src", &[]), Some(0));
    assert_eq!(inside("src", &["--no-config"]), Some(1));
    // A nearer one takes its place; the file's own goes before that of a package.
    project.write("src/package.json", b"{\"unlisten\": {\"rules\": {\"listener-per-request\": \"warning\"}}}");
    assert_eq!(inside("src", &[]), Some(1));
    project.write("src/unlisten.toml", b"exclude = ['*.js']");
    assert_eq!(inside("src", &[]), Some(0));
    // Not beyond the repository.
    std::fs::create_dir(project.root().join("old/.git")).expect("made");
    assert_eq!(inside("old", &[]), Some(1));
    // What lies elsewhere has its own.
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_unlisten"));
    let check = |mut command: std::process::Command, folder: &str| {
        command.arg("check").arg(project.root().join(folder)).current_dir(elsewhere.path()).output().expect("it runs").status.code()
    };
    assert_eq!(check(output, "src"), Some(0));
    assert_eq!(check(std::process::Command::new(env!("CARGO_BIN_EXE_unlisten")), "old"), Some(1));
}

#[test]
fn what_is_wrong_in_it_is_told_and_the_run_goes_on() {
    for (file, text, told) in [
        ("unlisten.toml", "min_confidence = 'low'", "1:1: there is no key `min_confidence`; did you mean `min-confidence`?"),
        ("unlisten.toml", "\n[rules]\nlistener-per-cal = 'off'", "there is no rule `listener-per-cal`; did you mean `listener-per-call`?"),
        ("unlisten.toml", "[[overrides]]\nfile = ['a']", "2:1: there is no key `file`; did you mean `files`?"),
        ("unlisten.toml", "exclude = [", "unlisten.toml: 1:1"),
        ("package.json", "{\"unlisten\": {\"failOn\": \"any\"}}", "`unlisten`: there is no key `failOn`; did you mean `fail-on`?"),
    ] {
        let project = project();
        project.write(file, text.as_bytes());
        let output = project.run(&["check", "--format", "json"]);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(stderr(&output).contains(told) && stderr(&output).lines().count() == 1, "{}", stderr(&output));
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(paths(&report).len(), 2, "{text}");
        assert_eq!(project.run(&["check", "--no-config"]).status.code(), Some(1));
    }
    let project = project();
    let none = project.run(&["check", "--config", "package.json", "--quiet"]);
    assert_eq!((none.status.code(), stderr(&none).as_str()), (Some(2), "error: package.json: has no key `unlisten`\n"));
    assert!(stderr(&project.run(&["check", "--config", "nowhere.toml"])).contains("nowhere.toml: there is no such file"));
}

#[test]
fn reasons_may_be_waived_and_comments_may_fail() {
    let text = LEAK.replacen("  process", "  // unlisten-ignore-next-line listener-per-request\n  process", 1);
    let project = Project::new(&[("server.js", text.as_bytes())]);
    checked(&project, 1, &["."]);
    project.write("unlisten.toml", b"suppressions = { require-reason = false }");
    assert_eq!(checked(&project, 0, &["."])["summary"]["suppressed"], 1);
    let unused = text.replacen("request\n", "request, listener-in-loop\n", 1);
    project.write("server.js", unused.as_bytes());
    assert_eq!(checked(&project, 0, &["."])["summary"]["problems"], 1);
    checked(&project, 1, &[".", "--strict-suppressions"]);
    project.write("unlisten.toml", b"suppressions = { require-reason = false, strict = true }");
    checked(&project, 1, &["."]);
}

#[test]
fn some_findings_may_be_put_up_with_and_are_still_told() {
    let project = project();
    for (most, code) in [("0", 1), ("1", 1), ("2", 0)] {
        assert_eq!(paths(&checked(&project, code, &[".", "--max-findings", most])).len(), 2, "{most}");
    }
    // Only what would fail is counted.
    project.write("unlisten.toml", b"max-findings = 1\n[[overrides]]\nfiles = ['old/']\nrules = { listener-per-request = 'note' }");
    checked(&project, 1, &["."]);
    checked(&project, 0, &[".", "--fail-on", "warning"]);
    assert_eq!(project.run(&["check", "--max-findings", "-1"]).status.code(), Some(2));
}
