//! Messages of `cn-cleanup`.

use std::time::Duration;

use cn_cli::ui::plural;
use cn_cli::wire::cleanup as wire;
use cn_cli::wire::deploy as wire_deploy;
use cn_cli::{Failure, Ui};
use cn_core::cleanup::{AccessFacts, Deletion, Event, Outcome, Plan, Reason, Request, Unseen};
use cn_core::parameter::ParameterName;
use cn_core::session::Session;
use cn_core::stack::{self, ResourceEvent, StackName};

use crate::args::Consent;
use crate::table::{bytes, render};

/// Returns the note about parts that could not be read.
pub(crate) fn unseen(unseen: &Unseen) -> String {
    match unseen {
        Unseen::Target => "the SSM parameters no longer hold an access key, so the stack and the \
                           artifacts could not be checked"
            .to_owned(),
        Unseen::Bucket(name) => format!(
            "the SSM parameter `{name}` with the name of the bucket does not exist, so artifacts \
             could not be checked"
        ),
    }
}

/// Reports that there is nothing to delete.
pub(crate) fn nothing(ui: &Ui, request: &Request, plan: &Plan) -> Result<(), Failure> {
    let stack = request.stack.as_ref().filter(|_| plan.unseen.is_empty());
    if let Some(name) = stack {
        ui.status(format!("There is no stack {name}"));
    }
    for kept in render(plan, ui.is_verbose()) {
        ui.status(kept);
    }
    let outcome = Outcome::default();
    let body = to_wire(&outcome, "nothing-to-do");
    ui.result("Nothing to do", "cleanup", body)
}

/// Shows the plan: as the result if nothing else follows, on stderr otherwise.
pub(crate) fn plan(
    ui: &Ui,
    session: &Session,
    plan: &Plan,
    consent: Consent,
) -> Result<(), Failure> {
    let account = session.account().map(ToString::to_string);
    let place = match &account {
        Some(account) => format!("account {account}, region {}", session.region()),
        None => format!("region {}", session.region()),
    };
    let mut lines = vec![place];
    lines.extend(render(plan, ui.is_verbose()));
    let body = wire::Plan {
        account: account.as_deref(),
        region: session.region().as_str(),
        ..plan_to_wire(plan)
    };
    if matches!(consent, Consent::DryRun | Consent::Missing) {
        return ui.result(lines, "cleanup-plan", body);
    }
    if ui.is_json() {
        ui.event("", "cleanup-plan", body);
    } else {
        for line in lines {
            ui.status(line);
        }
    }
    Ok(())
}

fn plan_to_wire(plan: &Plan) -> wire::Plan<'_> {
    let all = || plan.emptied.iter().chain(&plan.objects);
    let (key, role, of_key) = match &plan.access {
        Some(AccessFacts::Key(facts)) => {
            let key = facts.key.as_ref().map(|(key, _)| key.as_str());
            (key, None, facts.parameters.as_slice())
        }
        Some(AccessFacts::Role(facts)) => (None, Some(facts.arn.as_str()), [].as_slice()),
        None => (None, None, [].as_slice()),
    };
    let mut kept = Vec::new();
    for of_bucket in &plan.kept {
        let bucket = of_bucket.bucket.as_str();
        let (objects, bytes) = of_bucket.unneeded;
        kept.extend((objects > 0).then_some(wire::Kept {
            bucket,
            needed_by: None,
            objects,
            bytes,
        }));
        kept.extend(
            of_bucket
                .needed
                .iter()
                .map(|(stack, (objects, bytes))| wire::Kept {
                    bucket,
                    needed_by: Some(stack),
                    objects: *objects,
                    bytes: *bytes,
                }),
        );
    }
    wire::Plan {
        account: None,
        region: "",
        stack: plan.stack.as_ref().map(|stack| wire::Stack {
            name: stack.name.as_str(),
            id: &stack.id,
            status: stack.status.as_str(),
            resources: stack
                .resources
                .iter()
                .map(|resource| wire::Resource {
                    path: &resource.path,
                    resource_type: &resource.kind,
                    physical_id: resource.physical_id.as_deref(),
                    kept: resource.is_kept,
                })
                .collect(),
        }),
        objects: all().map(object_to_wire).collect(),
        bytes: all().map(Deletion::bytes).sum(),
        uploads: plan
            .uploads
            .iter()
            .map(|(bucket, upload)| wire::Upload {
                bucket: bucket.as_str(),
                key: &upload.key,
                id: &upload.id,
            })
            .collect(),
        parameters: plan
            .parameters
            .iter()
            .chain(of_key)
            .map(ParameterName::as_str)
            .collect(),
        key,
        role,
        kept,
        blockers: plan.blockers.len(),
    }
}

fn object_to_wire(deletion: &Deletion) -> wire::Object<'_> {
    wire::Object {
        bucket: deletion.bucket.as_str(),
        key: &deletion.key,
        versions: deletion.versions.iter().map(|it| it.id.as_str()).collect(),
        bytes: deletion.bytes(),
        reason: match deletion.reason {
            Reason::InBucketOfStack => "in-bucket-of-stack",
            Reason::OfStack => "of-stack",
            Reason::Old => "old",
        },
    }
}

