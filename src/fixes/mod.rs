//! Fixes: from what a rule would have changed ([`Remedy`]) to edits of the text.
//!
//! A remedy is a statement about calls; whether it can be put into words depends on how the code around is written. So each kind has a
//! file that reads the [`Layout`] of the text and gives a [`Fix`], or none where that would need a guess. Everything here is pure: text
//! in, edits out.

mod apply;
mod connecting;
mod draft;
mod effect;
mod end;
mod finally;
mod same;

pub use apply::{Changed, apply};

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::FxHashMap;

use crate::facts::layout::Layout;
use crate::findings::{Edit, Finding, Fix, Remedy};
use crate::syntax;
use draft::Draft;

/// Gives findings that have a remedy their fix. `text` gives a file's text as it was analysed.
pub fn suggest(findings: &mut [Finding], text: &dyn Fn(&Utf8Path) -> Option<String>) {
    let mut sources: FxHashMap<Utf8PathBuf, Option<Source>> = FxHashMap::default();
    for finding in findings {
        let Some(remedy) = &finding.remedy else { continue };
        let source = sources.entry(finding.path.clone()).or_insert_with(|| Source::read(&finding.path, text));
        finding.fix = source.as_ref().and_then(|source| source.fix(&finding.path, remedy));
    }
}

/// A file that may be changed.
struct Source {
    text: String,
    layout: Layout,
}

impl Source {
    fn read(path: &Utf8Path, text: &dyn Fn(&Utf8Path) -> Option<String>) -> Option<Source> {
        let text = text(path)?;
        let layout = Layout::of(&text, &syntax::parse(path, &text).ok()?);
        Some(Source { text, layout })
    }

    fn fix(&self, path: &Utf8Path, remedy: &Remedy) -> Option<Fix> {
        let mut draft = Draft::new(path, &self.text, &self.layout);
        let (message, applicability) = match remedy {
            Remedy::SameFunction { registration, release } => same::function(&mut draft, registration, release)?,
            Remedy::SamePhase { registration, release } => same::phase(&mut draft, registration, release)?,
            Remedy::SameEvent { registration, release } => same::event(&mut draft, registration, release)?,
            Remedy::WhileConnecting { registration } => connecting::guard(&mut draft, registration)?,
            Remedy::Finally { registration, release } => finally::release(&mut draft, registration, release)?,
            Remedy::EffectCleanup { registration, listener } => effect::cleanup(&mut draft, registration, *listener)?,
            Remedy::EffectResult { registration } => effect::result(&mut draft, registration)?,
            Remedy::RemoveAtEnd { registration, listener, response } => {
                end::remove(&mut draft, registration, *listener, response.as_deref())?
            }
            Remedy::CallAtEnd { registration, response } => end::call(&mut draft, registration, response.as_deref())?,
        };
        let edits = draft.edits()?;
        let fix = Fix { message, applicability, edits };
        // What does not parse afterwards is no fix.
        let edits: Vec<&Edit> = fix.edits.iter().collect();
        let changed = apply::edited(&self.text, &edits)?;
        syntax::parse(path, &changed).is_ok().then_some(fix)
    }
}
