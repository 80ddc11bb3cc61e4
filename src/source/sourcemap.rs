//! From a place in a generated file to the place it was made from: external, inline and indexed source maps.
//!
//! The format is ECMA-426. What is measured: `// #sourceMappingURL` comments of tsc, swc, esbuild and webpack; swc writes relative `sources`;
//! cheap maps know lines only; a bundle of compiled files needs a second hop, which is the caller's to take.

use camino::{Utf8Path, Utf8PathBuf};
use sourcemap::{DecodedMap, SourceMap, Token};

/// A larger map is refused: it would be larger than any bundle's.
pub const LARGEST: usize = 256 << 20;

/// A decoded map.
pub struct Map {
    decoded: SourceMap,
    /// The folder against which relative sources are meant.
    base: Utf8PathBuf,
}

/// A place in an original source; 1-based, the column in UTF-16 units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// As the map names it: relative, absolute or a URL (`webpack:///./src/a.ts`).
    pub source: String,
    /// `source` against the map's own folder, where it is a relative path.
    pub path: Option<Utf8PathBuf>,
    pub line: u32,
    pub column: u32,
}

/// Where a generated file says that its map is: the last `sourceMappingURL` comment.
pub fn reference(text: &str) -> Option<&str> {
    let mark = "sourceMappingURL=";
    let finder = memchr::memmem::rfind_iter(text.as_bytes(), mark);
    for at in finder.take(64) {
        let before = text[..at].trim_end_matches(' ');
        if ["//#", "//@", "/*#", "/*@"].iter().any(|open| before.ends_with(open)) {
            let rest = &text[at + mark.len()..];
            let end = rest.find(|c: char| c.is_whitespace() || c == '*' || c == '"' || c == '\'').unwrap_or(rest.len());
            return (end > 0).then_some(&rest[..end]);
        }
    }
    None
}

/// Where the map is: in the text itself, or in another file.
#[derive(Debug, PartialEq, Eq)]
pub enum Where {
    /// The map's own text.
    Here(Vec<u8>),
    /// A path relative to the generated file, decoded.
    File(String),
    /// An address that is never fetched.
    Elsewhere(String),
}

/// Resolves what `reference` found.
pub fn locate(reference: &str) -> Result<Where, String> {
    if let Some(data) = reference.strip_prefix("data:") {
        let (kind, body) = data.split_once(',').ok_or("the inline source map has no data")?;
        if kind.ends_with(";base64") {
            return base64(body).map(Where::Here).ok_or_else(|| "the inline source map is not base64".to_owned());
        }
        return Ok(Where::Here(percent_decode(body)));
    }
    if reference.contains("://") || reference.starts_with("//") {
        return Ok(Where::Elsewhere(reference.to_owned()));
    }
    let path = reference.split(['?', '#']).next().unwrap_or(reference);
    String::from_utf8(percent_decode(path)).map(Where::File).map_err(|_| "the source map's address is not UTF-8".to_owned())
}

impl Map {
    /// Decodes a map; `base` is the folder of the file that holds it.
    pub fn decode(text: &[u8], base: &Utf8Path) -> Result<Map, String> {
        if text.len() > LARGEST {
            return Err(format!("the source map is larger than {} MB", LARGEST >> 20));
        }
        // The decoder is not ours; a map is.
        let decode = || -> sourcemap::Result<SourceMap> {
            match sourcemap::decode_slice(text)? {
                DecodedMap::Regular(map) => Ok(map),
                DecodedMap::Index(index) => index.flatten(),
                DecodedMap::Hermes(map) => Ok(SourceMap::clone(&map)),
            }
        };
        let decoded = match std::panic::catch_unwind(decode) {
            Ok(Ok(map)) => map,
            Ok(Err(error)) => return Err(format!("the source map is broken: {error}")),
            Err(_) => return Err("the source map is broken".to_owned()),
        };
        Ok(Map { decoded, base: base.to_owned() })
    }

    /// The original of a place (1-based). In a map that knows no column in front of it, the first mapping of the line.
    pub fn original(&self, line: u32, column: u32) -> Option<Original> {
        let (row, at) = (line.checked_sub(1)?, column.saturating_sub(1));
        let on_row = |at| self.decoded.lookup_token(row, at).filter(|token| token.get_dst_line() == row && token.has_source());
        // Where the first mapping of the line stands behind the column, look to the right.
        let token = on_row(at).or_else(|| (1..=512).find_map(|step| on_row(at.saturating_add(step))))?;
        self.place(&token)
    }

    fn place(&self, token: &Token<'_>) -> Option<Original> {
        let source = token.get_source()?.to_owned();
        let is_url = source.contains("://");
        let path = (!is_url).then(|| self.base.join(source.replace('\\', "/")));
        Some(Original { source, path, line: token.get_src_line() + 1, column: token.get_src_col() + 1 })
    }
}

/// Standard base64 with or without padding; blanks are skipped.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut held, mut bits) = (0u32, 0);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            b' ' | b'\n' | b'\r' => continue,
            _ => return None,
        };
        held = held << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    Some(bytes)
}

fn percent_decode(text: &str) -> Vec<u8> {
    let raw = text.as_bytes();
    let hex = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8);
    let mut bytes = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        if raw[at] == b'%'
            && at + 2 < raw.len()
            && let (Some(high), Some(low)) = (hex(raw[at + 1]), hex(raw[at + 2]))
        {
            bytes.push(high * 16 + low);
            at += 3;
        } else {
            bytes.push(raw[at]);
            at += 1;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        assert_eq!(reference("x\n//# sourceMappingURL=a.js.map\n"), Some("a.js.map"));
        assert_eq!(reference("/*# sourceMappingURL=b.map */"), Some("b.map"));
        assert_eq!(reference("const s = 'sourceMappingURL=no'"), None);
        assert_eq!(locate("data:application/json;base64,aGk=").unwrap(), Where::Here(b"hi".to_vec()));
        assert_eq!(locate("a%20b.map?v=1").unwrap(), Where::File("a b.map".into()));
        assert!(matches!(locate("https://example.org/a.map").unwrap(), Where::Elsewhere(_)));
    }

    #[test]
    fn a_regular_and_an_indexed_map() {
        // Generated 1:1 is a.ts 2:3.
        let plain = r#"{"version":3,"sources":["a.ts"],"names":[],"mappings":"AACE"}"#;
        let map = Map::decode(plain.as_bytes(), Utf8Path::new("/p/dist")).unwrap();
        let original = map.original(1, 40).unwrap();
        assert_eq!((original.path.unwrap().as_str(), original.line, original.column), ("/p/dist/a.ts", 2, 3));
        assert!(map.original(2, 1).is_none());
        let indexed = format!(r#"{{"version":3,"sections":[{{"offset":{{"line":4,"column":0}},"map":{plain}}}]}}"#);
        let map = Map::decode(indexed.as_bytes(), Utf8Path::new("/p")).unwrap();
        assert_eq!(map.original(5, 9).map(|it| it.line), Some(2));
        assert!(Map::decode(b"{", Utf8Path::new("/")).is_err());
    }
}
