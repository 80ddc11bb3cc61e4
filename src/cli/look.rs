//! What the terminal can show: colours, links, width.

use std::io::IsTerminal;

use clap::ValueEnum;
use supports_hyperlinks::Stream;

use crate::report::{Links, Look};

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR or CLICOLOR=0 is set; everywhere if CLICOLOR_FORCE is.
    Auto,
    /// Also into files and pipes.
    Always,
    /// Not at all; links neither.
    Never,
}

impl Colour {
    /// From here on this holds for both streams.
    pub fn settle(self) {
        match self {
            Colour::Auto => anstream::ColorChoice::Auto,
            Colour::Always => anstream::ColorChoice::Always,
            Colour::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// How a report looks on standard output.
pub fn look() -> Look {
    let colours = anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
    let width = std::io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
    Look {
        colours,
        links: if colours && supports_hyperlinks::on(Stream::Stdout) { links(|name| std::env::var(name).ok()) } else { Links::None },
        width: width.map(|(terminal_size::Width(columns), _)| columns.into()),
    }
}

/// The form of links that the terminal reads. A place behind `#` is known to the two named; some others open no such file at all.
fn links(variable: impl Fn(&str) -> Option<String>) -> Links {
    let kitty = variable("TERM").is_some_and(|term| term == "xterm-kitty");
    let code = variable("TERM_PROGRAM").is_some_and(|program| program == "vscode");
    if kitty || code { Links::Lines } else { Links::Files }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_linked_where_they_are_understood() {
        let of =
            |set: &'static [(&str, &str)]| links(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()));
        assert_eq!(of(&[("TERM", "xterm-kitty")]), Links::Lines);
        assert_eq!(of(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "vscode")]), Links::Lines);
        assert_eq!(of(&[("TERM", "xterm-256color"), ("VTE_VERSION", "7200")]), Links::Files);
    }
}
