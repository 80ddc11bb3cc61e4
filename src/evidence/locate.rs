//! From a stack to the registration's place in the original source.

use std::sync::LazyLock;

use camino::Utf8PathBuf;
use regex::Regex;

use super::observation::{Frame, Site};
use super::pattern::pattern;
use super::places::Places;
use crate::findings::{Finding, Position};

/// Hops through source maps: a bundle of compiled files takes two.
const MOST_HOPS: usize = 4;
/// Frames that are looked at.
const MOST_FRAMES: usize = 60;
/// A line this long is minified: that something else stands on it says nothing.
const LONG_LINE: usize = 400;
/// What the module wrapper adds to the first line's columns in Node below 10.16 and in 11.0 to 11.10 (measured).
const WRAPPER: u32 = 62;

/// Words of a registration, as V8 places a frame on them.
const WORDS: &[&str] =
    &["on", "once", "addListener", "prependListener", "prependOnceListener", "addEventListener", "pipe", "call", "apply", "forEach"];
static REGISTERS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?:\.|\[\s*['"`]|\b)(on|once|addListener|prependListener|prependOnceListener|addEventListener|pipe)\b['"`]?\]?(?:\s|/\*.*?\*/)*(?:\?\.)?\("#,
    )
});

/// How much a place in the text looks like a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Looks {
    No,
    Line,
    Position,
}

/// A frame's place on disk: the generated file first, then what its source maps lead to.
#[derive(Debug, Clone)]
pub struct Spot {
    pub frame: usize,
    /// Never empty; the last one is the original.
    pub chain: Vec<Site>,
    looks: Looks,
    /// Inside a method of a dependency that itself adds listeners (`EventEmitter.on` of eventemitter2).
    wrapper: bool,
    dependency: bool,
}

impl Spot {
    pub fn original(&self) -> &Site {
        &self.chain[self.chain.len() - 1]
    }
}

/// A stack, located.
#[derive(Debug, Default)]
pub struct Located {
    pub site: Option<Site>,
    /// Index of the finding whose registration this is.
    pub finding: Option<usize>,
    pub how: String,
    /// The first frame that is not the runtime's was found on no disk.
    pub lost: Option<String>,
    pub spots: Vec<Spot>,
}

/// All frames that stand on disk.
pub fn spots(frames: &[Frame], places: &Places) -> (Vec<Spot>, Option<String>) {
    let mut spots = Vec::new();
    let mut lost = None;
    for (index, frame) in frames.iter().enumerate().filter(|(_, frame)| !frame.internal).take(MOST_FRAMES) {
        let (Some(path), Some(line)) = (frame.path.as_deref(), frame.line) else { continue };
        let function = frame.function.as_deref().unwrap_or("");
        let dependency = path.contains("node_modules");
        let wrapper = dependency && is_wrapper(function);
        let Some(spot) = spot(index, path, line, frame, places, dependency, wrapper) else {
            if lost.is_none() && !wrapper {
                lost = Some(format!("{path}:{line}"));
            }
            continue;
        };
        spots.push(spot);
    }
    (spots, lost)
}

fn spot(index: usize, path: &str, line: u32, frame: &Frame, places: &Places, dependency: bool, wrapper: bool) -> Option<Spot> {
    let column = frame.column.unwrap_or(1);
    let found = places.find(path);
    let mut chain: Vec<Site> = Vec::new();
    let mut looks = Looks::No;
    if let Some(found) = &found {
        let text = places.text(&found.path)?;
        let row = text.lines().nth(line as usize - 1)?;
        let (column, seen) = settle(row, line, column, text.starts_with('\u{feff}'));
        looks = seen;
        if found.weak && looks == Looks::No {
            return None;
        }
        chain.push(Site { path: found.path.clone(), line, column });
    }
    // Node 12 tells the original under the frame.
    if let Some(mapped) = &frame.mapped
        && let Some(original) = places.find(&mapped.path)
    {
        chain.push(Site { path: original.path, line: mapped.line, column: mapped.column });
    }
    let mut hops = 0;
    while let Some(last) = chain.last()
        && hops < MOST_HOPS
    {
        hops += 1;
        let Some(next) = original_of(last, places) else { break };
        if chain.contains(&next) {
            break;
        }
        chain.push(next);
    }
    if chain.len() > 1 {
        let last = &chain[chain.len() - 1];
        let text = places.text(&last.path)?;
        looks = text.lines().nth(last.line as usize - 1).map_or(Looks::No, |row| settle(row, last.line, last.column, false).1);
    }
    (!chain.is_empty()).then_some(Spot { frame: index, chain, looks, wrapper, dependency })
}

