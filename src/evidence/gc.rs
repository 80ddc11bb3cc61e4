//! `--trace-gc`, `-verbose` and `-nvp` of Node 0.10 to 26, and what the memory of a process did.
//!
//! A plain `--trace-gc` shows V8's heap only: 200 MB of kept Buffers left it at 2 MB (measured on 12 and 26). Memory outside stands in
//! `--trace-gc-verbose` (`External memory reported`, `Backing store memory`).

use std::sync::LazyLock;

use regex::Regex;

use super::observation::{GrowthKind, Slope};
use super::pattern::pattern;

/// Points that are kept of one process; beyond, every second one goes.
const MOST_POINTS: usize = 4_096;
/// Growth below this (MB) is noise of a program that starts.
const NOISE_MB: f64 = 1.0;

/// `[pid] 102 ms: pause=2 mutator=0 gc=s ... total_size_after=2105984`; Node 24: `end_object_size=`; 26: `GC: {"pause":..}`.
static NVP: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"\[(\d+)(?::0x([0-9a-f]+))?(?::\d+)?\]:?\s+(\d+) ms: (?:GC: )?(?:pause=|\{"pause")"#));
static EXTERNAL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\[(\d+)(?::0x([0-9a-f]+))?(?::\d+)?\]:?\s+(External memory reported|Backing store memory):\s*(\d+) KB"));

/// One thing that a collection's line tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    Collection { pid: Option<u32>, isolate: u64, ms: f64, full: bool, after_mb: f64, outside: bool },
    Memory { pid: u32, isolate: u64, backing: bool, mb: f64 },
}

/// Whether a line can be one of these.
pub fn maybe(line: &str) -> bool {
    line.contains(" ms: ") || line.contains("External memory reported") || line.contains("Backing store memory")
}

/// Reads a line; glued ones (the «last few GCs» are a ring buffer) hold several.
pub fn read(line: &str) -> Vec<Told> {
    let isolate = |text: Option<regex::Match>| text.and_then(|hex| u64::from_str_radix(hex.as_str(), 16).ok()).unwrap_or(0);
    let mut told = Vec::new();
    for (at, _) in line.match_indices(" ms: ") {
        told.extend(collection(line, at));
    }
    if !told.is_empty() {
        return told;
    }
    if let Some(found) = NVP.captures(line) {
        let field = |names: &[&str]| {
            names.iter().find_map(|name| {
                let at = line.find(name)? + name.len();
                let text = line[at..].trim_start_matches(['"', ':', '=', ' ']);
                Some(text.split([' ', ',', '}', '"', ';']).next().unwrap_or("").to_owned())
            })
        };
        let kind = field(&[" gc=", "\"gc\""]).unwrap_or_default();
        let after = field(&["total_size_after", "end_object_size"]).and_then(|bytes| bytes.parse::<f64>().ok());
        if let (Ok(pid), Ok(ms), Some(after)) = (found[1].parse(), found[3].parse(), after) {
            told.push(Told::Collection {
                pid: Some(pid),
                isolate: isolate(found.get(2)),
                ms,
                full: kind.contains("mc") || kind.contains("ms"),
                after_mb: after / 1_048_576.0,
                outside: false,
            });
        }
        return told;
    }
    if let Some(found) = EXTERNAL.captures(line)
        && let (Ok(pid), Ok(kb)) = (found[1].parse(), found[4].parse::<f64>())
    {
        told.push(Told::Memory { pid, isolate: isolate(found.get(2)), backing: found[3].starts_with('B'), mb: kb / 1_024.0 });
    }
    told
}

