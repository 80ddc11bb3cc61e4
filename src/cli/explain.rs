//! `unlisten explain`: a rule's page, or one finding in full.

use std::borrow::Cow;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueHint};

use super::project::{self, ConfigArgs};
use super::{Unusable, complain, print, progress, text_of, words};
use crate::check::{Request, check, suggest};
use crate::evidence::PathMapping;
use crate::findings::{Confidence, Finding};
use crate::models::Models;
use crate::nearest::did_you_mean;
use crate::report::{Format, Look, Report};
use crate::rules::RULES;
use crate::source::{self, Overlay};

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A rule's id or a finding's fingerprint, as in a report. The first six digits of a fingerprint will do if no other begins so.
    #[arg(value_name = "RULE|FINGERPRINT", value_parser = words::rule_or_fingerprint(), hide_possible_values = true)]
    what: String,
    /// Where the finding is: what was checked.
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    paths: Vec<Utf8PathBuf>,
    /// The logs that were checked with it, if the finding is in a file that only they name; may be repeated.
    #[arg(long, value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    logs: Vec<String>,
    /// What lay at FROM on the machine that wrote the logs lies at TO here; may be repeated.
    #[arg(long, value_name = "FROM=TO")]
    map: Vec<String>,
    #[command(flatten)]
    config: ConfigArgs,
}

/// A rule's page, or a finding with the reason why it leaks.
pub fn run(args: ExplainArgs, look: Look) -> u8 {
    if let Some(rule) = RULES.iter().find(|rule| rule.id == args.what) {
        return print(&page(rule.page, look.colours));
    }
    if is_fingerprint(&args.what) {
        finding(args, look)
    } else {
        let reason = unknown_rule(&args.what);
        complain(&[(args.what, reason)])
    }
}

/// Why `rule` is no rule, with the nearest one.
pub fn unknown_rule(rule: &str) -> String {
    format!("there is no such rule{}", did_you_mean(rule, RULES.iter().map(|rule| rule.id)))
}

/// Sixteen hexadecimal digits or the first six and more of them, and an ordinal where equal findings have one.
fn is_fingerprint(text: &str) -> bool {
    let (print, ordinal) = text.split_once('-').unwrap_or((text, "1"));
    (6..=16).contains(&print.len())
        && print.bytes().all(|b| b.is_ascii_hexdigit())
        && !ordinal.is_empty()
        && ordinal.bytes().all(|b| b.is_ascii_digit())
}

/// Whether this is what was typed, or begins so.
fn is_meant(finding: &Finding, typed: &str) -> bool {
    finding.fingerprint == typed || (!typed.contains('-') && typed.len() < 16 && finding.fingerprint.starts_with(typed))
}

/// The finding as `check` shows it, and why its rule calls that a leak.
fn finding(args: ExplainArgs, look: Look) -> u8 {
    let working = source::working_directory();
    let mut unusable = Unusable::new();
    let mut config = args.config.read(&args.paths, &mut unusable);
    // Whoever has a fingerprint wants its finding, however sure it is.
    config.force_min_confidence(Confidence::Low);
    let models = project::models(&config, &mut unusable);
    let mappings: Result<Vec<_>, _> =
        args.map.iter().map(|text| PathMapping::parse(text, &working).map_err(|reason| (text.clone(), reason))).collect();
    let mappings = match mappings {
        Ok(mappings) => mappings,
        Err(unusable) => return complain(&[unusable]),
    };
    let mut analysis = progress::shown(false, |progress| {
        check(&Request {
            paths: args.paths,
            logs: args.logs,
            mappings,
            include_tests: true,
            config: &config,
            models: models.as_ref().unwrap_or_else(|| Models::builtin()),
            excluded: &|path| config.excludes(path),
            progress,
            ..Request::default()
        })
    });
    unusable.append(&mut analysis.unusable);
    let typed = args.what.to_ascii_lowercase();
    analysis.findings.extend(std::mem::take(&mut analysis.suppressed).into_iter().map(|suppressed| suppressed.finding));
    analysis.findings.retain(|finding| is_meant(finding, &typed));
    let rule = match analysis.findings.as_slice() {
        [finding] => finding.rule,
        found => {
            let reason = if found.is_empty() {
                "no finding has this fingerprint; name the folder or file that was checked, and its logs (--logs)".to_owned()
            } else {
                let all: Vec<_> = found.iter().map(|finding| finding.fingerprint.as_str()).collect();
                format!("several findings begin so: {}", all.join(", "))
            };
            unusable.push((args.what, reason));
            return complain(&unusable);
        }
    };
    suggest(&mut analysis, &Overlay::default());
    analysis.problems.clear();
    analysis.suppression_faults.clear();
    let text = |path: &Utf8Path| text_of(path, &Overlay::default());
    let shown = Report { analysis: &analysis, working: &working, text: &text }.render(Format::Pretty, look);
    // Its last line counts findings: here there is one, by choice.
    let shown = shown.trim_end().rsplit_once('\n').map_or(shown.as_str(), |(finding, _)| finding.trim_end());
    let why = RULES.iter().find(|known| known.id == rule).map_or("", |known| section(known.page, "Why it leaks"));
    let code = print(&format!("{shown}\n\n{}\n\nMore: unlisten explain {rule}\n", page(why, look.colours)));
    if unusable.is_empty() { code } else { complain(&unusable) }
}

/// Markdown for a terminal: its headings stand out.
fn page(text: &str, colours: bool) -> Cow<'_, str> {
    if !colours {
        return text.into();
    }
    let mut code = false;
    let line = |line: &str| {
        code ^= line.starts_with("```");
        if line.starts_with('#') && !code { format!("{HEADING}{}{HEADING:#}\n", line.trim_end()) } else { line.to_owned() }
    };
    text.split_inclusive('\n').map(line).collect::<String>().into()
}

const HEADING: anstyle::Style = anstyle::Style::new().bold();

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
        for print in ["c066ca5eeee1f44c", "c066ca5eeee1f44c-12", "c066ca"] {
            assert!(is_fingerprint(print), "{print}");
        }
        for other in ["listener-per-call", "c066c", "c066ca5eeee1f44c0", "c066ca5eeee1f44c-x", "c066ca5eeee1f44c-", ""] {
            assert!(!is_fingerprint(other), "{other}");
        }
    }

    #[test]
    fn headings_stand_out_where_there_are_colours() {
        let text = "# a\n\n```sh\n# code\n```\n## b\n";
        assert_eq!(page(text, true), "\u{1b}[1m# a\u{1b}[0m\n\n```sh\n# code\n```\n\u{1b}[1m## b\u{1b}[0m\n");
        assert_eq!(page(text, false), text);
    }

    #[test]
    fn a_section_ends_before_the_next_heading() {
        assert_eq!(section("# a\n\n## Why it leaks\n\nIt does.\n\n## Leaks\n", "Why it leaks"), "## Why it leaks\n\nIt does.");
        assert_eq!(section("# a\n", "Why it leaks"), "");
    }
}
