//! The example of the README: a gateway whose dependency leaks, with the logs that two versions of Node wrote of it.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

fn gateway() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/projects/gateway")
}

fn check(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unlisten"));
    command.args(["check", "--no-config", "--format", "json"]).args(args).current_dir(gateway()).output().expect("it runs")
}

/// The one finding is confirmed, and stands in the dependency.
fn assert_confirmed(log: &str) {
    let output = check(&[".", "--logs", log]);
    assert_eq!(output.status.code(), Some(1), "{log}: {}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let findings = report["findings"].as_array().expect("findings");
    assert_eq!(findings.len(), 1, "{log}: {report:#}");
    assert_eq!(findings[0]["path"], "node_modules/wirescope/probes/requests.js");
    assert_eq!(findings[0]["range"]["start"]["line"], 30);
    assert_eq!(findings[0]["verdict"], "confirmed");
    assert_eq!(report["observations"][0]["finding"], findings[0]["fingerprint"]);
}

#[test]
fn the_logs_lead_into_the_dependency() {
    assert_confirmed("logs/node-0.12.log");
    assert_confirmed("logs/node-20.log");
}

#[test]
fn the_code_of_the_example_itself_is_clean() {
    assert_eq!(check(&["."]).status.code(), Some(0));
}

#[test]
fn the_example_still_leaks_when_it_runs() {
    let Ok(run) = Command::new("node").args(["--trace-warnings", "demo.js"]).current_dir(gateway()).output() else {
        eprintln!("skipped: there is no Node");
        return;
    };
    let log = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(log.path(), &run.stderr).expect("written");
    assert_confirmed(log.path().to_str().expect("a UTF-8 path"));
}
