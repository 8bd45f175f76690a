//! `cn-package`: uploads what a template points at and writes the packaged template.

mod args;
mod progress;
mod report;

use std::process::ExitCode;

use args::{Args, Target};
use cn_cli::{Failure, Ui};
use cn_core::file::{Readers, WriteError, write_atomic};
use cn_core::package::{self, Event, Origin, Outcome, Plan, Planned, Request};
use cn_core::template::Diagnostic;
use cn_core::template::diag::once;
use progress::Progress;

/// Returns the command line, for manual pages and completions.
pub fn command() -> clap::Command {
    cn_cli::command::<args::Args>()
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    cn_cli::main(async |args: Args, ui| {
        let targets = args.targets(ui).await?;
        let requests = targets.iter().map(|target| target.request.clone());
        let requests: Vec<Request> = requests.collect();
        let planned = cn_cli::aside(move || plan(&requests)).await?;
        let mut findings: Vec<Diagnostic> = Vec::new();
        let mut plans = Vec::new();
        for planned in planned {
            findings.extend(planned.findings);
            plans.push(planned.plan);
        }
        ui.findings(&once(findings))?;
        let work = targets.iter().zip(plans);
        if args.dry_run {
            for (target, plan) in work {
                if targets.len() > 1 {
                    ui.status(format!("for `{}`:", target.request.region));
                }
                report::plan(ui, target, &plan)?;
            }
            return Ok(());
        }
        if args.offline {
            for (target, plan) in work {
                write(target, &Outcome::unsent(&plan))?;
                report::offline(ui, target, &plan)?;
            }
            return Ok(());
        }
        // Whoever may not write to one of them shall not have written to any.
        for target in &targets {
            target.session().verify_target().await?;
        }
        let mut done: Vec<(&Target, Outcome)> = Vec::new();
        for (target, plan) in work {
            let origin = done.first().and_then(|first| origin(first, target));
            let outcome = send(&args, ui, target, plan, origin).await?;
            done.push((target, outcome));
        }
        // Results of some regions would be mistaken for those of all.
        for (target, outcome) in &done {
            write(target, outcome)?;
            report::outcome(ui, target, outcome)?;
        }
        Ok(())
    })
}

/// Reads the files, which are the same for all regions, and decides for each.
fn plan(requests: &[Request]) -> Result<Vec<Planned>, Failure> {
    let facts = package::read(&requests[0])?;
    let planned = requests
        .iter()
        .map(|request| package::plan(request, &facts));
    Ok(planned.collect::<Result<_, _>>()?)
}

/// Where a target's objects can be copied from: the bucket that was filled
/// first, when it lies in the same partition and account.
fn origin((first, outcome): &(&Target, Outcome), target: &Target) -> Option<Origin> {
    let partition = |target: &Target| target.request.region.partition();
    let account = |target: &Target| target.session().account().cloned();
    let is_near = partition(first) == partition(target) && account(first) == account(target);
    is_near.then(|| Origin {
        bucket: first.request.bucket.clone(),
        keys: outcome.sent.iter().map(|sent| sent.key.clone()).collect(),
    })
}

/// Brings the objects of a plan into its region's bucket.
async fn send(
    args: &Args,
    ui: &Ui,
    target: &Target,
    plan: Plan,
    origin: Option<Origin>,
) -> Result<Outcome, Failure> {
    let clients = target.session().target().await?;
    let options = args.options(target.session(), origin);
    let mut progress = Progress::new(ui, plan.uploads.len());
    let mut on_event = |event: &Event| progress.event(event);
    let sent = package::apply(clients.s3(), &target.request, plan, &options, &mut on_event);
    Ok(sent.await?)
}

/// Writes manifest and packaged template to the files asked for, if there are any.
fn write(target: &Target, outcome: &Outcome) -> Result<(), WriteError> {
    if let Some(path) = &target.manifest {
        let text = format!("{:#}\n", package::manifest(&target.request, outcome));
        write_atomic(path, text.as_bytes(), Readers::Anybody)?;
    }
    match &target.output {
        Some(path) => write_atomic(path, outcome.packaged.as_bytes(), Readers::Anybody),
        None => Ok(()),
    }
}
