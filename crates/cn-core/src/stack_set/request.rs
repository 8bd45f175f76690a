//! The request to deploy a StackSet, valid by construction.

use std::fmt;
use std::str::FromStr;

use camino::Utf8Path;
use cn_template::Region;
use serde::Serialize;

use super::status::PermissionModel;
use crate::deploy;
use crate::malformed::Malformed;
use crate::manifest::{RecordError, recorded, recorded_digests};
use crate::session::AccountId;
use crate::stack::StackName;

/// Settings of a StackSet deployment: everything it needs that does not come from AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The StackSet to create or update.
    pub name: StackSetName,
    /// The inputs that a StackSet shares with a stack.
    ///
    /// These are the region, template, parameters, tags, capabilities and bucket. The name of the
    /// change set is the prefix of each operation's ID. Settings that apply only to a stack are
    /// ignored.
    pub inputs: deploy::Request,
    /// The region that the template's code was packaged for; `None` if it has no code.
    pub(super) packaged_for: Option<String>,
    /// The accounts and regions that must have an instance.
    pub targets: Targets,
    /// The roles that CloudFormation uses.
    pub permissions: Permissions,
    /// The pace of each operation.
    pub preferences: Preferences,
}

impl Request {
    /// Returns a deployment to targets, one account at a time, with no tolerated failure.
    ///
    /// * `inputs`: the result of [`inputs::gather`](crate::inputs::gather()); the name of its stack
    ///   is the name of the StackSet.
    pub fn new(inputs: deploy::Request, targets: Targets) -> Self {
        Self {
            name: StackSetName(inputs.stack.clone()),
            inputs,
            packaged_for: None,
            targets,
            permissions: Permissions::default(),
            preferences: Preferences::default(),
        }
    }

    /// Reads the region of the bucket that contains the template's code from the manifest.
    ///
    /// * `manifest`: `None` uses the manifest next to the template, if it exists.
    ///
    /// # Errors
    ///
    /// Fails if the manifest cannot be read or is invalid.
    pub fn read_manifest(&mut self, manifest: Option<&Utf8Path>) -> Result<(), RecordError> {
        let template = self.inputs.template.path();
        if !recorded_digests(template, manifest)?.is_empty() {
            let recorded = recorded(template, manifest)?;
            self.packaged_for = recorded.map(|recorded| recorded.region);
        }
        Ok(())
    }
}

/// The name of a StackSet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StackSetName(pub(super) StackName);

impl StackSetName {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Returns the name as a stack name, which has the same form.
    pub const fn as_stack_name(&self) -> &StackName {
        &self.0
    }
}

impl fmt::Display for StackSetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for StackSetName {
    type Err = Malformed;

    /// Parses a name.
    ///
    /// # Source
    ///
    /// CloudFormation API reference, `CreateStackSet`, `StackSetName`.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let name = text.parse().ok();
        let name = name.filter(|name: &StackName| name.as_str() == text);
        let reason = "is not the name of a StackSet: it takes letters, digits and hyphens, starts with a letter and has at most 128 characters";
        name.map(Self).ok_or_else(|| Malformed::new(text, reason))
    }
}

/// An organizational unit, or the root of an organization.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrganizationalUnit(String);

impl OrganizationalUnit {
    /// Returns the ID.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrganizationalUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for OrganizationalUnit {
    type Err = Malformed;

    /// Parses an ID.
    ///
    /// # Source
    ///
    /// CloudFormation API reference, `DeploymentTargets`, `OrganizationalUnitIds`.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let is_piece = |piece: &str, shortest: usize| {
            (shortest..=32).contains(&piece.len())
                && piece
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        let pieces: Vec<&str> = text.split('-').collect();
        let is_id = match pieces[..] {
            ["ou", root, unit] => is_piece(root, 4) && is_piece(unit, 8),
            ["r", root] => is_piece(root, 4),
            _ => false,
        };
        if is_id {
            Ok(Self(text.to_owned()))
        } else {
            let reason =
                "is not the ID of an organizational unit (`ou-ROOT-UNIT`) or of a root (`r-ROOT`)";
            Err(Malformed::new(text, reason))
        }
    }
}

/// The accounts and regions that must have an instance; the StackSet may have more instances.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Targets {
    /// The accounts; with organizational units, the accounts that `filter` applies to.
    pub accounts: Vec<AccountId>,
    /// The organizational units, with service-managed permissions.
    pub units: Vec<OrganizationalUnit>,
    /// The meaning of `accounts` in combination with organizational units.
    pub filter: AccountFilter,
    /// The regions.
    pub regions: Vec<Region>,
}

