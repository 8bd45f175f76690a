//! The request of a deployment, valid by construction.

use std::collections::BTreeSet;
use std::fmt;

use cn_template::tree::{Node, Template};
use cn_template::{Region, Source, Span};

use super::gate::Gate;
use crate::s3::{Bucket, Prefix, Sse};
use crate::secret::Secrets;
use crate::session::AccountId;
use crate::stack::{ChangeSetName, StackName, Tag};

/// Settings of a deployment: everything it needs that does not come from AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a choice of its own, named as in the API"
)]
pub struct Request {
    /// The stack to create or update.
    pub stack: StackName,
    /// The region of the stack, which decides the host of a template's address.
    pub region: Region,
    /// The template, sent byte for byte.
    pub template: Source,
    /// The template's address in S3, if CloudFormation fetches it; `template` is then that object.
    pub template_url: Option<String>,
    /// The parameters that the template declares.
    pub(crate) declared: TemplateParameters,
    /// Values given for parameters; a later value overrides an earlier one.
    pub overrides: Vec<ParameterOverride>,
    /// Parameters and values to redact, in addition to the values given for `NoEcho`
    /// parameters.
    pub secrets: Secrets,
    /// Acknowledgements such as `CAPABILITY_IAM`, passed on unchanged.
    pub capabilities: Vec<String>,
    /// The stack's tags; `None` keeps the existing ones, an empty list removes them.
    pub tags: Option<Vec<Tag>>,
    /// The role CloudFormation assumes; `None` keeps the stack's existing role.
    pub role_arn: Option<String>,
    /// Topics for events; `None` keeps the existing ones, an empty list removes them.
    pub notification_arns: Option<Vec<String>>,
    /// Alarms that roll an operation back, during it and for a while after it; at most five.
    ///
    /// `None` keeps the stack's alarms, an empty list removes them.
    pub rollback_triggers: Option<Vec<RollbackTrigger>>,
    /// Minutes after the operation during which the alarms are watched, at most 180.
    ///
    /// `None` keeps the stack's setting.
    pub monitoring_minutes: Option<u16>,
    /// The updates that the stack permits; `None` keeps the existing policy.
    pub stack_policy: Option<StackPolicy>,
    /// The stack's protection against deletion; `None` keeps the current setting.
    pub termination_protection: Option<bool>,
    /// The source's revision for the tag `cn:source-revision`; `None` keeps the tag.
    pub revision: Option<String>,
    /// The bucket for a template that cannot or must not be sent inline.
    pub bucket: Option<TemplateBucket>,
    /// The use of the change set: execute, review or preview.
    pub mode: Mode,
    /// The moment at which the operation counts as complete.
    pub completion: Completion,
    /// The reaction to a failed operation.
    pub on_failure: OnFailure,
    /// True if a rollback also deletes new resources whose policy would retain them.
    pub retain_except_on_create: bool,
    /// True if the change set covers the resources of nested stacks.
    pub include_nested_stacks: bool,
    /// True if CloudFormation imports existing resources that have the names in the template.
    pub import_existing_resources: bool,
    /// True if an update also reverts changes that were made to resources outside CloudFormation.
    pub revert_drift: bool,
    /// True if CloudFormation skips its validation of the change set.
    pub disable_validation: bool,
    /// Changes that must not happen without a person's approval.
    pub gates: Vec<Gate>,
    /// True if a stack whose creation was rolled back may be deleted and recreated.
    pub replace_failed: bool,
    /// True if a failed rollback of an update is continued once before the deployment.
    pub continue_rollback: bool,
    /// True if the run waits while another operation runs on the stack.
    pub wait_busy: bool,
    /// Name of the change set, unique among all runs; it marks every request and event of the run.
    pub change_set: ChangeSetName,
}

