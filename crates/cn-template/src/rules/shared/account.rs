//! Accounts that AWS owns, by their account numbers.

use std::ops::Range;

use super::arn::{self, Arn};
use crate::china::{self, Twin};
use crate::look::scene::Scene;

/// An account of AWS in another partition, named in an ARN.
pub(crate) struct Account {
    pub range: Range<usize>,
    /// The number in the target; `None` if it is unknown or a list contains several accounts.
    pub counterpart: Option<&'static str>,
    pub message: String,
    delivers_logs: bool,
}

impl Account {
    /// Returns true if the account delivers logs.
    pub(crate) fn delivers_logs(&self) -> bool {
        self.delivers_logs
    }
}

/// Returns true if an account delivers logs.
pub(crate) fn delivers_logs(twin: &Twin) -> bool {
    matches!(twin.kind, "elb-log-account" | "cloudtrail-account")
}

/// Returns the account of an ARN if AWS owns it in another partition.
pub(crate) fn in_arn(scene: &Scene<'_, '_>, arn: &Arn<'_>) -> Option<Account> {
    let (fields, region) = (arn.fields.as_ref()?, scene.aim.region()?);
    let number = fields.account.1;
    if fields.subject() != arn::Subject::Other || !arn::is_account(number) {
        return None;
    }
    let twin = china::twin(number, region)?;
    Some(Account {
        range: arn::range_of(fields.account),
        counterpart: twin.value.filter(|_| scene.has_one_account(twin.kind)),
        message: format!(
            "account `{number}` ({}) is not in partition `{}`",
            twin.kind,
            region.partition()
        ),
        delivers_logs: delivers_logs(&twin),
    })
}
