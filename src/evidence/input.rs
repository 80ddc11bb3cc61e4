//! Opens logs: plain, `.gz`, `.zst`, UTF-16, standard input, folders. Everything streams; nothing is held whole.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::findings::Problem;

/// A packed log that unpacks beyond both of these is a bomb. Repetitive access logs reach 60:1 with gzip and 200:1 with zstd.
const BOMB_RATIO: u64 = 300;
const BOMB_BYTES: u64 = 256 << 20;

/// One log to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogInput {
    /// Standard input, named `-`.
    Stdin,
    File(Utf8PathBuf),
}

impl LogInput {
    /// As reports name it.
    pub fn name(&self) -> &str {
        match self {
            LogInput::Stdin => "-",
            LogInput::File(path) => path.as_str(),
        }
    }
}

/// The logs that the user's arguments mean, folders walked; and the arguments that are unusable, each with its reason.
pub fn inputs<'a>(paths: impl IntoIterator<Item = &'a str>) -> (Vec<LogInput>, Vec<Problem>) {
    let (mut found, mut problems): (Vec<LogInput>, _) = (Vec::new(), Vec::new());
    for path in paths {
        if path == "-" {
            found.push(LogInput::Stdin);
            continue;
        }
        let path = Utf8Path::new(path);
        let meta = match std::fs::metadata(path) {
            Ok(meta) => meta,
            Err(error) => {
                problems.push(Problem { path: path.to_owned(), message: format!("cannot read the log: {error}") });
                continue;
            }
        };
        if !meta.is_dir() {
            found.push(LogInput::File(path.to_owned()));
            continue;
        }
        for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
            match entry {
                Ok(entry) if entry.file_type().is_file() => match Utf8PathBuf::from_path_buf(entry.into_path()) {
                    Ok(file) => found.push(LogInput::File(file)),
                    Err(file) => {
                        problems
                            .push(Problem { path: path.to_owned(), message: format!("a file's name is not UTF-8: {}", file.display()) });
                    }
                },
                Ok(_) => {}
                Err(error) => problems.push(Problem { path: path.to_owned(), message: format!("cannot walk the folder of logs: {error}") }),
            }
        }
    }
    // A file named twice is read once.
    let mut seen = rustc_hash::FxHashSet::default();
    found.retain(|input| match input {
        LogInput::Stdin => seen.insert(Utf8PathBuf::from("-")),
        LogInput::File(path) => seen.insert(path.canonicalize_utf8().unwrap_or_else(|_| path.clone())),
    });
    (found, problems)
}

/// An opened log.
pub enum Source {
    /// A plain file: several threads may scan it.
    Plain {
        length: u64,
    },
    Stream(Box<dyn Read>),
    /// Not a text (a picture, a program): skipped.
    Binary,
}

/// Opens a log and looks at its first bytes.
pub fn open(input: &LogInput) -> io::Result<Source> {
    let path = match input {
        LogInput::Stdin => return peeled(Box::new(io::stdin()), 0),
        LogInput::File(path) => path,
    };
    let file = File::open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return peeled(Box::new(file), 0);
    }
    let head = head(&mut File::open(path)?, 512)?;
    if looks_plain(&head) { Ok(Source::Plain { length: meta.len() }) } else { peeled(Box::new(file), 0) }
}

