//! `cn-profile`: writes a verified profile from access keys kept in SSM parameters.

mod args;
mod report;

use std::process::ExitCode;

use args::Args;
use cn_cli::Ui;
use cn_core::profile::{self, Content, WriteRequest};
use cn_core::session::{Identity, Session};

/// Returns the command line, for manual pages and completions.
pub fn command() -> clap::Command {
    cn_cli::command::<args::Args>()
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    cn_cli::main(async |args: Args, ui: &Ui| {
        ui.on_interrupt("nothing was written; run again");
        let (request, keys) = args.session(ui)?;
        let session = Session::for_profile(request, Identity::Parameters(keys.clone()))?;
        let key = session.access_key(&keys).await?;
        let caller = session.verify_target().await?;
        if args.credential_process {
            return report::credentials(ui, key);
        }
        let content = if args.write_process {
            let command = args.process(ui.program("cn-profile")?, &session, session.home().await?);
            Content::Process(command.to_string())
        } else {
            Content::Key(key.clone())
        };
        let region = session.region().clone();
        let write = WriteRequest::new(args.profile.clone(), region, content);
        let files = &ui.environment().files;
        let changed = if args.dry_run {
            profile::plan(&files.read()?, &write)?
        } else {
            profile::apply(files, &write)?
        };
        report::changes(ui, &write, &changed, args.dry_run);
        report::profile(ui, &write, caller, &changed)
    })
}
