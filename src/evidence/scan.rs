//! Finds the few lines of a log that matter without reading the others as lines.
//!
//! A log is searched for a handful of words in blocks; around each hit a window of lines is handed on. What lies between windows is never
//! decoded, so an access log costs what searching it costs, and neither a line's length nor a record's decides memory.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use aho_corasick::packed;

/// Block that is read at once: stays in the second-level cache while it is searched.
const BLOCK: usize = 256 * 1024;
/// Part of a file that one thread takes at a time.
const SEGMENT: u64 = 8 << 20;
/// A line is handed on in pieces of this size at most.
const LONGEST_LINE: usize = 1 << 20;
/// Files up to this size are read wholly.
const SMALL: u64 = 512 * 1024;

/// Where lines go.
pub trait Sink {
    /// A line without its line break; `number` is 1-based.
    fn line(&mut self, line: &[u8], number: u64);
    /// Lines were left out here.
    fn gap(&mut self);
}

/// How much is read around a hit.
#[derive(Clone, Copy)]
struct Reach {
    back: u64,
    forward: u64,
}

/// A warning: newest-first exports have the stack in front of it, journald's records are half a kB a frame.
const STACK: Reach = Reach { back: 48 << 10, forward: 128 << 10 };
/// One line, with its neighbours.
const LINE: Reach = Reach { back: 4 << 10, forward: 8 << 10 };
/// A part of a line that a container runtime cut at 16 kB, and its rest.
const PART: Reach = Reach { back: 0, forward: 40 << 10 };

/// The words. Two stand in every warning, apart from each other: a cut through one leaves the other.
const WORDS: &[(&str, Reach)] = &[
    ("leak detected", STACK),
    ("listeners added", STACK),
    ("MaxListenersExceeded", STACK),
    // journald writes a message with control characters as a list of bytes: «leak d».
    ("108,101,97,107,32,100", STACK),
    ("108, 101, 97, 107, 32, 100", STACK),
    ("FATAL ERROR: ", STACK),
    ("buffer allocation failed", STACK),
    ("Failed to allocate memory", STACK),
    ("OUT_OF_MEMORY", STACK),
    ("Out of memory: Kill", LINE),
    ("out of memory: ", LINE),
    (" ms: Scav", LINE),
    (" ms: Mark", LINE),
    (" ms: Incr", LINE),
    (" ms: paus", LINE),
    (" ms: GC: ", LINE),
    ("External memory reported", LINE),
    ("Backing store memory", LINE),
    (" died", LINE),
    (" exited", LINE),
    ("xit status ", LINE),
    ("xit code", LINE),
    ("Killed", LINE),
    ("SIGKILL", LINE),
    ("SIGABRT", LINE),
    ("oom-kill", LINE),
    ("errno 13", LINE),
    ("Exit Code:", LINE),
    ("NO_WARNINGS", LINE),
    ("--no-warnings", LINE),
    ("Node.js v", LINE),
    (" stderr P ", PART),
    (" stdout P ", PART),
];

static SEARCH: LazyLock<Search> = LazyLock::new(|| {
    let words = WORDS.iter().map(|(word, _)| word);
    match packed::Config::new().builder().extend(words.clone()).build() {
        Some(searcher) => Search::Packed(searcher),
        None => Search::Plain(aho_corasick::AhoCorasick::new(words).expect("a handful of words")),
    }
});

enum Search {
    Packed(packed::Searcher),
    Plain(aho_corasick::AhoCorasick),
}

impl Search {
    /// Calls `hit` with the offset of each word and its reach.
    fn each(&self, block: &[u8], mut hit: impl FnMut(usize, Reach)) {
        match self {
            Search::Packed(searcher) => {
                searcher.find_iter(block).for_each(|found| hit(found.start(), WORDS[found.pattern().as_usize()].1));
            }
            Search::Plain(searcher) => {
                searcher.find_iter(block).for_each(|found| hit(found.start(), WORDS[found.pattern().as_usize()].1));
            }
        }
    }
}

/// The last bytes of a block are searched again with the next one: a word may lie across.
const OVERLAP: usize = 32;

/// A part of the log to read, around one or more hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    start: u64,
    hit: u64,
    end: u64,
}

fn add(windows: &mut Vec<Window>, at: u64, reach: Reach) {
    let window = Window { start: at.saturating_sub(reach.back), hit: at, end: at + reach.forward };
    match windows.last_mut() {
        Some(last) if window.start <= last.end => {
            last.end = last.end.max(window.end);
            if window.start < last.start {
                last.start = window.start;
            }
        }
        _ => windows.push(window),
    }
}

