//! SARIF 2.1.0, for code scanning: rules with their help, the trace as a code flow, fingerprints that keep alerts together.

use camino::Utf8Path;
use serde_json::{Map, Value, json};

use super::{Report, SUPPRESSION, applicability, confidence, severity};
use crate::findings::{Confidence, Finding, Fix, Range};
use crate::rules::RULES;
use crate::source;

/// What code scanning takes for the root of the repository.
const ROOT: &str = "%SRCROOT%";

/// What paths are relative to: the repository, else the working directory.
fn root<'a>(report: &Report<'a>) -> &'a Utf8Path {
    source::repository(report.working).unwrap_or(report.working)
}

pub fn render(report: &Report) -> String {
    let mut notifications: Vec<Value> = report
        .analysis
        .problems
        .iter()
        .map(|problem| {
            let mut notification = Map::new();
            notification.insert("level".into(), "warning".into());
            notification.insert("message".into(), json!({ "text": problem.message }));
            if !problem.path.as_str().is_empty() {
                notification
                    .insert("locations".into(), json!([{ "physicalLocation": { "artifactLocation": artifact(report, &problem.path) } }]));
            }
            notification.into()
        })
        .collect();
    notifications.extend(report.analysis.suppression_faults.iter().map(|fault| {
        json!({
            "descriptor": { "id": SUPPRESSION, "index": 0 },
            "level": "warning",
            "message": { "text": fault.message },
            "locations": [location(report, &fault.path, fault.range, None)],
        })
    }));
    let suppressed = &report.analysis.suppressed;
    let mut results: Vec<Value> = report.analysis.findings.iter().map(|finding| result(report, finding)).collect();
    if report.analysis.baseline {
        results.iter_mut().for_each(|result| result["baselineState"] = "new".into());
    }
    if !suppressed.is_empty() {
        // Where one result tells of its suppressions, each has to.
        results.iter_mut().for_each(|result| result["suppressions"] = json!([]));
    }
    results.extend(suppressed.iter().map(|suppressed| {
        let mut result = result(report, &suppressed.finding);
        let comment = location(report, &suppressed.finding.path, suppressed.comment, None);
        result["suppressions"] = json!([{
            "kind": "inSource",
            "status": "accepted",
            "justification": suppressed.reason.as_deref().unwrap_or_default(),
            "location": comment,
        }]);
        result
    }));
    super::json::pretty(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": RULES.iter().map(|rule| json!({
                    "id": rule.id,
                    "shortDescription": { "text": rule.summary },
                    "fullDescription": { "text": why(rule.page) },
                    "defaultConfiguration": { "level": "warning" },
                    "properties": { "tags": ["reliability", "memory-leak"] },
                    "help": { "text": rule.page, "markdown": rule.page },
                })).collect::<Vec<_>>(),
                "notifications": [{
                    "id": SUPPRESSION,
                    "shortDescription": { "text": "A suppression comment that is refused or suppresses nothing" },
                }],
            } },
            "columnKind": "utf16CodeUnits",
            "originalUriBaseIds": { ROOT: { "uri": format!("{}/", file_uri(root(report))) } },
            "invocations": [{ "executionSuccessful": report.analysis.unusable.is_empty(), "toolExecutionNotifications": notifications }],
            "results": results,
        }],
    }))
}

/// The first paragraph that says why it leaks, on one line.
fn why(page: &str) -> String {
    let text = page.split("## Why it leaks\n").nth(1).unwrap_or_default().trim_start();
    text.split("\n\n").next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn result(report: &Report, finding: &Finding) -> Value {
    let mut result = json!({
        "ruleId": finding.rule,
        "level": severity(finding.severity),
        // GitHub shows a result's rank to nobody, but sorts by it; confidence itself stands in the properties.
        "rank": match finding.confidence { Confidence::High => 90.0, Confidence::Medium => 60.0, Confidence::Low => 30.0 },
        "message": { "text": format!("{}. {}", finding.message.trim_end_matches('.'), finding.help) },
        "locations": [location(report, &finding.path, finding.range, None)],
        "partialFingerprints": { "unlisten/v1": finding.fingerprint },
        "properties": {
            "confidence": confidence(finding.confidence),
            "event": finding.event,
            "emitter": finding.emitter_type,
            "lifetime": finding.lifetime.word(),
            "runs": finding.runs.word(),
        },
    });
    if let Some(index) = RULES.iter().position(|rule| rule.id == finding.rule) {
        result["ruleIndex"] = index.into();
    }
    if let Some(fix) = &finding.fix {
        result["fixes"] = json!([changes(report, fix)]);
    }
    if !finding.trace.is_empty() {
        let end = location(report, &finding.path, finding.range, Some(&finding.message));
        let steps = finding.trace.iter().map(|step| location(report, &step.path, step.range, Some(&step.message))).chain([end]);
        let steps: Vec<Value> = steps.map(|location| json!({ "location": location })).collect();
        result["codeFlows"] = json!([{ "threadFlows": [{ "locations": steps }] }]);
    }
    result
}

/// A fix: of each file what is deleted and what comes in its place.
fn changes(report: &Report, fix: &Fix) -> Value {
    let mut files: indexmap::IndexMap<&Utf8Path, Vec<Value>> = indexmap::IndexMap::new();
    for edit in &fix.edits {
        let replacement = json!({ "deletedRegion": region(edit.range), "insertedContent": { "text": edit.text } });
        files.entry(&edit.path).or_default().push(replacement);
    }
    let files: Vec<Value> = files
        .into_iter()
        .map(|(path, replacements)| json!({ "artifactLocation": artifact(report, path), "replacements": replacements }))
        .collect();
    json!({
        "description": { "text": fix.message },
        "artifactChanges": files,
        "properties": { "applicability": applicability(fix.applicability) },
    })
}

fn region(range: Range) -> Value {
    json!({ "startLine": range.start.line, "startColumn": range.start.column, "endLine": range.end.line, "endColumn": range.end.column })
}

fn location(report: &Report, path: &Utf8Path, range: Range, message: Option<&str>) -> Value {
    let mut location = json!({ "physicalLocation": {
        "artifactLocation": artifact(report, path),
        "region": region(range),
    } });
    if let Some(message) = message {
        location["message"] = json!({ "text": message });
    }
    location
}

fn artifact(report: &Report, path: &Utf8Path) -> Value {
    match path.strip_prefix(root(report)) {
        Ok(below) => json!({ "uri": percent(&below.as_str().replace('\\', "/")), "uriBaseId": ROOT }),
        Err(_) => json!({ "uri": file_uri(path) }),
    }
}

/// A file's address.
pub(super) fn file_uri(path: &Utf8Path) -> String {
    let path = path.as_str().replace('\\', "/");
    format!("file://{}{}", if path.starts_with('/') { "" } else { "/" }, percent(&path))
}

/// What may not stand in a URI as it is.
fn percent(path: &str) -> String {
    use std::fmt::Write;
    let mut uri = String::with_capacity(path.len());
    for &b in path.as_bytes() {
        if b.is_ascii_alphanumeric() || b"-._~/:@!$&'()*+,;=".contains(&b) {
            uri.push(b as char);
        } else {
            let _ = write!(uri, "%{b:02X}");
        }
    }
    uri
}
