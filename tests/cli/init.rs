//! `unlisten init`: what it writes, and that it leaves alone what is there.

use std::fs;

use super::{Project, stderr};

fn init(project: &Project, args: &[&str]) -> String {
    let output = project.run(&[&["init"], args].concat());
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", stderr(&output));
    String::from_utf8(output.stdout).expect("text")
}

fn read(project: &Project, file: &str) -> String {
    fs::read_to_string(project.root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// A repository as `git clone` of an address leaves it.
fn repository(host: &str, files: &[(&str, &str)]) -> Project {
    let project = Project::new(&[]);
    project.write(".git/config", format!("[remote \"origin\"]\n\turl = git@{host}:a/b.git\n").as_bytes());
    for (name, text) in files {
        project.write(name, text.as_bytes());
    }
    project
}

#[test]
fn everything_is_set_up_once() {
    let project = repository("github.example", &[("vendor/x.js", "1"), ("src/a.js", super::LEAK)]);
    let told = init(&project, &["--yes", "src"]);
    for file in ["unlisten.toml", ".pre-commit-config.yaml", ".github/workflows/unlisten.yml"] {
        assert!(told.contains(&format!("wrote {file}: ")), "{told}");
    }
    assert!(told.contains("pre-commit install") && told.contains("unlisten check"), "{told}");
    assert!(read(&project, "unlisten.toml").contains("exclude = [\"vendor/\"]"));
    assert!(read(&project, ".github/workflows/unlisten.yml").contains(concat!(
        "unlisten@",
        env!("CARGO_PKG_VERSION"),
        " check --format github"
    )));
    // What is written is a configuration, and the hook's command one that exists.
    assert_eq!(project.run(&["check", "--quiet"]).status.code(), Some(1));
    let hook = read(&project, ".pre-commit-config.yaml");
    let command = hook.lines().find_map(|line| line.trim().strip_prefix("entry: unlisten ")).expect("a command");
    let help: Vec<&str> = command.split(' ').chain(["--help"]).collect();
    assert_eq!(project.run(&help).status.code(), Some(0), "{command}");

    let before = [read(&project, "unlisten.toml"), hook];
    let again = init(&project, &["--yes"]);
    assert_eq!(again.matches(" is there already: ").count(), 3, "{again}");
    assert!(!again.contains("wrote") && !again.contains("git add"), "{again}");
    assert_eq!([read(&project, "unlisten.toml"), read(&project, ".pre-commit-config.yaml")], before);
}

#[test]
fn an_existing_list_of_hooks_gets_one_more() {
    let old = "repos:\n  - repo: meta\n    hooks:\n      - id: identity\n";
    let project = repository("gitlab.example", &[(".pre-commit-config.yaml", old), (".gitlab-ci.yml", "stages: [build]\n")]);
    let told = init(&project, &["--yes"]);
    assert!(told.contains("added to .pre-commit-config.yaml: "), "{told}");
    let new = read(&project, ".pre-commit-config.yaml");
    assert!(new.starts_with(old) && new[old.len()..].starts_with("  - repo: local\n    hooks:\n      - id: unlisten\n"), "{new}");
    // A pipeline has an order of its own.
    assert!(told.contains(".gitlab-ci.yml is there and stays as it is; for a CI step add this to it:\n\n    unlisten:\n"), "{told}");
    assert_eq!(read(&project, ".gitlab-ci.yml"), "stages: [build]\n");
}

#[test]
fn what_cannot_be_extended_safely_is_left_to_its_owner() {
    let old = "repos: [{repo: meta, hooks: [{id: identity}]}]\n";
    let project = repository("host.example", &[(".pre-commit-config.yaml", old)]);
    let told = init(&project, &["--yes"]);
    assert!(told.contains("add this to it:\n\n    - repo: local\n"), "{told}");
    assert_eq!(read(&project, ".pre-commit-config.yaml"), old);
    // No CI is known of this host.
    assert!(!told.contains("a CI step"), "{told}");
    assert!(init(&project, &["--yes", "--ci", "gitlab"]).contains("wrote .gitlab-ci.yml"));
}

#[test]
fn other_hook_managers_and_the_project_s_own_copy_are_known() {
    let husky = repository("host.example", &[(".husky/_/h", ""), ("package.json", r#"{"devDependencies":{"unlisten":"*"}}"#)]);
    assert!(init(&husky, &["--yes", "--ci", "github"]).contains("wrote .husky/pre-commit"));
    assert!(read(&husky, ".husky/pre-commit").starts_with("npx --no -- unlisten check"));
    let workflow = read(&husky, ".github/workflows/unlisten.yml");
    assert!(workflow.contains("- run: npm ci\n") && workflow.contains("- run: npx --no -- unlisten check --format github"), "{workflow}");
    let lefthook = repository("host.example", &[("lefthook.yml", "pre-push: {}\n")]);
    assert!(init(&lefthook, &["--yes"]).contains("lefthook.yml is there and stays as it is"));
    assert!(!init(&lefthook, &["--yes", "--no-hook"]).contains("lefthook"));
}

#[test]
fn nothing_is_written_unasked() {
    let project = repository("github.example", &[]);
    let unasked = project.run(&["init"]);
    assert_eq!(unasked.status.code(), Some(2));
    assert!(stderr(&unasked).contains("--yes"), "{}", stderr(&unasked));
    let told = init(&project, &["--dry-run"]);
    assert!(told.contains("would write unlisten.toml") && told.contains("    min-confidence = \"medium\"\n"), "{told}");
    let files: Vec<_> = fs::read_dir(project.root()).expect("it exists").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    assert_eq!(project.run(&["init", "--yes", "nowhere"]).status.code(), Some(2));
    // Without git there is nobody to run a hook.
    let told = init(&Project::new(&[]), &["--yes"]);
    assert!(told.contains("wrote unlisten.toml") && !told.contains("hook"), "{told}");
}
