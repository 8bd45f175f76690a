//! The plan of a deployment, decided only from the request and the facts.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::check::check;
use super::facts::{Facts, StackSetFacts};
use super::request::{AccountFilter, Permissions, Place, Preferences, Request, StackSetName};
use super::status::{InstanceStatus, OperationAction, OperationStatus, PermissionModel};
use crate::deploy::params::{merge, missing};
use crate::deploy::plan::{Step, place_template};
use crate::deploy::{self, ParameterValue, TemplateRef};
use crate::findings::Planned;
use crate::secret::Secrets;
use crate::stack::{ChangeSetName, REVISION_TAG, Tag};

/// The name of CloudFormation's default administration role.
const DEFAULT_ADMINISTRATION_ROLE: &str = "AWSCloudFormationStackSetAdministrationRole";

/// The steps of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The StackSet.
    pub name: StackSetName,
    /// The prefix of each operation's ID, and the token of the creation.
    pub token: ChangeSetName,
    /// The upload of the template, if it goes through a bucket.
    pub(super) prepare: Vec<Step>,
    /// The step for the StackSet itself, before missing instances are created.
    pub set: SetStep,
    /// The template.
    pub template: TemplateRef,
    /// The setting to send for each parameter.
    pub parameters: Vec<(String, ParameterValue)>,
    /// The capabilities, passed on unchanged.
    pub capabilities: Vec<String>,
    /// The tags; `None` keeps the StackSet's tags.
    pub tags: Option<Vec<Tag>>,
    /// The roles, after the choice of the permission model.
    pub permissions: Permissions,
    /// The permission model.
    pub model: PermissionModel,
    /// The pace of each operation.
    pub preferences: Preferences,
    /// The missing instances, one operation for each entry.
    pub creations: Vec<Creation>,
    /// The existing instances.
    pub existing: Vec<Place>,
    /// The existing instances that the request does not name.
    ///
    /// They are updated like the others, and never deleted.
    pub unnamed: Vec<Place>,
    /// True if the run waits for a queue or a running operation.
    pub(super) waits: bool,
    /// Everything to redact.
    pub(super) secrets: Secrets,
}

/// The step for the StackSet itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SetStep {
    /// Creates the StackSet.
    Create,
    /// Updates the StackSet, and every instance.
    Update,
    /// Does nothing: the StackSet matches the request, and every instance is current.
    Keep,
}

/// An operation that creates instances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Creation {
    /// The accounts.
    pub scope: Scope,
    /// The regions.
    pub regions: Vec<String>,
}

/// The accounts of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// The given accounts.
    Accounts(Vec<String>),
    /// Accounts of organizational units.
    Units {
        /// The units.
        units: Vec<String>,
        /// The accounts that the filter applies to; empty for no filter.
        accounts: Vec<String>,
        /// The meaning of `accounts`.
        filter: AccountFilter,
    },
}

impl Creation {
    /// Returns the accounts and regions; `None` if only the organization knows them.
    pub fn places(&self) -> Option<Vec<Place>> {
        let accounts = match &self.scope {
            Scope::Accounts(accounts) => accounts,
            Scope::Units {
                accounts,
                filter: AccountFilter::Intersection,
                ..
            } if !accounts.is_empty() => accounts,
            Scope::Units { .. } => return None,
        };
        Some(product(accounts, &self.regions))
    }
}

impl Plan {
    /// Returns true if there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.set == SetStep::Keep && self.creations.is_empty()
    }
}

/// A StackSet on which another operation runs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("StackSet `{name}` cannot be deployed to: operation `{operation}` ({action}) is {status}")]
pub struct BusyError {
    /// The StackSet.
    pub name: StackSetName,
    /// The operation's ID.
    pub operation: String,
    /// The kind of operation.
    pub action: OperationAction,
    /// The operation's status.
    pub status: OperationStatus,
}

