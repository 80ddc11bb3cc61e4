//! What people read before they read a report: help, completions, the manual page.

use std::io::Write;
use std::process::{Command, Stdio};

use clap::CommandFactory;
use unlisten::cli::Cli;
use unlisten::rules::RULES;

use super::{Project, stderr};

fn stdout(project: &Project, args: &[&str]) -> String {
    let output = project.run(args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", stderr(&output));
    String::from_utf8(output.stdout).expect("text")
}

/// The commands that are listed, each with its name.
fn verbs() -> Vec<clap::Command> {
    let mut command = Cli::command();
    command.build();
    command.get_subcommands().filter(|verb| verb.get_name() != "help").cloned().collect()
}

#[test]
fn every_option_says_what_it_does() {
    let mut faults = Vec::new();
    for verb in verbs() {
        let name = verb.get_name().to_owned();
        if verb.get_about().is_none_or(|about| about.to_string().len() <= 10) {
            faults.push(format!("{name}: says nothing of itself"));
        }
        for argument in verb.get_arguments().filter(|argument| argument.get_id() != "help") {
            let place = format!("{name} {}", argument.get_id());
            let short = argument.get_help().map(ToString::to_string).unwrap_or_default();
            if short.len() < 8 || !short.starts_with(char::is_uppercase) {
                faults.push(format!("{place}: no help: {short:?}"));
            }
            // clap takes the last full stop of a short help away; a long one is sentences.
            if let Some(long) = argument.get_long_help().map(ToString::to_string)
                && !(long.starts_with(&short) && long.ends_with('.'))
            {
                faults.push(format!("{place}: {long:?} does not begin with {short:?} or does not end"));
            }
            let names: Vec<_> = argument.get_value_names().unwrap_or_default().iter().map(ToString::to_string).collect();
            if argument.get_action().takes_values() && argument.get_long().is_some() && names.iter().any(|name| name.contains('_')) {
                faults.push(format!("{place}: its value has no name of its own: {names:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "help:\n  {}", faults.join("\n  "));
}

/// Appearance only: how the help of each command reads. `INSTA_UPDATE=always cargo test --test cli help` writes it anew.
#[test]
fn help_reads_well() {
    let project = Project::new(&[]);
    let mut text = stdout(&project, &["--help"]);
    for verb in verbs() {
        let name = verb.get_name().to_owned();
        text += &format!("\n=== unlisten {name} --help\n\n{}", stdout(&project, &[&name, "--help"]));
    }
    insta::assert_snapshot!("help", text);
}

/// What bash offers at the end of this line.
fn bash_offers(script: &str, words: &[&str]) -> Option<Vec<String>> {
    let (last, before) = (words[words.len() - 1], words.get(words.len().wrapping_sub(2)).copied().unwrap_or("unlisten"));
    let line = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let program = format!(
        "{script}\nCOMP_WORDS=(unlisten {line}); COMP_CWORD={}\n_unlisten unlisten '{last}' '{before}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        words.len()
    );
    let mut bash =
        Command::new("bash").args(["--norc", "-s"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().ok()?;
    bash.stdin.take().expect("piped").write_all(program.as_bytes()).expect("bash reads");
    let output = bash.wait_with_output().expect("bash ends");
    // Outside of a completion `compopt` has nothing to set.
    let errors = stderr(&output).lines().filter(|line| !line.contains("compopt")).collect::<Vec<_>>().join("\n");
    assert_eq!(errors, "", "{words:?}");
    Some(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

#[test]
fn bash_completes_commands_options_and_words() {
    let script = stdout(&Project::new(&[]), &["completions", "bash"]);
    let Some(commands) = bash_offers(&script, &["ch"]) else {
        eprintln!("skipped: there is no bash");
        return;
    };
    let offers = |words: &[&str]| bash_offers(&script, words).expect("bash was there");
    assert_eq!(commands, ["check"]);
    assert_eq!(offers(&["check", "--min"]), ["--min-confidence"]);
    assert_eq!(offers(&["check", "--min-confidence", ""]), ["high", "medium", "low"]);
    assert_eq!(offers(&["check", "--format", "sa"]), ["sarif"]);
    assert_eq!(offers(&["--color", "n"]), ["never"]);
    assert_eq!(offers(&["explain", "once"]), ["once-never-fires"]);
    let rules: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    let offered = offers(&["explain", ""]);
    assert!(rules.iter().all(|rule| offered.iter().any(|word| word == rule)), "{offered:?}");
}

#[test]
fn every_shell_gets_a_script() {
    let project = Project::new(&[]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = stdout(&project, &["completions", shell]);
        assert!(script.contains("min-confidence") && script.contains("completions"), "{shell}");
    }
    assert_eq!(project.run(&["completions", "csh"]).status.code(), Some(2));
}

#[test]
fn the_manual_page_has_everything_and_no_fault() {
    let page = stdout(&Project::new(&[]), &["man"]);
    for verb in verbs() {
        assert!(page.contains(&format!("unlisten {}", verb.get_name())), "{}", verb.get_name());
        for long in verb.get_arguments().filter_map(|argument| argument.get_long()).filter(|long| *long != "help") {
            assert!(page.contains(&long.replace('-', "\\-")), "{} --{long}", verb.get_name());
        }
    }
    for section in ["SYNOPSIS", "COMMANDS", "EXIT STATUS", "FILES", "ENVIRONMENT", "EXAMPLES"] {
        assert!(page.contains(&format!("\n.SH {section}")) || page.contains(&format!("\n.SH \"{section}\"")), "{section}");
    }
    let groff = Command::new("groff").args(["-man", "-Tutf8", "-ww", "-z"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut groff) = groff else {
        eprintln!("the page is not read: there is no groff");
        return;
    };
    groff.stdin.take().expect("piped").write_all(page.as_bytes()).expect("groff reads");
    let output = groff.wait_with_output().expect("groff ends");
    assert_eq!(stderr(&output), "");
}
