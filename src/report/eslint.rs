//! The JSON of ESLint's `json` formatter, for tools that read that. Paths are absolute there.

use camino::Utf8Path;
use indexmap::IndexMap;
use rustc_hash::FxHashMap;
use serde::Serialize;

use super::Report;
use crate::findings::lines::Lines;
use crate::findings::{Applicability, Finding, Fix, Severity};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileResult<'a> {
    file_path: &'a str,
    messages: Vec<Message<'a>>,
    suppressed_messages: Vec<Message<'a>>,
    error_count: usize,
    fatal_error_count: usize,
    warning_count: usize,
    fixable_error_count: usize,
    fixable_warning_count: usize,
    used_deprecated_rules: [(); 0],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    rule_id: Option<&'a str>,
    severity: u8,
    message: &'a str,
    line: u32,
    column: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<u32>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    fatal: bool,
    /// Applied by `eslint --fix` and on save.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Edit>,
    /// Offered by editors.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestions: Option<[Suggestion<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<[Suppression<'a>; 1]>,
}

/// All edits of a fix as one, which is how ESLint has them.
#[derive(Serialize)]
struct Edit {
    /// In UTF-16 units from the beginning of the text.
    range: [usize; 2],
    text: String,
}

#[derive(Serialize)]
struct Suggestion<'a> {
    desc: &'a str,
    fix: Edit,
}

#[derive(Serialize)]
struct Suppression<'a> {
    kind: &'static str,
    justification: &'a str,
}

/// Texts of files that have edits, read once.
type Texts<'a> = FxHashMap<&'a Utf8Path, Option<Lines<String>>>;

pub fn render(report: &Report) -> String {
    let mut files: IndexMap<&str, Messages> = IndexMap::new();
    let mut texts = Texts::default();
    for finding in &report.analysis.findings {
        files.entry(finding.path.as_str()).or_default().told.push(message(report, &mut texts, finding));
    }
    for fault in &report.analysis.suppression_faults {
        // As ESLint tells of its own unused directives: a warning of no rule.
        let told = Message { line: fault.range.start.line, column: fault.range.start.column, severity: 1, ..plain(&fault.message) };
        files.entry(fault.path.as_str()).or_default().told.push(told);
    }
    for suppressed in &report.analysis.suppressed {
        let justification = suppressed.reason.as_deref().unwrap_or_default();
        let suppressions = Some([Suppression { kind: "directive", justification }]);
        let messages = files.entry(suppressed.finding.path.as_str()).or_default();
        messages.suppressed.push(Message { suppressions, ..message(report, &mut texts, &suppressed.finding) });
    }
    for problem in report.analysis.problems.iter().filter(|problem| !problem.path.as_str().is_empty()) {
        files.entry(problem.path.as_str()).or_default().told.push(Message { fatal: true, ..plain(&problem.message) });
    }
    let results: Vec<_> = files
        .into_iter()
        .map(|(file_path, Messages { mut told, suppressed })| {
            told.sort_by_key(|message| (message.line, message.column));
            let errors = told.iter().filter(|message| message.severity == 2).count();
            FileResult {
                file_path,
                error_count: errors,
                fatal_error_count: told.iter().filter(|message| message.fatal).count(),
                warning_count: told.len() - errors,
                fixable_error_count: told.iter().filter(|message| message.severity == 2 && message.fix.is_some()).count(),
                fixable_warning_count: told.iter().filter(|message| message.severity == 1 && message.fix.is_some()).count(),
                messages: told,
                suppressed_messages: suppressed,
                used_deprecated_rules: [],
            }
        })
        .collect();
    super::json::pretty(&results)
}

/// Of one file.
#[derive(Default)]
struct Messages<'a> {
    told: Vec<Message<'a>>,
    suppressed: Vec<Message<'a>>,
}

/// A message of no rule, on the file's first line.
fn plain(message: &str) -> Message<'_> {
    Message {
        rule_id: None,
        severity: 2,
        message,
        line: 1,
        column: 1,
        end_line: None,
        end_column: None,
        fatal: false,
        fix: None,
        suggestions: None,
        suppressions: None,
    }
}

fn message<'a>(report: &Report, texts: &mut Texts<'a>, finding: &'a Finding) -> Message<'a> {
    let (mut fix, mut suggestions) = (None, None);
    if let Some(offered) = &finding.fix
        && let Some(edit) = edit(report, texts, finding, offered)
    {
        match offered.applicability {
            Applicability::Safe => fix = Some(edit),
            Applicability::Unsafe => suggestions = Some([Suggestion { desc: &offered.message, fix: edit }]),
        }
    }
    Message {
        rule_id: Some(finding.rule),
        severity: if finding.severity == Severity::Error { 2 } else { 1 },
        line: finding.range.start.line,
        column: finding.range.start.column,
        end_line: Some(finding.range.end.line),
        end_column: Some(finding.range.end.column),
        fix,
        suggestions,
        ..plain(&finding.message)
    }
}

/// None where the fix is of another file too.
fn edit<'a>(report: &Report, texts: &mut Texts<'a>, finding: &'a Finding, fix: &Fix) -> Option<Edit> {
    let lines = texts.entry(&finding.path).or_insert_with(|| (report.text)(&finding.path).map(Lines::new)).as_ref()?;
    let text = lines.text();
    let mut edits = fix.edits.iter().filter(|edit| edit.path == finding.path).peekable();
    let start = lines.offset(edits.peek()?.range.start);
    if edits.clone().count() < fix.edits.len() {
        return None;
    }
    let (mut done, mut new) = (start, String::new());
    for edit in &mut edits {
        new += text.get(done..lines.offset(edit.range.start))?;
        new += &edit.text;
        done = lines.offset(edit.range.end);
    }
    let units = |end: usize| text[..end].encode_utf16().count();
    Some(Edit { range: [units(start), units(done)], text: new })
}
