//! What `unlisten init` sets up in a repository: a configuration, a hook, a CI step. It looks first, and never overwrites.

use std::fs::{self, OpenOptions};
use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Config, FILE};
use crate::source::describe;

/// A hook manager's list of hooks.
const PRE_COMMIT: &str = ".pre-commit-config.yaml";
/// Of pre-commit; as this repository offers it.
const HOOK: &str = include_str!("../../.pre-commit-hooks.yaml");
const GITHUB: &str = ".github/workflows/unlisten.yml";
const GITLAB: &str = ".gitlab-ci.yml";
/// Folders of other people's code that is kept in a repository.
const FOREIGN: [&str; 3] = ["vendor", "third_party", "third-party"];

/// Where a CI step runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ci {
    Github,
    Gitlab,
}

/// One thing to set up.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is for, as a noun.
    pub what: &'static str,
    /// Below the root.
    pub file: Utf8PathBuf,
    pub step: Step,
}

/// What there is to do about a [`Part`].
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// The file is not there: this is its text.
    Create(String),
    /// The file is there, and where the entry goes is plain.
    Extend { old: String, new: String, entry: String },
    /// The file is there: somebody who knows it has to add this.
    ByHand(String),
    /// It is set up.
    Done,
}

/// What a repository has.
pub struct Repository {
    root: Utf8PathBuf,
    git: bool,
    /// How unlisten is called: by npx where the project brings it along.
    call: &'static str,
}

impl Repository {
    /// The repository around `folder`, or the folder itself.
    pub fn around(folder: &Utf8Path) -> Repository {
        let git = folder.ancestors().find(|above| above.join(".git").exists());
        let root = git.unwrap_or(folder).to_owned();
        let package = fs::read_to_string(root.join("package.json")).unwrap_or_default();
        let package: serde_json::Value = serde_json::from_str(&package).unwrap_or_default();
        let brings = ["dependencies", "devDependencies"].iter().any(|list| package[list].get("unlisten").is_some());
        Repository { git: git.is_some(), root, call: if brings { "npx --no -- unlisten" } else { "unlisten" } }
    }

    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// Whether git keeps it: else a hook has nobody to run it.
    pub fn is_git(&self) -> bool {
        self.git
    }

    /// The CI that the repository has or whose host it comes from.
    pub fn ci(&self) -> Option<Ci> {
        let remotes = fs::read_to_string(self.root.join(".git/config")).unwrap_or_default();
        let url = |host: &str| remotes.lines().any(|line| line.trim_start().starts_with("url") && line.contains(host));
        if self.has(".github") {
            Some(Ci::Github)
        } else if self.has(GITLAB) {
            Some(Ci::Gitlab)
        } else if url("github") {
            Some(Ci::Github)
        } else if url("gitlab") {
            Some(Ci::Gitlab)
        } else {
            None
        }
    }

    fn has(&self, file: &str) -> bool {
        self.root.join(file).exists()
    }

    /// `unlisten.toml`.
    pub fn configuration(&self) -> Part {
        let part = |file: Utf8PathBuf, step| Part { what: "the configuration", file, step };
        if let Some(found) = Config::find(&self.root) {
            let file = found.strip_prefix(&self.root).map_or_else(|_| found.clone(), Utf8Path::to_owned);
            return part(file, Step::Done);
        }
        let foreign: Vec<_> = FOREIGN.iter().filter(|name| self.has(name)).map(|name| format!("\"{name}/\"")).collect();
        part(FILE.into(), Step::Create(CONFIGURATION.replace("EXCLUDE", &foreign.join(", "))))
    }

