//! The street: from paths to findings.
//!
//! 1. [`source::select`] finds the files; logs are read, since a stack may name a further file (in a dependency) to analyse.
//! 2. Each file is read, parsed and turned into facts, in parallel on threads with large stacks; its tree is dropped at once. What goes
//!    wrong in one file is that file's [`Problem`].
//! 3. Packages that do not import each other are parted; [`Program::link`] links the facts of each part, [`rules::run`] asks every rule.
//! 4. [`findings::collect`] puts findings in order and names them; [`evidence::correlate`] says what the logs show of each;
//!    `sift` leaves out what comments, the configuration, the baseline and `--changed-since` say is not to be reported.
//!
//! What it gives does not depend on threads: files keep the order of their paths from step 1 on.

mod ask;
mod earlier;
mod kept;
mod memory;
mod moved;
mod parts;
mod recall;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Once, OnceLock};
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::config::{Config, Level};
use crate::evidence::{self, LogReading, Observation, PathMapping, Places, ProcessStory};
use crate::facts::{self, FileFacts, Suppression};
use crate::findings::baseline::{Known, Seen, part};
use crate::findings::changes::Changes;
use crate::findings::suppress::{Suppressed, SuppressionFault, Terms, suppress};
use crate::findings::{self, Confidence, Finding, Problem};
use crate::fixes;
use crate::models::Models;
use crate::program::Resolve;
use crate::progress::{self, Progress, Stage};
use crate::rules;
use crate::source::{self, Overlay, Selection, SourceFile, Stamp, Text};
use crate::syntax;
use crate::timings::Timings;
use ask::Said;
use memory::Outcome as FileOutcome;
use recall::Recall;

pub use memory::Memory;

/// What is asked for.
#[derive(Clone)]
pub struct Request<'a> {
    /// Files and folders.
    pub paths: Vec<Utf8PathBuf>,
    /// Further files to analyse, each with the package that it belongs to (logs name them in dependencies).
    pub also: Vec<Utf8PathBuf>,
    /// Content that stands in place of the disk's.
    pub overlay: Overlay,
    /// Files, folders or `-`.
    pub logs: Vec<String>,
    /// Where folders that a log names lie here.
    pub mappings: Vec<PathMapping>,
    pub include_tests: bool,
    /// Findings below are left out, except those that a log names, where `config` says nothing else.
    pub min_confidence: Confidence,
    /// What the project wants of single files and rules.
    pub config: &'a Config,
    /// What is known of libraries. A [`Memory`] goes with one set of models.
    pub models: &'a Models,
    /// What is known already: not reported.
    pub baseline: Option<&'a [Known]>,
    /// Only what these concern is reported.
    pub changes: Option<&'a Changes>,
    /// The program before a change: what is found there too is not reported.
    pub before: Option<&'a Overlay>,
    /// Where earlier runs of any project keep what they worked out; none: nothing is kept.
    pub cache: Option<&'a Utf8Path>,
    /// Files that are not analysed.
    pub excluded: &'a dyn Fn(&Utf8Path) -> bool,
    /// Findings offer fixes. Their files are parsed once more for that.
    pub fixes: bool,
    /// Told how far the analysis is.
    pub progress: &'a Progress,
    /// Nobody waits for the answer any more: it may be left unfinished.
    pub outdated: &'a (dyn Fn() -> bool + Sync),
    /// The process ends with the answer: the program is left to the system, which takes it back at once (10 to 25 ms of a program of
    /// some thousand files).
    pub last: bool,
}

impl Default for Request<'_> {
    fn default() -> Self {
        Request {
            paths: Vec::new(),
            also: Vec::new(),
            overlay: Overlay::default(),
            logs: Vec::new(),
            mappings: Vec::new(),
            include_tests: false,
            min_confidence: Confidence::Medium,
            config: &NO_CONFIG,
            models: Models::builtin(),
            baseline: None,
            changes: None,
            before: None,
            cache: None,
            excluded: &|_| false,
            fixes: false,
            progress: &progress::UNSEEN,
            outdated: &|| false,
            last: false,
        }
    }
}

