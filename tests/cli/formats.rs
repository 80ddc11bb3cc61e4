//! Reports for other programs, held to what these expect.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::schema::faults;
use crate::{LEAK, Project, stderr};

/// Two files' trace, a suppressed finding, one without a reason, a file that cannot be parsed, a folder with a space, a log.
fn project() -> Project {
    let suppressed = LEAK.replacen("  process", "  // unlisten-ignore-next-line listener-per-request -- \"why\" <b>\n  process", 1);
    let refused = LEAK.replacen("  process", "  // unlisten-ignore-next-line listener-per-request\n  process", 1);
    let project = Project::new(&[
        ("a b/\u{e9}%.js", LEAK.as_bytes()),
        ("suppressed.js", suppressed.as_bytes()),
        ("refused.js", refused.as_bytes()),
        ("broken.js", b"function ("),
        ("add.js", b"module.exports = (bus, f) => {\n  bus.on('x', f);\n};\n"),
        (
            "calls.js",
            b"const { EventEmitter } = require('events');\nconst http = require('http');\nconst add = require('./add');\nconst bus = new EventEmitter();
http.createServer((req, res) => {\n  add(bus, () => res.end());\n}).listen(0);\n",
        ),
    ]);
    let log = "(node:1) MaxListenersExceededWarning: Possible EventEmitter memory leak detected. 11 SIGTERM listeners added to [process]. Use emitter.setMaxListeners() to increase limit\n";
    project.write("app.log", log.as_bytes());
    project
}

/// Every format's report of one run.
fn report(project: &Project, format: &str) -> String {
    let output = project.run(&["check", "--no-config", "--quiet", "--logs", "app.log", "--format", format]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn json(project: &Project, format: &str) -> Value {
    serde_json::from_str(&report(project, format)).expect("JSON")
}

fn schema(path: &str) -> Value {
    let text = fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).expect("a schema");
    serde_json::from_str(&text).expect("JSON")
}

fn list<'a>(value: &'a Value, path: &str) -> &'a Vec<Value> {
    value.pointer(path).and_then(Value::as_array).unwrap_or_else(|| panic!("no list at {path}: {value}"))
}

#[test]
fn sarif_is_valid() {
    let schema = schema("tests/cli/schemas/sarif-2.1.0-rtm.5.json");
    let project = project();
    let sarif = json(&project, "sarif");
    assert_eq!(faults(&schema, &sarif), [""; 0]);
    // Under a baseline, and where nothing is found.
    assert_eq!(project.run(&["baseline", "calls.js"]).status.code(), Some(0));
    let known = json(&project, "sarif");
    let output = project.run(&["check", "--no-config", "--format", "sarif", "--baseline", "unlisten-baseline.json"]);
    let new: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(faults(&schema, &new), [""; 0]);
    assert!(list(&new, "/runs/0/results").len() < list(&known, "/runs/0/results").len());
    assert_eq!(new.pointer("/runs/0/results/0/baselineState"), Some(&Value::from("new")));
    project.write("none/empty.js", b"");
    let none: Value = serde_json::from_slice(&project.run(&["check", "--format", "sarif", "none"]).stdout).expect("JSON");
    assert_eq!(faults(&schema, &none), [""; 0]);
    // The validator would have seen it.
    let mut broken = sarif.clone();
    broken["runs"][0]["results"][0]["level"] = "bad".into();
    broken["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0.into();
    broken["runs"][0]["tool"]["driver"].as_object_mut().expect("a driver").remove("name");
    assert_eq!(faults(&schema, &broken).len(), 3, "{:?}", faults(&schema, &broken));
}

/// What the schema cannot say.
#[test]
fn sarif_fits_together() {
    let project = project();
    fs::create_dir(project.root().join(".git")).expect("made");
    let sarif = json(&project, "sarif");
    let rules = list(&sarif, "/runs/0/tool/driver/rules");
    for rule in rules {
        assert!(rule["help"]["markdown"].as_str().is_some_and(|page| page.contains("## Why it leaks")), "{}", rule["id"]);
        assert!(rule["fullDescription"]["text"].as_str().is_some_and(|text| text.len() > 40), "{}", rule["id"]);
    }
    let results = list(&sarif, "/runs/0/results");
    let mut prints = BTreeSet::new();
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(prints.insert(result["partialFingerprints"]["unlisten/v1"].as_str().expect("a fingerprint")));
        let place = &result["locations"][0]["physicalLocation"];
        let steps = list(result, "/codeFlows/0/threadFlows/0/locations");
        assert_eq!(&steps[steps.len() - 1]["location"]["physicalLocation"], place);
        assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
        assert!(result["suppressions"].is_array());
    }
    let suppressed: Vec<&Value> = results.iter().filter(|result| !list(result, "/suppressions").is_empty()).collect();
    assert_eq!(suppressed.len(), 1);
    assert_eq!(suppressed[0]["suppressions"][0]["justification"], "\"why\" <b>");
    let uris: BTreeSet<&str> =
        results.iter().filter_map(|result| result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str()).collect();
    assert_eq!(uris, BTreeSet::from(["a%20b/%C3%A9%25.js", "calls.js", "refused.js", "suppressed.js"]));
    let notifications = list(&sarif, "/runs/0/invocations/0/toolExecutionNotifications");
    assert!(notifications.iter().any(|told| told["descriptor"]["id"] == "suppression"));
    assert!(notifications.iter().any(|told| told["message"]["text"].as_str().is_some_and(|text| text.contains("syntax error"))));
}

