//! Parameters and tags as people write them: words, JSON, YAML, TOML, `.env`.
//!
//! Numbers keep their spelling in the file, so that `0123` and `1.10` are passed on as written;
//! booleans become CloudFormation's lower-case words; lists are joined by commas.
//!
//! # Source
//!
//! The formats are those of the AWS CLI (`deploy --parameter-overrides`), the SAM CLI, and
//! CodePipeline's template configuration files.

use std::collections::HashMap;

use crate::deploy::{ParameterOverride, StackPolicy};
use crate::parameter::ParameterName;
use crate::stack::Tag;

mod doubts;
mod error;
mod gather;
mod location;
mod merge;
mod unreadable;
mod value;
mod word;

use cn_template::{Code, Diagnostic, Source, rules};

use unreadable::{ENTRY, place};
use value::{Shape, Value};
use word::{MemberNames, PARAMETER_MEMBERS, TAG_MEMBERS, split_pair};

pub use error::GatherError;
pub use gather::{Gathered, Given, gather, gather_template};
pub(crate) use unreadable::unreadable;
pub use word::{Misread, WordError, Written};

/// A stack policy that is invalid, or that this run does not set.
pub(crate) const STACK_POLICY: Code = rules::code("CN617");

/// A secret that a parameter would expose.
pub(crate) const SHOWN_SECRET: Code = rules::code("CN619");

/// A template that is not the text that its manifest describes.
const CHANGED_PACKAGE: Code = rules::code("CN621");

/// Bytes of the largest stack policy.
///
/// # Source
///
/// CloudFormation API reference, `SetStackPolicy`, `StackPolicyBody`: 1 to 16,384.
const MAX_STACK_POLICY_BYTES: usize = 16_384;

/// Returns the SSM parameter that a value refers to: `ssm:/PATH` or `ssm:ARN`.
///
/// Any other text is a literal value.
pub(crate) fn ssm_parameter(value: &str) -> Option<ParameterName> {
    let name = value.strip_prefix("ssm:")?;
    let is_name = name.starts_with('/') || name.starts_with("arn:");
    name.parse().ok().filter(|_| is_name)
}

/// The values of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inputs {
    /// The parameters, in the order of the document.
    pub parameters: Vec<ParameterOverride>,
    /// The tags; `Some` if the document has a section of tags, even an empty one.
    pub tags: Option<Vec<Tag>>,
    /// The policy section of a CodePipeline file, as JSON.
    pub stack_policy: Option<String>,
    /// Sections that are ignored.
    pub warnings: Vec<Diagnostic>,
}

/// Parses a document of parameters.
///
/// Accepts a mapping of keys to values; a mapping with `Parameters`, `Tags` and `StackPolicy`; a
/// list of `ParameterKey` and `ParameterValue`; a list of `KEY=VALUE`.
///
/// # Errors
///
/// Returns findings if the text cannot be read or has another form.
pub(crate) fn parse_parameters(source: &Source) -> Result<Inputs, Vec<Diagnostic>> {
    let (source, root) = read(source)?;
    let mut findings = Vec::new();
    let mut inputs = Inputs::default();
    match &root.shape {
        Shape::Map(entries) if entries.iter().any(|(key, _)| is_section(key)) => {
            for (key, value) in entries {
                match key.as_str() {
                    "Parameters" => {
                        let pairs = pairs(&source, value, PARAMETER_MEMBERS, &mut findings);
                        inputs.parameters = overrides(pairs);
                    }
                    "Tags" => {
                        let pairs = pairs(&source, value, TAG_MEMBERS, &mut findings);
                        inputs.tags = Some(tags(pairs));
                    }
                    "StackPolicy" => inputs.stack_policy = Some(value.to_json().to_string()),
                    _ => findings.push(Diagnostic::warning(
                        ENTRY,
                        format!(
                            "section `{key}` is ignored, only `Parameters`, `Tags` and \
                             `StackPolicy` are used: {}",
                            place(&source, value.span)
                        ),
                    )),
                }
            }
        }
        _ => inputs.parameters = overrides(pairs(&source, &root, PARAMETER_MEMBERS, &mut findings)),
    }
    if cn_template::diag::has_errors(&findings) {
        return Err(findings);
    }
    inputs.warnings = findings;
    Ok(inputs)
}

/// Parses a document of tags.
///
/// Accepts a mapping, a mapping with `Tags`, a list of `Key` and `Value`, or a list of `KEY=VALUE`.
///
/// # Errors
///
/// Returns findings if the text cannot be read or has another form.
pub(crate) fn parse_tags(source: &Source) -> Result<Vec<Tag>, Vec<Diagnostic>> {
    let (source, root) = read(source)?;
    let section = match &root.shape {
        Shape::Map(entries) => entries
            .iter()
            .find(|(key, value)| key == "Tags" && !matches!(value.shape, Shape::Text(_)))
            .map(|(_, value)| value),
        _ => None,
    };
    let mut findings = Vec::new();
    let pairs = pairs(
        &source,
        section.unwrap_or(&root),
        TAG_MEMBERS,
        &mut findings,
    );
    if findings.is_empty() {
        Ok(tags(pairs))
    } else {
        Err(findings)
    }
}

fn is_section(key: &str) -> bool {
    matches!(key, "Parameters" | "Tags" | "StackPolicy")
}