static NO_CONFIG: LazyLock<Config> = LazyLock::new(Config::default);

/// What came out.
#[derive(Debug, Default)]
pub struct Analysis {
    /// How many files were analysed.
    pub files: usize,
    /// The program's files, analysed or not; absolute, in order.
    pub sources: Vec<Utf8PathBuf>,
    pub findings: Vec<Finding>,
    /// How many findings were left out for their confidence.
    pub hidden: usize,
    /// There is a baseline.
    pub baseline: bool,
    /// Findings that the baseline knows.
    pub known: Vec<Finding>,
    /// What the baseline knows and is no longer found.
    pub gone: Vec<Known>,
    /// What the baseline knows of files that this run does not report on.
    pub unseen: Vec<Known>,
    /// How many findings were left out because the changes do not concern them; none where no changes were asked for.
    pub unchanged: Option<usize>,
    /// What comments in the source leave out.
    pub suppressed: Vec<Suppressed>,
    /// Suppression comments that are refused or suppress nothing.
    pub suppression_faults: Vec<SuppressionFault>,
    /// Logs were asked for.
    pub logs: bool,
    pub observations: Vec<Observation>,
    pub processes: Vec<ProcessStory>,
    pub problems: Vec<Problem>,
    /// What the user named and cannot be used, with the reason.
    pub unusable: Vec<(String, String)>,
    pub timings: Timings,
    /// The answer is unfinished, for nobody waits for it.
    pub outdated: bool,
}

/// Goes the whole street.
pub fn check(request: &Request) -> Analysis {
    check_again(request, &mut Memory::default())
}

/// The same, with what the last analysis of this program left in `memory`. The answer does not depend on what that is, except that a text
/// of the overlay which cannot be parsed is for the program still what it was when it could.
pub fn check_again(request: &Request, memory: &mut Memory) -> Analysis {
    let mut analysis = Analysis { logs: !request.logs.is_empty(), baseline: request.baseline.is_some(), ..Analysis::default() };
    let started = Instant::now();
    let known = memory.selection.take();
    let looked = known.is_none();
    let mut selection = known.unwrap_or_else(|| source::select(&request.paths, request.excluded, &request.overlay));
    analysis.timings.add("walk", started, selection.files.len(), 0);
    analysis.unusable.extend(selection.unusable.iter().map(|(path, reason)| (path.to_string(), reason.clone())));
    analysis.problems.extend(selection.problems.iter().cloned());

    for file in &request.also {
        selection.add(file, request.excluded);
    }
    let mut evidence = (analysis.logs).then(|| logs(request, &mut selection, &mut analysis));

    memory.retain(&selection);
    let asked = Asked {
        selection: &selection,
        looked,
        overlay: &request.overlay,
        before: request.before,
        models: request.models,
        progress: request.progress,
        outdated: request.outdated,
        last: request.last,
    };
    let recall = request.cache.filter(|_| selection.files.len() >= recall::FILES).map(|folder| {
        let first = request.paths.first().map_or(Utf8Path::new("."), Utf8PathBuf::as_path);
        Recall::open(folder, &source::cache::project_of(first))
    });
    let timings = &mut analysis.timings;
    let outcome = on_large_stack(|| match &recall {
        Some(recall) => kept::programs(&asked, recall, timings),
        None => programs(&asked, memory, timings),
    });
    if let Some(recall) = recall {
        let started = Instant::now();
        recall.save();
        analysis.timings.add("keep", started, 0, 0);
    }
    let outcome = outcome.unwrap_or_else(|panic| {
        *memory = Memory::default();
        Outcome { failed: vec![panic], ..Outcome::default() }
    });
    let Outcome { findings, suppressions, problems, failed, files, outdated, before } = outcome;
    analysis.unusable.extend(failed.into_iter().map(|panic| ("the program".to_owned(), format!("the analysis failed: {panic}"))));
    (analysis.files, analysis.outdated) = (files, outdated);
    analysis.problems.extend(problems);

    let reported: FxHashSet<&Utf8Path> = selection
        .files
        .iter()
        .filter(|file| file.reported && (request.include_tests || !file.test || request.config.include_tests(&file.path)))
        .map(|file| file.path.as_path())
        .collect();
    // Of the whole program: which part of it is reported changes no fingerprint.
    let mut findings = findings::collect(findings);
    findings.retain(|finding| reported.contains(finding.path.as_path()));

    if let Some((reading, places)) = &mut evidence {
        let started = Instant::now();
        analysis.processes = evidence::correlate(&mut findings, reading, places);
        evidence::confirmed_first(&mut findings);
        analysis.observations = std::mem::take(&mut reading.observations);
        analysis.problems.append(&mut reading.problems);
        analysis.timings.add("correlate", started, 0, 0);
    }
    let comments: Vec<_> = suppressions.into_iter().filter(|(path, _)| reported.contains(path.as_path())).collect();
    sift((findings, before), &comments, &reported, request, &mut analysis);
    if request.fixes {
        suggest(&mut analysis, &request.overlay);
    }
    analysis.problems.sort();
    analysis.problems.dedup();
    analysis.sources = selection.files.iter().map(|file| file.path.clone()).collect();
    memory.selection = Some(selection);
    analysis.timings.total(started);
    analysis
}

