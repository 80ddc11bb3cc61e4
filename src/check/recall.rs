//! What earlier runs worked out: the facts of a text, and the findings of a part of a program. Kept by [`cache`].
//!
//! ```text
//! outline(t)  :- a text t under a file's name               what it asks for, so that its facts are read only where they are needed
//! facts(t)    :- the same
//! answer(P)   :- texts, flags and paths of all files of a part P, and which file each of their specifiers means
//! ```
//!
//! An answer rests on exactly what [`Program::link`] is given, so it is the one that linking would give again.
//!
//! [`Program::link`]: crate::program::Program::link

use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use super::ask::Said;
use crate::facts::{FileFacts, Suppression};
use crate::findings::{Confidence, Finding, Position, Range, Region, Remedy, Retained, Severity, Step};
use crate::program::Resolve;
use crate::rules::RULES;
use crate::source::cache::{self, Cache, Key};
use crate::source::{Resolver, SourceFile};

/// Smaller programs are analysed anew faster than anything is kept of them.
pub const FILES: usize = 100;

/// The caches of one project.
pub struct Recall {
    folder: Utf8PathBuf,
    project: Utf8PathBuf,
    outlines: Cache,
    answers: Cache,
    facts: OnceLock<Cache>,
}

/// What there is to know of a file before its facts are read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outline {
    /// Specifiers of modules that it names.
    pub requests: Vec<String>,
    pub suppressions: Vec<Suppression>,
    /// Why it cannot be analysed; then it has no facts.
    pub problem: Option<String>,
}

/// What the rules say of a part of a program.
#[derive(Serialize, Deserialize)]
struct Answer {
    findings: Vec<Told>,
    given_up: u32,
}

/// A finding as it is kept, before it is put in order.
#[derive(Serialize, Deserialize)]
struct Told {
    rule: String,
    severity: Severity,
    confidence: Confidence,
    path: Utf8PathBuf,
    range: Range,
    call: Position,
    whole: Range,
    message: String,
    help: String,
    event: Option<String>,
    emitter_type: Option<String>,
    lifetime: Region,
    runs: Region,
    retains: Vec<Retained>,
    trace: Vec<Step>,
    remedies: Vec<Remedy>,
    text: String,
    scope: String,
}

impl Recall {
    /// What is kept of a project below a folder for caches.
    pub fn open(folder: &Utf8Path, project: &Utf8Path) -> Recall {
        Recall {
            folder: folder.to_owned(),
            project: project.to_owned(),
            outlines: Cache::open(folder, project, "outlines"),
            answers: Cache::open(folder, project, "answers"),
            facts: OnceLock::new(),
        }
    }

    /// What a text under a file's name is known by.
    pub fn key(path: &Utf8Path, text: &str) -> Key {
        cache::key(&[cache::build(), path.file_name().unwrap_or_default().as_bytes(), text.as_bytes()])
    }

    pub fn outline(&self, key: &Key) -> Option<Outline> {
        self.outlines.get(key)
    }

    /// The facts of a text that stands in this file.
    pub fn facts(&self, key: &Key, file: &SourceFile) -> Option<FileFacts> {
        let facts: FileFacts = self.all_facts().get(key)?;
        // As for a file that is new: made here, where the facts are at hand.
        facts.indices();
        Some(FileFacts { path: file.path.clone(), declaration: file.declaration, test: file.test, ..facts })
    }

    fn all_facts(&self) -> &Cache {
        self.facts.get_or_init(|| Cache::open(&self.folder, &self.project, "facts"))
    }

    /// Keeps what was found out about a text.
    pub fn keep(&self, key: Key, outline: &Outline, facts: Option<&FileFacts>) {
        self.outlines.put(key, outline);
        if let Some(facts) = facts {
            self.all_facts().put(key, facts);
        }
    }

    pub fn answer(&self, key: &Key) -> Option<Said> {
        let answer: Answer = self.answers.get(key)?;
        let findings: Option<Vec<Finding>> = answer.findings.into_iter().map(Told::finding).collect();
        Some(Said { findings: findings?, given_up: answer.given_up, failed: None })
    }

    /// Nothing is kept of what failed.
    pub fn keep_answer(&self, key: Key, said: &Said) {
        if said.failed.is_none() {
            let findings = said.findings.iter().map(Told::of).collect();
            self.answers.put(key, &Answer { findings, given_up: said.given_up });
        }
    }

    /// Writes what is new.
    pub fn save(self) {
        self.outlines.save();
        self.answers.save();
        if let Some(facts) = self.facts.into_inner() {
            facts.save();
        }
    }
}

