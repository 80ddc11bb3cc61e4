//! Writing a changed file back.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};

use super::file::{decode, describe};

/// UTF-8's byte order mark: `read` takes it off, so it has to be put back.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Puts `after` in the place of a file that still says `before`: whole or not at all, with its permissions, through a link too. The
/// error is a sentence for a person.
pub fn replace(path: &Utf8Path, before: &str, after: &str) -> Result<(), String> {
    let path = path.canonicalize_utf8().map_err(|error| describe(&error))?;
    let bytes = fs::read(&path).map_err(|error| describe(&error))?;
    let marked = bytes.starts_with(MARK);
    // What is no UTF-8 would come back as something else.
    if std::str::from_utf8(&bytes).is_err() {
        return Err("is not changed: it is not UTF-8".to_owned());
    }
    if decode(bytes) != before {
        return Err("is not changed: it was written to meanwhile".to_owned());
    }
    let mut content = if marked { MARK.to_vec() } else { Vec::new() };
    content.extend_from_slice(after.as_bytes());
    write(&path, &content).map_err(|error| format!("cannot be written: {error}"))
}

/// Beside the file first, since only a rename is at once.
fn write(path: &Utf8Path, content: &[u8]) -> io::Result<()> {
    let beside = beside(path);
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).open(&beside)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::set_permissions(&beside, fs::metadata(path)?.permissions())?;
        fs::rename(&beside, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn beside(path: &Utf8Path) -> Utf8PathBuf {
    path.with_file_name(format!(".{}.{}.tmp", path.file_name().unwrap_or_default(), std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_as_it_was_read_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().join("a.js")).unwrap();
        fs::write(&path, b"\xef\xbb\xbfold").unwrap();
        assert!(replace(&path, "older", "new").is_err_and(|error| error.contains("meanwhile")));
        assert_eq!(replace(&path, "old", "new"), Ok(()));
        assert_eq!(fs::read(&path).unwrap(), b"\xef\xbb\xbfnew", "the byte order mark stays");
        fs::write(&path, b"a\xe9").unwrap();
        assert!(replace(&path, "a\u{fffd}", "b").is_err_and(|error| error.contains("UTF-8")));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }
}