fn overrides(pairs: Vec<(String, String)>) -> Vec<ParameterOverride> {
    let pairs = pairs.into_iter();
    pairs
        .map(|(key, value)| ParameterOverride { key, value })
        .collect()
}

fn tags(pairs: Vec<(String, String)>) -> Vec<Tag> {
    let pairs = pairs.into_iter();
    pairs.map(|(key, value)| Tag { key, value }).collect()
}

/// Parses the document according to its extension; with any other extension, as JSON or YAML.
fn read(source: &Source) -> Result<(Source, Value), Vec<Diagnostic>> {
    match source.path().extension() {
        Some("toml") => value::of_toml(source).map(|root| (source.clone(), root)),
        Some("env" | "properties") => Ok((source.clone(), value::of_env(source))),
        _ if source.path().file_name() == Some(".env") => {
            Ok((source.clone(), value::of_env(source)))
        }
        _ => value::of_yaml(source),
    }
}

fn pairs(
    source: &Source,
    value: &Value,
    members: MemberNames,
    findings: &mut Vec<Diagnostic>,
) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut lines: HashMap<String, usize> = HashMap::new();
    match &value.shape {
        Shape::Null => {}
        Shape::Map(entries) => {
            for (key, value) in entries {
                match value.joined() {
                    Some(text) => pairs.push((key.clone(), text)),
                    None => findings.push(no_text(source, key, value)),
                }
            }
        }
        Shape::List(items) => {
            for item in items {
                match pair(source, item, members) {
                    Ok((key, value)) => {
                        let line = source.position(item.span.start).line;
                        if let Some(first) = lines.insert(key.clone(), line) {
                            let what = format!("`{key}` occurs on lines {first} and {line}");
                            findings.push(unreadable::repeated(source, &what));
                        }
                        pairs.push((key, value));
                    }
                    Err(finding) => findings.push(*finding),
                }
            }
        }
        Shape::Text(_) => findings.push(unreadable::no_form(
            source,
            "it is a single value, neither a mapping nor a list",
        )),
    }
    pairs
}

fn no_text(source: &Source, key: &str, value: &Value) -> Diagnostic {
    let why = match value.shape {
        Shape::Null => "nothing is written",
        _ => "it is not a string, number, boolean or list",
    };
    let place = place(source, value.span);
    let message = format!("`{key}` has no usable value, {why}: {place}");
    Diagnostic::error(ENTRY, message).help("for an empty string write `\"\"`")
}

/// Parses an item of the list forms.
fn pair(
    source: &Source,
    item: &Value,
    (key_name, value_name): MemberNames,
) -> Result<(String, String), Box<Diagnostic>> {
    let refuse = |why: String| {
        let place = place(source, item.span);
        let message = format!("an entry is not understood, {why}: {place}");
        Box::new(Diagnostic::error(ENTRY, message).help(format!(
            "write `KEY=VALUE`, or `{key_name}` and `{value_name}` and nothing else"
        )))
    };
    match &item.shape {
        Shape::Text(word) => match split_pair(word, (key_name, value_name)) {
            Ok((key, value)) => Ok((key.to_owned(), value.to_owned())),
            Err(error) => Err(refuse(format!("it {error}"))),
        },
        Shape::Map(entries) => {
            let find = |name: &str| entries.iter().find(|(key, _)| key == name);
            let foreign = entries
                .iter()
                .find(|(key, _)| key != key_name && key != value_name);
            if let Some((key, _)) = foreign {
                return Err(refuse(format!("`{key}` is not used here")));
            }
            let key = find(key_name).and_then(|(_, value)| value.joined());
            let value = find(value_name).and_then(|(_, value)| value.joined());
            match (key, value) {
                (Some(key), Some(value)) if !key.is_empty() => Ok((key, value)),
                (None, _) => Err(refuse(format!("`{key_name}` is missing"))),
                _ => Err(refuse(format!("`{value_name}` is missing"))),
            }
        }
        Shape::List(_) | Shape::Null => Err(refuse("neither a string nor a mapping".to_owned())),
    }
}

/// Parses a stack policy: JSON with a list of statements.
///
/// # Errors
///
/// Returns a finding if the text is not JSON, has no statements, or is too large.
pub(crate) fn parse_stack_policy(source: &Source) -> Result<StackPolicy, Box<Diagnostic>> {
    let refuse = |why: String| {
        let message = format!("the stack policy `{}` {why}", source.path());
        Box::new(Diagnostic::error(STACK_POLICY, message).help(
            "write `{\"Statement\": [{\"Effect\": ..., \"Action\": \"Update:*\", \"Principal\": \"*\", \"Resource\": ...}]}`",
        ))
    };
    let text = source.text().trim_start_matches('\u{feff}');
    let document: serde_json::Value =
        serde_json::from_str(text).map_err(|error| refuse(format!("is not JSON: {error}")))?;
    let has_statements = match &document["Statement"] {
        serde_json::Value::Array(statements) => !statements.is_empty(),
        statement => statement.is_object(),
    };
    if !has_statements {
        return Err(refuse("has no `Statement`".to_owned()));
    }
    let size = text.len();
    if size > MAX_STACK_POLICY_BYTES {
        return Err(refuse(format!(
            "has {size} bytes; CloudFormation accepts at most {MAX_STACK_POLICY_BYTES}"
        )));
    }
    Ok(StackPolicy(text.to_owned()))
}

#[cfg(test)]
mod tests;
