//! The report for programs. Its JSON Schema is made from these types.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Report, applicability, confidence, severity};
use crate::evidence::{Observation, ProcessStory};
use crate::findings::{self, Confidence, Finding, Region, Size, Verdict};

/// The whole report. New fields may come; what is here keeps its meaning as long as `schema` is 1.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "unlisten report")]
struct Document<'a> {
    schema: u32,
    tool: Tool,
    summary: Summary,
    findings: Vec<JsonFinding<'a>>,
    /// What the logs show; empty without logs.
    observations: Vec<Observation>,
    /// The story of each process that the logs tell of, in time order.
    processes: &'a [ProcessStory],
    /// Files that were not, or not wholly, analysed, and suppression comments that do nothing.
    problems: Vec<JsonProblem<'a>>,
    /// What the baseline knows and is no longer found.
    gone: Vec<JsonGone<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Gone")]
struct JsonGone<'a> {
    path: String,
    rule: &'a str,
    message: &'a str,
    fingerprint: &'a str,
}

#[derive(Serialize, JsonSchema)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct Summary {
    /// How many files were analysed.
    files: usize,
    /// How many findings this report has.
    findings: Counts,
    /// How many findings comments in the source leave out.
    suppressed: usize,
    /// How many more findings the baseline knows; null without one.
    known: Option<usize>,
    /// How many findings were left out because the changes do not concern them; null without `--changed-since`.
    unchanged: Option<usize>,
    problems: usize,
}

#[derive(Serialize, JsonSchema)]
struct Counts {
    high: usize,
    medium: usize,
    low: usize,
}

/// One registration that piles up, or one call that hides it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
struct JsonFinding<'a> {
    /// The rule's id.
    rule: &'a str,
    #[schemars(extend("enum" = ["error", "warning", "note"]))]
    severity: &'static str,
    #[schemars(extend("enum" = ["high", "medium", "low"]))]
    confidence: &'static str,
    /// Relative to the working directory where it lies below it, else absolute; with `/`.
    path: String,
    /// The property name (`on`); where there is none, as V8 frames place the call.
    range: Range,
    /// The `(` of the call.
    call: Position,
    message: &'a str,
    help: &'a str,
    /// Null where the event's name is not one constant.
    event: Option<&'a str>,
    emitter: Emitter<'a>,
    /// How often the line runs.
    #[schemars(schema_with = "region")]
    runs: &'static str,
    /// What each leaked listener keeps alive.
    retains: Vec<JsonRetained<'a>>,
    /// Why, step by step.
    trace: Vec<JsonStep<'a>>,
    /// Stays when code moves or folders are renamed; unique within a report.
    fingerprint: &'a str,
    /// Null without logs.
    #[schemars(extend("enum" = ["confirmed", "consistent", "silent", null]))]
    verdict: Option<&'static str>,
    evidence: Vec<JsonEvidence<'a>>,
    /// What would mend it, where that can be told.
    fix: Option<JsonFix<'a>>,
}

/// A change that mends the finding. `check --fix` applies it if it is safe.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Fix")]
struct JsonFix<'a> {
    message: &'a str,
    /// `safe`: does what the code was written to do. `unsafe`: a person has to look.
    #[schemars(extend("enum" = ["safe", "unsafe"]))]
    applicability: &'static str,
    /// In the order of the text, none overlaps another; they belong together.
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Edit")]
struct JsonEdit<'a> {
    path: String,
    /// What is replaced; an empty range inserts.
    range: Range,
    text: &'a str,
}

/// Both 1-based, the column in UTF-16 units.
#[derive(Serialize, JsonSchema)]
struct Position {
    line: u32,
    column: u32,
}

/// Up to, not including, `end`.
#[derive(Serialize, JsonSchema)]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Serialize, JsonSchema)]
struct Emitter<'a> {
    /// In the words of its library or of the program; null where it is not known.
    #[serde(rename = "type")]
    of: Option<&'a str>,
    /// How long it lives.
    #[schemars(schema_with = "region")]
    lifetime: &'static str,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Retained")]
struct JsonRetained<'a> {
    /// The variable, `this` or `arguments`.
    name: &'a str,
    line: u32,
    column: u32,
    #[schemars(extend("enum" = ["unknown", "small", "large", "unbounded"]))]
    size: &'static str,
    /// The other closure that put the variable into the shared context.
    through: Option<Position>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Step")]
struct JsonStep<'a> {
    message: &'a str,
    path: String,
    range: Range,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Evidence")]
struct JsonEvidence<'a> {
    /// Index into `observations`.
    observation: usize,
    how: &'a str,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
struct JsonProblem<'a> {
    #[schemars(extend("enum" = ["not-analysed", "suppression"]))]
    kind: &'static str,
    /// Empty where no file is concerned.
    path: String,
    /// The comment's, of a `suppression`.
    range: Option<Range>,
    message: &'a str,
}

/// The JSON Schema of the report.
pub fn schema() -> String {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    pretty(&settings.into_generator().into_root_schema_for::<Document>())
}

