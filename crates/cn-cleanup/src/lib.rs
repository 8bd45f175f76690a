//! `cn-cleanup`: deletes a stack, its artifacts, parameters and key, and collects old artifacts.

mod args;
mod report;
mod table;

use std::process::ExitCode;

use args::{Args, Consent};
use cn_cli::{Failure, FailureKind, Ui};
use cn_core::Timestamp;
use cn_core::cleanup;
use cn_core::session::Session;

/// Returns the command line, for manual pages and completions.
pub fn command() -> clap::Command {
    cn_cli::command::<args::Args>()
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    cn_cli::main(async |args: Args, ui: &Ui| {
        let request = args.request(ui)?;
        let session = Session::open(args.target.request(ui)?)?;
        let pace = args.pace(ui);
        let mut on_event = |event| report::event(ui, &event);
        let now = Timestamp(ui.now_ms());
        let facts = cleanup::read(&session, &request, now, &pace, &mut on_event);
        let plan = cleanup::plan(&request, Box::pin(facts).await?);
        for unseen in &plan.unseen {
            ui.warn(report::unseen(unseen));
        }
        if plan.is_empty() && plan.blockers.is_empty() {
            return report::nothing(ui, &request, &plan);
        }
        let consent = args.consent(ui);
        report::plan(ui, &session, &plan, consent)?;
        let approved = plan.approve()?;
        let is_agreed = match consent {
            Consent::Given => true,
            Consent::Asked => ui
                .confirm("Delete this?")
                .map_err(|error| Failure::new(FailureKind::Input, error))?,
            Consent::DryRun => return Ok(()),
            Consent::Missing => false,
        };
        if !is_agreed {
            ui.note(match consent {
                Consent::Missing => "nothing was deleted, because `--yes` was not given",
                _ => "nothing was deleted",
            });
            return Ok(());
        }
        ui.on_interrupt(
            "CloudFormation continues a deletion that has started; run again to finish the cleanup",
        );
        let done = cleanup::apply(&session, &approved, &pace, &mut on_event);
        let outcome = Box::pin(done).await?;
        report::done(ui, &outcome)
    })
}
