//! Pages proved by running them: Node loads an example, drives it and counts what every line left behind.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use regex::Regex;
use serde::Deserialize;
use serde_json::json;

use super::layout;
use super::page::{File, MarkKind, Project};
use super::strip;

/// What came of one example.
pub enum Proof {
    /// It ran, and Node agrees with every mark. How it was driven.
    Proved(String),
    /// It was not run; why.
    NotRun(String),
    /// Node does not agree; what differs.
    Wrong(Vec<String>),
}

/// A listener limit, or memory that is kept, is proved in its own way.
const RAISED: &str = "max-listeners-raised";
const KEEPING: [&str; 2] = ["retained-buffer", "shared-context"];
/// A listener that keeps a large value keeps at least this; the examples' values are of 8 MB.
const LARGE: i64 = 4 << 20;
const PATIENCE: Duration = Duration::from_secs(20);

/// The driver's answer.
#[derive(Deserialize)]
struct Answer {
    grown: Vec<Grown>,
    reached: Vec<String>,
    raised: Vec<String>,
    kept: i64,
    missing: Option<String>,
    errors: Vec<String>,
    how: Vec<String>,
}

#[derive(Deserialize)]
struct Grown {
    lines: Vec<String>,
    event: String,
    before: u32,
    after: u32,
    emitter: String,
}

/// The version of the Node on the path, if there is one that can do this (20 or later).
pub fn node() -> Option<String> {
    let output = Command::new("node").arg("--version").output().ok()?;
    let version = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    let major: u32 = version.strip_prefix('v')?.split('.').next()?.parse().ok()?;
    (major >= 20).then_some(version)
}

/// Runs one example.
pub fn prove(project: &Project) -> Proof {
    if let Some(reason) = project.files.iter().find_map(|file| file.not_run.clone()) {
        return Proof::NotRun(reason);
    }
    let mut files = Vec::new();
    for file in &project.files {
        let runnable = if file.name.ends_with(".json") {
            strip::Runnable { text: file.text.clone(), esm: false }
        } else {
            match strip::strip(&file.name, &file.text) {
                Ok(runnable) => runnable,
                Err(what) if what.starts_with("does not parse") => return Proof::Wrong(vec![format!("{}: {what}", project.place())]),
                Err(what) => return Proof::NotRun(what),
            }
        };
        files.push(json!({"name": file.name, "text": runnable.text, "esm": runnable.esm, "given": file.given, "drive": file.drive}));
    }
    let keeping = KEEPING.contains(&project.rule.as_str());
    let kept = keeping.then(|| leaks(project).any(|leak| KEEPING.contains(&leak.rule)));
    let lines: Vec<String> = leaks(project).filter(|leak| !KEEPING.contains(&leak.rule)).map(|leak| leak.line).collect();
    match run(&json!({"files": files, "leaks": lines, "kept": kept})) {
        Err(what) => Proof::Wrong(vec![format!("{}: {what}", project.place())]),
        Ok(Answer { missing: Some(module), .. }) => Proof::NotRun(format!("needs the module {module}")),
        Ok(answer) => {
            let wrong = judge(project, &answer, kept);
            if wrong.is_empty() {
                Proof::Proved(if answer.how.is_empty() { "loading".to_owned() } else { answer.how.join(", ") })
            } else {
                Proof::Wrong(wrong)
            }
        }
    }
}

/// A mark that claims a leak.
struct Leak<'a> {
    rule: &'a str,
    line: String,
    place: String,
}

fn leaks(project: &Project) -> impl Iterator<Item = Leak<'_>> {
    project.files.iter().flat_map(move |file| {
        file.marks.iter().filter_map(move |mark| match &mark.kind {
            MarkKind::Finding(rule) | MarkKind::Miss(rule) => Some(Leak {
                rule,
                line: format!("{}:{}", file.name, mark.line),
                place: format!("rules/{}.md:{}", project.rule, project.page_line(&file.name, mark.line)),
            }),
            MarkKind::Step(_) | MarkKind::Noise(_) => None,
        })
    })
}

