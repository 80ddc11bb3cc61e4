//! Which findings a comment of the source leaves out, and which comments do nothing.

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::FxHashMap;

use super::collect::{Ordinals, hash};
use super::{Finding, Range};
use crate::facts::{Covers, Suppression};
use crate::nearest::did_you_mean;

/// A finding that a comment leaves out, with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    pub finding: Finding,
    pub reason: Option<String>,
    /// The comment, in the finding's file.
    pub comment: Range,
}

/// A suppression comment that is refused or has nothing to suppress. Told and counted; no finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SuppressionFault {
    /// Absolute.
    pub path: Utf8PathBuf,
    /// The comment.
    pub range: Range,
    pub message: String,
    /// As of a finding: stays when lines move, unique within a run.
    pub fingerprint: String,
}

/// What becomes of findings under the comments of their files.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What is left, in its order.
    pub findings: Vec<Finding>,
    /// What is left out, in its order.
    pub suppressed: Vec<Suppressed>,
    /// In the order of files and lines.
    pub faults: Vec<SuppressionFault>,
}

/// What is asked of comments.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The ids of all rules.
    pub rules: &'a [&'a str],
    /// A comment without a reason is refused.
    pub reason: bool,
}

/// Applies the comments of each file to its findings.
pub fn suppress(findings: Vec<Finding>, comments: &[(Utf8PathBuf, Vec<Suppression>)], terms: Terms) -> Outcome {
    let mut outcome = Outcome::default();
    let mut files: FxHashMap<&Utf8Path, Vec<Grant>> = FxHashMap::default();
    for (path, comments) in comments {
        let grants = comments.iter().flat_map(|comment| granted(path, comment, terms, &mut outcome.faults)).collect();
        files.insert(path, grants);
    }
    for finding in findings {
        let grants = files.get_mut(finding.path.as_path()).into_iter().flatten();
        // What is said of a line goes before what is said of the file.
        let grant = grants.filter(|grant| grant.holds(&finding)).min_by_key(|grant| grant.comment.covers == Covers::File);
        match grant {
            Some(grant) => {
                grant.used = true;
                outcome.suppressed.push(Suppressed { finding, reason: grant.comment.reason.clone(), comment: grant.comment.range });
            }
            None => outcome.findings.push(finding),
        }
    }
    for (path, _) in comments {
        for grant in files.get(path.as_path()).into_iter().flatten().filter(|grant| !grant.used) {
            outcome.faults.push(fault(path, grant.comment, grant.unused()));
        }
    }
    outcome.faults.sort();
    let mut prints = Ordinals::default();
    for fault in &mut outcome.faults {
        fault.fingerprint = prints.unique(std::mem::take(&mut fault.fingerprint));
    }
    outcome
}

fn fault(path: &Utf8Path, comment: &Suppression, message: String) -> SuppressionFault {
    let file = path.file_name().unwrap_or_default();
    let fingerprint = hash(["suppression", file, &comment.rules.join(","), comment.reason.as_deref().unwrap_or_default()]);
    SuppressionFault { path: path.to_owned(), range: comment.range, message, fingerprint }
}

/// One rule that a comment may leave out.
struct Grant<'a> {
    comment: &'a Suppression,
    rule: &'a str,
    used: bool,
}

impl Grant<'_> {
    fn holds(&self, finding: &Finding) -> bool {
        let begins = [finding.range.start.line, finding.whole.start.line];
        finding.rule == self.rule
            && match self.comment.covers {
                Covers::File => true,
                // A registration of many lines may have its comment at either end.
                Covers::Lines(first, last) => {
                    begins.iter().chain([&finding.call.line, &finding.whole.end.line]).any(|line| (first..=last).contains(line))
                }
                Covers::Next(line) => begins.contains(&line),
                Covers::Unknown(_) => false,
            }
    }

    fn unused(&self) -> String {
        let place = match self.comment.covers {
            Covers::File => "in this file".to_owned(),
            Covers::Next(line) => format!("on line {line}"),
            Covers::Lines(first, last) if first != last => format!("on lines {first} to {last}"),
            Covers::Lines(..) | Covers::Unknown(_) => "on this line".to_owned(),
        };
        format!("this comment suppresses nothing: there is no `{}` {place}; remove it", self.rule)
    }
}

/// The rules that a comment may leave out. What it may not is told.
fn granted<'a>(path: &Utf8Path, comment: &'a Suppression, terms: Terms, faults: &mut Vec<SuppressionFault>) -> Vec<Grant<'a>> {
    let mut refuse = |message: String| faults.push(fault(path, comment, message));
    if let Covers::Unknown(word) = &comment.covers {
        refuse(format!("there is no `{word}`{}", did_you_mean(word, WORDS)));
        return Vec::new();
    }
    let rules = comment.rules.iter().filter(|rule| {
        let known = terms.rules.contains(&rule.as_str());
        if !known {
            refuse(format!("there is no rule `{rule}` to suppress{}", did_you_mean(rule, terms.rules.iter().copied())));
        }
        known
    });
    let mut granted: Vec<Grant> = rules.map(|rule| Grant { comment, rule, used: false }).collect();
    if comment.rules.is_empty() {
        refuse("this comment names no rule to suppress: write `rule-id -- reason` behind it".to_owned());
    } else if terms.reason && comment.reason.is_none() {
        refuse(format!("this comment gives no reason, so it suppresses nothing: write `{} -- reason`", comment.rules.join(", ")));
        granted.clear();
    }
    granted
}

