//! `unlisten man`: the manual page, made from the command line's own description.

use clap::{Arg, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

use super::print;

/// What the command line does not know of itself: sections behind the commands.
const SECTIONS: &[(&str, &[(&str, &str)])] = &[
    (
        "EXIT STATUS",
        &[
            ("0", "Nothing was found."),
            ("1", "There is a finding at or above --fail-on."),
            ("2", "A path, log, configuration or option that was named is unusable. What else was named is still analysed and reported."),
        ],
    ),
    (
        "FILES",
        &[
            ("unlisten.toml", "What a project wants of every run: the nearest above the working directory, not beyond the repository."),
            (".gitignore", "What it ignores is not analysed unless it is named."),
        ],
    ),
    (
        "ENVIRONMENT",
        &[
            ("NO_COLOR", "If it is set and not empty, there are no colours unless --color always is given."),
            ("CLICOLOR", "0: no colours."),
            ("CLICOLOR_FORCE", "Anything but 0: colours also into files and pipes."),
            ("FORCE_HYPERLINK", "1: places and rules are links whatever the terminal; 0: they are none."),
            ("RAYON_NUM_THREADS", "How many threads analyse (default: one for each processor)."),
        ],
    ),
    (
        "EXAMPLES",
        &[
            ("unlisten check", "Check the folder you are in."),
            ("unlisten check src/server.js", "Report one file's findings; the program around it is still followed."),
            ("unlisten check --logs app.log", "Say which findings a running program has already shown."),
            ("unlisten check --format pretty --format sarif=unlisten.sarif", "Two reports of one run."),
            ("unlisten explain listener-per-request", "Why that leaks, with examples of what is found and what is not."),
        ],
    ),
];

/// Prints the page for `man`.
pub fn run(command: Command) -> u8 {
    match page(command) {
        Ok(page) => print(&page),
        Err(error) => super::complain(&[("man".to_owned(), error.to_string())]),
    }
}

/// One page for all commands, as roff.
fn page(mut command: Command) -> Result<String, std::io::Error> {
    command.build();
    let mut page = Vec::new();
    let man = Man::new(command.clone()).manual("User Commands");
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;

    let mut roff = Roff::new();
    roff.control("SH", ["COMMANDS"]);
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set() && verb.get_name() != "help") {
        roff.control("SS", [invocation(verb).as_str()]);
        paragraphs(&mut roff, &verb.get_long_about().or(verb.get_about()).map(ToString::to_string).unwrap_or_default());
        options(&mut roff, verb.get_arguments().filter(|argument| !argument.is_global_set()));
    }
    roff.control("SH", ["OPTIONS OF EVERY COMMAND"]);
    options(&mut roff, command.get_arguments());
    for (heading, entries) in SECTIONS {
        roff.control("SH", [*heading]);
        for (term, text) in *entries {
            roff.control("TP", []);
            roff.text([bold(*term)]);
            roff.text([roman(*text)]);
        }
    }
    roff.to_writer(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// `unlisten check [OPTIONS] [PATH]...`
fn invocation(verb: &Command) -> String {
    let usage = verb.clone().render_usage().to_string();
    usage.trim_start_matches("Usage:").trim().to_owned()
}

fn options<'a>(roff: &mut Roff, arguments: impl Iterator<Item = &'a Arg>) {
    for argument in arguments.filter(|argument| !argument.is_hide_set() && !matches!(argument.get_id().as_str(), "help" | "version")) {
        roff.control("TP", []);
        roff.text(term(argument));
        paragraphs(roff, &argument.get_long_help().or(argument.get_help()).map(ToString::to_string).unwrap_or_default());
        let words = argument.get_possible_values();
        if !words.is_empty() && !argument.is_hide_possible_values_set() && argument.get_action().takes_values() {
            let told = words.iter().filter(|word| !word.is_hide_set()).map(|word| match word.get_help() {
                Some(help) => format!("{} ({})", word.get_name(), help.to_string().trim_end_matches('.')),
                None => word.get_name().to_owned(),
            });
            further(roff, format!("One of: {}.", told.collect::<Vec<_>>().join(", ")));
        }
        let defaults = argument.get_default_values();
        if !defaults.is_empty() && argument.get_action().takes_values() && !argument.is_hide_default_value_set() {
            let defaults: Vec<_> = defaults.iter().map(|value| value.to_string_lossy()).collect();
            further(roff, format!("Default: {}", defaults.join(" ")));
        }
    }
}

/// `-q, --quiet`, `--format FORMAT[=FILE]`, `PATH`.
fn term(argument: &Arg) -> Vec<Inline> {
    let mut term = Vec::new();
    if let Some(short) = argument.get_short() {
        term.push(bold(format!("-{short}")));
    }
    if let Some(long) = argument.get_long() {
        if !term.is_empty() {
            term.push(roman(", "));
        }
        term.push(bold(format!("--{long}")));
    }
    if argument.is_positional() || argument.get_action().takes_values() {
        for name in argument.get_value_names().unwrap_or_default() {
            if !term.is_empty() {
                term.push(roman(" "));
            }
            term.push(italic(name.as_str()));
        }
    }
    term
}

/// Text whose paragraphs are parted by empty lines. clap takes the full stop of a single sentence away.
fn paragraphs(roff: &mut Roff, text: &str) {
    for (number, paragraph) in text.split("\n\n").enumerate() {
        let paragraph = paragraph.replace('\n', " ");
        if number > 0 {
            further(roff, paragraph);
        } else {
            let end = if paragraph.ends_with(['.', ':', '?']) { "" } else { "." };
            roff.text([roman(paragraph + end)]);
        }
    }
}

/// One paragraph more. Unlike `.PP` an empty line keeps the indentation of a `.TP`.
fn further(roff: &mut Roff, paragraph: String) {
    roff.control("sp", []);
    roff.text([roman(paragraph)]);
}
