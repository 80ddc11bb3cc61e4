//! Joins observations to findings: what explains a warning, and what a log says of each finding.

use rustc_hash::FxHashMap;

use super::locate::{self, Located};
use super::observation::*;
use super::places::Places;
use super::printable::brief;
use super::telling::Clues;
use super::{LogReading, advice, story};
use crate::findings::{Confidence, Evidence, Finding, Region, Verdict};

/// Candidates that are told.
const MOST_CANDIDATES: usize = 5;

/// Files that stacks name and that stand on disk, dependencies included: what `check` has to analyse too.
pub fn frames_to_files(reading: &LogReading, places: &Places) -> Vec<camino::Utf8PathBuf> {
    let mut files: Vec<_> = Vec::new();
    for observation in &reading.observations {
        let (spots, _) = locate::spots(observation.frames(), places);
        files.extend(spots.into_iter().flat_map(|spot| spot.chain).map(|site| site.path));
    }
    files.sort();
    files.dedup();
    files
}

/// Fills `site`, `finding`, `unexplained`, `pattern` and `advice` of the observations, `verdict` and `evidence` of the findings (low ones
/// too: one that a log names is to be shown). Gives the story of each process.
pub fn correlate(findings: &mut [Finding], reading: &mut LogReading, places: &Places) -> Vec<ProcessStory> {
    let patterns = advice::patterns(&reading.observations);
    let mut joined: Vec<Option<(usize, bool)>> = vec![None; reading.observations.len()];
    for (index, pattern) in patterns.into_iter().enumerate() {
        match &mut reading.observations[index] {
            Observation::MaxListeners(warning) => {
                warning.pattern = pattern;
                joined[index] = explain(index, warning, findings, places, &reading.clues);
            }
            Observation::OutOfMemory(end) => joined[index] = crash(index, end, findings, places),
            Observation::Gc(_) | Observation::ProcessExit(_) => {}
        }
    }
    memory(findings, &reading.observations, &joined);
    silence(findings, &reading.observations, &reading.clues, places);
    reading.problems.extend(places.problems());
    story::stories(&reading.observations, Some(places))
}

/// Whether a log names a finding: then it is shown whatever its confidence.
pub fn is_named(finding: &Finding) -> bool {
    finding.verdict == Some(Verdict::Confirmed)
}

/// Puts confirmed findings first, then consistent ones; otherwise the order stays.
pub fn confirmed_first(findings: &mut [Finding]) {
    findings.sort_by_key(|finding| match finding.verdict {
        Some(Verdict::Confirmed) => 0,
        Some(Verdict::Consistent) => 1,
        None | Some(Verdict::Silent) => 2,
    });
}

fn raise(finding: &mut Finding, verdict: Verdict, observation: usize, how: String) {
    finding.verdict = finding.verdict.max(Some(verdict));
    if !finding.evidence.iter().any(|evidence| evidence.observation == observation) {
        finding.evidence.push(Evidence { observation, how });
    }
}

/// Finds what explains a warning. Says which finding, and whether a frame names it.
fn explain(index: usize, warning: &mut MaxListeners, findings: &mut [Finding], places: &Places, clues: &Clues) -> Option<(usize, bool)> {
    let located = locate::locate(&warning.frames, warning.event.as_deref(), findings, places);
    warning.site = located.site.clone();
    let has_user_frame = warning.frames.iter().any(|frame| !frame.internal && frame.path.is_some());
    if let Some(found) = located.finding {
        warning.finding = Some(findings[found].fingerprint.clone());
        raise(&mut findings[found], Verdict::Confirmed, index, located.how);
        warning.advice = advice::of_warning(warning);
        return Some((found, true));
    }
    let ranked = candidates(warning, findings, clues);
    warning.candidates = ranked
        .iter()
        .take(MOST_CANDIDATES)
        .map(|c| Candidate { finding: findings[c.finding].fingerprint.clone(), why: c.why.clone() })
        .collect();
    warning.advice = advice::of_warning(warning);
    if has_user_frame {
        // The stack names another place: a like-named finding is not the cause.
        warning.unexplained = Some(unexplained(warning, &located));
        return None;
    }
    let Some(best) = ranked.first() else {
        warning.unexplained = Some(unexplained(warning, &located));
        return None;
    };
    let sure = best.event;
    for candidate in ranked.iter().filter(|candidate| candidate.event).take(MOST_CANDIDATES) {
        raise(&mut findings[candidate.finding], Verdict::Consistent, index, candidate.why.clone());
    }
    // Without the event's name only a finding ahead of all others is named, and it stays a guess.
    let ahead = ranked.get(1).is_none_or(|second| second.weight < best.weight);
    if !sure && !ahead {
        let count = ranked.len();
        warning.unexplained = Some(format!("it has no stack, and {count} findings could be meant; none names the event"));
        return None;
    }
    warning.finding = Some(findings[best.finding].fingerprint.clone());
    Some((best.finding, false))
}

