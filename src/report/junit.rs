//! JUnit's XML: a suite for each file with findings, a failed case for each finding; a passed case where there is none. A suppression
//! comment that does nothing is a skipped case: it fails nothing.

use std::fmt::Write;

use super::{InFile, Report, SUPPRESSION};

pub fn render(report: &Report) -> String {
    let total = report.analysis.findings.len();
    let skipped = report.analysis.suppression_faults.len();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ =
        writeln!(text, "<testsuites name=\"unlisten\" tests=\"{}\" failures=\"{total}\" skipped=\"{skipped}\">", (total + skipped).max(1));
    if total + skipped == 0 {
        text.push_str("  <testsuite name=\"unlisten\" tests=\"1\" failures=\"0\">\n    <testcase name=\"no findings\"/>\n  </testsuite>\n");
    }
    for (path, InFile { findings, faults }) in report.by_file() {
        let path = escape(&report.path(path));
        let (failed, skipped) = (findings.len(), faults.len());
        let tests = failed + skipped;
        let _ = writeln!(text, "  <testsuite name=\"{path}\" tests=\"{tests}\" failures=\"{failed}\" skipped=\"{skipped}\">");
        for finding in findings {
            let place = format!("{path}:{}:{}", finding.range.start.line, finding.range.start.column);
            let _ = writeln!(text, "    <testcase name=\"{} {place}\" classname=\"{path}\">", finding.rule);
            let mut body = format!("{place}\n");
            for step in &finding.trace {
                let _ = writeln!(body, "- {} ({}:{})", escape(&step.message), escape(&report.path(&step.path)), step.range.start.line);
            }
            let _ = write!(body, "{}", escape(&finding.help));
            let _ = writeln!(text, "      <failure type=\"{}\" message=\"{}\">{body}</failure>", finding.rule, escape(&finding.message));
            text.push_str("    </testcase>\n");
        }
        for fault in faults {
            let place = format!("{path}:{}:{}", fault.range.start.line, fault.range.start.column);
            let _ = writeln!(text, "    <testcase name=\"{SUPPRESSION} {place}\" classname=\"{path}\">");
            let _ = writeln!(text, "      <skipped message=\"{}\"/>\n    </testcase>", escape(&fault.message));
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

/// Text for XML 1.0, which has no place for control characters.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
