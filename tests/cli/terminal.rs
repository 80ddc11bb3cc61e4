//! What a terminal gets, and what a pipe does not.

use std::process::Command;

use super::{LEAK, Project};

/// Standard output of `unlisten ARGS` on a terminal of its own, or into a pipe, with these variables. (On a terminal both streams are one:
/// `--quiet` keeps the progress of a slow machine out.) None where no terminal can be made.
fn shown(project: &Project, terminal: bool, args: &str, variables: &[(&str, &str)]) -> Option<String> {
    let binary = env!("CARGO_BIN_EXE_unlisten");
    let mut command = match terminal {
        // As util-linux has it; elsewhere its options differ.
        true if cfg!(target_os = "linux") => {
            let mut script = Command::new("script");
            script.args(["--quiet", "--return", "--command", &format!("{binary} {args}"), "/dev/null"]);
            script
        }
        true => return None,
        false => {
            let mut direct = Command::new(binary);
            direct.args(args.split(' '));
            direct
        }
    };
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_HYPERLINK", "VTE_VERSION", "TERM_PROGRAM", "CI"] {
        command.env_remove(name);
    }
    let output = command.env("TERM", "xterm-256color").envs(variables.iter().copied()).current_dir(project.root()).output().ok()?;
    assert_eq!(output.status.code(), Some(1), "{args} {variables:?}: {}", String::from_utf8_lossy(&output.stdout));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

const COLOUR: &str = "\u{1b}[";
const LINK: &str = "\u{1b}]8;;file:///";

#[test]
fn colours_and_links_follow_the_terminal_and_its_user() {
    let project = Project::new(&[("server.js", LEAK.as_bytes())]);
    let pipe = |args, variables: &[_]| shown(&project, false, args, variables).expect("it runs");
    assert!(!pipe("check --quiet", &[]).contains('\u{1b}'));
    assert!(pipe("check --quiet --color always", &[]).contains(COLOUR));
    assert!(pipe("check --quiet", &[("CLICOLOR_FORCE", "1")]).contains(COLOUR));
    assert!(!pipe("check --quiet --color never", &[("CLICOLOR_FORCE", "1")]).contains('\u{1b}'));
    assert!(pipe("check --quiet --color always", &[("NO_COLOR", "1")]).contains(COLOUR));
    assert!(pipe("check --quiet --color always", &[("FORCE_HYPERLINK", "1")]).contains(LINK));

    let Some(plain) = shown(&project, true, "check --quiet", &[]) else {
        eprintln!("skipped in part: no terminal can be made here");
        return;
    };
    assert!(plain.contains(COLOUR) && !plain.contains(LINK), "{plain:?}");
    let terminal = |args, variables: &[_]| shown(&project, true, args, variables).expect("there was a terminal");
    for silenced in [("NO_COLOR", "1"), ("CLICOLOR", "0"), ("TERM", "dumb")] {
        assert!(!terminal("check --quiet", &[silenced, ("VTE_VERSION", "7200")]).contains('\u{1b}'), "{silenced:?}");
    }
    assert!(terminal("check --quiet", &[("VTE_VERSION", "7200")]).contains(LINK));
    assert!(!terminal("check --quiet --color never", &[("VTE_VERSION", "7200")]).contains('\u{1b}'));
}
