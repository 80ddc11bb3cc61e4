//! `.github/actions/unlisten`: its script, as a runner calls it.

use std::fs;
use std::process::{Command, Output};

use crate::{LEAK, Project, stderr};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/.github/actions/unlisten");

fn step(project: &Project, name: &str, inputs: &[(&str, &str)]) -> (Output, String) {
    let written = project.root().join("output");
    fs::write(&written, "").expect("written");
    let mut command = Command::new("bash");
    command.arg(format!("{FOLDER}/run.sh")).arg(name).current_dir(project.root());
    command.env("UNLISTEN", env!("CARGO_BIN_EXE_unlisten")).env("GITHUB_OUTPUT", &written).env("RUNNER_TEMP", project.root());
    command.env("GITHUB_STEP_SUMMARY", project.root().join("summary.md"));
    for (input, default) in [("ARGS", ""), ("BASELINE", ""), ("CHANGED_SINCE", ""), ("PATHS", "."), ("SARIF_FILE", "unlisten.sarif")] {
        let given = inputs.iter().find(|(name, _)| *name == input).map_or(default, |(_, value)| value);
        command.env(format!("INPUT_{input}"), given);
    }
    let output = command.output().expect("bash is there");
    (output, fs::read_to_string(written).expect("there"))
}

#[test]
fn it_annotates_uploads_and_tells_the_exit_code() {
    let project = Project::new(&[("a b/server.js", LEAK.as_bytes()), ("clean.js", b"module.exports = 1;\n")]);
    let sarif = format!("sarif={}/unlisten.sarif\n", project.root().display());
    let (output, written) = step(&project, "check", &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("::error file=a b/server.js,line=3,"));
    assert_eq!(written, format!("{sarif}exit-code=1\n"));
    let summary = fs::read_to_string(project.root().join("summary.md")).expect("there");
    assert!(summary.starts_with("```text\n") && summary.contains("1 finding in 2 files"), "{summary}");
    // Each line is one argument, and none is a command or an option in disguise.
    let (output, written) = step(&project, "check", &[("PATHS", "a b\nclean.js\n"), ("ARGS", "--fail-on=never\n--min-confidence=high")]);
    assert_eq!(written, format!("{sarif}exit-code=0\n"), "{}", stderr(&output));
    let (output, written) = step(&project, "check", &[("PATHS", "$(touch x)\n--help"), ("BASELINE", "nowhere.json")]);
    assert_eq!(written, format!("{sarif}exit-code=2\n"), "{}", stderr(&output));
    for told in ["error: $(touch x): there is no such file", "error: --help: there is no such file", "error: nowhere.json: "] {
        assert!(stderr(&output).contains(told), "{}", stderr(&output));
    }
    // Where there is no report, an old one is not uploaded.
    let (_, written) = step(&project, "check", &[("ARGS", "--nothing")]);
    assert_eq!(written, "exit-code=2\n");
}

#[test]
fn its_cache_goes_by_the_sources() {
    let (output, written) = step(&Project::new(&[]), "sources", &[]);
    let hash = written.strip_prefix("hash=").unwrap_or_else(|| panic!("{written} {}", stderr(&output)));
    assert!(hash.trim_end().len() == 40 && hash.trim_end().bytes().all(|b| b.is_ascii_hexdigit()), "{hash}");
}
