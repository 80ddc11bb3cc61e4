//! The JSON of ESLint's `json` formatter, for tools that read that. Paths are absolute there.

use serde::Serialize;

use super::Report;
use crate::findings::{Finding, Severity};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileResult<'a> {
    file_path: &'a str,
    messages: Vec<Message<'a>>,
    suppressed_messages: [(); 0],
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
}

pub fn render(report: &Report) -> String {
    let mut files: Vec<_> =
        report.by_file().into_iter().map(|(path, findings)| (path, findings.into_iter().map(message).collect())).collect();
    for problem in report.analysis.problems.iter().filter(|problem| !problem.path.as_str().is_empty()) {
        let message = Message {
            rule_id: None,
            severity: 2,
            message: &problem.message,
            line: 1,
            column: 1,
            end_line: None,
            end_column: None,
            fatal: true,
        };
        files.push((&problem.path, vec![message]));
    }
    let results: Vec<_> = files
        .into_iter()
        .map(|(path, messages): (_, Vec<Message>)| {
            let errors = messages.iter().filter(|message| message.severity == 2).count();
            FileResult {
                file_path: path.as_str(),
                error_count: errors,
                fatal_error_count: messages.iter().filter(|message| message.fatal).count(),
                warning_count: messages.len() - errors,
                messages,
                suppressed_messages: [],
                fixable_error_count: 0,
                fixable_warning_count: 0,
                used_deprecated_rules: [],
            }
        })
        .collect();
    super::json::pretty(&results)
}

fn message(finding: &Finding) -> Message<'_> {
    Message {
        rule_id: Some(finding.rule),
        severity: if finding.severity == Severity::Error { 2 } else { 1 },
        message: &finding.message,
        line: finding.range.start.line,
        column: finding.range.start.column,
        end_line: Some(finding.range.end.line),
        end_column: Some(finding.range.end.column),
        fatal: false,
    }
}
