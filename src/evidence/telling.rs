//! Tellings: what the lines of the logs say, before several tellings of one thing are made one observation.

use rustc_hash::FxHashMap;

use super::death::End;
use super::gc::{Series, Told};
use super::json::Meta;
use super::observation::{Frame, Gc, LogPlace, MaxListeners, Observation, OutOfMemory, ProcessExit};
use super::wording::Warning;

/// Observations of one kind beyond this are counted, not kept: a hostile log cannot fill memory.
const MOST: usize = 20_000;
/// Two tellings in different logs further apart than this (ms) are two warnings.
const APART: i64 = 5_000;
/// Process ids up to this are what containers give to their first processes: equal ones in two logs are not one process.
const CONTAINER_PIDS: u32 = 64;
/// Two ends told within this many lines of each other are one (`Killed`, then npm's `errno 137`).
const SAME_END: u64 = 12;

/// Everything read so far.
#[derive(Default, Clone)]
pub struct Tellings {
    warnings: Vec<MaxListeners>,
    /// Of each warning: the stream it was told in (log and prefix).
    warning_logs: Vec<u32>,
    by_event: FxHashMap<(Option<String>, u64), Vec<usize>>,
    memory: Vec<OutOfMemory>,
    exits: Vec<ProcessExit>,
    collections: indexmap::IndexMap<(u32, Option<u32>), Collections>,
    /// Other things that logs tell of the programs.
    pub clues: Clues,
    pub dropped: u64,
}

#[derive(Clone)]
struct Collections {
    log: LogPlace,
    time: Option<i64>,
    isolates: FxHashMap<u64, Series>,
}

/// What a log tells of the program beside observations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clues {
    /// Programs that a command line names (`node kill.js`).
    pub programs: Vec<String>,
    /// Node's version, where a log tells it.
    pub node: Option<[u32; 3]>,
    /// Warnings are switched off by the command line.
    pub silenced: bool,
    /// Functions seen in stacks of anything else: code that ran. (path, function, line)
    pub ran: Vec<Frame>,
}

impl Tellings {
    /// A warning was told.
    pub fn warning(&mut self, log: (u32, &str), line: u64, meta: &Meta, said: Warning, frames: Vec<Frame>, interleaved: bool) {
        let pid = said.pid.or(meta.pid);
        let telling = MaxListeners {
            pid,
            log: LogPlace { path: log.1.to_owned(), line },
            time: meta.time,
            event: said.event,
            count: said.count,
            emitter: said.emitter,
            max: said.max,
            told: u32::from(said.printed),
            frames,
            site: None,
            finding: None,
            candidates: Vec::new(),
            pattern: None,
            unexplained: None,
            advice: None,
            interleaved,
        };
        let key = (telling.event.clone(), telling.count);
        let known = self.by_event.entry(key).or_default();
        // The youngest first: a logger tells it right behind the runtime.
        let same = known.iter().rev().take(256).find(|&&index| is_same(&self.warnings[index], self.warning_logs[index], &telling, log.0));
        if let Some(&index) = same {
            merge(&mut self.warnings[index], telling);
            return;
        }
        if self.warnings.len() >= MOST {
            self.dropped += 1;
            return;
        }
        known.push(self.warnings.len());
        self.warnings.push(telling);
        self.warning_logs.push(log.0);
    }

    /// The end of memory was told.
    pub fn out_of_memory(&mut self, log: (u32, &str), line: u64, meta: &Meta, pid: Option<u32>, message: &str, frames: Vec<Frame>) {
        let pid = pid.or(meta.pid);
        let message: String = message.chars().take(400).collect();
        let close = |told: &&mut OutOfMemory| {
            told.log.path == log.1
                && told.message == message
                && told.pid == pid
                && first_user(&told.frames) == first_user(&frames)
                && line - told.log.line.min(line) < 200
        };
        if pid.is_some()
            && let Some(told) = self.memory.iter_mut().rev().take(16).find(close)
        {
            if told.frames.is_empty() {
                told.frames = frames;
            }
            return;
        }
        if self.memory.len() >= MOST {
            self.dropped += 1;
            return;
        }
        let place = LogPlace { path: log.1.to_owned(), line };
        self.memory.push(OutOfMemory { pid, log: place, time: meta.time, message, frames, site: None, finding: None, advice: None });
    }

    /// The end of a process was told.
    pub fn exit(&mut self, log: &str, line: u64, meta: &Meta, end: End) {
        if let Some(last) =
            self.exits.iter_mut().rev().take(4).find(|last| last.log.path == log && line.saturating_sub(last.log.line) <= SAME_END)
            && is_same_end(last, &end)
        {
            last.pid = last.pid.or(end.pid);
            last.code = last.code.or(end.code);
            last.signal = last.signal.take().or(end.signal);
            return;
        }
        if self.exits.len() >= MOST {
            self.dropped += 1;
            return;
        }
        self.exits.push(ProcessExit {
            pid: end.pid,
            log: LogPlace { path: log.to_owned(), line },
            time: meta.time,
            code: end.code,
            signal: end.signal,
        });
    }

    /// A line about garbage collection; `fallback` is the process that such lines without a number belong to.
    pub fn gc(&mut self, log: (u32, &str), line: u64, time: impl FnOnce() -> Option<i64>, told: &Told, fallback: Option<u32>) {
        let (pid, isolate) = match *told {
            Told::Collection { pid, isolate, .. } => (pid.or(fallback), isolate),
            Told::Memory { pid, isolate, .. } => (Some(pid), isolate),
        };
        if self.collections.len() >= MOST && !self.collections.contains_key(&(log.0, pid)) {
            self.dropped += 1;
            return;
        }
        let place = || Collections { log: LogPlace { path: log.1.to_owned(), line }, time: time(), isolates: FxHashMap::default() };
        let of_process = self.collections.entry((log.0, pid)).or_insert_with(place);
        if of_process.isolates.len() < 1_024 || of_process.isolates.contains_key(&isolate) {
            of_process.isolates.entry(isolate).or_default().add(told);
        }
    }

