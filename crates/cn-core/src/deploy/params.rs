//! The parameters that a change set sends, and findings about the given ones.

use std::collections::{BTreeMap, BTreeSet};

use cn_template::diag::Remedy;
use cn_template::{Code, Diagnostic, Source, rules};

use super::request::{ParameterOverride, TemplateParameters};

/// A value for a parameter the template does not declare.
pub(super) const UNKNOWN_PARAMETER: Code = rules::code("CN611");

/// A parameter without a value.
pub(super) const MISSING_PARAMETER: Code = rules::code("CN612");

/// The value to send for one parameter.
#[derive(Clone, PartialEq, Eq)]
pub enum ParameterValue {
    /// This value.
    Value(String),
    /// The stack's current value.
    Previous,
}

impl std::fmt::Debug for ParameterValue {
    /// Omits values: they may be passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Value(_) => "****",
            Self::Previous => "previous",
        })
    }
}

/// Merges the given values with the stack's parameters, in template order.
///
/// Sends a given value. A parameter that the stack has keeps its value; any other uses the
/// template's default.
///
/// * `known`: the keys of the stack's parameters; empty for a new stack.
///
/// # Source
///
/// `aws cloudformation deploy` of the AWS CLI merges in the same way.
pub(crate) fn merge(
    declared: &TemplateParameters,
    overrides: &[ParameterOverride],
    existing: &BTreeSet<String>,
) -> Vec<(String, ParameterValue)> {
    let given: BTreeMap<&str, &str> = overrides
        .iter()
        .map(|item| (item.key.as_str(), item.value.as_str()))
        .collect();
    declared
        .0
        .iter()
        .filter_map(|parameter| {
            let key = parameter.key.as_str();
            if let Some(value) = given.get(key) {
                return Some((key.to_owned(), ParameterValue::Value((*value).to_owned())));
            }
            existing
                .contains(key)
                .then(|| (key.to_owned(), ParameterValue::Previous))
        })
        .collect()
}

/// Finds values for parameters that the template does not declare; such values are not sent.
pub(super) fn unknown(
    template: &Source,
    declared: &TemplateParameters,
    overrides: &[ParameterOverride],
) -> Vec<Diagnostic> {
    let keys: BTreeSet<&str> = overrides.iter().map(|item| item.key.as_str()).collect();
    keys.into_iter()
        .filter(|key| declared.find(key).is_none())
        .map(|key| {
            let finding = Diagnostic::warning(
                UNKNOWN_PARAMETER,
                format!(
                    "`{key}` is not a parameter of `{}`; its value is not sent",
                    template.path()
                ),
            );
            match closest(key, declared.0.iter().map(|item| item.key.as_str())) {
                Some(name) => finding.help(format!("did you mean `{name}`?")),
                None => finding,
            }
        })
        .collect()
}

/// Finds parameters without a given value, a previous value, or a default.
pub(crate) fn missing(
    template: &Source,
    declared: &TemplateParameters,
    overrides: &[ParameterOverride],
    existing: &BTreeSet<String>,
) -> Vec<Diagnostic> {
    let has_value =
        |key: &str| existing.contains(key) || overrides.iter().any(|item| item.key == key);
    declared
        .0
        .iter()
        .filter(|parameter| !parameter.has_default && !has_value(&parameter.key))
        .map(|parameter| {
            let key = &parameter.key;
            let finding =
                Diagnostic::error(MISSING_PARAMETER, format!("parameter `{key}` has no value"))
                    .help(format!(
                        "give `{key}` a `Default` in the template, or a value"
                    ))
                    .remedy(Remedy::Parameters);
            match parameter.span {
                Some(span) => finding.at(
                    template,
                    span,
                    "no default, and the stack has no value for it",
                ),
                None => finding,
            }
        })
        .collect()
}

/// Returns the name most similar to `word`, if one is similar enough.
pub(super) fn closest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    names
        .map(|name| {
            let likeness =
                strsim::jaro_winkler(&word.to_ascii_lowercase(), &name.to_ascii_lowercase());
            (likeness, name)
        })
        .filter(|(likeness, _)| *likeness >= 0.8)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::super::request::DeclaredParameter;
    use super::*;

    fn declared(keys: &[(&str, bool)]) -> TemplateParameters {
        TemplateParameters(
            keys.iter()
                .map(|(key, has_default)| DeclaredParameter {
                    key: (*key).to_owned(),
                    has_default: *has_default,
                    no_echo: false,
                    span: None,
                })
                .collect(),
        )
    }

    fn given(pairs: &[(&str, &str)]) -> Vec<ParameterOverride> {
        pairs
            .iter()
            .map(|(key, value)| ParameterOverride {
                key: (*key).to_owned(),
                value: (*value).to_owned(),
            })
            .collect()
    }

    fn known(keys: &[&str]) -> BTreeSet<String> {
        keys.iter().map(|key| (*key).to_owned()).collect()
    }

    #[test]
    fn an_update_keeps_what_the_stack_knows() {
        let declared = declared(&[("Old", false), ("New", true), ("Ov", false)]);
        let merged = merge(&declared, &given(&[("Ov", "v")]), &known(&["Old", "Ov"]));
        assert_eq!(
            merged,
            [
                ("Old".to_owned(), ParameterValue::Previous),
                ("Ov".to_owned(), ParameterValue::Value("v".to_owned())),
            ]
        );
    }

    #[test]
    fn a_new_stack_is_sent_only_what_is_given() {
        let declared = declared(&[("A", true), ("B", true)]);
        let merged = merge(&declared, &given(&[("B", "1"), ("B", "")]), &known(&[]));
        assert_eq!(
            merged,
            [("B".to_owned(), ParameterValue::Value(String::new()))]
        );
    }

    #[test]
    fn a_value_for_an_undeclared_key_is_warned_of() {
        let template = Source::new("app.yaml", "");
        let declared = declared(&[("MemorySize", true)]);
        let overrides = given(&[("memorysise", "1"), ("Zzz", "2")]);
        let findings = unknown(&template, &declared, &overrides);
        let said: Vec<_> = findings
            .iter()
            .map(|finding| (finding.message.as_str(), finding.help.as_deref()))
            .collect();
        assert_eq!(
            said,
            [
                (
                    "`Zzz` is not a parameter of `app.yaml`; its value is not sent",
                    None
                ),
                (
                    "`memorysise` is not a parameter of `app.yaml`; its value is not sent",
                    Some("did you mean `MemorySize`?")
                ),
            ]
        );
        assert!(merge(&declared, &overrides, &known(&[])).is_empty());
    }

    #[test]
    fn every_missing_value_is_listed() {
        let template = Source::new("app.yaml", "");
        let declared = declared(&[("A", false), ("B", true), ("C", false), ("D", false)]);
        let findings = missing(&template, &declared, &given(&[("C", "")]), &known(&["D"]));
        let said: Vec<_> = findings.iter().map(|finding| &finding.message).collect();
        assert_eq!(said, ["parameter `A` has no value"]);
    }
}
