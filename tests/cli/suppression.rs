//! Comments that leave findings out, in every format.

use std::fs;

use serde_json::Value;

use crate::{LEAK, Project, problems, stderr};

/// The leak with a comment above its line.
fn leak_under(comment: &str) -> String {
    LEAK.replacen("  process", &format!("  {comment}\n  process"), 1)
}

fn suppressed(report: &Value) -> (usize, u64) {
    (report["findings"].as_array().map_or(0, Vec::len), report["summary"]["suppressed"].as_u64().expect("a number"))
}

#[test]
fn a_comment_with_a_reason_leaves_a_finding_out() {
    let next = leak_under("// unlisten-ignore-next-line listener-per-request -- one a day");
    let block = leak_under("/* unlisten-ignore-next-line listener-per-call, listener-per-request -- one\n   a day */");
    let line = LEAK.replacen("end());", "end()); // unlisten-ignore-line listener-per-request -- one a day", 1);
    let file = format!("{LEAK}// unlisten-ignore-file listener-per-request -- one a day\n");
    let project = Project::new(&[("next.js", next.as_bytes()), ("line.js", line.as_bytes()), ("file.js", file.as_bytes())]);
    let report = project.check(0, &["."]);
    assert_eq!(suppressed(&report), (0, 3));
    assert_eq!(problems(&report), []);
    // The rule that finds nothing is told, and fails nothing.
    project.write("next.js", block.as_bytes());
    let report = project.check(0, &["."]);
    assert_eq!(suppressed(&report), (0, 3));
    let told = "this comment suppresses nothing: there is no `listener-per-call` on line 5; remove it";
    assert_eq!(problems(&report), [("next.js", told)]);
    assert_eq!(report["problems"][0]["kind"], "suppression");
    assert_eq!(report["problems"][0]["range"]["start"]["line"], 3);
}

#[test]
fn a_comment_is_refused_without_a_reason_or_a_rule() {
    for (comment, told) in [
        ("// unlisten-ignore-next-line listener-per-request", "gives no reason"),
        ("// unlisten-ignore-next-line listener-per-requests -- why", "did you mean `listener-per-request`?"),
        ("// unlisten-ignore-next-line -- why", "names no rule"),
        ("// unlisten-ignore-nextline listener-per-request -- why", "did you mean `unlisten-ignore-next-line`?"),
        ("const s = '// unlisten-ignore-next-line listener-per-request -- why';", ""),
    ] {
        let project = Project::new(&[("server.js", leak_under(comment).as_bytes())]);
        let report = project.check(1, &["."]);
        assert_eq!(suppressed(&report), (1, 0), "{comment}");
        match told {
            "" => assert_eq!(problems(&report), []),
            _ => assert!(problems(&report).iter().any(|(_, message)| message.contains(told)), "{:?}", problems(&report)),
        }
    }
}

#[test]
fn every_format_tells_of_a_comment_that_does_nothing() {
    let text = format!(
        "{}// unlisten-ignore-line listener-in-loop -- gone\n",
        leak_under("// unlisten-ignore-next-line listener-per-request -- why")
    );
    let project = Project::new(&[("server.js", text.as_bytes())]);
    let formats = ["pretty", "compact", "json", "sarif", "github", "gitlab", "junit", "eslint-json"];
    let outputs: Vec<String> = formats.iter().map(|format| format!("{format}=report.{format}")).collect();
    let mut args = vec!["check", "--no-config"];
    args.extend(outputs.iter().flat_map(|output| ["--format", output.as_str()]));
    let output = project.run(&args);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    for format in formats {
        let text = fs::read_to_string(project.root().join(format!("report.{format}"))).expect("a report");
        assert!(text.contains("this comment suppresses nothing: there is no `listener-in-loop`"), "{format}: {text}");
        assert!(!text.contains('\u{1b}'), "{format}");
    }
    let sarif = fs::read_to_string(project.root().join("report.sarif")).expect("a report");
    let sarif: Value = serde_json::from_str(&sarif).expect("JSON");
    assert_eq!(sarif["runs"][0]["results"][0]["suppressions"][0]["justification"], "why");
}