impl Request {
    /// Returns a deployment without optional settings: executed, and rolled back on failure.
    ///
    /// * `change_set`: unique among all runs.
    pub fn new(
        stack: StackName,
        region: Region,
        template: &Template,
        change_set: ChangeSetName,
    ) -> Self {
        Self {
            stack,
            region,
            template: template.source().clone(),
            template_url: None,
            declared: TemplateParameters::of(template),
            overrides: Vec::new(),
            secrets: hidden_defaults(template),
            capabilities: Vec::new(),
            tags: None,
            role_arn: None,
            notification_arns: None,
            rollback_triggers: None,
            monitoring_minutes: None,
            stack_policy: None,
            termination_protection: None,
            revision: None,
            bucket: None,
            mode: Mode::Execute,
            completion: Completion::Standard,
            on_failure: OnFailure::Rollback,
            retain_except_on_create: false,
            include_nested_stacks: false,
            import_existing_resources: false,
            revert_drift: false,
            disable_validation: false,
            gates: Vec::new(),
            replace_failed: true,
            continue_rollback: false,
            wait_busy: false,
            change_set,
        }
    }

    /// Returns everything to redact: [`secrets`](Self::secrets), and the values given
    /// for `NoEcho` parameters.
    pub fn redaction(&self) -> Secrets {
        let mut secrets = self.secrets.clone();
        for given in &self.overrides {
            let declared = self.declared.find(&given.key);
            if declared.is_some_and(|parameter| parameter.no_echo) {
                secrets.add(&given.key, given.value.as_str().into());
            }
        }
        secrets
    }
}

/// Returns the defaults of `NoEcho` parameters. The template shows them, but no log has to;
/// shorter ones are words such as `none` and `changeme`, which other texts have as well.
fn hidden_defaults(template: &Template) -> Secrets {
    const SHORTEST: usize = 9;
    let mut secrets = Secrets::default();
    for parameter in template.parameters().filter(|parameter| parameter.no_echo) {
        let default = parameter.default.and_then(Node::as_str);
        if let Some(text) = default.filter(|text| text.chars().count() >= SHORTEST) {
            secrets.add_value(text.into());
        }
    }
    secrets
}

/// The parameters a template declares, in template order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TemplateParameters(pub Vec<DeclaredParameter>);

/// An entry of a template's `Parameters`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeclaredParameter {
    /// The parameter's logical name.
    pub key: String,
    /// True if the template declares a default.
    pub has_default: bool,
    /// True if the value must be redacted.
    pub no_echo: bool,
    /// The position of the declaration in the template.
    pub span: Option<Span>,
}

impl TemplateParameters {
    /// Returns the parameters that a parsed template declares.
    pub(crate) fn of(template: &Template) -> Self {
        let declared = template.parameters().map(|parameter| DeclaredParameter {
            key: parameter.name.to_owned(),
            has_default: parameter.default.is_some(),
            no_echo: parameter.no_echo,
            span: Some(parameter.key.span),
        });
        Self(declared.collect())
    }

    /// Returns the declaration with the given name.
    pub(crate) fn find(&self, key: &str) -> Option<&DeclaredParameter> {
        self.0.iter().find(|parameter| parameter.key == key)
    }
}

/// A value given for a parameter.
#[derive(Clone, PartialEq, Eq)]
pub struct ParameterOverride {
    /// The parameter's logical name.
    pub key: String,
    /// The value; may be empty.
    pub value: String,
}

impl fmt::Debug for ParameterOverride {
    /// Omits the value: it may be a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=****", self.key)
    }
}

/// Values to redact in a run that starts from a change set or an operation instead of a template.
#[derive(Clone, Debug, Default)]
pub struct Confidential {
    /// Values that are secret in any case.
    pub secrets: Secrets,
    /// Values given for parameters, redacted if CloudFormation masks the parameter.
    ///
    /// CloudFormation masks `NoEcho` parameters.
    pub given: Vec<ParameterOverride>,
}

