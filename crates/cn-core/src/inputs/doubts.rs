//! Findings about inputs that can be read but are probably mistakes. Pure.

use std::collections::BTreeSet;

use cn_template::artifact::{Form, Reference, references};
use cn_template::portability::rewrite_template;
use cn_template::tree::Template;
use cn_template::{Code, Diagnostic, Region, Severity, Source, rules};

use super::SHOWN_SECRET;
use super::unreadable::ENTRY;
use super::word::PARAMETER_MEMBERS;
use crate::deploy::{ParameterOverride, TemplateParameters};
use crate::parameter::{ParameterName, looks_like_credential};
use crate::stack::Tag;

/// A template that was not packaged for the region.
const NOT_PACKAGED: Code = rules::code("CN620");

/// The hint for a template that was not packaged.
const RUN_PACKAGE: &str = "run `cn-package` first, and deploy the template that it writes";

/// The hint for a parameter that exposes a secret.
const NO_ECHO: &str = "declare the parameter with `NoEcho: true`";

/// The label of a parameter that exposes a secret.
const WITHOUT_NO_ECHO: &str = "without `NoEcho`";

/// Finds properties that name a local file where CloudFormation accepts only S3 objects.
///
/// A resource with a condition may never be created: its path is a warning.
pub(super) fn unpackaged(template: &Template) -> Vec<Diagnostic> {
    let found = references(template, &[]).local.into_iter();
    let found = found.filter(|reference| {
        // Nothing reads the metadata, and such a list may contain more than locations.
        let is_read = reference.row.kind != "AWS::ServerlessRepo::Application";
        let is_written = !reference.path.is_empty() && !reference.path.contains("{{");
        is_read && is_written && reference.row.form != Form::S3UriInList
    });
    let conditional = template.resources();
    let conditional = conditional.filter(|it| it.body.get("Condition").is_some());
    let conditional: BTreeSet<&str> = conditional.map(|it| it.logical_id).collect();
    found
        .map(|reference| {
            let severity = if conditional.contains(reference.owner.as_str()) {
                Severity::Warning
            } else {
                Severity::Error
            };
            not_packaged(template, &reference, severity)
        })
        .collect()
}

fn not_packaged(template: &Template, reference: &Reference, severity: Severity) -> Diagnostic {
    let message = format!(
        "`{}` of `{}` names a local file, which CloudFormation cannot read",
        reference.property, reference.owner
    );
    Diagnostic {
        severity,
        ..Diagnostic::note(NOT_PACKAGED, message)
    }
    .at(template.source(), reference.span, "a local path")
    .help(RUN_PACKAGE)
}

/// Warns of values that `cn-package` would rewrite for the region.
pub(super) fn unported(template: &Template, region: &Region) -> Option<Diagnostic> {
    let rewritten = rewrite_template(template, region).rewrites;
    let first = rewritten.first()?;
    let values = match rewritten.len() {
        1 => "1 value is".to_owned(),
        many => format!("{many} values are"),
    };
    let message = format!("{values} written for another partition than that of `{region}`");
    Some(
        Diagnostic::warning(NOT_PACKAGED, message)
            .at(template.source(), first.span, "the first one")
            .help(RUN_PACKAGE),
    )
}

/// Warns of a value that contains `NAME=` of another parameter: two words in one pair of quotes,
/// or with a separator of another tool between them.
pub(super) fn unsplit_pairs(
    declared: &TemplateParameters,
    overrides: &[ParameterOverride],
) -> Vec<Diagnostic> {
    let is_name = |name: &str| name == PARAMETER_MEMBERS.0 || declared.find(name).is_some();
    let found = overrides.iter().filter_map(|given| {
        let other = next_pair(&given.value, is_name)?;
        Some(joined(&format!("parameter `{}`", given.key), other))
    });
    found.collect()
}

/// Warns about tags whose value contains another `NAME=`.
pub(super) fn unsplit_tags(tags: &[Tag]) -> Vec<Diagnostic> {
    let is_name = |name: &str| {
        let mut letters = name.chars();
        letters.next().is_some_and(char::is_alphabetic)
            && letters.all(|letter| letter.is_alphanumeric() || "_-.:/".contains(letter))
    };
    let found = tags.iter().filter_map(|tag| {
        let other = next_pair(&tag.value, is_name)?;
        Some(joined(&format!("tag `{}`", tag.key), other))
    });
    found.collect()
}

/// Returns the name of the pair that follows in a value.
fn next_pair(value: &str, is_name: impl Fn(&str) -> bool) -> Option<&str> {
    let separates = |letter: char| letter.is_whitespace() || ",;".contains(letter);
    let pieces = value.split(separates).skip(1);
    let mut names = pieces.filter_map(|piece| Some(piece.split_once('=')?.0));
    names.find(|name| is_name(name))
}

