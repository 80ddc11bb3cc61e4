//! Where reports go: `--format FORMAT[=FILE]`.

use std::fs;
use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};
use clap::ValueEnum;

use super::{Format, Look, Report};

/// One wanted report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    pub format: Format,
    /// Absent: standard output.
    pub file: Option<Utf8PathBuf>,
}

impl std::str::FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Output, String> {
        let (name, file) = match text.split_once('=') {
            Some((_, "")) => return Err("expected a file behind `=`".to_owned()),
            Some((name, file)) => (name, Some(file.into())),
            None => (text, None),
        };
        match Format::from_str(name, false) {
            Ok(format) => Ok(Output { format, file }),
            Err(_) => {
                let names = Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
                let names: Vec<_> = names.map(|value| value.get_name().to_owned()).collect();
                Err(format!("there is no format `{name}`; there are {}", names.join(", ")))
            }
        }
    }
}

/// Writes a report. `look` is that of standard output; a file is plain. The error names the file.
pub fn write(report: &Report, output: &Output, look: Look) -> Result<(), String> {
    let Some(file) = &output.file else {
        return match io::stdout().lock().write_all(report.render(output.format, look).as_bytes()) {
            // Whoever reads has seen enough (`| head`).
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other.map_err(|error| format!("standard output: {error}")),
        };
    };
    write_file(file, &report.render(output.format, Look::default()))
}

/// Writes a file, and the folders it needs. The error names the file.
pub(super) fn write_file(file: &Utf8Path, text: &str) -> Result<(), String> {
    let folder = file.parent().filter(|folder| !folder.as_str().is_empty());
    let made = folder.map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::write(file, text)).map_err(|error| format!("{file}: {error}"))
}

/// Puts a rule's page where an editor can open it: into the folder for temporary files. The error names the file.
pub fn page(rule: &str, text: &str) -> Result<Utf8PathBuf, String> {
    let folder =
        Utf8PathBuf::from_path_buf(std::env::temp_dir()).map_err(|folder| format!("{}: the name is not UTF-8", folder.display()))?;
    // Of each server its own: what another one wrote may belong to another user.
    let folder = folder.join(format!("unlisten-{}", std::process::id()));
    let file = folder.join(format!("{rule}.md"));
    fs::create_dir_all(&folder).and_then(|()| fs::write(&file, text)).map_err(|error| format!("{file}: {error}"))?;
    Ok(file)
}