impl Confidential {
    /// Returns everything to redact.
    ///
    /// * `masked`: the parameters that CloudFormation masks.
    pub(crate) fn redaction(&self, masked: &BTreeSet<String>) -> Secrets {
        let mut secrets = self.secrets.clone();
        for given in self
            .given
            .iter()
            .filter(|given| masked.contains(&given.key))
        {
            secrets.add(&given.key, given.value.as_str().into());
        }
        secrets
    }
}

/// A policy document that lists the updates a stack permits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackPolicy(pub(crate) String);

impl StackPolicy {
    /// Returns the document as JSON.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An alarm that rolls an operation back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollbackTrigger {
    /// The alarm's ARN.
    pub arn: String,
    /// True if it is a composite alarm: the ARN does not show it, and the API requires it.
    pub is_composite: bool,
}

impl From<&str> for RollbackTrigger {
    /// Parses `ARN` or `composite:ARN`.
    fn from(text: &str) -> Self {
        let composite = text.strip_prefix("composite:");
        Self {
            arn: composite.unwrap_or(text).to_owned(),
            is_composite: composite.is_some(),
        }
    }
}

/// The bucket from which CloudFormation fetches a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateBucket {
    /// The bucket, in the region of the stack.
    pub name: Bucket,
    /// The account that must own the bucket; `None` skips the check.
    pub owner: Option<AccountId>,
    /// The prefix of the object's key.
    pub prefix: Prefix,
    /// The KMS key that encrypts the object; `None` uses the bucket's default.
    pub kms_key_id: Option<String>,
    /// The encryption without a KMS key; `None` uses the bucket's default.
    pub sse: Option<Sse>,
    /// True if the upload overwrites an existing object of the same name.
    pub force_upload: bool,
    /// True if small templates go through the bucket too.
    pub always: bool,
}

/// The use of the change set: execute, review or preview.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The change set is executed.
    Execute,
    /// The change set stays for a person to review and execute.
    Review,
    /// The change set is shown, then deleted with everything it created.
    Preview,
}

/// The moment at which an operation on a stack counts as complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    /// Complete when every resource is ready to serve.
    Standard,
    /// Complete when every resource is configured. Afterwards, resources may still be getting
    /// ready, and deletions may still be running.
    ///
    /// # Source
    ///
    /// CloudFormation user guide, "Deploy stacks faster with express mode", also for China;
    /// CloudFormation API reference, `DeploymentConfig`.
    Express,
}

/// The reaction to a failed operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// CloudFormation restores the previous state.
    Rollback,
    /// Keeps the resources that succeeded, for a person to inspect.
    Keep,
    /// Deletes a stack whose creation failed; rolls back an update.
    Delete,
}

/// Bytes of the largest template that a request can contain.
///
/// # Source
///
/// CloudFormation API reference, `CreateChangeSet`, `TemplateBody`: at most 51,200 bytes.
pub(crate) const MAX_INLINE_TEMPLATE_BYTES: usize = 51_200;

/// Bytes of the largest template that CloudFormation fetches from a bucket.
///
/// # Source
///
/// CloudFormation API reference, `CreateChangeSet`, `TemplateURL`: at most 1 MB.
pub(crate) const MAX_TEMPLATE_BYTES: usize = 1_048_576;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_never_shows_in_debug_output() {
        let given = ParameterOverride {
            key: "Password".into(),
            value: "hunter2".into(),
        };
        assert_eq!(format!("{given:?}"), "Password=****");
    }

    #[test]
    fn defaults_that_nobody_may_see_are_redacted() {
        let text = "Parameters:\n  Pw: {Type: String, NoEcho: true, Default: hunter2hunter2}\n  \
                    Kind: {Type: String, NoEcho: true, Default: none}\n  \
                    Shown: {Type: String, Default: production}\nResources: {}\n";
        let template = Template::parse(&Source::new("t.yaml", text))
            .template
            .unwrap();
        let secrets = hidden_defaults(&template);
        assert_eq!(
            secrets.text("hunter2hunter2 is weak, none in production"),
            "**** is weak, none in production"
        );
    }
}
