//! Peels what loggers and shippers put around a line, layer by layer, until the text of the process is left.
//!
//! Only encodings are peeled here (JSON, CRI, quoted values, escapes, colours). What merely stands in front of the text (`web-1  | `,
//! `shop[937]: `, `[0] `, a time) is found by the reader, which knows where a warning or a frame begins.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::json::{self, Meta, Piece};
use super::pattern::pattern;

/// Longer JSON is not parsed whole: its texts are read as they stand.
const LONGEST_JSON: usize = 1 << 20;

/// containerd and CRI-O: `TIME stdout|stderr P|F[:tag] TEXT`; P is a part whose rest follows.
static CRI: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^(.{0,120}?)(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})) (stdout|stderr) ([FP])(?::\S*)? ?")
});

/// Reads one line of a log into its pieces.
pub fn open(line: &str) -> Vec<Piece> {
    let may_be_cri = line.contains(" stderr ") || line.contains(" stdout ");
    if may_be_cri && let Some(found) = CRI.captures(line) {
        let meta = Meta { time: super::stamp::time(&found[2]), pid: None, stream: format!("{}/{}", &found[1], &found[3]) };
        let text = &line[found[0].len()..];
        if &found[4] == "P" {
            return vec![Piece::Text { meta, text: text.to_owned(), partial: true }];
        }
        let mut pieces = open(text);
        for piece in &mut pieces {
            let (Piece::Text { meta: inner, .. } | Piece::Properties { meta: inner, .. }) = piece;
            inner.time = inner.time.or(meta.time);
            inner.stream = format!("{}{}", meta.stream, inner.stream);
        }
        return pieces;
    }
    if let Some(pieces) = as_json(line) {
        return pieces;
    }
    vec![Piece::Text { meta: Meta::default(), text: line.to_owned(), partial: false }]
}

/// A JSON record at the line's end, with any text in front of it.
fn as_json(line: &str) -> Option<Vec<Piece>> {
    if line.len() > LONGEST_JSON {
        return None;
    }
    let bare = strip_ansi(line);
    let text = bare.trim().trim_end_matches(',');
    if !text.ends_with(['}', ']']) {
        return None;
    }
    let start = if text.starts_with('{') || text.starts_with("[{") { 0 } else { text.find("{\"").or_else(|| text.find("{ \""))? };
    let (prefix, record) = text.split_at(start);
    let mut pieces = Vec::new();
    // Records may stand glued to one another.
    for value in serde_json::Deserializer::from_str(record).into_iter::<Value>().take(4_096) {
        match value {
            Ok(value @ (Value::Object(_) | Value::Array(_))) => pieces.extend(json::pieces(&value)),
            _ => return None,
        }
    }
    if pieces.is_empty() {
        // A record without text: it says nothing, and closes nothing.
        return (start == 0).then(Vec::new);
    }
    if !prefix.is_empty() {
        let (time, pid, stream) = (super::stamp::time(prefix), super::stamp::pid(prefix), super::stamp::without_times(prefix));
        for piece in &mut pieces {
            let (Piece::Text { meta, .. } | Piece::Properties { meta, .. }) = piece;
            meta.time = meta.time.or(time);
            meta.pid = meta.pid.or(pid);
            meta.stream = format!("{stream}{}", meta.stream);
        }
    }
    Some(pieces)
}