impl Targets {
    /// Returns both China regions if `region` is one of them, otherwise only `region`.
    pub fn regions_beside(region: &Region) -> Vec<Region> {
        let china = Region::china();
        if china.contains(region) {
            china.into()
        } else {
            vec![region.clone()]
        }
    }
}

/// The meaning of accounts in combination with organizational units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountFilter {
    /// Only these accounts of the units.
    #[default]
    Intersection,
    /// All accounts of the units except these.
    Difference,
}

/// An account and a region, with the service's names.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Place {
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.account, self.region)
    }
}

/// The roles that CloudFormation uses, and the identity that the caller acts as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// The model; `None` keeps the StackSet's model.
    ///
    /// For a new StackSet, `None` derives the model from the targets: organizational units need
    /// service-managed permissions.
    pub model: Option<PermissionModel>,
    /// The ARN of the administration role, with self-managed permissions.
    ///
    /// `None` keeps the StackSet's role, or uses `AWSCloudFormationStackSetAdministrationRole`.
    pub administration_role: Option<String>,
    /// The name of the execution role in each account, with self-managed permissions.
    ///
    /// `None` keeps the StackSet's role, or uses `AWSCloudFormationStackSetExecutionRole`.
    pub execution_role: Option<String>,
    /// The effect of accounts that join or leave a unit, with service-managed permissions.
    ///
    /// `None` keeps the StackSet's setting, and means no effect for a new StackSet.
    pub auto_deployment: Option<AutoDeployment>,
    /// True if the caller is a delegated administrator of the organization, in a member account.
    pub is_delegated: bool,
}

/// The effect of accounts that join or leave an organizational unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AutoDeployment {
    /// No effect.
    Off,
    /// Instances are created in accounts that join, and deleted from those that leave.
    Delete,
    /// Instances are created in accounts that join; the stacks of accounts that leave stay.
    Retain,
}

/// The pace of an operation.
///
/// For an unset member, the service uses its default: one account at a time, and no tolerated
/// failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// The number of accounts in each region that may fail before the operation stops there.
    pub failure_tolerance: Option<Share>,
    /// The largest number of accounts in progress at a time.
    pub max_concurrent: Option<Share>,
    /// True if failures do not lower the number of accounts in progress at a time.
    pub is_soft: bool,
    /// True if the operation works on all regions at a time.
    pub is_parallel: bool,
}

impl Preferences {
    /// Returns true if every setting is left to the service.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A number or percentage of accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// A number of accounts.
    Count(u16),
    /// A percentage of the accounts, at most 100.
    Percent(u8),
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

impl FromStr for Share {
    type Err = Malformed;

    /// Parses `N` or `N%`.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let share = match text.strip_suffix('%') {
            Some(percent) => percent
                .parse()
                .ok()
                .filter(|it| *it <= 100)
                .map(Self::Percent),
            None => text.parse().ok().map(Self::Count),
        };
        let reason =
            "is neither a number of accounts, such as `2`, nor a percentage, such as `10%`";
        share.ok_or_else(|| Malformed::new(text, reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_numbers_or_percentages() {
        assert_eq!("0".parse(), Ok(Share::Count(0)));
        assert_eq!("100%".parse(), Ok(Share::Percent(100)));
        assert_eq!(Share::Percent(5).to_string(), "5%");
        for bad in ["", "%", "-1", "101%", "1.5", "70000", "5 %"] {
            assert!(bad.parse::<Share>().is_err(), "{bad}");
        }
    }

    #[test]
    fn units_and_names_follow_the_service() {
        for good in ["ou-ab12-0123abcd", "r-ab12"] {
            assert_eq!(good.parse::<OrganizationalUnit>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "ou-ab12",
            "r-ab",
            "ou-ab12-0123ABCD",
            "o-ab12cdef01",
            "r-ab12-x",
        ] {
            assert!(bad.parse::<OrganizationalUnit>().is_err(), "{bad}");
        }
        assert_eq!(
            "Orders-2".parse::<StackSetName>().unwrap().as_str(),
            "Orders-2"
        );
        let arn = "arn:aws-cn:cloudformation:cn-north-1:111122223333:stackset/orders:0a1b";
        for bad in ["2a", "a_b", "orders:0a1b", arn] {
            assert!(bad.parse::<StackSetName>().is_err(), "{bad}");
        }
    }
}