fn judge(project: &Project, answer: &Answer, kept: Option<bool>) -> Vec<String> {
    let mut wrong: Vec<String> = answer.errors.iter().map(|error| format!("{}: fails in Node: {error}", project.place())).collect();
    if !wrong.is_empty() {
        return wrong;
    }
    for leak in leaks(project) {
        let agrees = if leak.rule == RAISED {
            answer.raised.contains(&leak.line) || answer.raised.iter().any(|line| line == "default")
        } else if KEEPING.contains(&leak.rule) {
            answer.kept >= LARGE
        } else {
            // A loop may do all its harm at once; everything else grows for as long as it is driven.
            let steady = |grown: &Grown| leak.rule == "listener-in-loop" || grown.after >= grown.before + 3;
            answer.grown.iter().any(|grown| grown.lines.contains(&leak.line) && steady(grown))
        };
        if !agrees {
            wrong.push(format!("{}: marked {}, but Node sees nothing pile up here ({})", leak.place, leak.rule, seen(answer)));
        }
    }
    let marked: Vec<String> = leaks(project).map(|leak| leak.line).collect();
    for grown in &answer.grown {
        if !grown.lines.iter().any(|line| marked.contains(line)) {
            let place = grown.lines.first().map_or_else(String::new, |line| page_place(project, line));
            wrong.push(format!("{place}: no mark, but Node sees {}", told(grown)));
        }
    }
    if kept == Some(false) && answer.kept >= LARGE {
        wrong.push(format!("{}: no mark, but {} MB stay in memory", project.place(), answer.kept >> 20));
    }
    for file in &project.files {
        for line in unreached(file, &answer.reached) {
            let place = format!("rules/{}.md:{}", project.rule, project.page_line(&file.name, line));
            wrong.push(format!("{place}: this line was never reached: drive it (`// drive: ...`), or say `// not proved: reason` on it"));
        }
    }
    wrong
}

/// Lines that look like registrations and never were one.
fn unreached(file: &File, reached: &[String]) -> Vec<usize> {
    static REGISTERS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\.(on|once|addListener|prependListener|prependOnceListener|addEventListener)\(\s*\S").expect("a constant")
    });
    if file.name.ends_with(".json") {
        return Vec::new();
    }
    let lines = file.text.lines().enumerate().map(|(index, line)| (index + 1, line));
    lines
        .filter(|(number, line)| {
            let code = line.split("//").next().unwrap_or("");
            REGISTERS.is_match(code) && !file.not_proved.contains(number) && !reached.contains(&format!("{}:{number}", file.name))
        })
        .map(|(number, _)| number)
        .collect()
}

fn page_place(project: &Project, line: &str) -> String {
    let (file, number) = line.rsplit_once(':').unwrap_or((line, "0"));
    format!("rules/{}.md:{}", project.rule, project.page_line(file, number.parse().unwrap_or(0)))
}

fn told(grown: &Grown) -> String {
    format!(
        "{} listeners of '{}' on one {} ({} half-way), by {}",
        grown.after,
        grown.event,
        grown.emitter,
        grown.before,
        grown.lines.join(" < ")
    )
}

fn seen(answer: &Answer) -> String {
    if answer.grown.is_empty() {
        format!("nothing grew, {} KB kept", answer.kept >> 10)
    } else {
        answer.grown.iter().map(told).collect::<Vec<_>>().join("; ")
    }
}

/// One Node process for one example, so that none sees what another left on `process`.
fn run(project: &serde_json::Value) -> Result<Answer, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = folder.path().join("project.json");
    std::fs::write(&path, project.to_string()).map_err(|error| error.to_string())?;
    let driver: &Path = &layout::root().join("tests/support/drive.js");
    let file = |name: &str| std::fs::File::create(folder.path().join(name)).map_err(|error| error.to_string());
    let mut child = Command::new("node")
        .args(["--expose-gc", "--experimental-vm-modules", "--no-warnings"])
        .args([driver, &path])
        // Stdin stays open as long as the child lives, as a terminal's would; `wait` would close it.
        .stdin(Stdio::piped())
        .stdout(file("stdout")?)
        .stderr(file("stderr")?)
        .spawn()
        .map_err(|error| error.to_string())?;
    let start = Instant::now();
    while child.try_wait().map_err(|error| error.to_string())?.is_none() {
        if start.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            return Err("node does not end".to_owned());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let read = |name: &str| std::fs::read(folder.path().join(name)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let (stdout, stderr) = (read("stdout").unwrap_or_default(), read("stderr").unwrap_or_default());
    let answer = stdout.lines().rev().find_map(|line| line.strip_prefix("RESULT "));
    let answer = answer.ok_or_else(|| format!("node ended without an answer: {stderr}"))?;
    serde_json::from_str(answer).map_err(|error| error.to_string())
}
