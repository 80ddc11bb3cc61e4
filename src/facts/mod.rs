//! Facts: what one file says, in owned data. Sees one file at a time, does no I/O, never fails.

mod calls;
mod captures;
mod expressions;
mod extract;
mod jsx;
pub mod layout;
mod model;
mod private;
mod statements;
mod suppress;
mod types;
mod wrappers;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

pub use captures::{Captures, ClosureCaptures, Retained, RetainedName, captures};
pub use model::*;
pub use suppress::{Covers, Suppression};
pub use wrappers::is_bundled_require;

pub use crate::syntax::component::is_component;

use crate::syntax::Parsed;
use crate::syntax::names::Names;

/// One file's facts with its place.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FileFacts {
    /// Absolute.
    pub path: Utf8PathBuf,
    pub facts: ModuleFacts,
    pub positions: Positions,
    /// Comments that ask for findings to be left out, in the order of the text.
    pub suppressions: Vec<Suppression>,
    /// A `.d.ts` file: types only, never reported on.
    pub declaration: bool,
    /// A test by its name or folder.
    pub test: bool,
}

/// What each function of a parsed file keeps alive as a listener.
pub fn captures_of(text: &str, parsed: &Parsed) -> Captures {
    captures(&Names::bind(&parsed.program), text)
}

/// Facts of a parsed file.
pub fn extract(path: &Utf8Path, text: &str, parsed: &Parsed) -> FileFacts {
    let names = Names::bind(&parsed.program);
    let mut extractor = extract::Extractor::new(text, 1, &names);
    extractor.module(&parsed.program);
    let extract::Extractor { facts, positions, .. } = extractor;
    let suppressions = suppress::suppressions(text, &parsed.comments);
    FileFacts { path: path.to_owned(), facts, positions, suppressions, declaration: false, test: false }
}