struct Ranked {
    finding: usize,
    weight: i32,
    /// The event's name agrees.
    event: bool,
    why: String,
}

/// Findings that fit a warning without a stack, best first. A class name is a hint, never a condition: bundles shorten it, and a subclass
/// has its own.
fn candidates(warning: &MaxListeners, findings: &[Finding], clues: &Clues) -> Vec<Ranked> {
    let class = warning.emitter.as_deref().map(class_name);
    let mut ranked: Vec<Ranked> = Vec::new();
    for (index, finding) in findings.iter().enumerate() {
        let mut reasons = Vec::new();
        let event = match (&finding.event, &warning.event) {
            (Some(one), Some(other)) if one == other => {
                reasons.push(format!("it adds «{}» listeners", brief(other)));
                true
            }
            (Some(_), Some(_)) => continue,
            _ => false,
        };
        let mut weight = if event { 16 } else { 0 };
        if finding.rule == "max-listeners-raised" {
            continue;
        }
        if let (Some(class), Some(kind)) = (class, finding.emitter_type.as_deref())
            && class == class_name(kind)
        {
            weight += 4;
            reasons.push(format!("its emitter is a {}", brief(class)));
        }
        let often = how_often(finding.runs);
        weight += often;
        if often > 0 {
            reasons.push(format!("it runs once per {}", finding.runs.word()));
        }
        weight += match finding.confidence {
            Confidence::High => 3,
            Confidence::Medium => 2,
            Confidence::Low => 0,
        };
        let name = finding.path.file_name().unwrap_or("");
        if clues.programs.iter().any(|program| program.rsplit(['/', '\\']).next() == Some(name)) {
            weight += 5;
            reasons.push(format!("the log runs {name}"));
        }
        ranked.push(Ranked { finding: index, weight, event, why: reasons.join(", ") });
    }
    if ranked.iter().any(|candidate| candidate.event) {
        ranked.retain(|candidate| candidate.event);
    }
    ranked.sort_by(|one, other| {
        let place = |ranked: &Ranked| (&findings[ranked.finding].path, findings[ranked.finding].range.start);
        other.weight.cmp(&one.weight).then_with(|| place(one).cmp(&place(other)))
    });
    ranked
}

fn how_often(runs: Region) -> i32 {
    match runs {
        Region::Program | Region::Module => 0,
        Region::Server | Region::Instance | Region::Mount | Region::Call => 2,
        Region::Connection | Region::Iteration | Region::Event | Region::Render => 3,
        Region::Request | Region::Message | Region::Tick => 4,
    }
}

/// `[MessagePort [EventTarget]]` and `node:worker_threads.MessagePort` are both `MessagePort`.
fn class_name(text: &str) -> &str {
    let text = text.trim_start_matches('[').trim_start_matches("Proxy(").trim_start_matches('[');
    let end = text.find([' ', ']', ':', '<', '(', '{']).unwrap_or(text.len());
    text[..end].rsplit(['.', '/']).next().unwrap_or(text)
}

fn unexplained(warning: &MaxListeners, located: &Located) -> String {
    if warning.interleaved {
        return "the stacks of several processes are mixed in the log, none can be attributed safely".to_owned();
    }
    let event = warning.event.as_deref().map_or("a listener".to_owned(), |event| format!("a «{}» listener", brief(event)));
    if let Some(site) = &located.site {
        let place = format!("{}:{}", site.path.file_name().unwrap_or(""), site.line);
        if site.path.as_str().contains("/node_modules/") {
            return format!("{event} is added by a dependency at {place}, which no rule reports");
        }
        return format!("{event} is added at {place}, which no rule reports");
    }
    if let Some(lost) = &located.lost {
        return format!("its stack leads to {}, which is not on disk here; --map FROM=TO says where that folder lies", brief(lost));
    }
    if warning.frames.iter().any(|frame| frame.internal) {
        return "its stack holds frames of the runtime only".to_owned();
    }
    if warning.frames.is_empty() {
        return format!("it has no stack, and no finding adds {event}");
    }
    "its stack names no file".to_owned()
}

