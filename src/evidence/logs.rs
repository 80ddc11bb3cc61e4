//! `unlisten logs`: what the logs alone say, for the one who has nothing else. What leaks, since when, where, what to do next.

use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::Serialize;

use super::input::LogInput;
use super::observation::*;
use super::places::{PathMapping, Places};
use super::printable::{brief, printable};
use super::story;
use super::{LogReading, stamp};
use crate::findings::{Finding, Problem};

/// What `unlisten logs --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LogsReport<'a> {
    pub schema: u32,
    pub observations: &'a [Observation],
    pub processes: &'a [ProcessStory],
    pub problems: Vec<ReadProblem>,
}

/// A log that was not, or not wholly, read.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReadProblem {
    pub path: String,
    pub message: String,
}

impl<'a> LogsReport<'a> {
    pub fn new(reading: &'a LogReading, processes: &'a [ProcessStory]) -> LogsReport<'a> {
        let problem = |problem: &Problem| ReadProblem { path: problem.path.to_string(), message: problem.message.clone() };
        LogsReport { schema: 1, observations: &reading.observations, processes, problems: reading.problems.iter().map(problem).collect() }
    }
}

/// Writes the report for a person. Nothing of a log reaches the terminal unescaped.
pub fn write_text(
    out: &mut dyn Write,
    reading: &LogReading,
    stories: &[ProcessStory],
    findings: &[Finding],
    places: Option<&Places>,
    working: &Utf8Path,
) -> io::Result<()> {
    let mut warnings = 0;
    for observation in &reading.observations {
        if let Observation::MaxListeners(_) = observation {
            warnings += 1;
        }
        if !matches!(observation, Observation::Gc(_) | Observation::ProcessExit(_)) {
            write_observation(out, observation, findings, places, working)?;
        }
    }
    for story in stories {
        let name = match story.pid {
            Some(pid) => format!("process {pid}"),
            None => "a process".to_owned(),
        };
        writeln!(out, "{name} ({}): {}", brief(&story.log), printable(&story.summary))?;
    }
    for problem in &reading.problems {
        writeln!(out, "problem: {}: {}", brief(problem.path.as_str()), brief(&problem.message))?;
    }
    if reading.observations.is_empty() {
        writeln!(out, "The logs tell of no leak: no max-listeners warning, no garbage collection, no end of a process.")?;
        writeln!(out, "That proves little: an emitter without a limit never warns, nor does node --no-warnings.")?;
    } else if warnings == 0 {
        writeln!(out, "No max-listeners warning is in the logs.")?;
    }
    Ok(())
}

/// Writes one observation; also what `--follow` prints as it comes.
pub fn write_observation(
    out: &mut dyn Write,
    observation: &Observation,
    findings: &[Finding],
    places: Option<&Places>,
    working: &Utf8Path,
) -> io::Result<()> {
    let since = observation.time().map_or(String::new(), |time| format!(", {}", stamp::iso(time)));
    let process = observation.pid().map_or(String::new(), |pid| format!(", process {pid}"));
    let log = observation.log();
    let told = format!("  told in {}:{}{process}{since}", brief(&log.path), log.line);
    match observation {
        Observation::MaxListeners(warning) => {
            let event = warning.event.as_deref().map_or("listeners".to_owned(), |event| format!("«{}» listeners", brief(event)));
            let emitter = warning.emitter.as_deref().map_or(String::new(), |emitter| format!(" on {}", brief(emitter)));
            let limit = warning.max.map_or(String::new(), |max| format!(", the limit is {max}"));
            writeln!(out, "{} {event}{emitter}{limit}", warning.count)?;
            writeln!(out, "{told}")?;
            if let Some(site) = &warning.site {
                write_site(out, site, places, working)?;
            } else if let Some(frame) = warning.frames.iter().find(|frame| !frame.internal && frame.path.is_some()) {
                let path = brief(frame.path.as_deref().unwrap_or(""));
                writeln!(out, "  first frame: {path}:{}:{}", frame.line.unwrap_or(0), frame.column.unwrap_or(0))?;
            }
            let explained = warning.finding.as_ref().and_then(|print| findings.iter().find(|finding| finding.fingerprint == *print));
            if let Some(finding) = explained {
                writeln!(out, "  explained by {}: {}", finding.rule, printable(&finding.message))?;
            } else if let Some(reason) = &warning.unexplained {
                writeln!(out, "  not explained: {}", printable(reason))?;
            }
            if let Some(pattern) = &warning.pattern {
                let word = match pattern.growth {
                    Growth::OneEmitter => "one emitter",
                    Growth::ManyEmitters => "many emitters",
                    Growth::Unclear => "one emitter or many",
                };
                writeln!(out, "  {word}: {}", printable(&pattern.why))?;
            }
            write_advice(out, warning.advice.as_deref())
        }
        Observation::OutOfMemory(end) => {
            writeln!(out, "out of memory: {}", brief(&end.message))?;
            writeln!(out, "{told}")?;
            if let Some(site) = &end.site {
                write_site(out, site, places, working)?;
            }
            write_advice(out, end.advice.as_deref())
        }
        Observation::Gc(gc) => {
            writeln!(out, "{}: {}", story::sentence(observation, places), printable(&gc.why))?;
            writeln!(out, "{told}")?;
            write_advice(out, gc.advice.as_deref())
        }
        Observation::ProcessExit(_) => {
            writeln!(out, "{}", printable(&story::sentence(observation, places)))?;
            writeln!(out, "{told}")
        }
    }
}

