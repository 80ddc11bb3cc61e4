//! Excerpts of one source text, found by an index of its lines.
//!
//! miette's own sources walk the text from its first byte for each label of each finding, and take the number of all lines before
//! a label's end for the number of lines that it shows: a file with many findings took a time that grew with their square, and
//! two labels in the lower half of a file were shown with everything between them.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::findings::Range;
use crate::findings::lines::Lines;

/// So many lines between two excerpts are shown rather than a second head.
const GAP: usize = 4;

/// A text of which excerpts are shown.
pub struct Text(Lines<String>);

impl Text {
    pub fn new(text: String) -> Text {
        Text(Lines::new(text))
    }

    /// A range as bytes. A place that the text does not have (the file was changed meanwhile) is its line's end, or the text's.
    pub fn span(&self, range: Range) -> SourceSpan {
        let start = self.0.offset(range.start);
        let mut end = self.0.offset(range.end).max(start);
        // A place without length gets the word there: miette draws nothing else well.
        if end == start {
            let rest = &self.0.text()[start..];
            let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
            let one = rest.chars().next().filter(|&c| c != '\n').map_or(0, char::len_utf8);
            end += word.max(one);
        }
        (start, end - start).into()
    }
}

impl SourceCode for Text {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        let bytes = self.0.text().as_bytes();
        if end > bytes.len() {
            return Err(MietteError::OutOfBounds);
        }
        // The last byte that is marked: a range that ends with a line break does not mark the line behind it.
        let (first, last) = (self.0.line(start), self.0.line(end.saturating_sub(1).max(start)));
        let shown = first.saturating_sub(lines_before);
        let (from, column) = if lines_before == 0 { (start, start - self.0.start(first)) } else { (self.0.start(shown), 0) };
        let to = if lines_after == 0 { end } else { self.0.start(last + lines_after + 1) };
        // What ends so near to the next begins with it.
        let number = last + lines_after + 1 - shown + GAP;
        Ok(Box::new(MietteSpanContents::new(&bytes[from..to], (from, to - from).into(), shown, column, number)))
    }
}

#[cfg(test)]
mod tests {
    use miette::LabeledSpan;

    use super::*;

    const TEXT: &str = "first\nsecond 😀\r\nthird\n\nfifth\n";

    /// What miette's own source gives of a marked range, with so many lines around it.
    fn expected(span: &SourceSpan, around: usize) -> (String, usize, usize, SourceSpan) {
        let contents = TEXT.read_span(span, around, around).unwrap();
        (String::from_utf8(contents.data().to_vec()).unwrap(), contents.line(), contents.column(), *contents.span())
    }

    #[test]
    fn an_excerpt_is_what_the_printing_library_shows() {
        let text = Text::new(TEXT.to_owned());
        let boundaries = || TEXT.char_indices().map(|(at, _)| at);
        for start in boundaries() {
            for end in boundaries().filter(|&end| end > start && !TEXT[start..end].contains(['\r', '\n'])) {
                let span: SourceSpan = (start, end - start).into();
                let contents = text.read_span(&span, 1, 1).unwrap();
                let (data, line, _, place) = expected(&span, 1);
                assert_eq!((contents.data(), contents.line(), *contents.span()), (data.as_bytes(), line, place), "{start}..{end}");
                let contents = text.read_span(&span, 0, 0).unwrap();
                let (data, line, column, _) = expected(&span, 0);
                assert_eq!((contents.data(), contents.line(), contents.column()), (data.as_bytes(), line, column));
            }
        }
        assert!(text.read_span(&(TEXT.len(), 1).into(), 1, 1).is_err());
    }

    #[test]
    fn what_stands_between_two_far_labels_is_not_shown() {
        let source = Text::new("line\n".repeat(300));
        let labels = [100, 150].map(|line| LabeledSpan::at((line * 5, 4), "here"));
        let diagnostic = miette::MietteDiagnostic::new("told").with_labels(labels);
        let shown = format!("{:?}", miette::Report::new(diagnostic).with_source_code(source));
        assert_eq!(shown.matches("line").count(), 6, "{shown}");
    }
}