#[test]
fn json_is_as_its_schema_says() {
    assert_eq!(faults(&schema("rules/schema/report.schema.json"), &json(&project(), "json")), [""; 0]);
}

#[test]
fn gitlab_gets_the_fields_that_it_requires() {
    let project = project();
    fs::create_dir(project.root().join(".git")).expect("made");
    let issues = json(&project, "gitlab");
    let issues = issues.as_array().expect("a list");
    let mut prints = BTreeSet::new();
    for issue in issues {
        for field in ["description", "check_name", "fingerprint", "severity"] {
            assert!(issue[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {issue}");
        }
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&issue["severity"].as_str().unwrap_or("")), "{issue}");
        assert!(prints.insert(issue["fingerprint"].as_str()), "the same fingerprint twice: {issue}");
        let path = issue["location"]["path"].as_str().expect("a path");
        assert!(!path.starts_with('/') && !path.starts_with('.') && project.root().join(path).is_file(), "{path}");
        assert!(issue["location"]["lines"]["begin"].as_u64().is_some_and(|line| line > 0));
    }
    assert!(issues.len() >= 4, "{issues:?}");
    // In a folder of the repository, paths are still those of the repository.
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_unlisten"))
        .args(["check", "--no-config", "--format", "gitlab"])
        .current_dir(project.root().join("a b"))
        .output()
        .expect("it runs");
    let inside: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(inside[0]["location"]["path"], "a b/\u{e9}%.js");
}

#[test]
fn github_gets_one_command_a_line() {
    let command =
        regex::Regex::new(r"^::(error|warning|notice) file=[^:,]+,line=\d+,col=\d+(,endColumn=\d+|,endLine=\d+),title=[a-z-]+::[^\r\n]+$");
    let command = command.expect("a constant");
    let text = report(&project(), "github");
    for line in text.lines() {
        assert!(command.is_match(line), "{line}");
    }
    assert!(text.contains("file=a b/\u{e9}%25.js,"), "{text}");
    assert!(text.lines().count() >= 4);
}

#[test]
fn junit_is_well_formed_and_counts_right() {
    let text = report(&project(), "junit");
    let tag = regex::Regex::new(r#"<(/?)([a-z]+)((?: [a-z]+="[^"<&]*(?:&(?:lt|gt|amp|quot);[^"<&]*)*")*)(/?)>"#).expect("a constant");
    let mut open: Vec<&str> = Vec::new();
    let (mut cases, mut failures, mut skipped) = (0, 0, 0);
    let body = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").expect("a declaration");
    let mut end = 0;
    for found in tag.captures_iter(body) {
        let whole = found.get(0).expect("whole");
        assert!(!body[end..whole.start()].contains(['<', '>']), "{}", &body[end..whole.start()]);
        end = whole.end();
        let name = found.get(2).expect("a name").as_str();
        match (&found[1], &found[4]) {
            ("/", _) => assert_eq!(open.pop(), Some(name)),
            (_, closed) => {
                cases += i32::from(name == "testcase");
                failures += i32::from(name == "failure");
                skipped += i32::from(name == "skipped");
                if closed.is_empty() {
                    open.push(name);
                }
            }
        }
    }
    assert!(open.is_empty() && body[end..].trim().is_empty());
    assert!(
        body.starts_with(&format!("<testsuites name=\"unlisten\" tests=\"{cases}\" failures=\"{failures}\" skipped=\"{skipped}\">")),
        "{body}"
    );
    assert!(failures >= 3 && skipped == 1);
}

#[test]
fn eslint_json_is_what_its_readers_expect() {
    let project = project();
    let results = json(&project, "eslint-json");
    let mut files = BTreeSet::new();
    for result in results.as_array().expect("a list") {
        let path = result["filePath"].as_str().expect("a path");
        assert!(std::path::Path::new(path).is_absolute() && files.insert(path), "{path}");
        let messages = list(result, "/messages");
        let of = |severity: u64| messages.iter().filter(|message| message["severity"] == severity).count() as u64;
        assert_eq!(result["errorCount"], of(2));
        assert_eq!(result["warningCount"], of(1));
        let fatal = messages.iter().filter(|message| message["fatal"] == true).count();
        assert_eq!(result["fatalErrorCount"], fatal);
        for message in messages.iter().chain(list(result, "/suppressedMessages")) {
            assert!(
                message["message"].is_string() && message["line"].as_u64() > Some(0) && message["column"].as_u64() > Some(0),
                "{message}"
            );
            assert!(message["ruleId"].is_string() || message["ruleId"].is_null());
        }
    }
    let suppressed = results.as_array().expect("a list").iter().find(|result| !list(result, "/suppressedMessages").is_empty());
    assert_eq!(suppressed.expect("one")["suppressedMessages"][0]["suppressions"][0]["justification"], "\"why\" <b>");
}
