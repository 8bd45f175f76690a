//! Reading a StackSet.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{self as sdk, StackSet};

use super::calls::{NO_SET, call_as};
use super::error::{StackSetError, StackSetStep};
use super::outcome::Event;
use super::request::{AutoDeployment, Place, Request, StackSetName};
use super::status::{InstanceStatus, OperationAction, OperationStatus, PermissionModel};
use crate::call::{CallError, CallExt as _, Pages};
use crate::stack::facts::masked_keys;
use crate::stack::name::CHANGE_SET_PREFIX;
use crate::stack::pace::Pacer;
use crate::stack::{Pace, Tag};
use crate::timestamp::Timestamp;

/// The current state of the StackSet that a deployment will change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The StackSet; `None` if it does not exist.
    pub(super) set: Option<StackSetFacts>,
}

/// The state of a StackSet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct StackSetFacts {
    /// The template.
    pub template: String,
    /// The parameters; `NoEcho` parameters have no value.
    pub parameters: BTreeMap<String, Option<String>>,
    /// The acknowledged capabilities.
    pub capabilities: BTreeSet<String>,
    /// The tags.
    pub tags: Vec<Tag>,
    /// The origin of the roles.
    pub model: Option<PermissionModel>,
    /// The ARN of the administration role.
    pub administration_role: Option<String>,
    /// The name of the execution role.
    pub execution_role: Option<String>,
    /// The effect of accounts that join or leave a unit.
    pub auto_deployment: Option<AutoDeployment>,
    /// True if the service queues operations instead of refusing them.
    pub queues: bool,
    /// The instances.
    pub instances: Vec<Instance>,
    /// An operation that has not ended, if there is one.
    pub running: Option<Running>,
}

/// A stack of a StackSet in one account and region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Instance {
    /// The account and region.
    pub place: Place,
    /// The organizational unit, with service-managed permissions.
    pub unit: Option<String>,
    /// The instance's status.
    pub status: InstanceStatus,
}

/// An operation that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Running {
    /// The operation's ID.
    pub id: String,
    /// The operation's kind.
    pub action: OperationAction,
    /// The operation's status.
    pub status: OperationStatus,
}

impl Running {
    /// Returns true if a run of this library started the operation.
    pub(super) fn is_ours(&self) -> bool {
        self.id.starts_with(CHANGE_SET_PREFIX)
    }
}

impl StackSetFacts {
    /// Returns the operation that has to end first; `None` if the service queues operations.
    pub(super) fn busy(&self) -> Option<&Running> {
        self.running.as_ref().filter(|_| !self.queues)
    }

    pub(super) fn masked_keys(&self) -> BTreeSet<String> {
        let masked = self.parameters.iter().filter(|(_, value)| value.is_none());
        masked.map(|(key, _)| key.clone()).collect()
    }
}

