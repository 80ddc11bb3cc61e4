//! Reads a project's own model packs.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use crate::models::Pack;
use crate::source::describe;

/// Packs of these files and of the TOML files in these folders, in the order of their names. `root` is what their `files` are below. A pack
/// that cannot be read is named with the reason, and the others are read.
pub(super) fn read(paths: &[Utf8PathBuf], root: &Utf8Path) -> (Vec<Pack>, Vec<(Utf8PathBuf, String)>) {
    let (mut packs, mut unusable) = (Vec::new(), Vec::new());
    for path in paths {
        let files = match path.is_dir() {
            true => of_folder(path),
            false => Ok(vec![path.clone()]),
        };
        match files {
            Ok(files) => {
                for file in files {
                    let text = fs::read_to_string(&file).map_err(|error| describe(&error));
                    match text.and_then(|text| Pack::own(&text, root)) {
                        Ok(pack) => packs.push(pack),
                        Err(reason) => unusable.push((file, reason)),
                    }
                }
            }
            Err(reason) => unusable.push((path.clone(), reason)),
        }
    }
    (packs, unusable)
}

fn of_folder(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>, String> {
    let entries = folder.read_dir_utf8().and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(|error| describe(&error))?;
    let mut files: Vec<Utf8PathBuf> = entries.into_iter().map(|entry| entry.into_path()).collect();
    files.retain(|file| file.extension() == Some("toml"));
    files.sort();
    if files.is_empty() { Err("no TOML file is in this folder".to_owned()) } else { Ok(files) }
}
