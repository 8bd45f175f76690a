//! `cn-package`: uploads the files that a template references and writes the packaged template.

mod args;
mod progress;
mod report;

use std::process::ExitCode;

use args::Args;
use cn_core::package::{Event, Goal, Outcome, Regions};
use progress::Progress;

/// Returns the command line, for manual pages and completions.
pub fn command() -> clap::Command {
    cn_cli::command::<args::Args>()
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    cn_cli::main(async |args: Args, ui| {
        let regions = Regions::open(args.request(ui)?).await?;
        let plans = ui.ready(regions.plan().await?)?;
        match args.goal() {
            Goal::Plan => {
                let travels = regions.preview(&plans, &args.options(ui)?).await;
                let travels = travels.unwrap_or_else(|error| {
                    report::unknown_travel(ui, &error);
                    Vec::new()
                });
                report::plans(ui, &plans, &travels)
            }
            Goal::Write => {
                let unsent: Vec<Outcome> = plans.into_iter().map(Outcome::unsent).collect();
                regions.write(&unsent)?;
                report::unsent(ui, &regions, &unsent)
            }
            Goal::Send => {
                let mut progress = Progress::new(ui, ui.build_left(args.build_timeout));
                let options = args.options(ui)?;
                let mut on_event = |event: &Event| progress.event(event);
                let outcomes = regions.send(plans, &options, &mut on_event).await?;
                drop(progress);
                regions.write(&outcomes)?;
                report::sent(ui, &regions, &outcomes)
            }
        }
    })
}