/// Decides the steps of a deployment.
///
/// # Errors
///
/// Fails if another operation runs on the StackSet.
pub fn plan(request: &Request, facts: &Facts) -> Result<Planned<Plan>, BusyError> {
    let present = facts.set.as_ref();
    if let Some(running) = present.and_then(StackSetFacts::busy) {
        return Err(BusyError {
            name: request.name.clone(),
            operation: running.id.clone(),
            action: running.action.clone(),
            status: running.status.clone(),
        });
    }
    let inputs = &request.inputs;
    let known: BTreeSet<String> = present
        .map(|set| set.parameters.keys().cloned().collect())
        .unwrap_or_default();
    let model = model(request, present);
    let mut findings = deploy::check(inputs);
    let (declared, overrides) = (&inputs.declared, &inputs.overrides);
    findings.extend(missing(&inputs.template, declared, overrides, &known));
    findings.extend(check(request, present, &model));
    let mut prepare = Vec::new();
    let template = place_template(inputs, &mut prepare);
    let existing: Vec<Place> = present
        .map(|set| set.instances.iter().map(|it| it.place.clone()).collect())
        .unwrap_or_default();
    let mut plan = Plan {
        name: request.name.clone(),
        token: inputs.change_set.clone(),
        prepare,
        set: SetStep::Create,
        template,
        parameters: merge(&inputs.declared, &inputs.overrides, &known),
        capabilities: inputs.capabilities.clone(),
        tags: tags(request, present),
        permissions: permissions(request, present),
        creations: creations(request, present, &model),
        unnamed: unnamed(request, present),
        existing,
        preferences: request.preferences.clone(),
        model,
        waits: inputs.wait_busy,
        secrets: inputs.redaction(),
    };
    if let Some(set) = present {
        let is_current = |status: &InstanceStatus| *status != InstanceStatus::Outdated;
        let all_current = set.instances.iter().all(|it| is_current(&it.status));
        let is_same = all_current && is_same(request, &plan, set);
        plan.set = if is_same {
            SetStep::Keep
        } else {
            SetStep::Update
        };
    }
    if plan.set == SetStep::Keep {
        plan.prepare.clear();
    }
    Ok(Planned::new(plan, findings))
}

/// Returns the requested model, else the StackSet's model, else the model that the targets need.
fn model(request: &Request, present: Option<&StackSetFacts>) -> PermissionModel {
    let present = present.and_then(|set| set.model.clone());
    let by_targets = if request.targets.units.is_empty() {
        PermissionModel::SelfManaged
    } else {
        PermissionModel::ServiceManaged
    };
    let asked = request.permissions.model.clone();
    asked.or(present).unwrap_or(by_targets)
}

/// Returns true if the StackSet matches the request. A value that the service masks never matches.
fn is_same(request: &Request, plan: &Plan, set: &StackSetFacts) -> bool {
    let is_value = |(key, setting): &(String, ParameterValue)| match setting {
        ParameterValue::Previous => true,
        ParameterValue::Value(value) => {
            set.parameters.get(key).and_then(Option::as_ref) == Some(value)
        }
    };
    let is_kept =
        |asked: &Option<String>, present: &Option<String>| asked.is_none() || asked == present;
    let sorted = |tags: &[Tag]| {
        let mut tags: Vec<(String, String)> = tags
            .iter()
            .map(|tag| (tag.key.clone(), tag.value.clone()))
            .collect();
        tags.sort();
        tags
    };
    let asked = &request.permissions;
    set.template == request.inputs.template.text()
        && plan.parameters.iter().all(is_value)
        && plan
            .capabilities
            .iter()
            .all(|it| set.capabilities.contains(it))
        && plan
            .tags
            .as_ref()
            .is_none_or(|tags| sorted(tags) == sorted(&set.tags))
        && is_kept(&asked.administration_role, &set.administration_role)
        && is_kept(&asked.execution_role, &set.execution_role)
        && (asked.auto_deployment.is_none() || asked.auto_deployment == set.auto_deployment)
}

/// Returns the tags to send.
///
/// If only a revision is given, it is added to the StackSet's existing tags, because the sent tags
/// replace all of them.
fn tags(request: &Request, present: Option<&StackSetFacts>) -> Option<Vec<Tag>> {
    let asked = request.inputs.tags.clone();
    let Some(revision) = &request.inputs.revision else {
        return asked;
    };
    let kept = || present.map(|set| set.tags.clone()).unwrap_or_default();
    let mut tags = asked.unwrap_or_else(kept);
    tags.retain(|tag| tag.key != REVISION_TAG);
    tags.push(Tag {
        key: REVISION_TAG.to_owned(),
        value: revision.clone(),
    });
    Some(tags)
}

