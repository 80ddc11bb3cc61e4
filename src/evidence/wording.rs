//! The warning itself: every wording that Node, Bun, Deno and the npm packages `events` and `eventemitter2` print.
//!
//! Measured on Node 0.8 to 26: `N listeners added.` (no event: up to 0.10), `N E listeners added.`, `.. added to X.`, `.. MaxListeners is M.`,
//! the EventTarget forms, Deno's (cut short behind the limit) and eventemitter2's (`Event name: E.` behind the rest). The event and the emitter
//! are any text, also with line breaks and imitations of the message: so the words are looked for from the right.

use super::frame;

/// What one warning says.
#[derive(Debug, Clone, PartialEq)]
pub struct Warning {
    /// From `(node:PID)`.
    pub pid: Option<u32>,
    /// The runtime's own printer told it, not a logger.
    pub printed: bool,
    pub event: Option<String>,
    pub count: u64,
    pub emitter: Option<String>,
    pub max: Option<f64>,
}

/// What `read` made of the text.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// The warning and how many bytes of the text it takes.
    Whole(Warning, usize),
    /// The text breaks off within the warning: its event or emitter holds a line break.
    Open,
    /// Not a warning.
    Not,
}

const LEAK: &str = " memory leak detected. ";
const TAIL: &str = "to increase limit";
const ADDED: &str = " listeners added";

/// Where in a line a warning begins (with its `(node:PID)` and name), if there is one.
pub fn start(line: &str) -> Option<usize> {
    starts(line).next()
}

/// Where the next warning begins behind the first one: lines glued together.
pub fn next_start(line: &str) -> Option<usize> {
    // Only behind a complete one (and its glued frames): an event may imitate the words.
    starts(line).skip(1).take(64).find(|&at| {
        let before = line[..at].trim_end().trim_end_matches('.');
        let ended = before.ends_with(TAIL) || before.ends_with(')') || before.ends_with(|c: char| c.is_ascii_digit());
        ended && before.contains(TAIL) && line[at..].starts_with("(node")
    })
}

fn starts(line: &str) -> impl Iterator<Item = usize> {
    memchr::memmem::find_iter(line.as_bytes(), "memory leak detected").filter_map(|at| {
        let before = line.get(..at)?;
        let before = before.strip_suffix("ossible EventEmitter ").or_else(|| before.strip_suffix("ossible EventTarget "))?;
        let before = before.strip_suffix(['P', 'p'])?;
        Some(before.len() - heading(before))
    })
}

/// How long the heading at the text's end is: `(node:12) MaxListenersExceededWarning: `, `(node) warning: `, both.
fn heading(before: &str) -> usize {
    let mut rest = before;
    loop {
        let trimmed = rest.trim_end_matches(' ');
        let bare = trimmed.strip_suffix(':').unwrap_or(trimmed);
        if let Some(shorter) = ["MaxListenersExceededWarning", "Warning", "warning"].iter().find_map(|name| bare.strip_suffix(name)) {
            rest = shorter;
            continue;
        }
        if let Some(shorter) = trimmed.strip_suffix(')')
            && let Some(open) = shorter.rfind('(')
            && is_process(&shorter[open + 1..])
        {
            rest = &rest[..open];
            continue;
        }
        return before.len() - rest.len();
    }
}

/// `node`, `node:123`, `electron:5`.
fn is_process(text: &str) -> bool {
    match text.split_once(':') {
        Some((name, pid)) => !name.is_empty() && name.len() < 40 && !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit()),
        None => text == "node",
    }
}

/// Reads a warning at the text's start. `last` says that no more text will come.
pub fn read(text: &str, last: bool) -> Reading {
    let Some(at) = text.find(LEAK.trim_end()) else { return Reading::Not };
    let head = &text[..at];
    let pid = head.split('(').skip(1).find_map(|part| part.split_once(')')?.0.split_once(':')?.1.parse().ok());
    let printed = head.starts_with('(');
    let Some(body) = text[at..].strip_prefix(LEAK) else { return if last { Reading::Not } else { Reading::Open } };
    let digits = body.find(|c: char| !c.is_ascii_digit()).unwrap_or(body.len());
    let Ok(count) = body[..digits].parse::<u64>() else { return Reading::Not };
    let body = &body[digits..];
    let offset = text.len() - body.len();
    // Frames glued to the message are not part of it.
    let region = frame::first_glued(body).map_or(body, |at| &body[..at]);
    let warning = |said: Said| Warning { pid, printed, event: said.event, count, emitter: said.emitter, max: said.max };
    if let Some(tail) = region.rfind(TAIL)
        && let Some(said) = said(&region[..tail])
    {
        let mut end = tail + TAIL.len();
        end += region[end..].len() - region[end..].strip_prefix('.').unwrap_or(&region[end..]).len();
        let mut said = said;
        if said.event.is_none()
            && let Some(rest) = region[end..].strip_prefix(" Event name: ")
        {
            let name = rest.trim_end();
            let name = name.strip_suffix('.').unwrap_or(name);
            said.event = Some(name.to_owned());
            end = region.len();
        }
        // npm `events` 2 puts the name in quotes; it prints no process.
        if pid.is_none() && said.emitter.is_none() {
            said.event = said.event.map(|event| match event.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) {
                Some(inner) => inner.to_owned(),
                None => event,
            });
        }
        // What else stands on the line may be the rest of an event with a line break: `limit listeners added to`.
        return Reading::Whole(warning(said), offset + end);
    }
    let trimmed = region.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '}' | '\'' | ','));
    // Deno stops behind the limit.
    if let Some((_, limit)) = trimmed.rsplit_once("MaxListeners is ")
        && limit.strip_suffix('.').is_some_and(|number| number.parse::<f64>().is_ok())
        && let Some(said) = said_of(trimmed)
    {
        return Reading::Whole(warning(said), offset + trimmed.len());
    }
    if !last && region.len() == body.len() {
        return Reading::Open;
    }
    match said_of(trimmed) {
        Some(said) => Reading::Whole(warning(said), offset + trimmed.len()),
        None => Reading::Not,
    }
}

