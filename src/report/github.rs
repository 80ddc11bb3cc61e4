//! Workflow commands of GitHub Actions: each finding an annotation on its line.

use std::fmt::Write;

use super::Report;
use crate::findings::Severity;

pub fn render(report: &Report) -> String {
    let mut text = String::new();
    for finding in &report.analysis.findings {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let range = finding.range;
        let mut message = finding.message.clone();
        for step in &finding.trace {
            let _ = write!(message, "\n- {} ({}:{})", step.message, report.path(&step.path), step.range.start.line);
        }
        let _ = write!(message, "\n{}", finding.help);
        let _ =
            write!(text, "::{command} file={},line={},col={}", property(&report.path(&finding.path)), range.start.line, range.start.column);
        // An end on another line must not carry a column.
        let _ = match range.end.line == range.start.line {
            true => write!(text, ",endColumn={}", range.end.column),
            false => write!(text, ",endLine={}", range.end.line),
        };
        let _ = writeln!(text, ",title={}::{}", property(finding.rule), data(&message));
    }
    text
}

/// The escapes that the runner takes back in a message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// In a property `:` and `,` have a meaning too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