/// Returns the roles to send.
///
/// If a StackSet has its own administration role, CloudFormation refuses an update without that
/// role.
///
/// # Source
///
/// CloudFormation API reference, `UpdateStackSet`, `AdministrationRoleARN`.
fn permissions(request: &Request, present: Option<&StackSetFacts>) -> Permissions {
    let mut permissions = request.permissions.clone();
    let kept = present.and_then(|set| set.administration_role.clone());
    let is_own = |role: &String| !role.ends_with(&format!("/{DEFAULT_ADMINISTRATION_ROLE}"));
    let kept = kept.filter(is_own);
    permissions.administration_role = permissions.administration_role.or(kept);
    permissions
}

fn product(accounts: &[String], regions: &[String]) -> Vec<Place> {
    let places = accounts.iter().flat_map(|account| {
        regions.iter().map(|region| Place {
            account: account.clone(),
            region: region.clone(),
        })
    });
    places.collect()
}

/// Returns the names of the request's accounts, units and regions, without duplicates.
fn names(request: &Request) -> [Vec<String>; 3] {
    let targets = &request.targets;
    let accounts = targets.accounts.iter().map(ToString::to_string);
    let units = targets.units.iter().map(ToString::to_string);
    let regions = targets.regions.iter().map(|it| it.as_str().to_owned());
    [accounts.collect(), units.collect(), regions.collect()].map(|names: Vec<String>| {
        let mut seen = BTreeSet::new();
        let mut names = names;
        names.retain(|name| seen.insert(name.clone()));
        names
    })
}

/// Returns the operations that create missing instances.
///
/// An operation works on each of its accounts in each of its regions, so accounts that lack the
/// same regions share an operation.
fn creations(
    request: &Request,
    present: Option<&StackSetFacts>,
    model: &PermissionModel,
) -> Vec<Creation> {
    let [accounts, units, regions] = names(request);
    let instances = present.map_or(&[][..], |set| &set.instances);
    let filter = request.targets.filter;
    // With units, the accounts are known only if the request names them.
    let by_unit = *model == PermissionModel::ServiceManaged;
    let is_unit_row = by_unit && (accounts.is_empty() || filter == AccountFilter::Difference);
    let rows = if is_unit_row { &units } else { &accounts };
    let has = |row: &String, region: &String| {
        instances.iter().any(|instance| {
            let name = if is_unit_row {
                instance.unit.as_ref()
            } else {
                Some(&instance.place.account)
            };
            name == Some(row) && instance.place.region == *region
        })
    };
    let mut alike: BTreeMap<Vec<&String>, Vec<String>> = BTreeMap::new();
    for row in rows {
        let lacking: Vec<&String> = regions.iter().filter(|it| !has(row, it)).collect();
        if !lacking.is_empty() {
            alike.entry(lacking).or_default().push(row.clone());
        }
    }
    let creation = |(regions, rows): (Vec<&String>, Vec<String>)| Creation {
        scope: match (by_unit, is_unit_row) {
            (false, _) => Scope::Accounts(rows),
            (true, true) => Scope::Units {
                units: rows,
                accounts: accounts.clone(),
                filter,
            },
            (true, false) => Scope::Units {
                units: units.clone(),
                accounts: rows,
                filter,
            },
        },
        regions: regions.into_iter().cloned().collect(),
    };
    alike.into_iter().map(creation).collect()
}

/// Returns the instances that the request does not name.
///
/// A request without accounts and units means all instances.
fn unnamed(request: &Request, present: Option<&StackSetFacts>) -> Vec<Place> {
    let [accounts, units, regions] = names(request);
    if accounts.is_empty() && units.is_empty() {
        return Vec::new();
    }
    let is_named = |account: &String, unit: Option<&String>| {
        let account = accounts.contains(account);
        let unit = units.is_empty() || unit.is_some_and(|unit| units.contains(unit));
        match request.targets.filter {
            AccountFilter::Intersection => unit && (account || accounts.is_empty()),
            AccountFilter::Difference => unit && !account,
        }
    };
    let instances = present.into_iter().flat_map(|set| &set.instances);
    let others = instances.filter(|instance| {
        let place = &instance.place;
        !is_named(&place.account, instance.unit.as_ref()) || !regions.contains(&place.region)
    });
    others.map(|instance| instance.place.clone()).collect()
}

#[cfg(test)]
mod tests;
