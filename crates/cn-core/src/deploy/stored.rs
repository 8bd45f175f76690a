//! A plan as data to store and compare: everything that will be sent, except secrets.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::params::ParameterValue;
use super::plan::{ChangeSetSpec, Execution, Plan, StackSettings, Step, TemplateRef};
use super::request::{Mode, RollbackTrigger, StackPolicy, TemplateBucket};
use crate::s3::Sse;
use crate::secret::{REDACTED, Secrets};
use crate::session::AccountId;
use crate::stack::{ChangeSetKind, Tag};

/// Serializes the plan, so that it can be stored and compared with another plan.
///
/// Secrets are omitted: the value of a secret parameter is `****`, and so is a secret value inside
/// any other text, including the template. Two plans that differ only in a secret are therefore
/// stored identically, and a stored plan cannot be executed.
impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Lists every field by name, so that no new field is forgotten.
        let Self {
            stack,
            prepare,
            change_set,
            mode,
            execution,
            outputs,
            secrets,
        } = self;
        let Execution {
            disable_rollback,
            retain_except_on_create,
            settings:
                StackSettings {
                    stack_policy,
                    termination_protection,
                },
        } = execution;
        let outputs = outputs.iter().map(|output| {
            let (value, export) = (&output.value, &output.export);
            let description = &output.description;
            (
                output.key.clone(),
                json!({"value": value, "description": description, "export": export}),
            )
        });
        let mut plan = json!({
            "stack": stack.as_str(),
            "prepare": prepare.iter().map(step).collect::<Vec<_>>(),
            "change-set": spec(change_set, secrets),
            "mode": match mode {
                Mode::Execute => "execute",
                Mode::Review => "review",
                Mode::Preview => "preview",
            },
            "execution": {
                "disable-rollback": disable_rollback,
                "retain-except-on-create": retain_except_on_create,
                "stack-policy": stack_policy.as_ref().map(StackPolicy::as_str),
                "termination-protection": termination_protection,
            },
            "outputs": Value::Object(outputs.collect()),
        });
        redact(&mut plan, secrets);
        plan.serialize(serializer)
    }
}

pub(crate) fn step(step: &Step) -> Value {
    match step {
        Step::UploadTemplate {
            bucket,
            key,
            url,
            template,
        } => {
            let TemplateBucket {
                name,
                owner,
                prefix,
                kms_key_id,
                sse,
                force_upload,
                always,
            } = bucket;
            json!({
                "step": "upload-template",
                "bucket": name.as_str(),
                "owner": owner.as_ref().map(AccountId::as_str),
                "prefix": prefix.as_str(),
                "kms-key-id": kms_key_id,
                "sse": sse.map(Sse::as_str),
                "force-upload": force_upload,
                "always": always,
                "key": key,
                "url": url,
                "path": template.path().as_str(),
                "template": template.text(),
            })
        }
        Step::DeleteStack { stack_id } => json!({"step": "delete-stack", "stack-id": stack_id}),
        Step::ContinueRollback { stack_id, role_arn } => {
            json!({"step": "continue-rollback", "stack-id": stack_id, "role-arn": role_arn})
        }
    }
}

fn spec(spec: &ChangeSetSpec, secrets: &Secrets) -> Value {
    let ChangeSetSpec {
        name,
        description,
        kind,
        template,
        parameters,
        capabilities,
        tags,
        role_arn,
        notification_arns,
        rollback_triggers,
        monitoring_minutes,
        delete_on_failure,
        express,
        revert_drift,
        disable_validation,
        include_nested_stacks,
        import_existing_resources,
    } = spec;
    json!({
        "name": name.as_str(),
        "description": description,
        "kind": match kind {
            ChangeSetKind::Create => "create",
            ChangeSetKind::Update => "update",
        },
        "template": template_to_value(template),
        "parameters": parameters_to_value(parameters, secrets),
        "capabilities": capabilities,
        "tags": tags_to_value(tags.as_deref()),
        "role-arn": role_arn,
        "notification-arns": notification_arns,
        "rollback": rollback(rollback_triggers.as_deref(), *monitoring_minutes),
        "delete-on-failure": delete_on_failure,
        "express": express.map(|it| json!({"disable-rollback": it.disable_rollback})),
        "revert-drift": revert_drift,
        "disable-validation": disable_validation,
        "include-nested-stacks": include_nested_stacks,
        "import-existing-resources": import_existing_resources,
    })
}

