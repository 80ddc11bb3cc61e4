//! Runtime evidence, on logs and programs of our own (`fixtures/evidence/<story>`).

#[path = "evidence/envelopes.rs"]
mod envelopes;
#[path = "evidence/hostile.rs"]
mod hostile;
#[path = "evidence/properties.rs"]
mod properties;

use camino::{Utf8Path, Utf8PathBuf};
use unlisten::evidence::{self, GrowthKind, LogReading, MaxListeners, Observation, PathMapping, Places, ProcessStory};
use unlisten::findings::{Confidence, Finding, Position, Range, Region, Severity, Verdict};

pub fn story(name: &str) -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/evidence").join(name)
}

/// A finding as a rule would make it, on the first place of the file where `text` stands.
pub fn finding(path: &Utf8Path, text: &str, event: Option<&str>) -> Finding {
    let source = std::fs::read_to_string(path).expect("a fixture");
    let (line, row) = source.lines().enumerate().find(|(_, row)| row.contains(text)).expect("the text stands in the fixture");
    let column = row.find(text).unwrap_or(0) as u32 + 1;
    let start = Position { line: line as u32 + 1, column };
    let call = Position { line: start.line, column: column + text.find('(').unwrap_or(0) as u32 };
    Finding {
        rule: "listener-per-call",
        severity: Severity::Warning,
        confidence: Confidence::Low,
        path: path.to_owned(),
        range: Range { start, end: call },
        call,
        whole: Range::default(),
        message: String::new(),
        help: String::new(),
        event: event.map(str::to_owned),
        emitter_type: None,
        lifetime: Region::Module,
        runs: Region::Request,
        retains: Vec::new(),
        trace: Vec::new(),
        fingerprint: format!("{}:{}:{}", path.file_name().unwrap_or(""), start.line, start.column),
        verdict: None,
        evidence: Vec::new(),
        remedies: Vec::new(),
        fix: None,
        text: row.trim().to_owned(),
        scope: String::new(),
    }
}

pub fn read(log: &Utf8Path) -> LogReading {
    let (inputs, problems) = evidence::inputs([log.as_str()]);
    assert!(problems.is_empty(), "{problems:?}");
    evidence::read(&inputs)
}

pub fn warnings(reading: &LogReading) -> Vec<&MaxListeners> {
    let mut found = Vec::new();
    for observation in &reading.observations {
        if let Observation::MaxListeners(warning) = observation {
            found.push(warning);
        }
    }
    found
}

fn joined(story_name: &str, log: &str, findings: &mut [Finding]) -> (LogReading, Vec<ProcessStory>) {
    let root = story(story_name);
    let mut reading = read(&root.join(log));
    let places = Places::new(&[root], &[], Vec::new());
    let stories = evidence::correlate(findings, &mut reading, &places);
    (reading, stories)
}

#[test]
fn a_stack_confirms_the_finding_it_names() {
    for log in ["modern.log", "old.log"] {
        let mut findings = [finding(&story("bus").join("server.js"), "on('config'", Some("config"))];
        let (reading, _) = joined("bus", log, &mut findings);
        let warnings = warnings(&reading);
        assert_eq!(warnings.len(), 1, "{log}");
        assert_eq!(warnings[0].finding.as_deref(), Some("server.js:9:9"), "{log}");
        assert_eq!(warnings[0].site.as_ref().map(|site| site.line), Some(9));
        assert_eq!(findings[0].verdict, Some(Verdict::Confirmed), "{log}");
        assert!(evidence::is_named(&findings[0]));
    }
}

#[test]
fn without_a_stack_the_event_decides_and_the_verdict_is_weaker() {
    let path = story("bus").join("server.js");
    let mut findings = [finding(&path, "emit('other'", Some("other")), finding(&path, "on('config'", Some("config"))];
    let (reading, _) = joined("bus", "untraced.log", &mut findings);
    let warning = warnings(&reading)[0];
    assert_eq!(warning.finding.as_deref(), Some("server.js:9:9"));
    assert!(warning.advice.as_deref().is_some_and(|advice| advice.contains("--trace-warnings")));
    assert_eq!((findings[0].verdict, findings[1].verdict), (None, Some(Verdict::Consistent)));
}

#[test]
fn a_warning_that_nothing_explains_says_why() {
    let (reading, _) = joined("bus", "modern.log", &mut []);
    let reason = warnings(&reading)[0].unexplained.clone().unwrap_or_default();
    assert!(reason.contains("server.js:9"), "{reason}");
    // A finding of the same event elsewhere is not the cause: the stack says where.
    let mut elsewhere = [finding(&story("killed").join("worker.js"), "on('job'", Some("config"))];
    let (reading, _) = joined("bus", "modern.log", &mut elsewhere);
    assert_eq!((warnings(&reading)[0].finding.clone(), elsewhere[0].verdict), (None, None));
}

