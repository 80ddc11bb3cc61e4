//! The cache: whatever is kept, the report is that of a run without it.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::{LEAK, Project, stderr};

/// Large enough that something is kept of it: each file calls the next one, and every tenth leaks.
fn large() -> Project {
    let project = Project::new(&[]);
    for number in 0..120 {
        let text = match number % 10 {
            0 => format!("require('./f{}');\n{LEAK}", (number + 1) % 120),
            _ => format!("const next = require('./f{}');\nexports.f = (bus) => next.f(bus);\n", (number + 1) % 120),
        };
        project.write(&format!("f{number}.js"), text.as_bytes());
    }
    project.write("broken.js", b"let (;\n");
    project
}

fn report(project: &Project, cache: &[&str]) -> Value {
    project.check(1, &[&["."], cache].concat())
}

fn kept(project: &Project) -> Vec<PathBuf> {
    let folders = fs::read_dir(project.root().join("kept")).into_iter().flatten().map(|entry| entry.expect("readable").path());
    let mut files: Vec<PathBuf> =
        folders.flat_map(|folder| fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable").path())).collect();
    files.sort();
    files
}

#[test]
fn what_is_kept_changes_no_report() {
    let project = large();
    let keep = ["--cache-dir", "kept"];
    let without = report(&project, &["--no-cache"]);
    assert_eq!(without["findings"].as_array().map(Vec::len), Some(12));
    assert!(kept(&project).is_empty());
    // Cold, then warm.
    assert_eq!(report(&project, &keep), without);
    let files = kept(&project);
    assert_eq!(files.len(), 3, "outlines, facts and an answer: {files:?}");
    assert_eq!(report(&project, &keep), without);
    assert_eq!(kept(&project), files, "nothing new, nothing written");
    // An edit: only what is new is kept beside.
    let text = fs::read_to_string(project.root().join("f10.js")).expect("there");
    project.write("f10.js", text.replace("SIGTERM", "SIGINT").as_bytes());
    let edited = report(&project, &["--no-cache"]);
    assert_ne!(edited, without);
    assert_eq!(report(&project, &keep), edited);
    // Another file is meant by a specifier: no text changed.
    fs::rename(project.root().join("f11.js"), project.root().join("f11.ts")).expect("renamed");
    let renamed = report(&project, &["--no-cache"]);
    assert_eq!(report(&project, &keep), renamed);
    // Back again.
    fs::rename(project.root().join("f11.ts"), project.root().join("f11.js")).expect("renamed");
    assert_eq!(report(&project, &keep), edited);
    // Broken in every way.
    for (at, file) in kept(&project).into_iter().enumerate() {
        let mut bytes = fs::read(&file).expect("there");
        match at % 3 {
            0 => bytes.truncate(bytes.len() / 2),
            1 => bytes.iter_mut().skip(100).step_by(97).for_each(|byte| *byte ^= 0xff),
            _ => bytes.clear(),
        }
        fs::write(&file, bytes).expect("written");
    }
    assert_eq!(report(&project, &keep), edited);
    assert_eq!(report(&project, &keep), edited);
}

#[test]
fn small_programs_and_folders_that_cannot_be_written_keep_nothing() {
    let project = Project::new(&[("server.js", LEAK.as_bytes())]);
    report(&project, &["--cache-dir", "kept"]);
    assert!(kept(&project).is_empty());
    let project = large();
    project.write("kept", b"a file");
    let output = project.run(&["check", "--no-config", "--quiet", "--cache-dir", "kept"]);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(1), ""));
}

/// Packages that do not import each other are programs of their own: a change in one leaves what is kept of the others.
#[test]
fn a_package_is_asked_again_where_its_own_program_changed() {
    let project = Project::new(&[]);
    for package in ["a", "b", "c"] {
        project.write(&format!("packages/{package}/package.json"), format!("{{\"name\":\"{package}\",\"version\":\"1.0.0\"}}").as_bytes());
        for number in 0..40 {
            let next = if number == 39 { String::new() } else { format!("require('./f{}');\n", number + 1) };
            // `c` imports `b`.
            let other = if package == "c" && number == 0 { "require('b/f39');\n" } else { "" };
            let leak = if number == 20 { LEAK } else { "" };
            project.write(&format!("packages/{package}/f{number}.js"), format!("{next}{other}{leak}").as_bytes());
        }
    }
    let keep = ["--cache-dir", "kept"];
    let without = report(&project, &["--no-cache"]);
    assert_eq!(without["findings"].as_array().map(Vec::len), Some(3));
    assert_eq!(report(&project, &keep), without);
    // How many programs were linked, and of how many files.
    let linked = || {
        let output = project.run(&["check", "--no-config", "--timings", "--cache-dir", "kept"]);
        let text = stderr(&output);
        let items = |phase: &str| {
            let line = text.lines().find(|line| line.starts_with(phase))?;
            line.split_whitespace().nth(3)?.parse::<usize>().ok()
        };
        (items("programs"), items("recall"))
    };
    assert_eq!(linked(), (None, None));
    project.write("packages/a/f1.js", b"require('./f2');\nexports.changed = 1;\n");
    assert_eq!(linked(), (Some(1), Some(40)));
    project.write("packages/b/f1.js", b"require('./f2');\nexports.changed = 1;\n");
    assert_eq!(linked(), (Some(1), Some(80)));
    assert_eq!(report(&project, &keep), report(&project, &["--no-cache"]));
}
