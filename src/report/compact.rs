//! One line a finding: `path:line:column: severity[rule] message (confidence)`.

use std::fmt::Write;

use super::{Report, confidence, severity};
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
    text
}
