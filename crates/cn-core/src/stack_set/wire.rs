//! Conversion of the library's values into SDK values.

use aws_sdk_cloudformation::types::{
    self as sdk, AccountFilterType, Capability, ConcurrencyMode, DeploymentTargets, Parameter,
    RegionConcurrencyType, StackSetOperationPreferences,
};

use super::plan::Scope;
use super::request::{AccountFilter, AutoDeployment, Preferences, Share};
use crate::deploy::ParameterValue;
use crate::stack::Tag;

pub(super) fn parameters(settings: &[(String, ParameterValue)]) -> Option<Vec<Parameter>> {
    let parameter = |(key, setting): &(String, ParameterValue)| {
        let parameter = Parameter::builder().parameter_key(key);
        match setting {
            ParameterValue::Value(value) => parameter.parameter_value(value).build(),
            ParameterValue::Previous => parameter.use_previous_value(true).build(),
        }
    };
    (!settings.is_empty()).then(|| settings.iter().map(parameter).collect())
}

pub(super) fn capabilities(capabilities: &[String]) -> Option<Vec<Capability>> {
    let all = || capabilities.iter().map(|it| it.as_str().into()).collect();
    (!capabilities.is_empty()).then(all)
}

pub(super) fn tags(tags: Option<&[Tag]>) -> Option<Vec<sdk::Tag>> {
    let tag = |tag: &Tag| sdk::Tag::builder().key(&tag.key).value(&tag.value).build();
    tags.map(|tags| tags.iter().map(tag).collect())
}

pub(super) fn auto_deployment(wanted: AutoDeployment) -> sdk::AutoDeployment {
    let deployment = sdk::AutoDeployment::builder();
    // The service refuses the other member unless automatic deployment is enabled.
    match wanted {
        AutoDeployment::Off => deployment.enabled(false),
        AutoDeployment::Delete => deployment
            .enabled(true)
            .retain_stacks_on_account_removal(false),
        AutoDeployment::Retain => deployment
            .enabled(true)
            .retain_stacks_on_account_removal(true),
    }
    .build()
}

pub(super) fn preferences(wanted: &Preferences) -> Option<StackSetOperationPreferences> {
    if wanted.is_default() {
        return None;
    }
    let mut preferences = StackSetOperationPreferences::builder();
    preferences = match wanted.failure_tolerance {
        Some(Share::Count(count)) => preferences.failure_tolerance_count(count.into()),
        Some(Share::Percent(percent)) => preferences.failure_tolerance_percentage(percent.into()),
        None => preferences,
    };
    preferences = match wanted.max_concurrent {
        Some(Share::Count(count)) => preferences.max_concurrent_count(count.into()),
        Some(Share::Percent(percent)) => preferences.max_concurrent_percentage(percent.into()),
        None => preferences,
    };
    if wanted.is_soft {
        preferences = preferences.concurrency_mode(ConcurrencyMode::SoftFailureTolerance);
    }
    if wanted.is_parallel {
        preferences = preferences.region_concurrency_type(RegionConcurrencyType::Parallel);
    }
    Some(preferences.build())
}

/// Returns the accounts, with self-managed permissions.
pub(super) fn accounts(scope: &Scope) -> Option<Vec<String>> {
    match scope {
        Scope::Accounts(accounts) => Some(accounts.clone()),
        Scope::Units { .. } => None,
    }
}

/// Returns the organizational units, with service-managed permissions.
pub(super) fn deployment_targets(scope: &Scope) -> Option<DeploymentTargets> {
    let Scope::Units {
        units,
        accounts,
        filter,
    } = scope
    else {
        return None;
    };
    let targets = DeploymentTargets::builder().set_organizational_unit_ids(Some(units.clone()));
    if accounts.is_empty() {
        return Some(targets.build());
    }
    let filter = match filter {
        AccountFilter::Intersection => AccountFilterType::Intersection,
        AccountFilter::Difference => AccountFilterType::Difference,
    };
    let targets = targets.set_accounts(Some(accounts.clone()));
    Some(targets.account_filter_type(filter).build())
}
