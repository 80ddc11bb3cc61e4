//! What a project wants of every run: `unlisten.toml`, or the key `unlisten` of a `package.json`.

pub mod baseline;
pub mod init;
mod packs;
mod written;

use std::collections::BTreeMap;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use ignore::gitignore::{Gitignore, GitignoreBuilder};

pub use written::schema;

use crate::findings::{Confidence, Finding, Severity};
use crate::models::{Models, PackError};
use crate::nearest::{did_you_mean, toml_with_place};
use crate::rules::RULES;
use crate::source::describe;
use written::{Written, WrittenOverride};

/// The file's name.
pub const FILE: &str = "unlisten.toml";
/// The other place, for those who keep all settings there.
const PACKAGE: &str = "package.json";
const PACKAGE_KEY: &str = "unlisten";

/// A project's wishes; the command line overrides them.
#[derive(Debug, Default)]
pub struct Config {
    /// Files and folders that are not analysed.
    exclude: Globs,
    settings: Settings,
    /// Of some files; the last one that speaks holds.
    overrides: Vec<(Globs, Settings)>,
    /// Findings at or above make the run fail.
    pub fail_on: Option<FailOn>,
    /// As long as there are no more than these.
    pub max_findings: Option<u32>,
    /// What is known.
    pub baseline: Option<Utf8PathBuf>,
    /// Files and folders of model packs.
    models: Vec<Utf8PathBuf>,
    /// What paths in the configuration are relative to.
    folder: Utf8PathBuf,
    /// A suppression comment without a reason is refused.
    pub require_reason: Option<bool>,
    /// A suppression comment that does nothing makes the run fail.
    pub strict_suppressions: Option<bool>,
}

/// What may differ from file to file.
#[derive(Debug, Default)]
struct Settings {
    include_tests: Option<bool>,
    min_confidence: Option<Confidence>,
    /// By rule.
    levels: BTreeMap<&'static str, Level>,
}

/// What a project makes of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Off,
    Severity(Severity),
}

impl Level {
    fn parse(word: &str) -> Result<Level, String> {
        match word {
            "off" => Ok(Level::Off),
            "note" => Ok(Level::Severity(Severity::Note)),
            "warning" => Ok(Level::Severity(Severity::Warning)),
            "error" => Ok(Level::Severity(Severity::Error)),
            other => Err(format!("expected off, note, warning or error, not {other:?}")),
        }
    }
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

/// Globs as in `.gitignore`, below one folder.
#[derive(Debug, Default)]
struct Globs(Option<Gitignore>);

impl Globs {
    fn new(folder: &Utf8Path, globs: &[String]) -> Result<Globs, String> {
        if globs.is_empty() {
            return Ok(Globs(None));
        }
        let mut builder = GitignoreBuilder::new(folder);
        for glob in globs {
            builder.add_line(None, glob).map_err(|error| error.to_string())?;
        }
        builder.build().map(|globs| Globs(Some(globs))).map_err(|error| error.to_string())
    }

    fn hold(&self, path: &Utf8Path) -> bool {
        self.0.as_ref().is_some_and(|globs| {
            path.starts_with(Utf8Path::from_path(globs.path()).unwrap_or(path))
                && globs.matched_path_or_any_parents(path, false).is_ignore()
        })
    }
}

impl Config {
    /// The configuration that governs `folder`: the nearest above, not beyond the repository.
    pub fn find(folder: &Utf8Path) -> Option<Utf8PathBuf> {
        for above in folder.ancestors() {
            let file = above.join(FILE);
            if file.is_file() {
                return Some(file);
            }
            let package = above.join(PACKAGE);
            let text = fs::read_to_string(&package).unwrap_or_default();
            if text.contains(PACKAGE_KEY) && !matches!(written::from_package_json(&text), Ok(None)) {
                return Some(package);
            }
            if above.join(".git").exists() {
                return None;
            }
        }
        None
    }

    /// Reads a file. The error is one sentence that names what is wrong in it.
    pub fn read(file: &Utf8Path) -> Result<Config, String> {
        let text = fs::read_to_string(file).map_err(|error| describe(&error))?;
        let file = file.canonicalize_utf8().unwrap_or_else(|_| file.to_owned());
        let folder = file.parent().unwrap_or(&file);
        let written = match file.file_name() {
            Some(PACKAGE) => written::from_package_json(&text)?.ok_or_else(|| format!("has no key `{PACKAGE_KEY}`"))?,
            _ => toml_with_place(&text)?,
        };
        Config::new(written, folder)
    }

