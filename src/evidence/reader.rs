//! Reads the lines of one log: gives each to the process that wrote it, and finds warnings with their stacks, collections and ends.
//!
//! A line is text of a process behind some prefix of a logger or shipper. No list of prefixes is complete, so none is kept: a warning is
//! found by its own words, what stands in front of them (its times taken out) names the stream, and a frame belongs to the open warning of
//! the same stream. Where that does not decide, it belongs to the warning right above it.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::clues;
use super::envelope;
use super::frame;
use super::json::{Meta, Piece};
use super::observation::{Frame, Observation};
use super::scan::Sink;
use super::telling::Tellings;
use super::wording::{self, Reading, Warning};
use super::{death, gc, stamp};

/// Stacks open at once; more streams than this are not read together.
const MOST_OPEN: usize = 64;
const MOST_FRAMES: usize = 256;
/// A warning whose event or emitter holds line breaks ends within this.
const LONGEST_MESSAGE: usize = 16 * 1024;
/// What is read of a line on which a warning stands, its glued stack included.
const LONGEST_LINE: usize = 64 * 1024;
const MOST_MESSAGE_LINES: usize = 60;
/// A multi-line JSON record (`journalctl -o json-pretty`) ends within this.
const LONGEST_PRETTY: usize = 64 * 1024;
/// Parts of a cut line that are put together.
const LONGEST_JOINED: usize = 1 << 20;
/// Streams of which parts are kept.
const MOST_STREAMS: usize = 4_096;

/// What a stack belongs to.
enum Of {
    /// `None` while the message itself goes on.
    Warning(Option<Warning>),
    Memory {
        message: String,
        pid: Option<u32>,
    },
    /// Some other error: its frames say what ran.
    Other,
}

struct Open {
    stream: String,
    /// What stands in front of the line, times taken out.
    prefix: String,
    prefix_length: usize,
    of: Of,
    text: String,
    lines: usize,
    frames: Vec<Frame>,
    line: u64,
    last_line: u64,
    meta: Meta,
    /// Another process's warning was told right in front and got no frames.
    mixed_with: Option<(Warning, u64, Meta)>,
}

#[derive(Default)]
struct Stream {
    part: String,
    part_line: u64,
    pid: Option<u32>,
    gc_pid: Option<u32>,
    fatal: VecDeque<Frame>,
    /// Newest first: the stack stands in front of its warning.
    reversed: bool,
    orphans: Vec<Frame>,
    orphan_line: u64,
}

/// Reads one log.
pub struct Reader<'a> {
    id: u32,
    name: &'a str,
    out: &'a mut Tellings,
    open: Vec<Open>,
    streams: FxHashMap<String, Stream>,
    pretty: Option<(String, u64)>,
    /// The warning that the line above belonged to.
    touched: Option<(String, String)>,
    now: u64,
}

impl Sink for Reader<'_> {
    fn line(&mut self, bytes: &[u8], number: u64) {
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_start_matches(['\u{feff}', '\0']);
        self.now = number;
        self.physical(text.strip_suffix('\r').unwrap_or(text));
    }

    fn gap(&mut self) {
        self.flush_pretty();
        self.close_all();
        self.touched = None;
        for stream in self.streams.values_mut() {
            stream.orphans.clear();
        }
    }
}