/// Takes terminal colours and other escape sequences out, also the caret and backslash notations that shippers write for ESC.
pub fn strip_ansi(text: &str) -> Cow<'_, str> {
    // Nearly every line: none of the bytes that begin a sequence (the second byte pattern is U+009B's).
    let bytes = text.as_bytes();
    if memchr::memchr3(0x1b, b'^', b'\\', bytes).is_none() && memchr::memchr2(b'#', 0xc2, bytes).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        match escape(rest) {
            Some(length) => rest = &rest[length..],
            None => {
                let Some(c) = rest.chars().next() else { break };
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    Cow::Owned(out)
}

/// The length of the escape sequence at the text's start (ECMA-48: CSI, OSC, or two characters).
fn escape(text: &str) -> Option<usize> {
    let csi =
        ["\u{1b}[", "\u{9b}", "^[[", "\\u001b[", "\\u001B[", "\\x1b[", "\\x1B[", "#033["].iter().find(|start| text.starts_with(**start));
    if let Some(start) = csi {
        let body = &text[start.len()..];
        let parameters = body.bytes().take_while(|byte| (0x20..=0x3f).contains(byte)).count();
        return match body.as_bytes().get(parameters) {
            Some(byte) if (0x40..=0x7e).contains(byte) => Some(start.len() + parameters + 1),
            _ => Some(start.len()),
        };
    }
    if text.starts_with("\u{1b}]") {
        let end = text.find('\u{7}').map(|at| at + 1).or_else(|| text[2..].find("\u{1b}\\").map(|at| at + 4));
        return Some(end.unwrap_or(2));
    }
    text.starts_with('\u{1b}').then(|| 1 + text[1..].chars().next().map_or(0, |c| if c.is_ascii() { 1 } else { 0 }))
}

/// Takes only the escape sequences at both ends out: an event's name in the middle keeps its own.
pub fn strip_ansi_ends(text: &str) -> &str {
    let mut text = text;
    while let Some(length) = escape(text) {
        text = &text[length..];
    }
    loop {
        let Some(start) = text.rfind(['\u{1b}', '\u{9b}']) else { return text };
        match escape(&text[start..]) {
            Some(length) if start + length == text.len() => text = text[..start].trim_end_matches(' '),
            _ => return text,
        }
    }
}

/// Resolves `\n`, `\t`, `\"`, `\\`, `\u0041` (JSON, logfmt) and `#012`, `#011` (rsyslog), for a text in which a shipper escaped them.
pub fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '#']) {
        out.push_str(&rest[..at]);
        let here = &rest[at..];
        let (c, length) = match here.as_bytes() {
            [b'\\', b'n', ..] => ('\n', 2),
            [b'\\', b't', ..] => ('\t', 2),
            [b'\\', b'r', ..] => ('\r', 2),
            [b'\\', c @ (b'"' | b'\\' | b'/' | b'\''), ..] => (*c as char, 2),
            [b'\\', b'u', ..] => match here.get(2..6).and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32) {
                Some(c) => (c, 6),
                None => ('\\', 1),
            },
            [b'#', b'0', b'1', b'2', ..] => ('\n', 4),
            [b'#', b'0', b'1', b'1', ..] => ('\t', 4),
            _ => (here.as_bytes()[0] as char, 1),
        };
        out.push(c);
        rest = &here[length..];
    }
    out.push_str(rest);
    out
}

/// Whether line breaks of a stack stand escaped in the line.
pub fn is_escaped(line: &str) -> bool {
    if memchr::memchr2(b'\\', b'#', line.as_bytes()).is_none() {
        return false;
    }
    ["\\n    at ", "\\n\\tat ", "#012    at ", "\\nTrace", "\\n at ", "\\nat "].iter().any(|mark| line.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for piece in open(line) {
            if let Piece::Text { text, .. } = piece {
                texts.push(text);
            }
        }
        texts
    }

    #[test]
    fn layers() {
        assert_eq!(texts("2026-01-05T10:11:12.123456789Z stderr F     at f (a:1:2)"), ["    at f (a:1:2)"]);
        assert_eq!(texts(r#"2026-01-05T10:11:12Z stdout F {"msg":"{\"message\":\"deep\"}"}"#), ["deep"]);
        assert_eq!(texts(r#"web-1 | {"msg":"one"}{"msg":"two"}"#), ["one", "two"]);
        assert_eq!(texts("plain { not json }"), ["plain { not json }"]);
    }

    #[test]
    fn colours() {
        assert_eq!(strip_ansi("\u{1b}[33ma\u{1b}[0;1mb\u{1b}]0;title\u{7}c^[[0m"), "abc");
        assert_eq!(strip_ansi_ends("\u{1b}[33mx \u{1b}[31mred\u{1b}[0m y\u{1b}[39m"), "x \u{1b}[31mred\u{1b}[0m y");
        assert_eq!(unescape("a\\n    at \\\"b\\\"#012c \\u00e9"), "a\n    at \"b\"\nc é");
    }
}
