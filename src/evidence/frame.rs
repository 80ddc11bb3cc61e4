//! One line of a stack, as V8 (and Bun, Deno) print it.
//!
//! The forms are measured on Node 0.8 to 26: `at fn (path:l:c)`, `at path:l:c`, `at async fn (..)`, `at async Promise.all (index 0)`,
//! `at new A (..)`, `at Object.m [as n] (..)`, `at eval (eval at f (path:l:c), <anonymous>:1:21)`. A path may hold blanks and parentheses,
//! even `dir/at x (y:1:2)/mod.js`: the last `:l:c)` and the first ` (` that leaves a well-formed location are the right ones.

use super::observation::{Frame, SourcePlace};

/// Longest frame that is parsed; V8's own are shorter by far, a hostile line is not.
const LONGEST: usize = 8 * 1024;

/// Places in a line at which a frame is tried.
const MOST_TRIES: usize = 256;

/// Core modules whose frames have bare names up to Node 14 (`events.js:259:19`).
const CORE: &[&str] = &[
    "_debug_agent",
    "_debugger",
    "_http_agent",
    "_http_client",
    "_http_common",
    "_http_incoming",
    "_http_outgoing",
    "_http_server",
    "_linklist",
    "_stream_duplex",
    "_stream_passthrough",
    "_stream_readable",
    "_stream_transform",
    "_stream_wrap",
    "_stream_writable",
    "_tls_common",
    "_tls_legacy",
    "_tls_wrap",
    "assert",
    "async_hooks",
    "bootstrap_node",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "domain",
    "events",
    "freelist",
    "fs",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "node",
    "os",
    "path",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "repl",
    "smalloc",
    "stream",
    "string_decoder",
    "sys",
    "timers",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
];

/// Reads a frame that begins at the text's start with `at `.
pub fn parse(text: &str) -> Option<Frame> {
    let text = text.trim_start();
    if text.len() > LONGEST {
        return None;
    }
    let rest = text.strip_prefix("at ")?.trim_start();
    // `console.warn(error)` opens the error's properties behind the last frame; a CSV cell or a quoted value ends there.
    let rest = rest.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '{' | '"' | ',' | '\''));
    let (rest, is_async) = match rest.strip_prefix("async ") {
        Some(inner) => (inner, true),
        None => (rest, false),
    };
    if rest.ends_with(')') {
        for (open, _) in rest.match_indices(" (") {
            let inside = &rest[open + 2..rest.len() - 1];
            if let Some(place) = location(inside) {
                let function = &rest[..open];
                let function = if is_async { format!("async {function}") } else { function.to_owned() };
                return Some(with(Some(function), place));
            }
        }
        return None;
    }
    let place = location(rest)?;
    // Without parentheses only a place with a line is a frame: prose has `at` too.
    place.line?;
    Some(with(is_async.then(|| "async".to_owned()), place))
}

/// Finds a frame anywhere in a line. The first value is the text in front of it, without the blanks that indent it.
pub fn find(line: &str) -> Option<(&str, Frame)> {
    if line.len() > LONGEST * 2 {
        return None;
    }
    for (at, _) in line.match_indices("at ").take(MOST_TRIES) {
        let before = &line[..at];
        let indented = before.trim_end_matches([' ', '\t', '\u{a0}']);
        // `Format at x`: the word stands alone, or a shipper's mark (`=`, `"`, `:`) is right in front of it.
        if before.len() == indented.len() && !before.is_empty() && !before.ends_with(['"', '=', '|', ':', ']', '>']) {
            continue;
        }
        let mut rest = &line[at..];
        if let Some(quote) = indented.chars().next_back().filter(|c| matches!(c, '"' | '\'')) {
            rest = until_quote(rest, quote);
        }
        if let Some(frame) = parse(rest) {
            return Some((indented, frame));
        }
    }
    None
}

/// All frames of a line in which line breaks were lost (`...limit    at a (b:1:2)    at c (d:3:4)`).
pub fn glued(text: &str) -> Vec<Frame> {
    let (mut frames, mut tries) = (Vec::new(), 0);
    let mut rest = text;
    while let Some(start) = next_at(rest) {
        let here = &rest[start..];
        let end = end_of_glued(here);
        if let Some(frame) = parse(&here[..end]) {
            frames.push(frame);
        }
        rest = &here[end..];
        tries += 1;
        if tries >= 2 * MOST_TRIES {
            break;
        }
    }
    frames
}

/// Where the first frame of a glued line begins: `at ` behind a blank or at the start, with a parseable rest.
pub fn first_glued(text: &str) -> Option<usize> {
    let mut from = 0;
    for _ in 0..MOST_TRIES {
        let found = next_at(&text[from..])?;
        let start = from + found;
        let here = &text[start..];
        if parse(&here[..end_of_glued(here)]).is_some() {
            return Some(start);
        }
        from = start + 3;
    }
    None
}

