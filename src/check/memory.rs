//! What is remembered between two analyses of one program: in an editor one file changes and a thousand do not.

use std::sync::{Arc, Mutex};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::ask::Said;
use super::moved::{self, Moves};
use crate::facts::FileFacts;
use crate::findings::Problem;
use crate::program::Resolve;
use crate::source::{Overlay, Resolver, Selection, SourceFile, Stamp, stamp};

/// An empty one remembers nothing: the analysis is then as if there were none.
#[derive(Default)]
pub struct Memory {
    /// The program's files; none when the disk has to be looked at.
    pub(super) selection: Option<Selection>,
    files: FxHashMap<Utf8PathBuf, Remembered>,
    /// By the path of the first file.
    linked: FxHashMap<Utf8PathBuf, Linked>,
    resolved: Option<Arc<Resolved>>,
}

/// What became of one file's text.
#[derive(Clone)]
pub(super) struct Outcome {
    /// None for a file that is not analysed: a minified one, or one whose problem says why.
    pub facts: Option<Arc<FileFacts>>,
    pub problem: Option<Problem>,
}

struct Remembered {
    stamp: Stamp,
    outcome: Outcome,
    /// The last text that could be parsed, while the present one cannot be, and its facts.
    good: Option<(Arc<FileFacts>, Arc<[u8]>)>,
}

/// A part of the program that was linked, and what its rules said.
struct Linked {
    files: Vec<Arc<FileFacts>>,
    said: Said,
}

impl Memory {
    /// Files may have come, gone or changed on disk since the last analysis.
    pub fn look_again(&mut self) {
        self.selection = None;
        self.resolved = None;
    }

    /// What is still known of a file. `looked`: the disk was looked at for this analysis, else it is taken to be as it was.
    pub(super) fn recall(&self, file: &SourceFile, overlay: &Overlay, looked: bool) -> Option<Outcome> {
        let known = self.files.get(&file.path)?;
        let same = match (&known.stamp, overlay.get(&file.path)) {
            (Stamp::Laid(before), Some(Some(now))) => Arc::ptr_eq(before, now) || before == now,
            (Stamp::Disk { .. }, None) => !looked || stamp(&file.path, overlay).as_ref() == Some(&known.stamp),
            _ => false,
        };
        same.then(|| known.outcome.clone())
    }

    /// Keeps what a file gave. While a text cannot be parsed (it is being typed), what was known of the file stands in, moved to where the
    /// text around the change is now: the rest of the program does not fall apart at each half-written line.
    pub(super) fn keep(&mut self, path: &Utf8Path, stamp: Option<Stamp>, mut outcome: Outcome) -> Outcome {
        let Some(stamp) = stamp else {
            self.files.remove(path);
            return outcome;
        };
        let before = self.files.remove(path);
        let mut good = None;
        if let (None, Some(_), Stamp::Laid(now)) = (&outcome.facts, &outcome.problem, &stamp) {
            good = before.and_then(|before| match (before.good, before.stamp, before.outcome.facts) {
                (Some(good), ..) => Some(good),
                (None, Stamp::Laid(text), Some(facts)) => Some((facts, text)),
                _ => None,
            });
            outcome.facts = good.as_ref().map(|(facts, text)| Arc::new(moved::shifted(facts, text, now)));
        }
        self.files.insert(path.to_owned(), Remembered { stamp, outcome: outcome.clone(), good });
        outcome
    }

    /// Forgets files that are not of the program any more.
    pub(super) fn retain(&mut self, selection: &Selection) {
        if self.files.len() > selection.files.len() {
            self.files.retain(|path, _| selection.files.binary_search_by(|file| file.path.cmp(path)).is_ok());
        }
    }

