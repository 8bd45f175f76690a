//! Messages of `cn-keys`.

use std::time::Duration;

use cn_cli::ui::plural;
use cn_cli::wire::keys as wire;
use cn_cli::{Failure, Ui};
use cn_core::Timestamp;
use cn_core::keys::{Event, Facts, KeyId, Outcome, Plan, Purpose, Put, Revoked, Slot, SlotStatus};
use cn_core::parameter::ParameterName;
use cn_core::session::{AccessKey, KeyStore};

/// Prints a key that was stored.
pub(crate) fn stored(ui: &Ui, store: &KeyStore, key: &AccessKey, put: &Put) -> Result<(), Failure> {
    let written: Vec<&str> = put.written.iter().map(ParameterName::as_str).collect();
    if written.is_empty() {
        ui.status(format!("No changes: `{store}` already holds the key"));
    }
    for name in &written {
        ui.status(format!("wrote `{name}`"));
    }
    let arn = put.caller.as_ref().map(|caller| caller.arn.as_str());
    let text = format!("{store} {} {}", key.id(), arn.unwrap_or("not-verified"));
    let body = wire::Stored {
        store: store.to_string(),
        key_id: key.id(),
        arn,
        written,
    };
    ui.result(&text, "key-stored", body)
}

/// Prints the state of a key.
pub(crate) fn status(
    ui: &Ui,
    store: &KeyStore,
    facts: &Facts,
    max_age: Duration,
) -> Result<(), Failure> {
    let is_stored = facts.is_stored();
    if !is_stored {
        ui.warn(format!(
            "the latest values of `{store}` are not a working key; run `cn-keys rotate` to repair \
             them"
        ));
    }
    let age = facts.age().unwrap_or_default();
    let mut lines = vec![format!("{store}: {}", facts.arn)];
    for slot in &facts.slots {
        let is_current = slot.id.as_str() == facts.current.id();
        lines.push(format!(
            "  {}",
            slot_line(slot, is_current && is_stored, facts.now, max_age)
        ));
    }
    let body = wire::Status {
        store: store.to_string(),
        account: facts.account.as_str(),
        arn: &facts.arn,
        key_id: facts.current.id(),
        is_stored,
        age_s: age.as_secs(),
        is_over_age: age > max_age,
        written: facts.written.map(|moment| moment.to_string()),
        keys: facts.slots.iter().map(wire_slot).collect(),
    };
    ui.result(lines, "key-status", body)
}

/// Formats a limit in days, or as a duration if it is less than a day.
pub(crate) fn limit(age: Duration) -> String {
    match usize::try_from(age.as_secs() / 86_400) {
        Ok(days @ 1..) => plural(days, "day"),
        _ => humantime::format_duration(age).to_string(),
    }
}

fn slot_line(slot: &Slot, is_stored: bool, now: Timestamp, max_age: Duration) -> String {
    let days = usize::try_from((now.0 - slot.created.0) / 86_400_000).unwrap_or_default();
    let (stored, of) = if is_stored {
        (", stored", format!(" (limit {})", limit(max_age)))
    } else {
        ("", String::new())
    };
    let used = match &slot.last_used {
        Some(used) => format!("last used {} by {}", used.at, used.service),
        None => "no known use".to_owned(),
    };
    format!(
        "{} {}{stored}, {} old{of}, {used}",
        slot.id,
        status_word(slot.status),
        plural(days, "day"),
    )
}

fn wire_slot(slot: &Slot) -> wire::Slot<'_> {
    wire::Slot {
        key_id: slot.id.as_str(),
        status: status_word(slot.status),
        created: slot.created.to_string(),
        last_used: slot.last_used.as_ref().map(|used| used.at.to_string()),
        last_service: slot.last_used.as_ref().map(|used| used.service.as_str()),
    }
}

fn status_word(status: SlotStatus) -> &'static str {
    match status {
        SlotStatus::Active => "active",
        SlotStatus::Inactive => "inactive",
    }
}