fn write_advice(out: &mut dyn Write, advice: Option<&str>) -> io::Result<()> {
    match advice {
        Some(advice) => writeln!(out, "  next: {}", printable(advice)),
        None => Ok(()),
    }
}

fn write_site(out: &mut dyn Write, site: &Site, places: Option<&Places>, working: &Utf8Path) -> io::Result<()> {
    let shown = site.path.strip_prefix(working).unwrap_or(&site.path);
    writeln!(out, "  added at {}:{}:{}", printable(shown.as_str()), site.line, site.column)?;
    let text = places.and_then(|places| places.text(&site.path));
    if let Some(row) = text.as_deref().and_then(|text| text.lines().nth((site.line as usize).checked_sub(1)?)) {
        writeln!(out, "    {}", brief(row.trim()))?;
    }
    Ok(())
}

/// What the user asked of `unlisten logs`.
#[derive(Debug, Clone)]
pub struct LogsRequest {
    pub logs: Vec<String>,
    /// The program's sources, where they are at hand.
    pub source: Option<Utf8PathBuf>,
    pub mappings: Vec<PathMapping>,
    pub json: bool,
    pub follow: bool,
    /// The working directory, absolute.
    pub working: Utf8PathBuf,
}

/// What an analysis of the sources gave.
#[derive(Debug, Default)]
pub struct Analysed {
    pub findings: Vec<Finding>,
    /// The project's sources, absolute.
    pub files: Vec<Utf8PathBuf>,
}

/// Runs `unlisten logs`. `analyse` gets the sources' folder and further files that stacks name (in dependencies), and is called where there is
/// a folder. Gives the logs that were unusable: then the exit code is 2.
pub fn run(
    request: &LogsRequest,
    analyse: &mut dyn FnMut(&Utf8Path, &[Utf8PathBuf]) -> Analysed,
    go_on: &mut dyn FnMut() -> bool,
    out: &mut dyn Write,
) -> io::Result<Vec<Problem>> {
    let (inputs, unusable) = super::inputs(request.logs.iter().map(String::as_str));
    let roots: Vec<Utf8PathBuf> = request.source.iter().map(|folder| super::places::lexical(&request.working.join(folder))).collect();
    let places = |files: &[Utf8PathBuf]| Places::new(&roots, files, request.mappings.clone());
    if request.follow {
        let [LogInput::File(path)] = inputs.as_slice() else {
            return Err(io::Error::other("--follow wants one log that is a file"));
        };
        let analysed = roots.first().map(|folder| analyse(folder, &[])).unwrap_or_default();
        let (mut findings, places) = (analysed.findings, places(&analysed.files));
        let mut each = |observation: &Observation| {
            let mut reading = LogReading { observations: vec![observation.clone()], ..LogReading::default() };
            let stories = super::correlate(&mut findings, &mut reading, &places);
            if request.json {
                serde_json::to_writer(&mut *out, &reading.observations[0])?;
                writeln!(out)?;
            } else {
                drop(stories);
                write_observation(out, &reading.observations[0], &findings, Some(&places), &request.working)?;
            }
            out.flush()
        };
        super::follow(path, std::time::Duration::from_millis(250), go_on, &mut each)?;
        return Ok(unusable);
    }
    let mut reading = super::read(&inputs);
    let named = super::frames_to_files(&reading, &places(&[]));
    let analysed = roots.first().map(|folder| analyse(folder, &named)).unwrap_or_default();
    let (mut findings, places) = (analysed.findings, places(&analysed.files));
    let stories = super::correlate(&mut findings, &mut reading, &places);
    if request.json {
        serde_json::to_writer_pretty(&mut *out, &LogsReport::new(&reading, &stories))?;
        writeln!(out)?;
    } else {
        write_text(out, &reading, &stories, &findings, Some(&places), &request.working)?;
    }
    out.flush()?;
    Ok(unusable)
}
