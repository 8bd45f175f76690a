//! Lines of `cn-check --format json`.
//!
//! Keys are in snake case here: editors and scripts know `end_line` from
//! other linters.

use cn_core::template::diag::Location;
use cn_core::template::{Diagnostic, Severity};
use serde::Serialize;

/// Kind `finding`: one finding.
#[derive(Clone, Debug, Serialize)]
pub struct Finding<'a> {
    /// Stable name of this kind of finding.
    pub code: &'a str,
    /// `error`, `warning` or `note`.
    pub severity: &'a str,
    /// File; absent when the finding is about none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<&'a str>,
    /// First line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// First column in characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// Last line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<usize>,
    /// The column after the last character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<usize>,
    /// What is wrong.
    pub message: &'a str,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<&'a str>,
}

impl<'a> Finding<'a> {
    /// A finding as a wire type.
    pub fn of(finding: &'a Diagnostic) -> Self {
        let location = finding.location.as_ref();
        let start = location.map(Location::position);
        let end = location.map(|location| location.source.position(location.span.end));
        Self {
            code: finding.code.id,
            severity: Severity::as_str(finding.severity),
            file: location.map(|location| location.source.path().as_str()),
            line: start.map(|position| position.line),
            column: start.map(|position| position.column),
            end_line: end.map(|position| position.line),
            end_column: end.map(|position| position.column),
            message: &finding.message,
            help: finding.help.as_deref(),
        }
    }
}

/// Kind `rule`: what a code is about.
#[derive(Clone, Debug, Serialize)]
pub struct Explained<'a> {
    /// The code.
    pub code: &'a str,
    /// In a few words.
    pub title: &'a str,
    /// Why it matters.
    pub reason: &'a str,
    /// Who says so.
    pub source: &'a str,
    /// A text that the rule is about.
    pub before: &'a str,
    /// What becomes of it.
    pub after: &'a str,
}

/// Kind `diff`: what a fix changes.
#[derive(Clone, Debug, Serialize)]
pub struct Diff<'a> {
    /// The file.
    pub file: &'a str,
    /// A unified diff.
    pub diff: &'a str,
}

/// Kind `rewritten`: a template as it would be packaged.
#[derive(Clone, Debug, Serialize)]
pub struct Rewritten<'a> {
    /// The text.
    pub text: &'a str,
}
