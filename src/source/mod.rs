//! Source: which files are analysed, and their text. Who touches the disk for code is here.

pub mod cache;
mod changes;
mod file;
mod overlay;
mod package;
mod resolver;
pub mod sourcemap;
mod staged;
mod walk;
mod write;

pub use changes::changes_since;
pub use file::{Stamp, Text, describe, read, stamp};
pub use overlay::{Overlay, real_path};
pub use resolver::Resolver;
pub use staged::{Staged, staged};
pub use walk::{Selection, SourceFile, program_of, select};
pub use write::replace;

use camino::{Utf8Path, Utf8PathBuf};

/// The folder that paths are shown relative to, as the file system spells it. A folder that is gone is the root.
pub fn working_directory() -> Utf8PathBuf {
    Utf8Path::new(".").canonicalize_utf8().unwrap_or_else(|_| Utf8PathBuf::from("/"))
}

/// The root of the repository around a folder.
pub fn repository(folder: &Utf8Path) -> Option<&Utf8Path> {
    folder.ancestors().find(|above| above.join(".git").exists())
}

/// There is a file of this name.
pub fn is_file(path: &Utf8Path) -> bool {
    path.is_file()
}

/// The extensions that are code.
pub const EXTENSIONS: [&str; 10] = ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs", "vue", "svelte"];

/// A declaration file: types only (`index.d.ts`, `styles.d.css.ts`).
pub fn is_declaration(path: &Utf8Path) -> bool {
    matches!(path.extension(), Some("ts" | "mts" | "cts")) && path.file_name().is_some_and(|name| name.contains(".d."))
}