/// What is reported of all that was found: comments, levels, the baseline, confidence, changes, in this order.
fn sift(
    (findings, known_before): (Vec<Finding>, Option<Box<Outcome>>),
    comments: &[(Utf8PathBuf, Vec<Suppression>)],
    reported: &FxHashSet<&Utf8Path>,
    request: &Request,
    analysis: &mut Analysis,
) {
    let config = request.config;
    let rules: Vec<&str> = rules::RULES.iter().map(|rule| rule.id).collect();
    let left = suppress(findings, comments, Terms { rules: &rules, reason: config.require_reason.unwrap_or(true) });
    let (mut findings, mut suppressed, mut faults) = (left.findings, left.suppressed, left.faults);
    findings.retain_mut(|finding| match config.level(&finding.path, finding.rule) {
        Some(Level::Off) => false,
        Some(Level::Severity(severity)) => {
            finding.severity = severity;
            true
        }
        None => true,
    });
    if let Some(baseline) = request.baseline {
        let seen = |path: &Utf8Path| match () {
            () if reported.contains(path) => Seen::Reported,
            () if source::is_file(path) => Seen::Unseen,
            () => Seen::Missing,
        };
        let parted = part(findings, baseline, &seen);
        (findings, analysis.known, analysis.gone, analysis.unseen) = (parted.new, parted.known, parted.gone, parted.unseen);
    }
    let shown = |finding: &Finding| {
        let least = config.min_confidence(&finding.path).unwrap_or(request.min_confidence);
        finding.confidence >= least || evidence::is_named(finding)
    };
    suppressed.retain(|suppressed| shown(&suppressed.finding));
    let all = findings.len();
    findings.retain(shown);
    analysis.hidden = all - findings.len();
    if let Some(before) = request.before.filter(|_| !findings.is_empty()) {
        // What was there and was not shown (for its confidence, say) and is shown now comes with the change.
        let asked = Request {
            overlay: before.clone(),
            before: None,
            baseline: None,
            changes: None,
            logs: Vec::new(),
            fixes: false,
            ..request.clone()
        };
        let earlier = match known_before {
            Some(known) => known.sifted(reported, &asked),
            None => check(&asked),
        };
        let earlier: Vec<Known> = earlier.findings.iter().map(Known::of).collect();
        let parted = part(findings, &earlier, &|_| Seen::Reported);
        findings = parted.new;
        analysis.unchanged = Some(parted.known.len());
    }
    if let Some(changes) = request.changes {
        let releasing = request.models.releasing_names();
        // A suppression that went brings its finding back.
        let releases = |word: &str| word == "unlisten" || releasing.contains(word);
        let all = findings.len();
        findings.retain(|finding| changes.concern(finding, &releases));
        analysis.unchanged = Some(analysis.unchanged.unwrap_or_default() + all - findings.len());
        suppressed.retain(|suppressed| changes.concern(&suppressed.finding, &releases));
        faults.retain(|fault| changes.hold(&fault.path, fault.range.start.line, fault.range.end.line));
    }
    (analysis.findings, analysis.suppressed, analysis.suppression_faults) = (findings, suppressed, faults);
}