struct Said {
    event: Option<String>,
    emitter: Option<String>,
    max: Option<f64>,
}

/// Reads ` E listeners added to X. MaxListeners is M. Use emitter.setMaxListeners() `.
fn said(text: &str) -> Option<Said> {
    let text = text.trim_end();
    let text = text.strip_suffix("setMaxListeners()")?;
    let text = text.strip_suffix("emitter.").or_else(|| text.strip_suffix("events.")).unwrap_or(text).trim_end();
    let text = text.strip_suffix("Use")?.trim_end();
    said_of(text)
}

/// Reads ` E listeners added to X. MaxListeners is M.`.
fn said_of(text: &str) -> Option<Said> {
    let mut text = text.trim_end();
    text = text.strip_suffix('.').unwrap_or(text);
    let mut max = None;
    if let Some((before, limit)) = text.rsplit_once(" MaxListeners is ")
        && let Ok(number) = limit.parse::<f64>()
    {
        max = Some(number);
        text = before.strip_suffix('.').unwrap_or(before);
    }
    let (event, emitter) = match text.strip_suffix(ADDED) {
        Some(event) => (event, None),
        None => {
            let (event, emitter) = text.rsplit_once(" listeners added to ")?;
            (event, Some(emitter.to_owned()))
        }
    };
    // `11 listeners added` has no event; `11  listeners added` has the empty one.
    let event = event.strip_prefix(' ').map(str::to_owned);
    Some(Said { event, emitter, max })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(line: &str) -> Warning {
        let at = start(line).expect("a start");
        match read(&line[at..], true) {
            Reading::Whole(warning, _) => warning,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn wordings() {
        let old = whole(
            "(node) warning: possible EventEmitter memory leak detected. 11 listeners added. Use emitter.setMaxListeners() to increase limit.",
        );
        assert_eq!((old.pid, old.event, old.count, old.emitter, old.max), (None, None, 11, None, None));
        let six = whole(
            "x (node:5) Warning: Possible EventEmitter memory leak detected. 11 a b listeners added. Use emitter.setMaxListeners() to increase limit",
        );
        assert_eq!((six.pid, six.event.as_deref()), (Some(5), Some("a b")));
        let now = whole(
            "(node:7) MaxListenersExceededWarning: Possible EventTarget memory leak detected. 4 abort listeners added to [AbortSignal]. MaxListeners is 2.5. Use events.setMaxListeners() to increase limit",
        );
        assert_eq!((now.event.as_deref(), now.emitter.as_deref(), now.max), (Some("abort"), Some("[AbortSignal]"), Some(2.5)));
        let deno = whole(
            "(node:1) MaxListenersExceededWarning: Possible EventEmitter memory leak detected. 11 u listeners added to [C]. MaxListeners is 10.",
        );
        assert_eq!((deno.event.as_deref(), deno.emitter.as_deref(), deno.max), (Some("u"), Some("[C]"), Some(10.0)));
        let second = whole(
            "(node:1) MaxListenersExceededWarning: (node) warning: possible EventEmitter memory leak detected. 11 listeners added. Use emitter.setMaxListeners() to increase limit. Event name: update.",
        );
        assert_eq!((second.pid, second.event.as_deref()), (Some(1), Some("update")));
        let quoted = whole(
            "MaxListenersExceededWarning: Possible EventEmitter memory leak detected. 11 \"E\" listeners added. Use emitter.setMaxListeners() to increase limit.",
        );
        assert_eq!(quoted.event.as_deref(), Some("E"));
    }

    #[test]
    fn events_that_imitate() {
        let said = "(node:1) MaxListenersExceededWarning: Possible EventEmitter memory leak detected. 11";
        let tail = "Use emitter.setMaxListeners() to increase limit";
        let fake = whole(&format!("{said} x listeners added to [Fake]. {tail} listeners added to [E]. MaxListeners is 10. {tail}"));
        assert_eq!(fake.event, Some(format!("x listeners added to [Fake]. {tail}")));
        assert_eq!(whole(&format!("{said}  listeners added to [E]. {tail}")).event.as_deref(), Some(""));
        assert_eq!(
            whole(&format!("{said} e listeners added to C<7>. Use emitter. MaxListeners is 10. {tail}")).emitter.as_deref(),
            Some("C<7>. Use emitter")
        );
        assert_eq!(read(&format!("{said} new"), false), Reading::Open);
        assert_eq!(
            whole(&format!("{said} new\nline listeners added to M {{\n  id: 7\n}}. {tail}")).emitter.as_deref(),
            Some("M {\n  id: 7\n}")
        );
    }
}
