//! The command line: what may be typed, what it means, and the exit code.

mod check;
mod debug;
mod explain;
mod logs;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Parser, Subcommand, ValueEnum};

use crate::rules::RULES;
use crate::source::{self, Text};

/// Finds event listeners that pile up in Node, browser and edge code.
#[derive(Debug, Parser)]
#[command(name = "unlisten", version, max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Analyse files and folders and report listeners that pile up.
    Check(check::CheckArgs),
    /// Explain a rule (why it leaks, what it finds, what it cannot see), or one finding in full.
    Explain {
        /// A rule's id or a finding's fingerprint, as in a report.
        #[arg(value_name = "RULE|FINGERPRINT")]
        what: String,
        /// Where the finding is: what was checked.
        #[arg(value_name = "PATH", default_value = ".")]
        paths: Vec<Utf8PathBuf>,
    },
    /// Read logs of the running program: what piles up, since when, where, what to do next.
    Logs(logs::LogsArgs),
    /// List the rules.
    Rules,
    /// Print what the analysis knows of a file, for working on the analysis.
    Debug {
        /// What to print.
        what: debug::What,
        /// The file.
        file: Utf8PathBuf,
        /// How to print it.
        #[arg(long, value_enum, default_value_t = debug::Shape::Text)]
        format: debug::Shape,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    Always,
    Never,
}

impl Colour {
    /// Whether standard output gets colours.
    fn shown(self) -> bool {
        match self {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty()),
        }
    }
}

/// Nothing found.
const CLEAN: u8 = 0;
/// A finding at or above `--fail-on`.
const FOUND: u8 = 1;
/// Something that the user named is unusable.
const UNUSABLE: u8 = 2;

/// Does what was typed.
pub fn run(cli: Cli) -> ExitCode {
    let code = match cli.verb {
        Verb::Check(args) => check::run(args),
        Verb::Explain { what, paths } => explain::run(&what, paths, Colour::Auto.shown()),
        Verb::Logs(args) => logs::run(args),
        Verb::Rules => rules(),
        Verb::Debug { what, file, format } => match debug::print(what, &file, format) {
            Ok(text) => print(&text),
            Err(reason) => complain(&[(file.to_string(), reason)]),
        },
    };
    ExitCode::from(code)
}

/// Names everything unusable.
fn complain(unusable: &[(String, String)]) -> u8 {
    for (name, reason) in unusable {
        let _ = writeln!(anstream::stderr(), "error: {name}: {reason}");
    }
    UNUSABLE
}

fn print(text: &str) -> u8 {
    // A reader that has seen enough (`| head`) is no error.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    CLEAN
}

/// A file's text for excerpts.
fn text_of(path: &Utf8Path) -> Option<String> {
    match source::read(path, true) {
        Ok(Text::Code(text)) => Some(text),
        _ => None,
    }
}

fn rules() -> u8 {
    let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    let lines: Vec<_> = RULES.iter().map(|rule| format!("{:width$}  {}\n", rule.id, rule.summary)).collect();
    print(&lines.concat())
}
