//! `unlisten logs`: what logs alone say, beside the sources where they are at hand.

use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum, ValueHint};

use super::{CLEAN, complain};
use crate::check::{Request, check};
use crate::evidence::{Analysed, LogsRequest, PathMapping, run_logs};
use crate::findings::Confidence;
use crate::source;

#[derive(Debug, Args)]
pub struct LogsArgs {
    /// Logs of the running program: files, folders of them, or - for standard input.
    #[arg(value_name = "FILE|DIR|-", required = true, value_hint = ValueHint::AnyPath)]
    logs: Vec<String>,
    /// The program's sources: then each warning is joined to the finding that explains it.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    source: Option<Utf8PathBuf>,
    /// What lay at FROM on the machine that wrote the logs lies at TO here; may be repeated.
    #[arg(long, value_name = "FROM=TO")]
    map: Vec<String>,
    /// How to print.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Shape::Text)]
    format: Shape,
    /// Go on reading as the log grows, also through rotation.
    #[arg(long)]
    follow: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shape {
    /// For people.
    Text,
    /// For programs.
    Json,
}

pub fn run(args: LogsArgs) -> u8 {
    let working = source::working_directory();
    let mut unusable: Vec<(String, String)> = Vec::new();
    let mut mappings = Vec::new();
    for text in &args.map {
        match PathMapping::parse(text, &working) {
            Ok(mapping) => mappings.push(mapping),
            Err(reason) => unusable.push((text.clone(), reason)),
        }
    }
    let request =
        LogsRequest { logs: args.logs, source: args.source, mappings, json: args.format == Shape::Json, follow: args.follow, working };
    let mut analyse = |folder: &Utf8Path, named: &[Utf8PathBuf]| {
        let analysis = check(&Request {
            paths: vec![folder.to_owned()],
            also: named.to_vec(),
            include_tests: true,
            // A warning may be explained by what nobody is sure of.
            min_confidence: Confidence::Low,
            ..Request::default()
        });
        unusable.extend(analysis.unusable);
        // What a comment leaves out of a review still explains what happened.
        let suppressed = analysis.suppressed.into_iter().map(|suppressed| suppressed.finding);
        Analysed { findings: analysis.findings.into_iter().chain(suppressed).collect(), files: analysis.sources }
    };
    let mut out = anstream::stdout().lock();
    match run_logs(&request, &mut analyse, &mut || true, &mut out) {
        Ok(problems) => unusable.extend(problems.into_iter().map(|problem| (problem.path.to_string(), problem.message))),
        // Whoever reads has seen enough (`| head`).
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => unusable.push((request.logs.join(" "), source::describe(&error))),
    }
    let _ = out.flush();
    if unusable.is_empty() { CLEAN } else { complain(&unusable) }
}
