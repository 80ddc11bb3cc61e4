//! Reports: bytes out of an analysis. Decides nothing: what is shown, in which order and how sure it is, stands in the [`Analysis`].

mod baseline;
mod compact;
mod eslint;
mod excerpt;
mod github;
mod gitlab;
mod json;
mod junit;
mod output;
mod pretty;
mod sarif;

pub use baseline::write_baseline;
pub use json::schema;
pub use output::{Output, page, write};

use camino::{Utf8Path, Utf8PathBuf};

use crate::check::Analysis;
use crate::findings::suppress::SuppressionFault;
use crate::findings::{Applicability, Confidence, Finding, Severity};

/// What stands for a rule's id where a suppression comment is told.
const SUPPRESSION: &str = "suppression";

/// What every format gets.
pub struct Report<'a> {
    pub analysis: &'a Analysis,
    /// Paths below it are shown relative to it.
    pub working: &'a Utf8Path,
    /// The text of a file, for excerpts.
    pub text: &'a dyn Fn(&Utf8Path) -> Option<String>,
}

/// What the terminal that shows a report can do. The default is a plain file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Look {
    pub colours: bool,
    pub links: Links,
    /// In columns, where it is known.
    pub width: Option<usize>,
}

/// Links as terminals know them (OSC 8).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Links {
    #[default]
    None,
    /// To files.
    Files,
    /// To lines of files.
    Lines,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people: excerpts with the trace.
    Pretty,
    /// One line a finding.
    Compact,
    /// Everything; its JSON Schema is rules/schema/report.schema.json.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// GitLab's Code Quality.
    Gitlab,
    /// JUnit's XML.
    Junit,
    /// ESLint's JSON.
    EslintJson,
}

impl Format {
    /// It says of a finding which fix there is.
    pub fn tells_fixes(self) -> bool {
        match self {
            Format::Pretty | Format::Json | Format::Sarif | Format::EslintJson => true,
            Format::Compact | Format::Github | Format::Gitlab | Format::Junit => false,
        }
    }
}

impl Report<'_> {
    /// The whole report.
    pub fn render(&self, format: Format, look: Look) -> String {
        match format {
            Format::Pretty => pretty::render(self, look),
            Format::Compact => compact::render(self),
            Format::Json => json::render(self),
            Format::Sarif => sarif::render(self),
            Format::Github => github::render(self),
            Format::Gitlab => gitlab::render(self),
            Format::Junit => junit::render(self),
            Format::EslintJson => eslint::render(self),
        }
    }

    /// A path as reports show it: relative to the working directory where it lies below it, else absolute, with `/`.
    fn path(&self, path: &Utf8Path) -> String {
        let shown = path.strip_prefix(self.working).unwrap_or(path);
        if cfg!(windows) { shown.as_str().replace('\\', "/") } else { shown.to_string() }
    }

    /// A path as services show it that know the repository and not the working directory: relative to the repository where it lies in
    /// that, else as elsewhere.
    fn in_repository(&self, path: &Utf8Path) -> String {
        let below = crate::source::repository(self.working)
            .and_then(|root| path.strip_prefix(root).ok().map(|below| below.as_str().replace('\\', "/")));
        below.unwrap_or_else(|| self.path(path))
    }

    /// What is told of each file, in the order of the first finding.
    fn by_file(&self) -> Vec<(&Utf8PathBuf, InFile<'_>)> {
        let mut files: indexmap::IndexMap<&Utf8PathBuf, InFile> = indexmap::IndexMap::new();
        for finding in &self.analysis.findings {
            files.entry(&finding.path).or_default().findings.push(finding);
        }
        for fault in &self.analysis.suppression_faults {
            files.entry(&fault.path).or_default().faults.push(fault);
        }
        files.into_iter().collect()
    }
}

/// What is told of one file.
#[derive(Default)]
struct InFile<'a> {
    findings: Vec<&'a Finding>,
    faults: Vec<&'a SuppressionFault>,
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    }
}

fn applicability(applicability: Applicability) -> &'static str {
    match applicability {
        Applicability::Safe => "safe",
        Applicability::Unsafe => "unsafe",
    }
}

/// `1 finding`, `2 findings`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests;
