//! GitLab's Code Quality report: a subset of Code Climate's.

use serde::Serialize;

use super::{Report, SUPPRESSION};
use crate::findings::Severity;

#[derive(Serialize)]
struct Issue<'a> {
    description: &'a str,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'a str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

pub fn render(report: &Report) -> String {
    let mut issues: Vec<_> = report
        .analysis
        .findings
        .iter()
        .map(|finding| Issue {
            description: &finding.message,
            check_name: finding.rule,
            fingerprint: &finding.fingerprint,
            severity: match finding.severity {
                Severity::Error => "major",
                Severity::Warning => "minor",
                Severity::Note => "info",
            },
            location: Location {
                path: report.in_repository(&finding.path),
                lines: Lines { begin: finding.range.start.line, end: finding.range.end.line },
            },
        })
        .collect();
    issues.extend(report.analysis.suppression_faults.iter().map(|fault| Issue {
        description: &fault.message,
        check_name: SUPPRESSION,
        fingerprint: &fault.fingerprint,
        severity: "info",
        location: Location {
            path: report.in_repository(&fault.path),
            lines: Lines { begin: fault.range.start.line, end: fault.range.end.line },
        },
    }));
    super::json::pretty(&issues)
}