/// Reads the facts for a plan.
///
/// If another operation is running, waits for its end if the request sets `wait_busy`, or if an
/// earlier run of this library started the operation: the instances must not change meanwhile. Does
/// not wait for a StackSet that queues operations.
///
/// # Errors
///
/// Fails if the StackSet, its instances or its operations cannot be read.
pub async fn read(
    client: &Client,
    request: &Request,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Facts, StackSetError> {
    let secrets = request.inputs.redaction();
    let name = &request.name;
    let is_delegated = request.permissions.is_delegated;
    let mut pacer = Pacer::new(pace);
    let mut is_told = false;
    loop {
        let set = describe_whole(client, name, is_delegated).await;
        let set = set.map_err(|source| {
            let error = StackSetStep::Read(name.clone()).failed(source);
            error.redacted(&secrets)
        })?;
        let Some(busy) = set.as_ref().and_then(StackSetFacts::busy) else {
            return Ok(Facts { set });
        };
        if !request.inputs.wait_busy && !busy.is_ours() {
            return Ok(Facts { set });
        }
        if !is_told {
            on_event(Event::Busy {
                operation: busy.id.clone(),
                is_ours: busy.is_ours(),
            });
            is_told = true;
        }
        if !pacer.pause(false).await {
            return Ok(Facts { set });
        }
    }
}

/// Reads a StackSet with its instances and running operation; `None` if it does not exist.
async fn describe_whole(
    client: &Client,
    name: &StackSetName,
    is_delegated: bool,
) -> Result<Option<StackSetFacts>, CallError> {
    let Some(mut set) = describe(client, name, is_delegated).await? else {
        return Ok(None);
    };
    let operations = operations(client, name, is_delegated).await?;
    let mut running = operations.into_iter().map(|(_, operation)| operation);
    set.running = running.find(|operation| !operation.status.is_over());
    set.instances = instances(client, name, is_delegated).await?;
    Ok(Some(set))
}

/// Reads a StackSet without its instances and operations; `None` if it does not exist.
pub(super) async fn describe(
    client: &Client,
    name: &StackSetName,
    is_delegated: bool,
) -> Result<Option<StackSetFacts>, CallError> {
    let request = client.describe_stack_set().stack_set_name(name.as_str());
    let answer = request.set_call_as(call_as(is_delegated)).send().await;
    match answer.call("cloudformation", "DescribeStackSet") {
        Ok(answer) => match answer.stack_set {
            Some(set) => Ok(Some(set_facts(&set))),
            None => Err(CallError::without_answer(
                "cloudformation",
                "DescribeStackSet",
            )),
        },
        Err(error) if error.has_code(NO_SET) => Ok(None),
        Err(error) => Err(error),
    }
}

fn set_facts(set: &StackSet) -> StackSetFacts {
    let masked = masked_keys(set.parameters());
    let parameters = set.parameters().iter().filter_map(|parameter| {
        let key = parameter.parameter_key()?;
        let value = parameter.parameter_value().unwrap_or_default();
        let value = (!masked.contains(key)).then(|| value.to_owned());
        Some((key.to_owned(), value))
    });
    let tag = |tag: &sdk::Tag| Tag {
        key: tag.key().unwrap_or_default().to_owned(),
        value: tag.value().unwrap_or_default().to_owned(),
    };
    let capabilities = set.capabilities().iter();
    let auto_deployment = set.auto_deployment().map(|deployment| {
        let retains = deployment.retain_stacks_on_account_removal() == Some(true);
        match deployment.enabled() {
            Some(true) if retains => AutoDeployment::Retain,
            Some(true) => AutoDeployment::Delete,
            _ => AutoDeployment::Off,
        }
    });
    let given = |text: Option<&str>| text.filter(|it| !it.is_empty()).map(str::to_owned);
    StackSetFacts {
        template: set.template_body().unwrap_or_default().to_owned(),
        parameters: parameters.collect(),
        capabilities: capabilities.map(|it| it.as_str().to_owned()).collect(),
        tags: set.tags().iter().map(tag).collect(),
        model: set.permission_model().map(|it| it.as_str().into()),
        administration_role: given(set.administration_role_arn()),
        execution_role: given(set.execution_role_name()),
        auto_deployment,
        queues: set
            .managed_execution()
            .and_then(sdk::ManagedExecution::active)
            == Some(true),
        instances: Vec::new(),
        running: None,
    }
}

async fn instances(
    client: &Client,
    name: &StackSetName,
    is_delegated: bool,
) -> Result<Vec<Instance>, CallError> {
    let mut all = Vec::new();
    let mut pages = Pages::of("cloudformation", "ListStackInstances");
    let mut next = None;
    loop {
        let request = client.list_stack_instances().stack_set_name(name.as_str());
        let request = request.set_call_as(call_as(is_delegated));
        let page = request.set_next_token(next).send().await;
        let page = page.call("cloudformation", "ListStackInstances")?;
        all.extend(page.summaries().iter().map(|summary| Instance {
            place: place(summary.account(), summary.region()),
            unit: summary.organizational_unit_id().map(str::to_owned),
            status: summary.status().map_or("UNKNOWN", |it| it.as_str()).into(),
        }));
        next = pages.next(page.next_token)?;
        if next.is_none() {
            all.sort_by(|one, other| one.place.cmp(&other.place));
            return Ok(all);
        }
    }
}

/// Reads the newest operations with their start times, newest first.
///
/// One page is enough: a StackSet runs one operation at a time, or a few that it queues.
///
/// # Source
///
/// CloudFormation API reference, `ListStackSetOperations`: at most 100 on a page.
pub(super) async fn operations(
    client: &Client,
    name: &StackSetName,
    is_delegated: bool,
) -> Result<Vec<(Timestamp, Running)>, CallError> {
    let request = client.list_stack_set_operations();
    let request = request.stack_set_name(name.as_str());
    let answer = request.set_call_as(call_as(is_delegated)).send().await;
    let answer = answer.call("cloudformation", "ListStackSetOperations")?;
    let operation = |summary: &sdk::StackSetOperationSummary| {
        let began = Timestamp::of(summary.creation_timestamp());
        let running = Running {
            id: summary.operation_id().unwrap_or_default().to_owned(),
            action: summary.action().map_or("UNKNOWN", |it| it.as_str()).into(),
            status: summary.status().map_or("UNKNOWN", |it| it.as_str()).into(),
        };
        (began, running)
    };
    let mut operations: Vec<_> = answer.summaries().iter().map(operation).collect();
    operations.sort_by_key(|(began, _)| std::cmp::Reverse(*began));
    Ok(operations)
}

pub(super) fn place(account: Option<&str>, region: Option<&str>) -> Place {
    Place {
        account: account.unwrap_or_default().to_owned(),
        region: region.unwrap_or_default().to_owned(),
    }
}
