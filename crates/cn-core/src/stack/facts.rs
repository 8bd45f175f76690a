//! Reading stacks.

use std::collections::BTreeSet;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{Parameter, Stack};

use super::express::Express;
use super::name::Tag;
use super::status::StackStatus;
use crate::call::{CallError, CallErrorKind, CallExt as _};

/// The state of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StackFacts {
    /// The ARN, which stays unique even if another stack takes the name.
    pub id: String,
    /// The status.
    pub status: StackStatus,
    /// The reason for the status, if the service returns one.
    pub reason: Option<String>,
    /// The keys of the stack's parameters.
    pub parameter_keys: BTreeSet<String>,
    /// The parameters whose values the service masks: the `NoEcho` parameters.
    pub masked_keys: BTreeSet<String>,
    /// True if the service would refuse a deletion.
    pub is_protected: bool,
    /// True if the last operation was in Express mode.
    pub is_express: bool,
    /// The change set of the last creation or update.
    pub change_set_id: Option<String>,
    /// The stack's tags, without those of AWS itself.
    pub tags: Vec<Tag>,
    /// The stack's outputs, sorted by key.
    pub outputs: Vec<Output>,
}

/// An output of a stack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Output {
    /// The logical name.
    pub key: String,
    /// The output's value.
    pub value: String,
    /// The description from the template.
    pub description: Option<String>,
    /// The name of the export.
    pub export: Option<String>,
}

/// Reads a stack by name or ID; `None` if it does not exist.
///
/// A name does not find a deleted stack; an ID finds it with status `DELETE_COMPLETE`.
pub(crate) async fn describe(
    client: &Client,
    name_or_id: &str,
) -> Result<Option<StackFacts>, CallError> {
    let answer = client
        .describe_stacks()
        .stack_name(name_or_id)
        .send()
        .await
        .call("cloudformation", "DescribeStacks");
    match answer {
        // The service reports an absent stack as an error; an empty list is not a valid answer.
        Ok(output) => match output.stacks().first().map(stack_facts) {
            Some(stack) if !stack.id.is_empty() => Ok(Some(stack)),
            _ => Err(CallError::without_answer(
                "cloudformation",
                "DescribeStacks",
            )),
        },
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns true if the service reports that the stack does not exist.
///
/// The error is a `ValidationError`; only its message distinguishes it from an invalid name.
pub(crate) fn is_absent(error: &CallError) -> bool {
    let says_so = error
        .message
        .as_deref()
        .is_some_and(|message| message.contains("does not exist"));
    matches!(error.kind, CallErrorKind::Refused | CallErrorKind::NotFound) && says_so
}

/// Returns the parameters whose values the service masks.
///
/// # Source
///
/// CloudFormation user guide, "Parameters", `NoEcho`: the value is shown as asterisks.
pub(crate) fn masked_keys(parameters: &[Parameter]) -> BTreeSet<String> {
    let is_masked = |value: &str| !value.is_empty() && value.bytes().all(|byte| byte == b'*');
    parameters
        .iter()
        .filter(|parameter| parameter.parameter_value().is_some_and(is_masked))
        .filter_map(|parameter| parameter.parameter_key().map(str::to_owned))
        .collect()
}

pub(crate) fn stack_facts(stack: &Stack) -> StackFacts {
    let status = stack
        .stack_status()
        .map_or("UNKNOWN", |status| status.as_str());
    let mut outputs: Vec<Output> = stack
        .outputs()
        .iter()
        .map(|output| Output {
            key: output.output_key().unwrap_or_default().to_owned(),
            value: output.output_value().unwrap_or_default().to_owned(),
            description: output.description().map(str::to_owned),
            export: output.export_name().map(str::to_owned),
        })
        .collect();
    outputs.sort();
    StackFacts {
        id: stack.stack_id().unwrap_or_default().to_owned(),
        status: StackStatus::new(status),
        reason: stack
            .stack_status_reason()
            .filter(|reason| !reason.is_empty())
            .map(str::to_owned),
        parameter_keys: stack
            .parameters()
            .iter()
            .filter_map(|parameter| parameter.parameter_key())
            .map(str::to_owned)
            .collect(),
        masked_keys: masked_keys(stack.parameters()),
        is_protected: stack.enable_termination_protection().unwrap_or(false),
        is_express: stack.deployment_config().and_then(Express::of).is_some(),
        change_set_id: stack.change_set_id().map(str::to_owned),
        tags: stack
            .tags()
            .iter()
            .map(|tag| Tag {
                key: tag.key().unwrap_or_default().to_owned(),
                value: tag.value().unwrap_or_default().to_owned(),
            })
            .filter(|tag| !tag.key.starts_with("aws:"))
            .collect(),
        outputs,
    }
}
