//! Messages about checks: the template, drift, other regions.

use std::collections::BTreeMap;

use cn_cli::advice::words as words_of;
use cn_cli::wire::deploy as wire;
use cn_cli::{Failure, FailureKind, Ui, ui};
use cn_core::deploy::Clients;
use cn_core::foreign;
use cn_core::inspect::{
    self, Difference, Drift, DriftVerdict, DriftedResource, OtherCode, RegionState,
};
use cn_core::s3::S3Location;
use cn_core::secret::Secrets;
use cn_core::session::Target;
use cn_core::stack::{DriftStatus, Pace, StackName};
use cn_core::template::Source;

use super::outcome::Chain;

/// Fails unless the stack has the deployed template.
pub(crate) async fn verify(
    ui: &Ui,
    target: &Target,
    stack: &StackName,
    template: &Source,
    secrets: &Secrets,
) -> Result<(), Failure> {
    let path = template.path();
    let client = target.cloudformation();
    let found = inspect::verify_template(client, stack, template.text(), secrets).await?;
    let Some(difference) = found else {
        ui.status(format!("Stack {stack} has the template {path}"));
        return Ok(());
    };
    let message = format!(
        "stack `{stack}` has a different template than `{path}`: {}",
        words(&difference)
    );
    Err(Failure::new(FailureKind::Failed, message)
        .hint("another deployment may have run meanwhile: check the stack's events, and run again"))
}

/// Fails unless the functions of the stack run the code that their template references.
pub(crate) async fn verify_code(
    ui: &Ui,
    target: &Target,
    stack: &StackName,
    known: &BTreeMap<S3Location, String>,
    secrets: &Secrets,
) -> Result<(), Failure> {
    let (clients, lambda) = (Clients::from(target), target.lambda());
    let found = inspect::verify_code(&clients, &lambda, stack, known, secrets).await?;
    for path in &found.not_compared {
        ui.warn(format!(
            "the code of function `{path}` was not compared: the template does not name an archive \
             in S3 literally"
        ));
    }
    if found.different.is_empty() {
        if found.same > 0 {
            let functions = ui::plural(found.same, "function");
            ui.status(format!(
                "Stack {stack} runs the code of {functions} as packaged"
            ));
        }
        return Ok(());
    }
    let lines: Vec<String> = found.different.iter().map(other_code).collect();
    let message = format!(
        "stack `{stack}` runs different code than its template names, in {}",
        ui::plural(lines.len(), "function")
    );
    let message = Chain::new(message, Some(lines.join("\n")));
    Err(Failure::new(FailureKind::Failed, message).hint(
        "the function was updated outside of CloudFormation, which does not detect that: deploy \
         changed code under a new key, or restore the function's code",
    ))
}

fn other_code(found: &OtherCode) -> String {
    format!(
        "`{}` (function `{}`) runs {}, and `{}` has {}",
        found.path, found.function, found.running, found.object, found.wanted
    )
}

fn words(difference: &Difference) -> String {
    let quoted = |line: &Option<String>| match line {
        Some(line) => format!("`{}`", line.trim()),
        None => "its end".to_owned(),
    };
    format!(
        "line {} is {} in the stack and {} in the file",
        difference.line,
        quoted(&difference.deployed),
        quoted(&difference.wanted)
    )
}

/// Reports changes that were made outside of CloudFormation.
///
/// * `denies`: true if such a change is a failure.
pub(crate) async fn drift(
    ui: &Ui,
    target: &Target,
    stack: &StackName,
    secrets: &Secrets,
    waits: &Pace,
    denies: bool,
) -> Result<(), Failure> {
    ui.detail(format!("Looking for drift in stack {stack}"));
    let answer = inspect::drift(target.cloudformation(), stack, secrets, waits).await;
    let answer = match answer {
        Err(error) if !denies => {
            // The deployment continues if drift is only to be reported.
            ui.warn(format!("{error}: {}", error.source));
            return Ok(());
        }
        answer => answer?,
    };
    let Some(found) = answer else {
        let message = format!("the drift of stack `{stack}` is unknown: the time limit came first");
        if denies {
            return Err(Failure::new(FailureKind::Running, message)
                .hint("run again with a longer `--max-wait`; nothing was changed"));
        }
        ui.warn(message);
        return Ok(());
    };
    report_drift(ui, stack, &found, denies)
}