    /// The hook, in the hands of what runs hooks here.
    pub fn hook(&self) -> Part {
        let part = |file: &str, step| Part { what: "a hook that checks what is committed", file: file.into(), step };
        let (entry, command) = (hook_entry(self.call), hook_command(self.call));
        if self.has(PRE_COMMIT) {
            let Ok(old) = fs::read_to_string(self.root.join(PRE_COMMIT)) else { return part(PRE_COMMIT, Step::ByHand(entry)) };
            let step = if old.contains("unlisten") {
                Step::Done
            } else {
                match extended(&old, &entry) {
                    Some(new) => Step::Extend { old, new, entry },
                    None => Step::ByHand(entry),
                }
            };
            return part(PRE_COMMIT, step);
        }
        if self.has(".husky") {
            let file = ".husky/pre-commit";
            let step = match fs::read_to_string(self.root.join(file)) {
                Ok(text) if text.contains("unlisten") => Step::Done,
                Ok(_) => Step::ByHand(format!("{command}\n")),
                Err(_) => Step::Create(format!("{command}\n")),
            };
            return part(file, step);
        }
        if let Some(file) = ["lefthook.yml", ".lefthook.yml", "lefthook.yaml"].into_iter().find(|file| self.has(file)) {
            let known = fs::read_to_string(self.root.join(file)).is_ok_and(|text| text.contains("unlisten"));
            let step =
                if known { Step::Done } else { Step::ByHand(format!("pre-commit:\n  commands:\n    unlisten:\n      run: {command}\n")) };
            return part(file, step);
        }
        part(PRE_COMMIT, Step::Create(format!("repos:\n{}", indented(&entry, 2))))
    }

    /// The CI step.
    pub fn ci_step(&self, ci: Ci) -> Part {
        let part = |file: &str, step| Part { what: "a CI step", file: file.into(), step };
        // Without a version a new one could fail a build that nobody touched.
        let fetched = format!("npx --yes unlisten@{}", env!("CARGO_PKG_VERSION"));
        let (prepare, call) = if self.call == "unlisten" { (None, fetched.as_str()) } else { (Some("npm ci"), self.call) };
        match ci {
            Ci::Github => {
                let workflows = fs::read_dir(self.root.join(".github/workflows")).into_iter().flatten().flatten();
                let mut named: Vec<_> = workflows
                    .filter(|entry| fs::read_to_string(entry.path()).is_ok_and(|text| text.contains("unlisten")))
                    .map(|entry| entry.file_name().to_string_lossy().into_owned())
                    .collect();
                named.sort();
                match named.first() {
                    Some(name) => part(&format!(".github/workflows/{name}"), Step::Done),
                    None => {
                        let prepare = prepare.map(|command| format!("      - run: {command}\n")).unwrap_or_default();
                        part(GITHUB, Step::Create(WORKFLOW.replace("PREPARE\n", &prepare).replace("CALL", call)))
                    }
                }
            }
            Ci::Gitlab => {
                let prepare = prepare.map(|command| format!("    - {command}\n")).unwrap_or_default();
                let job = JOB.replace("PREPARE\n", &prepare).replace("CALL", call);
                match fs::read_to_string(self.root.join(GITLAB)) {
                    Ok(text) if text.contains("unlisten") => part(GITLAB, Step::Done),
                    Ok(_) => part(GITLAB, Step::ByHand(job)),
                    Err(_) if self.has(GITLAB) => part(GITLAB, Step::ByHand(job)),
                    Err(_) => part(GITLAB, Step::Create(job)),
                }
            }
        }
    }

    /// Does what there is to do. The error names the file.
    pub fn carry_out(&self, part: &Part) -> Result<(), String> {
        let path = self.root.join(&part.file);
        let told = |error: std::io::Error| format!("{}: {}", part.file, describe(&error));
        match &part.step {
            Step::Create(text) => {
                path.parent().map_or(Ok(()), fs::create_dir_all).map_err(told)?;
                // Not even a file that appeared meanwhile is overwritten.
                let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(told)?;
                file.write_all(text.as_bytes()).map_err(told)?;
                if part.file.starts_with(".husky") { executable(&path).map_err(told) } else { Ok(()) }
            }
            Step::Extend { old, new, .. } => match fs::read_to_string(&path) {
                Ok(now) if now == *old => fs::write(&path, new).map_err(told),
                Ok(_) => Err(format!("{}: was changed meanwhile", part.file)),
                Err(error) => Err(told(error)),
            },
            Step::ByHand(_) | Step::Done => Ok(()),
        }
    }
}

