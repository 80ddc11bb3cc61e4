//! The program before a change, out of what earlier runs kept of it: where the same files are found in the same places, a few other texts
//! are all that is different.

use std::sync::Arc;

use camino::Utf8Path;
use rustc_hash::FxHashSet;

use super::ask::Said;
use super::kept::Learned;
use super::recall::{Outline, Recall};
use super::{Analysis, Asked, Outcome, Request, sift};
use crate::findings;
use crate::source::cache::Key;
use crate::source::{self, Overlay, Text};

/// What the rules said of it. `key`: what a part is kept under, of these keys of its files. None where that has to be worked out: files
/// came or went, one names other modules, or nothing is kept.
pub(super) fn outcome(
    asked: &Asked,
    recall: &Recall,
    files: &[Learned],
    parts: &[Vec<usize>],
    key: &dyn Fn(&Vec<usize>, &[Key]) -> Key,
) -> Option<Outcome> {
    let before = asked.before?;
    let mut changed = changed(before, asked.overlay)?;
    let mut keys: Vec<Key> = files.iter().map(|file| file.key).collect();
    let mut outlines: Vec<Option<Outline>> = files.iter().map(|_| None).collect();
    for (at, learned) in files.iter().enumerate() {
        let path = learned.file.path.as_path();
        if !changed.remove(path) {
            continue;
        }
        let Ok(Text::Code(text)) = source::read(path, learned.file.named, before) else { return None };
        keys[at] = Recall::key(path, &text);
        let outline = recall.outline(&keys[at])?;
        if outline.problem.is_some() || outline.requests != learned.outline.requests {
            return None;
        }
        outlines[at] = Some(outline);
    }
    // What is not analysed now may have been.
    if asked.selection.files.iter().any(|file| changed.contains(file.path.as_path())) {
        return None;
    }
    let said: Option<Vec<Said>> = parts.iter().map(|part| recall.answer(&key(part, &keys))).collect();
    let mut outcome = Outcome::default();
    outcome.take(said?.into_iter());
    for (learned, before) in files.iter().zip(outlines) {
        let suppressions = before.map_or_else(|| learned.outline.suppressions.clone(), |before| before.suppressions);
        if !suppressions.is_empty() {
            outcome.suppressions.push((learned.file.path.clone(), suppressions));
        }
    }
    Some(outcome)
}

impl Outcome {
    /// What would be reported of it: of a program of the same files.
    pub(super) fn sifted(self, reported: &FxHashSet<&Utf8Path>, request: &Request) -> Analysis {
        let mut analysis = Analysis::default();
        let mut findings = findings::collect(self.findings);
        findings.retain(|finding| reported.contains(finding.path.as_path()));
        let comments: Vec<_> = self.suppressions.into_iter().filter(|(path, _)| reported.contains(path.as_path())).collect();
        sift((findings, None), &comments, reported, request, &mut analysis);
        analysis
    }
}

/// Files that are there in both, with another content. None where another is there, or what says how files are found is another.
fn changed<'o>(before: &'o Overlay, now: &'o Overlay) -> Option<FxHashSet<&'o Utf8Path>> {
    let mut changed = FxHashSet::default();
    for path in before.paths().chain(now.paths()) {
        let same = match (before.get(path), now.get(path)) {
            (Some(None), Some(None)) => true,
            (Some(None), _) | (_, Some(None)) => return None,
            (Some(Some(before)), Some(Some(now))) => Arc::ptr_eq(before, now) || before == now,
            (before, now) => before.is_none() && now.is_none(),
        };
        if !same {
            // A script without an extension is told by its content.
            path.extension().filter(|extension| *extension != "json")?;
            changed.insert(path);
        }
    }
    Some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlay(files: &[(&str, Option<&str>)]) -> Overlay {
        let mut overlay = Overlay::default();
        for (path, content) in files {
            overlay.set((*path).into(), content.map(|content| content.as_bytes().into()));
        }
        overlay
    }

    #[test]
    fn only_other_texts_of_the_same_files_are_told() {
        let told = |before: &[(&str, Option<&str>)], now: &[(&str, Option<&str>)]| {
            let (before, now) = (overlay(before), overlay(now));
            let mut paths: Option<Vec<String>> =
                changed(&before, &now).map(|paths| paths.into_iter().map(|path| path.to_string()).collect());
            paths.iter_mut().for_each(|paths| paths.sort());
            paths
        };
        let some = |paths: &[&str]| Some(paths.iter().map(|path| (*path).to_owned()).collect());
        assert_eq!(told(&[("/a.js", Some("1"))], &[]), some(&["/a.js"]));
        assert_eq!(told(&[("/a.js", Some("1")), ("/b.js", Some("1"))], &[("/a.js", Some("1")), ("/b.js", Some("2"))]), some(&["/b.js"]));
        // Untracked, new, gone, and what says where files are.
        assert_eq!(told(&[("/a.js", None)], &[("/a.js", None)]), some(&[]));
        assert_eq!(told(&[("/a.js", None)], &[]), None);
        assert_eq!(told(&[("/a.js", Some("1"))], &[("/a.js", None)]), None);
        assert_eq!(told(&[("/package.json", Some("1"))], &[]), None);
    }
}
