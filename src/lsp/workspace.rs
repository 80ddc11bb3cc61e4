//! Which programs the editor's folders are, and their analysis on a thread of its own.
//!
//! Each folder is one program, as for `unlisten check` in it. A file that is open and in no folder is analysed within the program around
//! it, as for `unlisten check FILE`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{self, Receiver, Sender};

use camino::{Utf8Path, Utf8PathBuf};
use indexmap::IndexMap;
use rustc_hash::FxHashMap;

use super::server::Event;
use crate::check::{Analysis, Memory, Request, check_again};
use crate::config::{self, Config};
use crate::findings::baseline::Known;
use crate::findings::suppress::SuppressionFault;
use crate::findings::{Confidence, Finding, Problem};
use crate::models::Models;
use crate::source::{self, Overlay};

/// What is to be analysed.
pub struct Job {
    /// Counts jobs: a higher one makes lower ones outdated.
    pub number: u64,
    pub overlay: Overlay,
    /// Without symbolic links.
    pub folders: Vec<Utf8PathBuf>,
    /// Open files.
    pub open: Vec<Utf8PathBuf>,
    /// Files may have come, gone or changed on disk.
    pub look: bool,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Answer {
    /// The job's.
    pub number: u64,
    /// Files of which there is something to tell.
    pub files: FxHashMap<Utf8PathBuf, Told>,
    /// What the user has to know, each as a sentence.
    pub complaints: Vec<String>,
    /// What does not concern one file and need not disturb anybody.
    pub notes: Vec<String>,
}

/// What there is to tell of one file.
#[derive(Debug, Default)]
pub struct Told {
    pub findings: Vec<Finding>,
    pub faults: Vec<SuppressionFault>,
    pub problems: Vec<Problem>,
}

/// The thread that analyses.
pub struct Worker {
    jobs: Sender<Job>,
    newest: Arc<AtomicU64>,
}

impl Worker {
    pub fn start(events: Sender<Event>) -> Worker {
        let (jobs, received) = mpsc::channel();
        let newest = Arc::new(AtomicU64::new(0));
        let shared = newest.clone();
        std::thread::spawn(move || work(&received, &shared, &events));
        Worker { jobs, newest }
    }

