//! Values that have words: `--help` lists them and shells complete them, though more than these words may be typed.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command, Error, ValueEnum};

use crate::config::{self, FailOn};
use crate::findings::Confidence;
use crate::report::{Format, Output};
use crate::rules::RULES;

/// Parses by `parse`, and tells of `words`.
#[derive(Clone)]
pub struct Words<T> {
    parse: fn(&str) -> Result<T, String>,
    words: fn() -> Vec<PossibleValue>,
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Words<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<T, Error> {
        TypedValueParser::parse_ref(&self.parse, command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.words)().into_iter()))
    }
}

/// `high`, `medium` or `low`.
pub fn confidence() -> Words<Confidence> {
    Words { parse: config::confidence, words: || ["high", "medium", "low"].map(PossibleValue::new).into() }
}

/// What makes a run fail.
pub fn fail_on() -> Words<FailOn> {
    let words = || ["any", "high", "medium", "low", "error", "warning", "note", "never"].map(PossibleValue::new).into();
    Words { parse: FailOn::parse, words }
}

/// `FORMAT[=FILE]`.
pub fn output() -> Words<Output> {
    Words { parse: str::parse, words: || Format::value_variants().iter().filter_map(ValueEnum::to_possible_value).collect() }
}

/// A rule's id, or a finding's fingerprint.
pub fn rule_or_fingerprint() -> Words<String> {
    Words { parse: |text| Ok(text.to_owned()), words: || RULES.iter().map(|rule| PossibleValue::new(rule.id)).collect() }
}
