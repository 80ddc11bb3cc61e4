//! The packs that come with the program, compiled in.

use super::{Models, Pack};
use std::sync::LazyLock;

/// Every file of `rules/models`, by file name, with its text. The build script `rules/embed.rs` lists them.
pub const BUILTIN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/packs.rs"));

static MODELS: LazyLock<Models> = LazyLock::new(|| {
    let packs = BUILTIN.iter().map(|(name, text)| Pack::parse(name, text));
    let models = packs.collect::<Result<Vec<_>, _>>().map_err(|error| vec![error]).and_then(Models::new);
    // The packs are part of the program and a test loads them: a fault in them is a fault of the build.
    models.unwrap_or_else(|errors| panic!("{}", errors[0]))
});

impl Models {
    /// The packs that come with the program.
    pub fn builtin() -> &'static Models {
        &MODELS
    }
}