/// Fixes for what is shown: its files are read once more.
pub fn suggest(analysis: &mut Analysis, overlay: &Overlay) {
    if analysis.findings.iter().all(|finding| finding.remedies.is_empty()) {
        return;
    }
    let started = Instant::now();
    let mut findings = std::mem::take(&mut analysis.findings);
    let text = |path: &Utf8Path| match source::read(path, true, overlay) {
        Ok(Text::Code(text)) => Some(text),
        _ => None,
    };
    // Deep trees need a deep stack. A fix that fails is none.
    if let Err(panic) = on_large_stack(|| fixes::suggest(&mut findings, &text)) {
        analysis.problems.push(Problem { path: Utf8PathBuf::new(), message: format!("no fixes are offered: {panic}") });
    }
    analysis.timings.add("fixes", started, findings.iter().filter(|finding| finding.fix.is_some()).count(), 0);
    analysis.findings = findings;
}

/// Reads the logs. Files that their stacks name join the program, each with the package that it belongs to.
fn logs(request: &Request, selection: &mut Selection, analysis: &mut Analysis) -> (LogReading, Places) {
    let started = Instant::now();
    let (inputs, unusable) = evidence::inputs(request.logs.iter().map(String::as_str));
    analysis.unusable.extend(unusable.into_iter().map(|problem| (problem.path.to_string(), problem.message)));
    let reading = evidence::read(&inputs);
    let files: Vec<Utf8PathBuf> = selection.files.iter().map(|file| file.path.clone()).collect();
    let roots: Vec<Utf8PathBuf> = request.paths.iter().filter_map(|path| path.canonicalize_utf8().ok()).collect();
    let places = Places::new(&roots, &files, request.mappings.clone());
    for file in evidence::frames_to_files(&reading, &places) {
        selection.add(&file, request.excluded);
    }
    analysis.timings.add("logs", started, inputs.len(), 0);
    (reading, places)
}

#[derive(Default)]
struct Outcome {
    findings: Vec<Finding>,
    /// Of each file that has any, in the order of the files.
    suppressions: Vec<(Utf8PathBuf, Vec<Suppression>)>,
    problems: Vec<Problem>,
    /// Why parts of the program could not be analysed: panics.
    failed: Vec<String>,
    files: usize,
    outdated: bool,
    /// The same of the program before the change, where it is known without more work.
    before: Option<Box<Outcome>>,
}

impl Outcome {
    /// Takes in what the rules said of all parts.
    fn take(&mut self, parts: impl Iterator<Item = Said>) {
        let mut given_up = 0;
        for said in parts {
            self.findings.extend(said.findings);
            given_up += said.given_up;
            self.failed.extend(said.failed);
        }
        if given_up > 0 {
            let message = format!("{given_up} registrations were given up at a limit of depth or steps: findings may be missing");
            self.problems.push(Problem { path: Utf8PathBuf::new(), message });
        }
    }
}

