//! Names of stacks and change sets, and tags.

use std::fmt;
use std::str::FromStr;

use crate::malformed::Malformed;

/// The name of a stack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StackName(String);

impl StackName {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StackName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for StackName {
    type Err = Malformed;

    /// Parses a name, or the name in a stack's ARN.
    ///
    /// # Source
    ///
    /// CloudFormation API reference, `CreateStack`, `StackName`.
    ///
    /// # Examples
    ///
    /// ```
    /// use cn_core::stack::StackName;
    /// let stack: StackName = "arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/orders/0a1b".parse()?;
    /// assert_eq!(stack.as_str(), "orders");
    /// # Ok::<(), cn_core::Malformed>(())
    /// ```
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let name = match cn_template::partition::Arn::parse(text) {
            Some(arn) if arn.service == "cloudformation" => {
                arn.resource.split('/').nth(1).unwrap_or_default()
            }
            _ => text,
        };
        if is_name(name, 128) {
            Ok(Self(name.to_owned()))
        } else {
            Err(Malformed::new(
                text,
                "is not the name of a stack: it takes letters, digits and hyphens, starts with a letter and has at most 128 characters",
            ))
        }
    }
}

fn is_name(name: &str, most: usize) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.len() <= most
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The name of a change set, which is also the client token of its requests.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChangeSetName(String);

/// The prefix of the names of all change sets that this library creates.
pub(crate) const CHANGE_SET_PREFIX: &str = "cn-deploy-";

impl ChangeSetName {
    /// Returns the readable, unique name of one run's change set: `cn-deploy-LABEL-RANDOM`.
    ///
    /// * `label`: identifies the run for people, such as a build's ID; every character that a name
    ///   cannot contain becomes a hyphen.
    /// * `random`: distinguishes runs of the same second or the same build.
    ///
    /// # Source
    ///
    /// Letters, digits, hyphens, at most 128: CloudFormation API reference,
    /// `CreateChangeSet`, `ChangeSetName` and `ClientToken`.
    pub fn new(label: &str, random: u32) -> Self {
        let label: String = label
            .chars()
            .map(|character| {
                if character.is_ascii_alphanumeric() {
                    character
                } else {
                    '-'
                }
            })
            .take(100)
            .collect();
        Self(format!(
            "{CHANGE_SET_PREFIX}{}-{random:08x}",
            label.trim_matches('-')
        ))
    }

    /// Creates a name that no other run has.
    ///
    /// * `label`: as for [`new`](Self::new).
    pub fn unique(label: &str) -> Self {
        Self::new(label, uuid::Uuid::new_v4().as_fields().0)
    }

    /// Returns the change set's name in a client token, if a run of this library chose the token.
    pub(crate) fn of_token(token: String) -> Option<Self> {
        token.starts_with(CHANGE_SET_PREFIX).then_some(Self(token))
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChangeSetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A tag of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The key, of at most 128 characters.
    pub key: String,
    /// The value, of at most 256 characters; may be empty.
    pub value: String,
}

/// The tag that contains the stack's source revision.
pub(crate) const REVISION_TAG: &str = "cn:source-revision";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stack_names_follow_cloudformation() {
        for good in ["a", "Orders-2", &"a".repeat(128)] {
            assert_eq!(good.parse::<StackName>().unwrap().as_str(), good);
        }
        for bad in ["", "2a", "-a", "a_b", "a b", "订单", &"a".repeat(129)] {
            assert!(bad.parse::<StackName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn two_runs_of_one_second_have_names_of_their_own() {
        let first = ChangeSetName::new("orders:0a1b-22", 1);
        let second = ChangeSetName::new("orders:0a1b-22", 2);
        assert_eq!(first.as_str(), "cn-deploy-orders-0a1b-22-00000001");
        assert_ne!(first, second);
        assert!(is_name(
            ChangeSetName::new(&"键".repeat(300), 1).as_str(),
            128
        ));
    }
}
