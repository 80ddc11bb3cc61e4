//! Workflow commands of GitHub Actions: each finding an annotation on its line.

use std::fmt::Write;

use camino::Utf8Path;

use super::{Report, SUPPRESSION};
use crate::findings::{Range, Severity};

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
            let _ = write!(message, "\n- {} ({}:{})", step.message, report.in_repository(&step.path), step.range.start.line);
        }
        let _ = write!(message, "\n{}", finding.help);
        annotate(&mut text, report, command, (&finding.path, range), finding.rule, &message);
    }
    for fault in &report.analysis.suppression_faults {
        annotate(&mut text, report, "warning", (&fault.path, fault.range), SUPPRESSION, &fault.message);
    }
    text
}

fn annotate(text: &mut String, report: &Report, command: &str, (path, range): (&Utf8Path, Range), title: &str, message: &str) {
    let _ = write!(text, "::{command} file={},line={},col={}", property(&report.in_repository(path)), range.start.line, range.start.column);
    // An end on another line must not carry a column.
    let _ = match range.end.line == range.start.line {
        true => write!(text, ",endColumn={}", range.end.column),
        false => write!(text, ",endLine={}", range.end.line),
    };
    let _ = writeln!(text, ",title={}::{}", property(title), data(message));
}

/// The escapes that the runner takes back in a message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// In a property `:` and `,` have a meaning too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
