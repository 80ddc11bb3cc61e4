//! Records of JSON loggers and shippers: pino, bunyan, winston, docker's json-file, journald, GELF, ECS, OpenTelemetry, CloudWatch, and
//! JSON inside JSON. No schema is known by name alone: the warning is looked for in every text of the record, a message under the usual keys.

use serde_json::{Map, Value};

use super::stamp;
use super::wording;

/// Nesting that is followed; a hostile record is deeper.
const DEEPEST: usize = 12;

/// What a record says of its origin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta {
    pub time: Option<i64>,
    pub pid: Option<u32>,
    /// Tells the streams of several containers, services and processes apart.
    pub stream: String,
}

/// One record's content.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// Text of the process, perhaps of several lines; `partial` where the shipper cut the line and its rest follows.
    Text { meta: Meta, text: String, partial: bool },
    /// A warning of which a logger wrote the properties only: bunyan without a serializer, `{ name, count, type }`.
    Properties { meta: Meta, event: Option<String>, count: u64 },
}

/// Keys under which a message stands, the more certain ones first.
const MESSAGES: &[&str] = &[
    "MESSAGE",
    "log",
    "message",
    "msg",
    "@message",
    "textPayload",
    "full_message",
    "short_message",
    "body",
    "Body",
    "stringValue",
    "line",
    "event",
    "text",
    "data",
    "original",
    "logMessage",
    "_msg",
    "m",
];
const TIMES: &[&str] = &[
    "__REALTIME_TIMESTAMP",
    "time",
    "timestamp",
    "@timestamp",
    "ts",
    "_time",
    "date",
    "datetime",
    "timeUnixNano",
    "timeMillis",
    "t",
    "eventTime",
    "ingestionTime",
    "receiveTimestamp",
];
const PIDS: &[&str] = &["pid", "_PID", "processId", "process_pid", "PID"];
const STREAMS: &[&str] = &[
    "container_id",
    "container_name",
    "CONTAINER_NAME",
    "CONTAINER_ID",
    "pod_name",
    "pod",
    "hostname",
    "host",
    "_HOSTNAME",
    "stream",
    "SYSLOG_IDENTIFIER",
    "_PID",
    "logStreamName",
    "logStream",
    "service",
    "app_name",
    "app",
    "source",
    "instance",
    "dyno",
    "namespace",
];

/// Reads a record (or an array of records).
pub fn pieces(value: &Value) -> Vec<Piece> {
    let mut found = Vec::new();
    walk(value, &Meta::default(), 0, &mut found);
    found
}

fn walk(value: &Value, outer: &Meta, depth: usize, found: &mut Vec<Piece>) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, outer, depth + 1, found)),
        Value::String(text) => text_piece(text, outer, false, depth, found),
        Value::Object(map) => object(map, outer, depth, found),
        _ => {}
    }
}

fn object(map: &Map<String, Value>, outer: &Meta, depth: usize, found: &mut Vec<Piece>) {
    let meta = meta(map, outer);
    let mut texts = Vec::new();
    own_texts(map, 0, &mut texts);
    let says = |text: &&&str| wording::start(text).is_some() || memory_ended(text);
    let best = texts.iter().filter(says).max_by_key(|text| text.matches("at ").count().min(64));
    if let Some(best) = best {
        // The cut of docker's json-file may go through the warning itself.
        return text_piece(best, &meta, is_partial(map), depth, found);
    }
    if let Some((event, count)) = properties(map) {
        found.push(Piece::Properties { meta, event, count });
        return;
    }
    for key in MESSAGES {
        match map.get(*key) {
            Some(Value::String(text)) => return text_piece(text, &meta, is_partial(map), depth, found),
            Some(Value::Array(bytes)) if !bytes.is_empty() && bytes.iter().all(Value::is_u64) => {
                // journald writes a message that holds control characters as its bytes.
                let bytes: Vec<u8> = bytes.iter().filter_map(Value::as_u64).map(|byte| byte as u8).collect();
                return text_piece(&String::from_utf8_lossy(&bytes), &meta, is_partial(map), depth, found);
            }
            Some(inner @ Value::Object(_)) => return walk(inner, &meta, depth + 1, found),
            _ => {}
        }
    }
    // An export wraps its records: `hits.hits[]._source`, `resourceLogs[].scopeLogs[].logRecords[]`, `jsonPayload`.
    for inner in map.values() {
        if inner.is_object() || inner.is_array() {
            walk(inner, &meta, depth + 1, found);
        }
    }
}

/// A text that may be JSON again.
fn text_piece(text: &str, meta: &Meta, partial: bool, depth: usize, found: &mut Vec<Piece>) {
    let trimmed = text.trim();
    if !partial
        && trimmed.starts_with('{')
        && trimmed.ends_with('}')
        && depth < DEEPEST
        && let Ok(inner @ Value::Object(_)) = serde_json::from_str::<Value>(trimmed)
    {
        return walk(&inner, meta, depth + 1, found);
    }
    found.push(Piece::Text { meta: meta.clone(), text: text.to_owned(), partial });
}

