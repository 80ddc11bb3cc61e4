//! `unlisten rules`: the table of rules.

use clap::ValueEnum;
use serde::Serialize;

use super::{complain, print};
use crate::rules::RULES;

/// How to print the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    /// One line a rule.
    Text,
    /// For programs: id, summary and page of each rule.
    Json,
}

/// The JSON form.
#[derive(Serialize)]
struct Table {
    /// As of a report: while it is 1, fields are added, not changed.
    schema: u32,
    rules: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: &'static str,
    summary: &'static str,
    /// Markdown, as `unlisten explain` prints it.
    page: &'static str,
}

pub fn run(shape: Shape) -> u8 {
    match shape {
        Shape::Text => {
            let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
            let lines: Vec<_> = RULES.iter().map(|rule| format!("{:width$}  {}\n", rule.id, rule.summary)).collect();
            print(&lines.concat())
        }
        Shape::Json => {
            let rules = RULES.iter().map(|rule| Row { id: rule.id, summary: rule.summary, page: rule.page }).collect();
            match serde_json::to_string_pretty(&Table { schema: 1, rules }) {
                Ok(text) => print(&(text + "\n")),
                Err(error) => complain(&[("rules".to_owned(), error.to_string())]),
            }
        }
    }
}
