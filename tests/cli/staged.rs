//! `check --staged`, with the real git: what the index holds, held against what the last commit has.

use std::fs;
use std::process::Command;

use crate::{LEAK, Project, paths, stderr};

fn git(project: &Project, args: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"]);
    let output = command.args(args).current_dir(project.root()).output().expect("git is there");
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
}

fn repository(files: &[(&str, &[u8])]) -> Project {
    let project = Project::new(files);
    git(&project, &["init", "-q"]);
    project
}

fn commit(project: &Project) {
    git(project, &["add", "-A"]);
    git(project, &["commit", "-qm", "more"]);
}

const CLEAN: &[u8] = b"module.exports = 1;\n";

#[test]
fn only_what_the_commit_brings_is_reported() {
    let project = repository(&[("old.js", LEAK.as_bytes()), ("clean.js", CLEAN)]);
    // Before the first commit everything is new; what is not staged is not there.
    assert_eq!(project.check(0, &["--staged"])["summary"]["files"], 0);
    git(&project, &["add", "."]);
    assert_eq!(paths(&project.check(1, &["--staged"])), ["old.js"]);
    commit(&project);
    assert!(paths(&project.check(0, &["--staged"])).is_empty());

    // An untracked file is in no commit.
    project.write("new.js", LEAK.as_bytes());
    assert!(paths(&project.check(0, &["--staged"])).is_empty());
    git(&project, &["add", "-N", "new.js"]);
    assert!(paths(&project.check(0, &["--staged"])).is_empty(), "an intent to add is no content");
    git(&project, &["add", "new.js"]);
    let report = project.check(1, &["--staged"]);
    assert_eq!((paths(&report), report["summary"]["unchanged"].as_u64()), (vec!["new.js"], Some(1)));
    // Taken away on disk, it is staged all the same.
    fs::remove_file(project.root().join("new.js")).expect("removed");
    assert_eq!(paths(&project.check(1, &["--staged"])), ["new.js"]);
    git(&project, &["commit", "-qm", "new"]);
    // Moved lines and another folder bring nothing.
    project.write("old.js", format!("\n\n{LEAK}").as_bytes());
    git(&project, &["add", "."]);
    fs::create_dir(project.root().join("lib")).expect("made");
    git(&project, &["mv", "old.js", "lib/old.js"]);
    assert!(paths(&project.check(0, &["--staged"])).is_empty());
    // From a folder within, with hooks' variables.
    let output = Command::new(env!("CARGO_BIN_EXE_unlisten"))
        .args(["check", "--staged", "--no-config", "--quiet"])
        .current_dir(project.root())
        .env("GIT_DIR", ".git")
        .env("GIT_INDEX_FILE", ".git/index")
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn the_index_counts_not_the_work_tree() {
    let project = repository(&[("server.js", CLEAN), ("other.js", CLEAN)]);
    commit(&project);
    // Staged with a leak, mended on disk only.
    project.write("server.js", LEAK.as_bytes());
    git(&project, &["add", "server.js"]);
    project.write("server.js", CLEAN);
    let report = project.check(1, &["--staged"]);
    assert_eq!(paths(&report), ["server.js"]);
    assert_eq!(report["findings"][0]["range"]["start"]["line"], 3);
    // The other way round: a leak on disk that is not staged.
    project.write("server.js", CLEAN);
    git(&project, &["add", "server.js"]);
    project.write("server.js", LEAK.as_bytes());
    assert!(paths(&project.check(0, &["--staged"])).is_empty());
    assert_eq!(paths(&project.check(1, &["."])), ["server.js"]);
    // Deleted in the index, still on disk.
    git(&project, &["add", "server.js"]);
    git(&project, &["commit", "-qm", "leaks"]);
    git(&project, &["rm", "-q", "--cached", "server.js"]);
    let report = project.check(0, &["--staged"]);
    assert_eq!(report["summary"]["files"], 1);
}

#[test]
fn a_commit_can_make_another_file_leak() {
    let adds = "const { EventEmitter } = require('events');
const remove = require('./remove');
const bus = new EventEmitter();
exports.serve = require('http').createServer((req, res) => {
  const done = () => res.end();
  bus.on('x', done);
  res.on('close', () => remove(bus, done));
});
";
    let removes = "module.exports = (bus, f) => bus.removeListener('x', f);\n";
    let project = repository(&[("add.js", adds.as_bytes()), ("remove.js", removes.as_bytes())]);
    commit(&project);
    assert!(paths(&project.check(0, &["."])).is_empty());
    project.write("remove.js", b"module.exports = (bus, f) => {};\n");
    git(&project, &["add", "."]);
    assert_eq!(paths(&project.check(1, &["--staged"])), ["add.js"]);
}

#[test]
fn what_git_cannot_answer_is_told() {
    let outside = Project::new(&[("a.js", LEAK.as_bytes())]);
    let output = outside.run(&["check", "--staged", "--no-config"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--staged: this folder is in no git repository"), "{}", stderr(&output));

    let project = repository(&[("a.js", CLEAN)]);
    commit(&project);
    git(&project, &["checkout", "-qb", "side"]);
    project.write("a.js", b"module.exports = 2;\n");
    commit(&project);
    git(&project, &["checkout", "-q", "main"]);
    project.write("a.js", b"module.exports = 3;\n");
    commit(&project);
    let merge = Command::new("git").args(["merge", "-q", "side"]).current_dir(project.root()).output().expect("git is there");
    assert!(!merge.status.success());
    let output = project.run(&["check", "--staged", "--no-config"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("`a.js` has a merge conflict"), "{}", stderr(&output));
    assert_eq!(project.run(&["check", "--staged", "--changed-since", "main"]).status.code(), Some(2));
}

#[test]
fn what_is_kept_of_the_last_commit_changes_no_report() {
    let project = repository(&[("bus.js", b"const { EventEmitter } = require('node:events');\nmodule.exports = new EventEmitter();\n")]);
    let released =
        "const bus = require('./bus');\nexports.wait = function (done) {\n  bus.on('x', done);\n  return () => bus.off('x', done);\n};\n";
    for number in 0..120 {
        project.write(&format!("f{number}.js"), released.as_bytes());
    }
    project.write("leak.js", LEAK.as_bytes());
    commit(&project);
    let both = |code, found: &[&str]| {
        let kept = project.check(code, &["--staged", "--cache-dir", "kept"]);
        assert_eq!(kept, project.check(code, &["--staged", "--no-cache"]));
        assert_eq!(paths(&kept), found);
    };
    both(0, &[]);
    let write = |name: &str, text: &str| {
        project.write(name, text.as_bytes());
        git(&project, &["add", name]);
    };
    let leaking = released.replace("  return () => bus.off('x', done);\n", "");
    // Other texts; the same, moved; a comment that went; a module that is new; a file that went.
    write("f7.js", &leaking);
    both(1, &["f7.js"]);
    write("leak.js", &format!("// unlisten-ignore-file listener-per-request -- why\n{LEAK}"));
    both(1, &["f7.js"]);
    git(&project, &["commit", "-qm", "more"]);
    both(0, &[]);
    write("leak.js", LEAK);
    both(1, &["leak.js"]);
    write("f8.js", &format!("require('./f9');\n{}", leaking.replace("wait", "follow")));
    both(1, &["f8.js", "leak.js"]);
    git(&project, &["rm", "-q", "--cached", "f7.js"]);
    both(1, &["f8.js", "leak.js"]);
}
