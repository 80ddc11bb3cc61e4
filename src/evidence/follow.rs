//! `--follow`: reads a log as it grows, also through rotation.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::time::Duration;

use camino::Utf8Path;
use rustc_hash::FxHashSet;

use super::observation::Observation;
use super::reader::Reader;
use super::scan::Sink;
use super::telling::Tellings;

/// A line that has not ended is kept up to this.
const LONGEST_LINE: usize = 1 << 20;

/// Reads a growing log until `go_on` says no. `each` gets what is new whenever the log pauses.
///
/// A log that became shorter, or another file under the same name, is read from its start: it was rotated.
pub fn follow(
    path: &Utf8Path,
    pause: Duration,
    go_on: &mut dyn FnMut() -> bool,
    each: &mut dyn FnMut(&Observation) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut tellings = Tellings::default();
    let mut told: FxHashSet<(u8, u64)> = FxHashSet::default();
    let mut reader = Reader::new(0, path.as_str(), &mut tellings);
    let (mut position, mut number) = (0u64, 0u64);
    let mut rest: Vec<u8> = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut fresh = false;
    loop {
        let count = file.read(&mut buffer)?;
        position += count as u64;
        let mut bytes = &buffer[..count];
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            number += 1;
            if rest.is_empty() {
                reader.line(&bytes[..end], number);
            } else {
                rest.extend_from_slice(&bytes[..end]);
                reader.line(&rest, number);
                rest.clear();
            }
            bytes = &bytes[end + 1..];
            fresh = true;
        }
        if rest.len() < LONGEST_LINE {
            rest.extend_from_slice(bytes);
        }
        if count > 0 {
            continue;
        }
        if fresh {
            // A pause ends what stands open: a stack is written in one go.
            reader.finish();
            fresh = false;
            for observation in reader.observed() {
                let kind = match observation {
                    Observation::MaxListeners(_) => 0,
                    // Collections go on; they are told at the end.
                    Observation::Gc(_) => continue,
                    Observation::OutOfMemory(_) => 2,
                    Observation::ProcessExit(_) => 3,
                };
                if told.insert((kind, observation.log().line)) {
                    each(&observation)?;
                }
            }
        }
        if !go_on() {
            return Ok(());
        }
        std::thread::sleep(pause);
        if let Ok(meta) = std::fs::metadata(path)
            && (meta.len() < position || is_other(&file, &meta))
        {
            file = File::open(path)?;
            file.seek(SeekFrom::Start(0))?;
            position = 0;
            rest.clear();
        }
    }
}

/// Whether the file under the name is no longer the open one.
#[cfg(unix)]
fn is_other(open: &File, named: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    open.metadata().is_ok_and(|open| (open.dev(), open.ino()) != (named.dev(), named.ino()))
}

#[cfg(not(unix))]
fn is_other(_: &File, _: &std::fs::Metadata) -> bool {
    false
}