/// Prints a step.
pub(crate) fn event(ui: &Ui, event: &Event) {
    let (name, subject, text) = match event {
        Event::Stack(event) => return of_stack(ui, event),
        Event::Deleting(stack) => (
            "deleting-stack",
            stack.to_string(),
            format!("CloudFormation deletes stack {stack}"),
        ),
        Event::StackDeleted(stack) => (
            "stack-deleted",
            stack.to_string(),
            format!("Deleted stack {stack}"),
        ),
        Event::ObjectsDeleted {
            bucket,
            versions,
            of,
        } => (
            "objects-deleted",
            bucket.to_string(),
            format!(
                "Deleted {versions} of {} in bucket {bucket}",
                plural(*of, "version")
            ),
        ),
        Event::Kept { bucket, key, by } => (
            "object-kept",
            key.clone(),
            format!("Kept s3://{bucket}/{key}: {by} has needed it since the plan was made"),
        ),
        Event::UploadAborted { bucket, key } => (
            "upload-aborted",
            key.clone(),
            format!("Aborted the unfinished upload of s3://{bucket}/{key}"),
        ),
        Event::ParameterDeleted(name) => (
            "parameter-deleted",
            name.to_string(),
            format!("Deleted SSM parameter {name}"),
        ),
        Event::KeyDeleted(key) => (
            "key-deleted",
            key.to_string(),
            format!("Deleted access key {key}"),
        ),
        Event::RoleDeleted(role) => (
            "role-deleted",
            role.to_string(),
            format!("Deleted role {role}"),
        ),
        _ => return,
    };
    let body = wire::Event {
        event: name,
        subject: &subject,
    };
    ui.event(&text, "cleanup-event", body);
}

fn of_stack(ui: &Ui, event: &stack::Event) {
    match event {
        stack::Event::Resource { event, progress } => resource(ui, event, *progress),
        stack::Event::Heartbeat {
            elapsed,
            in_progress,
            ..
        } if ui.is_silent(Duration::ZERO) => {
            let seconds = elapsed.as_secs();
            let text = format!(
                "still deleting after {seconds} s: {}",
                in_progress.join(", ")
            );
            let body = wire_deploy::Heartbeat {
                elapsed_seconds: seconds,
                in_progress,
            };
            ui.heartbeat(&text, "heartbeat", body);
        }
        stack::Event::Retrying { what } => ui.note(format!("{what}; retrying")),
        stack::Event::NoEvents { what } => {
            ui.warn(format!("{what}; following only the status of the stack"));
        }
        _ => {}
    }
}

fn resource(ui: &Ui, event: &ResourceEvent, progress: stack::Progress) {
    let mut line = format!("{:<20} {}", event.status, event.full_path());
    if !event.is_stack() {
        line.extend([" ", event.resource_type.as_str()]);
    }
    if let Some(reason) = &event.reason {
        line.extend([": ", reason.as_str()]);
    }
    let body = wire_deploy::StackEvent::of(event, progress);
    ui.event(&line, "stack-event", body);
}

/// Prints what was deleted.
pub(crate) fn done(ui: &Ui, outcome: &Outcome) -> Result<(), Failure> {
    let mut parts = Vec::new();
    if let Some(stack) = &outcome.stack {
        parts.push(format!("stack {stack}"));
    }
    if outcome.objects > 0 {
        let versions = plural(outcome.versions, "version");
        let freed = bytes(outcome.bytes);
        parts.push(format!(
            "{} ({versions}, {freed})",
            plural(outcome.objects, "object")
        ));
    }
    if outcome.uploads > 0 {
        parts.push(plural(outcome.uploads, "unfinished upload"));
    }
    if outcome.parameters > 0 {
        parts.push(plural(outcome.parameters, "SSM parameter"));
    }
    parts.extend(outcome.key.as_ref().map(|key| format!("access key {key}")));
    parts.extend(outcome.role.as_ref().map(|role| format!("role {role}")));
    let text = match parts.as_slice() {
        [] => "Deleted nothing: everything in the plan is in use by now".to_owned(),
        parts => format!("Deleted {}", parts.join(", ")),
    };
    ui.result(text, "cleanup", to_wire(outcome, "deleted"))
}

fn to_wire<'a>(outcome: &'a Outcome, result: &'a str) -> wire::Done<'a> {
    wire::Done {
        result,
        stack: outcome.stack.as_ref().map(StackName::as_str),
        objects: outcome.objects,
        versions: outcome.versions,
        bytes: outcome.bytes,
        uploads: outcome.uploads,
        kept: outcome.kept,
        parameters: outcome.parameters,
        key: outcome.key.as_ref().map(cn_core::keys::KeyId::as_str),
        role: outcome
            .role
            .as_ref()
            .map(cn_core::web_identity::RoleArn::as_str),
    }
}
