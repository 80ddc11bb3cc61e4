//! Every envelope around every kind of warning: what is read must not change.

use serde_json::json;
use unlisten::evidence::{self, LogReading};

use super::{story, warnings};

fn base(log: &str) -> Vec<String> {
    let text = std::fs::read_to_string(story("bus").join(log)).expect("a fixture");
    text.lines().map(str::to_owned).collect()
}

pub fn read_bytes(bytes: &[u8], name: &str) -> LogReading {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a log");
    let (inputs, problems) = evidence::inputs([path.to_str().expect("UTF-8")]);
    assert!(problems.is_empty(), "{problems:?}");
    evidence::read(&inputs)
}

fn time(index: usize) -> String {
    format!("2026-01-05T10:11:12.{:03}Z", index)
}

fn each(lines: &[String], wrap: impl Fn(usize, &str) -> String) -> String {
    lines.iter().enumerate().map(|(index, line)| wrap(index, line) + "\n").collect()
}

fn cut(line: &str, length: usize) -> Vec<String> {
    let chars: Vec<char> = line.chars().collect();
    if chars.is_empty() { vec![String::new()] } else { chars.chunks(length).map(|part| part.iter().collect()).collect() }
}

/// Name and text of each envelope around some lines.
fn envelopes(lines: &[String]) -> Vec<(&'static str, Vec<u8>)> {
    let whole = lines.join("\n");
    let mut all: Vec<(&'static str, String)> = Vec::new();
    all.push(("plain", each(lines, |_, line| line.to_owned())));
    all.push(("crlf", lines.iter().map(|line| format!("{line}\r\n")).collect()));
    all.push(("docker -t", each(lines, |i, line| format!("{} {line}", time(i)))));
    all.push(("bracketed time", each(lines, |i, line| format!("[{}] {line}", time(i)))));
    all.push((
        "docker json-file",
        each(lines, |i, line| json!({"log": format!("{line}\n"), "stream": "stderr", "time": time(i)}).to_string()),
    ));
    all.push(("docker json-file, cut", {
        let mut out = String::new();
        for (index, line) in lines.iter().enumerate() {
            for part in cut(&format!("{line}\n"), 50) {
                out += &(json!({"log": part, "stream": "stderr", "time": time(index)}).to_string() + "\n");
            }
        }
        out
    }));
    all.push(("cri", each(lines, |i, line| format!("{} stderr F {line}", time(i)))));
    all.push(("cri, cut", {
        let mut out = String::new();
        for (index, line) in lines.iter().enumerate() {
            let parts = cut(line, 33);
            for (at, part) in parts.iter().enumerate() {
                out += &format!("{} stderr {} {part}\n", time(index), if at + 1 == parts.len() { "F" } else { "P" });
            }
        }
        out
    }));
    all.push(("kubectl --prefix", each(lines, |_, line| format!("[pod/web-7d9f/app] {line}"))));
    all.push(("stern", each(lines, |_, line| format!("web-7d9f app {line}"))));
    all.push(("compose", each(lines, |_, line| format!("web-1     | {line}"))));
    all.push(("foreman", each(lines, |i, line| format!("10:11:{i:02} web.1  | {line}"))));
    all.push(("heroku", each(lines, |i, line| format!("{} app[web.1]: {line}", time(i)))));
    all.push(("syslog", each(lines, |i, line| format!("Jan  5 10:11:{i:02} host shop[4711]: {line}"))));
    all.push(("syslog with priority", each(lines, |i, line| format!("<14>Jan  5 10:11:{i:02} host shop[4711]: {line}"))));
    all.push(("syslog 5424", each(lines, |i, line| format!("<14>1 {} web-1 shop 4711 - - {line}", time(i)))));
    all.push(("syslog 5424 with data", each(lines, |i, line| format!("<14>1 {} web-1 shop 4711 ID47 [x@1 y=\"1\"] {line}", time(i)))));
    all.push(("rsyslog, escaped", format!("Jan  5 10:11:12 host shop[4711]: {}\n", lines.join("#012"))));
    all.push(("pm2 --time", each(lines, |_, line| format!("2026-01-05T10:11:12: {line}"))));
    all.push(("pm2 logs", each(lines, |_, line| format!("0|shop     | {line}"))));
    all.push((
        "pm2 json",
        json!({"message": lines.concat(), "timestamp": time(1), "type": "err", "process_id": 0, "app_name": "shop"}).to_string(),
    ));
    all.push(("concurrently", each(lines, |_, line| format!("[0] {line}"))));
    all.push(("lerna", each(lines, |_, line| format!("shop: {line}"))));
    all.push(("turbo", each(lines, |_, line| format!("shop:dev: {line}"))));
    all.push(("pnpm", each(lines, |_, line| format!("packages/shop dev: {line}"))));
    all.push(("gh run view", each(lines, |i, line| format!("test\tRun npm test\t{} {line}", time(i)))));
    all.push(("github actions", each(lines, |i, line| format!("2026-01-05T10:11:12.{:07}Z {line}", i * 1000))));
    all.push(("colours", each(lines, |_, line| format!("\u{1b}[33m{line}\u{1b}[39m"))));
    all.push(("indent lost", each(lines, |_, line| line.trim_start().to_owned())));
    all.push(("line breaks lost", lines.concat()));
    all.push(("line breaks to blanks", lines.join(" ")));
    all.push(("newest first", {
        let stamped: Vec<String> = lines.iter().enumerate().map(|(i, line)| format!("{} {line}", time(i))).collect();
        stamped.iter().rev().map(|line| format!("{line}\n")).collect()
    }));
    all.push(("pino", json!({"level": 40, "time": 1767607872000i64, "pid": 4711, "hostname": "h", "err": {"type": "Error", "stack": whole}, "msg": "warned"}).to_string()));
    all.push(("winston", json!({"level": "warn", "message": whole, "timestamp": time(0)}).to_string()));
    all.push(("ecs", json!({"@timestamp": time(0), "process.pid": 4711, "error": {"stack_trace": whole}, "message": "x"}).to_string()));
    all.push((
        "gelf",
        json!({"version": "1.1", "host": "h", "short_message": lines[0], "full_message": whole, "timestamp": 1767607872.5}).to_string(),
    ));
    all.push(("otel", json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"timeUnixNano": "1767607872000000000", "body": {"stringValue": whole}}]}]}]}).to_string()));
    all.push(("elastic export", json!({"hits": {"hits": [{"_source": {"@timestamp": time(0), "message": whole}}]}}).to_string()));
    all.push(("gcp", serde_json::to_string_pretty(&json!([{"textPayload": whole, "timestamp": time(0)}])).expect("JSON")));
    all.push((
        "json in json",
        json!({"log": json!({"msg": whole, "pid": 4711}).to_string() + "\n", "stream": "stderr", "time": time(0)}).to_string(),
    ));
    all.push(("prefixed json", format!("web-1  | {}", json!({"msg": whole}))));
    all.push(("cri around json", format!("{} stderr F {}", time(0), json!({"msg": whole}))));
    all.push((
        "fluentd",
        each(lines, |i, line| {
            format!("{} kube.app: {}", time(i), json!({"log": line, "stream": "stderr", "kubernetes": {"pod_name": "web"}}))
        }),
    ));
    all.push(("journald json", each(lines, |_, line| json!({"MESSAGE": line, "_PID": "4711", "SYSLOG_IDENTIFIER": "shop"}).to_string())));
    all.push(("journald bytes", each(lines, |_, line| json!({"MESSAGE": line.as_bytes(), "_PID": "4711"}).to_string())));
    all.push((
        "journald json-pretty",
        each(lines, |_, line| serde_json::to_string_pretty(&json!({"MESSAGE": line, "_PID": "4711"})).expect("JSON")),
    ));
    all.push(("logfmt", each(lines, |i, line| format!("ts={} level=warn msg=\"{line}\" stream=stderr", time(i)))));
    all.push(("logfmt, escaped", format!("level=warn msg=\"{}\" pid=4711\n", whole.replace('\n', "\\n"))));
    all.push(("csv", each(lines, |i, line| format!("\"2026-01-05 10:11:12.{i:03}\",\"{line}\""))));
    all.push(("csv, one cell", format!("time,message\n{},\"{whole}\"\n", time(0))));
    all.push(("loki", each(lines, |i, line| format!("{} {{app=\"web\"}} {line}", time(i)))));
    all.push(("log4js", format!("\u{1b}[33m[{}] [WARN] app - \u{1b}[39m{whole} {{\n  emitter: X {{}},\n  count: 11\n}}\n", time(0))));
    all.push(("told twice", format!("{whole}\n{}\n{whole}\n", json!({"level": 40, "pid": 4711, "err": {"stack": whole}, "msg": "again"}))));
    let mut bytes: Vec<(&'static str, Vec<u8>)> = all.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    let wide = |text: &str, big: bool| -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    bytes.push(("utf-8 bom", format!("\u{feff}{whole}\n").into_bytes()));
    bytes.push(("utf-16le bom", wide(&format!("\u{feff}{}\r\n", lines.join("\r\n")), false)));
    bytes.push(("utf-16be bom", wide(&format!("\u{feff}{whole}\n"), true)));
    bytes.push(("utf-16le", wide(&format!("{whole}\n"), false)));
    bytes.push(("gzip", {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packer, whole.as_bytes()).expect("a vector");
        packer.finish().expect("a vector")
    }));
    bytes.push(("zstd", ruzstd::encoding::compress_to_vec(whole.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest)));
    bytes.push(("in a large log", {
        let noise = "10.0.0.1 - - [05/Jan/2026:10:11:12 +0000] \"GET /health HTTP/1.1\" 200 2\n".repeat(12_000);
        format!("{noise}{whole}\n{noise}").into_bytes()
    }));
    bytes.push(("in a large log on one line", {
        let noise = "x".repeat(700_000);
        format!("{noise}\n{whole}\n{noise}").into_bytes()
    }));
    bytes
}

