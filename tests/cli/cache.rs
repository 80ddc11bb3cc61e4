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
