//! A configuration as it is written: `unlisten.toml`, or the key `unlisten` of a `package.json`. Its JSON Schema is made from these types.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::nearest::unknown_key;

/// What unlisten does in this project. The command line goes before it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[schemars(title = "unlisten configuration")]
pub(super) struct Written {
    /// Files and folders that are not analysed: globs as in `.gitignore`, relative to this file.
    pub exclude: Vec<String>,
    /// Report findings in tests too.
    pub include_tests: Option<bool>,
    /// Leave out findings that are less sure than this. Default: medium.
    #[schemars(extend("enum" = ["high", "medium", "low"]))]
    pub min_confidence: Option<String>,
    /// Which findings make the exit code 1. Default: any that is shown.
    #[schemars(extend("enum" = ["any", "high", "medium", "low", "error", "warning", "note", "never"]))]
    pub fail_on: Option<String>,
    /// The exit code is 1 only above this number of findings. Default: 0.
    pub max_findings: Option<u32>,
    /// The file that `unlisten baseline` writes: what it holds is known, and not reported. Relative to this file.
    pub baseline: Option<String>,
    /// Model packs of the project's own helpers, emitters and frameworks: files, or folders of them. Relative to this file.
    pub models: Vec<String>,
    /// How severe the findings of a rule are, or `off`.
    #[schemars(schema_with = "levels")]
    pub rules: BTreeMap<String, String>,
    pub suppressions: WrittenSuppressions,
    /// Other settings for some files. Where several name a file, the last one that speaks holds.
    pub overrides: Vec<WrittenOverride>,
}

/// Comments that leave findings out.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[schemars(rename = "Suppressions")]
pub(super) struct WrittenSuppressions {
    /// Refuse a comment that gives no reason. Default: true.
    pub require_reason: Option<bool>,
    /// A comment that is refused or suppresses nothing makes the exit code 1. Default: false.
    pub strict: Option<bool>,
}

/// Other settings for some files.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Override")]
pub(super) struct WrittenOverride {
    /// Which: globs as in `.gitignore`, relative to this file (`packages/legacy/`, `*.worker.ts`).
    #[schemars(length(min = 1))]
    pub files: Vec<String>,
    /// Report findings in tests too.
    pub include_tests: Option<bool>,
    /// Leave out findings that are less sure than this.
    #[schemars(extend("enum" = ["high", "medium", "low"]))]
    pub min_confidence: Option<String>,
    /// How severe the findings of a rule are, or `off`.
    #[serde(default)]
    #[schemars(schema_with = "levels")]
    pub rules: BTreeMap<String, String>,
}

/// The JSON Schema of a configuration, for editors.
pub fn schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft07().into_generator().into_root_schema_for::<Written>()
}

/// Each rule by its id.
fn levels(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let level = |summary: &str| schemars::json_schema!({ "description": summary, "enum": ["off", "note", "warning", "error"] });
    let rules: serde_json::Map<_, _> = crate::rules::RULES.iter().map(|rule| (rule.id.to_owned(), level(rule.summary).into())).collect();
    schemars::json_schema!({ "type": "object", "properties": rules, "additionalProperties": false })
}

/// Reads the key `unlisten` of a `package.json`; none where it has none.
pub(super) fn from_package_json(text: &str) -> Result<Option<Written>, String> {
    let package: serde_json::Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let Some(own) = package.get(super::PACKAGE_KEY) else { return Ok(None) };
    Written::deserialize(own).map(Some).map_err(|error| format!("`{}`: {}", super::PACKAGE_KEY, unknown_key(&error.to_string())))
}
