//! The summary before a run: account, region, stack, template and parameters.

use std::collections::BTreeMap;

use cn_cli::Ui;
use cn_cli::wire::deploy as wire;
use cn_core::deploy::{Mode, OnFailure, ParameterValue, Plan, Request, TemplateRef};
use cn_core::secret::{REDACTED, Secrets};
use cn_core::session::Session;
use cn_core::stack::{ChangeSetKind, Express, StackName, Tag};
use cn_core::stack_set;

/// Maximum length of a parameter's value that is shown in full, in characters.
const LONGEST_VALUE: usize = 60;

/// Prints the target of a template and the settings of its deployment.
///
/// * `origins`: the origins of parameters that do not come from the command line.
pub(crate) fn deployment(
    ui: &Ui,
    session: &Session,
    request: &Request,
    plan: &Plan,
    origins: &BTreeMap<String, String>,
) {
    let spec = &plan.change_set;
    let secrets = request.redaction();
    let operation = match spec.kind {
        ChangeSetKind::Create => "create",
        ChangeSetKind::Update => "update",
    };
    let body = wire::Summary {
        template: Some(request.template.path().as_str()),
        bucket: bucket(request, &spec.template),
        mode: spec.express.map(|_| "express"),
        on_failure: Some(on_failure(request, spec.kind)),
        role: spec.role_arn.as_deref().map(|role| secrets.text(role)),
        capabilities: &spec.capabilities,
        parameters: parameters(&secrets, &spec.parameters, origins),
        tags: tags(&secrets, spec.tags.as_deref()),
        ..summary(session, request.stack.as_str(), operation)
    };
    let aim = match request.mode {
        Mode::Execute => "Deploying stack",
        Mode::Review => "Change set for review: stack",
        Mode::Preview => "Preview: stack",
    };
    ui.event(&lines(aim, &body).join("\n"), "summary", &body);
}

/// Returns the action for a failed operation.
fn on_failure(request: &Request, kind: ChangeSetKind) -> &'static str {
    match request.on_failure {
        OnFailure::Keep => "keep",
        OnFailure::Delete if kind == ChangeSetKind::Create => "delete",
        OnFailure::Delete | OnFailure::Rollback => "roll-back",
    }
}

/// Prints the target of a reviewed change set.
///
/// * `express`: the change set's settings of Express mode.
pub(crate) fn execution(
    ui: &Ui,
    session: &Session,
    stack: &StackName,
    change_set: &str,
    express: Option<Express>,
) {
    let body = wire::Summary {
        change_set: Some(change_set),
        mode: express.map(|_| "express"),
        on_failure: express.map(|express| {
            if express.disable_rollback {
                "keep"
            } else {
                "roll-back"
            }
        }),
        ..summary(session, stack.as_str(), "execute")
    };
    let text = lines("Executing the change set of stack", &body).join("\n");
    ui.event(&text, "summary", &body);
}

/// Prints the target of a template that is deployed as a StackSet, and the settings.
///
/// * `origins`: see [`deployment`].
pub(crate) fn stack_set(
    ui: &Ui,
    session: &Session,
    request: &Request,
    plan: &stack_set::Plan,
    origins: &BTreeMap<String, String>,
) {
    let secrets = request.redaction();
    let role = plan.permissions.administration_role.as_deref();
    let operation = match plan.set {
        stack_set::SetStep::Create => "create",
        _ => "update",
    };
    let body = wire::Summary {
        template: Some(request.template.path().as_str()),
        bucket: bucket(request, &plan.template),
        role: role.map(|role| secrets.text(role)),
        capabilities: &plan.capabilities,
        parameters: parameters(&secrets, &plan.parameters, origins),
        tags: tags(&secrets, plan.tags.as_deref()),
        ..summary(session, plan.name.as_str(), operation)
    };
    let aim = match request.mode {
        Mode::Preview => "Preview: StackSet",
        _ => "Deploying StackSet",
    };
    ui.event(&lines(aim, &body).join("\n"), "summary", &body);
}

/// Returns the summary of a run that only starts the operation.
fn summary<'a>(session: &'a Session, stack: &'a str, operation: &'a str) -> wire::Summary<'a> {
    wire::Summary {
        stack,
        operation,
        account: session.account().map(ToString::to_string),
        region: session.region().as_str(),
        identity: session.identity().to_string(),
        template: None,
        change_set: None,
        bucket: None,
        role: None,
        mode: None,
        on_failure: None,
        capabilities: &[],
        parameters: Vec::new(),
        tags: None,
    }
}

/// Returns the bucket of a template that is too large for the request.
fn bucket<'a>(request: &'a Request, template: &TemplateRef) -> Option<&'a str> {
    match template {
        TemplateRef::Url(_) => Some(request.bucket.as_ref()?.name.as_str()),
        TemplateRef::Body(_) => None,
    }
}

fn tags(secrets: &Secrets, tags: Option<&[Tag]>) -> Option<BTreeMap<String, String>> {
    let shown = |tag: &Tag| (secrets.text(&tag.key), secrets.text(&tag.value));
    tags.map(|tags| tags.iter().map(shown).collect())
}

