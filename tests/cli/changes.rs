//! `check --changed-since`, with the real git.

use std::fs;
use std::process::Command;

use crate::{LEAK, Project, paths, stderr};

/// The same leak with its emitter in another file: a trace of two files.
const ADDS: &str = "module.exports = (bus, f) => {\n  bus.on('x', f);\n};\n";
const CALLS: &str = "const { EventEmitter } = require('events');
const http = require('http');
const add = require('./add');
const bus = new EventEmitter();
http.createServer((req, res) => {
  add(bus, () => res.end());
}).listen(0);
";

fn git(project: &Project, args: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"]);
    let output = command.args(args).current_dir(project.root()).output().expect("git is there");
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
}

/// Committed, with what may confuse a reader of diffs.
fn repository(files: &[(&str, &[u8])]) -> Project {
    let project = Project::new(files);
    git(&project, &["init", "-q"]);
    git(&project, &["config", "diff.noprefix", "true"]);
    git(&project, &["config", "color.ui", "always"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "-qm", "one"]);
    project
}

#[test]
fn only_what_the_changes_concern_is_reported() {
    let project = repository(&[("a \u{e9}.js", LEAK.as_bytes()), ("b.js", LEAK.as_bytes()), ("c.js", LEAK.as_bytes())]);
    let report = project.check(0, &["--changed-since", "HEAD"]);
    assert_eq!((report["summary"]["unchanged"].as_u64(), paths(&report).len()), (Some(3), 0));
    // Another line; the finding's own line; a file that git does not know; one that it ignores; a renamed one.
    project.write("b.js", format!("{LEAK}// more\n").as_bytes());
    project.write("a \u{e9}.js", LEAK.replace("SIGTERM", "SIGINT").as_bytes());
    project.write("new.js", LEAK.as_bytes());
    fs::rename(project.root().join("c.js"), project.root().join("d.js")).expect("renamed");
    git(&project, &["add", "-A", "c.js", "d.js"]);
    let report = project.check(1, &["--changed-since", "HEAD"]);
    assert_eq!(paths(&report), ["a \u{e9}.js", "new.js"]);
    assert_eq!(report["summary"]["unchanged"], 2);
    // Since where the branch left, not since what came on the other side.
    git(&project, &["checkout", "-qb", "work"]);
    git(&project, &["commit", "-qam", "two"]);
    git(&project, &["checkout", "-q", "main"]);
    project.write("b.js", LEAK.replace("SIGTERM", "SIGHUP").as_bytes());
    git(&project, &["commit", "-qam", "three"]);
    git(&project, &["checkout", "-q", "work"]);
    assert_eq!(paths(&project.check(1, &["--changed-since", "main"])), ["a \u{e9}.js", "new.js"]);
    // In a folder of the repository.
    assert_eq!(project.check(1, &["new.js", "--changed-since", "main"])["summary"]["unchanged"], 0);
}

#[test]
fn a_trace_that_passes_a_change_and_a_release_that_went_concern_a_finding() {
    let project = repository(&[("add.js", ADDS.as_bytes()), ("server.js", CALLS.as_bytes())]);
    project.write(
        "server.js",
        CALLS.replace("add(bus, ()", "add(bus, function g()").replace("=> res", "{ return res").replace("());", "() });").as_bytes(),
    );
    let report = project.check(1, &["--changed-since", "HEAD"]);
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(1));

    let kept = LEAK.replace(
        "  res.end('x');",
        "  const f = () => 1;\n  process.on('SIGINT', f);\n  process.removeListener('SIGINT', f);\n  res.end('x');",
    );
    let project = repository(&[("server.js", kept.as_bytes())]);
    project.write("server.js", kept.replace("  process.removeListener('SIGINT', f);\n", "").as_bytes());
    let report = project.check(1, &["--changed-since", "HEAD"]);
    assert!(report["findings"].as_array().expect("findings").iter().any(|finding| finding["event"] == "SIGINT"), "{report}");
    project.write("server.js", kept.replace("  const f", "\n  const f").as_bytes());
    project.check(0, &["--changed-since", "HEAD"]);
}

#[test]
fn what_git_cannot_tell_is_an_error_that_says_what_to_do() {
    let project = repository(&[("server.js", LEAK.as_bytes())]);
    for revision in ["nowhere", "--output=x"] {
        let output = project.run(&["check", "--no-config", "--quiet", &format!("--changed-since={revision}")]);
        assert_eq!(output.status.code(), Some(2));
        let told = format!("error: --changed-since {revision}: there is no commit `{revision}` here; in a shallow clone");
        assert!(stderr(&output).starts_with(&told), "{}", stderr(&output));
        assert!(!project.root().join("x").exists());
        assert!(String::from_utf8_lossy(&output.stdout).contains("1 finding"), "all is reported");
    }
    fs::remove_dir_all(project.root().join(".git")).expect("removed");
    let output = project.run(&["check", "--no-config", "--quiet", "--changed-since", "HEAD"]);
    assert!(stderr(&output).contains("is in no git repository"), "{}", stderr(&output));
    let mut command = Command::new(env!("CARGO_BIN_EXE_unlisten"));
    let output = command.args(["check", "--changed-since", "HEAD"]).env("PATH", "/nowhere").current_dir(project.root()).output();
    let output = output.expect("it runs");
    assert!(stderr(&output).contains("git is needed to know what changed, and there is none on the PATH"), "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(2));
}
