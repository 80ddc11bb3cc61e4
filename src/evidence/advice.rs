//! What a warning means and what to do at the next run.

use rustc_hash::FxHashMap;

use super::observation::*;

/// Warnings of one kind within this (ms) are one burst.
const BURST: i64 = 2_000;

/// Tells a leak from a burst, per observation.
///
/// Measured: a list of listeners warns once; a second warning of the runtime for the same event in one process is another emitter, or one
/// that was emptied in between. So one warning per process is one emitter that collects, many at once are many emitters.
pub fn patterns(observations: &[Observation]) -> Vec<Option<Pattern>> {
    type Key<'a> = (&'a Option<String>, &'a Option<String>, Option<(Option<&'a str>, Option<u32>)>);
    fn key(warning: &MaxListeners) -> Key<'_> {
        let frame = warning.frames.iter().find(|frame| !frame.internal);
        (&warning.event, &warning.emitter, frame.map(|frame| (frame.path.as_deref(), frame.line)))
    }
    let mut groups: FxHashMap<Key, Vec<&MaxListeners>> = FxHashMap::default();
    for observation in observations {
        if let Observation::MaxListeners(warning) = observation {
            groups.entry(key(warning)).or_default().push(warning);
        }
    }
    let pattern = |warning: &MaxListeners| {
        let group = &groups[&key(warning)];
        let mut processes: Vec<(&str, Option<u32>)> = group.iter().map(|it| (it.log.path.as_str(), it.pid)).collect();
        processes.sort_unstable();
        processes.dedup();
        let told = warning.told.max(1);
        let limit = warning.max.unwrap_or(if warning.emitter.is_some() { 10.0 } else { 0.0 });
        let mut times: Vec<i64> = group.iter().filter_map(|it| it.time).collect();
        times.sort_unstable();
        let at_once = times.len() > 2 && times[times.len() - 1] - times[0] <= BURST;
        if told >= 3 || (at_once && group.len() > 3 * processes.len()) {
            let many = u64::from(told).max(group.len() as u64);
            return Pattern {
                growth: Growth::ManyEmitters,
                why: format!(
                    "the process told it {many} times, and an emitter tells it once: {many} emitters (or one that was emptied in between) with {} listeners each, a burst rather than one that grows",
                    warning.count
                ),
            };
        }
        if processes.len() > 1 && told == 1 {
            let why =
                format!("{} processes each told it once: each has one emitter that collects, a leak where it goes on", processes.len());
            return Pattern { growth: Growth::OneEmitter, why };
        }
        if limit > 0.0 && warning.count as f64 > limit + 1.0 {
            let why = format!(
                "{} listeners is far above the limit of {limit}: it was lowered later, or listeners were added at once",
                warning.count
            );
            return Pattern { growth: Growth::Unclear, why };
        }
        let why = if told == 1 {
            "told once: one emitter passed its limit, a leak where it goes on"
        } else {
            "told twice: two emitters, or one that was emptied in between"
        };
        Pattern { growth: if told == 1 { Growth::OneEmitter } else { Growth::Unclear }, why: why.to_owned() }
    };
    observations
        .iter()
        .map(|observation| match observation {
            Observation::MaxListeners(warning) => Some(pattern(warning)),
            _ => None,
        })
        .collect()
}

/// What to do so that the next run tells more.
pub fn of_warning(warning: &MaxListeners) -> Option<String> {
    if warning.interleaved {
        return Some("log each process to a file of its own, or put a prefix in front of its lines".to_owned());
    }
    let user = warning.frames.iter().filter(|frame| !frame.internal && frame.path.is_some());
    if warning.frames.is_empty() {
        return Some("run with node --trace-warnings --stack-trace-limit=50 to see where the listener is added".to_owned());
    }
    let mut user = user.peekable();
    let Some(first) = user.peek() else {
        return Some("run with node --trace-warnings --stack-trace-limit=50: the stack ends within the runtime".to_owned());
    };
    let path = first.path.as_deref().unwrap_or("");
    let bundled = first.column.is_some_and(|column| column > 400) || path.contains("webpack-internal:");
    let unmapped = match &warning.site {
        Some(site) => bundled && path.ends_with(site.path.file_name().unwrap_or("?")),
        None => bundled || path.contains("/dist/") || path.contains("/build/") || path.contains("bundle"),
    };
    unmapped.then(|| "run with node --enable-source-maps, or keep the source maps beside the bundle".to_owned())
}

/// What to do after the end of memory.
pub fn of_memory(end: &OutOfMemory) -> Option<String> {
    if end.message.contains("Array buffer") || end.message.contains("Failed to allocate memory") {
        return Some("memory outside V8's heap is used up: Buffers are kept; --trace-gc --trace-gc-verbose shows their growth".to_owned());
    }
    Some("run with --trace-gc --trace-gc-verbose to see what grows, with --heapsnapshot-near-heap-limit=1 to see what keeps it".to_owned())
}