/// `[pid:0xiso:n] 38 ms: Mark-sweep (reduce) 2.2 (35.0) -> 2.0 (36.0) MB,`; up to Node 6 the «last few GCs» have no `[pid]`. Read by hand:
/// a trace has millions of these lines.
fn collection(line: &str, at: usize) -> Option<Told> {
    let before = &line[..at];
    let start = before.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |index| index + 1);
    let ms = before[start..].parse().ok()?;
    let (mut pid, mut isolate) = (None, 0);
    let head = before[..start].trim_end();
    if let Some(inside) = head.strip_suffix(']').and_then(|head| head.rsplit_once('[')).map(|(_, inside)| inside) {
        let mut parts = inside.split(':');
        pid = parts.next().and_then(|pid| pid.parse().ok());
        isolate = parts.next().and_then(|hex| u64::from_str_radix(hex.strip_prefix("0x")?, 16).ok()).unwrap_or(0);
    }
    let after = &line[at + " ms: ".len()..];
    let kind_end = after.find(|c: char| c.is_ascii_digit())?;
    let kind = after[..kind_end].strip_suffix(' ')?;
    let is_kind = kind.len() < 48 && kind.starts_with(|c: char| c.is_ascii_uppercase());
    if !is_kind || !kind.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b' ' | b'-' | b'(' | b')')) {
        return None;
    }
    // `2.2 (35.0) -> 2.0 (36.0) MB`.
    let (used, rest) = after[kind_end..].split_once(" -> ")?;
    let (_, committed) = used.split_once(" (")?;
    committed.strip_suffix(')')?.parse::<f64>().ok()?;
    let (after_mb, rest) = rest.split_once(" (")?;
    let (committed, rest) = rest.split_once(')')?;
    committed.parse::<f64>().ok()?;
    if !rest.starts_with(" MB") {
        return None;
    }
    Some(Told::Collection {
        pid,
        isolate,
        ms,
        full: kind.contains("Mark") && !kind.starts_with("Minor"),
        after_mb: after_mb.parse().ok()?,
        outside: rest.contains("external memory"),
    })
}

/// What the collections of one isolate told.
#[derive(Debug, Clone, Default)]
pub struct Series {
    pub events: u64,
    pub full: u64,
    pub first_ms: Option<f64>,
    pub last_ms: f64,
    /// V8 named memory outside its heap as the reason of a collection.
    pub outside: bool,
    after_full: Vec<(f64, f64)>,
    after_any: Vec<(f64, f64)>,
    external: Vec<(f64, f64)>,
    backing: Vec<(f64, f64)>,
    last: Option<(f64, bool)>,
}

/// What `Series` comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub heap: Option<[f64; 2]>,
    pub heap_slope: Option<Slope>,
    pub external: Option<[f64; 2]>,
    pub external_slope: Option<Slope>,
    pub growth: GrowthKind,
    pub why: String,
    pub advice: Option<String>,
}

impl Series {
    pub fn add(&mut self, told: &Told) {
        match *told {
            Told::Collection { ms, full, after_mb, outside, .. } => {
                self.events += 1;
                self.outside |= outside;
                // The «last few GCs» repeat what the trace told; counted as told, weighed once.
                if self.last_ms == ms && self.last == Some((after_mb, full)) {
                    return;
                }
                self.last = Some((after_mb, full));
                self.full += u64::from(full);
                self.first_ms.get_or_insert(ms);
                self.last_ms = self.last_ms.max(ms);
                push(&mut self.after_any, (ms, after_mb));
                if full {
                    push(&mut self.after_full, (ms, after_mb));
                }
            }
            Told::Memory { backing, mb, .. } => push(if backing { &mut self.backing } else { &mut self.external }, (self.last_ms, mb)),
        }
    }

    /// What grew, and how fast.
    pub fn verdict(&self) -> Verdict {
        // The heap after a full collection is what is kept. With fewer than three of them, the lower edge of all stands in.
        let enough = self.after_full.len() >= 3;
        let lower = lower_edge(&self.after_any);
        let heap_points = if enough { &self.after_full } else { &lower };
        let heap_slope = slope(heap_points);
        let heap = ends(heap_points);
        let outside = if self.backing.is_empty() { &self.external } else { &self.backing };
        let external_slope = slope(&lower_edge(outside));
        let external = ends(outside);
        let heap_grows = grows(heap, heap_slope);
        let external_grows = grows(external, external_slope);
        let fell = |pair: Option<[f64; 2]>| pair.map_or(0.0, |[first, last]| last - first);
        let (growth, why) = match (heap_grows, external_grows) {
            (true, true) if fell(external) >= 4.0 * fell(heap).max(NOISE_MB) => {
                (GrowthKind::Buffers, "memory outside V8's heap grows far faster than the heap: Buffers are kept".to_owned())
            }
            (true, true) => {
                (GrowthKind::Both, "the heap and the memory outside it both grow: objects with their Buffers are kept".to_owned())
            }
            (true, false) if outside.is_empty() => {
                (GrowthKind::Objects, "V8's heap grows; a plain --trace-gc cannot see Buffers, which may grow too".to_owned())
            }
            (true, false) => (GrowthKind::Objects, "V8's heap grows and the memory outside it does not: objects are kept".to_owned()),
            (false, true) => (GrowthKind::Buffers, "V8's heap stays and the memory outside it grows: Buffers are kept".to_owned()),
            (false, false) if self.events < 3 => (GrowthKind::Unknown, "too few collections to tell".to_owned()),
            (false, false) if outside.is_empty() && self.outside => (
                GrowthKind::Unknown,
                "V8's heap stays, but collections were run because of memory outside it, and a plain --trace-gc cannot see Buffers"
                    .to_owned(),
            ),
            (false, false) if outside.is_empty() => {
                (GrowthKind::None, "V8's heap does not grow; a plain --trace-gc cannot see Buffers".to_owned())
            }
            (false, false) => (GrowthKind::None, "neither V8's heap nor the memory outside it grows".to_owned()),
        };
        let advice = outside.is_empty().then(|| "run with --trace-gc --trace-gc-verbose, which tells the memory of Buffers too".to_owned());
        Verdict { heap, heap_slope, external, external_slope, growth, why, advice }
    }
}

