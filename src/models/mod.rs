//! What someone who knows a library could check against its manual: `rules/models/*.toml`, typed, checked and indexed.
//!
//! A pack describes one library. It tells the library to its users and is never applied to that library's own source.
//! Type names are the manual's words (`net.Socket`), unique over all packs; a type name ending in `[]` is an array of it,
//! `Promise<T>` resolves to it, and `""` is a type that is not known.

mod builtin;
mod check;
mod entry;
mod example;
mod index;
mod pack;

pub use builtin::BUILTIN;
pub use check::PackError;
pub use example::Example;
pub use index::{LibraryIx, Models, Named, Release, TypeIx, TypeUse, View};
pub use pack::*;

/// The JSON Schema of a pack, for editors.
pub fn schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft07().into_generator().into_root_schema_for::<Pack>()
}