/// What the whole-program pass is asked, in parts that threads may share.
struct Asked<'a> {
    selection: &'a Selection,
    /// The disk was looked at for this analysis.
    looked: bool,
    overlay: &'a Overlay,
    before: Option<&'a Overlay>,
    models: &'a Models,
    progress: &'a Progress,
    outdated: &'a (dyn Fn() -> bool + Sync),
    last: bool,
}

/// Facts of all files, linked and asked.
fn programs(asked: &Asked, memory: &mut Memory, timings: &mut Timings) -> Outcome {
    let Asked { selection, overlay, progress, outdated, .. } = asked;
    progress.begin(Stage::Reading, selection.files.len());
    let started = Instant::now();
    let spent = Spent::default();
    let facts_of = |file: &SourceFile| {
        progress.step();
        match memory.recall(file, overlay, asked.looked) {
            Some(known) => Read::Known(known),
            None if outdated() => Read::Unread,
            None => Read::New(source::stamp(&file.path, overlay), facts_of(file, overlay, &spent)),
        }
    };
    let read: Vec<Read> = selection.files.par_iter().map(facts_of).collect();
    let mut files = Vec::with_capacity(read.len());
    let mut outcome = Outcome::default();
    for (file, read) in selection.files.iter().zip(read) {
        let FileOutcome { facts, problem } = match read {
            Read::Known(known) => known,
            Read::New(stamp, new) => memory.keep(&file.path, stamp, new),
            Read::Unread => {
                outcome.outdated = true;
                continue;
            }
        };
        files.extend(facts);
        outcome.problems.extend(problem);
    }
    let commented = files.iter().filter(|file| !file.suppressions.is_empty());
    outcome.suppressions = commented.map(|file| (file.path.clone(), file.suppressions.clone())).collect();
    outcome.files = files.len();
    spent.tell(timings, started, files.len());
    if outcome.outdated || outdated() {
        return Outcome { outdated: true, ..outcome };
    }
    let resolved = memory.resolver(&files, overlay);
    let requests: Vec<(&Utf8Path, &[String])> = files.iter().map(|file| (file.path.as_path(), file.facts.requests.as_slice())).collect();
    let parts = parts::parts(&requests, &resolved.homes, &|from, specifier| resolved.resolve(from, specifier));
    let parts: Vec<Vec<Arc<FileFacts>>> =
        parts.into_iter().map(|part| part.into_iter().map(|file| files[file].clone()).collect()).collect();
    memory.retain_parts(&parts);
    let known: Vec<Option<Said>> = parts.iter().map(|part| memory.said(part)).collect();
    let unknown: Vec<Vec<Arc<FileFacts>>> =
        parts.into_iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(part, _)| part).collect();
    let told = ask::ask(&unknown, &*resolved, asked, timings);
    if outdated() {
        return Outcome { outdated: true, ..outcome };
    }
    for (part, said) in unknown.into_iter().zip(&told).filter(|(_, said)| said.failed.is_none()) {
        memory.keep_said(part, said);
    }
    outcome.take(known.into_iter().flatten().chain(told));
    outcome
}

/// How a file's facts were come by.
enum Read {
    Known(FileOutcome),
    New(Option<Stamp>, FileOutcome),
    /// Nobody waits any more.
    Unread,
}

/// Time of all threads together, in microseconds, and bytes.
#[derive(Default)]
struct Spent {
    bytes: AtomicU64,
    read: AtomicU64,
    parse: AtomicU64,
    extract: AtomicU64,
}

impl Spent {
    fn read_bytes(&self, length: usize) {
        self.bytes.fetch_add(length as u64, Relaxed);
    }

    /// The phase of facts ended now.
    fn tell(&self, timings: &mut Timings, started: Instant, files: usize) {
        timings.add("facts", started, files, self.bytes.load(Relaxed));
        timings.part("read", &self.read);
        timings.part("parse", &self.parse);
        timings.part("extract", &self.extract);
    }
}

/// Adds the time since `started`.
fn clock(counter: &AtomicU64, started: Instant) {
    counter.fetch_add(started.elapsed().as_micros() as u64, Relaxed);
}