    fn new(written: Written, folder: &Utf8Path) -> Result<Config, String> {
        let key = |name: &str| {
            let name = name.to_owned();
            move |error: String| format!("`{name}`: {error}")
        };
        let overrides =
            written.overrides.iter().map(|some| override_of(some, folder)).collect::<Result<_, _>>().map_err(key("overrides"))?;
        Ok(Config {
            exclude: Globs::new(folder, &written.exclude).map_err(key("exclude"))?,
            settings: Settings {
                include_tests: written.include_tests,
                min_confidence: written.min_confidence.as_deref().map(confidence).transpose().map_err(key("min-confidence"))?,
                levels: levels(&written.rules).map_err(key("rules"))?,
            },
            overrides,
            fail_on: written.fail_on.as_deref().map(FailOn::parse).transpose().map_err(key("fail-on"))?,
            max_findings: written.max_findings,
            baseline: written.baseline.map(|file| folder.join(file)),
            models: written.models.iter().map(|path| folder.join(path)).collect(),
            folder: folder.to_owned(),
            require_reason: written.suppressions.require_reason,
            strict_suppressions: written.suppressions.strict,
        })
    }

    /// Whether a file is not to be analysed. The globs are those of `.gitignore`, relative to the configuration's folder.
    pub fn excludes(&self, path: &Utf8Path) -> bool {
        self.exclude.hold(path)
    }

    /// The models that come with the program and the project's own; none where it has none of its own. And the packs that cannot be used,
    /// by file or name, with the reason: the others hold without them.
    pub fn models(&self) -> (Option<Models>, Vec<(String, String)>) {
        let (packs, faults) = packs::read(&self.models, &self.folder);
        let mut faults: Vec<_> = faults.into_iter().map(|(file, reason)| (file.to_string(), reason)).collect();
        if packs.is_empty() {
            return (None, faults);
        }
        let with = Models::builtin().with(&packs);
        let refused =
            |errors: Vec<PackError>| faults.extend(errors.into_iter().map(|error| (format!("model pack {}", error.pack), error.message)));
        (with.map_err(refused).ok(), faults)
    }

    /// What is said last of a file; none where nothing is said.
    fn said<T>(&self, path: &Utf8Path, of: impl Fn(&Settings) -> Option<T>) -> Option<T> {
        let overridden = self.overrides.iter().rev().filter(|(files, _)| files.hold(path)).find_map(|(_, settings)| of(settings));
        overridden.or_else(|| of(&self.settings))
    }

    /// Findings in this test are reported.
    pub fn include_tests(&self, path: &Utf8Path) -> bool {
        self.said(path, |settings| settings.include_tests).unwrap_or_default()
    }

    /// Findings in this file are left out below.
    pub fn min_confidence(&self, path: &Utf8Path) -> Option<Confidence> {
        self.said(path, |settings| settings.min_confidence)
    }

    /// What becomes of a rule's findings in this file.
    pub fn level(&self, path: &Utf8Path, rule: &str) -> Option<Level> {
        self.said(path, |settings| settings.levels.get(rule).copied())
    }

