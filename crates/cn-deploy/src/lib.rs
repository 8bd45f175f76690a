//! `cn-deploy`: creates or updates a stack, and explains failures.

mod args;
mod report;
mod run;
mod stack_set;
mod words;

use std::process::ExitCode;

use cn_cli::Ui;
use cn_core::inspect;
use cn_core::session::Session;

use args::{Args, NO_CHANGES, Task};
use run::Run;
use words::{Recorder, checks, outcome};

/// Returns the command line, for manual pages and completions.
pub fn command() -> clap::Command {
    cn_cli::command::<args::Args>()
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    cn_cli::main(async |args: Args, ui: &Ui| {
        if let Task::Compare(regions) = args.task() {
            let (asked, stack) = (args.target.request(ui)?, args.stack()?);
            let parameters = ui.settings().written("parameter_overrides");
            let running = inspect::compare(&asked, &stack, regions, &parameters);
            let running = Box::pin(running).await?;
            return checks::comparison(ui, &stack, &running);
        }
        if let Some(name) = &args.stack_set {
            return Box::pin(stack_set::run(&args, ui, name)).await;
        }
        if let Task::Execute(NO_CHANGES) = args.task() {
            return outcome::nothing_to_execute(ui, &args);
        }
        let recorder = Recorder::start(&args, ui);
        let session = Session::open(args.target.request(ui)?)?;
        let run = Run::new(&args, ui, &session, &recorder)?;
        match args.task() {
            Task::Execute(change_set) => Box::pin(run.execute(change_set)).await,
            Task::Attach => Box::pin(run.attach(args.stack()?)).await,
            Task::Deploy | Task::Compare(_) => Box::pin(run.deploy()).await,
        }
    })
}
