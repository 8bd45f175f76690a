//! What is wanted of a deployment, valid by construction.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use cn_template::tree::Template;
use cn_template::{Region, Source, Span};
use tokio::time::Instant;

use super::gate::Gate;

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
    /// What the template declares.
    pub declared: TemplateParameters,
    /// Values given for parameters; a later one wins over an earlier one.
    pub overrides: Vec<ParameterOverride>,
    /// Parameters whose given values are shown nowhere, besides those of `NoEcho`.
    pub secrets: BTreeSet<String>,
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
    /// Which updates the stack permits; absent leaves the present policy alone.
    pub stack_policy: Option<StackPolicy>,
    /// Whether the stack refuses its deletion; absent leaves that alone.
    pub termination_protection: Option<bool>,
    /// The source's revision, for the tag [`REVISION_TAG`]; absent leaves the tag alone.
    pub revision: Option<String>,
    /// Where the template goes when it cannot or shall not be sent inline.
    pub bucket: Option<TemplateBucket>,
    /// Whether the change set is executed.
    pub mode: Mode,
    /// What becomes of a failed operation.
    pub on_failure: OnFailure,
    /// Whether a rollback also deletes new resources whose policy would retain them.
    pub retain_except_on_create: bool,
    /// Whether the resources of nested stacks take part in the change set.
    pub include_nested_stacks: bool,
    /// Whether resources that exist under the names the template gives are imported.
    pub import_existing_resources: bool,
    /// Changes that must not happen without a person.
    pub gates: Vec<Gate>,
    /// Whether a stack whose creation was rolled back may be deleted and made anew.
    pub replace_failed: bool,
    /// Whether an update whose rollback failed is rolled back once more, then deployed to.
    pub continue_rollback: bool,
    /// Whether to wait while another operation runs on the stack.
    pub wait_busy: bool,
    /// Name of the change set, unique among all runs; it also marks every
    /// request and event of this run.
    pub change_set: ChangeSetName,
    /// How long and how often to ask.
    pub waits: Waits,
}

impl Request {
    /// The plain deployment of a template: executed, rolled back on failure,
    /// and nothing sent that was not asked for.
    ///
    /// * `change_set`: unique among all runs.
    /// * `waits`: see [`Waits::standard`].
    pub fn new(
        stack: StackName,
        region: Region,
        template: &Template,
        change_set: ChangeSetName,
        waits: Waits,
    ) -> Self {
        Self {
            stack,
            region,
            template: template.source().clone(),
            template_url: None,
            declared: TemplateParameters::of(template),
            overrides: Vec::new(),
            secrets: BTreeSet::new(),
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
            on_failure: OnFailure::Rollback,
            retain_except_on_create: false,
            include_nested_stacks: false,
            import_existing_resources: false,
            gates: Vec::new(),
            replace_failed: true,
            continue_rollback: false,
            wait_busy: false,
            change_set,
            waits,
        }
    }
}

/// The name of a stack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StackName(String);

/// A text that is not the name of a stack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not the name of a stack: it takes letters, digits and hyphens, starts with a letter and has at most 128 characters"
)]
pub struct StackNameError(String);

impl StackName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StackName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for StackName {
    type Err = StackNameError;

    /// Reads a name, or the name within a stack's ARN.
    ///
    /// # Source
    ///
    /// CloudFormation API reference, `CreateStack`, `StackName`.
    ///
    /// # Examples
    ///
    /// ```
    /// use cn_core::deploy::StackName;
    /// let stack: StackName = "arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/orders/0a1b".parse()?;
    /// assert_eq!(stack.as_str(), "orders");
    /// # Ok::<(), cn_core::deploy::request::StackNameError>(())
    /// ```
    fn from_str(text: &str) -> Result<Self, StackNameError> {
        let name = match cn_template::partition::Arn::parse(text) {
            Some(arn) if arn.service == "cloudformation" => {
                arn.resource.split('/').nth(1).unwrap_or_default()
            }
            _ => text,
        };
        if is_name(name, 128) {
            Ok(Self(name.to_owned()))
        } else {
            Err(StackNameError(text.to_owned()))
        }
    }
}

fn is_name(name: &str, most: usize) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.len() <= most
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The name of a change set, which is also the client token of its requests.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChangeSetName(String);

/// How the names of all our change sets start.
pub const CHANGE_SET_PREFIX: &str = "cn-deploy-";

impl ChangeSetName {
    /// The readable, unique name of one run's change set: `cn-deploy-LABEL-RANDOM`.
    ///
    /// * `label`: what a person knows the run by, such as a build's ID; every
    ///   character that a name cannot hold becomes a hyphen.
    /// * `random`: keeps two runs of one second or one build apart.
    ///
    /// # Source
    ///
    /// Letters, digits, hyphens, at most 128: CloudFormation API reference,
    /// `CreateChangeSet`, `ChangeSetName` and `ClientToken`.
    pub fn new(label: &str, random: u32) -> Self {
        let label: String = label
            .chars()
            .map(|character| {
                if character.is_ascii_alphanumeric() {
                    character
                } else {
                    '-'
                }
            })
            .take(100)
            .collect();
        Self(format!(
            "{CHANGE_SET_PREFIX}{}-{random:08x}",
            label.trim_matches('-')
        ))
    }

