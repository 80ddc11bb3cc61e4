//! Byte offsets to lines and columns, without walking a long line again and again.

use crate::findings::{Position, Range};

/// Distance, in bytes, between two counted places of a text that is not ASCII.
const STRIDE: usize = 256;

/// Where the lines of a text begin.
pub struct Lines<T> {
    text: T,
    starts: Vec<u32>,
    /// UTF-16 units before byte `i * STRIDE` (rounded down to a character); empty when the text is ASCII.
    units: Vec<u32>,
}

impl<T: AsRef<str>> Lines<T> {
    pub fn new(text: T) -> Lines<T> {
        let bytes = text.as_ref().as_bytes();
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', bytes).map(|at| at as u32 + 1));
        let units = if bytes.is_ascii() { Vec::new() } else { units(bytes) };
        Lines { text, starts, units }
    }

    pub fn text(&self) -> &str {
        self.text.as_ref()
    }

    /// The index (from 0) of the line that holds a byte; past the end is the last.
    pub fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start as usize <= offset) - 1
    }

    /// The byte at which the line of an index (from 0) begins; the end of the text where it has no such line.
    pub fn start(&self, line: usize) -> usize {
        self.starts.get(line).map_or(self.text().len(), |&start| start as usize)
    }

    /// The position of a byte offset; past the end is the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text().len());
        let line = self.line(offset);
        let column = self.utf16(offset) - self.utf16(self.starts[line] as usize);
        Position { line: line as u32 + 1, column: column + 1 }
    }

    /// The byte offset of a position; behind the end of a line is its end.
    pub fn offset(&self, position: Position) -> usize {
        let Some(&start) = self.starts.get((position.line as usize).saturating_sub(1)) else { return self.text().len() };
        let rest = &self.text()[start as usize..];
        let mut units = 1;
        for (at, c) in rest.char_indices() {
            if units >= position.column as usize || c == '\n' {
                return start as usize + at;
            }
            units += c.len_utf16();
        }
        self.text().len()
    }

    pub fn range(&self, start: usize, end: usize) -> Range {
        Range { start: self.position(start), end: self.position(end) }
    }

    fn utf16(&self, offset: usize) -> u32 {
        if self.units.is_empty() {
            return offset as u32;
        }
        let Some(&before) = self.units.get(offset / STRIDE) else { return self.text().encode_utf16().count() as u32 };
        let mut from = (offset / STRIDE) * STRIDE;
        while !self.text().is_char_boundary(from) {
            from -= 1;
        }
        let mut to = offset;
        while !self.text().is_char_boundary(to) {
            to -= 1;
        }
        before + self.text()[from..to].chars().map(|c| c.len_utf16() as u32).sum::<u32>()
    }
}

/// UTF-16 units of the characters that begin before each multiple of [`STRIDE`] and end there or before it.
fn units(text: &[u8]) -> Vec<u32> {
    let mut count = 0;
    let mut units = vec![0];
    for (nth, stride) in text.chunks(STRIDE).enumerate() {
        // Each character has one byte that continues none; those of four bytes are two units.
        count += stride.iter().map(|&byte| u32::from(byte & 0xC0 != 0x80) + u32::from(byte >= 0xF0)).sum::<u32>();
        let end = (nth + 1) * STRIDE;
        if end < text.len() {
            units.push(count - over(text, end));
        }
    }
    units
}

/// UTF-16 units of the character that goes on at this byte, if one does: it was counted where it begins.
fn over(text: &[u8], at: usize) -> u32 {
    if text[at] & 0xC0 != 0x80 {
        return 0;
    }
    let begin = text[..at].iter().rev().find(|&&byte| byte & 0xC0 != 0x80);
    1 + u32::from(begin.is_some_and(|&byte| byte >= 0xF0))
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

    #[test]
    fn characters_over_a_counted_place_are_counted_once() {
        for shift in 0..4 {
            let text = format!("{}{}", "a".repeat(shift), "😀".repeat(300));
            let lines = Lines::new(&text);
            for (nth, (at, _)) in text.char_indices().enumerate() {
                let wide = nth.saturating_sub(shift) as u32;
                assert_eq!(lines.position(at).column, 1 + nth.min(shift) as u32 + 2 * wide, "{shift} {at}");
            }
        }
    }
}