fn next_at(text: &str) -> Option<usize> {
    text.match_indices("at ").map(|(at, _)| at).find(|&at| at == 0 || text[..at].ends_with([' ', '\t', '\n']))
}

/// A frame ends where `at ` follows a position (`:12:7)` or `:12:7`) or a closing parenthesis.
fn end_of_glued(frame: &str) -> usize {
    let frame = &frame[..super::stamp::floor(frame, LONGEST)];
    for (at, _) in frame.match_indices("at ").skip(1) {
        let before = &frame[..at];
        let trimmed = before.trim_end();
        if trimmed.len() == before.len() {
            continue;
        }
        let wide = before.len() - trimmed.len() >= 2;
        let closed = trimmed.ends_with(')') || trimmed.ends_with(|c: char| c.is_ascii_digit());
        if closed && (wide || parse(trimmed).is_some()) {
            return trimmed.len();
        }
    }
    frame.find('\n').unwrap_or(frame.len())
}

/// The text up to the closing quote; a backslash escapes one, as does a second one (CSV).
pub fn until_quote(text: &str, quote: char) -> &str {
    let mut escaped = false;
    for (index, c) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return &text[..index];
        }
    }
    text
}

/// `-> /srv/app/src/session.ts:14:9`, which Node 12 prints under a frame.
pub fn mapped(line: &str) -> Option<SourcePlace> {
    let rest = line.trim_start().strip_prefix("-> ")?;
    let (path, line, column) = position(rest.trim_end())?;
    Some(SourcePlace { path: decoded(path), line, column })
}

/// A frame of the JS stack that V8 up to 10 prints when the heap is full: `2: tick(aka tick) [0x..] [/srv/app/grow.js:16] [pc=..`.
pub fn fatal(line: &str) -> Option<Frame> {
    let text = line.trim_start();
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let rest = text[digits..].strip_prefix(": ").filter(|_| digits > 0)?;
    let mut place = None;
    for part in rest.split('[').skip(1) {
        let inside = part.split(']').next()?;
        if let Some((path, line)) = inside.rsplit_once(':')
            && let Ok(line) = line.trim_start_matches('~').parse::<u32>()
            && (path.contains('/') || path.contains('\\'))
        {
            place = Some((path, line));
            break;
        }
    }
    let (path, line) = place?;
    let function = rest.split(['(', '[']).next().map(str::trim).filter(|name| !name.is_empty());
    Some(Frame {
        function: function.map(str::to_owned),
        path: Some(decoded(path)),
        line: Some(line),
        column: None,
        internal: is_internal(path),
        mapped: None,
    })
}

struct Place<'a> {
    path: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
}

fn with(function: Option<String>, place: Place) -> Frame {
    let internal = place.path.is_none_or(is_internal);
    Frame { function, path: place.path.map(decoded), line: place.line, column: place.column, internal, mapped: None }
}

fn location(text: &str) -> Option<Place<'_>> {
    if let Some(origin) = text.strip_prefix("eval at ") {
        // The code has no file of its own; the call of eval has.
        return eval_origin(origin, 0);
    }
    if matches!(text, "<anonymous>" | "native" | "native code" | "unknown" | "unknown location" | "[native code]")
        || text.starts_with("index ")
    {
        return Some(Place { path: None, line: None, column: None });
    }
    let (path, line, column) = position(text)?;
    if path.starts_with(char::is_whitespace) {
        return None;
    }
    Some(Place { path: Some(path), line: Some(line), column: Some(column) })
}

/// `f (path:l:c), <anonymous>:1:21` or, nested, `f (eval at g (path:l:c), ...), ...`.
fn eval_origin(text: &str, depth: usize) -> Option<Place<'_>> {
    if depth > 16 {
        return None;
    }
    let open = text.find(" (")?;
    let inside = &text[open + 2..];
    if let Some(nested) = inside.strip_prefix("eval at ") {
        return eval_origin(nested, depth + 1);
    }
    for (close, _) in inside.match_indices("), ") {
        if let Some(place) = location(&inside[..close]) {
            return Some(place);
        }
    }
    location(inside.split_once(')').map_or(inside, |(before, _)| before))
}

/// Splits `path:line:column`.
fn position(text: &str) -> Option<(&str, u32, u32)> {
    let (rest, column) = text.rsplit_once(':')?;
    let (path, line) = rest.rsplit_once(':')?;
    if path.is_empty() || column.is_empty() || line.is_empty() {
        return None;
    }
    Some((path, line.parse().ok()?, column.parse().ok()?))
}

