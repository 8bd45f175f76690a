//! `cn-deploy`: creates or updates a stack and says why when it fails.

mod args;
mod checks;
mod files;
mod hidden;
mod input;
mod interrupt;
mod live;
mod record;
mod report;
mod review;
mod run;
mod say;

use std::process::ExitCode;

use cn_cli::Ui;
use cn_core::session::Session;

/// Returns the command line, for manual pages and completions.
pub fn command() -> clap::Command {
    cn_cli::command::<args::Args>()
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    cn_cli::main(async |args: args::Args, ui: &Ui| {
        if !args.checks.compare.is_empty() {
            return Box::pin(checks::compare(&args, ui)).await;
        }
        let recorder = record::Recorder::start(&args, ui);
        let session = Session::open(args.target.request(ui)?)?;
        let run = run::Run::new(&args, ui, &session, recorder)?;
        match &args.run.execute_changeset {
            Some(change_set) => Box::pin(run.execute(change_set)).await,
            None if args.run.attach => Box::pin(run.attach()).await,
            None => Box::pin(run.deploy()).await,
        }
    })
}
