//! Reading one file.

use std::fs;
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use camino::Utf8Path;
use memchr::memchr_iter;

use super::Overlay;

/// A file as the analysis sees it.
pub enum Text {
    Code(String),
    /// Made by a minifier: nobody repairs it, so it is read only when it is named.
    Minified,
}

/// A mean line that no person writes.
const MINIFIED_LINE: usize = 300;
/// How many bytes there may be before and behind a text that is all of a line: `  styles: ["...`.
const NEAR: usize = 60;
/// What the parser takes; asked for before such a file is read.
const LONGEST: u64 = 128 << 20;

/// Reads a file as Node does: UTF-8, where a wrong byte becomes U+FFFD (one column, as in a stack trace), without a byte order mark.
/// TypeScript's UTF-16 is read too. `named`: somebody asked for this very file. The error is a sentence for a person.
/// What the overlay has of the file stands in place of the disk's.
pub fn read(path: &Utf8Path, named: bool, overlay: &Overlay) -> Result<Text, String> {
    let laid_over = match overlay.get(path) {
        Some(None) => return Err(describe(&io::ErrorKind::NotFound.into())),
        Some(Some(content)) => Some(content),
        None => None,
    };
    let length = match laid_over {
        Some(content) => content.len() as u64,
        None => fs::metadata(path).map_err(|error| describe(&error))?.len(),
    };
    if length > LONGEST {
        return Err(format!("larger than {} MB: not analysed", LONGEST >> 20));
    }
    if !named && has_minified_name(path) {
        return Ok(Text::Minified);
    }
    let bytes = match laid_over {
        Some(content) => content.to_vec(),
        None => fs::read(path).map_err(|error| describe(&error))?,
    };
    if !named && is_minified(&bytes) {
        return Ok(Text::Minified);
    }
    Ok(Text::Code(decode(bytes)))
}

/// What a file's content is told by, without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stamp {
    /// Of the disk.
    Disk { modified: SystemTime, length: u64 },
    /// What the overlay has.
    Laid(Arc<[u8]>),
}

/// The file's stamp; none where there is no such file, or its system keeps no times.
pub fn stamp(path: &Utf8Path, overlay: &Overlay) -> Option<Stamp> {
    if let Some(laid_over) = overlay.get(path) {
        return laid_over.map(|content| Stamp::Laid(content.clone()));
    }
    let metadata = fs::metadata(path).ok()?;
    Some(Stamp::Disk { modified: metadata.modified().ok()?, length: metadata.len() })
}

/// What went wrong, without the number and Rust's spelling.
pub fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}

/// `jquery.min.js`, `app.min.mjs`.
fn has_minified_name(path: &Utf8Path) -> bool {
    path.file_name().is_some_and(|name| name.contains(".min."))
}

fn is_minified(bytes: &[u8]) -> bool {
    // Most files are short enough to be told without counting.
    if bytes.len() <= MINIFIED_LINE {
        return false;
    }
    let lines = memchr_iter(b'\n', bytes).count() + usize::from(!bytes.ends_with(b"\n"));
    bytes.len() / lines > MINIFIED_LINE && is_minified_beside_data(bytes)
}

/// The same, apart from lines that are one long text: the styles, images or shaders that a build puts into its code.
fn is_minified_beside_data(bytes: &[u8]) -> bool {
    let whole = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let code = whole.split(|&byte| byte == b'\n').filter(|line| !is_data(line));
    let (lines, length) = code.fold((0, 0), |(lines, length), line| (lines + 1, length + line.len() + 1));
    lines < 2 || length / lines > MINIFIED_LINE
}

/// A line that is too long for a person, and a text from near its beginning to near its end.
fn is_data(line: &[u8]) -> bool {
    let near = |what: &[u8]| what.iter().take(NEAR).position(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    let Some(begin) = (line.len() > MINIFIED_LINE).then(|| near(line)).flatten() else { return false };
    let mut at = begin + 1;
    while at < line.len() && line[at] != line[begin] {
        at += 1 + usize::from(line[at] == b'\\');
    }
    // (A template goes on in the next lines.)
    at + NEAR >= line.len()
}

pub(super) fn decode(bytes: Vec<u8>) -> String {
    let wide = |order: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| order([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes.as_slice() {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_as_node_does() {
        assert_eq!(decode(b"\xef\xbb\xbfa".to_vec()), "a");
        assert_eq!(decode(b"a\xe9b".to_vec()), "a\u{fffd}b");
        assert_eq!(decode(b"\xff\xfea\0b\0".to_vec()), "ab");
        assert_eq!(decode(Vec::new()), "");
    }

    #[test]
    fn tells_minified_code_by_its_lines() {
        assert!(is_minified(&[b'a'; 301]));
        assert!(!is_minified(&[b'a'; 300]));
        assert!(!is_minified(&[&[b'a'; 299][..], b"\n"].concat().repeat(10)));
        assert!(is_minified(&[&[b'a'; 301][..], b"\n"].concat().repeat(10)));
        assert!(has_minified_name(Utf8Path::new("a/jquery.min.js")));
        let styled =
            |code: &str| format!("const parts = {{\n  styles: [\"{}\\\"{}\"]\n}};\n{code}", ".a{color:red}".repeat(500), "b".repeat(500));
        assert!(!is_minified(styled("parts.on('x', f);\n").as_bytes()));
        assert!(is_minified(styled(&"a.b(c);".repeat(900)).as_bytes()));
        assert!(is_minified(format!("\"use strict\";{}", "a.b(c);".repeat(900)).as_bytes()));
    }
}
