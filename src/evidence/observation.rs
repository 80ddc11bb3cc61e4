//! What the running program showed, in the words of the JSON report.

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a log tells something: 1-based line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogPlace {
    /// As the user named it, or as the walk found it; `-` is standard input.
    pub path: String,
    pub line: u64,
}

/// One line of a stack. All of it is text of the log: never a promise that the file exists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Frame {
    pub function: Option<String>,
    /// As the log tells it, decoded from a `file://` URL; null where V8 names none (`<anonymous>`).
    pub path: Option<String>,
    pub line: Option<u32>,
    /// In UTF-16 units, as V8 counts.
    pub column: Option<u32>,
    /// Of the runtime itself.
    pub internal: bool,
    /// What Node 12's `--enable-source-maps` prints under a frame (`-> /srv/app/src/session.ts:14:9`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapped: Option<SourcePlace>,
}

/// A place in a source that the log names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourcePlace {
    pub path: String,
    pub line: u32,
    pub column: u32,
}

/// A place in a file of the project or of its dependencies.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Site {
    /// Absolute.
    #[schemars(with = "String")]
    pub path: Utf8PathBuf,
    pub line: u32,
    pub column: u32,
}

/// One emitter that grows, or many that each had their share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Growth {
    /// One emitter collects: a leak where it goes on.
    OneEmitter,
    /// Many emitters, each with its own listeners: a burst, not one that grows.
    ManyEmitters,
    /// The log does not tell the two apart.
    Unclear,
}

/// `Growth` with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pattern {
    pub growth: Growth,
    pub why: String,
}

/// A finding that could explain a warning without frames, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Candidate {
    /// Its fingerprint.
    pub finding: String,
    pub why: String,
}

/// A max-listeners warning; several tellings of one warning are one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MaxListeners {
    pub pid: Option<u32>,
    pub log: LogPlace,
    /// Milliseconds since 1970 of the first telling, where the log tells the time.
    pub time: Option<i64>,
    /// Null where the wording has none (Node up to 0.10).
    pub event: Option<String>,
    pub count: u64,
    /// The text after «added to».
    pub emitter: Option<String>,
    /// The limit that was passed; Node accepts fractions.
    #[serde(with = "limit")]
    #[schemars(with = "Option<f64>")]
    pub max: Option<f64>,
    /// How often the runtime itself told it (loggers apart): each is an emitter of its own, or one that was emptied in between.
    pub told: u32,
    pub frames: Vec<Frame>,
    /// The registration's place in the original source.
    pub site: Option<Site>,
    /// Fingerprint of the finding that explains it.
    pub finding: Option<String>,
    /// Findings that fit, best first, where no frame decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
    pub pattern: Option<Pattern>,
    /// Why no finding explains it.
    pub unexplained: Option<String>,
    /// What to do at the next run.
    pub advice: Option<String>,
    /// The frames of several processes are mixed: none was taken.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interleaved: bool,
}

/// What grew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GrowthKind {
    Objects,
    Buffers,
    Both,
    None,
    /// Too few collections to tell.
    Unknown,
}

/// A straight line through measured points, with twice its standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Slope {
    pub mb_per_minute: f64,
    pub plus_minus: f64,
    pub points: usize,
}

/// The garbage collections of one process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gc {
    pub pid: Option<u32>,
    pub log: LogPlace,
    pub time: Option<i64>,
    /// How many collections the log tells.
    pub events: u64,
    pub full: u64,
    /// Uptime of the process at the first and the last one.
    pub first_ms: f64,
    pub last_ms: f64,
    /// V8's heap after a full collection (after any, where there is no full one): first and last.
    pub heap_mb: Option<[f64; 2]>,
    pub heap_slope: Option<Slope>,
    /// Memory outside V8's heap (`--trace-gc-verbose` only): first and last.
    pub external_mb: Option<[f64; 2]>,
    pub external_slope: Option<Slope>,
    pub growth: GrowthKind,
    pub why: String,
    pub advice: Option<String>,
}

/// The end of memory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutOfMemory {
    pub pid: Option<u32>,
    pub log: LogPlace,
    pub time: Option<i64>,
    pub message: String,
    /// Where V8 or the error tells a stack.
    pub frames: Vec<Frame>,
    pub site: Option<Site>,
    pub finding: Option<String>,
    pub advice: Option<String>,
}

/// The end of a process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProcessExit {
    pub pid: Option<u32>,
    pub log: LogPlace,
    pub time: Option<i64>,
    pub code: Option<i64>,
    pub signal: Option<String>,
}

/// One thing that the running program showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Observation {
    MaxListeners(MaxListeners),
    Gc(Gc),
    OutOfMemory(OutOfMemory),
    ProcessExit(ProcessExit),
}

impl Observation {
    pub fn pid(&self) -> Option<u32> {
        match self {
            Observation::MaxListeners(it) => it.pid,
            Observation::Gc(it) => it.pid,
            Observation::OutOfMemory(it) => it.pid,
            Observation::ProcessExit(it) => it.pid,
        }
    }

    pub fn log(&self) -> &LogPlace {
        match self {
            Observation::MaxListeners(it) => &it.log,
            Observation::Gc(it) => &it.log,
            Observation::OutOfMemory(it) => &it.log,
            Observation::ProcessExit(it) => &it.log,
        }
    }

    /// Milliseconds since 1970.
    pub fn time(&self) -> Option<i64> {
        match self {
            Observation::MaxListeners(it) => it.time,
            Observation::Gc(it) => it.time,
            Observation::OutOfMemory(it) => it.time,
            Observation::ProcessExit(it) => it.time,
        }
    }

    /// The stack that the log tells with it.
    pub fn frames(&self) -> &[Frame] {
        match self {
            Observation::MaxListeners(it) => &it.frames,
            Observation::OutOfMemory(it) => &it.frames,
            _ => &[],
        }
    }
}

/// One process, from its first to its last sign, in time order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProcessStory {
    pub pid: Option<u32>,
    pub log: String,
    /// The whole story in one sentence.
    pub summary: String,
    pub steps: Vec<StoryStep>,
}

/// One step of a story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoryStep {
    /// Index into the observations.
    pub observation: usize,
    /// `2026-01-05T10:11:12Z`, where the log tells the time.
    pub time: Option<String>,
    pub text: String,
}

/// A limit is written as Node writes it: `10`, not `10.0`.
mod limit {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(limit: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
        match limit {
            Some(whole) if whole.fract() == 0.0 && whole.abs() < 9e15 => (*whole as i64).serialize(serializer),
            other => other.serialize(serializer),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
        Option::<f64>::deserialize(deserializer)
    }
}
