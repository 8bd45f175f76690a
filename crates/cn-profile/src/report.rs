//! The messages and results of `cn-profile`.

use std::time::Duration;

use aws_credential_types::Credentials;
use cn_cli::{Failure, Ui, wire};
use cn_core::profile::{WritePlan, WriteRequest};
use cn_core::session::Caller;
use cn_core::stack::Timestamp;

/// Says what was, or would be, written.
pub(crate) fn changes(ui: &Ui, written: &WriteRequest, changed: &WritePlan, is_dry_run: bool) {
    if changed.changes.is_empty() {
        ui.status(format!(
            "No changes: profile `{}` is as it should be",
            written.profile
        ));
    }
    let verb = if is_dry_run { "would write" } else { "wrote" };
    for change in &changed.changes {
        let path = &change.path;
        match change.sets.join(", ").as_str() {
            "" => ui.status(format!("{verb} `{path}`: the access key is taken out")),
            keys => ui.status(format!("{verb} `{path}`: {keys}")),
        }
    }
}

/// The profile, as the result.
pub(crate) fn profile(
    ui: &Ui,
    written: &WriteRequest,
    caller: Option<&Caller>,
    changed: &WritePlan,
) -> Result<(), Failure> {
    let (profile, region) = (&written.profile, &written.region);
    let text = match caller {
        Some(caller) => format!("{profile} {} {} {region}", caller.account, caller.arn),
        None => format!("{profile} not-verified not-verified {region}"),
    };
    let body = wire::Profile {
        profile: profile.as_str(),
        account: caller.map(|caller| caller.account.as_str()),
        arn: caller.map(|caller| caller.arn.as_str()),
        region: region.as_str(),
        changed: changed
            .changes
            .iter()
            .map(|change| change.path.as_str())
            .collect(),
    };
    ui.result(&text, "profile", body)
}

/// Prints the age of a stored key, as a warning when it is too old.
pub(crate) fn age(ui: &Ui, written: Option<Timestamp>, limit: Duration) {
    let Some(written) = written else { return };
    let age_ms = u64::try_from(ui.now_ms() - written.0).unwrap_or_default();
    let days = age_ms / 86_400_000;
    if Duration::from_millis(age_ms) >= limit {
        ui.warn(format!(
            "the access key was stored {days} days ago: rotate it with `cn-keys rotate`"
        ));
    } else {
        ui.detail(format!("the access key was stored {days} days ago"));
    }
}

/// The credentials in the form that the AWS tools expect of a `credential_process`.
pub(crate) fn credentials(ui: &Ui, credentials: &Credentials) -> Result<(), Failure> {
    ui.secret(&wire::credentials(credentials))
}
