//! `cn-profile`: writes a verified profile from access keys kept in SSM parameters.

mod args;
mod report;

use std::os::unix::process::CommandExt;
use std::process::ExitCode;

use args::{Action, Args};
use cn_cli::{Failure, FailureKind, Ui};
use cn_core::profile::{self, Content, WriteRequest};
use cn_core::session::{HOME_VARIABLES, Identity, Session, target_variables};
use secrecy::ExposeSecret;

/// Returns the command line, for manual pages and completions.
pub fn command() -> clap::Command {
    cn_cli::command::<args::Args>()
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    cn_cli::main(async |args: Args, ui: &Ui| match args.action {
        // Boxed: the compiler computes the size of nested futures only to some depth.
        None => Box::pin(write(&args, ui)).await,
        Some(Action::Exec) => Box::pin(run(&args, ui)).await,
    })
}

async fn write(args: &Args, ui: &Ui) -> Result<(), Failure> {
    ui.on_interrupt("nothing was written; run again");
    let session = Session::for_profile(args.session(ui), args.identity(ui)?)?;
    if args.credential_process {
        session.verify_target().await?;
        return report::credentials(ui, &session.credentials().await?);
    }
    let content = match session.identity() {
        _ if args.write_process => {
            session.verify_target().await?;
            let command = args.process(ui.program("cn-profile")?, &session, session.home().await?);
            Content::Process(command.to_string())
        }
        Identity::Parameters(keys) => {
            // The parameters are read before STS is asked, so that what is wrong with them is said.
            session.access_key(keys).await?;
            session.verify_target().await?;
            Content::Key(session.access_key(keys).await?)
        }
        _ => {
            let message = "a web identity has no access key to write into a profile";
            return Err(Failure::new(FailureKind::Input, message).hint(
                "pass `--write-process`: the profile then gets its sessions from this program",
            ));
        }
    };
    let caller = session.verify_target().await?;
    report::age(ui, session.access_key_written(), args.max_key_age);
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
}

/// Replaces this program by a command that acts as the target.
async fn run(args: &Args, ui: &Ui) -> Result<(), Failure> {
    let Some((program, arguments)) = args.command.split_first() else {
        let failure = Failure::new(FailureKind::Usage, "`exec` has no command to run");
        return Err(failure.hint("write it after `--`: `cn-profile exec -- aws s3 ls`"));
    };
    let session = Session::open_as(args.session(ui), args.identity(ui)?)?;
    session.verify_target().await?;
    let credentials = session.credentials().await?;
    let mut command = std::process::Command::new(program);
    command.args(arguments);
    for name in HOME_VARIABLES {
        command.env_remove(name);
    }
    for (name, value) in target_variables(&credentials, session.region()) {
        command.env(name, value.expose_secret());
    }
    let error = command.exec();
    let error = Failure::new(FailureKind::Input, error);
    Err(error.hint(format!("see that `{}` can be run", program.display())))
}
