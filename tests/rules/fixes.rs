//! Fixes proved: a page's leak with its fixes applied is no finding any more, and in Node nothing piles up on its line.

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde_json::Value;
use unlisten::findings::Position;
use unlisten::findings::lines::Lines;
use unlisten::syntax::parse;

use super::examples;
use super::support::page::{File, Mark, MarkKind, Project};
use super::support::{binary, parallel, prove};

/// An example after its fixes.
struct Fixed {
    project: Project,
    /// What they said they would do.
    messages: Vec<String>,
    /// What is wrong already without running it.
    wrong: Vec<String>,
}

fn findings(report: &Value) -> &[Value] {
    report["findings"].as_array().map_or(&[], Vec::as_slice)
}

/// None for an example that has no fix, or whose marks name what is not found anyway.
fn fixed(project: &Project) -> Option<Fixed> {
    let known = |mark: &Mark| matches!(mark.kind, MarkKind::Miss(_) | MarkKind::Noise(_));
    if project.files.iter().any(|file| file.not_run.is_some() || file.marks.iter().any(known)) {
        return None;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    binary::write(project, folder.path());
    let before = binary::check(folder.path(), &[]).ok()?;
    let messages: Vec<String> =
        findings(&before).iter().filter_map(|finding| finding["fix"]["message"].as_str()).map(str::to_owned).collect();
    if messages.is_empty() {
        return None;
    }
    let mut wrong = Vec::new();
    let after = binary::check(folder.path(), &["--fix", "--unsafe-fixes", "--quiet"]).unwrap_or_else(|what| {
        wrong.push(format!("{}: {what}", project.place()));
        Value::Null
    });
    // Two that touch each other may leave one for a person; what comes anew is never right.
    let known: Vec<&Value> = findings(&before).iter().map(|finding| &finding["fingerprint"]).collect();
    let new = findings(&after).iter().filter(|finding| !known.contains(&&finding["fingerprint"])).count();
    if new > 0 || findings(&after).len() >= known.len() {
        let left: Vec<&Value> = findings(&after).iter().map(|finding| &finding["message"]).collect();
        wrong.push(format!("{}: {messages:?} leave {left:?}", project.place()));
    }
    let file = |old: &File| {
        let text = std::fs::read_to_string(folder.path().join(&old.name)).expect("it was written");
        let here = findings(&after).iter().filter(|finding| finding["path"].as_str() == Some(&old.name));
        let marks = here.map(|finding| Mark {
            line: finding["range"]["start"]["line"].as_u64().expect("a line") as usize,
            kind: MarkKind::Finding(finding["rule"].as_str().expect("a rule").to_owned()),
        });
        let marks = marks.collect();
        let not_proved = text.lines().enumerate().filter(|(_, line)| line.contains("// not proved:")).map(|(index, _)| index + 1).collect();
        File {
            name: old.name.clone(),
            text,
            page_line: old.page_line,
            marks,
            given: old.given.clone(),
            drive: old.drive.clone(),
            not_run: None,
            not_proved,
        }
    };
    let project = Project {
        rule: project.rule.clone(),
        section: project.section.clone(),
        title: project.title.clone(),
        files: project.files.iter().map(file).collect(),
    };
    Some(Fixed { project, messages, wrong })
}

#[test]
fn what_is_fixed_does_not_pile_up() {
    let Some(version) = prove::node() else {
        eprintln!("skipped: no Node 20 or later on the path, so the fixes are not proved");
        return;
    };
    let fixed: Vec<Fixed> = parallel::map(&examples(), 4, fixed).into_iter().flatten().collect();
    let mut wrong: Vec<String> = fixed.iter().flat_map(|fixed| fixed.wrong.clone()).collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let (projects, messages): (Vec<Project>, Vec<Vec<String>>) = fixed.into_iter().map(|fixed| (fixed.project, fixed.messages)).unzip();
    for ((proof, project), messages) in prove::prove(&projects).into_iter().zip(&projects).zip(messages) {
        match proof {
            prove::Proof::Proved(_) => {
                // By kind: the names in a message are its example's.
                let kind = |message: &str| message.split('`').step_by(2).collect::<Vec<_>>().join("..");
                messages.iter().for_each(|message| *counts.entry(kind(message)).or_default() += 1);
            }
            prove::Proof::NotRun(_) => {}
            prove::Proof::Wrong(what) => {
                let text: Vec<&str> = project.files.iter().map(|file| file.text.as_str()).collect();
                wrong.extend(what.into_iter().map(|what| format!("fixed, {what}")));
                wrong.push(text.join("\n"));
            }
        }
    }
    println!("Node {version}, fixes proved:");
    for (kind, count) in &counts {
        println!("  {count} {kind}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The text with a fix's edits done, from the last one on.
fn edited(text: &str, fix: &Value) -> String {
    let lines = Lines::new(text);
    let at = |place: &Value| {
        let number = |key: &str| place[key].as_u64().expect("a number") as u32;
        lines.offset(Position { line: number("line"), column: number("column") })
    };
    let mut out = text.to_owned();
    let mut before = text.len();
    for edit in fix["edits"].as_array().expect("edits").iter().rev() {
        let (start, end) = (at(&edit["range"]["start"]), at(&edit["range"]["end"]));
        assert!(start <= end && end <= before, "edits overlap: {fix}");
        out.replace_range(start..end, edit["text"].as_str().expect("a text"));
        before = start;
    }
    out
}

#[test]
fn each_fix_alone_leaves_a_text_that_parses() {
    let wrong = parallel::map(&examples(), 4, |project| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        binary::write(project, folder.path());
        let report = binary::check(folder.path(), &["--min-confidence", "low"]).ok()?;
        let fixes = findings(&report).iter().filter(|finding| !finding["fix"].is_null());
        let wrong: Vec<String> = fixes
            .filter_map(|finding| {
                let path = finding["path"].as_str().expect("a path");
                let text = std::fs::read_to_string(folder.path().join(path)).expect("it was written");
                let after = edited(&text, &finding["fix"]);
                let tabs = after.lines().any(|line| line.starts_with('\t')) && !text.lines().any(|line| line.starts_with('\t'));
                let error = parse(Utf8Path::new(path), &after).err().or(tabs.then(|| "tabs among spaces".to_owned()))?;
                Some(format!("{}: {}: {error}\n{after}", project.place(), finding["fix"]["message"]))
            })
            .collect();
        Some(wrong)
    });
    let wrong: Vec<String> = wrong.into_iter().flatten().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