/// Returns the parameters that are sent, each with its value and origin.
fn parameters<'a>(
    secrets: &Secrets,
    parameters: &'a [(String, ParameterValue)],
    origins: &'a BTreeMap<String, String>,
) -> Vec<wire::SummaryParameter<'a>> {
    parameters
        .iter()
        .map(|(name, setting)| {
            let (value, origin) = match setting {
                ParameterValue::Value(_) if secrets.keys().contains(name) => {
                    (Some(REDACTED.to_owned()), origins.get(name))
                }
                ParameterValue::Value(value) => (Some(secrets.text(value)), origins.get(name)),
                ParameterValue::Previous => (None, None),
            };
            let origin = match setting {
                ParameterValue::Previous => "stack",
                ParameterValue::Value(_) => origin.map_or("command line", String::as_str),
            };
            wire::SummaryParameter {
                name,
                value,
                origin,
            }
        })
        .collect()
}

fn lines(aim: &str, body: &wire::Summary<'_>) -> Vec<String> {
    let account = match &body.account {
        Some(account) => format!("account {account}"),
        None => "an account that was not verified".to_owned(),
    };
    let mut lines = vec![format!(
        "{aim} {} in {account}, {}, with {}",
        body.stack, body.region, body.identity
    )];
    let mut row = |name: &str, text: &str| lines.push(format!("  {name:<13} {text}"));
    let single = [
        ("template", body.template),
        ("change set", body.change_set),
        ("bucket", body.bucket),
        ("role", body.role.as_deref()),
    ];
    for (name, text) in single {
        if let Some(text) = text {
            row(name, text);
        }
    }
    if body.mode == Some("express") {
        let failure = match body.on_failure {
            Some("keep") => "a failure keeps what succeeded",
            _ => "a failure rolls back",
        };
        row(
            "mode",
            &format!("Express: complete when resources are configured; {failure}"),
        );
    }
    if !body.capabilities.is_empty() {
        row("capabilities", &body.capabilities.join(", "));
    }
    let mut kept = Vec::new();
    let mut name = "parameters";
    for parameter in &body.parameters {
        match &parameter.value {
            Some(value) => {
                let value = short(value);
                row(
                    name,
                    &format!("{} = {value}  ({})", parameter.name, parameter.origin),
                );
                name = "";
            }
            None => kept.push(parameter.name),
        }
    }
    if !kept.is_empty() {
        row(name, &format!("unchanged: {}", kept.join(", ")));
    }
    match &body.tags {
        Some(tags) if tags.is_empty() => row("tags", "none: all are removed"),
        Some(tags) => {
            let tags = tags
                .iter()
                .map(|(key, value)| format!("{key}={}", short(value)));
            row("tags", &tags.collect::<Vec<_>>().join(", "));
        }
        None => {}
    }
    lines
}

/// Returns a value on one line, shortened if it is long.
fn short(value: &str) -> String {
    let line = value.lines().next().unwrap_or_default();
    let cut: String = line.chars().take(LONGEST_VALUE).collect();
    if cut.len() == value.len() {
        cut
    } else {
        format!("{cut}…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_has_a_line_for_each_thing_that_is_set() {
        let capabilities = ["CAPABILITY_IAM".to_owned()];
        let parameter = |name, value: Option<&str>, origin| wire::SummaryParameter {
            name,
            value: value.map(str::to_owned),
            origin,
        };
        let body = wire::Summary {
            stack: "orders",
            operation: "update",
            account: Some("111122223333".to_owned()),
            region: "cn-north-1",
            identity: "profile `china`".to_owned(),
            template: Some("packaged.yaml"),
            change_set: None,
            bucket: None,
            mode: Some("express"),
            on_failure: Some("roll-back"),
            role: None,
            capabilities: &capabilities,
            parameters: vec![
                parameter("Stage", Some("prod"), "cn.toml:5"),
                parameter("Password", Some("****"), "CN_PARAMETER_OVERRIDES"),
                parameter("Text", Some("two\nlines"), "command line"),
                parameter("Old", None, "stack"),
            ],
            tags: Some([("team".to_owned(), "订单".to_owned())].into()),
        };
        let expected = "\
Deploying stack orders in account 111122223333, cn-north-1, with profile `china`
  template      packaged.yaml
  mode          Express: complete when resources are configured; a failure rolls back
  capabilities  CAPABILITY_IAM
  parameters    Stage = prod  (cn.toml:5)
                Password = ****  (CN_PARAMETER_OVERRIDES)
                Text = two…  (command line)
                unchanged: Old
  tags          team=订单";
        assert_eq!(lines("Deploying stack", &body).join("\n"), expected);
    }

    #[test]
    fn a_long_value_is_cut() {
        assert_eq!(short("abc"), "abc");
        assert_eq!(short(&"字".repeat(61)), format!("{}…", "字".repeat(60)));
    }
}
