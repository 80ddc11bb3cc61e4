//! All facts linked: the questions that rules ask. The words are those of the calculus: values, runs, count, discharge.

use camino::{Utf8Path, Utf8PathBuf};

use crate::facts::FileFacts;
use crate::models::Models;

/// Finds the file that a specifier means.
pub trait Resolve: Sync {
    /// The absolute path of the source file that `specifier` means in `from`; none for core and absent modules.
    fn resolve(&self, from: &Utf8Path, specifier: &str) -> Option<Utf8PathBuf>;
    /// Absolute paths of the files that the package around `file` shows to its users (`exports`, `main`, `bin`, ...); none where there is
    /// no `package.json` above it (then everything exported is public).
    fn entries(&self, file: &Utf8Path) -> Option<Vec<Utf8PathBuf>>;
    /// The name of the package around `file`.
    fn package(&self, file: &Utf8Path) -> Option<String>;
}

/// Every file's facts, linked.
pub struct Program<'a> {
    pub files: Vec<FileFacts>,
    pub models: &'a Models,
}

impl<'a> Program<'a> {
    pub fn link(files: Vec<FileFacts>, _resolve: &dyn Resolve, models: &'a Models) -> Program<'a> {
        Program { files, models }
    }
}