#[cfg(unix)]
fn executable(path: &Utf8Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn executable(_: &Utf8Path) -> std::io::Result<()> {
    Ok(())
}

/// The hook as an entry of `repos`: this repository's own, run by the program that is installed.
fn hook_entry(call: &str) -> String {
    let hook = HOOK.lines().filter(|line| !line.trim_start().starts_with('#'));
    let hook: String = hook.map(|line| line.replace("language: rust", "language: system") + "\n").collect();
    let hook = hook.replace("entry: unlisten", &format!("entry: {call}"));
    format!("- repo: local\n  hooks:\n{}", indented(&hook, 4))
}

/// The hook's command.
fn hook_command(call: &str) -> String {
    let command = HOOK.lines().find_map(|line| line.trim_start().strip_prefix("entry: unlisten")).unwrap_or(" check");
    format!("{call}{}", command.trim_end())
}

fn indented(text: &str, spaces: usize) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("{:spaces$}{line}\n", "") }).collect()
}

/// The text of a `.pre-commit-config.yaml` with one entry more behind the last one of `repos`, all else as it was. None where the list is not
/// written line by line as almost everybody writes it.
fn extended(text: &str, entry: &str) -> Option<String> {
    let list = List::of(text)?;
    let lines: Vec<&str> = text.lines().collect();
    let (before, after) = lines.split_at(list.end);
    let mut new = before.join("\n") + "\n" + &indented(entry, list.indent);
    if !after.is_empty() {
        new += &after.join("\n");
        new += if text.ends_with('\n') { "\n" } else { "" };
    }
    // The same reader has to see just one entry more.
    (List::of(&new)?.entries == list.entries + 1).then_some(new)
}

/// The block list of `repos`.
struct List {
    /// Before the dashes.
    indent: usize,
    /// The line behind its last one.
    end: usize,
    entries: usize,
}

impl List {
    fn of(text: &str) -> Option<List> {
        // Tabs, carriage returns and several documents are rare enough to be left to their owner.
        let odd = |line: &str| line.starts_with('\t') || line.starts_with("...");
        if text.contains('\r') || text.lines().any(odd) || text.lines().skip(1).any(|line| line.starts_with("---")) {
            return None;
        }
        let lines: Vec<&str> = text.lines().collect();
        let silent = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
        let indent_of = |line: &str| line.len() - line.trim_start().len();
        let mut keys = lines.iter().enumerate().filter(|(_, line)| line.starts_with("repos"));
        let (key, _) = keys.next().filter(|(_, line)| {
            let value = line.strip_prefix("repos:").map(str::trim);
            value.is_some_and(|value| value.is_empty() || value.starts_with('#'))
        })?;
        if keys.next().is_some() {
            return None;
        }
        let first = (key + 1..lines.len()).find(|&at| !silent(lines[at]))?;
        let indent = indent_of(lines[first]);
        let mut list = List { indent, end: first, entries: 0 };
        for (at, line) in lines.iter().enumerate().skip(first).filter(|(_, line)| !silent(line)) {
            let is_entry = indent_of(line) == indent && line[indent..].starts_with("- ");
            if is_entry {
                list.entries += 1;
            } else if indent_of(line) <= indent {
                // The next key, unless something hangs between the two.
                return (indent_of(line) == 0 && list.entries > 0).then_some(list);
            }
            list.end = at + 1;
        }
        (list.entries > 0).then_some(list)
    }
}

const CONFIGURATION: &str = r#"# What unlisten does in this project. Each key is optional, and the command line goes before it.

# Files and folders that are not analysed: globs as in .gitignore, relative to this file. What git ignores, node_modules and minified
# files are left out anyway.
exclude = [EXCLUDE]

# Leave out findings that are less sure than this: high, medium or low.
min-confidence = "medium"