#[test]
fn a_stack_leads_into_a_dependency() {
    let root = story("dependency");
    let reading = read(&root.join("old.log"));
    let places = Places::new(std::slice::from_ref(&root), &[], Vec::new());
    let agent = root.join("node_modules/pooled/lib/agent.js");
    assert_eq!(evidence::frames_to_files(&reading, &places), std::slice::from_ref(&agent));
    let mut findings = [finding(&agent, "once('connect'", Some("connect"))];
    let (reading, _) = joined("dependency", "old.log", &mut findings);
    assert_eq!(warnings(&reading)[0].site.as_ref().map(|site| site.path.clone()), Some(agent));
    assert_eq!(findings[0].verdict, Some(Verdict::Confirmed));
}

#[test]
fn a_bundle_leads_to_its_source_over_two_maps() {
    let root = story("bundle");
    let mut findings = [finding(&root.join("src/session.ts"), "on('tick'", Some("tick"))];
    let (reading, _) = joined("bundle", "app.log", &mut findings);
    let site = warnings(&reading)[0].site.clone().expect("a site");
    assert_eq!((site.path, site.line, site.column), (root.join("src/session.ts"), 5, 9));
    assert_eq!(findings[0].verdict, Some(Verdict::Confirmed));
    assert!(findings[0].evidence[0].how.contains("source map"), "{:?}", findings[0].evidence);
}

#[test]
fn one_story_per_process() {
    let mut findings = [finding(&story("killed").join("worker.js"), "on('job'", Some("job"))];
    let (reading, stories) = joined("killed", "app.log", &mut findings);
    assert_eq!(stories.len(), 1, "{stories:?}");
    let summary = &stories[0].summary;
    assert!(summary.starts_with("heap grew 3.1 ± 0.0 MB a minute over 30 minutes"), "{summary}");
    assert!(summary.contains("11 «job» listeners") && summary.contains("worker.js:6 at 12:04:01"), "{summary}");
    assert!(summary.ends_with("killed by SIGKILL at 12:31:00"), "{summary}");
    let gc = reading.observations.iter().find_map(|it| if let Observation::Gc(gc) = it { Some(gc) } else { None }).expect("collections");
    assert_eq!((gc.events, gc.full, gc.growth), (16, 16, GrowthKind::Objects));
    assert_eq!(findings[0].evidence.len(), 2, "the warning and the growth: {:?}", findings[0].evidence);
}

#[test]
fn a_mapping_says_where_a_folder_lies() {
    let root = story("bus");
    let working = story("");
    let mapping = PathMapping::parse("/srv/app/bus=bus", &working).expect("a mapping");
    let places = Places::new(&[], &[], vec![mapping]);
    assert_eq!(places.find("/srv/app/bus/server.js").map(|found| found.path), Some(root.join("server.js")));
    assert!(PathMapping::parse("nonsense", &working).is_err());
}

#[test]
fn tellings_of_other_logs_are_one_where_they_are_of_one_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = std::fs::read_to_string(story("bus").join("modern.log")).expect("a fixture");
    for name in ["out.log", "copy/err.log"] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, &text).expect("a log");
    }
    let path = Utf8Path::from_path(folder.path()).expect("UTF-8");
    assert_eq!(warnings(&read(path)).len(), 1);
    // In two containers the first process is 1 each time.
    for name in ["out.log", "copy/err.log"] {
        std::fs::write(folder.path().join(name), text.replace("4711", "1")).expect("a log");
    }
    assert_eq!(warnings(&read(path)).len(), 2);
}

#[test]
fn the_report_for_a_person() {
    let mut findings = [finding(&story("killed").join("worker.js"), "on('job'", Some("job"))];
    findings[0].message = "each job is kept".to_owned();
    let (reading, stories) = joined("killed", "app.log", &mut findings);
    let root = story("killed");
    let places = Places::new(std::slice::from_ref(&root), &[], Vec::new());
    let mut out = Vec::new();
    evidence::write_text(&mut out, &reading, &stories, &findings, Some(&places), &root).expect("a vector");
    let text = String::from_utf8(out).expect("UTF-8").replace(root.as_str(), "");
    insta::assert_snapshot!(text, @r"
    11 «job» listeners on [EventEmitter], the limit is 10
      told in /app.log:4, process 900, 2026-01-05T12:04:01Z
      added at worker.js:6:7
        bus.on('job', () => chunk);
      explained by listener-per-call: each job is kept
      one emitter: told once: one emitter passed its limit, a leak where it goes on
    process 900 (/app.log): heap grew 3.1 ± 0.0 MB a minute over 30 minutes, 11 «job» listeners on [EventEmitter] at worker.js:6 at 12:04:01, killed by SIGKILL at 12:31:00
    ");
}

#[test]
fn a_growing_log_is_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = Utf8PathBuf::from_path_buf(folder.path().join("app.log")).expect("UTF-8");
    std::fs::write(&path, "starts\n").expect("a log");
    let text = std::fs::read_to_string(story("bus").join("modern.log")).expect("a fixture");
    let (mut rounds, mut seen) = (0, Vec::new());
    evidence::follow(
        &path,
        std::time::Duration::from_millis(1),
        &mut || {
            rounds += 1;
            if rounds == 2 {
                let mut file = std::fs::OpenOptions::new().append(true).open(&path).expect("the log");
                std::io::Write::write_all(&mut file, text.as_bytes()).expect("the log");
            }
            rounds < 5
        },
        &mut |observation| {
            seen.push(observation.clone());
            Ok(())
        },
    )
    .expect("to follow");
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].frames().len(), 7);
}

