//! The lines that `cn-deploy --format json` prints.

use std::collections::BTreeMap;

use cn_core::stack::{Background, Detail, FailureMode, Progress, ResourceEvent};
use schemars::JsonSchema;
use serde::Serialize;

/// Kind `outputs`: the result of a deployment, on stdout.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Outputs<'a> {
    /// The stack's name.
    pub stack: &'a str,
    /// The stack's ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack_id: Option<&'a str>,
    /// `created`, `updated` or `unchanged`.
    pub result: &'a str,
    /// The stack's outputs.
    pub outputs: BTreeMap<&'a str, &'a str>,
    /// Paths of resources that are configured and may still become ready, or are still being
    /// deleted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub in_background: Vec<String>,
}

/// Kind `summary`: what goes where, before anything is done.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Summary<'a> {
    /// The stack's name.
    pub stack: &'a str,
    /// `create`, `update`, or `execute` for a reviewed change set.
    pub operation: &'a str,
    /// The target account; null when it was not verified.
    pub account: Option<String>,
    /// The target region.
    pub region: &'a str,
    /// The source of the target's credentials.
    pub identity: String,
    /// The template's path or address; missing for a reviewed change set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<&'a str>,
    /// The reviewed change set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_set: Option<&'a str>,
    /// The bucket that the template is uploaded to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<&'a str>,
    /// The role that CloudFormation assumes, when the run sets one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// `express`; missing in the standard mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<&'a str>,
    /// `roll-back`, `keep` or `delete`: what becomes of a failed operation; missing for a
    /// reviewed change set in the standard mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<&'a str>,
    /// Acknowledged capabilities.
    pub capabilities: &'a [String],
    /// The parameters that are sent; those left to the template's defaults are missing.
    pub parameters: Vec<SummaryParameter<'a>>,
    /// The tags that the stack gets; missing when it keeps its tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
}

/// One parameter of a summary.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SummaryParameter<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its value, redacted when it is secret; null when the stack keeps its value.
    pub value: Option<String>,
    /// The origin of the value: a file, a variable, an SSM parameter, `command line` or
    /// `stack`.
    pub origin: &'a str,
}

/// Kind `change-set`: a change set that waits for review, on stdout.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ChangeSet<'a> {
    /// The stack's name.
    pub stack: &'a str,
    /// The change set's ARN; absent when it was only a preview.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_set_id: Option<&'a str>,
    /// The changes of the change set.
    pub changes: Vec<Change<'a>>,
    /// The findings of CloudFormation's validation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub validations: Vec<Validation<'a>>,
}

/// One thing that CloudFormation's validation found.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Validation<'a> {
    /// `FAIL` or `WARN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<&'a str>,
    /// The validation or hook, such as `NAME_CONFLICT_VALIDATION`.
    pub found_by: &'a str,
    /// Logical ID of the resource; in a nested stack, with the path to it.
    pub logical_id: &'a str,
    /// Its type.
    pub resource_type: &'a str,
    /// The message.
    pub reason: &'a str,
    /// The place in the template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<&'a str>,
}

impl<'a> Validation<'a> {
    /// Creates the wire type of a finding.
    pub fn of(detail: &'a Detail) -> Self {
        Self {
            mode: detail.mode.as_ref().map(FailureMode::as_str),
            found_by: &detail.found_by,
            logical_id: &detail.logical_id,
            resource_type: &detail.resource_type,
            reason: &detail.reason,
            place: detail.place.as_deref(),
        }
    }
}

/// Kind `change-set` in a file for reviewers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ChangeSetFile<'a> {
    /// The stack's name.
    pub stack: &'a str,
    /// The target region.
    pub region: &'a str,
    /// The template's path or address; null for a change set that was reviewed before.
    pub template: Option<&'a str>,
    /// The change set's ARN; null when it was only a preview.
    pub change_set_id: Option<&'a str>,
    /// The changes, with the values of properties.
    pub changes: Vec<Change<'a>>,
    /// The findings of CloudFormation's validation.
    pub validations: Vec<Validation<'a>>,
}

/// One resource that a change set changes.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Change<'a> {
    /// The action, such as `Add`, `Modify`, `Remove`.
    pub action: &'a str,
    /// Logical IDs from the root to the resource, joined by slashes, when it
    /// lies in a nested stack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Logical ID.
    pub logical_id: &'a str,
    /// Physical ID, of a resource that exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_id: Option<&'a str>,
    /// The resource type, such as `AWS::Lambda::Function`.
    pub resource_type: &'a str,
    /// `True`, `False` or `Conditional`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replacement: Option<&'a str>,
    /// The fate of the resource that is replaced or removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<&'a str>,
    /// The drift, such as `MODIFIED` or `DELETED`, in a change set that reverts drift.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<&'a str>,
    /// Properties whose drift stays, each with the reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub kept_drift: BTreeMap<&'a str, &'a str>,
    /// The properties that change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<ChangeDetail<'a>>,
}