/// A `file://` URL's path; anything else as it is. Parentheses stand raw in the URL, blanks and letters are percent-encoded.
fn decoded(path: &str) -> String {
    let Some(rest) = path.strip_prefix("file://") else { return path.to_owned() };
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let bytes = percent_decode(rest);
    // `/C:/srv/app`: a drive. `server/share/x`: a UNC host.
    if bytes.len() > 2 && bytes.starts_with('/') && bytes.as_bytes()[2] == b':' {
        return bytes[1..].to_owned();
    }
    if !bytes.starts_with('/') && !bytes.is_empty() {
        return format!("//{bytes}");
    }
    bytes
}

/// Decodes `%20` and the like; what is not valid UTF-8 afterwards stays as it was.
pub fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let raw = text.as_bytes();
    let mut at = 0;
    while at < raw.len() {
        let hex = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8);
        if raw[at] == b'%'
            && at + 2 < raw.len()
            && let (Some(high), Some(low)) = (hex(raw[at + 1]), hex(raw[at + 2]))
        {
            bytes.push(high * 16 + low);
            at += 3;
        } else {
            bytes.push(raw[at]);
            at += 1;
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// Whether a frame's path is of the runtime: `node:events`, `internal/timers.js`, `events.js` (up to Node 14), `ext:` (Deno), `bun:`.
pub fn is_internal(path: &str) -> bool {
    if ["node:", "internal/", "ext:", "bun:", "deno:", "native ", "electron/js2c", "[native"].iter().any(|start| path.starts_with(start)) {
        return true;
    }
    match path.strip_suffix(".js") {
        Some(name) if !name.contains(['/', '\\', ':']) => CORE.contains(&name),
        _ => path == "<anonymous>" || path == "native",
    }
}

/// Whether the function of an internal frame is one that adds a listener: the top of a warning's stack.
pub fn adds(frame: &Frame) -> bool {
    let Some(function) = frame.function.as_deref() else { return false };
    let last = function.rsplit(['.', ' ']).find(|part| !part.ends_with(']')).unwrap_or(function);
    matches!(
        last,
        "_addListener"
            | "addListener"
            | "genericNodeError"
            | "wrappedFn"
            | "warnMaxListenersExceeded"
            | "addEventListener"
            | "on"
            | "once"
            | "prependListener"
            | "prependOnceListener"
    ) || function.contains("kNewListener")
        || function.contains("logPossibleMemoryLeak")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> (Option<String>, String, u32, u32) {
        let frame = parse(text).unwrap_or_else(|| panic!("no frame: {text}"));
        (frame.function, frame.path.unwrap_or_default(), frame.line.unwrap_or(0), frame.column.unwrap_or(0))
    }

    #[test]
    fn forms_of_a_frame() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(told("    at f (/a/b.js:1:2)"), (some("f"), "/a/b.js".into(), 1, 2));
        assert_eq!(told("at /a/b c.js:1:2"), (None, "/a/b c.js".into(), 1, 2));
        assert_eq!(told("at r (/srv/at x (y:1:2)/mod (copy).js:3:5)"), (some("r"), "/srv/at x (y:1:2)/mod (copy).js".into(), 3, 5));
        assert_eq!(told("at async file:///srv/a%20b/m.mjs:9:1"), (some("async"), "/srv/a b/m.mjs".into(), 9, 1));
        assert_eq!(told("at r (file:///C:/srv/pct%2520/m.js:2:5) {"), (some("r"), "C:/srv/pct%20/m.js".into(), 2, 5));
        assert_eq!(told("at eval (eval at <anonymous> (/a/app.js:10:19), <anonymous>:1:21)"), (some("eval"), "/a/app.js".into(), 10, 19));
        assert_eq!(told("at async Promise.all (index 0)"), (some("async Promise.all"), String::new(), 0, 0));
        assert_eq!(told(r"at h (\\server\share\My App (x86)\s.js:12:7)"), (some("h"), r"\\server\share\My App (x86)\s.js".into(), 12, 7));
        assert!(parse("at the end of the day").is_none());
        assert!(parse("at 10:11:12 the server (which is old) fell").is_none());
    }

    #[test]
    fn frames_without_line_breaks() {
        let frames = glued("limit    at a (node:x:1:2)    at /srv/q.js:3:4    at c [as d] (/e f.js:5:6)");
        assert_eq!(frames.len(), 3);
        assert_eq!(frames[2].path.as_deref(), Some("/e f.js"));
        assert_eq!(glued("at a (b.js:1:2) at c (d.js:3:4)").len(), 2);
    }

    #[test]
    fn of_the_runtime() {
        for path in ["events.js", "internal/timers.js", "node:events", "ext:deno_node/_events.mjs", "node.js"] {
            assert!(is_internal(path), "{path}");
        }
        for path in ["/srv/events.js", "virtual.js", "webpack:///./src/x.js", "C:\\events.js"] {
            assert!(!is_internal(path), "{path}");
        }
    }
}
