//! Suppression comments: `// unlisten-ignore-next-line rule-id, other-id -- why`.
//!
//! What a comment asks for is read here; whether that is granted, [`crate::findings::suppress`] decides.

use serde::{Deserialize, Serialize};
use swc_common::comments::Comment;

use crate::findings::Range;
use crate::findings::lines::Lines;
use crate::syntax::SUPPRESSION;

/// A comment that asks for findings to be left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// The comment, with its delimiters.
    pub range: Range,
    pub covers: Covers,
    /// Rule ids as they are written.
    pub rules: Vec<String>,
    /// What stands behind ` -- `.
    pub reason: Option<String>,
}

/// Which findings of the file are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Covers {
    /// All (`unlisten-ignore-file`).
    File,
    /// Those on the lines of the comment itself (`unlisten-ignore-line`).
    Lines(u32, u32),
    /// Those that begin on this line: the next one that holds code (`unlisten-ignore-next-line`).
    Next(u32),
    /// The comment begins like a suppression and is none of them: its first word.
    Unknown(String),
}

/// The suppressions among a file's comments, which come in the order of the text.
pub(super) fn suppressions(text: &str, comments: &[Comment]) -> Vec<Suppression> {
    if comments.is_empty() {
        return Vec::new();
    }
    let lines = Lines::new(text);
    let ends: Vec<(usize, usize)> = comments.iter().map(|comment| (offset(comment.span.lo), offset(comment.span.hi))).collect();
    let mut found = Vec::new();
    for (comment, &(start, end)) in comments.iter().zip(&ends) {
        let Some((word, rest)) = directive(&comment.text) else { continue };
        let range = lines.range(start, end);
        let covers = match word {
            "unlisten-ignore-file" => Covers::File,
            "unlisten-ignore-line" => Covers::Lines(range.start.line, range.end.line),
            "unlisten-ignore-next-line" => Covers::Next(lines.position(next_code(text, &ends, end)).line),
            other => Covers::Unknown(other.to_owned()),
        };
        let (rules, reason) = split_reason(rest);
        let rules = rules.split(|c: char| c == ',' || c.is_whitespace()).filter(|rule| !rule.is_empty()).map(str::to_owned).collect();
        found.push(Suppression { range, covers, rules, reason });
    }
    found
}

/// swc counts from 1.
fn offset(position: swc_common::BytePos) -> usize {
    position.0.saturating_sub(1) as usize
}

/// The first word of a comment, where it asks for a suppression, and what follows.
fn directive(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches(|c: char| c == '*' || c.is_whitespace());
    if !text.starts_with(SUPPRESSION) {
        return None;
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(text.len());
    Some((&text[..end], text[end..].trim_start_matches(':')))
}

/// Rule ids, and the reason behind the first ` -- `. The lines of a block comment become one.
fn split_reason(text: &str) -> (&str, Option<String>) {
    let dashes = text.match_indices("--").find(|(at, _)| text[..*at].chars().next_back().is_none_or(char::is_whitespace));
    let Some((at, _)) = dashes else { return (text.trim_end_matches(['*', ' ', '\t', '\r', '\n']), None) };
    let words = text[at..].trim_start_matches('-').split_whitespace().filter(|word| word.chars().any(|c| c != '*'));
    let reason = words.collect::<Vec<_>>().join(" ");
    (&text[..at], (!reason.is_empty()).then_some(reason))
}

/// Where code goes on below a comment that ends at `from`: other comments and empty lines may stand between.
fn next_code(text: &str, comments: &[(usize, usize)], from: usize) -> usize {
    let Some(line_end) = text[from..].find('\n') else { return text.len() };
    let mut at = from + line_end;
    loop {
        at += text[at..].len() - text[at..].trim_start().len();
        match comments.binary_search_by_key(&at, |&(start, _)| start) {
            Ok(comment) => at = comments[comment].1,
            Err(_) => return at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax;

    fn of(name: &str, text: &str) -> Vec<Suppression> {
        let parsed = syntax::parse(name.into(), text).unwrap_or_else(|error| panic!("{error}"));
        suppressions(text, &parsed.comments)
    }

    #[test]
    fn each_form_in_each_kind_of_comment() {
        let text = "// unlisten-ignore-next-line listener-per-call -- one a day
e.on('a', f);
e.on('a', f); // unlisten-ignore-line listener-per-call,listener-in-loop -- \u{e9}t\u{e9} -- too
/* unlisten-ignore-file once-never-fires */
/**
 * unlisten-ignore-next-line disposer-dropped -- this one
 * lives long
 */
// another comment

e.on('b', f);
const s = '// unlisten-ignore-line x -- a string', t = `unlisten-ignore-file x`; // see unlisten-ignore-line
const x = <a>
  {/* unlisten-ignore-next-line listener-per-mount -- why */}
  <b ref={f} />
</a>;
// unlisten-ignore-nextline listener-per-call -- why
// unlisten-ignore-line -- nothing
// unlisten-ignore-next-line listener-per-call --";
        let found = of("a.jsx", text);
        let covers: Vec<Covers> = found.iter().map(|one| one.covers.clone()).collect();
        assert_eq!(
            covers,
            [
                Covers::Next(2),
                Covers::Lines(3, 3),
                Covers::File,
                Covers::Next(11),
                Covers::Next(15),
                Covers::Unknown("unlisten-ignore-nextline".to_owned()),
                Covers::Lines(18, 18),
                Covers::Next(19),
            ]
        );
        assert_eq!(found[0].rules, ["listener-per-call"]);
        assert_eq!(found[1].rules, ["listener-per-call", "listener-in-loop"]);
        let reasons: Vec<Option<&str>> = found.iter().map(|one| one.reason.as_deref()).collect();
        let why = Some("why");
        assert_eq!(
            reasons,
            [Some("one a day"), Some("\u{e9}t\u{e9} -- too"), None, Some("this one lives long"), why, why, Some("nothing"), None]
        );
        assert!(found[6].rules.is_empty());
        assert_eq!((found[1].range.start.column, found[1].range.end.line), (15, 3));
    }

    #[test]
    fn a_text_without_one_keeps_no_comments() {
        assert!(of("a.ts", "// nothing\nconst a = 1; /* here */").is_empty());
        assert_eq!(of("a.ts", "const f = (a: number) /* unlisten-ignore-line x -- y */ => <T,>(b: T) => b;").len(), 1);
    }
}
