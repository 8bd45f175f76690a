//! Lines of `cn-check --format json`, in addition to findings.

use cn_core::template::china::{self, Source};
use cn_core::template::rules::Rule;
use schemars::JsonSchema;
use serde::Serialize;

/// Kind `rule`: a code and its meaning.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Explained<'a> {
    /// The code.
    pub code: &'a str,
    /// The name, in kebab case.
    pub name: &'a str,
    /// `error`, `warning` or `note`: the severity unless a case says otherwise.
    pub severity: &'a str,
    /// The code in a few words.
    pub title: &'a str,
    /// Why it matters.
    pub reason: &'a str,
    /// The next step.
    pub help: &'a str,
    /// The programs that report it.
    pub programs: &'a [&'a str],
    /// True if `cn-package` rewrites some of the places.
    pub rewritten: bool,
    /// True if `cn-check --fix` writes the portable form of some of the places.
    pub fixed: bool,
    /// True if some of the places need a person.
    pub reported: bool,
    /// The sources of the facts.
    pub sources: Vec<SourceOf<'a>>,
    /// The path of the page.
    pub page: String,
}

impl<'a> Explained<'a> {
    /// Creates the line of a rule.
    pub fn of(rule: &'a Rule) -> Self {
        let sources = rule.sources.iter().filter_map(|id| china::source(id));
        Self {
            code: rule.code.id,
            name: rule.name,
            severity: rule.severity.as_str(),
            title: rule.code.title,
            reason: rule.why,
            help: rule.help,
            programs: rule.programs,
            rewritten: rule.does.rewritten,
            fixed: rule.does.fixed,
            reported: rule.does.reported,
            sources: sources.map(SourceOf::of).collect(),
            page: rule.page(),
        }
    }
}

/// A source of facts; by itself of kind `source`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SourceOf<'a> {
    /// The title.
    pub title: &'a str,
    /// The address.
    pub url: &'a str,
    /// The date of the last look.
    pub seen: &'a str,
}

impl<'a> SourceOf<'a> {
    /// Creates the wire type of a source.
    pub fn of(source: &'a Source) -> Self {
        Self {
            title: source.title,
            url: source.url,
            seen: source.seen,
        }
    }
}

/// Kind `diff`: the changes of a fix.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Diff<'a> {
    /// The file.
    pub file: &'a str,
    /// A unified diff.
    pub diff: &'a str,
}

/// Kind `rewritten`: a template as it would be packaged.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rewritten<'a> {
    /// The text.
    pub text: &'a str,
}

/// Kind `version`: the program's version.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Version<'a> {
    /// The version.
    pub version: &'a str,
}