    /// The name behind a client token, when it is one of ours.
    pub(super) fn of_token(token: String) -> Option<Self> {
        token.starts_with(CHANGE_SET_PREFIX).then_some(Self(token))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChangeSetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The parameters a template declares, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateParameters(pub Vec<DeclaredParameter>);

/// One entry of a template's `Parameters`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredParameter {
    /// Its logical name.
    pub key: String,
    /// Whether the template has a default for it.
    pub has_default: bool,
    /// Whether its value must not be shown.
    pub no_echo: bool,
    /// Where the template declares it.
    pub span: Option<Span>,
}

impl TemplateParameters {
    /// What a parsed template declares.
    pub fn of(template: &Template) -> Self {
        let declared = template.parameters().map(|parameter| DeclaredParameter {
            key: parameter.name.to_owned(),
            has_default: parameter.default.is_some(),
            no_echo: parameter.no_echo,
            span: Some(parameter.key.span),
        });
        Self(declared.collect())
    }

    /// The declaration of that name.
    pub fn find(&self, key: &str) -> Option<&DeclaredParameter> {
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

/// A tag of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// At most 128 characters.
    pub key: String,
    /// At most 256 characters; may be empty.
    pub value: String,
}

/// The tag that says which revision of the source a stack runs.
pub const REVISION_TAG: &str = "cn:source-revision";

/// Which updates of its resources a stack permits: a policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackPolicy(pub(super) String);

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
    /// Whether it is a composite alarm: the ARN does not tell, and the API wants to know.
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

/// Where a template is put for CloudFormation to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateBucket {
    /// The bucket, in the region of the stack.
    pub name: String,
    /// The account that must own it; absent is not checked.
    pub owner: Option<String>,
    /// Put before the object's name, with a slash between; may be empty.
    pub prefix: String,
    /// The KMS key the object is encrypted with; absent leaves it to the bucket.
    pub kms_key_id: Option<String>,
    /// Whether the object is written although one of that name exists.
    pub force_upload: bool,
    /// Whether small templates go through the bucket too.
    pub always: bool,
}

/// What is done with the change set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is executed.
    Execute,
    /// It is left for a person to review and execute.
    Review,
    /// It is shown, then deleted with everything it made.
    Preview,
}

/// What becomes of an operation that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// CloudFormation returns to the state before.
    Rollback,
    /// What succeeded stays, for a person to look at.
    Keep,
    /// A stack whose creation failed is deleted; an update is rolled back.
    Delete,
}

/// How long and how often an operation is asked after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// When to stop asking; absent: as long as the operation takes.
    pub deadline: Option<Instant>,
    /// Between two questions at first.
    pub shortest: Duration,
    /// Between two questions while events come.
    pub busy: Duration,
    /// Between two questions when nothing happens.
    pub longest: Duration,
    /// After so much silence a line says what is still in progress.
    pub heartbeat: Duration,
    /// Seed of the jitter, so that many builds do not ask in step.
    pub seed: u64,
}

impl Waits {
    /// The intervals that suit CloudFormation: 1 s for the first 10 s, 2 s
    /// while events come, up to 10 s when idle, a heartbeat after 30 s.
    pub const fn standard(deadline: Option<Instant>, seed: u64) -> Self {
        Self {
            deadline,
            shortest: Duration::from_secs(1),
            busy: Duration::from_secs(2),
            longest: Duration::from_secs(10),
            heartbeat: Duration::from_secs(30),
            seed,
        }
    }
}

/// The largest template, in bytes, that a request can carry.
///
/// # Source
///
/// CloudFormation API reference, `CreateChangeSet`, `TemplateBody`: at most 51,200 bytes.
pub const MAX_INLINE_TEMPLATE_BYTES: usize = 51_200;

/// The largest template, in bytes, that CloudFormation fetches from a bucket.
///
/// # Source
///
/// CloudFormation API reference, `CreateChangeSet`, `TemplateURL`: at most 1 MB.
pub const MAX_TEMPLATE_BYTES: usize = 1_048_576;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stack_names_follow_cloudformation() {
        for good in ["a", "Orders-2", &"a".repeat(128)] {
            assert_eq!(good.parse::<StackName>().unwrap().as_str(), good);
        }
        for bad in ["", "2a", "-a", "a_b", "a b", "订单", &"a".repeat(129)] {
            assert!(bad.parse::<StackName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn two_runs_of_one_second_have_names_of_their_own_case_81() {
        let first = ChangeSetName::new("orders:0a1b-22", 1);
        let second = ChangeSetName::new("orders:0a1b-22", 2);
        assert_eq!(first.as_str(), "cn-deploy-orders-0a1b-22-00000001");
        assert_ne!(first, second);
        assert!(is_name(
            ChangeSetName::new(&"键".repeat(300), 1).as_str(),
            128
        ));
    }

    #[test]
    fn a_value_never_shows_in_debug_output() {
        let given = ParameterOverride {
            key: "Password".into(),
            value: "hunter2".into(),
        };
        assert_eq!(format!("{given:?}"), "Password=****");
    }
}
