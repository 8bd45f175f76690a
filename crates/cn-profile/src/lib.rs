//! `cn-profile`: writes a verified profile from access keys kept in SSM parameters.

mod args;
mod report;

use std::process::ExitCode;

use args::Args;
use cn_cli::{Failure, FailureKind, Ui};
use cn_core::profile::{self, Content, WriteRequest};
use cn_core::session::{Resolved, Session};

/// Returns the command line, for manual pages and completions.
pub fn command() -> clap::Command {
    cn_cli::command::<args::Args>()
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    cn_cli::main(async |args: Args, ui: &Ui| {
        ui.on_interrupt("nothing was written; run again");
        let files = &ui.environment().files;
        let texts = files.read()?;
        let keys = args.keys()?;
        let (request, resolved) = args.session(&keys, &texts, ui)?;
        let session = Session::of(request, resolved.clone(), texts.clone());
        let key = session.access_key(&keys).await?;
        let caller = session.verify_target().await?;
        if args.credential_process {
            return report::credentials(ui, key);
        }
        let content = if args.write_process {
            let home = session.home().await?;
            Content::Process(args.process(&program()?, &keys, &resolved, home.region()))
        } else {
            Content::Key(key.clone())
        };
        let Resolved { region, .. } = resolved;
        let write = WriteRequest {
            profile: args.profile.clone(),
            region,
            content,
        };
        let changed = if args.dry_run {
            profile::plan(&texts, &write)?
        } else {
            profile::apply(files, &write)?
        };
        report::changes(ui, &write, &changed, args.dry_run);
        report::profile(ui, &write, caller, &changed)
    })
}

/// Returns where `cn-profile` is: beside the running file, which may hold all programs.
fn program() -> Result<String, Failure> {
    let path = std::env::current_exe().map_err(|error| Failure::new(FailureKind::Failed, error))?;
    let path = path.with_file_name(format!("cn-profile{}", std::env::consts::EXE_SUFFIX));
    Ok(path.to_string_lossy().into_owned())
}
