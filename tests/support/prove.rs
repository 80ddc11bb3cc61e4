//! Pages proved by running them: Node loads an example, drives it and counts what every line left behind.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use regex::Regex;
use serde::Deserialize;
use serde_json::json;

use super::page::{File, MarkKind, Project};
use super::strip;
use super::{layout, parallel};

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
/// What an example may take, on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(60);
/// Examples in one process, and processes at a time: they mostly wait for their own timers and sockets.
const BATCH: usize = 12;
const PROCESSES: usize = 6;

/// The driver's answer.
#[derive(Deserialize)]
struct Answer {
    grown: Vec<Grown>,
    reached: Vec<String>,
    raised: Vec<String>,
    kept: i64,
    /// Large buffers that the example made, and those of them that a weak reference still reaches.
    large: u32,
    alive: u32,
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

/// Runs all examples and tells what came of each, in their order.
pub fn prove(projects: &[Project]) -> Vec<Proof> {
    // One test after the other: examples that wait for each other's processor run out of patience.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut proofs: Vec<Option<Proof>> = projects.iter().map(cannot_run).collect();
    let runnable: Vec<usize> = (0..projects.len()).filter(|&index| proofs[index].is_none()).collect();
    // Many in one process, since starting Node takes longer than most examples; memory is only measured in a process of its own.
    let (alone, together): (Vec<usize>, Vec<usize>) = runnable.into_iter().partition(|&index| keeping(&projects[index]));
    let batches: Vec<Vec<usize>> = together.chunks(BATCH).map(<[_]>::to_vec).chain(alone.into_iter().map(|index| vec![index])).collect();
    let answers = parallel::map(&batches, PROCESSES, |batch| run(&batch.iter().map(|&index| &projects[index]).collect::<Vec<_>>()));
    let mut again = Vec::new();
    for (batch, answers) in batches.iter().zip(answers) {
        for (&index, answer) in batch.iter().zip(answers) {
            let proof = told_by(&projects[index], answer);
            // What an earlier example may have to do with is asked again.
            if matches!(proof, Proof::Wrong(_)) && batch.len() > 1 { again.push(index) } else { proofs[index] = Some(proof) }
        }
    }
    if !again.is_empty() {
        println!("{} blocks were asked again, each in a process of its own", again.len());
    }
    let answers = parallel::map(&again, PROCESSES, |&index| run(&[&projects[index]]).pop().expect("one answer for one example"));
    for (index, answer) in again.into_iter().zip(answers) {
        proofs[index] = Some(told_by(&projects[index], answer));
    }
    proofs.into_iter().map(|proof| proof.expect("each example was run or told why not")).collect()
}

fn keeping(project: &Project) -> bool {
    KEEPING.contains(&project.rule.as_str())
}

/// Why an example is not run, or that it is wrong before Node has seen it.
fn cannot_run(project: &Project) -> Option<Proof> {
    if let Some(reason) = project.files.iter().find_map(|file| file.not_run.clone()) {
        return Some(Proof::NotRun(reason));
    }
    project.files.iter().find_map(|file| runnable(file).err()).map(|what| {
        if what.starts_with("does not parse") { Proof::Wrong(vec![format!("{}: {what}", project.place())]) } else { Proof::NotRun(what) }
    })
}

fn runnable(file: &File) -> Result<strip::Runnable, String> {
    if file.name.ends_with(".json") {
        return Ok(strip::Runnable { text: file.text.clone(), esm: false });
    }
    if file.name.ends_with(".vue") || file.name.ends_with(".svelte") {
        return Err("needs the compiler of its framework".to_owned());
    }
    strip::strip(&file.name, &file.text)
}

/// Whether large values are expected to stay; none where that is not the question.
fn expected_kept(project: &Project) -> Option<bool> {
    keeping(project).then(|| leaks(project).any(|leak| KEEPING.contains(&leak.rule)))
}

fn told_by(project: &Project, answer: Result<Answer, String>) -> Proof {
    match answer {
        Err(what) => Proof::Wrong(vec![format!("{}: {what}", project.place())]),
        Ok(Answer { missing: Some(module), .. }) => Proof::NotRun(format!("needs the module {module}")),
        Ok(answer) => {
            let wrong = judge(project, &answer, expected_kept(project));
            if !wrong.is_empty() {
                return Proof::Wrong(wrong);
            }
            Proof::Proved(if answer.how.is_empty() { "loading".to_owned() } else { answer.how.join(", ") })
        }
    }
}

/// The example as the driver reads it.
fn example(project: &Project) -> serde_json::Value {
    let files: Vec<serde_json::Value> = project
        .files
        .iter()
        .filter_map(|file| runnable(file).ok().map(|runnable| (file, runnable)))
        .map(|(file, runnable)| json!({"name": file.name, "text": runnable.text, "esm": runnable.esm, "given": file.given, "drive": file.drive}))
        .collect();
    let lines: Vec<String> = leaks(project).filter(|leak| !KEEPING.contains(&leak.rule)).map(|leak| leak.line).collect();
    json!({"files": files, "leaks": lines, "kept": expected_kept(project)})
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
            answer.raised.contains(&leak.line)
        } else if KEEPING.contains(&leak.rule) {
            answer.kept >= LARGE && (answer.large == 0 || answer.alive > 0)
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
    if kept == Some(false) && (answer.kept >= LARGE || answer.alive > 0) {
        let (kept, alive) = (answer.kept >> 20, answer.alive);
        wrong.push(format!("{}: no mark, but {kept} MB stay in memory, {alive} large buffers are alive", project.place()));
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
        format!("nothing grew, {} KB kept, {} of {} large buffers alive", answer.kept >> 10, answer.alive, answer.large)
    } else {
        answer.grown.iter().map(told).collect::<Vec<_>>().join("; ")
    }
}

/// One Node process for these examples, one after the other; an answer for each.
fn run(projects: &[&Project]) -> Vec<Result<Answer, String>> {
    let output = output(&serde_json::Value::Array(projects.iter().map(|project| example(project)).collect()), projects.len());
    let (stdout, stderr) = output.unwrap_or_else(|error| (String::new(), error));
    let lines = stdout.lines().filter_map(|line| line.strip_prefix("RESULT "));
    let mut answers: Vec<Result<Answer, String>> =
        lines.map(|line| serde_json::from_str(line).map_err(|error| error.to_string())).collect();
    answers.resize_with(projects.len(), || Err(format!("node ended without an answer: {stderr}")));
    answers
}

/// What Node writes to stdout and stderr.
fn output(examples: &serde_json::Value, count: usize) -> Result<(String, String), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = folder.path().join("examples.json");
    std::fs::write(&path, examples.to_string()).map_err(|error| error.to_string())?;
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
        if start.elapsed() > PATIENCE * count as u32 {
            let _ = child.kill();
            let _ = child.wait();
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let read = |name: &str| std::fs::read(folder.path().join(name)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ok((read("stdout").unwrap_or_default(), read("stderr").unwrap_or_default()))
}
