//! The real binary on one example of a page, its findings beside the marks.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::page::{MarkKind, Project};

/// Runs `check` on the project and compares. The answer is a list of what differs, one line each. Marks of rules that are not
/// in `table` are passed over: their pages were written first.
pub fn compare(project: &Project, table: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(project, folder.path());
    match check(folder.path(), &[]) {
        Ok(report) => differences(project, table, &report),
        Err(what) => vec![format!("{}: {what}", project.place())],
    }
}

/// Whether `check` gives a JSON report at all: told once, not for each example.
pub fn answers() -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("empty.js"), "\n").expect("the folder is our own");
    check(folder.path(), &[]).map(|_| ())
}

/// Puts the project's files below `folder`.
pub fn write(project: &Project, folder: &Path) {
    for file in &project.files {
        let path = folder.join(&file.name);
        let parent = path.parent().expect("a file stands in a folder");
        std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&path, &file.text)).expect("the folder is our own");
    }
}

/// The JSON report of `check` on a folder, with these options.
pub fn check(folder: &Path, options: &[&str]) -> Result<Value, String> {
    let output = Command::new(env!("CARGO_BIN_EXE_unlisten"))
        .args(["check", "--format", "json", "--no-config", "."])
        .args(options)
        .current_dir(folder)
        .output()
        .map_err(|error| format!("the binary does not start: {error}"))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    if !matches!(output.status.code(), Some(0 | 1)) {
        return Err(format!("check ended with {}: {stderr}", output.status));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("stdout is no JSON ({error}): {stderr}"))
}

/// Marks against findings: what is missing, what is too much, and known misses and noise that are gone.
fn differences(project: &Project, table: &[&str], report: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    let at = |file: &str, line: usize| format!("rules/{}.md:{}", project.rule, project.page_line(file, line));
    for problem in report["problems"].as_array().into_iter().flatten() {
        differences.push(format!("{}: problem {}: {}", project.place(), problem["path"], problem["message"]));
    }
    let findings: Vec<&Value> = report["findings"].as_array().into_iter().flatten().collect();
    let mut found: Vec<(String, usize, String)> = findings
        .iter()
        .map(|finding| {
            let line = finding["range"]["start"]["line"].as_u64().unwrap_or(0) as usize;
            (finding["path"].as_str().unwrap_or("").to_owned(), line, finding["rule"].as_str().unwrap_or("").to_owned())
        })
        .collect();
    for file in &project.files {
        for mark in &file.marks {
            let place = at(&file.name, mark.line);
            let mut take = |rule: &str| {
                let index = found.iter().position(|(path, line, id)| *path == file.name && *line == mark.line && id == rule);
                index.map(|index| found.remove(index)).is_some()
            };
            match &mark.kind {
                MarkKind::Finding(rule) | MarkKind::Miss(rule) | MarkKind::Noise(rule) if !table.contains(&rule.as_str()) => {}
                MarkKind::Finding(rule) if !take(rule) => differences.push(format!("{place}: not found: {rule}")),
                MarkKind::Miss(rule) if take(rule) => {
                    differences.push(format!("{place}: a known miss of {rule} is found now: drop `miss:`"))
                }
                MarkKind::Noise(rule) if !take(rule) => {
                    differences.push(format!("{place}: a known false alarm of {rule} has gone: drop the mark"));
                }
                MarkKind::Step(text) if !is_step(&findings, &file.name, mark.line, text) => {
                    differences.push(format!("{place}: no trace has a step here that says «{text}»"));
                }
                _ => {}
            }
        }
    }
    for (file, line, rule) in found {
        differences.push(format!("{}: found, but not marked: {rule}", at(&file, line)));
    }
    differences
}

fn is_step(findings: &[&Value], file: &str, line: usize, text: &str) -> bool {
    findings.iter().flat_map(|finding| finding["trace"].as_array().into_iter().flatten()).any(|step| {
        step["path"].as_str() == Some(file)
            && step["range"]["start"]["line"].as_u64() == Some(line as u64)
            && step["message"].as_str().is_some_and(|message| message.contains(text))
    })
}

#[test]
fn marks_and_findings_are_compared_exactly() {
    let text =
        "# a-b\n## Leaks\n```js\ne.on('x', f); // ~ a-b\ng();\n// ~^ step: runs often\nh(); // ~ noise: a-b\ni(); // ~ miss: a-b\n```\n";
    let page = super::page::parse("a-b", text, &mut Vec::new());
    let finding = |line: u32| {
        let trace = serde_json::json!([{"message": "this runs often", "path": "block.js", "range": {"start": {"line": 2}}}]);
        serde_json::json!({"rule": "a-b", "path": "block.js", "range": {"start": {"line": line}}, "trace": trace})
    };
    let told = |lines: &[u32]| {
        let report = serde_json::json!({"findings": lines.iter().map(|&line| finding(line)).collect::<Vec<_>>()});
        differences(&page.projects[0], &["a-b"], &report)
    };
    assert_eq!(told(&[1, 4]), Vec::<String>::new());
    assert_eq!(told(&[1, 1, 2, 4, 5]).len(), 3, "one twice, one without a mark, one known miss that is found");
    assert_eq!(told(&[]).len(), 3, "a finding, its step and a known false alarm are gone");
}
