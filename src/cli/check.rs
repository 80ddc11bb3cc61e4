//! `unlisten check`: options to a request, an analysis to reports and an exit code.

use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::{CLEAN, Colour, FOUND, complain, text_of};
use crate::check::{Analysis, Request, check};
use crate::config::{self, Config, FailOn};
use crate::evidence::{PathMapping, printable};
use crate::findings::Confidence;
use crate::report::{self, Format, Output, Report};
use crate::source;

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Files and folders. A file limits the report; the program around it is still analysed.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<Utf8PathBuf>,
    /// A log of the running program (or a folder of them, or - for standard input): what it shows is joined to the findings. May be
    /// repeated.
    #[arg(long, value_name = "FILE|DIR|-")]
    logs: Vec<String>,
    /// What lay at FROM on the machine that wrote the logs lies at TO here. May be repeated.
    #[arg(long, value_name = "FROM=TO")]
    map: Vec<String>,
    /// How to report, and where to (default: pretty, to standard output). May be repeated.
    #[arg(long, value_name = "FORMAT[=FILE]")]
    format: Vec<Output>,
    /// Leave out findings that are less sure: high, medium (default) or low.
    #[arg(long, value_name = "LEVEL", value_parser = config::confidence)]
    min_confidence: Option<Confidence>,
    /// Report findings in tests too.
    #[arg(long)]
    include_tests: bool,
    /// Which findings make the exit code 1: any (default), high, medium, low, error, warning, note or never.
    #[arg(long, value_name = "LEVEL", value_parser = FailOn::parse)]
    fail_on: Option<FailOn>,
    /// Read this configuration in place of the nearest unlisten.toml.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<Utf8PathBuf>,
    /// Read no configuration.
    #[arg(long)]
    no_config: bool,
    /// Tell the time, the files and the bytes of each phase on standard error.
    #[arg(long)]
    timings: bool,
    /// Say nothing on standard error but errors.
    #[arg(long, short)]
    quiet: bool,
    /// Use colours.
    #[arg(long, value_enum, default_value_t = Colour::Auto)]
    color: Colour,
}

pub fn run(args: CheckArgs) -> u8 {
    let working = source::working_directory();
    let mut unusable: Vec<(String, String)> = Vec::new();
    let config = configuration(&args, &working, &mut unusable);
    let mappings = args.map.iter().filter_map(|text| match PathMapping::parse(text, &working) {
        Ok(mapping) => Some(mapping),
        Err(reason) => {
            unusable.push((text.clone(), reason));
            None
        }
    });
    let mappings = mappings.collect();
    let mut outputs = args.format.clone();
    if outputs.is_empty() {
        outputs.push(Output { format: Format::Pretty, file: None });
    }
    if outputs.iter().filter(|output| output.file.is_none()).count() > 1 {
        unusable.push(("--format".to_owned(), "two reports on standard output; give one of them a file (FORMAT=FILE)".to_owned()));
        return complain(&unusable);
    }

    let analysis = check(&Request {
        paths: args.paths.clone(),
        also: Vec::new(),
        logs: args.logs.clone(),
        mappings,
        include_tests: args.include_tests || config.include_tests,
        min_confidence: args.min_confidence.or(config.min_confidence).unwrap_or(Confidence::Medium),
        excluded: &|path| config.excludes(path),
    });

    let report = Report { analysis: &analysis, working: &working, text: &text_of };
    let colours = args.color.shown();
    for output in &outputs {
        if let Err(reason) = report::write(&report, output, colours) {
            unusable.push(("--format".to_owned(), reason));
        }
    }
    if !args.quiet {
        tell(&analysis, &working);
    }
    if args.timings {
        eprint!("{}", analysis.timings);
    }
    unusable.extend(analysis.unusable.iter().cloned());
    let fail_on = args.fail_on.or(config.fail_on).unwrap_or_default();
    if !unusable.is_empty() {
        complain(&unusable)
    } else if analysis.findings.iter().any(|finding| fail_on.holds(finding)) {
        FOUND
    } else {
        CLEAN
    }
}

/// The configuration that governs this run. One that is broken is named, and the run goes on without it.
fn configuration(args: &CheckArgs, working: &Utf8Path, unusable: &mut Vec<(String, String)>) -> Config {
    let file = match &args.config {
        _ if args.no_config => None,
        Some(file) => Some(file.clone()),
        None => Config::find(working),
    };
    let Some(file) = file else { return Config::default() };
    Config::read(&file).unwrap_or_else(|reason| {
        unusable.push((file.to_string(), reason));
        Config::default()
    })
}

/// Problems and what logs leave open, for people, on standard error.
fn tell(analysis: &Analysis, working: &Utf8Path) {
    let mut text = String::new();
    for problem in &analysis.problems {
        let path = problem.path.strip_prefix(working).unwrap_or(&problem.path);
        text += &match path.as_str() {
            "" => format!("problem: {}\n", printable(&problem.message)),
            path => format!("problem: {}: {}\n", printable(path), printable(&problem.message)),
        };
    }
    if analysis.files == 0 && analysis.unusable.is_empty() {
        text += "problem: there is no JavaScript or TypeScript to analyse\n";
    }
    let _ = anstream::stderr().write_all(text.as_bytes());
}