fn joined(what: &str, other: &str) -> Diagnostic {
    let message = format!("the value of {what} contains `{other}=`");
    Diagnostic::warning(ENTRY, message)
        .help("if these are two pairs, write each `KEY=VALUE` as a separate word")
}

/// Warns of a `SecureString` in a parameter that is not `NoEcho`.
pub(super) fn exposed_secure_string(
    declared: &TemplateParameters,
    template: &Source,
    key: &str,
    name: &ParameterName,
) -> Option<Diagnostic> {
    let parameter = declared.find(key).filter(|parameter| !parameter.no_echo)?;
    let message = format!(
        "the SecureString `{name}` is the value of parameter `{key}`, which everyone who can \
         describe the stack can read"
    );
    let finding = Diagnostic::warning(SHOWN_SECRET, message).help(NO_ECHO);
    Some(match parameter.span {
        Some(span) => finding.at(template, span, WITHOUT_NO_ECHO),
        None => finding,
    })
}

/// Warns of values that look like secrets and belong to parameters without `NoEcho`.
pub(super) fn visible_secrets(
    template: &Template,
    overrides: &[ParameterOverride],
) -> Vec<Diagnostic> {
    let shown = template.parameters().filter(|parameter| !parameter.no_echo);
    // A parameter of an SSM type takes the name of an SSM parameter.
    let shown = shown.filter(|parameter| !parameter.kind.starts_with("AWS::SSM::"));
    let found = shown.filter(|parameter| {
        let mut given = overrides.iter().rev();
        let given = given.find(|given| given.key == parameter.name);
        given.is_some_and(|given| looks_secret(parameter.name, &given.value))
    });
    found
        .map(|parameter| {
            let message = format!(
                "the value of parameter `{}` looks like a secret, and everyone who can describe \
                 the stack can read it",
                parameter.name
            );
            Diagnostic::warning(SHOWN_SECRET, message)
                .at(template.source(), parameter.key.span, WITHOUT_NO_ECHO)
                .help(NO_ECHO)
        })
        .collect()
}

/// Endings of the names of parameters that take secrets, in lower case.
const SECRET_NAMES: &[&str] = &[
    "accesskey",
    "apikey",
    "credential",
    "credentials",
    "passphrase",
    "password",
    "passwd",
    "privatekey",
    "pwd",
    "secret",
    "secretkey",
    "token",
];