/// One property that changes. Values are only in the file for reviewers:
/// they do not belong into a log.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ChangeDetail<'a> {
    /// The property.
    pub name: &'a str,
    /// `Never`, `Conditionally` or `Always`.
    pub recreation: &'a str,
    /// The source, such as `DirectModification` or `ParameterReference`.
    pub source: &'a str,
    /// The parameter or resource that causes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caused_by: Option<&'a str>,
    /// The value before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The value after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// `reverted` or `accepted`: what becomes of the property's drift.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<&'a str>,
    /// The value that was deployed last, when it has drifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployed: Option<String>,
    /// The value that the resource has, when it has drifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
}

/// Kind `drift`: what was changed behind the stack's back.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Drift<'a> {
    /// The stack's name.
    pub stack: &'a str,
    /// Resources that are not as the template says.
    pub resources: Vec<DriftedResource<'a>>,
    /// Why not all of them could be looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<&'a str>,
}

/// One resource that is not as the template says.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct DriftedResource<'a> {
    /// Logical ID.
    pub logical_id: &'a str,
    /// Physical ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_id: Option<&'a str>,
    /// The resource type, such as `AWS::SQS::Queue`.
    pub resource_type: &'a str,
    /// `MODIFIED` or `DELETED`.
    pub status: &'a str,
    /// Paths of the properties that differ.
    pub properties: Vec<&'a str>,
}

/// Kind `comparison`: what the stacks of several regions run, on stdout.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Comparison<'a> {
    /// The stack's name.
    pub stack: &'a str,
    /// In the order asked for.
    pub regions: Vec<ComparedRegion<'a>>,
    /// The differences, in words; empty when the regions run the same.
    pub differences: &'a [String],
}

/// The template and revision that one region runs.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ComparedRegion<'a> {
    /// The region.
    pub region: &'a str,
    /// The stack's status; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<&'a str>,
    /// Its tag `cn:source-revision`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<&'a str>,
    /// Digest of its template, partitions and buckets made alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<&'a str>,
}

/// Kind `stack-event`: a status that a resource, or a stack, came into.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct StackEvent<'a> {
    /// The time, in UTC.
    pub time: String,
    /// Logical IDs from the root to the resource, joined by slashes.
    pub path: String,
    /// Logical ID.
    pub logical_id: &'a str,
    /// Physical ID, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_id: Option<&'a str>,
    /// The resource type, such as `AWS::Lambda::Function`.
    pub resource_type: &'a str,
    /// The status, such as `CREATE_IN_PROGRESS`.
    pub status: &'a str,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
    /// `becoming-ready` or `being-deleted`: what goes on in the background.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background: Option<&'a str>,
    /// Resources that reached their goal.
    pub done: usize,
    /// Resources in all, and the stack; 0 when unknown.
    pub total: usize,
}

impl<'a> StackEvent<'a> {
    /// Creates the line of an event, with the progress of the operation.
    pub fn of(event: &'a ResourceEvent, progress: Progress) -> Self {
        Self {
            time: event.at.to_string(),
            path: event.full_path(),
            logical_id: &event.logical_id,
            physical_id: event.physical_id.as_deref(),
            resource_type: &event.resource_type,
            status: event.status.as_str(),
            reason: event.reason.as_deref(),
            background: event.background.map(Background::as_str),
            done: progress.done,
            total: progress.total,
        }
    }
}

/// Kind `heartbeat`: nothing was reported for a while, but the operation goes on.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Heartbeat<'a> {
    /// Seconds since the execution began.
    pub elapsed_seconds: u64,
    /// Paths of the resources in progress.
    pub in_progress: &'a [String],
}

/// Kind `cause`: the first failure of an operation that failed.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Cause<'a> {
    /// Logical IDs from the root to the resource, joined by slashes.
    pub path: String,
    /// The resource type, such as `AWS::Lambda::Function`.
    pub resource_type: &'a str,
    /// Why, in the service's words.
    pub reason: &'a str,
    /// The code of the service behind the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'a str>,
    /// Resources that were canceled because of it.
    pub cancelled: usize,
    /// Paths of other resources that failed by themselves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
    /// The log of the function of a custom resource, as far as it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<FunctionLog<'a>>,
}

/// The last lines of a log.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct FunctionLog<'a> {
    /// The log group.
    pub group: &'a str,
    /// Oldest first.
    pub lines: &'a [String],
}

/// One change that a gate refused, in the `refusals` of kind `failure`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Refusal<'a> {
    /// The gate, such as `delete=AWS::DynamoDB::*`.
    pub gate: String,
    /// Logical ID of the resource; in a nested stack, with the path to it.
    pub logical_id: &'a str,
    /// Its type.
    pub resource_type: &'a str,
    /// The change; a fragment.
    pub reason: &'a str,
}