fn head(reader: &mut dyn Read, most: usize) -> io::Result<Vec<u8>> {
    let mut head = vec![0; most];
    let mut filled = 0;
    while filled < most {
        match reader.read(&mut head[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    head.truncate(filled);
    Ok(head)
}

fn looks_plain(head: &[u8]) -> bool {
    !is_gzip(head) && !is_zstd(head) && utf16(head).is_none() && !is_binary(head)
}

fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(&[0x1f, 0x8b])
}

fn is_zstd(head: &[u8]) -> bool {
    head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
}

/// Whether the bytes are no text. NUL bytes alone do not say so: a log that was truncated while it was open begins with them.
fn is_binary(head: &[u8]) -> bool {
    if !head.contains(&0) {
        return false;
    }
    let rest: Vec<u8> = head.iter().copied().filter(|byte| *byte != 0).collect();
    let strange = String::from_utf8_lossy(&rest)
        .chars()
        .filter(|c| *c == char::REPLACEMENT_CHARACTER || (c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{1b}')))
        .count();
    strange * 10 > rest.len()
}

/// Whether the text is UTF-16, and if so whether its first byte is the low one. Without a mark: every second byte of the start is NUL.
fn utf16(head: &[u8]) -> Option<bool> {
    if head.starts_with(&[0xff, 0xfe]) {
        return Some(true);
    }
    if head.starts_with(&[0xfe, 0xff]) {
        return Some(false);
    }
    let pairs = (head.len() / 2).min(200);
    if pairs < 8 {
        return None;
    }
    let zeros = |odd: usize| (0..pairs).filter(|pair| head[pair * 2 + odd] == 0).count();
    match (zeros(1) * 10 >= pairs * 8, zeros(0) * 10 >= pairs * 8) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// Unpacks and decodes as the first bytes say; a packed file may hold UTF-16.
fn peeled(mut reader: Box<dyn Read>, depth: usize) -> io::Result<Source> {
    let head = head(&mut *reader, 512)?;
    let (gzip, zstd, wide) = (is_gzip(&head), is_zstd(&head), utf16(&head));
    let binary = is_binary(&head);
    let whole: Box<dyn Read> = Box::new(io::Cursor::new(head).chain(reader));
    if (gzip || zstd) && depth > 0 {
        return Err(io::Error::other("it is packed twice"));
    }
    if gzip || zstd {
        let taken = Rc::new(Cell::new(0));
        let counted = Counted { inner: whole, taken: taken.clone() };
        let unpacked: Box<dyn Read> = if gzip {
            Box::new(flate2::read::MultiGzDecoder::new(io::BufReader::with_capacity(64 * 1024, counted)))
        } else {
            let decoder = Zstd {
                inner: io::BufReader::with_capacity(64 * 1024, counted),
                decoder: ruzstd::decoding::FrameDecoder::new(),
                open: false,
            };
            Box::new(decoder)
        };
        return peeled(Box::new(Guard { inner: unpacked, taken, given: 0 }), depth + 1);
    }
    if let Some(low_first) = wide {
        return Ok(Source::Stream(Box::new(Utf16 { inner: whole, low_first, raw: Vec::new(), ready: Vec::new(), at: 0, high: None })));
    }
    if binary {
        return Ok(Source::Binary);
    }
    Ok(Source::Stream(whole))
}

/// Counts what is read through it.
struct Counted {
    inner: Box<dyn Read>,
    taken: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.taken.set(self.taken.get() + count as u64);
        Ok(count)
    }
}

/// Refuses to unpack a bomb.
struct Guard {
    inner: Box<dyn Read>,
    taken: Rc<Cell<u64>>,
    given: u64,
}

impl Read for Guard {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.given += count as u64;
        if self.given > BOMB_BYTES && self.given / self.taken.get().max(1) > BOMB_RATIO {
            return Err(io::Error::other(format!(
                "unpacks to more than {BOMB_RATIO} times its size: reading stopped at {} MB",
                self.given >> 20
            )));
        }
        Ok(count)
    }
}

/// Frames of zstd one behind the other, as `zstd` concatenates them; the window is bounded by the decoder (100 MB).
struct Zstd<R> {
    inner: R,
    decoder: ruzstd::decoding::FrameDecoder,
    open: bool,
}

impl<R: io::BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use ruzstd::decoding::BlockDecodingStrategy;
        use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
        loop {
            if self.open {
                let count = self.decoder.read(buffer)?;
                if count > 0 {
                    return Ok(count);
                }
                if !self.decoder.is_finished() {
                    self.decoder.decode_blocks(&mut self.inner, BlockDecodingStrategy::UptoBlocks(1)).map_err(io::Error::other)?;
                    continue;
                }
                self.open = false;
            }
            if self.inner.fill_buf()?.is_empty() {
                return Ok(0);
            }
            match self.decoder.reset(&mut self.inner) {
                Ok(()) => self.open = true,
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    io::copy(&mut (&mut self.inner).take(u64::from(length)), &mut io::sink())?;
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
    }
}

/// UTF-16 to UTF-8; lone halves become U+FFFD.
struct Utf16 {
    inner: Box<dyn Read>,
    low_first: bool,
    raw: Vec<u8>,
    ready: Vec<u8>,
    at: usize,
    high: Option<u16>,
}

impl Read for Utf16 {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.ready.len() {
            let kept = self.raw.len();
            self.raw.resize(kept + 64 * 1024, 0);
            let count = self.inner.read(&mut self.raw[kept..])?;
            self.raw.truncate(kept + count);
            if count == 0 {
                return Ok(0);
            }
            self.ready.clear();
            self.at = 0;
            let even = self.raw.len() / 2 * 2;
            let units = self.raw[..even]
                .chunks_exact(2)
                .map(|pair| if self.low_first { u16::from_le_bytes([pair[0], pair[1]]) } else { u16::from_be_bytes([pair[0], pair[1]]) });
            let mut units: Vec<u16> = self.high.take().into_iter().chain(units).collect();
            if let Some(&last) = units.last()
                && (0xd800..0xdc00).contains(&last)
            {
                self.high = units.pop();
            }
            for c in char::decode_utf16(units) {
                let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
                self.ready.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            self.raw.drain(..even);
        }
        let count = buffer.len().min(self.ready.len() - self.at);
        buffer[..count].copy_from_slice(&self.ready[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

/// A file's handle of one's own, for a thread that scans a part of it.
pub fn handle(path: &Path) -> io::Result<File> {
    File::open(path)
}
