//! Reads what `unlisten baseline` wrote.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use crate::findings::baseline::Known;
use crate::source::describe;

/// Fields that a later version adds are no error.
#[derive(Deserialize)]
struct Written {
    schema: u32,
    findings: Vec<WrittenFinding>,
}

#[derive(Deserialize)]
struct WrittenFinding {
    fingerprint: String,
    rule: String,
    /// Relative to the baseline's folder where it lies below it.
    path: Utf8PathBuf,
    message: String,
}

/// The findings that a baseline lists. The error is one sentence that says what to do.
pub fn read(file: &Utf8Path) -> Result<Vec<Known>, String> {
    let text = fs::read_to_string(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file; `unlisten baseline` writes one".to_owned(),
        _ => describe(&error),
    })?;
    let again = "; `unlisten baseline` writes it anew";
    let written: Written = serde_json::from_str(&text).map_err(|error| format!("is no baseline ({error}){again}"))?;
    if written.schema != 1 {
        return Err(format!("is a baseline of another version{again}"));
    }
    let folder = file.canonicalize_utf8().ok().and_then(|real| real.parent().map(Utf8Path::to_owned)).unwrap_or_default();
    let known = written.findings.into_iter().map(|finding| Known {
        path: folder.join(finding.path),
        rule: finding.rule,
        message: finding.message,
        fingerprint: finding.fingerprint,
    });
    Ok(known.collect())
}