/// Prints a step of a rotation.
pub(crate) fn event(ui: &Ui, event: &Event) {
    let (name, key, text) = match event {
        Event::Waiting { key, until } => (
            "waiting",
            key,
            format!("another rotation may be working on key `{key}`: waiting until {until}"),
        ),
        Event::OrphanDeleted(key) => (
            "leftover-deleted",
            key,
            format!("deleted key `{key}`, which an interrupted rotation left behind"),
        ),
        Event::Created(key) => ("created", key, format!("created key `{key}`")),
        Event::Proved(key) => (
            "proved",
            key,
            format!("STS, IAM, S3 and CloudFormation accept key `{key}`"),
        ),
        Event::Stored(key) => ("stored", key, format!("stored key `{key}`")),
        Event::Restored(key) => ("restored", key, format!("stored key `{key}` again")),
        Event::Deactivated(key) => ("deactivated", key, format!("deactivated key `{key}`")),
        Event::Deleted(key) => ("deleted", key, format!("deleted key `{key}`")),
        Event::Undone(key) => ("undone", key, format!("deleted the new key `{key}`")),
        _ => return,
    };
    let body = wire::Event {
        event: name,
        key_id: key.as_str(),
    };
    ui.event(&text, "key-event", body);
}

/// Prints the steps of a dry run.
pub(crate) fn plan(ui: &Ui, store: &KeyStore, facts: &Facts, plan: &Plan) -> Result<(), Failure> {
    let steps: Vec<String> = plan.steps.iter().map(ToString::to_string).collect();
    let mut lines = vec![format!("{store}: {}", facts.current.id())];
    if steps.is_empty() {
        lines.push("  nothing to do".to_owned());
    }
    lines.extend(steps.iter().map(|step| format!("  would {step}")));
    let body = wire::Rotation {
        store: store.to_string(),
        result: "planned",
        key_before: facts.current.id(),
        key_id: facts.current.id(),
        deleted: Vec::new(),
        kept: plan.kept.as_ref().map(|kept| kept.key.as_str()),
        kept_until: plan.kept.as_ref().map(|kept| kept.until.to_string()),
        steps,
    };
    ui.result(lines, "rotation", body)
}

/// Prints the result of a rotation.
pub(crate) fn rotated(ui: &Ui, store: &KeyStore, outcome: &Outcome) -> Result<(), Failure> {
    let result = match outcome.purpose {
        Purpose::Rotate => "rotated",
        Purpose::Finish => "finished",
        Purpose::CleanUp => "cleaned-up",
        Purpose::Await | Purpose::Nothing => {
            ui.status(format!(
                "No changes: key `{}` in `{store}` is not old enough to be rotated",
                outcome.key
            ));
            "unchanged"
        }
    };
    if let Some(kept) = &outcome.kept {
        ui.note(format!(
            "key `{}` stays inactive until {}; the next run after that deletes it",
            kept.key, kept.until
        ));
    }
    let body = wire::Rotation {
        store: store.to_string(),
        result,
        key_before: outcome.before.as_str(),
        key_id: outcome.key.as_str(),
        deleted: outcome.deleted.iter().map(KeyId::as_str).collect(),
        kept: outcome.kept.as_ref().map(|kept| kept.key.as_str()),
        kept_until: outcome.kept.as_ref().map(|kept| kept.until.to_string()),
        steps: Vec::new(),
    };
    ui.result(
        format!("{store} {result} {}", outcome.key),
        "rotation",
        body,
    )
}

/// Prints a revocation, and the remaining steps.
pub(crate) fn revoked(ui: &Ui, revoked: &Revoked) -> Result<(), Failure> {
    ui.status(format!("deactivated key `{}`", revoked.key));
    if revoked.is_denied {
        ui.status(format!("denied the sessions of user `{}`", revoked.user));
    } else {
        ui.warn(format!(
            "sessions made with the key stay valid for up to 36 hours; an administrator denies \
             them with `aws iam put-user-policy --user-name {} --policy-name {} \
             --policy-document '{}'`",
            revoked.user,
            Revoked::POLICY_NAME,
            revoked.policy,
        ));
    }
    let body = wire::Revoked {
        key_id: revoked.key.as_str(),
        user: revoked.user.as_str(),
        is_denied: revoked.is_denied,
        policy: &revoked.policy,
    };
    let denied = if revoked.is_denied {
        "sessions denied"
    } else {
        "sessions valid"
    };
    ui.result(
        format!("{} inactive, {denied}", revoked.key),
        "key-revoked",
        body,
    )
}