fn region(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let words: Vec<_> = REGIONS.iter().map(|region| region.word()).collect();
    schemars::json_schema!({ "type": "string", "enum": words })
}

const REGIONS: [Region; 13] = [
    Region::Program,
    Region::Module,
    Region::Server,
    Region::Connection,
    Region::Instance,
    Region::Mount,
    Region::Request,
    Region::Message,
    Region::Event,
    Region::Tick,
    Region::Render,
    Region::Call,
    Region::Iteration,
];

pub fn render(report: &Report) -> String {
    let analysis = report.analysis;
    let number = |of| analysis.findings.iter().filter(|finding| finding.confidence == of).count();
    pretty(&Document {
        schema: 1,
        tool: Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
        summary: Summary {
            files: analysis.files,
            findings: Counts { high: number(Confidence::High), medium: number(Confidence::Medium), low: number(Confidence::Low) },
            suppressed: analysis.suppressed.len(),
            known: analysis.baseline.then_some(analysis.known.len()),
            unchanged: analysis.unchanged,
            problems: analysis.problems.len() + analysis.suppression_faults.len(),
        },
        findings: analysis.findings.iter().map(|finding| of_finding(report, finding)).collect(),
        observations: analysis.observations.iter().map(|observation| shown(report, observation)).collect(),
        processes: &analysis.processes,
        problems: problems(report),
        gone: analysis
            .gone
            .iter()
            .map(|gone| JsonGone {
                path: report.path(&gone.path),
                rule: &gone.rule,
                message: &gone.message,
                fingerprint: &gone.fingerprint,
            })
            .collect(),
    })
}

fn problems<'a>(report: &Report<'a>) -> Vec<JsonProblem<'a>> {
    let problems = report.analysis.problems.iter().map(|problem| JsonProblem {
        kind: "not-analysed",
        path: report.path(&problem.path),
        range: None,
        message: &problem.message,
    });
    let faults = report.analysis.suppression_faults.iter().map(|fault| JsonProblem {
        kind: "suppression",
        path: report.path(&fault.path),
        range: Some(range(fault.range)),
        message: &fault.message,
    });
    problems.chain(faults).collect()
}

fn of_finding<'a>(report: &Report, finding: &'a Finding) -> JsonFinding<'a> {
    JsonFinding {
        rule: finding.rule,
        severity: severity(finding.severity),
        confidence: confidence(finding.confidence),
        path: report.path(&finding.path),
        range: range(finding.range),
        call: position(finding.call),
        message: &finding.message,
        help: &finding.help,
        event: finding.event.as_deref(),
        emitter: Emitter { of: finding.emitter_type.as_deref(), lifetime: finding.lifetime.word() },
        runs: finding.runs.word(),
        retains: finding.retains.iter().map(retained).collect(),
        trace: finding
            .trace
            .iter()
            .map(|step| JsonStep { message: &step.message, path: report.path(&step.path), range: range(step.range) })
            .collect(),
        fingerprint: &finding.fingerprint,
        verdict: finding.verdict.map(|verdict| match verdict {
            Verdict::Confirmed => "confirmed",
            Verdict::Consistent => "consistent",
            Verdict::Silent => "silent",
        }),
        evidence: finding.evidence.iter().map(|evidence| JsonEvidence { observation: evidence.observation, how: &evidence.how }).collect(),
        fix: finding.fix.as_ref().map(|fix| JsonFix {
            message: &fix.message,
            applicability: applicability(fix.applicability),
            edits: fix
                .edits
                .iter()
                .map(|edit| JsonEdit { path: report.path(&edit.path), range: range(edit.range), text: &edit.text })
                .collect(),
        }),
    }
}

fn retained(retained: &findings::Retained) -> JsonRetained<'_> {
    JsonRetained {
        name: &retained.name,
        line: retained.position.line,
        column: retained.position.column,
        size: match retained.size {
            Size::Unknown => "unknown",
            Size::Small => "small",
            Size::Large => "large",
            Size::Unbounded => "unbounded",
        },
        through: retained.through.map(position),
    }
}

/// An observation with the paths of this machine as reports show them. Those of the log stay as the log tells them.
fn shown(report: &Report, observation: &Observation) -> Observation {
    let mut observation = observation.clone();
    let site = match &mut observation {
        Observation::MaxListeners(warning) => warning.site.as_mut(),
        Observation::OutOfMemory(end) => end.site.as_mut(),
        Observation::Gc(_) | Observation::ProcessExit(_) => None,
    };
    if let Some(site) = site {
        site.path = report.path(&site.path).into();
    }
    observation
}

fn position(position: findings::Position) -> Position {
    Position { line: position.line, column: position.column }
}

fn range(range: findings::Range) -> Range {
    Range { start: position(range.start), end: position(range.end) }
}

/// JSON with line breaks, ending in one.
pub(super) fn pretty(value: &impl Serialize) -> String {
    // These are plain structs: nothing in them can fail to serialise.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