#[test]
fn every_envelope_around_a_modern_warning() {
    let lines = &base("modern.log")[1..];
    for (name, bytes) in envelopes(lines) {
        let reading = read_bytes(&bytes, "x.log");
        let found = warnings(&reading);
        assert_eq!(found.len(), 1, "{name}: {:?}", reading.observations);
        let warning = found[0];
        let said = (warning.event.as_deref(), warning.count, warning.emitter.as_deref(), warning.max, warning.pid);
        assert_eq!(said, (Some("config"), 11, Some("[EventEmitter]"), Some(10.0), Some(4711)), "{name}");
        let frame = warning.frames.iter().find(|frame| !frame.internal).unwrap_or_else(|| panic!("{name}: no frame"));
        assert_eq!((frame.path.as_deref(), frame.line, frame.column), (Some("/srv/app/bus/server.js"), Some(9), Some(9)), "{name}");
        assert_eq!(warning.frames.len(), 7, "{name}: {:?}", warning.frames);
    }
}

#[test]
fn every_envelope_around_an_old_warning() {
    for (name, bytes) in envelopes(&base("old.log")) {
        let reading = read_bytes(&bytes, "x.log");
        let found = warnings(&reading);
        assert_eq!(found.len(), 1, "{name}: {:?}", reading.observations);
        let warning = found[0];
        assert_eq!((warning.event.as_deref(), warning.count, warning.emitter.as_deref()), (Some("config"), 11, None), "{name}");
        let frame = warning.frames.iter().find(|frame| !frame.internal).unwrap_or_else(|| panic!("{name}: no frame"));
        assert_eq!(frame.path.as_deref(), Some("/srv/app/bus/server.js"), "{name}");
    }
}