/// Whether a text tells of the end of memory.
fn memory_ended(text: &str) -> bool {
    text.contains("Array buffer allocation failed") || text.contains("heap out of memory") || text.contains("Failed to allocate memory")
}

/// docker's json-file cuts at 16 kB: such a record has no line break at its end. journald and Fluentd say it in a field.
fn is_partial(map: &Map<String, Value>) -> bool {
    let flag = |key: &str| map.get(key).is_some_and(|value| matches!(value.as_str(), Some("true" | "1")) || value.as_bool() == Some(true));
    if flag("CONTAINER_PARTIAL_MESSAGE") || flag("partial_message") {
        return true;
    }
    match map.get("log") {
        Some(Value::String(log)) => map.contains_key("stream") && map.contains_key("time") && !log.ends_with('\n'),
        _ => false,
    }
}

fn meta(map: &Map<String, Value>, outer: &Meta) -> Meta {
    let nested = |key: &str| key.split_once('.').and_then(|(head, tail)| map.get(head)?.get(tail));
    let time = TIMES.iter().find_map(|key| stamp::of_json(map.get(*key)?)).or(outer.time);
    let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok()).and_then(|pid| u32::try_from(pid).ok());
    let pid = PIDS.iter().find_map(|key| map.get(*key).and_then(number)).or_else(|| nested("process.pid").and_then(number)).or(outer.pid);
    let mut stream = outer.stream.clone();
    let mut add = |value: Option<&Value>| {
        if let Some(Value::String(text)) = value
            && text.len() < 200
        {
            stream.push('/');
            stream.push_str(text);
        }
    };
    STREAMS.iter().for_each(|key| add(map.get(*key)));
    for inside in ["kubernetes", "docker", "k8s", "resource", "attrs"] {
        if let Some(Value::Object(inner)) = map.get(inside) {
            STREAMS.iter().for_each(|key| add(inner.get(*key)));
        }
    }
    Meta { time, pid, stream }
}

/// The texts of a record and of the objects in it (`err.stack`), not of arrays: those are other records or dumped state.
fn own_texts<'a>(map: &'a Map<String, Value>, depth: usize, texts: &mut Vec<&'a str>) {
    for value in map.values() {
        match value {
            Value::String(text) if text.len() >= 24 => texts.push(text),
            Value::Object(inner) if depth < 4 => own_texts(inner, depth + 1, texts),
            _ => {}
        }
    }
}

/// `name`, `count` and `type` of the warning, in the record or in an object of it.
fn properties(map: &Map<String, Value>) -> Option<(Option<String>, u64)> {
    if map.get("name").and_then(Value::as_str) == Some("MaxListenersExceededWarning")
        && let Some(count) = map.get("count").and_then(Value::as_u64)
    {
        // An error serializer writes the class under `type`.
        let event = map.get("type").and_then(Value::as_str).filter(|event| !matches!(*event, "Error" | "MaxListenersExceededWarning"));
        return Some((event.map(str::to_owned), count));
    }
    map.values().find_map(|value| properties(value.as_object()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_fullest_text_of_a_record_is_taken() {
        let said = "Possible EventEmitter memory leak detected. 11 x listeners added. Use emitter.setMaxListeners() to increase limit";
        let record = json!({"time": 1795375402283i64, "pid": 7, "err": {"message": said, "stack": format!("W: {said}\n    at f (/a.js:1:2)")}, "msg": said});
        let found = pieces(&record);
        let [Piece::Text { meta, text, .. }] = found.as_slice() else { panic!("{found:?}") };
        assert!(text.contains("/a.js:1:2") && meta.pid == Some(7) && meta.time == Some(1_795_375_402_283));
    }

    #[test]
    fn json_in_json_and_bytes() {
        let inner = json!({"msg": "hello", "pid": 3}).to_string();
        let found = pieces(&json!({"log": format!("{inner}\n"), "stream": "stderr", "time": "2026-01-05T10:11:12Z"}));
        assert!(matches!(&found[..], [Piece::Text { text, meta, .. }] if text == "hello" && meta.pid == Some(3)));
        let found = pieces(&json!({"MESSAGE": [104, 105]}));
        assert!(matches!(&found[..], [Piece::Text { text, .. }] if text == "hi"));
        let found =
            pieces(&json!({"name": "shop", "pid": 9, "err": {"name": "MaxListenersExceededWarning", "count": 11, "type": "order"}}));
        assert!(matches!(&found[..], [Piece::Properties { event: Some(event), count: 11, .. }] if event == "order"));
    }
}
