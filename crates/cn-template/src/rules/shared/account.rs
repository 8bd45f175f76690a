//! Accounts that AWS owns, by their numbers.

use std::ops::Range;

use super::arn::{self, Arn};
use crate::china::{self, Twin};
use crate::look::scene::Scene;

/// An account of AWS that belongs to another partition, named in an ARN.
pub(crate) struct Account {
    pub range: Range<usize>,
    /// The number in the target region; none where nothing is known, or where a list names several.
    pub counterpart: Option<&'static str>,
    pub message: String,
    delivers_logs: bool,
}

impl Account {
    /// Returns true for an account that delivers logs.
    pub(crate) fn delivers_logs(&self) -> bool {
        self.delivers_logs
    }
}

/// Returns true for an account that delivers logs.
pub(crate) fn delivers_logs(twin: &Twin) -> bool {
    matches!(twin.what, "elb-log-account" | "cloudtrail-account")
}

/// Reads the account of an ARN, where AWS owns it in another partition.
pub(crate) fn in_arn(scene: &Scene<'_, '_>, arn: &Arn<'_>) -> Option<Account> {
    let (fields, region) = (arn.fields.as_ref()?, scene.aim.region()?);
    let number = fields.account.1;
    if fields.subject() != arn::Subject::Other || !arn::is_account(number) {
        return None;
    }
    let twin = china::twin(number, region)?;
    Some(Account {
        range: arn::range_of(fields.account),
        counterpart: twin.value.filter(|_| scene.has_one_account(twin.what)),
        message: format!(
            "account `{number}` ({}) belongs to a region outside partition `{}`",
            twin.what,
            region.partition()
        ),
        delivers_logs: delivers_logs(&twin),
    })
}
