//! `unlisten debug`: what the analysis knows of a file.

use std::sync::Arc;

use camino::Utf8Path;
use clap::ValueEnum;
use serde_json::json;

use crate::facts::{self, Captures, FileFacts};
use crate::models::Models;
use crate::program::Program;
use crate::source::{self, Overlay, Resolver, Text};
use crate::{rules, syntax};

/// What to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// The facts of the file.
    Facts,
    /// What the rules say of the file alone, whatever its confidence.
    Program,
    /// What each function keeps alive as a listener.
    Captures,
}

/// How to print it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// The text to print, or why there is none.
pub fn print(what: What, file: &Utf8Path, shape: Shape) -> Result<String, String> {
    let file = file.canonicalize_utf8().map_err(|error| source::describe(&error))?;
    // The stack that the parser's limits are made for.
    let thread = std::thread::Builder::new().stack_size(syntax::STACK);
    let thread = thread.spawn(move || {
        let parse = match what {
            // What V8 runs is what is written.
            What::Captures => syntax::parse,
            What::Facts | What::Program => syntax::parse_source,
        };
        let Text::Code(text) = source::read(&file, true, &Overlay::default())? else { return Err("is minified".to_owned()) };
        let parsed = parse(&file, &text)?;
        let facts = || facts::extract(&file, &text, &parsed);
        match what {
            What::Facts => facts_of(&facts(), shape),
            What::Program => program_of(facts()),
            What::Captures => captures(&facts::captures_of(&text, &parsed), shape),
        }
    });
    let thread = thread.map_err(|error| format!("no thread: {error}"))?;
    thread.join().map_err(|_| "the analysis failed".to_owned())?
}

fn facts_of(facts: &FileFacts, shape: Shape) -> Result<String, String> {
    match shape {
        Shape::Text => Ok(format!("{:#?}\n", facts.facts)),
        Shape::Json => serde_json::to_string_pretty(&json!({ "facts": facts.facts, "positions": facts.positions }))
            .map(|text| text + "\n")
            .map_err(|error| error.to_string()),
    }
}

fn program_of(facts: FileFacts) -> Result<String, String> {
    let resolver = Resolver::new(vec![facts.path.clone()], &Overlay::default());
    let program = Program::link(vec![Arc::new(facts)], &resolver, Models::builtin());
    let (findings, given_up) = rules::run(&program, &|| false);
    Ok(format!("{findings:#?}\ngiven up at a limit: {given_up}\n"))
}

/// What each function keeps alive, whether it mentions it or not.
fn captures(captures: &Captures, shape: Shape) -> Result<String, String> {
    match shape {
        Shape::Json => serde_json::to_string_pretty(captures).map(|text| text + "\n").map_err(|error| error.to_string()),
        Shape::Text => Ok(captures
            .closures
            .iter()
            .map(|closure| {
                let names: Vec<&str> = closure.retains.iter().map(|retained| retained.name.as_str()).collect();
                format!("{}:{} keeps {}\n", closure.position.line, closure.position.column, names.join(", "))
            })
            .collect()),
    }
}
