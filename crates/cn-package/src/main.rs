//! `cn-package`: uploads what a template points at and writes the packaged template.

mod args;
mod report;

use std::process::ExitCode;

use cn_core::file::{Readers, WriteError, write_atomic};
use cn_core::package::{self, Request};
use cn_core::session::Session;

fn main() -> ExitCode {
    cn_cli::main(async |args: args::Args, ui| {
        let session = Session::open(args.target.request(ui)?)?;
        let request = args.request(&session).await?;
        let facts = package::read(&request)?;
        let planned = package::plan(&request, &facts)?;
        ui.findings(&planned.findings)?;
        if args.dry_run {
            return report::plan(ui, &planned.plan);
        }
        if args.offline {
            write(&request, &planned.plan.packaged)?;
            return report::offline(ui, &request, &planned.plan);
        }
        session.verify_target().await?;
        let target = session.target().await?;
        let options = args.options(&session);
        let mut say = report::Say::new(ui);
        let outcome = package::apply(
            target.s3(),
            &request,
            planned.plan,
            &options,
            &mut |event| say.event(event),
        )
        .await?;
        if let Some(path) = args.manifest() {
            let text = format!("{:#}\n", package::manifest(&request, &outcome));
            write_atomic(&path, text.as_bytes(), Readers::Anybody)?;
        }
        write(&request, &outcome.packaged)?;
        report::outcome(ui, &request, &outcome)
    })
}

/// Writes the packaged template to the file asked for, if there is one.
fn write(request: &Request, packaged: &str) -> Result<(), WriteError> {
    match &request.output {
        Some(path) => write_atomic(path, packaged.as_bytes(), Readers::Anybody),
        None => Ok(()),
    }
}
