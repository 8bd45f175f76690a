//! The flags of StackSets.

use clap::ValueEnum;
use cn_core::session::AccountId;
use cn_core::stack_set::{
    self as core, OrganizationalUnit, PermissionModel, Permissions, Preferences, Share, Targets,
};
use cn_core::template::Region;

/// The places of a StackSet's instances, and the progress rules of an operation.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "StackSet")]
pub(crate) struct StackSetArgs {
    /// Accounts to deploy to
    ///
    /// With `--organizational-units`, the accounts that `--account-filter` applies to. Without
    /// either, existing instances are updated.
    #[arg(long, num_args = 1.., value_delimiter = ',', value_name = "ACCOUNT")]
    pub(crate) accounts: Vec<AccountId>,

    /// Organizational units to deploy to, such as ou-ab12-0123abcd
    #[arg(long, num_args = 1.., value_delimiter = ',', value_name = "UNIT")]
    pub(crate) organizational_units: Vec<OrganizationalUnit>,

    /// Effect of `--accounts` on the accounts of the organizational units
    #[arg(long, value_enum, default_value_t, value_name = "FILTER")]
    pub(crate) account_filter: AccountFilter,

    /// Regions to deploy to [default: both regions of China]
    #[arg(long, num_args = 1.., value_delimiter = ',', value_name = "REGION")]
    pub(crate) regions: Vec<Region>,

    /// Permission model [default: unchanged; organizational units need service-managed]
    #[arg(long, value_enum, value_name = "MODEL")]
    pub(crate) permission_model: Option<Model>,

    /// Administration role of a self-managed StackSet [default: unchanged]
    #[arg(long, value_name = "ARN")]
    pub(crate) administration_role: Option<String>,

    /// Name of the execution role in each account [default: unchanged]
    #[arg(long, value_name = "NAME")]
    pub(crate) execution_role: Option<String>,

    /// Action when accounts join or leave a unit [default: unchanged, or off if new]
    #[arg(long, value_enum, value_name = "EFFECT")]
    pub(crate) auto_deployment: Option<AutoDeployment>,

    /// Act as a delegated administrator of the organization
    #[arg(long)]
    pub(crate) delegated_admin: bool,

    /// Accounts of each region that may fail: N or N% [default: 0]
    #[arg(long, value_name = "N")]
    pub(crate) failure_tolerance: Option<Share>,

    /// Accounts to work on at the same time: N or N% [default: 1]
    #[arg(long, value_name = "N")]
    pub(crate) max_concurrent: Option<Share>,

    /// Effect of failures on the number of accounts at the same time
    #[arg(long, value_enum, default_value_t, value_name = "MODE")]
    pub(crate) concurrency_mode: ConcurrencyMode,

    /// Order of the regions
    #[arg(long, value_enum, default_value_t, value_name = "ORDER")]
    pub(crate) region_concurrency: RegionConcurrency,

    /// Operation to follow with `--attach` [default: the newest]
    #[arg(long, value_name = "ID")]
    pub(crate) operation: Option<String>,
}

/// The accounts of organizational units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum AccountFilter {
    /// Only these accounts
    #[default]
    Intersection,
    /// All accounts but these
    Difference,
}

/// The origin of the roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Model {
    /// Roles that you created in each account
    SelfManaged,
    /// Roles that the organization creates
    ServiceManaged,
}

/// The effect of accounts that join or leave a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AutoDeployment {
    /// None
    Off,
    /// Create stacks in accounts that join, delete those of accounts that leave
    Delete,
    /// Create stacks in accounts that join, keep those of accounts that leave
    Retain,
}

/// The effect of failures on the number of accounts at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConcurrencyMode {
    /// Lower it, so that no more accounts fail than tolerated
    #[default]
    Strict,
    /// None
    Soft,
}

/// The order of regions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum RegionConcurrency {
    /// One after another
    #[default]
    Sequential,
    /// All at the same time
    Parallel,
}

impl StackSetArgs {
    /// Returns the accounts and regions to deploy to.
    ///
    /// * `region`: the region of the StackSet.
    pub(super) fn targets(&self, region: &Region) -> Targets {
        Targets {
            accounts: self.accounts.clone(),
            units: self.organizational_units.clone(),
            filter: match self.account_filter {
                AccountFilter::Intersection => core::AccountFilter::Intersection,
                AccountFilter::Difference => core::AccountFilter::Difference,
            },
            regions: if self.regions.is_empty() {
                Targets::regions_beside(region)
            } else {
                self.regions.clone()
            },
        }
    }

    pub(super) fn permissions(&self) -> Permissions {
        Permissions {
            model: self.permission_model.map(|model| match model {
                Model::SelfManaged => PermissionModel::SelfManaged,
                Model::ServiceManaged => PermissionModel::ServiceManaged,
            }),
            administration_role: self.administration_role.clone(),
            execution_role: self.execution_role.clone(),
            auto_deployment: self.auto_deployment.map(|effect| match effect {
                AutoDeployment::Off => core::AutoDeployment::Off,
                AutoDeployment::Delete => core::AutoDeployment::Delete,
                AutoDeployment::Retain => core::AutoDeployment::Retain,
            }),
            is_delegated: self.delegated_admin,
        }
    }

    pub(super) fn preferences(&self) -> Preferences {
        Preferences {
            failure_tolerance: self.failure_tolerance,
            max_concurrent: self.max_concurrent,
            is_soft: self.concurrency_mode == ConcurrencyMode::Soft,
            is_parallel: self.region_concurrency == RegionConcurrency::Parallel,
        }
    }
}