/// The words that a suppression begins with.
const WORDS: [&str; 3] = ["unlisten-ignore-next-line", "unlisten-ignore-line", "unlisten-ignore-file"];

#[cfg(test)]
mod tests {
    use super::super::{Position, sample};
    use super::*;

    const RULES: [&str; 2] = ["listener-per-request", "listener-per-call"];

    fn comment(line: u32, covers: Covers, rules: &[&str], reason: Option<&str>) -> Suppression {
        let start = Position { line, column: 1 };
        let rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
        Suppression { range: Range { start, end: start }, covers, rules, reason: reason.map(str::to_owned) }
    }

    fn outcome(findings: Vec<Finding>, comments: Vec<Suppression>) -> Outcome {
        suppress(findings, &[("/p/a.js".into(), comments)], Terms { rules: &RULES, reason: true })
    }

    fn told(outcome: &Outcome) -> Vec<(u32, &str)> {
        outcome.faults.iter().map(|fault| (fault.range.start.line, fault.message.as_str())).collect()
    }

    #[test]
    fn a_line_goes_before_the_file_and_other_files_are_let_alone() {
        let findings = vec![sample("/p/a.js", 5), sample("/p/a.js", 9), sample("/p/b.js", 5)];
        let why = Some("why");
        let outcome = outcome(
            findings,
            vec![
                comment(1, Covers::File, &["listener-per-request"], why),
                comment(4, Covers::Next(5), &["listener-per-request", "listener-per-call"], Some("once a day")),
            ],
        );
        assert_eq!(outcome.findings.iter().map(|finding| finding.path.as_str()).collect::<Vec<_>>(), ["/p/b.js"]);
        let reasons: Vec<_> = outcome.suppressed.iter().map(|one| (one.comment.start.line, one.reason.as_deref())).collect();
        assert_eq!(reasons, [(4, Some("once a day")), (1, why)]);
        assert_eq!(told(&outcome), [(4, "this comment suppresses nothing: there is no `listener-per-call` on line 5; remove it")]);
    }

    #[test]
    fn what_is_refused_leaves_the_finding_and_says_why() {
        for (comment, message) in [
            (comment(4, Covers::Next(5), &["listener-per-request"], None), "gives no reason"),
            (comment(4, Covers::Next(5), &["listener-per-requests"], Some("why")), "did you mean `listener-per-request`?"),
            (comment(4, Covers::Next(5), &[], Some("why")), "names no rule"),
            (
                comment(4, Covers::Unknown("unlisten-ignore-nextline".to_owned()), &["listener-per-request"], Some("why")),
                "there is no `unlisten-ignore-nextline`; did you mean `unlisten-ignore-next-line`?",
            ),
            (comment(4, Covers::Next(6), &["listener-per-request"], Some("why")), "suppresses nothing"),
        ] {
            let outcome = outcome(vec![sample("/p/a.js", 5)], vec![comment]);
            assert_eq!((outcome.findings.len(), outcome.suppressed.len()), (1, 0), "{message}");
            assert_eq!(outcome.faults.len(), 1, "{:?}", outcome.faults);
            assert!(outcome.faults[0].message.contains(message), "{:?}", outcome.faults);
        }
    }

    #[test]
    fn a_registration_of_many_lines_is_met_at_its_ends() {
        let mut finding = sample("/p/a.js", 5);
        finding.whole = Range { start: Position { line: 4, column: 1 }, end: Position { line: 8, column: 3 } };
        for (covers, met) in [
            (Covers::Next(4), true),
            (Covers::Next(5), true),
            (Covers::Next(8), false),
            (Covers::Lines(8, 8), true),
            (Covers::Lines(4, 4), true),
            (Covers::Lines(6, 7), false),
        ] {
            let outcome = outcome(vec![finding.clone()], vec![comment(1, covers.clone(), &["listener-per-request"], Some("why"))]);
            assert_eq!(outcome.suppressed.len() == 1, met, "{covers:?}");
        }
    }

    #[test]
    fn a_reason_may_be_waived() {
        let comments = [("/p/a.js".into(), vec![comment(4, Covers::Next(5), &["listener-per-request"], None)])];
        let outcome = suppress(vec![sample("/p/a.js", 5)], &comments, Terms { rules: &RULES, reason: false });
        assert_eq!((outcome.findings.len(), outcome.suppressed.len(), outcome.faults.len()), (0, 1, 0));
    }
}