    /// All observations, in the order of the logs.
    pub fn observations(self) -> (Vec<Observation>, Clues) {
        let mut all = Vec::new();
        let warnings = frameless_into_framed(self.warnings);
        all.extend(warnings.into_iter().map(Observation::MaxListeners));
        all.extend(self.collections.into_iter().filter_map(|((_, pid), told)| gc(pid, told)).map(Observation::Gc));
        all.extend(self.memory.into_iter().map(Observation::OutOfMemory));
        all.extend(self.exits.into_iter().map(Observation::ProcessExit));
        all.sort_by(|one, other| (&one.log().path, one.log().line).cmp(&(&other.log().path, other.log().line)));
        (all, self.clues)
    }
}

/// The first frame that is not the runtime's: tells registrations apart.
fn first_user(frames: &[Frame]) -> Option<(&str, u32, u32)> {
    let frame = frames.iter().find(|frame| !frame.internal)?;
    Some((frame.path.as_deref()?, frame.line?, frame.column.unwrap_or(0)))
}

fn is_same(known: &MaxListeners, known_log: u32, told: &MaxListeners, log: u32) -> bool {
    let agree = |one: bool, other: bool, equal: bool| !one || !other || equal;
    if !agree(known.pid.is_some(), told.pid.is_some(), known.pid == told.pid)
        || !agree(known.emitter.is_some(), told.emitter.is_some(), known.emitter == told.emitter)
        || !agree(known.max.is_some(), told.max.is_some(), known.max == told.max)
    {
        return false;
    }
    let (one, other) = (first_user(&known.frames), first_user(&told.frames));
    if !agree(one.is_some(), other.is_some(), one == other) {
        return false;
    }
    if known_log != log {
        // Another log of the same process, or a copy of this log; not another container's.
        let small = told.pid.is_none_or(|pid| pid <= CONTAINER_PIDS);
        let apart = matches!((known.time, told.time), (Some(one), Some(other)) if (one - other).abs() > APART);
        let together = matches!((known.time, told.time), (Some(one), Some(other)) if (one - other).abs() <= APART);
        return !apart && (!small || (together && one == other && known.pid == told.pid && one.is_some()));
    }
    true
}

fn merge(known: &mut MaxListeners, told: MaxListeners) {
    known.told += told.told;
    known.pid = known.pid.or(told.pid);
    known.time = known.time.or(told.time);
    known.emitter = known.emitter.take().or(told.emitter);
    known.max = known.max.or(told.max);
    if told.frames.len() > known.frames.len() {
        known.frames = told.frames;
    }
    known.interleaved &= told.interleaved;
}

/// A telling without frames (the runtime's own) and one with (a logger's) may stand in any order; what then is left without frames and has
/// the same process, event and count as one with frames is that one.
fn frameless_into_framed(warnings: Vec<MaxListeners>) -> Vec<MaxListeners> {
    let mut kept: Vec<MaxListeners> = Vec::new();
    let mut by_event: FxHashMap<(Option<u32>, Option<String>, u64), usize> = FxHashMap::default();
    for warning in warnings {
        let key = (warning.pid, warning.event.clone(), warning.count);
        match by_event.get(&key) {
            Some(&index)
                if (first_user(&kept[index].frames).is_none() || first_user(&warning.frames).is_none())
                    && kept[index].emitter == warning.emitter
                    && kept[index].max == warning.max
                    && kept[index].log.path == warning.log.path
                    && warning.pid.is_some() =>
            {
                merge(&mut kept[index], warning);
            }
            _ => {
                by_event.insert(key, kept.len());
                kept.push(warning);
            }
        }
    }
    kept
}

fn is_same_end(last: &ProcessExit, end: &End) -> bool {
    let signal_of = |code: Option<i64>| match code {
        // A shell adds 128 to the signal's number.
        Some(137) => Some("SIGKILL"),
        Some(134) => Some("SIGABRT"),
        Some(143) => Some("SIGTERM"),
        Some(139) => Some("SIGSEGV"),
        _ => None,
    };
    if matches!((last.pid, end.pid), (Some(one), Some(other)) if one != other) {
        return false;
    }
    let cause = |code: Option<i64>, signal: Option<&str>| signal.map(str::to_owned).or_else(|| signal_of(code).map(str::to_owned));
    let (one, other) = (cause(last.code, last.signal.as_deref()), cause(end.code, end.signal.as_deref()));
    // Two workers told one behind the other are two; a second word on one end has no number of its own.
    (last.pid.is_none() || end.pid.is_none()) && one.is_some() && one == other
}

fn gc(pid: Option<u32>, told: Collections) -> Option<Gc> {
    let main = told.isolates.values().max_by_key(|series| series.events)?;
    let verdict = main.verdict();
    Some(Gc {
        pid,
        log: told.log,
        time: told.time,
        events: told.isolates.values().map(|series| series.events).sum(),
        full: told.isolates.values().map(|series| series.full).sum(),
        first_ms: main.first_ms.unwrap_or(0.0),
        last_ms: main.last_ms,
        heap_mb: verdict.heap,
        heap_slope: verdict.heap_slope,
        external_mb: verdict.external,
        external_slope: verdict.external_slope,
        growth: verdict.growth,
        why: verdict.why,
        advice: verdict.advice,
    })
}
