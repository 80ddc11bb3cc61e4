//! Facts: what one file says, in owned data. Sees one file at a time, does no I/O, never fails.

mod model;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

pub use model::*;

use crate::syntax::Parsed;

/// One file's facts with its place.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FileFacts {
    /// Absolute.
    pub path: Utf8PathBuf,
    pub facts: ModuleFacts,
    pub positions: Positions,
    /// A `.d.ts` file: types only, never reported on.
    pub declaration: bool,
    /// A test by its name or folder.
    pub test: bool,
}

/// Facts of a parsed file.
pub fn extract(path: &Utf8Path, _text: &str, _parsed: &Parsed) -> FileFacts {
    FileFacts { path: path.to_owned(), facts: ModuleFacts::default(), positions: Positions::default(), declaration: false, test: false }
}