fn push(points: &mut Vec<(f64, f64)>, point: (f64, f64)) {
    if points.len() >= MOST_POINTS {
        let mut keep = false;
        points.retain(|_| {
            keep = !keep;
            keep
        });
    }
    points.push(point);
}

/// The lowest point of each of up to 24 equal parts: garbage that waits for a full collection lies above it.
fn lower_edge(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() <= 6 {
        return points.to_vec();
    }
    let part = points.len().div_ceil((points.len() / 3).clamp(3, 24));
    points.chunks(part).filter_map(|chunk| chunk.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1))).collect()
}

fn ends(points: &[(f64, f64)]) -> Option<[f64; 2]> {
    Some([points.first()?.1, points.last()?.1])
}

/// Growth is a slope that is more than its uncertainty, and more than noise.
fn grows(ends: Option<[f64; 2]>, slope: Option<Slope>) -> bool {
    let Some([first, last]) = ends else { return false };
    let risen = last - first > NOISE_MB.max(first * 0.15);
    match slope {
        Some(slope) => risen && slope.mb_per_minute > slope.plus_minus,
        None => risen && last > first * 1.5,
    }
}

/// Least squares over (milliseconds, MB).
fn slope(points: &[(f64, f64)]) -> Option<Slope> {
    let n = points.len() as f64;
    if points.len() < 3 {
        return None;
    }
    let (mean_x, mean_y) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let spread: f64 = points.iter().map(|p| (p.0 - mean_x).powi(2)).sum();
    if spread <= 0.0 {
        return None;
    }
    let rise = points.iter().map(|p| (p.0 - mean_x) * (p.1 - mean_y)).sum::<f64>() / spread;
    let error: f64 = points.iter().map(|p| (p.1 - mean_y - rise * (p.0 - mean_x)).powi(2)).sum();
    let deviation = (error / (n - 2.0) / spread).sqrt();
    let a_minute = 60_000.0;
    Some(Slope { mb_per_minute: rise * a_minute, plus_minus: 2.0 * deviation * a_minute, points: points.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_all_versions() {
        let count = |line: &str| read(line).len();
        assert_eq!(count("[31118]       38 ms: Scavenge 2.2 (35.0) -> 2.0 (36.0) MB, 1 ms [Runtime::PerformGC]."), 1);
        assert_eq!(
            count(
                "t of marking [22283:0x39a270c0]      768 ms: Mark-sweep (reduce) 39.7 (72.2) -> 38.4 (71.4) MB, 6.4 / 0.0 ms  (a)[22283:0x39a270c0]      800 ms: Mark-sweep 39.7 (72.2) -> 38.4 (71.4) MB, 6.4"
            ),
            2
        );
        assert_eq!(
            count("[1291:0x46f02000]       79 ms: Incremental Mark-Compact 4.8 (5.6) -> 4.5 (6.6) MB, pooled: 0.0 MB, 2.74 / 0.00 ms"),
            1
        );
        assert_eq!(count("    1335 ms: Mark-sweep 47.8 (74.0) -> 41.0 (74.0) MB, 102.4 / 0.0 ms"), 1);
        assert_eq!(count("[1:0x2:0] 12 ms: GC: {\"pause\":1.2,\"gc\":\"s\",\"start_object_size\":5,\"end_object_size\":1048576}"), 1);
        assert_eq!(count("took 12 ms: fine"), 0);
    }

    #[test]
    fn growth() {
        let mut series = Series::default();
        for minute in 0..40 {
            let ms = f64::from(minute) * 60_000.0;
            series.add(&Told::Collection {
                pid: None,
                isolate: 0,
                ms,
                full: true,
                after_mb: 20.0 + 3.1 * f64::from(minute),
                outside: false,
            });
        }
        let verdict = series.verdict();
        assert_eq!(verdict.growth, GrowthKind::Objects);
        assert!((verdict.heap_slope.unwrap().mb_per_minute - 3.1).abs() < 0.01);
    }
}