/// One hop through a source map.
fn original_of(site: &Site, places: &Places) -> Option<Site> {
    let map = places.map(&site.path)?;
    let original = map.original(site.line, site.column)?;
    let path = match &original.path {
        Some(path) => {
            let plain: Utf8PathBuf = super::places::lexical(path);
            if places.may_read(&plain) { plain } else { places.find(plain.as_str()).or_else(|| places.find(&original.source))?.path }
        }
        None => places.find(&original.source)?.path,
    };
    // A bundler's own text, or a file that has changed since.
    let row = places.text(&path)?.lines().nth(original.line as usize - 1).map(str::to_owned)?;
    let (column, _) = settle(&row, original.line, original.column, false);
    Some(Site { path, line: original.line, column })
}

/// The column that a frame means, among what old Nodes and byte order marks make of it, and how it looks there.
fn settle(row: &str, line: u32, column: u32, bom: bool) -> (u32, Looks) {
    let mut tries = vec![column];
    if line == 1 {
        tries.extend(column.checked_sub(WRAPPER).filter(|column| *column > 0));
        if bom {
            // From Node 12.16 on the mark counts as a column; our texts hold it as one too.
            tries.extend(column.checked_sub(1).filter(|column| *column > 0));
            tries.push(column + 1);
        }
    }
    for &try_at in &tries {
        if at_position(row, try_at) {
            return (try_at, Looks::Position);
        }
    }
    // A map without columns says 1: the only registration of the line is meant.
    let mut registrations = REGISTERS.captures_iter(row);
    match (registrations.next(), registrations.next()) {
        (Some(only), None) if column <= indent(row) + 1 => {
            let at = only.get(1).map_or(0, |name| name.start());
            (row[..at].encode_utf16().count() as u32 + 1, Looks::Position)
        }
        (Some(_), _) if row.len() <= LONG_LINE => (column, Looks::Line),
        _ => (column, Looks::No),
    }
}

fn indent(row: &str) -> u32 {
    (row.len() - row.trim_start().len()) as u32
}

