//! `unlisten logs`: what the logs alone say, for the one who has nothing else. What leaks, since when, where, what to do next.

use std::io::{self, Write};

use camino::Utf8Path;
use schemars::JsonSchema;
use serde::Serialize;

use super::observation::*;
use super::places::Places;
use super::printable::{brief, printable};
use super::story;
use super::{LogReading, stamp};
use crate::findings::Finding;

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
        let problem = |problem: &crate::findings::Problem| ReadProblem { path: problem.path.to_string(), message: problem.message.clone() };
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
                    Growth::Leak => "leak",
                    Growth::Burst => "burst",
                    Growth::Unclear => "leak or burst",
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