/// Returns true if a value is a secret, judged by the name of its parameter or by its form.
fn looks_secret(name: &str, value: &str) -> bool {
    const FLAGS: [&str; 5] = ["true", "false", "yes", "no", "none"];
    let name: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    let is_named_so = SECRET_NAMES.iter().any(|end| name.ends_with(end));
    // Other texts name the location of a secret, or switch something on or off.
    let is_elsewhere = ["arn:", "ssm:", "/", "{{", "http://", "https://"]
        .iter()
        .any(|start| value.starts_with(start));
    let is_flag = FLAGS.iter().any(|word| value.eq_ignore_ascii_case(word));
    let is_value = !value.is_empty() && !is_elsewhere && !is_flag;
    looks_like_credential(value) || value.contains("PRIVATE KEY-----") || is_named_so && is_value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Template {
        let parsed = Template::parse(&Source::new("t.yaml", text));
        parsed.template.expect("a template")
    }

    #[test]
    fn a_template_with_local_files_is_not_packaged() {
        let template = parsed(
            "Metadata:\n  AWS::ServerlessRepo::Application: {LicenseUrl: ./LICENSE}\n\
             Conditions: {C: !Equals [!Ref AWS::Region, x]}\n\
             Resources:\n\
             \x20 F: {Type: AWS::Lambda::Function, Properties: {Code: ./src}}\n\
             \x20 S: {Type: AWS::Serverless::Function, Properties: {CodeUri: 's3://b/k'}}\n\
             \x20 W: {Type: AWS::Serverless::Function, Properties: {Runtime: python3.13}}\n\
             \x20 N: {Type: AWS::CloudFormation::Stack, Condition: C, Properties: {TemplateURL: n.yaml}}\n\
             \x20 U: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: !Ref X}}\n\
             \x20 D: {Type: AWS::Serverless::Api, Properties: {DefinitionUri: '{{resolve:ssm:x}}'}}\n",
        );
        let found = unpackaged(&template);
        let found: Vec<_> = found
            .iter()
            .map(|finding| (finding.severity, finding.message.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                (
                    Severity::Error,
                    "`Code` of `F` names a local file, which CloudFormation cannot read"
                ),
                (
                    Severity::Warning,
                    "`TemplateURL` of `N` names a local file, which CloudFormation cannot read"
                ),
            ]
        );
    }

    #[test]
    fn values_of_another_partition_are_counted() {
        let said = |arns: &str, region: &str| {
            let template = parsed(&format!(
                "Resources:\n  T:\n    Type: AWS::SNS::Topic\n{arns}"
            ));
            let found = unported(&template, &region.parse().unwrap());
            found.map(|it| (it.message.clone(), it.location.unwrap().position().line))
        };
        let first =
            "    Properties:\n      KmsMasterKeyId: arn:aws:kms:us-east-1:123456789012:key/a\n";
        let second = "      DeliveryStatusLogging: [{SuccessFeedbackRoleArn: 'arn:aws:iam::123456789012:role/r'}]\n";
        let warned = |values: &str| {
            let message =
                format!("{values} written for another partition than that of `cn-north-1`");
            Some((message, 5))
        };
        assert_eq!(said(first, "cn-north-1"), warned("1 value is"));
        let both = format!("{first}{second}");
        assert_eq!(said(&both, "cn-north-1"), warned("2 values are"));
        assert_eq!(said(&both, "eu-west-1"), None);
        let ported = both
            .replace("arn:aws:", "arn:aws-cn:")
            .replace("us-east-1", "cn-north-1");
        assert_eq!(said(&ported, "cn-north-1"), None);
        let accepted = first.replace("/a\n", "/a # cn:ignore CN101 it is only compared\n");
        assert_eq!(said(&accepted, "cn-north-1"), None);
    }

    #[test]
    fn a_value_that_holds_another_pair_is_warned_of() {
        let template =
            parsed("Parameters: {A: {Type: String}, B: {Type: String}}\nResources: {}\n");
        let declared = TemplateParameters::of(&template);
        let warned = |value: &str| {
            let given = ParameterOverride {
                key: "A".into(),
                value: value.into(),
            };
            unsplit_pairs(&declared, &[given]).len()
        };
        for value in [
            "x B=y",
            "x,B=y",
            "x; B=y",
            "x\nB=y",
            "x ParameterKey=B,ParameterValue=y",
        ] {
            assert_eq!(warned(value), 1, "{value}");
        }
        for value in ["x C=y", "B=y", "x,y", "https://x/?a=b&B=c", "x B"] {
            assert_eq!(warned(value), 0, "{value}");
        }
        let warned = |value: &str| {
            let (key, value) = ("Project".into(), value.into());
            unsplit_tags(&[Tag { key, value }]).len()
        };
        for value in ["shop Stage=dev", "shop,Stage=dev", "a, Value=b"] {
            assert_eq!(warned(value), 1, "{value}");
        }
        for value in ["shop", "a = b", "x=1", "2 + 2=4", "shop, second floor"] {
            assert_eq!(warned(value), 0, "{value}");
        }
    }

    #[test]
    fn secrets_in_parameters_that_show_them_are_warned_of() {
        let template = parsed(
            "Parameters:\n\
             \x20 DbPassword: {Type: String}\n\
             \x20 Hidden_Password: {Type: String, NoEcho: true}\n\
             \x20 GitHubToken: {Type: String}\n\
             \x20 ApiSecret: {Type: 'AWS::SSM::Parameter::Value<String>'}\n\
             \x20 SecretArn: {Type: String}\n\
             \x20 Note: {Type: String}\n\
             Resources: {Q: {Type: AWS::SQS::Queue}}\n",
        );
        let warned = |given: &[(&str, &str)]| -> usize {
            let given = given.iter().map(|(key, value)| ParameterOverride {
                key: (*key).to_owned(),
                value: (*value).to_owned(),
            });
            let found = visible_secrets(&template, &given.collect::<Vec<_>>());
            let shown = format!("{found:?}");
            assert!(
                !shown.contains("hunter2") && !shown.contains("AKIA"),
                "{shown}"
            );
            found.len()
        };
        for secret in [
            ("DbPassword", "hunter2"),
            ("GitHubToken", "ghp_hunter2"),
            ("Note", "AKIAIOSFODNN7EXAMPLE"),
            ("SecretArn", "-----BEGIN RSA PRIVATE KEY-----\nhunter2"),
        ] {
            assert_eq!(warned(&[secret]), 1, "{}", secret.0);
        }
        for harmless in [
            ("Hidden_Password", "hunter2"),
            ("ApiSecret", "hunter2-name"),
            (
                "SecretArn",
                "arn:aws-cn:secretsmanager:cn-north-1:1:secret:x",
            ),
            ("DbPassword", "ssm:/db/password"),
            ("DbPassword", "{{resolve:ssm-secure:db}}"),
            ("DbPassword", ""),
            ("GitHubToken", "false"),
            ("Note", "hunter2"),
            ("Unknown", "AKIAIOSFODNN7EXAMPLE"),
        ] {
            assert_eq!(warned(&[harmless]), 0, "{}", harmless.0);
        }
        // The last value takes effect.
        assert_eq!(
            warned(&[("GitHubToken", "hunter2"), ("GitHubToken", "")]),
            0
        );
    }
}
