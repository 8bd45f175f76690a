//! The two partitions that tests emulate.

use crate::keys::Keys;

/// One of the two emulated partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Partition `aws`, region us-east-1, where the build runs.
    Home,
    /// Partition `aws-cn`, region cn-north-1, where the application is deployed.
    China,
}

impl Side {
    /// Both sides.
    pub const ALL: [Self; 2] = [Self::Home, Self::China];

    /// Returns the side of a region.
    ///
    /// It only looks at the region's name, so that this check shares no code with the programs
    /// under test.
    pub fn of_region(region: &str) -> Self {
        if region.starts_with("cn-") {
            Self::China
        } else {
            Self::Home
        }
    }

    /// Returns the partition's name in ARNs.
    pub fn partition(self) -> &'static str {
        match self {
            Self::Home => "aws",
            Self::China => "aws-cn",
        }
    }

    /// Returns the region for seeding, in which CodeBuild would run.
    pub fn region(self) -> &'static str {
        match self {
            Self::Home => "us-east-1",
            Self::China => "cn-north-1",
        }
    }

    /// Returns the account that every resource of this side belongs to.
    pub fn account(self) -> &'static str {
        match self {
            Self::Home => "111122223333",
            Self::China => "444455556666",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::China => "china",
        }
    }

    pub(crate) fn root_keys(self) -> Keys {
        match self {
            Self::Home => Keys::new("AKIAROOTOFHOMEACCOUNT", "the secret of home's root"),
            Self::China => Keys::new("AKIAROOTOFCHINAACCOUNT", "the secret of China's root"),
        }
    }
}
