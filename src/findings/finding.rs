//! What a rule says: a finding with its trace, in the words of the design. Owned data only; knows no syntax and no format.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::{Fix, Remedy};

/// A place in a text: both 1-based, the column in UTF-16 units (as V8 frames and LSP count them).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// From `start` up to, not including, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Range {
    pub start: Position,
    pub end: Position,
}

/// How much harm a finding does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    Note,
    Warning,
    Error,
}

/// How sure the analysis is (the ladder of rungs: `program::count`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Confidence {
    Low,
    Medium,
    High,
}

/// Everything lives, and every line runs, in a region; regions nest, outermost first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Region {
    Program,
    Module,
    Server,
    Connection,
    Instance,
    Mount,
    Request,
    Message,
    Event,
    Tick,
    Render,
    Call,
    Iteration,
}

impl Region {
    /// The word of the design, as in the JSON and in messages.
    pub fn word(self) -> &'static str {
        match self {
            Region::Program => "program",
            Region::Module => "module",
            Region::Server => "server",
            Region::Connection => "connection",
            Region::Instance => "instance",
            Region::Mount => "mount",
            Region::Request => "request",
            Region::Message => "message",
            Region::Event => "event",
            Region::Tick => "tick",
            Region::Render => "render",
            Region::Call => "call",
            Region::Iteration => "iteration",
        }
    }
}

/// One step of the trace that leads to a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub message: String,
    pub path: Utf8PathBuf,
    pub range: Range,
}

/// How big what a listener keeps is, as far as the program tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Size {
    /// Nothing is known of the value.
    Unknown,
    /// A scalar, a flag, a function that keeps nothing.
    Small,
    /// A whole object graph, such as a request with its socket and body.
    Large,
    /// A buffer, string or array that grows with the input.
    Unbounded,
}

/// A variable that each leaked listener keeps alive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retained {
    pub name: String,
    /// Where the variable is declared.
    pub position: Position,
    pub size: Size,
    /// What the value is, in words («a request body»), where it is known.
    pub what: Option<String>,
    /// The other closure that put the variable into the shared context, where the listener does not mention it.
    pub through: Option<Position>,
}

/// What logs say of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// The code ran and nothing happened.
    Silent,
    /// Fits what was observed, without naming the line.
    Consistent,
    /// A warning or a crash names this line.
    Confirmed,
}

/// One observation (by its index in the report) that speaks of a finding, and how it was joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub observation: usize,
    pub how: String,
}

/// One registration that piles up, or one call that hides it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The id of a rule in `rules::RULES`.
    pub rule: &'static str,
    pub severity: Severity,
    pub confidence: Confidence,
    /// Absolute.
    pub path: Utf8PathBuf,
    /// The property name (`on`); where there is none, as V8 frames place it.
    pub range: Range,
    /// The `(` of the call.
    pub call: Position,
    /// The whole expression, from the first word of its chain to the last `)`.
    pub whole: Range,
    pub message: String,
    pub help: String,
    /// The event's name, where it is one constant.
    pub event: Option<String>,
    /// The emitter's type in the field's words (`net.Socket`, `AbortSignal`, a class of the program), where known.
    pub emitter_type: Option<String>,
    /// How long the emitter lives.
    pub lifetime: Region,
    /// How often the line runs.
    pub runs: Region,
    pub retains: Vec<Retained>,
    pub trace: Vec<Step>,
    /// Filled by `collect`: stays when lines move, unique within a run.
    pub fingerprint: String,
    pub verdict: Option<Verdict>,
    pub evidence: Vec<Evidence>,
    /// What would mend it, as far as a rule knows, in the order in which one wants it.
    pub remedies: Vec<Remedy>,
    /// The remedy as text; filled for findings that are shown.
    pub fix: Option<Fix>,
    /// The registration's text on one line; part of the fingerprint.
    pub text: String,
    /// The enclosing function's name chain (`Queue.connect`); part of the fingerprint.
    pub scope: String,
}

/// Something that was not, or not wholly, analysed: told and counted, never silent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// Absolute; empty where no file is concerned.
    pub path: Utf8PathBuf,
    pub message: String,
}
