//! What a project's configuration says of a run, with the options that choose it.

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueHint};

use super::Unusable;
use crate::config::Config;
use crate::models::Models;
use crate::source;

#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// Read this configuration in place of the nearest one.
    ///
    /// An unlisten.toml, or a package.json with the key `unlisten`. Else it is the nearest of these above the working directory, not beyond
    /// the repository.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config", value_hint = ValueHint::FilePath)]
    pub config: Option<Utf8PathBuf>,
    /// Read no configuration.
    #[arg(long)]
    pub no_config: bool,
}

impl ConfigArgs {
    /// The configuration of this run. One that is broken is named, and the run goes on without it.
    pub fn read(&self, paths: &[Utf8PathBuf], unusable: &mut Unusable) -> Config {
        let file = match &self.config {
            _ if self.no_config => None,
            Some(file) => Some(file.clone()),
            None => Config::find(&start(paths)),
        };
        let Some(file) = file else { return Config::default() };
        Config::read(&file).unwrap_or_else(|reason| {
            unusable.push((file.to_string(), reason));
            Config::default()
        })
    }
}

/// The models that come with the program, and the project's own. A pack that cannot be used is named, and the run goes on without it.
pub fn models(config: &Config, unusable: &mut Unusable) -> Option<Models> {
    let (models, faults) = config.models();
    unusable.extend(faults);
    models
}

/// Where the search begins: the working directory, or what is analysed where all of that lies elsewhere.
fn start(paths: &[Utf8PathBuf]) -> Utf8PathBuf {
    let working = source::working_directory();
    let real: Vec<Utf8PathBuf> = paths.iter().filter_map(|path| path.canonicalize_utf8().ok()).collect();
    match real.first() {
        Some(first) if !real.iter().any(|path| path.starts_with(&working)) => {
            if first.is_dir() {
                first.clone()
            } else {
                first.parent().map_or_else(|| first.clone(), Utf8Path::to_owned)
            }
        }
        _ => working,
    }
}