    /// The command line said it for all files.
    pub fn force_min_confidence(&mut self, confidence: Confidence) {
        self.settings.min_confidence = Some(confidence);
        self.overrides.iter_mut().for_each(|(_, settings)| settings.min_confidence = None);
    }
}

fn override_of(written: &WrittenOverride, folder: &Utf8Path) -> Result<(Globs, Settings), String> {
    if written.files.is_empty() {
        return Err("`files` is empty".to_owned());
    }
    let settings = Settings {
        include_tests: written.include_tests,
        min_confidence: written.min_confidence.as_deref().map(confidence).transpose()?,
        levels: levels(&written.rules)?,
    };
    Ok((Globs::new(folder, &written.files)?, settings))
}

fn levels(written: &BTreeMap<String, String>) -> Result<BTreeMap<&'static str, Level>, String> {
    let level = |(id, word): (&String, &String)| {
        let rule = RULES.iter().find(|rule| rule.id == id);
        let rule = rule.ok_or_else(|| format!("there is no rule `{id}`{}", did_you_mean(id, RULES.iter().map(|rule| rule.id))))?;
        Ok((rule.id, Level::parse(word).map_err(|error| format!("`{id}`: {error}"))?))
    };
    written.iter().map(level).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::new(toml_with_place(text)?, Utf8Path::new("/p"))
    }

    const HERE: &str = "/p/src/a.ts";

    #[test]
    fn reads_what_it_knows() {
        let config = parse(
            "exclude = ['dist/', '*.gen.ts']
min-confidence = 'low'
fail-on = 'high'
include-tests = true
baseline = 'known.json'
max-findings = 3
rules = { listener-in-loop = 'off' }
suppressions = { require-reason = false }",
        )
        .expect("good");
        let here = Utf8Path::new(HERE);
        assert!(config.excludes(Utf8Path::new("/p/dist/a.js")));
        assert!(config.excludes(Utf8Path::new("/p/x/a.gen.ts")));
        assert!(!config.excludes(here));
        assert!(!config.excludes(Utf8Path::new("/q/dist/a.js")));
        assert!(config.include_tests(here));
        assert_eq!(config.min_confidence(here), Some(Confidence::Low));
        assert_eq!(config.fail_on, Some(FailOn::Confidence(Confidence::High)));
        assert_eq!((config.max_findings, config.require_reason, config.strict_suppressions), (Some(3), Some(false), None));
        assert_eq!(config.baseline.as_deref(), Some(Utf8Path::new("/p/known.json")));
        assert_eq!(config.level(here, "listener-in-loop"), Some(Level::Off));
        assert_eq!(config.level(here, "listener-per-call"), None);
    }

    #[test]
    fn the_last_override_that_speaks_holds() {
        let mut config = parse(
            "min-confidence = 'medium'
rules = { listener-in-loop = 'error', listener-per-call = 'note' }
[[overrides]]
files = ['packages/']
min-confidence = 'high'
rules = { listener-in-loop = 'off' }
[[overrides]]
files = ['packages/new/**', '*.worker.ts']
include-tests = true
rules = { listener-in-loop = 'warning' }",
        )
        .expect("good");
        let of = |path: &str| {
            let path = Utf8Path::new(path);
            let level = |rule| config.level(path, rule);
            (config.min_confidence(path), config.include_tests(path), level("listener-in-loop"), level("listener-per-call"))
        };
        let severity = |severity| Some(Level::Severity(severity));
        let note = severity(Severity::Note);
        assert_eq!(of(HERE), (Some(Confidence::Medium), false, severity(Severity::Error), note));
        assert_eq!(of("/p/packages/old/a.js"), (Some(Confidence::High), false, Some(Level::Off), note));
        assert_eq!(of("/p/packages/new/a.js"), (Some(Confidence::High), true, severity(Severity::Warning), note));
        assert_eq!(of("/p/src/x.worker.ts"), (Some(Confidence::Medium), true, severity(Severity::Warning), note));
        config.force_min_confidence(Confidence::Low);
        assert_eq!(config.min_confidence(Utf8Path::new("/p/packages/new/a.js")), Some(Confidence::Low));
    }

    #[test]
    fn names_what_is_wrong() {
        let error = |text| parse(text).err().unwrap_or_default();
        assert_eq!(error("min_confidence = 'low'"), "1:1: there is no key `min_confidence`; did you mean `min-confidence`?");
        assert_eq!(error("fail-on = 'any'\nexcludes = []"), "2:1: there is no key `excludes`; did you mean `exclude`?");
        assert_eq!(error("min-confidence = 'lo'"), "`min-confidence`: expected high, medium or low, not \"lo\"");
        assert_eq!(
            error("[rules]\nlistener-per-cal = 'off'"),
            "`rules`: there is no rule `listener-per-cal`; did you mean `listener-per-call`?"
        );
        assert_eq!(
            error("[rules]\nlistener-per-call = 'of'"),
            "`rules`: `listener-per-call`: expected off, note, warning or error, not \"of\""
        );
        assert_eq!(error("[[overrides]]\nfile = ['a']\nfiles = ['a']"), "2:1: there is no key `file`; did you mean `files`?");
        assert!(error("[[overrides]]\nmin-confidence = 'low'").contains("missing field `files`"));
        assert_eq!(error("[[overrides]]\nfiles = []"), "`overrides`: `files` is empty");
        assert_eq!(error("suppressions = { reason = true }"), "1:18: there is no key `reason`; did you mean `require-reason`?");
        assert!(error("exclude = 1").starts_with("1:11: "));
        assert!(!error("exclude = [").is_empty());
    }

    #[test]
    fn a_package_json_says_the_same() {
        let read = |text| written::from_package_json(text).map(|written| written.map(|written| Config::new(written, Utf8Path::new("/p"))));
        let config = read("{\"name\": \"p\", \"unlisten\": {\"fail-on\": \"never\", \"overrides\": [{\"files\": [\"a/\"]}]}}");
        assert_eq!(config.expect("good").expect("has one").expect("good").fail_on, Some(FailOn::Never));
        assert!(read("{\"name\": \"p\"}").expect("good").is_none());
        let error = read("{\"unlisten\": {\"failOn\": \"never\"}}").err();
        assert_eq!(error.as_deref(), Some("`unlisten`: there is no key `failOn`; did you mean `fail-on`?"));
    }
}
