//! `unlisten baseline`: what is found today becomes known.

use camino::Utf8PathBuf;
use clap::{Args, ValueHint};

use super::project::{self, ConfigArgs};
use super::{Unusable, complain, print, progress, words};
use crate::check::{Request, check};
use crate::config;
use crate::findings::Confidence;
use crate::findings::baseline::Known;
use crate::models::Models;
use crate::report;
use crate::source;

/// Where it goes where nobody says otherwise.
const FILE: &str = "unlisten-baseline.json";

#[derive(Debug, Args)]
pub struct BaselineArgs {
    /// Files and folders to analyse, as for `check`. What the baseline holds of other files stays.
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    paths: Vec<Utf8PathBuf>,
    /// The file to write (default: the configuration's `baseline`, else unlisten-baseline.json).
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<Utf8PathBuf>,
    /// Take out what is no longer found, and add nothing.
    #[arg(long)]
    prune: bool,
    /// Leave out findings that are less sure than this (default: medium).
    #[arg(long, value_name = "LEVEL", value_parser = words::confidence())]
    min_confidence: Option<Confidence>,
    /// Take in findings in tests too.
    #[arg(long)]
    include_tests: bool,
    #[command(flatten)]
    config: ConfigArgs,
    /// Say nothing but errors.
    #[arg(long, short)]
    quiet: bool,
}

pub fn run(args: BaselineArgs) -> u8 {
    let mut unusable = Unusable::new();
    let mut config = args.config.read(&args.paths, &mut unusable);
    if let Some(confidence) = args.min_confidence {
        config.force_min_confidence(confidence);
    }
    let file = args.output.clone().or_else(|| config.baseline.clone()).unwrap_or_else(|| FILE.into());
    // One that cannot be read would be lost with what it says of other files: the user decides.
    let old = match source::is_file(&file) {
        true => config::baseline::read(&file).map_err(|reason| unusable.push((file.to_string(), format!("{reason}; or remove it")))),
        false => Ok(Vec::new()),
    };
    let Ok(old) = old else { return complain(&unusable) };
    let models = project::models(&config, &mut unusable);
    let analysis = progress::shown(args.quiet, |progress| {
        check(&Request {
            paths: args.paths.clone(),
            include_tests: args.include_tests,
            config: &config,
            models: models.as_ref().unwrap_or_else(|| Models::builtin()),
            baseline: Some(&old),
            excluded: &|path| config.excludes(path),
            progress,
            ..Request::default()
        })
    });
    unusable.extend(analysis.unusable);
    if !unusable.is_empty() {
        return complain(&unusable);
    }
    let new = if args.prune { &[][..] } else { &analysis.findings };
    let known: Vec<Known> = analysis.known.iter().chain(new).map(Known::of).chain(analysis.unseen).collect();
    if let Err(reason) = report::write_baseline(&known, &file) {
        return complain(&[("--output".to_owned(), reason)]);
    }
    if args.quiet {
        return super::CLEAN;
    }
    let number = known.len();
    let findings = if number == 1 { "finding" } else { "findings" };
    let mut told = format!("{file}: {number} known {findings}, {} of them new; {} gone\n", new.len(), analysis.gone.len());
    if config.baseline.is_none() {
        told += &format!("Use it with `unlisten check --baseline {file}`, or with `baseline = \"{file}\"` in unlisten.toml.\n");
    }
    print(&told)
}