/// Whether a registration's name, or the `(` of a computed one, stands at this column (1-based, UTF-16).
fn at_position(row: &str, column: u32) -> bool {
    let Some(at) = byte_of(row, column) else { return false };
    let rest = &row[at..];
    if rest.starts_with('(') {
        let before = row[..at].trim_end();
        return before.ends_with(']') || before.ends_with("?.");
    }
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
    let stands_alone = !row[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
    stands_alone && WORDS.contains(&&rest[..end])
}

fn byte_of(row: &str, column: u32) -> Option<usize> {
    let mut units = 1;
    for (index, c) in row.char_indices() {
        if units == column {
            return Some(index);
        }
        if units > column {
            return None;
        }
        units += c.len_utf16() as u32;
    }
    None
}

/// Methods by which emitters of packages and instrumentation add a listener on behalf of their caller.
fn is_wrapper(function: &str) -> bool {
    let name = function.split(" [as ").next().unwrap_or(function);
    let last = name.rsplit(['.', ' ']).next().unwrap_or(name);
    matches!(
        last,
        "on" | "once"
            | "addListener"
            | "prependListener"
            | "prependOnceListener"
            | "addEventListener"
            | "_on"
            | "_once"
            | "_addListener"
            | "logPossibleMemoryLeak"
            | "many"
            | "_many"
            | "prependMany"
            | "prependAny"
            | "onAny"
            | "subscribe"
            | "pipe"
    ) || ["patched", "wrapped", "instrumented", "contextWrapper"].iter().any(|mark| last.contains(mark))
}

/// Finds a stack's registration: the first frame that a finding stands on, else the first that looks like one.
pub fn locate(frames: &[Frame], event: Option<&str>, findings: &[Finding], places: &Places) -> Located {
    let (spots, lost) = spots(frames, places);
    let mut located = Located { lost, ..Located::default() };
    let agrees = |finding: &Finding| match (&finding.event, event) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    };
    let stands = |finding: &Finding, site: &Site, exact: bool| {
        let here = Position { line: site.line, column: site.column };
        if finding.path != site.path {
            false
        } else if exact {
            finding.range.start == here || finding.call == here
        } else {
            (finding.range.start.line == site.line || finding.call.line == site.line) && agrees(finding)
        }
    };
    let is_long = |site: &Site| {
        places.text(&site.path).and_then(|text| text.lines().nth(site.line as usize - 1).map(str::len)).unwrap_or(0) > LONG_LINE
    };
    // Wrappers of dependencies last: the registration is their caller's.
    let ordered: Vec<&Spot> = spots.iter().filter(|spot| !spot.wrapper).chain(spots.iter().filter(|spot| spot.wrapper)).collect();
    'all: for exact in [true, false] {
        for spot in &ordered {
            for site in spot.chain.iter().rev() {
                if !exact && is_long(site) {
                    continue;
                }
                let near =
                    |finding: &Finding| finding.range.start.column.abs_diff(site.column).min(finding.call.column.abs_diff(site.column));
                // Several on the line: the one whose event agrees, then the nearest.
                let on_it = findings.iter().enumerate().filter(|(_, finding)| stands(finding, site, exact));
                let best = on_it.min_by_key(|(_, finding)| (!agrees(finding), near(finding)));
                if let Some((index, finding)) = best {
                    located.finding = Some(index);
                    let start = finding.range.start;
                    let site = if *site == *spot.original() || exact { site } else { spot.original() };
                    located.site = Some(Site { path: finding.path.clone(), line: start.line, column: start.column });
                    let frame = spot.frame + 1;
                    let place = format!("{}:{}:{}", site.path.file_name().unwrap_or(""), site.line, site.column);
                    located.how = match (exact, spot.chain.len() > 1) {
                        (true, false) => format!("frame {frame} of its stack is this call ({place})"),
                        (true, true) => format!("frame {frame} of its stack leads to this call through the source map ({place})"),
                        (false, false) => format!("frame {frame} of its stack is on this line ({place})"),
                        (false, true) => format!("frame {frame} of its stack leads to this line through the source map ({place})"),
                    };
                    break 'all;
                }
            }
        }
    }
    if located.site.is_none() {
        let callers: Vec<&&Spot> = ordered.iter().filter(|spot| !spot.wrapper).collect();
        let first = callers
            .iter()
            .find(|spot| spot.looks == Looks::Position)
            .or_else(|| callers.iter().find(|spot| spot.looks == Looks::Line))
            .or_else(|| callers.iter().find(|spot| !spot.dependency))
            .or_else(|| callers.first());
        located.site = first.map(|spot| spot.original().clone()).or_else(|| ordered.first().map(|spot| spot.original().clone()));
        // A frame on top that is on no disk here is nearer to the registration than a caller that does not look like one.
        let looks = first.map_or(Looks::No, |spot| spot.looks);
        if looks == Looks::No && located.lost.is_some() {
            let top = frames.iter().position(|frame| !frame.internal);
            if first.is_some_and(|spot| Some(spot.frame) != top) && is_own_file(frames, top) {
                located.site = None;
            }
        } else if looks != Looks::No {
            located.lost = None;
        }
    } else {
        located.lost = None;
    }
    located.spots = spots;
    located
}

/// Whether the frame names a file, not evaluated code (`evalmachine.<anonymous>`, `[eval]`, `virtual.js`).
fn is_own_file(frames: &[Frame], index: Option<usize>) -> bool {
    let Some(path) = index.and_then(|index| frames[index].path.as_deref()) else { return false };
    (path.starts_with('/') || path.contains(":\\") || path.starts_with("\\\\")) && path.contains("node_modules")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns() {
        assert!(at_position("  bus.on('x', f)", 7));
        assert!(at_position("e['on']('x', f)", 8));
        assert!(!at_position("e.button('x')", 5));
        assert_eq!(settle("e.on('x', f)", 1, 65, false), (3, Looks::Position));
        assert_eq!(settle("        a.b.on('x', f)", 9, 1, false), (13, Looks::Position));
        assert_eq!(settle("\tb('bound', f); // e.on", 9, 2, false).1, Looks::No);
        assert_eq!(byte_of("𝒳x", 3), Some(4));
    }
}