fn report_drift(ui: &Ui, stack: &StackName, found: &Drift, denies: bool) -> Result<(), Failure> {
    if ui.is_json() {
        ui.event("", "drift", to_wire(stack, found));
    }
    let lines: Vec<String> = found.resources.iter().map(line).collect();
    let incomplete = found.incomplete.as_deref().unwrap_or_default();
    match found.verdict(denies) {
        DriftVerdict::Clean if ui.is_json() => {}
        DriftVerdict::Clean => ui.status(format!("No drift in stack {stack}")),
        DriftVerdict::Unknown => {
            let message =
                format!("stack `{stack}` was not changed: its drift is unknown: {incomplete}");
            return Err(Failure::new(FailureKind::Gate, message)
                .hint("run again, or remove `--drift deny`; `--drift before` only reports drift"));
        }
        DriftVerdict::Denied => {
            let message = format!(
                "stack `{stack}` was not changed: {} drifted",
                ui::plural(lines.len(), "resource")
            );
            let message = Chain::new(message, Some(lines.join("\n")));
            let failure = Failure::new(FailureKind::Gate, message);
            let failure = match found.advice() {
                Some(step) => failure.hint(words_of(step)),
                None => failure,
            };
            return Err(failure.hint("pass `--drift before` to report drift without stopping"));
        }
        DriftVerdict::Reported => {
            if found.incomplete.is_some() {
                ui.warn(format!(
                    "could not check all resources for drift: {incomplete}"
                ));
            }
            for line in lines.iter().filter(|_| !ui.is_json()) {
                ui.warn(line);
            }
        }
    }
    Ok(())
}

fn line(resource: &DriftedResource) -> String {
    let how = if resource.status == DriftStatus::Deleted {
        "was deleted outside of CloudFormation".to_owned()
    } else {
        let paths = resource.properties.iter().map(String::as_str);
        let paths: Vec<&str> = paths.collect();
        format!(
            "was modified outside of CloudFormation: {}",
            paths.join(", ")
        )
    };
    format!(
        "`{}` ({}) {how}",
        resource.logical_id, resource.resource_type
    )
}

fn to_wire<'a>(stack: &'a StackName, drift: &'a Drift) -> wire::Drift<'a> {
    let resource = |resource: &'a DriftedResource| wire::DriftedResource {
        logical_id: &resource.logical_id,
        physical_id: resource.physical_id.as_deref(),
        resource_type: &resource.resource_type,
        status: resource.status.as_str(),
        properties: resource.properties.iter().map(String::as_str).collect(),
    };
    wire::Drift {
        stack: stack.as_str(),
        resources: drift.resources.iter().map(resource).collect(),
        incomplete: drift.incomplete.as_deref(),
    }
}

/// Reports what several regions run.
pub(crate) fn comparison(
    ui: &Ui,
    stack: &StackName,
    running: &[RegionState],
) -> Result<(), Failure> {
    let differences = RegionState::differences(running);
    let body = wire::Comparison {
        stack: stack.as_str(),
        regions: running.iter().map(region_to_wire).collect(),
        differences: &differences,
    };
    ui.result(table(running), "comparison", body)?;
    if differences.is_empty() {
        ui.status(format!(
            "Stack {stack} is the same in {}",
            ui::plural(running.len(), "region")
        ));
        return Ok(());
    }
    let message = format!("stack `{stack}` differs between regions");
    let message = Chain::new(message, Some(differences.join("\n")));
    Err(Failure::new(FailureKind::Input, message)
        .hint("deploy the same source to all regions; `--revision` records what each one runs"))
}

fn region_to_wire(running: &RegionState) -> wire::ComparedRegion<'_> {
    let stack = running.stack.as_ref();
    wire::ComparedRegion {
        region: running.region.as_str(),
        status: stack.map(|stack| stack.status.as_str()),
        revision: stack.and_then(|stack| stack.revision.as_deref()),
        template: stack.map(|stack| stack.template.as_str()),
    }
}

fn table(running: &[RegionState]) -> Vec<String> {
    let rows: Vec<[&str; 4]> = running
        .iter()
        .map(|running| {
            let stack = running.stack.as_ref();
            [
                running.region.as_str(),
                stack.map_or("-", |stack| stack.status.as_str()),
                stack
                    .and_then(|stack| stack.revision.as_deref())
                    .unwrap_or("-"),
                stack.map_or("-", |stack| stack.template.as_str()),
            ]
        })
        .collect();
    let head = ["REGION", "STATUS", "REVISION", "TEMPLATE"];
    let all = std::iter::once(head).chain(rows);
    let all: Vec<[String; 4]> = all.map(|row| row.map(foreign::line)).collect();
    let width = |at: usize| {
        all.iter()
            .map(|row| row[at].chars().count())
            .max()
            .unwrap_or_default()
    };
    let (first, second, third) = (width(0), width(1), width(2));
    all.iter()
        .map(|[a, b, c, d]| format!("{a:<first$}  {b:<second$}  {c:<third$}  {d}"))
        .collect()
}
