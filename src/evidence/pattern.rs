//! Regular expressions of the log reader: ASCII digits and word boundaries, which a log's lines need and which cost a tenth of Unicode's.

use regex::Regex;

/// Compiles a pattern of this program.
pub fn pattern(text: &str) -> Regex {
    let ascii = text.replace(r"\d", "[0-9]").replace(r"\b", r"(?-u:\b)");
    Regex::new(&ascii).expect("a pattern of this program")
}
