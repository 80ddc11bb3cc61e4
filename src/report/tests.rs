//! Appearance only: what each format makes of hand-made findings.

use super::*;
use crate::findings::suppress::Suppressed;
use crate::findings::{Position, Problem, Range, collect, sample};

const TEXT: &str = "server.on('request', function handle(req, res) {
    const body = read(req);
    const sock = req.socket;
    sock  .on('close', done);
});
";

fn analysis() -> Analysis {
    let mut first = sample("/work/lib/a.js", 4);
    let mut second = sample("/elsewhere/b.js", 4);
    first.trace[1].path = "/elsewhere/b.js".into();
    second.confidence = Confidence::Medium;
    second.severity = Severity::Error;
    second.event = None;
    second.message = "a <b> & \"c\", 100%: x".to_owned();
    let comment = Range { start: Position { line: 2, column: 5 }, end: Position { line: 2, column: 30 } };
    Analysis {
        files: 2,
        findings: collect(vec![first, second]),
        hidden: 3,
        suppressed: vec![Suppressed {
            finding: collect(vec![sample("/work/lib/a.js", 3)]).remove(0),
            reason: Some("once a day".to_owned()),
            comment,
        }],
        suppression_faults: vec![SuppressionFault {
            path: "/work/lib/a.js".into(),
            range: comment,
            message: "this comment suppresses nothing".to_owned(),
            fingerprint: "0123456789abcdef".to_owned(),
        }],
        problems: vec![Problem { path: "/work/c.js".into(), message: "1:1: syntax error: Expression expected".to_owned() }],
        ..Analysis::default()
    }
}

fn rendered(analysis: &Analysis, format: Format) -> String {
    let report = Report { analysis, working: Utf8Path::new("/work"), text: &|_| Some(TEXT.to_owned()) };
    report.render(format, Look::default()).replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

macro_rules! appearance {
    ($($name:ident: $format:expr),* $(,)?) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(rendered(&analysis(), $format));
        }
    )*};
}

appearance! {
    pretty_report: Format::Pretty,
    compact_report: Format::Compact,
    json_report: Format::Json,
    github_report: Format::Github,
    gitlab_report: Format::Gitlab,
    junit_report: Format::Junit,
    eslint_report: Format::EslintJson,
}

#[test]
fn nothing_found() {
    let text: Vec<_> = [Format::Pretty, Format::Compact, Format::Github, Format::Junit, Format::Gitlab]
        .map(|format| rendered(&Analysis { files: 1, ..Analysis::default() }, format))
        .to_vec();
    insta::assert_snapshot!(text.join("---\n"));
}

#[test]
fn places_are_links_where_the_terminal_knows_them() {
    let mut finding = sample("/work/lib/a b.js", 4);
    finding.fingerprint = "0123456789abcdef".to_owned();
    let analysis = Analysis { findings: vec![finding], ..Analysis::default() };
    let report = Report { analysis: &analysis, working: Utf8Path::new("/work"), text: &|_| Some(TEXT.to_owned()) };
    let render = |links| report.render(Format::Pretty, Look { links, ..Look::default() });
    let linked = |address: &str| format!("\u{1b}]8;;{address}\u{1b}\\lib/a b.js:4:10\u{1b}]8;;\u{1b}\\");
    assert!(render(Links::Files).contains(&linked("file:///work/lib/a%20b.js")), "{}", render(Links::Files));
    assert!(render(Links::Lines).contains(&linked("file:///work/lib/a%20b.js#4")));
    assert!(!render(Links::None).contains('\u{1b}'));
}

#[test]
fn excerpts_fit_the_terminal() {
    let analysis = analysis();
    let report = Report { analysis: &analysis, working: Utf8Path::new("/work"), text: &|_| Some(TEXT.to_owned()) };
    let widest = |width| {
        let text = report.render(Format::Pretty, Look { width, ..Look::default() });
        text.lines().filter(|line| line.starts_with("  × ") || line.starts_with("  ⚠ ")).map(|line| line.chars().count()).max()
    };
    assert!(widest(Some(60)) <= Some(60));
    assert!(widest(Some(60)) < widest(None));
}

#[test]
fn code_is_no_command_to_a_terminal() {
    let mut finding = sample("/work/a.js", 4);
    finding.message = "a `\u{1b}]0;x\u{7}` listener".to_owned();
    let analysis = Analysis { findings: vec![finding], ..Analysis::default() };
    let text = TEXT.replace("body", "\u{1b}[2J");
    let report = Report { analysis: &analysis, working: Utf8Path::new("/work"), text: &|_| Some(text.clone()) };
    for format in [Format::Pretty, Format::Compact] {
        assert!(!report.render(format, Look::default()).contains(['\u{1b}', '\u{7}']));
    }
}

#[test]
fn sarif_has_rules_flows_and_fingerprints() {
    let text = rendered(&analysis(), Format::Sarif);
    let sarif: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), 3);
    assert_eq!(results[0]["suppressions"], serde_json::json!([]));
    assert_eq!(results[2]["suppressions"][0]["justification"], "once a day");
    let flow = results[1]["codeFlows"][0]["threadFlows"][0]["locations"].as_array().expect("a flow");
    assert_eq!(flow.len(), 3);
    assert_eq!(results[1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "lib/a.js");
    assert_eq!(results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "file:///elsewhere/b.js");
    assert_ne!(results[0]["partialFingerprints"], results[1]["partialFingerprints"]);
    assert_eq!(sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().map(Vec::len), Some(2));
}

/// `UNLISTEN_BLESS=1 cargo test` writes it anew.
#[test]
fn the_schema_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/schema/report.schema.json");
    if std::env::var_os("UNLISTEN_BLESS").is_some() {
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/schema")).expect("made");
        std::fs::write(path, schema()).expect("written");
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == schema(), "rules/schema/report.schema.json is not current: UNLISTEN_BLESS=1 cargo test writes it anew");
}
