//! `unlisten init`: asks, and sets up what is wanted.

use std::io::{self, BufRead, IsTerminal, Write};

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum, ValueHint};

use super::{CLEAN, complain, print};
use crate::config::init::{Ci, Part, Repository, Step};
use crate::source;

#[derive(Debug, Args)]
pub struct InitArgs {
    /// The project; its repository gets the files.
    #[arg(value_name = "DIR", default_value = ".", value_hint = ValueHint::DirPath)]
    folder: Utf8PathBuf,
    /// Ask nothing: set up everything.
    #[arg(long, short)]
    yes: bool,
    /// Print what would be written, and write nothing.
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Set up no hook.
    #[arg(long)]
    no_hook: bool,
    /// Whose CI gets a step (default: that of the repository's host or files).
    #[arg(long, value_enum, value_name = "CI")]
    ci: Option<Host>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Host {
    /// GitHub Actions.
    Github,
    /// GitLab CI/CD.
    Gitlab,
    /// No step.
    None,
}

pub fn run(args: InitArgs) -> u8 {
    let folder = match args.folder.canonicalize_utf8() {
        Ok(folder) if folder.is_dir() => folder,
        Ok(_) => return complain(&[(args.folder.to_string(), "is no folder".to_owned())]),
        Err(error) => return complain(&[(args.folder.to_string(), source::describe(&error))]),
    };
    let repository = Repository::around(&folder);
    let parts = parts(&args, &repository);
    if args.dry_run {
        return print(&parts.iter().map(would).collect::<String>());
    }
    let can_ask = io::stdin().is_terminal() && io::stderr().is_terminal();
    if !args.yes && !can_ask {
        return complain(&[("init".to_owned(), "there is no terminal to ask at; --yes sets up everything, --dry-run shows it".to_owned())]);
    }
    let mut done = Vec::new();
    let mut failed = Vec::new();
    let mut told = String::new();
    for part in parts {
        let wanted =
            args.yes || matches!(part.step, Step::Done | Step::ByHand(_)) || ask(&part, &mut io::stdin().lock(), &mut io::stderr());
        if !wanted {
            continue;
        }
        match repository.carry_out(&part) {
            Ok(()) => {
                told += &did(&part);
                done.push(part);
            }
            Err(reason) => failed.push(("init".to_owned(), reason)),
        }
    }
    told += &next(&repository, &done);
    print(&told);
    if failed.is_empty() { CLEAN } else { complain(&failed) }
}

fn parts(args: &InitArgs, repository: &Repository) -> Vec<Part> {
    let ci = match args.ci {
        Some(Host::Github) => Some(Ci::Github),
        Some(Host::Gitlab) => Some(Ci::Gitlab),
        Some(Host::None) => None,
        None => repository.ci(),
    };
    let hook = (!args.no_hook && repository.is_git()).then(|| repository.hook());
    [Some(repository.configuration()), hook, ci.map(|ci| repository.ci_step(ci))].into_iter().flatten().collect()
}

/// Whether this part is wanted. The end of the input is a no.
fn ask(part: &Part, input: &mut impl BufRead, output: &mut impl Write) -> bool {
    let verb = if matches!(part.step, Step::Extend { .. }) { "Add to" } else { "Write" };
    loop {
        let _ = write!(output, "{verb} {} ({})? [Y/n/show] ", part.file, part.what);
        let _ = output.flush();
        let mut answer = String::new();
        if input.read_line(&mut answer).unwrap_or(0) == 0 {
            let _ = writeln!(output);
            return false;
        }
        match answer.trim().to_ascii_lowercase().as_str() {
            "" | "y" | "yes" => return true,
            "n" | "no" => return false,
            "s" | "show" => {
                let _ = write!(output, "\n{}\n", quoted(text(&part.step)));
            }
            _ => {}
        }
    }
}

/// What is written, or to be added.
fn text(step: &Step) -> &str {
    match step {
        Step::Create(text) | Step::ByHand(text) | Step::Extend { entry: text, .. } => text,
        Step::Done => "",
    }
}

fn quoted(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }).collect()
}

fn would(part: &Part) -> String {
    let head = match part.step {
        Step::Create(_) => format!("would write {} ({}):", part.file, part.what),
        Step::Extend { .. } => format!("would add to {} ({}):", part.file, part.what),
        Step::ByHand(_) | Step::Done => return did(part),
    };
    format!("{head}\n\n{}\n", quoted(text(&part.step)))
}

fn did(part: &Part) -> String {
    let Part { what, file, step } = part;
    match step {
        Step::Create(_) => format!("wrote {file}: {what}\n"),
        Step::Extend { .. } => format!("added to {file}: {what}\n"),
        Step::ByHand(text) => format!("{file} is there and stays as it is; for {what} add this to it:\n\n{}\n", quoted(text)),
        Step::Done => format!("{file} is there already: {what}\n"),
    }
}

/// What to do next.
fn next(repository: &Repository, done: &[Part]) -> String {
    let mut steps = vec![
        ("unlisten check".to_owned(), "see what there is now"),
        ("unlisten baseline".to_owned(), "take that as known, let only what is new fail"),
    ];
    let written: Vec<&Part> = done.iter().filter(|part| matches!(part.step, Step::Create(_) | Step::Extend { .. })).collect();
    if written.iter().any(|part| part.file == ".pre-commit-config.yaml") {
        steps.push(("pre-commit install".to_owned(), "let git run the hook"));
    }
    if !written.is_empty() && repository.is_git() {
        let files: Vec<&str> = written.iter().map(|part| part.file.as_str()).collect();
        steps.push((format!("git add {}", files.join(" ")), "keep it"));
    }
    // The reason first: commands may be long.
    let width = steps.iter().map(|(_, why)| why.len() + 1).max().unwrap_or_default();
    let steps: String = steps.iter().map(|(command, why)| format!("    {:width$}   {command}\n", format!("{why}:"))).collect();
    format!("\nNext, in {}:\n\n{steps}", repository.root())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(answers: &str) -> (bool, String) {
        let part = Part { what: "a CI step", file: "ci.yml".into(), step: Step::Create("a: b\n".to_owned()) };
        let mut output = Vec::new();
        let wanted = ask(&part, &mut answers.as_bytes(), &mut output);
        (wanted, String::from_utf8(output).expect("text"))
    }

    #[test]
    fn answers_are_understood() {
        for yes in ["\n", "y\n", "YES\n", "what?\nyes\n", "show\n\n"] {
            assert!(asked(yes).0, "{yes:?}");
        }
        for no in ["n\n", "No\n", "", "show\n"] {
            assert!(!asked(no).0, "{no:?}");
        }
        assert_eq!(asked("n\n").1, "Write ci.yml (a CI step)? [Y/n/show] ");
        assert!(asked("s\nn\n").1.contains("\n    a: b\n"));
    }
}
