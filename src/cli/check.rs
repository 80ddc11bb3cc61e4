//! `unlisten check`: options to a request, an analysis to reports and an exit code.

use std::io::{Read, Write};

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueHint};

use super::project::{self, ConfigArgs};
use super::{CLEAN, FOUND, Unusable, complain, print, progress, text_of, words};
use crate::check::{Analysis, Request, check};
use crate::config::{self, Config, FailOn};
use crate::evidence::{PathMapping, printable};
use crate::findings::Confidence;
use crate::findings::baseline::Known;
use crate::findings::changes::Changes;
use crate::models::Models;
use crate::report::{self, Format, Look, Output, Report};
use crate::source::{self, Overlay};

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Files and folders to analyse.
    ///
    /// A file limits the report, not the analysis: the program is then what lies below the nearest folder with a package.json. Skipped
    /// unless named: node_modules, git-ignored files and minified files.
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    paths: Vec<Utf8PathBuf>,
    /// Report on this one file, whose text is read from standard input: for editors.
    ///
    /// The text stands in place of what is on disk, if the file is there at all; the program around it is still analysed.
    #[arg(long, value_name = "FILE", conflicts_with = "paths", value_hint = ValueHint::FilePath)]
    stdin_filename: Option<Utf8PathBuf>,
    /// Join a log of the running program to the findings; may be repeated.
    ///
    /// A file, a folder of logs, or - for standard input. A finding whose line a logged stack names is `confirmed`; one that fits a
    /// warning without a stack is `consistent`. `node --trace-warnings` gives the stacks.
    #[arg(long, value_name = "FILE|DIR|-", value_hint = ValueHint::AnyPath)]
    logs: Vec<String>,
    /// What lay at FROM on the machine that wrote the logs lies at TO here; may be repeated.
    #[arg(long, value_name = "FROM=TO")]
    map: Vec<String>,
    /// How to report, and into which file; may be repeated.
    ///
    /// Without a file the report goes to standard output, which takes one. Without this option it is `pretty`.
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = words::output())]
    format: Vec<Output>,
    /// Leave out findings that are less sure than this (default: medium).
    ///
    /// high: the repetition is in your program, and the emitter is known by where it is made. medium: something from outside is taken for
    /// what it usually is. low: a guess. A finding that a log names is always shown.
    #[arg(long, value_name = "LEVEL", value_parser = words::confidence())]
    min_confidence: Option<Confidence>,
    /// Report findings in tests too.
    ///
    /// Files that are tests by their name or folder are always analysed, since they call the rest.
    #[arg(long)]
    include_tests: bool,
    /// Which findings make the exit code 1 (default: any that is shown).
    ///
    /// By confidence (high, medium, low) or by severity (error, warning, note): at or above the one named.
    #[arg(long, value_name = "LEVEL", value_parser = words::fail_on())]
    fail_on: Option<FailOn>,
    /// Report only what this file does not know yet.
    ///
    /// `unlisten baseline` writes it. What it lists and is no longer found is told.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    baseline: Option<Utf8PathBuf>,
    /// Report only what changes since this revision concern.
    ///
    /// A finding on a changed line, or whose trace passes through one, or in whose files a line went that took listeners away. Compared are
    /// the work tree and the point where its branch left the revision; files that git does not know yet are new. The whole program is
    /// analysed all the same.
    #[arg(long, value_name = "REVISION")]
    changed_since: Option<String>,
    /// Report only what the commit brings that is staged in git: for a pre-commit hook.
    ///
    /// The program is what the index holds, not what lies in the work tree. A finding is reported if the last commit does not have it yet
    /// (told by its fingerprint: moved lines and renamed folders do not matter), wherever it stands: a commit that removes a release makes
    /// the listener leak that another file adds.
    #[arg(long, conflicts_with_all = ["stdin_filename", "changed_since", "logs"])]
    staged: bool,
    /// Let the exit code be 1 only above this number of findings (default: 0).
    ///
    /// Only those that --fail-on names are counted. All are reported.
    #[arg(long, value_name = "NUMBER")]
    max_findings: Option<u32>,
    /// Exit with 1 for a suppression comment that is refused or suppresses nothing, too.
    #[arg(long)]
    strict_suppressions: bool,
    #[command(flatten)]
    config: ConfigArgs,
    /// Keep what this run works out for the next ones in this folder.
    ///
    /// The default is the environment's UNLISTEN_CACHE_DIR, else the folder `unlisten` in the platform's one for caches. It may be deleted at
    /// any time. Small programs (fewer than 100 files) are analysed anew each time.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    cache_dir: Option<Utf8PathBuf>,
    /// Neither use nor keep what earlier runs worked out.
    #[arg(long)]
    no_cache: bool,
    /// Tell the time, the files and the bytes of each phase on standard error.
    #[arg(long)]
    timings: bool,
    /// Say nothing on standard error but errors: no progress, no problems with single files.
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    fixes: super::fix::FixArgs,
}