# Which findings make the exit code 1: any, high, medium, low, error, warning, note or never.
fail-on = "any"

# Report findings in tests too.
include-tests = false

# What is known and not reported: `unlisten baseline` writes it.
# baseline = "unlisten-baseline.json"

# How severe the findings of a rule are: off, note, warning or error. `unlisten rules` lists them.
# [rules]
# max-listeners-raised = "note"
"#;

const WORKFLOW: &str = "# Finds event listeners that pile up, and shows them on the changed lines.
name: unlisten

on: [push, pull_request]

permissions:
  contents: read

jobs:
  unlisten:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          persist-credentials: false
      - uses: actions/setup-node@v4
        with:
          node-version: 22
PREPARE
      - run: CALL check --format github
";

const JOB: &str = "unlisten:
  image: node:22
  script:
PREPARE
    - CALL check --format pretty --format gitlab=gl-code-quality-report.json
  artifacts:
    when: always
    reports:
      codequality: gl-code-quality-report.json
";

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = "- repo: local\n  hooks:\n    - id: x\n";

    #[test]
    fn an_entry_is_added_where_the_list_ends() {
        let old = "# ours\nrepos:\n  - repo: a\n    hooks:\n      - id: b   # c\n\n# of CI\nci:\n  skip: [b]\n";
        let new = "# ours\nrepos:\n  - repo: a\n    hooks:\n      - id: b   # c\n  - repo: local\n    hooks:\n      - id: x\n\n# of CI\nci:\n  skip: [b]\n";
        assert_eq!(extended(old, ENTRY).as_deref(), Some(new));
        // Not indented, and without a last newline.
        let old = "default_stages: [pre-commit]\nrepos:\n- repo: a\n  rev: v1\n  hooks: [{id: b}]";
        assert_eq!(extended(old, ENTRY), Some(format!("{old}\n{ENTRY}")));
        let old = "---\nrepos: # all\n-   repo: a\n    hooks:\n    -   id: b\nfail_fast: true\n";
        assert_eq!(extended(old, ENTRY), Some(old.replace("fail_fast", &format!("{ENTRY}fail_fast"))));
    }

    #[test]
    fn what_is_written_otherwise_is_left_alone() {
        for old in [
            "",
            "repos: []\n",
            "repos: [{repo: a, hooks: [{id: b}]}]\n",
            "repos:\n",
            "repos: &all\n  - repo: a\n",
            "{repos: []}\n",
            "repos:\n\t- repo: a\n",
            "repos:\r\n  - repo: a\r\n",
            "repos:\n  - repo: a\n---\nrepos:\n  - repo: b\n",
            "repos:\n  - repo: a\n ci: x\n",
            "repos:\n  [\n    {repo: a}\n  ]\n",
            "repos:\n  - repo: a\nrepos:\n  - repo: b\n",
        ] {
            assert_eq!(extended(old, ENTRY), None, "{old:?}");
        }
    }

    #[test]
    fn the_hook_is_the_one_that_is_offered() {
        let entry = hook_entry("npx --no -- unlisten");
        assert!(entry.starts_with("- repo: local\n  hooks:\n    - id: unlisten\n"), "{entry}");
        assert!(entry.contains("      language: system\n") && entry.contains("      entry: npx --no -- unlisten check"), "{entry}");
        assert!(hook_command("unlisten").starts_with("unlisten check"));
    }

    #[test]
    fn the_configuration_is_one() {
        for exclude in ["", "\"vendor/\", \"third_party/\""] {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let file = Utf8Path::from_path(folder.path()).expect("UTF-8").join(FILE);
            fs::write(
                &file,
                CONFIGURATION
                    .replace("EXCLUDE", exclude)
                    .replace("# [rules]", "[rules]")
                    .replace("# max-", "max-")
                    .replace("# base", "base"),
            )
            .expect("written");
            let read = Config::read(&file);
            assert!(read.is_ok(), "{:?}", read.err());
        }
    }
}