#[test]
fn every_envelope_around_several_warnings() {
    // Three processes' warnings one behind the other, each with its own stack.
    let lines = &base("modern.log")[1..];
    let mut several = Vec::new();
    for (pid, event) in [(4711, "config"), (4712, "close"), (4713, "drain")] {
        several.extend(lines.iter().map(|line| {
            let line = line.replace("4711", &pid.to_string()).replace("config", event);
            line.replace("server.js:9", &format!("server.js:{pid}"))
        }));
    }
    for (name, bytes) in envelopes(&several) {
        // One record is one error; a record of several is nothing that is written.
        let is_record = [
            "pino",
            "winston",
            "ecs",
            "gelf",
            "otel",
            "elastic export",
            "gcp",
            "json in json",
            "prefixed json",
            "cri around json",
            "log4js",
            "told twice",
        ];
        if is_record.contains(&name) {
            continue;
        }
        let reading = read_bytes(&bytes, "x.log");
        let found = warnings(&reading);
        assert_eq!(found.len(), 3, "{name}: {:?}", found.iter().map(|it| (it.pid, &it.event)).collect::<Vec<_>>());
        for warning in found {
            let frame = warning.frames.iter().find(|frame| !frame.internal).unwrap_or_else(|| panic!("{name}: no frame"));
            assert_eq!(frame.line, warning.pid, "{name}");
            assert_eq!(warning.frames.len(), 7, "{name}");
        }
    }
}

