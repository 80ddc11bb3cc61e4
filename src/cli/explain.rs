//! `unlisten explain`: a rule's page, or one finding in full.

use camino::Utf8PathBuf;

use super::{complain, print, text_of};
use crate::check::{Request, check};
use crate::findings::Confidence;
use crate::report::{Format, Report};
use crate::rules::RULES;
use crate::source;

/// `what` is a rule's id, or the fingerprint of a finding in `paths`.
pub fn run(what: &str, paths: Vec<Utf8PathBuf>, colours: bool) -> u8 {
    if let Some(rule) = RULES.iter().find(|rule| rule.id == what) {
        return print(rule.page);
    }
    if is_fingerprint(what) { finding(what, paths, colours) } else { complain(&[(what.to_owned(), unknown_rule(what))]) }
}

/// Why `rule` is no rule, with the nearest one.
pub fn unknown_rule(rule: &str) -> String {
    let near = RULES.iter().max_by(|a, b| strsim::jaro_winkler(a.id, rule).total_cmp(&strsim::jaro_winkler(b.id, rule)));
    let hint = near.map(|near| format!("; did you mean `{}`?", near.id)).unwrap_or_default();
    format!("there is no such rule{hint}")
}

/// Sixteen hexadecimal digits, and an ordinal where equal findings have one.
fn is_fingerprint(text: &str) -> bool {
    let (print, ordinal) = text.split_once('-').unwrap_or((text, "1"));
    print.len() == 16 && print.bytes().all(|b| b.is_ascii_hexdigit()) && ordinal.bytes().all(|b| b.is_ascii_digit())
}

/// The finding as `check` shows it, and why its rule calls that a leak.
fn finding(fingerprint: &str, paths: Vec<Utf8PathBuf>, colours: bool) -> u8 {
    let mut analysis = check(&Request { paths, include_tests: true, min_confidence: Confidence::Low, ..Request::default() });
    analysis.findings.retain(|finding| finding.fingerprint == fingerprint);
    let Some(rule) = analysis.findings.first().map(|finding| finding.rule) else {
        let mut unusable = std::mem::take(&mut analysis.unusable);
        unusable.push((fingerprint.to_owned(), "no finding has this fingerprint; name the folder or file that was checked".to_owned()));
        return complain(&unusable);
    };
    analysis.problems.clear();
    let working = source::working_directory();
    let shown = Report { analysis: &analysis, working: &working, text: &text_of }.render(Format::Pretty, colours);
    let page = RULES.iter().find(|known| known.id == rule).map_or("", |known| known.page);
    print(&format!("{shown}\n{}\n\nMore: unlisten explain {rule}\n", section(page, "Why it leaks")))
}

/// The text under a heading of a page.
fn section<'p>(page: &'p str, heading: &str) -> &'p str {
    let start = page.find(&format!("## {heading}\n")).unwrap_or(page.len());
    let rest = &page[start..];
    let end = rest.get(3..).and_then(|after| after.find("\n## ")).map_or(rest.len(), |at| at + 3);
    rest[..end].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_told_from_rules() {
        for print in ["c066ca5eeee1f44c", "c066ca5eeee1f44c-12"] {
            assert!(is_fingerprint(print), "{print}");
        }
        for other in ["listener-per-call", "c066ca5eeee1f44", "c066ca5eeee1f44c-x", ""] {
            assert!(!is_fingerprint(other), "{other}");
        }
    }

    #[test]
    fn a_section_ends_before_the_next_heading() {
        assert_eq!(section("# a\n\n## Why it leaks\n\nIt does.\n\n## Leaks\n", "Why it leaks"), "## Why it leaks\n\nIt does.");
        assert_eq!(section("# a\n", "Why it leaks"), "");
    }
}