impl<'a> Reader<'a> {
    pub fn new(id: u32, name: &'a str, out: &'a mut Tellings) -> Reader<'a> {
        Reader { id, name, out, open: Vec::new(), streams: FxHashMap::default(), pretty: None, touched: None, now: 0 }
    }

    /// The log has ended, or pauses.
    pub fn finish(&mut self) {
        self.flush_pretty();
        let parts: Vec<_> = self
            .streams
            .iter_mut()
            .filter(|(_, s)| !s.part.is_empty())
            .map(|(key, s)| (key.clone(), std::mem::take(&mut s.part)))
            .collect();
        for (stream, text) in parts {
            self.record(&Meta { stream, ..Meta::default() }, &text);
        }
        self.close_all();
    }

    /// What was read so far.
    pub fn observed(&self) -> Vec<Observation> {
        self.out.clone().observations().0
    }

    fn physical(&mut self, line: &str) {
        if let Some((held, started)) = &mut self.pretty {
            held.push_str(line);
            held.push('\n');
            if line == "}" || line == "}," || line == "]" {
                let (text, started) = (std::mem::take(held), *started);
                self.pretty = None;
                let value = serde_json::from_str::<serde_json::Value>(text.trim_end().trim_end_matches(','));
                return match value {
                    Ok(value) => {
                        let now = std::mem::replace(&mut self.now, started);
                        super::json::pieces(&value).into_iter().for_each(|piece| self.piece(piece));
                        self.now = now;
                    }
                    Err(_) => self.lines_as_they_are(&text, started),
                };
            }
            if held.len() > LONGEST_PRETTY {
                self.flush_pretty();
            }
            return;
        }
        if line == "{" || line == "[" {
            self.pretty = Some((format!("{line}\n"), self.now));
            return;
        }
        self.pieces(line);
    }

    fn flush_pretty(&mut self) {
        if let Some((text, started)) = self.pretty.take() {
            self.lines_as_they_are(&text, started);
        }
    }

    fn lines_as_they_are(&mut self, text: &str, started: u64) {
        let now = self.now;
        for (index, line) in text.lines().enumerate() {
            self.now = started + index as u64;
            self.pieces(line);
        }
        self.now = now;
    }

    fn pieces(&mut self, line: &str) {
        for piece in envelope::open(line) {
            self.piece(piece);
        }
    }

    fn piece(&mut self, piece: Piece) {
        match piece {
            Piece::Properties { meta, event, count } => {
                let said = Warning { pid: None, printed: false, event, count, emitter: None, max: None };
                self.out.warning((self.id, self.name), self.now, &meta, said, Vec::new(), false);
            }
            Piece::Text { meta, text, partial } => {
                if self.streams.len() >= MOST_STREAMS && !self.streams.contains_key(&meta.stream) {
                    self.streams.clear();
                }
                let stream = self.streams.entry(meta.stream.clone()).or_default();
                if partial {
                    if stream.part.is_empty() {
                        stream.part_line = self.now;
                    }
                    if stream.part.len() + text.len() <= LONGEST_JOINED {
                        stream.part.push_str(&text);
                    }
                    return;
                }
                if stream.part.is_empty() {
                    return self.record(&meta, &text);
                }
                let mut joined = std::mem::take(&mut stream.part);
                joined.push_str(&text);
                let now = std::mem::replace(&mut self.now, stream.part_line);
                // What was cut may be JSON.
                for piece in envelope::open(joined.trim_end_matches('\n')) {
                    match piece {
                        Piece::Text { meta: inner, text, .. } => {
                            let stream = format!("{}{}", meta.stream, inner.stream);
                            let inner = Meta { time: inner.time.or(meta.time), pid: inner.pid.or(meta.pid), stream };
                            self.record(&inner, &text);
                        }
                        other => self.piece(other),
                    }
                }
                self.now = now;
            }
        }
    }

    /// The text of one record: a line, or several.
    fn record(&mut self, meta: &Meta, text: &str) {
        if envelope::is_escaped(text) {
            // A quoted value ends at its quote; what follows are other fields.
            let quoted = wording::start(text).and_then(|at| {
                let quote = text[..at].chars().next_back().filter(|c| matches!(c, '"' | '\''))?;
                Some((at, frame::until_quote(&text[at..], quote)))
            });
            let whole = match quoted {
                Some((at, inside)) => format!("{}{}", &text[..at], envelope::unescape(inside)),
                None => envelope::unescape(text),
            };
            return whole.split('\n').for_each(|line| self.line_of(meta, line.trim_end_matches('\r')));
        }
        let text = text.strip_suffix('\n').unwrap_or(text);
        text.split('\n').for_each(|line| self.line_of(meta, line.strip_suffix('\r').unwrap_or(line)));
    }

    fn line_of(&mut self, meta: &Meta, line: &str) {
        let mut rest = line;
        // Warnings may stand glued to one another.
        while let Some(second) = wording::next_start(rest) {
            self.one_line(meta, &rest[..second]);
            rest = &rest[second..];
        }
        self.one_line(meta, rest);
    }

    fn one_line(&mut self, meta: &Meta, line: &str) {
        if let Some(at) = wording::start(line) {
            return self.warning_line(meta, line, at);
        }
        let bare = envelope::strip_ansi(line);
        if self.goes_on(meta, line) {
            return;
        }
        if let Some((at, message)) = death::out_of_memory(&bare) {
            return self.memory_line(meta, &bare, at, message);
        }
        if let Some((prefix, frame)) = frame::find(&bare) {
            return self.frame_line(meta, prefix, frame, &bare);
        }
        if let Some(place) = frame::mapped(&bare)
            && let Some(open) = self.touched_open()
            && let Some(last) = open.frames.last_mut()
        {
            last.mapped = Some(place);
            return;
        }
        let trimmed = bare.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '"' | ','));
        let waits = || self.open.iter().any(|open| open.stream == meta.stream && open.frames.is_empty());
        if trimmed.is_empty() || trimmed.ends_with("Trace") || trimmed.contains("(Use `") || trimmed.trim_start().starts_with("... ") {
            return;
        }
        if trimmed.len() < 400 && trimmed.contains("\"Trace\"") && waits() {
            return;
        }
        self.other_line(meta, &bare);
    }

    /// The line that begins a warning.
    fn warning_line(&mut self, meta: &Meta, line: &str, at: usize) {
        let (prefix, mut body) = line.split_at(at);
        let bare_prefix = envelope::strip_ansi(prefix);
        let mask = stamp::without_times(&bare_prefix);
        body = envelope::strip_ansi_ends(body);
        let unquoted;
        if let Some(quote) = bare_prefix.chars().next_back().filter(|c| matches!(c, '"' | '\'')) {
            if bare_prefix.contains("\",\"") || bare_prefix.trim_start().starts_with('"') {
                // A CSV cell doubles its quotes.
                unquoted = body.strip_suffix('"').unwrap_or(body).replace("\"\"", "\"");
                body = &unquoted;
            } else {
                body = frame::until_quote(body, quote);
            }
        }
        let meta = Meta {
            time: meta.time.or_else(|| stamp::time(&bare_prefix)),
            pid: meta.pid.or_else(|| stamp::pid(&bare_prefix)),
            stream: meta.stream.clone(),
        };
        // The stack of the newest-first order stands above.
        let mut above = Vec::new();
        let state = self.streams.entry(meta.stream.clone()).or_default();
        let adjacent = state.orphan_line + 2 >= self.now;
        if adjacent && state.orphans.last().is_some_and(|frame| (frame.internal && frame::adds(frame)) || state.reversed) {
            above = std::mem::take(&mut state.orphans);
            above.reverse();
            state.reversed = true;
        }
        let reversed = state.reversed;
        state.orphans.clear();
        let mixed_with = self.close_for_warning(&meta, &mask);
        if self.open.len() >= MOST_OPEN {
            let oldest = self.open.remove(0);
            self.done(oldest);
        }
        // A line without end is not taken for one message.
        body = &body[..stamp::floor(body, LONGEST_LINE)];
        let mut open = Open {
            stream: meta.stream.clone(),
            prefix: mask,
            prefix_length: prefix.len(),
            of: Of::Warning(None),
            text: body.to_owned(),
            lines: 1,
            frames: above,
            line: self.now,
            last_line: self.now,
            meta,
            mixed_with,
        };
        read_message(&mut open, false);
        self.touched = Some((open.stream.clone(), open.prefix.clone()));
        if reversed && matches!(open.of, Of::Warning(Some(_))) {
            // In this order the frames below belong to the next one.
            self.touched = None;
            return self.done(open);
        }
        self.open.push(open);
    }

    /// A warning's message that holds line breaks goes on in this line.
    fn goes_on(&mut self, meta: &Meta, line: &str) -> bool {
        let Some(index) = self.open.iter().rposition(|open| matches!(open.of, Of::Warning(None)) && open.stream == meta.stream) else {
            return false;
        };
        let open = &mut self.open[index];
        let mut rest = line;
        if !open.prefix.is_empty() && line.is_char_boundary(open.prefix_length.min(line.len())) {
            let (head, tail) = line.split_at(open.prefix_length.min(line.len()));
            if stamp::without_times(&envelope::strip_ansi(head)) == open.prefix {
                rest = tail;
            }
        }
        open.text.push('\n');
        open.text.push_str(envelope::strip_ansi_ends(rest));
        open.lines += 1;
        open.last_line = self.now;
        let last = open.lines > MOST_MESSAGE_LINES || open.text.len() > LONGEST_MESSAGE;
        read_message(open, last);
        if matches!(open.of, Of::Other) {
            self.open.remove(index);
        }
        true
    }

    fn memory_line(&mut self, meta: &Meta, line: &str, at: usize, message: &str) {
        let prefix = &line[..at];
        let (time, of_prefix) = (stamp::time(prefix), stamp::pid(prefix));
        let meta = Meta { time: meta.time.or(time), pid: meta.pid.or(of_prefix), stream: meta.stream.clone() };
        let mask = stamp::without_times(prefix);
        self.close_matching(&meta.stream, &mask);
        let state = self.streams.entry(meta.stream.clone()).or_default();
        let fatal = message.starts_with("FATAL") || message.starts_with("Fatal");
        let pid = if fatal { state.gc_pid.or(meta.pid).or(state.pid) } else { meta.pid.or(state.pid) };
        let mut frames: Vec<Frame> = if fatal { std::mem::take(&mut state.fatal).into() } else { Vec::new() };
        frames.extend(frame::glued(&line[at + message.len()..]));
        self.touched = Some((meta.stream.clone(), mask.clone()));
        self.open.push(Open {
            stream: meta.stream.clone(),
            prefix: mask,
            prefix_length: at,
            of: Of::Memory { message: message.to_owned(), pid },
            text: String::new(),
            lines: 1,
            frames,
            line: self.now,
            last_line: self.now,
            meta,
            mixed_with: None,
        });
    }

    /// A frame: of the open warning of its stream, or of the one right above.
    fn frame_line(&mut self, meta: &Meta, prefix: &str, frame: Frame, line: &str) {
        let mask = stamp::without_times(prefix);
        let ends_here = line.trim_end().ends_with('{');
        let above = self.touched.clone();
        let by_prefix =
            self.open.iter().rposition(|open| open.stream == meta.stream && open.prefix == mask && !matches!(open.of, Of::Warning(None)));
        // A prefix that is another open warning's own is not the one above's.
        let found = by_prefix.or_else(|| {
            let (stream, prefix) = above?;
            self.open.iter().rposition(|open| {
                open.stream == stream && open.prefix == prefix && open.stream == meta.stream && self.now - open.last_line <= 2
            })
        });
        match found {
            Some(index) => {
                let open = &mut self.open[index];
                open.last_line = self.now;
                if open.frames.len() < MOST_FRAMES {
                    if line.matches("at ").count() > 1 && frame::glued(line).len() > 1 {
                        open.frames.extend(frame::glued(line));
                    } else {
                        open.frames.push(frame);
                    }
                }
                self.touched = Some((open.stream.clone(), open.prefix.clone()));
                if ends_here {
                    let open = self.open.remove(index);
                    self.touched = None;
                    self.done(open);
                }
            }
            None => {
                let state = self.streams.entry(meta.stream.clone()).or_default();
                if state.orphans.len() < MOST_FRAMES {
                    state.orphans.push(frame);
                }
                state.orphan_line = self.now;
            }
        }
    }

    /// Any other line closes the stacks of its stream, and may tell a collection, an end, a clue.
    fn other_line(&mut self, meta: &Meta, line: &str) {
        let masked = if self.open.is_empty() { String::new() } else { stamp::without_times(line) };
        let mut index = 0;
        while index < self.open.len() {
            let open = &self.open[index];
            let same = open.stream == meta.stream && (open.prefix.is_empty() || masked.starts_with(&open.prefix));
            let adjacent = self.touched.as_ref().is_some_and(|(stream, prefix)| *stream == open.stream && *prefix == open.prefix);
            // A line of another stream leaves a stack open; so do prefixed streams that others write between.
            if same || (adjacent && open.stream == meta.stream && !clues::is_prefixed(&open.prefix)) {
                let open = self.open.remove(index);
                self.done(open);
            } else {
                index += 1;
            }
        }
        let keep_orphans = line.trim_start().starts_with("at ");
        let state = self.streams.entry(meta.stream.clone()).or_default();
        if !keep_orphans && !state.orphans.is_empty() {
            let ran = std::mem::take(&mut state.orphans);
            clues::remember(&mut self.out.clues.ran, ran);
        }
        if let Some(frame) = frame::fatal(line) {
            if state.fatal.len() >= 16 {
                state.fatal.pop_front();
            }
            state.fatal.push_back(frame);
        }
        let time = || meta.time.or_else(|| stamp::time(line));
        if gc::maybe(line) {
            for told in gc::read(line) {
                if let gc::Told::Collection { pid: Some(pid), .. } | gc::Told::Memory { pid, .. } = told {
                    state.gc_pid = Some(pid);
                }
                self.out.gc((self.id, self.name), self.now, time, &told, state.gc_pid.or(meta.pid).or(state.pid));
            }
        }
        if let Some(end) = death::read(line) {
            let named = end.pid.is_some();
            let end = death::End { pid: end.pid.or(meta.pid.filter(|_| !line.contains("systemd["))), ..end };
            let end = if named || end.signal.is_none() { end } else { death::End { pid: end.pid.or(state.pid), ..end } };
            let meta = Meta { time: time(), ..meta.clone() };
            self.out.exit(self.name, self.now, &meta, end);
        }
        clues::read(&mut self.out.clues, line, &mut state.pid);
    }

    fn touched_open(&mut self) -> Option<&mut Open> {
        let (stream, prefix) = self.touched.clone()?;
        self.open.iter_mut().rev().find(|open| open.stream == stream && open.prefix == prefix)
    }

    /// Closes what is open in a stream where a warning begins. Says which other process's warning got no frames.
    fn close_for_warning(&mut self, meta: &Meta, mask: &str) -> Option<(Warning, u64, Meta)> {
        let mut mixed = None;
        let mut index = 0;
        while index < self.open.len() {
            let open = &self.open[index];
            if open.stream != meta.stream || open.prefix != mask {
                index += 1;
                continue;
            }
            let open = self.open.remove(index);
            if let Of::Warning(Some(said)) = &open.of
                && open.frames.is_empty()
                && open.last_line + 1 >= self.now
            {
                mixed = Some((said.clone(), open.line, open.meta.clone()));
            }
            self.done(open);
        }
        mixed
    }

    fn close_matching(&mut self, stream: &str, mask: &str) {
        while let Some(index) = self.open.iter().position(|open| open.stream == stream && open.prefix == mask) {
            let open = self.open.remove(index);
            self.done(open);
        }
    }

    fn close_all(&mut self) {
        for open in std::mem::take(&mut self.open) {
            self.done(open);
        }
        self.touched = None;
    }

    fn done(&mut self, mut open: Open) {
        if matches!(open.of, Of::Warning(None)) {
            read_message(&mut open, true);
        }
        match open.of {
            Of::Warning(Some(said)) => {
                let state = self.streams.entry(open.stream.clone()).or_default();
                state.pid = said.pid.or(state.pid);
                // Two stacks in one: the other process's is among the frames.
                let mixed = open.mixed_with.is_some_and(|(other, ..)| other.pid != said.pid && clues::stacks(&open.frames) > 1);
                let frames = if mixed { Vec::new() } else { open.frames };
                self.out.warning((self.id, self.name), open.line, &open.meta, said, frames, mixed);
            }
            Of::Memory { message, pid } => self.out.out_of_memory((self.id, self.name), open.line, &open.meta, pid, &message, open.frames),
            Of::Warning(None) | Of::Other => {}
        }
    }
}

/// Reads the message so far; its glued frames too.
fn read_message(open: &mut Open, last: bool) {
    match wording::read(&open.text, last) {
        Reading::Whole(said, end) => {
            open.frames.extend(frame::glued(&open.text[end..]));
            open.frames.truncate(MOST_FRAMES);
            open.of = Of::Warning(Some(said));
            open.text = String::new();
        }
        Reading::Open => {}
        Reading::Not => open.of = Of::Other,
    }
}