/// Joins the end of memory to a finding on whose line, or in whose function, the last allocation stood.
fn crash(index: usize, end: &mut OutOfMemory, findings: &mut [Finding], places: &Places) -> Option<(usize, bool)> {
    let (spots, _) = locate::spots(&end.frames, places);
    end.advice = advice::of_memory(end);
    end.site = spots.first().map(|spot| spot.original().clone());
    for spot in &spots {
        for site in spot.chain.iter().rev() {
            let on_line = findings.iter().position(|finding| finding.path == site.path && finding.range.start.line == site.line);
            if let Some(found) = on_line {
                end.finding = Some(findings[found].fingerprint.clone());
                raise(&mut findings[found], Verdict::Confirmed, index, "the process ran out of memory on this line".to_owned());
                return Some((found, true));
            }
            let function = end.frames[spot.frame].function.as_deref().map(last_name);
            let within = findings.iter().position(|finding| {
                finding.path == site.path && function.is_some_and(|name| !name.is_empty() && last_name(&finding.scope) == name)
            });
            if let Some(found) = within {
                raise(&mut findings[found], Verdict::Consistent, index, "the process ran out of memory in this function".to_owned());
                return Some((found, false));
            }
        }
    }
    None
}

fn last_name(function: &str) -> &str {
    let name = function.split(" [as ").next().unwrap_or(function);
    name.rsplit(['.', ' ']).next().unwrap_or(name)
}

/// Growth and ends of a process speak for the findings that its warnings name.
fn memory(findings: &mut [Finding], observations: &[Observation], joined: &[Option<(usize, bool)>]) {
    let mut by_process: FxHashMap<(Option<u32>, &str), Vec<usize>> = FxHashMap::default();
    for (index, observation) in observations.iter().enumerate() {
        if let (Observation::MaxListeners(warning), Some((finding, true))) = (observation, joined[index]) {
            let found = by_process.entry((warning.pid, warning.log.path.as_str())).or_default();
            if !found.contains(&finding) {
                found.push(finding);
            }
        }
    }
    for (index, observation) in observations.iter().enumerate() {
        let how = match observation {
            Observation::Gc(gc) if matches!(gc.growth, GrowthKind::Objects | GrowthKind::Buffers | GrowthKind::Both) => {
                format!("the memory of the same process grew ({})", gc.why)
            }
            Observation::OutOfMemory(_) => "the same process ran out of memory".to_owned(),
            _ => continue,
        };
        for &finding in by_process.get(&(observation.pid(), observation.log().path.as_str())).into_iter().flatten() {
            raise(&mut findings[finding], Verdict::Consistent, index, how.clone());
        }
    }
}

/// Says of which findings a quiet log proves nothing, and which ran quietly.
fn silence(findings: &mut [Finding], observations: &[Observation], clues: &Clues, places: &Places) {
    let raised: Vec<_> =
        findings.iter().filter(|f| f.rule == "max-listeners-raised").map(|f| (f.path.clone(), f.emitter_type.clone())).collect();
    let (ran, _) = locate::spots(&clues.ran, places);
    let warned = observations.iter().any(|it| matches!(it, Observation::MaxListeners(_)));
    for finding in findings.iter_mut().filter(|finding| finding.verdict.is_none() && finding.rule != "max-listeners-raised") {
        let is_signal = finding.emitter_type.as_deref().is_some_and(|kind| class_name(kind) == "AbortSignal");
        let mute = if clues.silenced && !warned {
            Some("the log's program runs with warnings switched off")
        } else if is_signal && clues.node.is_none_or(no_limit_for_signals) {
            Some("since Node 22.13 and 23.5 an AbortSignal has no limit, so it never warns")
        } else if raised.iter().any(|(path, kind)| *path == finding.path && (kind.is_none() || *kind == finding.emitter_type)) {
            Some("the emitter's limit is raised, so it warns late or never")
        } else {
            None
        };
        if let Some(reason) = mute {
            let note = format!("That the logs are silent proves nothing here: {reason}.");
            if !finding.help.contains(&note) {
                finding.help = format!("{}{}{note}", finding.help, if finding.help.is_empty() { "" } else { " " });
            }
            continue;
        }
        let name = last_name(&finding.scope);
        let passed = ran.iter().find(|spot| {
            let frame = &clues.ran[spot.frame];
            spot.chain.iter().any(|site| site.path == finding.path && site.line >= finding.range.start.line)
                && !name.is_empty()
                && frame.function.as_deref().is_some_and(|function| last_name(function) == name)
        });
        if passed.is_some() {
            finding.verdict = Some(Verdict::Silent);
        }
    }
}

/// Measured: 22.13.0, 23.5.0 and everything later.
fn no_limit_for_signals(node: [u32; 3]) -> bool {
    match node[0] {
        ..22 => false,
        22 => node[1] >= 13,
        23 => node[1] >= 5,
        _ => true,
    }
}