/// One file: read, parsed, turned into facts.
fn facts_of(file: &SourceFile, overlay: &Overlay, spent: &Spent) -> FileOutcome {
    let problem = |message| FileOutcome { facts: None, problem: Some(Problem { path: file.path.clone(), message }) };
    let started = Instant::now();
    let text = match source::read(&file.path, file.named, overlay) {
        Ok(Text::Code(text)) => text,
        Ok(Text::Minified) => return FileOutcome { facts: None, problem: None },
        Err(message) => return problem(message),
    };
    clock(&spent.read, started);
    spent.read_bytes(text.len());
    extracted(file, &text, spent)
}

/// A text parsed and turned into facts.
fn extracted(file: &SourceFile, text: &str, spent: &Spent) -> FileOutcome {
    let problem = |message| FileOutcome { facts: None, problem: Some(Problem { path: file.path.clone(), message }) };
    let facts = guarded(|| {
        let started = Instant::now();
        let parsed = syntax::parse_source(&file.path, text);
        clock(&spent.parse, started);
        let parsed = parsed?;
        let started = Instant::now();
        let facts = facts::extract(&file.path, text, &parsed);
        // The tree is ten times as large as its facts.
        drop(parsed);
        clock(&spent.extract, started);
        Ok(facts)
    });
    match facts {
        Ok(Ok(facts)) => {
            let facts = FileFacts { declaration: file.declaration, test: file.test, ..facts };
            // Every program asks for them: here they are made on all threads, and of facts that are at hand.
            facts.indices();
            FileOutcome { facts: Some(Arc::new(facts)), problem: None }
        }
        Ok(Err(message)) => problem(message),
        Err(panic) => problem(format!("the analysis of this file failed: {panic}")),
    }
}

/// Runs on a pool whose threads have the stack that the limits of [`syntax`] are made for. It stays: threads that end leave their memory to
/// be found again page by page, at each edit in an editor.
pub(crate) fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    static POOL: OnceLock<Result<rayon::ThreadPool, String>> = OnceLock::new();
    let made = || {
        let pool = rayon::ThreadPoolBuilder::new().stack_size(syntax::STACK).thread_name(|n| format!("analysis-{n}")).build();
        pool.map_err(|error| format!("no threads: {error}"))
    };
    POOL.get_or_init(made).as_ref().map_err(Clone::clone)?.install(|| guarded(work))
}

thread_local! {
    /// While something is guarded: what the last panic said.
    static PANIC: RefCell<Option<Option<String>>> = const { RefCell::new(None) };
}

/// Turns a panic into its message, without the noise on stderr that a panic makes.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let default = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let told = PANIC.with_borrow_mut(|slot| match slot {
                Some(message) => {
                    let payload = info.payload();
                    let said = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
                    let said = said.unwrap_or("an internal error");
                    let place = info.location().map(|place| format!(" ({}:{})", place.file(), place.line())).unwrap_or_default();
                    *message = Some(format!("{said}{place}"));
                    true
                }
                None => false,
            });
            if !told {
                default(info);
            }
        }));
    });
    let outer = PANIC.replace(Some(None));
    let result = catch_unwind(AssertUnwindSafe(work));
    let said = PANIC.replace(outer).flatten();
    result.map_err(|_| said.unwrap_or_else(|| "an internal error".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message() {
        assert_eq!(guarded(|| 1), Ok(1));
        let message = guarded(|| -> u32 { panic!("lost {}", 1) }).unwrap_err();
        assert!(message.starts_with("lost 1 (src/check.rs:"), "{message}");
        // One within another, and after it.
        assert!(guarded(|| guarded(|| panic!("inner")).is_err()).is_ok_and(|inner| inner));
        let message = on_large_stack(|| panic!("on the pool")).unwrap_err();
        assert!(message.starts_with("on the pool"), "{message}");
    }
}
