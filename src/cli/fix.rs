//! `check --fix` and `--diff`: fixes into the files, or as a patch on standard output.

use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use indexmap::IndexMap;
use similar::TextDiff;

use super::text_of;
use crate::check::{Analysis, Request, check};
use crate::findings::Applicability;
use crate::fixes::{self, Changed};
use crate::report::count;
use crate::source;

/// A fix may make room for the next. Each round changes something, so this is reached by none that ends.
const ROUNDS: usize = 10;

#[derive(Debug, Args)]
pub struct FixArgs {
    /// Apply safe fixes, then report what is left.
    ///
    /// A file is written only if it was not changed since it was read, and parses afterwards.
    #[arg(long, help_heading = "Fixes", conflicts_with = "stdin_filename")]
    fix: bool,
    /// Print the changes that --fix would make, as a patch, and change nothing.
    ///
    /// In place of the report. The exit code is 1 if there are any.
    #[arg(long, help_heading = "Fixes", conflicts_with_all = ["fix", "format"])]
    diff: bool,
    /// With --fix and --diff: also apply fixes that a person has to look at.
    #[arg(long, help_heading = "Fixes")]
    unsafe_fixes: bool,
}

impl FixArgs {
    /// Fixes are to be applied or shown.
    pub fn are_wanted(&self) -> bool {
        self.fix || self.diff
    }

    /// Applies what is asked for, in memory: the request's overlay has the changed texts afterwards, and the analysis is of these.
    pub fn apply(&self, mut analysis: Analysis, request: &mut Request) -> (Analysis, Vec<Changed>) {
        let mut all: IndexMap<Utf8PathBuf, Changed> = IndexMap::new();
        if !self.are_wanted() {
            return (analysis, Vec::new());
        }
        let at_least = if self.unsafe_fixes { Applicability::Unsafe } else { Applicability::Safe };
        for _ in 0..ROUNDS {
            let made = fixes::apply(&analysis.findings, at_least, &|path| text_of(path, &request.overlay));
            if made.is_empty() {
                break;
            }
            for changed in made {
                request.overlay.set(changed.path.clone(), Some(changed.after.as_bytes().into()));
                match all.get_mut(&changed.path) {
                    Some(earlier) => {
                        earlier.after = changed.after;
                        earlier.fixes += changed.fixes;
                    }
                    None => {
                        all.insert(changed.path.clone(), changed);
                    }
                }
            }
            analysis = check(request);
        }
        (analysis, all.into_values().collect())
    }

    /// Writes the files, and names those that cannot be.
    pub fn write(&self, changed: &[Changed], quiet: bool) -> Vec<(String, String)> {
        let (mut unusable, mut fixes, mut files) = (Vec::new(), 0, 0);
        for Changed { path, before, after, fixes: applied } in changed {
            match source::replace(path, before, after) {
                Ok(()) => {
                    fixes += applied;
                    files += 1;
                }
                Err(reason) => unusable.push((path.to_string(), reason)),
            }
        }
        if files > 0 && !quiet {
            let _ = writeln!(anstream::stderr(), "{} applied to {}.", fixes_of(fixes), count(files, "file"));
        }
        unusable
    }

    /// The patch, if it is asked for in place of a report.
    pub fn patch(&self, changed: &[Changed], working: &Utf8Path) -> Option<String> {
        self.diff.then(|| changed.iter().map(|file| patch(file, working)).collect())
    }
}

fn fixes_of(number: usize) -> String {
    if number == 1 { "1 fix".to_owned() } else { format!("{number} fixes") }
}

/// One file's part of a patch, as `git apply` and `patch -p1` read it.
fn patch(changed: &Changed, working: &Utf8Path) -> String {
    let name = changed.path.strip_prefix(working).unwrap_or(&changed.path);
    TextDiff::from_lines(changed.before.as_str(), changed.after.as_str())
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{name}"), &format!("b/{name}"))
        .to_string()
}
