//! The program as earlier runs left it on disk: only what they did not see is read into facts, and only parts
//! in which something changed are linked.

use std::sync::Arc;
use std::time::Instant;

use camino::Utf8Path;
use rayon::prelude::*;

use super::ask::{self, Said};
use super::memory::Outcome as FileOutcome;
use super::recall::{Links, Outline, Recall};
use super::{Asked, Outcome, Spent, clock, earlier, extracted, parts};
use crate::facts::FileFacts;
use crate::findings::Problem;
use crate::program::Resolve;
use crate::progress::Stage;
use crate::source::cache::{self, Key};
use crate::source::{self, Resolver, SourceFile, Text};
use crate::timings::Timings;

/// One file of the program: what its text is kept under, what there is to know of it, and its facts where they were not kept.
pub(super) struct Learned<'s> {
    pub(super) file: &'s SourceFile,
    pub(super) key: Key,
    pub(super) outline: Outline,
    facts: Option<Arc<FileFacts>>,
}

/// Facts of all files, linked and asked; or what an earlier run found in the same program.
pub(super) fn programs(asked: &Asked, recall: &Recall, timings: &mut Timings) -> Outcome {
    let Asked { selection, progress, .. } = asked;
    progress.begin(Stage::Reading, selection.files.len());
    let started = Instant::now();
    let spent = Spent::default();
    let learned: Vec<Option<Result<Learned, Problem>>> =
        selection.files.par_iter().map(|file| learn(file, asked, recall, &spent)).inspect(|_| progress.step()).collect();
    let mut outcome = Outcome::default();
    let mut files: Vec<Learned> = Vec::with_capacity(learned.len());
    for learned in learned.into_iter().flatten() {
        match learned {
            Ok(learned) => match learned.outline.problem {
                None => files.push(learned),
                Some(message) => outcome.problems.push(Problem { path: learned.file.path.clone(), message }),
            },
            Err(problem) => outcome.problems.push(problem),
        }
    }
    let commented = files.iter().filter(|file| !file.outline.suppressions.is_empty());
    outcome.suppressions = commented.map(|file| (file.file.path.clone(), file.outline.suppressions.clone())).collect();
    outcome.files = files.len();
    spent.tell(timings, started, files.len());

    let started = Instant::now();
    let resolver = Resolver::new(files.iter().map(|file| file.file.path.clone()).collect(), asked.overlay);
    let requests: Vec<(&Utf8Path, &[String])> =
        files.iter().map(|file| (file.file.path.as_path(), file.outline.requests.as_slice())).collect();
    let links = Links::find(&requests, &resolver);
    let parts = parts::parts(&requests, &links.homes, &|from, specifier| links.resolve(from, specifier));
    let key = |part: &Vec<usize>, keys: &[Key]| {
        let files = part.iter().map(|&at| (&files[at], requests[at], keys[at]));
        let files = files.map(|(file, (path, requests), key)| (path, requests, key, [file.file.declaration, file.file.test]));
        // The program's own packs go with its build, those of the project with the answer.
        cache::key(&[&links.key(files), asked.models.own_text().as_bytes()])
    };
    let own: Vec<Key> = files.iter().map(|file| file.key).collect();
    let keys: Vec<Key> = parts.par_iter().map(|part| key(part, &own)).collect();
    timings.add("resolve", started, files.len(), 0);

    let started = Instant::now();
    outcome.before = earlier::outcome(asked, recall, &files, &parts, &key).map(Box::new);
    let known: Vec<Option<Said>> = keys.iter().map(|key| recall.answer(key)).collect();
    let mut learned: Vec<Option<Learned>> = files.into_iter().map(Some).collect();
    let mut facts = |part: &Vec<usize>| -> Vec<Arc<FileFacts>> {
        let learned: Vec<Learned> = part.iter().filter_map(|&at| learned[at].take()).collect();
        let facts: Vec<FileOutcome> = learned.into_par_iter().map(|file| facts_of(file, asked, recall)).collect();
        outcome.problems.extend(facts.iter().filter_map(|facts| facts.problem.clone()));
        facts.into_iter().filter_map(|facts| facts.facts).collect()
    };
    let unknown = parts.iter().zip(keys).zip(&known).filter(|(_, known)| known.is_none());
    let (keys, unknown): (Vec<Key>, Vec<Vec<Arc<FileFacts>>>) = unknown.map(|((part, key), _)| (key, facts(part))).unzip();
    timings.add("recall", started, unknown.iter().map(Vec::len).sum(), 0);
    let told = ask::ask(&unknown, &links, asked, timings);
    for (key, said) in keys.into_iter().zip(&told) {
        recall.keep_answer(key, said);
    }
    outcome.take(known.into_iter().flatten().chain(told));
    outcome
}

/// One file: read, and looked up or turned into facts. None for a minified one.
fn learn<'s>(file: &'s SourceFile, asked: &Asked, recall: &Recall, spent: &Spent) -> Option<Result<Learned<'s>, Problem>> {
    let started = Instant::now();
    let text = match source::read(&file.path, file.named, asked.overlay) {
        Ok(Text::Code(text)) => text,
        Ok(Text::Minified) => return None,
        Err(message) => return Some(Err(Problem { path: file.path.clone(), message })),
    };
    clock(&spent.read, started);
    spent.read_bytes(text.len());
    let key = Recall::key(&file.path, &text);
    if let Some(outline) = recall.outline(&key) {
        return Some(Ok(Learned { file, key, outline, facts: None }));
    }
    let (outline, facts) = extracted_and_kept(file, &text, key, recall, spent);
    Some(Ok(Learned { file, key, outline, facts }))
}

fn extracted_and_kept(file: &SourceFile, text: &str, key: Key, recall: &Recall, spent: &Spent) -> (Outline, Option<Arc<FileFacts>>) {
    let FileOutcome { facts, problem } = extracted(file, text, spent);
    let outline = Outline {
        requests: facts.as_ref().map(|facts| facts.facts.requests.clone()).unwrap_or_default(),
        suppressions: facts.as_ref().map(|facts| facts.suppressions.clone()).unwrap_or_default(),
        problem: problem.map(|problem| problem.message),
    };
    recall.keep(key, &outline, facts.as_deref());
    (outline, facts)
}

/// The facts of a file: at hand, kept, or, where what is kept is broken, extracted again.
fn facts_of(learned: Learned, asked: &Asked, recall: &Recall) -> FileOutcome {
    let Learned { file, key, facts, .. } = learned;
    let kept = || recall.facts(&key, file).map(Arc::new);
    if let Some(facts) = facts.or_else(kept) {
        return FileOutcome { facts: Some(facts), problem: None };
    }
    let problem = |message| FileOutcome { facts: None, problem: Some(Problem { path: file.path.clone(), message }) };
    match source::read(&file.path, file.named, asked.overlay) {
        Ok(Text::Code(text)) => {
            let (outline, facts) = extracted_and_kept(file, &text, key, recall, &Spent::default());
            match facts {
                Some(facts) => FileOutcome { facts: Some(facts), problem: None },
                None => problem(outline.problem.unwrap_or_default()),
            }
        }
        Ok(Text::Minified) => problem("changed while it was analysed".to_owned()),
        Err(message) => problem(message),
    }
}
