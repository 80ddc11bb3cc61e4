//! The pages of `rules/` as tests: the analysis says what the marks say, and Node agrees with the marks.
//!
//! `PAGE=listener-per-call cargo test --test rules` looks at one page only; `PAGE=listener-per-call:120` at its block there.

#[path = "rules/fixes.rs"]
mod fixes;
mod support;

use std::collections::BTreeMap;

use support::page::{self, Project};
use support::{binary, parallel, prove};

/// The examples that `PAGE` asks for, else all.
fn examples() -> Vec<Project> {
    let wanted = std::env::var("PAGE").unwrap_or_default();
    let (rule, line) = wanted.split_once(':').map_or((wanted.as_str(), None), |(rule, line)| (rule, line.parse::<usize>().ok()));
    let here = |project: &Project| {
        let near =
            |file: &page::File| line.is_none_or(|line| (file.page_line - 1..=file.page_line + file.text.lines().count()).contains(&line));
        (rule.is_empty() || project.rule == rule) && project.files.iter().any(near)
    };
    page::pages().into_iter().flat_map(|page| page.projects).filter(here).collect()
}

/// `check` finds what is marked, and nothing else.
#[test]
fn findings_stand_where_the_marks_are() {
    let table: Vec<&str> = unlisten::rules::RULES.iter().map(|rule| rule.id).collect();
    if table.is_empty() {
        eprintln!("skipped: the table of rules is empty, there is nothing to compare");
        return;
    }
    if let Err(what) = binary::answers() {
        panic!("`unlisten check --format json --no-config .` does not answer: {what}");
    }
    let examples = examples();
    let different: Vec<(String, Vec<String>)> =
        parallel::map(&examples, 4, |project| (project.rule.clone(), binary::compare(project, &table)));
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (rule, differences) in &different {
        let count = counts.entry(rule).or_default();
        count.0 += usize::from(differences.is_empty());
        count.1 += 1;
    }
    for (rule, (agree, all)) in &counts {
        println!("{rule}: {agree} of {all} blocks agree");
    }
    let lines: Vec<String> = different.into_iter().flat_map(|(_, differences)| differences).collect();
    let of = |what: &str| lines.iter().filter(|line| line.contains(what)).count();
    assert!(
        lines.is_empty(),
        "{} differences between the marks and the findings ({} not found, {} not marked):\n{}",
        lines.len(),
        of(": not found: "),
        of(": found, but not marked: "),
        lines.join("\n")
    );
}

/// A marked line piles up in Node, and no other line does.
#[test]
fn node_agrees_with_the_marks() {
    let Some(version) = prove::node() else {
        eprintln!("skipped: no Node 20 or later on the path, so the pages are not proved");
        return;
    };
    let examples = examples();
    let proofs = prove::prove(&examples);
    let (mut proved, mut not_run, mut wrong) = (BTreeMap::<String, usize>::new(), BTreeMap::<String, usize>::new(), Vec::new());
    for proof in proofs {
        match proof {
            prove::Proof::Proved(how) => *proved.entry(how).or_default() += 1,
            prove::Proof::NotRun(why) => *not_run.entry(why).or_default() += 1,
            prove::Proof::Wrong(what) => wrong.extend(what),
        }
    }
    println!("Node {version}: {} blocks run, {} not run", proved.values().sum::<usize>(), not_run.values().sum::<usize>());
    for (how, count) in &proved {
        println!("  {count} driven by {how}");
    }
    for (why, count) in &not_run {
        println!("  {count} not run: {why}");
    }
    assert!(wrong.is_empty(), "{} lines where Node does not agree:\n{}", wrong.len(), wrong.join("\n"));
}
