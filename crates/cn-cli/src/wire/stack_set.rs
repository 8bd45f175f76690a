//! The lines that `cn-deploy --stack-set --format json` prints.

use cn_core::stack::Progress;
use cn_core::stack_set::{self as core, AccountFilter, InstanceResult, Plan, Scope, SetStep};
use schemars::JsonSchema;
use serde::Serialize;

/// Kind `stack-set-plan`: the steps of a deployment; with `--plan` on stdout.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct StackSetPlan<'a> {
    /// The StackSet's name.
    pub stack_set: &'a str,
    /// `create`, `update` or `keep`.
    pub set: &'a str,
    /// `SELF_MANAGED` or `SERVICE_MANAGED`.
    pub permission_model: &'a str,
    /// Instances that are updated; none when the StackSet is kept.
    pub update: Vec<Place<'a>>,
    /// Operations that create instances.
    pub create: Vec<Creation<'a>>,
    /// Existing instances that are not named.
    pub unnamed: Vec<Place<'a>>,
    /// The number or percentage of accounts that may fail; null for the service's default.
    pub failure_tolerance: Option<String>,
    /// The number or percentage of accounts at one time; null for the service's default.
    pub max_concurrent: Option<String>,
}

/// An account and a region.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Place<'a> {
    /// The account.
    pub account: &'a str,
    /// The region.
    pub region: &'a str,
}

/// An operation that creates instances: in each of the accounts, in each of the regions.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Creation<'a> {
    /// The accounts; beside organizational units, those that the filter is about.
    pub accounts: &'a [String],
    /// The organizational units; missing with self-managed permissions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organizational_units: Option<&'a [String]>,
    /// `intersection` or `difference`; missing without accounts beside units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_filter: Option<&'a str>,
    /// The regions.
    pub regions: &'a [String],
}

/// Kind `stack-set-event`: a status that an operation came into in an account and region.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct StackSetEvent<'a> {
    /// The result so far.
    #[serde(flatten)]
    pub result: StackSetResult<'a>,
    /// Accounts and regions where the operation has ended.
    pub done: usize,
    /// Accounts and regions in all, as far as known.
    pub total: usize,
}

/// The result of an operation in an account and region.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct StackSetResult<'a> {
    /// The account.
    pub account: &'a str,
    /// The region.
    pub region: &'a str,
    /// The organizational unit; missing with self-managed permissions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organizational_unit: Option<&'a str>,
    /// The status, such as `SUCCEEDED`.
    pub status: &'a str,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
}

/// Kind `stack-set`: the result of a deployment, on stdout.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct StackSet<'a> {
    /// The StackSet's name.
    pub stack_set: &'a str,
    /// `created`, `updated`, `unchanged`, or `followed` with `--attach`.
    pub result: &'a str,
    /// The operations, in the order they were started.
    pub operations: Vec<StackSetOperation<'a>>,
}

/// An operation on a StackSet.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct StackSetOperation<'a> {
    /// Its ID.
    pub operation_id: &'a str,
    /// The action, such as `UPDATE`.
    pub action: &'a str,
    /// The status, such as `SUCCEEDED`.
    pub status: &'a str,
    /// The results: failed ones first.
    pub results: Vec<StackSetResult<'a>>,
}

impl<'a> From<&'a core::Place> for Place<'a> {
    fn from(place: &'a core::Place) -> Self {
        Self {
            account: &place.account,
            region: &place.region,
        }
    }
}

impl<'a> From<&'a core::Creation> for Creation<'a> {
    fn from(creation: &'a core::Creation) -> Self {
        let regions = &creation.regions;
        match &creation.scope {
            Scope::Accounts(accounts) => Self {
                accounts,
                organizational_units: None,
                account_filter: None,
                regions,
            },
            Scope::Units {
                units,
                accounts,
                filter,
            } => Self {
                accounts,
                organizational_units: Some(units),
                account_filter: (!accounts.is_empty()).then_some(match filter {
                    AccountFilter::Intersection => "intersection",
                    AccountFilter::Difference => "difference",
                }),
                regions,
            },
        }
    }
}

impl<'a> From<&'a Plan> for StackSetPlan<'a> {
    fn from(plan: &'a Plan) -> Self {
        let (set, updated) = match plan.set {
            SetStep::Create => ("create", &[][..]),
            SetStep::Update => ("update", &plan.existing[..]),
            SetStep::Keep => ("keep", &[][..]),
        };
        let preferences = &plan.preferences;
        Self {
            stack_set: plan.name.as_str(),
            set,
            permission_model: plan.model.as_str(),
            update: updated.iter().map(Place::from).collect(),
            create: plan.creations.iter().map(Creation::from).collect(),
            unnamed: plan.unnamed.iter().map(Place::from).collect(),
            failure_tolerance: preferences.failure_tolerance.map(|it| it.to_string()),
            max_concurrent: preferences.max_concurrent.map(|it| it.to_string()),
        }
    }
}

impl<'a> From<&'a InstanceResult> for StackSetResult<'a> {
    fn from(result: &'a InstanceResult) -> Self {
        Self {
            account: &result.place.account,
            region: &result.place.region,
            organizational_unit: result.unit.as_deref(),
            status: result.status.as_str(),
            reason: result.reason.as_deref(),
        }
    }
}

impl<'a> StackSetEvent<'a> {
    /// Creates the line of a result, with the progress of the operation.
    pub fn of(result: &'a InstanceResult, progress: Progress) -> Self {
        Self {
            result: result.into(),
            done: progress.done,
            total: progress.total,
        }
    }
}

impl<'a> From<&'a core::Operation> for StackSetOperation<'a> {
    fn from(operation: &'a core::Operation) -> Self {
        Self {
            operation_id: &operation.id,
            action: operation.action.as_str(),
            status: operation.status.as_str(),
            results: operation.results.iter().map(StackSetResult::from).collect(),
        }
    }
}
