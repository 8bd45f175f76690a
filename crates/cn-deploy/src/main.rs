//! `cn-deploy`: creates or updates a stack and says why when it fails.

mod args;
mod input;
mod report;
mod say;

use std::process::ExitCode;

use cn_cli::{Failure, Ui};
use cn_core::deploy::{self, Clients};
use cn_core::session::Session;

fn main() -> ExitCode {
    cn_cli::main(async |args: args::Args, ui: &Ui| {
        let session = Session::open(args.target.request(ui)?)?;
        let request = input::request(&args, ui, &session).await?;
        ui.findings(&deploy::check(&request))?;
        let target = session.target().await?;
        let flags = say::target_flags(&request, session.identity());
        let mut say = say::Say::new(ui, &request, &flags);
        let mut on_event = |event| say.say(&event);
        // Who we are is asked while the stack is read: both must be known before the first write.
        let facts = deploy::read(target.cloudformation(), &request, &mut on_event);
        let (facts, _caller) =
            tokio::try_join!(async { facts.await.map_err(Failure::from) }, async {
                session.verify_target().await.map_err(Failure::from)
            },)?;
        let planned = deploy::plan(&request, &facts);
        ui.findings(&planned.findings)?;
        let clients = Clients {
            cloudformation: target.cloudformation().clone(),
            s3: target.s3().clone(),
        };
        let outcome = deploy::apply(&clients, planned.plan?, &mut on_event).await?;
        ui.clear_interrupt();
        report::report(ui, &args, &request, &flags, &outcome)
    })
}