    /// Asks; what was asked before is given up.
    pub fn ask(&self, job: Job) {
        self.newest.store(job.number, Relaxed);
        // Its thread ends with this side only.
        let _ = self.jobs.send(job);
    }
}

fn work(jobs: &Receiver<Job>, newest: &AtomicU64, events: &Sender<Event>) {
    let mut programs: FxHashMap<Utf8PathBuf, Kept> = FxHashMap::default();
    // The disk was to be looked at, and the look was given up.
    let mut owed = false;
    while let Ok(mut job) = jobs.recv() {
        job.look |= owed;
        while let Ok(newer) = jobs.try_recv() {
            job = Job { look: newer.look || job.look, ..newer };
        }
        let outdated = || newest.load(Relaxed) != job.number;
        let analysed = catch_unwind(AssertUnwindSafe(|| analyse(&job, &mut programs, &outdated))).unwrap_or_else(|_| {
            programs.clear();
            let complaints = vec!["the analysis failed".to_owned()];
            Some(Answer { number: job.number, complaints, ..Answer::default() })
        });
        owed = match analysed {
            Some(answer) => {
                if events.send(Event::Answer(answer)).is_err() {
                    return;
                }
                false
            }
            None => job.look,
        };
    }
}

/// What is kept of a program.
#[derive(Default)]
struct Kept {
    memory: Memory,
    /// The files and folders that it was asked for.
    paths: Vec<Utf8PathBuf>,
    config: Config,
    /// With the project's own; none: those that come with the program.
    models: Option<Models>,
    baseline: Option<Vec<Known>>,
    complaints: Vec<String>,
}

impl Kept {
    /// Reads what the project wants anew.
    fn look(&mut self, folder: &Utf8Path) {
        self.memory.look_again();
        self.complaints.clear();
        let file = Config::find(folder);
        let mut complain = |file: &Utf8Path, reason: String| self.complaints.push(format!("{file}: {reason}"));
        self.config = match &file {
            Some(file) => Config::read(file).map_err(|reason| complain(file, reason)).unwrap_or_default(),
            None => Config::default(),
        };
        let (models, faults) = self.config.models();
        for (what, reason) in faults {
            complain(Utf8Path::new(&what), reason);
        }
        if models.as_ref().map(|models| &models.packs) != self.models.as_ref().map(|models| &models.packs) {
            self.models = models;
            self.memory = Memory::default();
        }
        let baseline = self.config.baseline.as_deref();
        self.baseline = baseline.and_then(|file| config::baseline::read(file).map_err(|reason| complain(file, reason)).ok());
    }
}

/// None where a newer job makes the answer outdated.
fn analyse(job: &Job, programs: &mut FxHashMap<Utf8PathBuf, Kept>, outdated: &(dyn Fn() -> bool + Sync)) -> Option<Answer> {
    let mut answer = Answer { number: job.number, ..Answer::default() };
    let wanted = wanted(job);
    programs.retain(|folder, _| wanted.contains_key(folder));
    for (folder, paths) in &wanted {
        let kept = programs.entry(folder.clone()).or_default();
        if job.look || kept.paths != *paths {
            kept.look(folder);
            kept.paths.clone_from(paths);
        }
        let config = &kept.config;
        let request = Request {
            paths: paths.clone(),
            overlay: job.overlay.clone(),
            min_confidence: Confidence::Medium,
            config,
            models: kept.models.as_ref().unwrap_or_else(|| Models::builtin()),
            baseline: kept.baseline.as_deref(),
            excluded: &|path| config.excludes(path),
            outdated,
            ..Request::default()
        };
        let analysis = check_again(&request, &mut kept.memory);
        if analysis.outdated {
            return None;
        }
        answer.complaints.extend(kept.complaints.iter().cloned());
        answer.take(analysis, &|path| {
            !job.folders.iter().any(|inner| inner != folder && inner.starts_with(folder) && path.starts_with(inner))
        });
    }
    Some(answer)
}

impl Answer {
    /// Takes in what is told of files that are `own`: those of a folder within another one are told with the inner one.
    fn take(&mut self, analysis: Analysis, own: &dyn Fn(&Utf8Path) -> bool) {
        for finding in analysis.findings.into_iter().filter(|finding| own(&finding.path)) {
            self.files.entry(finding.path.clone()).or_default().findings.push(finding);
        }
        for fault in analysis.suppression_faults.into_iter().filter(|fault| own(&fault.path)) {
            self.files.entry(fault.path.clone()).or_default().faults.push(fault);
        }
        for problem in analysis.problems {
            if analysis.sources.binary_search(&problem.path).is_err() {
                self.notes.push(if problem.path.as_str().is_empty() {
                    problem.message
                } else {
                    format!("{}: {}", problem.path, problem.message)
                });
            } else if own(&problem.path) {
                self.files.entry(problem.path.clone()).or_default().problems.push(problem);
            }
        }
        self.complaints.extend(analysis.unusable.into_iter().map(|(path, reason)| format!("{path}: {reason}")));
    }
}

/// The programs, by the folder that their configuration is looked for from.
fn wanted(job: &Job) -> IndexMap<Utf8PathBuf, Vec<Utf8PathBuf>> {
    let mut wanted: IndexMap<Utf8PathBuf, Vec<Utf8PathBuf>> =
        job.folders.iter().map(|folder| (folder.clone(), vec![folder.clone()])).collect();
    for file in &job.open {
        if !job.folders.iter().any(|folder| file.starts_with(folder)) {
            wanted.entry(source::program_of(file)).or_default().push(file.clone());
        }
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_programs_and_so_is_what_is_around_a_loose_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8").canonicalize_utf8().expect("there");
        let job = Job {
            number: 1,
            overlay: Overlay::default(),
            folders: vec![root.join("a"), root.join("a/inner")],
            open: vec![root.join("a/x.js"), root.join("b/y.js"), root.join("b/z.js")],
            look: false,
        };
        let wanted: Vec<_> = wanted(&job).into_iter().collect();
        let loose = (root.join("b"), vec![root.join("b/y.js"), root.join("b/z.js")]);
        assert_eq!(wanted, [(root.join("a"), vec![root.join("a")]), (root.join("a/inner"), vec![root.join("a/inner")]), loose]);
    }
}
