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

/// Everything a deployment needs to know that does not come from AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a choice of its own, named as in the API"
)]
pub struct Request {
    /// The stack to create or update.
    pub stack: StackName,
    /// The region it lives in: decides the host of a template's address.
    pub region: Region,
    /// The template as it is sent: byte for byte.
    pub template: Source,
    /// The template's address in S3, when CloudFormation shall fetch it from there;
    /// `template` is what was found at it.
    pub template_url: Option<String>,
    /// The parameters that the template declares.
    pub(crate) declared: TemplateParameters,
    /// Values given for parameters; a later one wins over an earlier one.
    pub overrides: Vec<ParameterOverride>,
    /// Parameters and values to redact, in addition to the values given for `NoEcho`
    /// parameters.
    pub secrets: Secrets,
    /// Acknowledgements such as `CAPABILITY_IAM`, passed on as they are.
    pub capabilities: Vec<String>,
    /// The stack's tags; absent leaves the present ones alone, empty removes them.
    pub tags: Option<Vec<Tag>>,
    /// The role CloudFormation assumes; absent keeps the stack's present one.
    pub role_arn: Option<String>,
    /// Topics for events; absent leaves the present ones alone, empty removes them.
    pub notification_arns: Option<Vec<String>>,
    /// Alarms that roll an operation back; absent leaves the present ones alone.
    pub rollback: Option<RollbackAlarms>,
    /// The updates that the stack permits; absent leaves the present policy alone.
    pub stack_policy: Option<StackPolicy>,
    /// The protection of the stack against deletion; absent leaves it alone.
    pub termination_protection: Option<bool>,
    /// The source's revision, for the tag `cn:source-revision`; absent leaves the tag alone.
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
    /// True if the resources of nested stacks take part in the change set.
    pub include_nested_stacks: bool,
    /// True if resources that exist under the names the template gives are imported.
    pub import_existing_resources: bool,
    /// True if an update also brings resources back to the template that were changed outside of
    /// CloudFormation.
    pub revert_drift: bool,
    /// True if CloudFormation's validation of the change set is left out.
    pub disable_validation: bool,
    /// Changes that must not happen without a person.
    pub gates: Vec<Gate>,
    /// True if a stack whose creation was rolled back may be deleted and made anew.
    pub replace_failed: bool,
    /// True if an update whose rollback failed is rolled back once more, then deployed to.
    pub continue_rollback: bool,
    /// True to wait while another operation runs on the stack.
    pub wait_busy: bool,
    /// Name of the change set, unique among all runs; it also marks every
    /// request and event of this run.
    pub change_set: ChangeSetName,
}

impl Request {
    /// The plain deployment of a template: executed, rolled back on failure,
    /// and nothing sent that was not asked for.
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
            rollback: None,
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

/// The parameters a template declares, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TemplateParameters(pub Vec<DeclaredParameter>);

/// One entry of a template's `Parameters`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeclaredParameter {
    /// Its logical name.
    pub key: String,
    /// True if the template has a default for it.
    pub has_default: bool,
    /// True if its value must not be shown.
    pub no_echo: bool,
    /// The place of its declaration in the template.
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

    /// The declaration of that name.
    pub(crate) fn find(&self, key: &str) -> Option<&DeclaredParameter> {
        self.0.iter().find(|parameter| parameter.key == key)
    }
}

/// A value given for a parameter.
#[derive(Clone, PartialEq, Eq)]
pub struct ParameterOverride {
    /// The parameter's logical name.
    pub key: String,
    /// Its value; may be empty.
    pub value: String,
}

impl fmt::Debug for ParameterOverride {
    /// Leaves the value out: it may be a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=****", self.key)
    }
}

/// Values to redact in a run that is given a change set or an operation instead of a
/// template.
#[derive(Clone, Debug, Default)]
pub struct Confidential {
    /// Values that are secret in any case.
    pub secrets: Secrets,
    /// Values given for parameters. They are redacted where CloudFormation masks the
    /// parameter, as it does with `NoEcho` parameters.
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

/// A policy document: the updates that a stack permits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackPolicy(pub(crate) String);

impl StackPolicy {
    /// The document, as JSON.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Alarms that roll an operation back while it runs and for a while after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollbackAlarms {
    /// At most five; absent leaves the stack's alone, empty removes them.
    pub triggers: Option<Vec<RollbackTrigger>>,
    /// For how many minutes after the operation they are watched, at most 180;
    /// absent leaves the stack's setting alone.
    pub monitoring_minutes: Option<u16>,
}

/// An alarm that rolls an operation back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollbackTrigger {
    /// Its ARN.
    pub arn: String,
    /// True if it is a composite alarm: the ARN does not tell, and the API wants to know.
    pub is_composite: bool,
}

impl From<&str> for RollbackTrigger {
    /// Reads `ARN` or `composite:ARN`.
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
    /// The account that must own it; absent is not checked.
    pub owner: Option<AccountId>,
    /// The beginning of the object's key.
    pub prefix: Prefix,
    /// The KMS key the object is encrypted with; absent leaves it to the bucket.
    pub kms_key_id: Option<String>,
    /// The encryption without a key; absent leaves it to the bucket.
    pub sse: Option<Sse>,
    /// True if the object is written although one of that name exists.
    pub force_upload: bool,
    /// True if small templates go through the bucket too.
    pub always: bool,
}

/// The use of the change set: execute, review or preview.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is executed.
    Execute,
    /// It is left for a person to review and execute.
    Review,
    /// It is shown, then deleted with everything it made.
    Preview,
}

/// The moment at which an operation on a stack counts as complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    /// Complete when every resource is ready to serve.
    Standard,
    /// Complete when every resource is configured. Resources may still become ready, and deletions
    /// may still go on, afterwards.
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
    /// CloudFormation returns to the state before.
    Rollback,
    /// Keeps the resources that succeeded, for a person to look at.
    Keep,
    /// A stack whose creation failed is deleted; an update is rolled back.
    Delete,
}

/// The largest template, in bytes, that a request can carry.
///
/// # Source
///
/// CloudFormation API reference, `CreateChangeSet`, `TemplateBody`: at most 51,200 bytes.
pub(crate) const MAX_INLINE_TEMPLATE_BYTES: usize = 51_200;

/// The largest template, in bytes, that CloudFormation fetches from a bucket.
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