#[test]
fn prefixes_tell_interleaved_streams_apart() {
    let lines = &base("modern.log")[1..];
    let other: Vec<String> = lines.iter().map(|line| line.replace("4711", "99").replace("server.js:9", "server.js:99")).collect();
    type Prefix = fn(usize, &str) -> String;
    let prefixes: [Prefix; 5] = [
        |stream, line| format!("web-{stream}     | {line}"),
        |stream, line| format!("[{stream}] {line}"),
        |stream, line| format!("Jan  5 10:11:12 host shop[{}]: {line}", 4000 + stream),
        |stream, line| format!("2026-01-05T10:11:12.123Z app[web.{stream}]: {line}"),
        |stream, line| json!({"log": format!("{line}\n"), "container_name": format!("web-{stream}")}).to_string(),
    ];
    for (index, prefix) in prefixes.iter().enumerate() {
        let mut text = String::new();
        for (one, two) in lines.iter().zip(&other) {
            text += &format!("{}\n{}\n", prefix(1, one), prefix(2, two));
        }
        let reading = read_bytes(text.as_bytes(), "x.log");
        let found = warnings(&reading);
        assert_eq!(found.len(), 2, "{index}");
        for warning in found {
            let line = warning.frames.iter().find(|frame| !frame.internal).and_then(|frame| frame.line);
            assert_eq!(line, if warning.pid == Some(99) { Some(99) } else { Some(9) }, "{index}");
        }
    }
    // Nothing tells these apart: no stack is taken, and that is said.
    let mut text = String::new();
    for (one, two) in lines.iter().zip(&other) {
        text += &format!("{one}\n{two}\n");
    }
    let reading = read_bytes(text.as_bytes(), "x.log");
    assert_eq!(warnings(&reading).len(), 2);
    assert!(warnings(&reading).iter().any(|warning| warning.interleaved && warning.frames.is_empty()));
}

#[test]
fn lines_are_counted_alike_however_a_log_is_read() {
    let lines = &base("modern.log")[1..];
    let noise = "10.0.0.1 - - [05/Jan/2026:10:11:12 +0000] \"GET /health HTTP/1.1\" 200 2\n";
    let (mut text, mut wanted, mut number) = (String::new(), Vec::new(), 1);
    for (index, gap) in [9_000, 1, 40, 700, 20_000, 3].into_iter().enumerate() {
        text += &noise.repeat(gap);
        number += gap as u64;
        wanted.push(number);
        text += &(lines.join("\n") + "\n").replace("4711", &(5_000 + index).to_string());
        number += lines.len() as u64;
    }
    text += &noise.repeat(15_000);
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packer, text.as_bytes()).expect("a vector");
    let packed = packer.finish().expect("a vector");
    for (name, bytes) in [("plain", text.as_bytes()), ("packed", packed.as_slice())] {
        let reading = read_bytes(bytes, "x.log");
        let found: Vec<u64> = warnings(&reading).iter().map(|warning| warning.log.line).collect();
        assert_eq!(found, wanted, "{name}");
        assert!(warnings(&reading).iter().all(|warning| warning.frames.len() == 7), "{name}");
    }
}