    /// What the rules said of a part, if its files say what they said then. Where lines have moved, so has what is told of them.
    pub(super) fn said(&mut self, files: &[Arc<FileFacts>]) -> Option<Said> {
        let linked = self.linked.get_mut(&files.first()?.path)?;
        if linked.files.len() != files.len() {
            return None;
        }
        let mut moves: FxHashMap<&Utf8Path, Moves> = FxHashMap::default();
        for (before, now) in linked.files.iter().zip(files) {
            if Arc::ptr_eq(before, now) {
                continue;
            }
            let same = before.path == now.path && before.declaration == now.declaration && before.test == now.test;
            if !same || before.facts != now.facts {
                return None;
            }
            moves.insert(&now.path, Moves::between(&before.positions, &now.positions)?);
        }
        if !moves.is_empty() {
            let findings = linked.said.findings.iter().map(|finding| moved::finding(finding, &moves)).collect::<Option<_>>()?;
            linked.said.findings = findings;
            linked.files = files.to_vec();
        }
        Some(linked.said.clone())
    }

    pub(super) fn keep_said(&mut self, files: Vec<Arc<FileFacts>>, said: &Said) {
        if let Some(first) = files.first() {
            self.linked.insert(first.path.clone(), Linked { files, said: said.clone() });
        }
    }

    /// Forgets what was said of parts that are none any more.
    pub(super) fn retain_parts(&mut self, parts: &[Vec<Arc<FileFacts>>]) {
        if self.linked.len() > parts.len() {
            let firsts: FxHashSet<&Utf8Path> = parts.iter().filter_map(|files| Some(files.first()?.path.as_path())).collect();
            self.linked.retain(|first, _| firsts.contains(first.as_path()));
        }
    }

    /// Finds files for a program of these. What was asked before, of the same files, is known.
    pub(super) fn resolver(&mut self, files: &[Arc<FileFacts>], overlay: &Overlay) -> Arc<Resolved> {
        let same = |known: &Arc<Resolved>| {
            known.paths.len() == files.len() && known.paths.iter().zip(files).all(|(path, file)| *path == file.path)
        };
        if !self.resolved.as_ref().is_some_and(same) {
            let paths: Vec<Utf8PathBuf> = files.iter().map(|file| file.path.clone()).collect();
            let resolver = Resolver::new(paths.clone(), overlay);
            let homes = paths.par_iter().map(|path| resolver.home(path)).collect();
            self.resolved = Some(Arc::new(Resolved { paths, homes, resolver, specifiers: Mutex::default() }));
        }
        self.resolved.clone().expect("it was just put there")
    }
}

/// A resolver with its answers.
pub(super) struct Resolved {
    paths: Vec<Utf8PathBuf>,
    /// The folder of the package around each of them.
    pub(super) homes: Vec<Option<Utf8PathBuf>>,
    resolver: Resolver,
    specifiers: Mutex<FxHashMap<String, FxHashMap<String, Option<Utf8PathBuf>>>>,
}

/// What the program asks of the disk. Neither side knows the other.
impl Resolve for Resolver {
    fn resolve(&self, from: &Utf8Path, specifier: &str) -> Option<Utf8PathBuf> {
        self.resolve(from, specifier)
    }

    fn is_entry(&self, file: &Utf8Path) -> Option<bool> {
        self.is_entry(file)
    }

    fn is_loose_entry(&self, file: &Utf8Path) -> bool {
        self.is_loose_entry(file)
    }

    fn is_of_command(&self, file: &Utf8Path) -> bool {
        self.is_of_command(file)
    }

    fn package(&self, file: &Utf8Path) -> Option<String> {
        self.package(file)
    }
}

impl Resolve for Resolved {
    fn resolve(&self, from: &Utf8Path, specifier: &str) -> Option<Utf8PathBuf> {
        let known = self.specifiers.lock().ok().and_then(|known| known.get(from.as_str())?.get(specifier).cloned());
        known.unwrap_or_else(|| {
            let found = self.resolver.resolve(from, specifier);
            if let Ok(mut specifiers) = self.specifiers.lock() {
                specifiers.entry(from.to_string()).or_default().insert(specifier.to_owned(), found.clone());
            }
            found
        })
    }

    fn is_entry(&self, file: &Utf8Path) -> Option<bool> {
        self.resolver.is_entry(file)
    }

    fn is_loose_entry(&self, file: &Utf8Path) -> bool {
        self.resolver.is_loose_entry(file)
    }

    fn is_of_command(&self, file: &Utf8Path) -> bool {
        self.resolver.is_of_command(file)
    }

    fn package(&self, file: &Utf8Path) -> Option<String> {
        self.resolver.package(file)
    }
}
