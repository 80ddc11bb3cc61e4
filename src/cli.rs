//! The command line: what may be typed, what it means, and the exit code.

mod baseline;
mod check;
mod debug;
mod explain;
mod fix;
mod init;
mod logs;
mod look;
mod man;
mod progress;
mod project;
mod rules;
mod words;

use std::io::Write;
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::source::{self, Overlay, Text};
use look::{Colour, look};

/// Finds event listeners that pile up in Node, browser and edge code.
///
/// It reads JavaScript, TypeScript, JSX and TSX, follows values and calls across files, and says of each finding how long the emitter
/// lives, why the line runs often, and what does not remove the listener. It runs nothing of the project.
#[derive(Debug, Parser)]
#[command(name = "unlisten", version, max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
    /// When to use colours and links.
    ///
    /// Links (to the file of a finding) are shown with colours only, and where the terminal is known to support them.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Colour::Auto, help_heading = "Options of every command")]
    color: Colour,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Analyse files and folders and report listeners that pile up.
    ///
    /// Exit code 0: nothing found; 1: a finding at or above --fail-on; 2: something that was named is unusable (the rest is still
    /// analysed and reported). Standard output carries the report only; all else goes to standard error.
    Check(check::CheckArgs),
    /// Write down what is found today, so that `check --baseline` reports only what is new.
    ///
    /// Known findings are recognised by their fingerprints, which survive moved lines and renamed files.
    Baseline(baseline::BaselineArgs),
    /// Explain a rule or one finding.
    ///
    /// Of a rule: why it leaks, what is found, what is not, and what the rule cannot see. Of a finding: what `check` shows of it, and why
    /// that is a leak.
    Explain(explain::ExplainArgs),
    /// Set unlisten up in a repository: a configuration, a hook, a CI step.
    ///
    /// It asks for each of them, overwrites nothing, and tells what it did and what to do next. An existing .pre-commit-config.yaml gets
    /// one entry more where that is safe; else what to add is printed.
    Init(init::InitArgs),
    /// Read logs of the running program: what piles up, since when, where, what to do next.
    Logs(logs::LogsArgs),
    /// Serve an editor: the language server protocol over standard input and output.
    ///
    /// It analyses the folders that the editor has open, with unsaved texts in place of what is on disk, by the unlisten.toml of each.
    Lsp {
        /// Talk over standard input and output, as always: some editors say so.
        #[arg(long)]
        stdio: bool,
    },
    /// List the rules.
    Rules {
        /// How to print.
        #[arg(long, value_enum, value_name = "FORMAT", default_value_t = rules::Shape::Text)]
        format: rules::Shape,
    },
    /// Print a script that makes a shell complete unlisten's commands, options and rules.
    ///
    /// For bash: unlisten completions bash > ~/.local/share/bash-completion/completions/unlisten
    ///
    /// For zsh, into a folder of $fpath: unlisten completions zsh > ~/.zfunc/_unlisten
    ///
    /// For fish: unlisten completions fish > ~/.config/fish/completions/unlisten.fish
    Completions {
        /// The shell to write it for.
        #[arg(value_enum, value_name = "SHELL")]
        shell: Shell,
    },
    /// Print the manual page.
    ///
    /// To read it: unlisten man | man -l -
    ///
    /// To install it: unlisten man > ~/.local/share/man/man1/unlisten.1
    Man,
    /// Print what the analysis knows of a file, for working on the analysis.
    Debug {
        /// What to print.
        what: debug::What,
        /// The file.
        file: Utf8PathBuf,
        /// How to print it.
        #[arg(long, value_enum, value_name = "FORMAT", default_value_t = debug::Shape::Text)]
        format: debug::Shape,
    },
}

/// Nothing found.
const CLEAN: u8 = 0;
/// A finding at or above `--fail-on`.
const FOUND: u8 = 1;
/// Something that the user named is unusable.
const UNUSABLE: u8 = 2;

/// Does what was typed.
pub fn run(cli: Cli) -> ExitCode {
    cli.color.settle();
    let code = match cli.verb {
        Verb::Check(args) => check::run(args, look()),
        Verb::Baseline(args) => baseline::run(args),
        Verb::Explain(args) => explain::run(args, look()),
        Verb::Init(args) => init::run(args),
        Verb::Logs(args) => logs::run(args),
        Verb::Lsp { stdio: _ } => u8::from(!crate::lsp::run()),
        Verb::Rules { format } => rules::run(format),
        Verb::Completions { shell } => completions(shell),
        Verb::Man => man::run(Cli::command()),
        Verb::Debug { what, file, format } => match debug::print(what, &file, format) {
            Ok(text) => print(&text),
            Err(reason) => complain(&[(file.to_string(), reason)]),
        },
    };
    ExitCode::from(code)
}

/// Stripped where standard error shows no colours.
const ERROR: anstyle::Style = anstyle::AnsiColor::Red.on_default().bold();

/// What the user named and cannot be used, each with the reason.
type Unusable = Vec<(String, String)>;

/// Names everything unusable.
fn complain(unusable: &[(String, String)]) -> u8 {
    for (name, reason) in unusable {
        let _ = writeln!(anstream::stderr(), "{ERROR}error:{ERROR:#} {name}: {reason}");
    }
    UNUSABLE
}

fn print(text: &str) -> u8 {
    // A reader that has seen enough (`| head`) is no error.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    CLEAN
}

/// A file's text for excerpts.
fn text_of(path: &Utf8Path, overlay: &Overlay) -> Option<String> {
    match source::read(path, true, overlay) {
        Ok(Text::Code(text)) => Some(text),
        _ => None,
    }
}

fn completions(shell: Shell) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "unlisten", &mut script);
    print(&String::from_utf8_lossy(&script))
}
