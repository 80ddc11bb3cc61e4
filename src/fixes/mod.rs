//! Fixes: from what a rule would have changed ([`Remedy`]) to edits of the text.
//!
//! A remedy is a statement about calls; whether it can be put into words depends on how the code around is written. So each kind has a
//! file that reads the [`Layout`] of the text and gives a [`Fix`], or none where that would need a guess. Everything here is pure: text
//! in, edits out.

mod added;
mod apply;
mod beside;
mod component;
mod connecting;
mod draft;
mod effect;
mod end;
mod finally;
mod once;
mod same;
mod settled;
mod sight;
mod signal;

pub use apply::{Changed, apply};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::facts::layout::{Bytes, Layout};
use crate::findings::lines::Lines;
use crate::findings::{Edit, Finding, Fix, Remedy};
use crate::syntax;
use draft::{Draft, Manner};

/// Gives findings that have a remedy their fix. `text` gives a file's text as it was analysed. Each file is parsed once, and of what its
/// fixes would make of it the changed parts.
pub fn suggest(findings: &mut [Finding], text: &(dyn Fn(&Utf8Path) -> Option<String> + Sync)) {
    let mut files: FxHashMap<Utf8PathBuf, Vec<&mut Finding>> = FxHashMap::default();
    for finding in findings.iter_mut().filter(|finding| !finding.remedies.is_empty()) {
        files.entry(finding.path.clone()).or_default().push(finding);
    }
    files.into_par_iter().for_each(|(path, mut findings)| {
        // What a compiler wrote is mended in its source.
        let Some(text) = text(&path).filter(|text| !syntax::is_compiled(text)) else { return };
        let Ok(parsed) = syntax::parse(&path, &text) else { return };
        let source = Source { layout: Layout::of(&text, &parsed), manner: Manner::of(&text), lines: Lines::new(&text) };
        drop(parsed);
        for finding in &mut findings {
            finding.fix = finding.remedies.iter().find_map(|remedy| source.fix(&path, remedy));
        }
        source.keep_sound(&path, &mut findings);
    });
}

/// A file that may be changed.
struct Source<'t> {
    layout: Layout,
    manner: Manner<'t>,
    lines: Lines<&'t str>,
}

impl Source<'_> {
    fn fix(&self, path: &Utf8Path, remedy: &Remedy) -> Option<Fix> {
        let mut draft = Draft::new(path, &self.layout, &self.manner, &self.lines);
        let (message, applicability) = match remedy {
            Remedy::SameFunction { registration, release } => same::function(&mut draft, registration, release)?,
            Remedy::SamePhase { registration, release } => same::phase(&mut draft, registration, release)?,
            Remedy::SameEvent { registration, release } => same::event(&mut draft, registration, release)?,
            Remedy::WhileConnecting { registration } => connecting::guard(&mut draft, registration)?,
            Remedy::WithSignal { registration, controller } => signal::give(&mut draft, registration, controller)?,
            Remedy::Finally { registration, release } => finally::release(&mut draft, registration, release)?,
            Remedy::AddOnce { registration } => once::move_up(&mut draft, registration)?,
            Remedy::RemoveBeside(forgotten) => beside::remove(&mut draft, forgotten)?,
            Remedy::EffectCleanup { registration, listener, effect } => effect::cleanup(&mut draft, registration, *listener, *effect)?,
            Remedy::EffectResult { registration } => effect::result(&mut draft, registration)?,
            Remedy::RemoveAtEnd { registration, listener, response } => {
                end::remove(&mut draft, registration, *listener, response.as_deref())?
            }
            Remedy::RemoveWhenSettled { waiting, settlings } => settled::remove(&mut draft, waiting, settlings)?,
            Remedy::CallAtEnd { registration, response } => end::call(&mut draft, registration, response.as_deref())?,
        };
        Some(Fix { message, applicability, edits: draft.edits()? })
    }

    /// Takes away fixes after which the text would not parse.
    fn keep_sound(&self, path: &Utf8Path, findings: &mut [&mut Finding]) {
        let sound = |text: Option<String>| text.is_some_and(|text| syntax::parse(path, &text).is_ok());
        let parses = |edits: &[&Edit]| {
            let part = self.changed_part(edits);
            part.is_some_and(|part| sound(apply::edited_part(self.lines.text(), &part, edits)))
                || sound(apply::edited(self.lines.text(), edits))
        };
        let all: Vec<&Edit> = findings.iter().filter_map(|finding| finding.fix.as_ref()).flat_map(|fix| &fix.edits).collect();
        // Two that touch each other do not go together; each alone may.
        if all.is_empty() || parses(&all) {
            return;
        }
        for finding in findings {
            finding.fix.take_if(|fix| !parses(&fix.edits.iter().collect::<Vec<_>>()));
        }
    }

    /// From the first to the last statement of the module that edits touch; none where one touches what lies between two.
    fn changed_part(&self, edits: &[&Edit]) -> Option<Bytes> {
        let statements = self.layout.blocks[0].statements.iter().map(|&statement| &self.layout.statements[statement].span);
        let statements: Vec<&Bytes> = statements.collect();
        let around = |edit: &&Edit| {
            let place = self.lines.offset(edit.range.start)..self.lines.offset(edit.range.end);
            statements.iter().find(|span| span.start <= place.start && place.end <= span.end).copied()
        };
        let touched: Vec<&Bytes> = edits.iter().map(around).collect::<Option<_>>()?;
        Some(touched.iter().map(|span| span.start).min()?..touched.iter().map(|span| span.end).max()?)
    }
}
