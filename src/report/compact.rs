//! One line a finding: `path:line:column: severity[rule] message (confidence)`; below, one for each suppression comment that does nothing.

use std::fmt::Write;

use super::{Report, SUPPRESSION, confidence, severity};
use crate::evidence::printable;

pub fn render(report: &Report) -> String {
    let mut text = String::new();
    for finding in &report.analysis.findings {
        let start = finding.range.start;
        let _ = writeln!(
            text,
            "{}:{}:{}: {}[{}] {} ({})",
            report.path(&finding.path),
            start.line,
            start.column,
            severity(finding.severity),
            finding.rule,
            printable(&finding.message),
            confidence(finding.confidence)
        );
    }
    for fault in &report.analysis.suppression_faults {
        let start = fault.range.start;
        let path = report.path(&fault.path);
        let _ = writeln!(text, "{path}:{}:{}: warning[{SUPPRESSION}] {}", start.line, start.column, printable(&fault.message));
    }
    text
}