pub fn run(args: CheckArgs, look: Look) -> u8 {
    let working = source::working_directory();
    let mut unusable = Unusable::new();
    let mut config = args.config.read(&args.paths, &mut unusable);
    if let Some(confidence) = args.min_confidence {
        config.force_min_confidence(confidence);
    }
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

    let mut paths = args.paths.clone();
    let mut overlay = Overlay::default();
    if let Some(file) = &args.stdin_filename {
        match standard_input(&args) {
            Ok(content) => overlay.set(source::real_path(file), Some(content.into())),
            Err(reason) => {
                unusable.push(("--stdin-filename".to_owned(), reason));
                return complain(&unusable);
            }
        }
        paths = vec![file.clone()];
    }
    let mut before = None;
    if args.staged {
        // What is known of libraries is read while git answers.
        std::thread::spawn(Models::builtin);
        match source::staged() {
            Ok(staged) => {
                overlay = staged.index;
                before = Some(staged.head);
            }
            Err(reason) => {
                unusable.push(("--staged".to_owned(), reason));
                return complain(&unusable);
            }
        }
    }
    let cache = args.cache_dir.clone().or_else(source::cache::default_folder).filter(|_| !args.no_cache);
    let models = project::models(&config, &mut unusable);
    let baseline = known(&args, &config, &mut unusable);
    let changes = args.changed_since.as_deref().and_then(|revision| changes(revision, &paths, &mut unusable));
    let (analysis, fixed) = progress::shown(args.quiet, |progress| {
        let mut request = Request {
            paths,
            also: Vec::new(),
            overlay: overlay.clone(),
            logs: args.logs.clone(),
            mappings,
            include_tests: args.include_tests,
            min_confidence: Confidence::Medium,
            config: &config,
            models: models.as_ref().unwrap_or_else(|| Models::builtin()),
            baseline: baseline.as_deref(),
            changes: changes.as_ref(),
            before: before.as_ref(),
            cache: cache.as_deref(),
            excluded: &|path| config.excludes(path),
            fixes: args.fixes.are_wanted() || outputs.iter().any(|output| output.format.tells_fixes()),
            progress,
            outdated: &|| false,
            // (Fixes ask again, until nothing is left to mend.)
            last: !args.fixes.are_wanted(),
        };
        let analysis = check(&request);
        let checked = args.fixes.apply(analysis, &mut request);
        overlay = request.overlay;
        checked
    });
    let patch = args.fixes.patch(&fixed, &working);
    if let Some(patch) = &patch {
        print(patch);
        outputs.clear();
    } else {
        unusable.extend(args.fixes.write(&fixed, args.quiet));
    }

    let text = |path: &Utf8Path| text_of(path, &overlay);
    let report = Report { analysis: &analysis, working: &working, text: &text };
    for output in &outputs {
        if let Err(reason) = report::write(&report, output, look) {
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
    let strict = args.strict_suppressions || config.strict_suppressions.unwrap_or_default();
    let fail_on = args.fail_on.or(config.fail_on).unwrap_or_default();
    let failing = analysis.findings.iter().filter(|finding| fail_on.holds(finding)).count();
    let too_many = failing > args.max_findings.or(config.max_findings).unwrap_or_default() as usize;
    if !unusable.is_empty() {
        complain(&unusable)
    } else if let Some(patch) = patch {
        if patch.is_empty() { CLEAN } else { FOUND }
    } else if too_many || strict && !analysis.suppression_faults.is_empty() {
        FOUND
    } else {
        CLEAN
    }
}

/// The baseline that the command line or the configuration names.
fn known(args: &CheckArgs, config: &Config, unusable: &mut Unusable) -> Option<Vec<Known>> {
    let file = args.baseline.as_ref().or(config.baseline.as_ref())?;
    config::baseline::read(file).map_err(|reason| unusable.push((file.to_string(), reason))).ok()
}

/// What changed in the repository of what is analysed.
fn changes(revision: &str, paths: &[Utf8PathBuf], unusable: &mut Unusable) -> Option<Changes> {
    let first = paths.iter().find_map(|path| path.canonicalize_utf8().ok()).unwrap_or_else(source::working_directory);
    let folder = if first.is_dir() { first.as_path() } else { first.parent().unwrap_or(&first) };
    let changes = source::changes_since(revision, folder);
    changes.map_err(|reason| unusable.push((format!("--changed-since {revision}"), reason))).ok()
}

/// What stands on standard input, where that is a file's text.
fn standard_input(args: &CheckArgs) -> Result<Vec<u8>, String> {
    if args.logs.iter().any(|log| log == "-") {
        return Err("standard input cannot be the file and a log; give the log a file".to_owned());
    }
    let mut content = Vec::new();
    std::io::stdin().lock().read_to_end(&mut content).map_err(|error| source::describe(&error))?;
    Ok(content)
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
    for gone in &analysis.gone {
        let path = gone.path.strip_prefix(working).unwrap_or(&gone.path);
        text += &format!("gone from the baseline: {}: {} ({})\n", printable(path.as_str()), gone.rule, gone.fingerprint);
    }
    if analysis.files == 0 && analysis.unusable.is_empty() {
        text += "problem: there is no JavaScript or TypeScript to analyse\n";
    }
    let _ = anstream::stderr().write_all(text.as_bytes());
}
