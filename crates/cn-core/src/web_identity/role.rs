//! The role that a token is exchanged for.

use std::fmt;
use std::str::FromStr;

use cn_template::Partition;
use cn_template::partition::Arn;

use super::source::TokenSource;

use crate::malformed::Malformed;

/// The ARN of an IAM role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleArn(String);

impl RoleArn {
    /// Returns the ARN as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns true if the role is in a partition.
    pub(crate) fn is_in(&self, partition: Partition) -> bool {
        Arn::parse(&self.0).is_some_and(|arn| arn.partition == partition.id())
    }
}

impl FromStr for RoleArn {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let is_role =
            Arn::parse(text).is_some_and(|arn| arn.service == "iam" && text.contains(":role/"));
        if !is_role {
            return Err(Malformed::new(
                text,
                "is not the ARN of an IAM role, such as `arn:aws-cn:iam::123456789012:role/deploy`",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A role of the target account and the source of tokens for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebIdentity {
    /// The role.
    pub role: RoleArn,
    /// The source of tokens.
    pub source: TokenSource,
    /// The session's name, as CloudTrail shows it.
    pub session_name: String,
}

impl fmt::Display for WebIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "role `{}` with a token from {}", self.role, self.source)
    }
}
