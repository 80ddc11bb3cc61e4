//! Facts: what one file says, in owned data. Sees one file at a time, does no I/O, never fails.

pub mod bodies;
mod bundled;
mod calls;
mod captures;
mod expressions;
mod extract;
pub mod indices;
mod jsx;
pub mod layout;
mod model;
mod private;
mod readings;
mod statements;
mod suppress;
mod types;
mod wrappers;

use std::sync::{Arc, OnceLock};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

pub use bundled::Bundled;
pub use captures::{Captures, ClosureCaptures, Retained, RetainedName, captures};
pub use indices::{Declared, Indices};
pub use model::*;
pub use readings::Readings;
pub use suppress::{Covers, Suppression};
pub use wrappers::is_bundled_require;

pub use crate::syntax::component::is_component;
pub use crate::syntax::unnumbered;

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
    /// Begins with `#!`: the system runs it as a command (execve(2)).
    pub command: bool,
    #[serde(skip)]
    pub(crate) derived: Derived,
}

/// What follows from a file's facts, once it was asked: also for the next program that the file is part of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Derived {
    indices: OnceLock<Arc<Indices>>,
    readings: OnceLock<Arc<Readings>>,
}

impl FileFacts {
    /// Lists of what the file has, which every program asks for.
    pub fn indices(&self) -> &Indices {
        self.derived.indices.get_or_init(|| Arc::new(Indices::of(&self.facts)))
    }

    /// What becomes of the file's values, which is asked of few files.
    pub fn readings(&self) -> &Readings {
        self.derived.readings.get_or_init(|| Arc::new(Readings::of(&self.facts)))
    }
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
    let mounted = crate::syntax::component::mounted(path, text).map(|(start, end)| extractor.lines.range(start, end));
    let extract::Extractor { mut facts, mut positions, .. } = extractor;
    positions.mounted = mounted;
    facts.bundled = bundled::bundled(text, &positions);
    let suppressions = suppress::suppressions(text, &parsed.comments);
    FileFacts {
        path: path.to_owned(),
        facts,
        positions,
        suppressions,
        declaration: false,
        test: false,
        command: text.starts_with("#!"),
        derived: Derived::default(),
    }
}
