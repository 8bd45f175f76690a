//! The messages and results of `cn-profile`.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use cn_cli::{Failure, FailureKind, Ui, wire};
use cn_core::Timestamp;
use cn_core::keys::KeySince;
use cn_core::profile::{FileChange, ProfileName, WriteRequest};
use cn_core::session::{Caller, KeyStore};

/// Reports the changes that were written, or that a dry run would write.
pub(crate) fn changes(ui: &Ui, written: &WriteRequest, changed: &[FileChange], is_dry_run: bool) {
    if changed.is_empty() {
        ui.status(format!(
            "No changes: profile `{}` is up to date",
            written.profile
        ));
    }
    let verb = if is_dry_run { "would write" } else { "wrote" };
    for change in changed {
        let path = &change.path;
        match change.sets.join(", ").as_str() {
            "" => ui.status(format!("{verb} `{path}`: removed the access key")),
            keys => ui.status(format!("{verb} `{path}`: {keys}")),
        }
    }
}

/// Prints the profile as the result.
pub(crate) fn profile(
    ui: &Ui,
    written: &WriteRequest,
    caller: Option<&Caller>,
    changed: &[FileChange],
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
        changed: changed.iter().map(|change| change.path.as_str()).collect(),
    };
    ui.result(&text, "profile", body)
}

/// The age above which a key should be rotated.
const OLD: Duration = Duration::from_hours(30 * 24);

/// Prints the age of a key, as a warning if it is old.
///
/// # Errors
///
/// When the key is older than the limit.
pub(crate) fn age(
    ui: &Ui,
    keys: &KeyStore,
    since: Option<KeySince>,
    limit: Option<Duration>,
) -> Result<(), Failure> {
    let Some(since) = since else {
        ui.note(format!("the age of the access key in `{keys}` is unknown"));
        return Ok(());
    };
    let age_ms = u64::try_from(ui.now_ms() - since.moment().0).unwrap_or_default();
    let age = Duration::from_millis(age_ms);
    let days = age_ms / 86_400_000;
    let verb = match since {
        KeySince::Created(_) => "created",
        KeySince::Stored(_) => {
            ui.note(
                "the age of the access key is counted from the time it was stored, because IAM did \
                 not say when it was created (`iam:ListAccessKeys`)",
            );
            "stored"
        }
    };
    let text = format!("the access key in `{keys}` was {verb} {days} days ago");
    if let Some(limit) = limit.filter(|limit| age >= *limit) {
        let limit = limit.as_secs() / 86_400;
        let message = format!("{text}; the limit is {limit} days");
        let failure = Failure::new(FailureKind::Input, message);
        return Err(failure.hint("replace it with `cn-keys rotate`"));
    }
    if age >= OLD {
        ui.warn(format!("{text}: replace it with `cn-keys rotate`"));
    } else {
        ui.detail(text);
    }
    Ok(())
}

/// Reports when a session ends.
pub(crate) fn expiry(ui: &Ui, profile: &ProfileName, session: &Credentials) {
    let since = session.expiry().map(|end| end.duration_since(UNIX_EPOCH));
    let Some(Ok(since)) = since else { return };
    let end = Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
    ui.status(format!("the session of profile `{profile}` ends at {end}"));
}

/// Prints the credentials in the form that AWS tools expect from a `credential_process`.
pub(crate) fn credentials(ui: &Ui, credentials: &Credentials) -> Result<(), Failure> {
    ui.secret(&wire::credentials(credentials))
}
