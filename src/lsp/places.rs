//! Paths and positions in the protocol's spelling: `file:` addresses, lines and columns from 0. Columns are UTF-16 units on both sides.

use camino::{Utf8Path, Utf8PathBuf};
use lsp_types::Uri;

use crate::findings;

/// The path that a `file:` address means; none for other addresses (a buffer without a file, a cell of a notebook).
pub fn path_of(uri: &str) -> Option<Utf8PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    // `file://host/path`: the host is this one.
    let path = &rest[rest.find('/')?..];
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, behind @ ..] = rest {
        let digits = behind.get(..2).and_then(|two| std::str::from_utf8(two).ok()).and_then(|two| u8::from_str_radix(two, 16).ok());
        match (first, digits) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            _ => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    let path = String::from_utf8(bytes).ok().filter(|path| !path.contains('\0'))?;
    // `/C:/folder`.
    let drive = matches!(path.as_bytes(), [b'/', letter, b':', ..] if letter.is_ascii_alphabetic());
    Some(Utf8PathBuf::from(if cfg!(windows) && drive { path[1..].replace('/', "\\") } else { path }))
}

/// The address of a file.
pub fn uri_of(path: &Utf8Path) -> Option<Uri> {
    let path = if cfg!(windows) { format!("/{}", path.as_str().replace('\\', "/")) } else { path.to_string() };
    let mut uri = "file://".to_owned();
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(byte as char),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri.parse().ok()
}

pub fn position(position: findings::Position) -> lsp_types::Position {
    lsp_types::Position { line: position.line.saturating_sub(1), character: position.column.saturating_sub(1) }
}

pub fn range(range: findings::Range) -> lsp_types::Range {
    lsp_types::Range { start: position(range.start), end: position(range.end) }
}

/// The byte at a position. Past a line's end is its end, past the text's end is that, within a character is its beginning.
pub fn offset(text: &str, position: lsp_types::Position) -> usize {
    let bytes = text.as_bytes();
    let mut start = 0;
    for _ in 0..position.line {
        match memchr::memchr2(b'\n', b'\r', &bytes[start..]) {
            Some(at) if bytes[start + at..].starts_with(b"\r\n") => start += at + 2,
            Some(at) => start += at + 1,
            None => return text.len(),
        }
    }
    let line = &text[start..];
    let line = &line[..line.find(['\n', '\r']).unwrap_or(line.len())];
    let mut units = 0;
    for (at, c) in line.char_indices() {
        units += c.len_utf16() as u32;
        if units > position.character {
            return start + at;
        }
    }
    start + line.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_addresses() {
        for path in ["/p/a.js", "/p/mit Leerzeichen/ä%25#?.ts", "/p/[id]/(x)+@y.tsx", "/😀"] {
            let uri = uri_of(Utf8Path::new(path)).expect("an address");
            assert_eq!(path_of(uri.as_str()).as_deref(), Some(Utf8Path::new(path)), "{}", uri.as_str());
        }
        assert_eq!(path_of("file://localhost/p/a%20b.js").as_deref(), Some(Utf8Path::new("/p/a b.js")));
        for other in ["untitled:Untitled-1", "https://x.y/a.js", "file:a.js", "file://x", "", "file:///%ff", "file:///a%00"] {
            assert_eq!(path_of(other), None, "{other}");
        }
        assert_eq!(path_of("file:///100%").as_deref(), Some(Utf8Path::new("/100%")));
    }

    #[test]
    fn columns_are_utf16_units_and_lines_end_in_three_ways() {
        let text = "aé😀b\r\nc\rd\n";
        let at = |line, character| offset(text, lsp_types::Position { line, character });
        assert_eq!([at(0, 0), at(0, 1), at(0, 2), at(0, 3), at(0, 4), at(0, 5)], [0, 1, 3, 3, 7, 8]);
        assert_eq!([at(0, 99), at(1, 0), at(1, 9), at(2, 0), at(3, 0), at(99, 99)], [8, 10, 11, 12, 14, 14]);
    }
}