#[test]
fn the_end_of_memory_names_the_line_that_asked_for_more() {
    let path = story("killed").join("worker.js");
    for text in [
        "RangeError: Array buffer allocation failed\n    at new ArrayBuffer (<anonymous>)\n    at createUnsafeBuffer (node:internal/buffer:1061:12)\n    at Function.alloc (node:buffer:386:10)\n    at Timeout._onTimeout (/usr/src/app/worker.js:6:3)\n    at listOnTimeout (node:internal/timers:581:17)\n",
        "RangeError [ERR_MEMORY_ALLOCATION_FAILED]: Failed to allocate memory\n    at Timeout._onTimeout (/usr/src/app/worker.js:6:3) {\n  code: 'ERR_MEMORY_ALLOCATION_FAILED'\n}\n",
        "==== JS stack trace ====\n    1: ExitFrame [pc: 0x1]\n    2: _onTimeout(aka f) [0x30] [/usr/src/app/worker.js:6] [bytecode=0x1 offset=2](this=0x1)\n\nFATAL ERROR: CALL_AND_RETRY_LAST Allocation failed - JavaScript heap out of memory\n",
    ] {
        let mut findings = [finding(&path, "on('job'", Some("job"))];
        let mut reading = envelopes::read_bytes(text.as_bytes(), "x.log");
        let places = Places::new(&[story("killed")], &[], Vec::new());
        evidence::correlate(&mut findings, &mut reading, &places);
        let [Observation::OutOfMemory(end)] = reading.observations.as_slice() else { panic!("{text}: {:?}", reading.observations) };
        assert_eq!(end.finding.as_deref(), Some("worker.js:6:7"), "{text}");
        assert_eq!(findings[0].verdict, Some(Verdict::Confirmed));
    }
}

#[test]
fn silence_that_proves_nothing_is_said() {
    let path = story("bus").join("server.js");
    let mut findings = [finding(&path, "on('config'", Some("abort")), finding(&path, "on('config'", Some("config"))];
    findings[0].emitter_type = Some("AbortSignal".to_owned());
    let places = Places::new(&[story("bus")], &[], Vec::new());
    let mut reading = envelopes::read_bytes(b"Node.js v24.1.0\n", "x.log");
    evidence::correlate(&mut findings, &mut reading, &places);
    assert!(findings[0].help.contains("an AbortSignal has no limit"), "{}", findings[0].help);
    assert!(findings[1].help.is_empty());
    let mut findings = [finding(&path, "on('config'", Some("abort"))];
    findings[0].emitter_type = Some("AbortSignal".to_owned());
    let mut reading = envelopes::read_bytes(b"Node.js v20.1.0\n$ node --no-warnings server.js\n", "x.log");
    evidence::correlate(&mut findings, &mut reading, &places);
    assert!(findings[0].help.contains("switched off"), "{}", findings[0].help);
}

#[test]
fn code_that_ran_quietly_is_silent() {
    let path = story("bus").join("server.js");
    let mut findings = [finding(&path, "on('config'", Some("config"))];
    findings[0].scope = "serve".to_owned();
    let text = "Error: elsewhere\n    at Object.serve (/srv/app/bus/server.js:11:5)\n    at main (/srv/app/bus/server.js:13:3)\ndone\n";
    let mut reading = envelopes::read_bytes(text.as_bytes(), "x.log");
    let places = Places::new(&[story("bus")], &[], Vec::new());
    evidence::correlate(&mut findings, &mut reading, &places);
    assert_eq!(findings[0].verdict, Some(Verdict::Silent));
}

#[test]
fn one_emitter_or_many() {
    let said = "(node:70) MaxListenersExceededWarning: Possible EventEmitter memory leak detected. 11 x listeners added to [E]. Use emitter.setMaxListeners() to increase limit\n";
    let pattern = |text: &str| {
        let mut reading = envelopes::read_bytes(text.as_bytes(), "x.log");
        evidence::correlate(&mut [], &mut reading, &Places::new(&[], &[], Vec::new()));
        warnings(&reading)[0].pattern.clone().expect("a pattern").growth
    };
    assert_eq!(pattern(said), evidence::Growth::OneEmitter);
    assert_eq!(pattern(&said.repeat(5)), evidence::Growth::ManyEmitters);
    assert_eq!(pattern(&format!("{said}{}", said.replace("70", "71"))), evidence::Growth::OneEmitter);
}
