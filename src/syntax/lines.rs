//! Byte offsets to lines and columns, without walking a long line again and again.

use crate::findings::{Position, Range};

/// Distance, in bytes, between two counted places of a text that is not ASCII.
const STRIDE: usize = 256;

/// Where the lines of a text begin.
pub struct Lines<'t> {
    text: &'t str,
    starts: Vec<u32>,
    /// UTF-16 units before byte `i * STRIDE` (rounded down to a character); empty when the text is ASCII.
    units: Vec<u32>,
}

impl<'t> Lines<'t> {
    pub fn new(text: &'t str) -> Lines<'t> {
        let mut starts = vec![0];
        starts.extend(memchr_lines(text.as_bytes()));
        let mut units = Vec::new();
        if !text.is_ascii() {
            let mut count = 0u32;
            for (at, c) in text.char_indices() {
                while units.len() * STRIDE < at + c.len_utf8() {
                    units.push(count);
                }
                count += c.len_utf16() as u32;
            }
        }
        Lines { text, starts, units }
    }

    /// The position of a byte offset; past the end is the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|&s| s as usize <= offset) - 1;
        let column = self.utf16(offset) - self.utf16(self.starts[line] as usize);
        Position { line: line as u32 + 1, column: column + 1 }
    }

    /// The byte offset of a position; behind the end of a line is its end.
    pub fn offset(&self, position: Position) -> usize {
        let Some(&start) = self.starts.get((position.line as usize).saturating_sub(1)) else { return self.text.len() };
        let rest = &self.text[start as usize..];
        let mut units = 1;
        for (at, c) in rest.char_indices() {
            if units >= position.column as usize || c == '\n' {
                return start as usize + at;
            }
            units += c.len_utf16();
        }
        self.text.len()
    }

    pub fn range(&self, start: usize, end: usize) -> Range {
        Range { start: self.position(start), end: self.position(end) }
    }

    fn utf16(&self, offset: usize) -> u32 {
        if self.units.is_empty() {
            return offset as u32;
        }
        let Some(&before) = self.units.get(offset / STRIDE) else { return self.text.encode_utf16().count() as u32 };
        let mut from = (offset / STRIDE) * STRIDE;
        while !self.text.is_char_boundary(from) {
            from -= 1;
        }
        let mut to = offset;
        while !self.text.is_char_boundary(to) {
            to -= 1;
        }
        before + self.text[from..to].chars().map(|c| c.len_utf16() as u32).sum::<u32>()
    }
}

fn memchr_lines(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes.iter().enumerate().filter(|&(_, &b)| b == b'\n').map(|(i, _)| i as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_utf16_units() {
        let text = format!("a{}\n é😀x\n", "é".repeat(600));
        let lines = Lines::new(&text);
        let second = text.find('\n').unwrap() + 1;
        assert_eq!(lines.position(second - 1), Position { line: 1, column: 602 });
        assert_eq!(lines.position(text.find('x').unwrap()), Position { line: 2, column: 5 });
        for offset in text.char_indices().map(|(at, _)| at).chain([text.len()]) {
            assert_eq!(lines.offset(lines.position(offset)), offset);
        }
        assert_eq!(lines.offset(Position { line: 2, column: 99 }), text.len() - 1, "the end of the line");
        assert_eq!(lines.offset(Position { line: 9, column: 1 }), text.len());
    }
}