/// Reads a plain file of this length.
pub fn file(path: &Path, length: u64, sink: &mut dyn Sink) -> io::Result<()> {
    let mut file = super::input::handle(path)?;
    if length <= SMALL {
        return stream(&mut file, true, sink);
    }
    let windows = windows(path, length)?;
    let mut lines = Lines::new(sink);
    let mut position = 0;
    let mut number = 1;
    let mut buffer = vec![0; BLOCK];
    for window in windows {
        if window.end <= position {
            continue;
        }
        if window.start > position {
            number += newlines(&mut file, position, window.start, &mut buffer)?;
            position = window.start;
            lines.skip(number, window.start > 0, window.hit - window.start);
        }
        file.seek(SeekFrom::Start(position))?;
        loop {
            let count = file.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            let most = usize::try_from(window.end.saturating_sub(position)).unwrap_or(usize::MAX);
            // Beyond the window's end only the line is finished.
            let taken = lines.push(&buffer[..count], most);
            position += taken as u64;
            if taken < count || (position >= window.end && lines.at_line_start()) {
                break;
            }
        }
        number = lines.number;
    }
    lines.finish();
    Ok(())
}

fn newlines(file: &mut File, from: u64, to: u64, buffer: &mut [u8]) -> io::Result<u64> {
    file.seek(SeekFrom::Start(from))?;
    let (mut left, mut count) = (to - from, 0);
    while left > 0 {
        let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = file.read(&mut buffer[..most])?;
        if read == 0 {
            break;
        }
        count += memchr::memchr_iter(b'\n', &buffer[..read]).count() as u64;
        left -= read as u64;
    }
    Ok(count)
}

/// Searches a file on two threads (more would wait for memory).
fn windows(path: &Path, length: u64) -> io::Result<Vec<Window>> {
    let next = AtomicU64::new(0);
    let segments = length.div_ceil(SEGMENT);
    let work = || -> io::Result<Vec<(u64, Vec<Window>)>> {
        let mut file = super::input::handle(path)?;
        let mut buffer = vec![0; BLOCK + OVERLAP];
        let mut found = Vec::new();
        loop {
            let segment = next.fetch_add(1, Ordering::Relaxed);
            if segment >= segments {
                return Ok(found);
            }
            let (start, end) = (segment * SEGMENT, ((segment + 1) * SEGMENT).min(length));
            let mut windows = Vec::new();
            file.seek(SeekFrom::Start(start))?;
            let mut at = start;
            let mut kept = 0;
            while at < end + OVERLAP as u64 {
                let count = file.read(&mut buffer[kept..])?;
                if count == 0 {
                    break;
                }
                let filled = kept + count;
                let base = at - kept as u64;
                SEARCH.each(&buffer[..filled], |offset, reach| {
                    let hit = base + offset as u64;
                    if hit < end {
                        add(&mut windows, hit, reach);
                    }
                });
                at += count as u64;
                kept = filled.min(OVERLAP);
                buffer.copy_within(filled - kept..filled, 0);
            }
            if !windows.is_empty() {
                found.push((segment, windows));
            }
        }
    };
    let mut all = std::thread::scope(|scope| -> io::Result<_> {
        let other = (segments > 1).then(|| scope.spawn(work));
        let mut all = work()?;
        if let Some(other) = other {
            all.extend(other.join().unwrap_or_else(|_| Err(io::Error::other("a thread that scans a log failed")))?);
        }
        Ok(all)
    })?;
    all.sort_by_key(|(segment, _)| *segment);
    let mut merged: Vec<Window> = Vec::new();
    for window in all.into_iter().flat_map(|(_, windows)| windows) {
        match merged.last_mut() {
            Some(last) if window.start <= last.end => last.end = last.end.max(window.end),
            _ => merged.push(window),
        }
    }
    Ok(merged)
}

