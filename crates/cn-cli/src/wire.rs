//! The lines of `--format json`: one object on each line.
//!
//! Every object has `schema` and `kind`; keys are in kebab case. Within one schema number, keys are
//! added, but never renamed or removed. The format changes only the form: as in text, results go to
//! stdout and all else to stderr.
//!
//! `docs/schema/lines.json` is the JSON Schema, generated from these types.

pub mod check;
pub mod cleanup;
pub mod deploy;
pub mod doctor;
pub mod keys;
pub mod package;
pub mod stack_set;

use aws_credential_types::Credentials;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Serialize;

/// The version of the format.
pub const SCHEMA: u32 = 1;

/// A line of output.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Record<'a, T> {
    /// The version of the format: [`SCHEMA`].
    pub schema: u32,
    /// The kind of the line, such as `finding`.
    pub kind: &'a str,
    /// The keys of that kind.
    #[serde(flatten)]
    pub body: T,
}

/// Kinds `status`, `note` and `warning`: a sentence for people.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Message<'a> {
    /// The sentence.
    pub message: &'a str,
}

/// Kind `finding`: something about the input.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding<'a> {
    /// Stable name of this kind of finding.
    pub code: &'a str,
    /// `error`, `warning` or `note`.
    pub severity: &'a str,
    /// The message.
    pub message: &'a str,
    /// File; absent when the finding is about none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<&'a str>,
    /// Line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Column in characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// Last line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<usize>,
    /// The column after the last character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<usize>,
    /// Why it is wrong.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub label: &'a str,
    /// The next step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// True if `cn-package` rewrites the value, so that nobody has to act.
    pub rewritten: bool,
}

/// Kind `failure`: the last line of a run that failed.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Failed<'a> {
    /// The message.
    pub message: &'a str,
    /// Why, outermost first.
    pub causes: Vec<String>,
    /// Facts about it.
    pub notes: &'a [String],
    /// Next steps.
    pub hints: &'a [String],
    /// The facts behind it as data, each under a name of its own.
    #[schemars(with = "FailureData")]
    #[serde(flatten)]
    pub data: &'a serde_json::Map<String, serde_json::Value>,
    /// The exit code.
    pub exit: u8,
    /// Its name.
    pub name: &'a str,
}

/// The facts that failures have as data.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "describes what `Failure::data` gathers")]
struct FailureData<'a> {
    /// Changes that gates refuse.
    #[schemars(skip_serializing_if = "Option::is_none")]
    refusals: Option<Vec<deploy::Refusal<'a>>>,
    /// The first failure of an operation.
    #[schemars(skip_serializing_if = "Option::is_none")]
    cause: Option<deploy::Cause<'a>>,
    /// The blockers of a clean-up.
    #[schemars(skip_serializing_if = "Option::is_none")]
    blockers: Option<Vec<String>>,
    /// The operations on a StackSet.
    #[schemars(skip_serializing_if = "Option::is_none")]
    operations: Option<Vec<stack_set::StackSetOperation<'a>>>,
}

/// Kind `config`: one setting, as `--show-config` shows it.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Setting<'a> {
    /// The setting's name: the flag's, with underscores.
    pub name: &'a str,
    /// Its values, those nearest to the command line last; values of stack parameters are
    /// masked. None when it is not set.
    pub values: Vec<String>,
    /// The origin of each value.
    pub origins: Vec<String>,
    /// The origin of the nearest value.
    pub origin: String,
}

/// Kind `profile`: a profile that was written, would be, or is as it should be.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Profile<'a> {
    /// Its name.
    pub profile: &'a str,
    /// The account of its key; absent when it was not verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<&'a str>,
    /// The owner of its key; absent when it was not verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<&'a str>,
    /// Its region.
    pub region: &'a str,
    /// The files that changed, or would.
    pub changed: Vec<&'a str>,
}

/// Returns credentials in the form that AWS tools expect from a `credential_process`.
///
/// This is the only output that contains a secret: the protocol requires it.
///
/// # Source
///
/// AWS SDKs and tools reference guide, "Process credential provider".
pub fn credentials(credentials: &Credentials) -> SecretString {
    let mut object = serde_json::json!({
        "Version": 1,
        "AccessKeyId": credentials.access_key_id(),
        "SecretAccessKey": credentials.secret_access_key(),
    });
    if let Some(token) = credentials.session_token() {
        object["SessionToken"] = token.into();
    }
    if let Some(end) = credentials.expiry() {
        object["Expiration"] = humantime::format_rfc3339_seconds(end).to_string().into();
    }
    object.to_string().into()
}
