//! Findings as diagnostics.

use lsp_types::{Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString};
use serde_json::json;

use super::places;
use crate::findings::suppress::SuppressionFault;
use crate::findings::{Confidence, Finding, Problem, Severity};

/// Who says it.
const SOURCE: &str = "unlisten";

/// A finding: what, and what to do. The trace, step by step, is its related information.
pub fn of_finding(finding: &Finding) -> Diagnostic {
    let related = finding.trace.iter().filter_map(|step| {
        let location = Location { uri: places::uri_of(&step.path)?, range: places::range(step.range) };
        Some(DiagnosticRelatedInformation { location, message: step.message.clone() })
    });
    Diagnostic {
        range: places::range(finding.range),
        severity: Some(severity(finding)),
        code: Some(NumberOrString::String(finding.rule.to_owned())),
        source: Some(SOURCE.to_owned()),
        message: format!("{}\n{}\n({} confidence)", finding.message, finding.help, confidence(finding.confidence)),
        related_information: Some(related.collect()),
        data: Some(json!({ "fingerprint": finding.fingerprint })),
        ..Diagnostic::default()
    }
}

/// How much harm it does; a guess is a hint at most.
fn severity(finding: &Finding) -> DiagnosticSeverity {
    match finding.severity {
        _ if finding.confidence == Confidence::Low => DiagnosticSeverity::HINT,
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
        Severity::Note => DiagnosticSeverity::INFORMATION,
    }
}

pub fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    }
}

/// A comment that suppresses nothing, or is refused.
pub fn of_fault(fault: &SuppressionFault) -> Diagnostic {
    Diagnostic {
        range: places::range(fault.range),
        severity: Some(DiagnosticSeverity::WARNING),
        code: Some(NumberOrString::String("suppression".to_owned())),
        source: Some(SOURCE.to_owned()),
        message: fault.message.clone(),
        ..Diagnostic::default()
    }
}

/// A file that is not analysed: other tools say what is wrong with its text, this one that it cannot speak of it.
pub fn of_problem(problem: &Problem) -> Diagnostic {
    let (position, message) = placed(&problem.message);
    Diagnostic {
        range: lsp_types::Range { start: position, end: position },
        severity: Some(DiagnosticSeverity::INFORMATION),
        code: Some(NumberOrString::String("not-analysed".to_owned())),
        source: Some(SOURCE.to_owned()),
        message: format!("not analysed: {message}"),
        ..Diagnostic::default()
    }
}

/// `2:21: syntax error: ...` begins with its place.
fn placed(message: &str) -> (lsp_types::Position, &str) {
    let parts = || {
        let (line, rest) = message.split_once(':')?;
        let (column, rest) = rest.split_once(": ")?;
        let position = crate::findings::Position { line: line.parse().ok()?, column: column.parse().ok()? };
        Some((places::position(position), rest))
    };
    parts().unwrap_or((lsp_types::Position::default(), message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::sample;

    #[test]
    fn a_finding_in_the_words_of_the_protocol() {
        let mut finding = sample("/p/a.js", 7);
        let diagnostic = of_finding(&finding);
        assert_eq!(diagnostic.range.start, lsp_types::Position { line: 6, character: 9 });
        assert_eq!(diagnostic.severity, Some(DiagnosticSeverity::WARNING));
        assert_eq!(diagnostic.code, Some(NumberOrString::String("listener-per-request".to_owned())));
        let related = diagnostic.related_information.expect("the trace");
        assert_eq!(related.len(), 2);
        assert_eq!(related[0].location.uri.as_str(), "file:///p/a.js");
        finding.confidence = Confidence::Low;
        assert_eq!(of_finding(&finding).severity, Some(DiagnosticSeverity::HINT));
    }

    #[test]
    fn a_problem_stands_where_its_words_say() {
        let problem = |message: &str| of_problem(&Problem { path: "/p/a.js".into(), message: message.to_owned() });
        let placed = problem("2:21: syntax error: Expression expected");
        assert_eq!(placed.range.start, lsp_types::Position { line: 1, character: 20 });
        assert_eq!(placed.message, "not analysed: syntax error: Expression expected");
        assert_eq!(problem("permission denied").range.start, lsp_types::Position::default());
    }
}