pub(crate) fn template_to_value(template: &TemplateRef) -> Value {
    match template {
        TemplateRef::Body(source) => {
            json!({"path": source.path().as_str(), "text": source.text()})
        }
        TemplateRef::Url(url) => json!({"url": url}),
    }
}

pub(crate) fn parameters_to_value(
    parameters: &[(String, ParameterValue)],
    secrets: &Secrets,
) -> Value {
    let parameters = parameters.iter().map(|(key, setting)| {
        let setting = match setting {
            ParameterValue::Previous => json!({"previous": true}),
            ParameterValue::Value(_) if secrets.keys().contains(key) => json!({"value": REDACTED}),
            ParameterValue::Value(value) => json!({"value": value}),
        };
        (key.clone(), setting)
    });
    Value::Object(parameters.collect())
}

pub(crate) fn tags_to_value(tags: Option<&[Tag]>) -> Option<Value> {
    let pairs = tags?
        .iter()
        .map(|tag| (tag.key.clone(), Value::from(tag.value.clone())));
    Some(Value::Object(pairs.collect()))
}

fn rollback(triggers: Option<&[RollbackTrigger]>, minutes: Option<u16>) -> Option<Value> {
    let trigger = |it: &RollbackTrigger| json!({"arn": it.arn, "composite": it.is_composite});
    let listed = triggers.map(|all| all.iter().map(trigger).collect::<Vec<_>>());
    (listed.is_some() || minutes.is_some())
        .then(|| json!({"triggers": listed, "monitoring-minutes": minutes}))
}

/// Redacts every text in the value.
pub(crate) fn redact(value: &mut Value, secrets: &Secrets) {
    match value {
        Value::String(text) => *text = secrets.text(text),
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, secrets)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| redact(member, secrets)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::plan;
    use super::super::plan::tests::{ABSENT, request};
    use super::super::request::{DeclaredParameter, ParameterOverride, TemplateParameters};
    use super::super::{Facts, Request};

    fn stored(request: &Request, facts: &Facts) -> String {
        let plan = plan(request, facts).unwrap().ready().unwrap();
        serde_json::to_string_pretty(&plan).unwrap()
    }

    fn with_password(value: &str) -> Request {
        let mut request = request(&format!("Resources: {{}} # {value}"));
        let parameter = |key: &str, no_echo| DeclaredParameter {
            key: key.into(),
            has_default: false,
            no_echo,
            span: None,
        };
        request.declared =
            TemplateParameters(vec![parameter("Password", true), parameter("Stage", false)]);
        let given = |key: &str, value: &str| ParameterOverride {
            key: key.into(),
            value: value.into(),
        };
        request.overrides = vec![given("Password", value), given("Stage", "prod")];
        request.role_arn = Some(format!("arn:aws-cn:iam::1:role/{value}"));
        request
    }

    #[test]
    fn a_stored_plan_holds_all_but_the_secrets() {
        insta::assert_snapshot!(stored(&with_password("hunter2 \"x\""), &ABSENT));
        // A value that is too short to be searched for in other texts.
        let short = stored(&with_password("pw"), &ABSENT);
        assert!(short.contains("\"value\": \"****\""), "{short}");
    }

    #[test]
    fn equal_requests_are_stored_alike_and_others_are_not() {
        let one = stored(&with_password("hunter2"), &ABSENT);
        assert_eq!(one, stored(&with_password("hunter2"), &ABSENT));
        let mut other = with_password("hunter2");
        other.overrides[1].value = "dev".into();
        assert_ne!(one, stored(&other, &ABSENT));
    }
}
