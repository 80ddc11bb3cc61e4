//! `unlisten.toml`: what a project wants of every run.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde::Deserialize;

use crate::findings::{Confidence, Finding, Severity};

/// The file's name.
pub const FILE: &str = "unlisten.toml";

/// A project's wishes; the command line overrides them.
#[derive(Debug, Default)]
pub struct Config {
    /// Files and folders that are not analysed.
    exclude: Option<Gitignore>,
    /// Findings in tests are reported.
    pub include_tests: bool,
    /// Findings below are not shown.
    pub min_confidence: Option<Confidence>,
    /// Findings at or above make the run fail.
    pub fail_on: Option<FailOn>,
}

/// Which findings make the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailOn {
    /// Any that is shown.
    #[default]
    Any,
    Never,
    Confidence(Confidence),
    Severity(Severity),
}

impl FailOn {
    /// Whether this finding makes the run fail.
    pub fn holds(self, finding: &Finding) -> bool {
        match self {
            FailOn::Any => true,
            FailOn::Never => false,
            FailOn::Confidence(least) => finding.confidence >= least,
            FailOn::Severity(least) => finding.severity >= least,
        }
    }

    /// Reads the word of the option.
    pub fn parse(word: &str) -> Result<FailOn, String> {
        match word {
            "any" => Ok(FailOn::Any),
            "never" => Ok(FailOn::Never),
            "error" => Ok(FailOn::Severity(Severity::Error)),
            "warning" => Ok(FailOn::Severity(Severity::Warning)),
            "note" => Ok(FailOn::Severity(Severity::Note)),
            other => confidence(other)
                .map(FailOn::Confidence)
                .map_err(|_| format!("expected any, never, high, medium, low, error, warning or note, not {other:?}")),
        }
    }
}

/// Reads a confidence's word.
pub fn confidence(word: &str) -> Result<Confidence, String> {
    match word {
        "high" => Ok(Confidence::High),
        "medium" => Ok(Confidence::Medium),
        "low" => Ok(Confidence::Low),
        other => Err(format!("expected high, medium or low, not {other:?}")),
    }
}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Written {
    #[serde(default)]
    exclude: Vec<String>,
    #[serde(default)]
    include_tests: bool,
    min_confidence: Option<String>,
    fail_on: Option<String>,
}

const KEYS: [&str; 4] = ["exclude", "include-tests", "min-confidence", "fail-on"];

impl Config {
    /// The configuration that governs `folder`: the nearest above, not beyond the repository.
    pub fn find(folder: &Utf8Path) -> Option<Utf8PathBuf> {
        for above in folder.ancestors() {
            let file = above.join(FILE);
            if file.is_file() {
                return Some(file);
            }
            if above.join(".git").exists() {
                return None;
            }
        }
        None
    }

    /// Reads a file. The error is one sentence that names what is wrong in it.
    pub fn read(file: &Utf8Path) -> Result<Config, String> {
        let text = fs::read_to_string(file).map_err(|error| crate::source::describe(&error))?;
        Config::parse(&text, file.parent().unwrap_or(file))
    }

    fn parse(text: &str, folder: &Utf8Path) -> Result<Config, String> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
        if let Some(unknown) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
            let nearest = KEYS.iter().max_by(|a, b| strsim::jaro_winkler(a, unknown).total_cmp(&strsim::jaro_winkler(b, unknown)));
            return Err(format!("there is no key `{unknown}`; did you mean `{}`?", nearest.unwrap_or(&KEYS[0])));
        }
        let written: Written = table.try_into().map_err(|error: toml::de::Error| error.message().to_owned())?;
        let key = |name: &str, error: String| format!("`{name}`: {error}");
        let mut exclude = GitignoreBuilder::new(folder);
        for glob in &written.exclude {
            exclude.add_line(None, glob).map_err(|error| key("exclude", error.to_string()))?;
        }
        let exclude = exclude.build().map_err(|error| key("exclude", error.to_string()))?;
        Ok(Config {
            exclude: (!written.exclude.is_empty()).then_some(exclude),
            include_tests: written.include_tests,
            min_confidence: written.min_confidence.map(|word| confidence(&word)).transpose().map_err(|e| key("min-confidence", e))?,
            fail_on: written.fail_on.map(|word| FailOn::parse(&word)).transpose().map_err(|e| key("fail-on", e))?,
        })
    }

    /// Whether a file is not to be analysed. The globs are those of `.gitignore`, relative to the configuration's folder.
    pub fn excludes(&self, path: &Utf8Path) -> bool {
        self.exclude.as_ref().is_some_and(|globs| {
            path.starts_with(Utf8Path::from_path(globs.path()).unwrap_or(path))
                && globs.matched_path_or_any_parents(path, false).is_ignore()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Utf8Path::new("/p"))
    }

    #[test]
    fn reads_what_it_knows() {
        let config =
            parse("exclude = ['dist/', '*.gen.ts']\nmin-confidence = 'low'\nfail-on = 'high'\ninclude-tests = true").expect("good");
        assert!(config.excludes(Utf8Path::new("/p/dist/a.js")));
        assert!(config.excludes(Utf8Path::new("/p/x/a.gen.ts")));
        assert!(!config.excludes(Utf8Path::new("/p/src/a.ts")));
        assert!(!config.excludes(Utf8Path::new("/q/dist/a.js")));
        assert!(config.include_tests);
        assert_eq!(config.min_confidence, Some(Confidence::Low));
        assert_eq!(config.fail_on, Some(FailOn::Confidence(Confidence::High)));
    }

    #[test]
    fn names_what_is_wrong() {
        let error = |text| parse(text).err().unwrap_or_default();
        assert_eq!(error("min_confidence = 'low'"), "there is no key `min_confidence`; did you mean `min-confidence`?");
        assert_eq!(error("excludes = []"), "there is no key `excludes`; did you mean `exclude`?");
        assert_eq!(error("min-confidence = 'lo'"), "`min-confidence`: expected high, medium or low, not \"lo\"");
        assert!(!error("exclude = 1").is_empty());
        assert!(!error("exclude = [").is_empty());
    }
}