impl Told {
    fn of(finding: &Finding) -> Told {
        // Verdicts, evidence, fingerprints and fixes come later. A new field has to be thought of here.
        let Finding {
            rule,
            severity,
            confidence,
            path,
            range,
            call,
            whole,
            message,
            help,
            event,
            emitter_type,
            lifetime,
            runs,
            retains,
            trace,
            fingerprint: _,
            verdict: _,
            evidence: _,
            remedies,
            fix: _,
            text,
            scope,
        } = finding.clone();
        let rule = rule.to_owned();
        Told {
            rule,
            severity,
            confidence,
            path,
            range,
            call,
            whole,
            message,
            help,
            event,
            emitter_type,
            lifetime,
            runs,
            retains,
            trace,
            remedies,
            text,
            scope,
        }
    }

    fn finding(self) -> Option<Finding> {
        Some(Finding {
            rule: RULES.iter().find(|rule| rule.id == self.rule)?.id,
            severity: self.severity,
            confidence: self.confidence,
            path: self.path,
            range: self.range,
            call: self.call,
            whole: self.whole,
            message: self.message,
            help: self.help,
            event: self.event,
            emitter_type: self.emitter_type,
            lifetime: self.lifetime,
            runs: self.runs,
            retains: self.retains,
            trace: self.trace,
            fingerprint: String::new(),
            verdict: None,
            evidence: Vec::new(),
            remedies: self.remedies,
            fix: None,
            text: self.text,
            scope: self.scope,
        })
    }
}

/// Every answer of a resolver that a program asks for, found out beforehand and on all threads.
pub struct Links<'r> {
    // Under paths as texts: a path takes itself apart to be looked up.
    edges: FxHashMap<String, FxHashMap<String, Utf8PathBuf>>,
    entries: FxHashMap<String, Option<bool>>,
    loose: FxHashSet<String>,
    resolver: &'r Resolver,
    /// The folder of the package around each file.
    pub homes: Vec<Option<Utf8PathBuf>>,
}

impl<'r> Links<'r> {
    /// Of files, each with the specifiers that it names.
    pub fn find(files: &[(&Utf8Path, &[String])], resolver: &'r Resolver) -> Links<'r> {
        let edges = |&(file, requests): &(&Utf8Path, &[String])| {
            let found = requests.iter().filter_map(|request| Some((request.clone(), resolver.resolve(file, request)?))).collect();
            (file.to_string(), found)
        };
        Links {
            edges: files.par_iter().map(edges).collect(),
            entries: files.par_iter().map(|&(file, _)| (file.to_string(), resolver.is_entry(file))).collect(),
            loose: files.par_iter().filter(|(file, _)| resolver.is_loose_entry(file)).map(|(file, _)| file.to_string()).collect(),
            resolver,
            homes: files.par_iter().map(|(file, _)| resolver.home(file)).collect(),
        }
    }

    /// What an answer about these files of a part is known by.
    pub fn key<'f>(&self, files: impl Iterator<Item = (&'f Utf8Path, &'f [String], Key, [bool; 2])>) -> Key {
        let mut parts: Vec<Vec<u8>> = vec![cache::build().to_vec()];
        for (path, requests, key, flags) in files {
            if parts.len() == 1 {
                parts.push(format!("{:?} {}", self.package(path), self.is_of_command(path)).into_bytes());
            }
            let public = self.is_entry(path).unwrap_or(true);
            let mut part = key.to_vec();
            part.extend([flags[0], flags[1], public, self.is_loose_entry(path)].map(u8::from));
            part.extend_from_slice(path.as_str().as_bytes());
            parts.push(part);
            for request in requests {
                parts.push(self.resolve(path, request).map(|path| path.as_str().as_bytes().to_vec()).unwrap_or_default());
            }
        }
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        cache::key(&parts)
    }
}

impl Resolve for Links<'_> {
    fn resolve(&self, from: &Utf8Path, specifier: &str) -> Option<Utf8PathBuf> {
        self.edges.get(from.as_str())?.get(specifier).cloned()
    }

    fn is_entry(&self, file: &Utf8Path) -> Option<bool> {
        self.entries.get(file.as_str()).copied().flatten()
    }

    fn is_loose_entry(&self, file: &Utf8Path) -> bool {
        self.loose.contains(file.as_str())
    }

    fn is_of_command(&self, file: &Utf8Path) -> bool {
        self.resolver.is_of_command(file)
    }

    fn package(&self, file: &Utf8Path) -> Option<String> {
        self.resolver.package(file)
    }
}
