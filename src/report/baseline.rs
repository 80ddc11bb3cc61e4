//! The file of known findings. One line of JSON for each value and no line numbers, so that it changes only where findings do.

use camino::Utf8Path;
use serde::Serialize;

use super::output::write_file;
use crate::findings::baseline::Known;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    findings: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    path: String,
    rule: &'a str,
    message: &'a str,
    fingerprint: &'a str,
}

/// Writes a baseline; paths are relative to the folder it lies in. The error is one sentence.
pub fn write_baseline(known: &[Known], file: &Utf8Path) -> Result<(), String> {
    let folder = file.parent().filter(|folder| !folder.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
    let folder = folder.canonicalize_utf8().unwrap_or_else(|_| folder.to_owned());
    let mut known: Vec<&Known> = known.iter().collect();
    known.sort();
    let entry = |known: &'_ Known| known.path.strip_prefix(&folder).unwrap_or(&known.path).as_str().replace('\\', "/");
    let findings = known
        .iter()
        .map(|known| Entry { path: entry(known), rule: &known.rule, message: &known.message, fingerprint: &known.fingerprint })
        .collect();
    write_file(file, &super::json::pretty(&Document { schema: 1, findings }))
}