/// Reads a stream: wholly, or around hits.
pub fn stream(reader: &mut dyn Read, wholly: bool, sink: &mut dyn Sink) -> io::Result<()> {
    let mut lines = Lines::new(sink);
    let mut buffer = vec![0; BLOCK];
    if wholly {
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => drop(lines.push(&buffer[..count], usize::MAX)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    lines.finish();
                    return Err(error);
                }
            }
        }
        lines.finish();
        return Ok(());
    }
    // What was read last stays, for the lines in front of a hit.
    let mut held: Vec<u8> = Vec::new();
    let (mut base, mut base_line) = (0u64, 1u64);
    let (mut searched, mut fed) = (0u64, 0u64);
    let mut windows: Vec<Window> = Vec::new();
    let outcome = loop {
        let count = match reader.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => break Err(error),
        };
        held.extend_from_slice(&buffer[..count]);
        let end = base + held.len() as u64;
        let from = searched.saturating_sub(OVERLAP as u64).max(base);
        SEARCH.each(&held[(from - base) as usize..], |offset, reach| add(&mut windows, from + offset as u64, reach));
        searched = end;
        windows.retain_mut(|window| {
            let (start, stop) = (window.start.max(fed).max(base), window.end.min(end));
            if start < stop {
                if start > fed {
                    let before = memchr::memchr_iter(b'\n', &held[..(start - base) as usize]).count() as u64;
                    lines.skip(base_line + before, start > 0, window.hit.saturating_sub(start));
                }
                let most = (window.end - start) as usize;
                fed = start + lines.push(&held[(start - base) as usize..], most) as u64;
            }
            if window.end <= end && lines.has_rest() {
                // The last line goes on in the next block.
                window.end = end + LINE.forward;
            }
            window.end > end
        });
        if count == 0 {
            break Ok(());
        }
        // A window that has not ended may still want bytes from `fed` on; everything older than the longest reach back goes.
        let keep = end.saturating_sub(STACK.back);
        if keep > base {
            let gone = (keep - base) as usize;
            base_line += memchr::memchr_iter(b'\n', &held[..gone]).count() as u64;
            held.drain(..gone);
            base = keep;
        }
    };
    lines.finish();
    outcome
}

/// Splits bytes into lines.
struct Lines<'a> {
    sink: &'a mut dyn Sink,
    held: Vec<u8>,
    number: u64,
    /// The line's start was not read, or a piece of it was handed on.
    cut: bool,
    /// Look for a line's start in this many bytes.
    seeking: u64,
}

impl<'a> Lines<'a> {
    fn new(sink: &'a mut dyn Sink) -> Lines<'a> {
        Lines { sink, held: Vec::new(), number: 1, cut: false, seeking: 0 }
    }

    /// Lines were left out; the next bytes belong to line `number`, perhaps not to its start.
    fn skip(&mut self, number: u64, midway: bool, to_hit: u64) {
        self.finish_line();
        self.sink.gap();
        self.number = number;
        self.cut = midway;
        self.seeking = if midway { to_hit } else { 0 };
    }

    fn has_rest(&self) -> bool {
        !self.held.is_empty()
    }

    fn at_line_start(&self) -> bool {
        self.held.is_empty() && !self.cut
    }

    /// Takes bytes; behind the first `most` only up to the end of the line. Says how many it took.
    fn push(&mut self, bytes: &[u8], most: usize) -> usize {
        let mut at = 0;
        if self.seeking > 0 {
            // In front of the hit, lines begin behind a line break; in a line without end, anywhere.
            let within = bytes.len().min(usize::try_from(self.seeking).unwrap_or(usize::MAX));
            if let Some(found) = memchr::memchr(b'\n', &bytes[..within]) {
                at = found + 1;
                self.number += 1;
                self.cut = false;
            }
            self.seeking = 0;
        }
        while at < bytes.len() {
            if at >= most && self.held.is_empty() && !self.cut {
                return at;
            }
            let rest = &bytes[at..];
            match memchr::memchr(b'\n', rest) {
                Some(end) => {
                    if self.held.is_empty() {
                        self.sink.line(&rest[..end], self.number);
                    } else {
                        self.held.extend_from_slice(&rest[..end]);
                        let held = std::mem::take(&mut self.held);
                        self.sink.line(&held, self.number);
                        self.held = held;
                        self.held.clear();
                    }
                    self.number += 1;
                    self.cut = false;
                    at += end + 1;
                }
                None => {
                    // A line without end is not followed beyond the window.
                    let taken = if at >= most { rest.len().min(LINE.forward as usize) } else { rest.len().min(most - at) };
                    self.held.extend_from_slice(&rest[..taken]);
                    at += taken;
                    if at >= most && self.held.len() as u64 >= LINE.forward {
                        self.piece();
                        return at;
                    }
                }
            }
            if self.held.len() >= LONGEST_LINE {
                self.piece();
            }
        }
        at
    }

    /// Hands on what there is of a line that is too long.
    fn piece(&mut self) {
        let held = std::mem::take(&mut self.held);
        self.sink.line(&held, self.number);
        self.held = held;
        self.held.clear();
        self.cut = true;
    }

    fn finish_line(&mut self) {
        if !self.held.is_empty() {
            self.piece();
        }
        self.cut = false;
    }

    fn finish(&mut self) {
        self.finish_line();
    }
}
