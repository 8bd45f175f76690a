//! `cn-profile`: writes a verified profile from access keys in SSM parameters.

mod args;
mod report;

use std::os::unix::process::CommandExt;
use std::process::ExitCode;

use args::{Action, Args, ProfileArg};
use cn_cli::{Failure, FailureKind, Ui};
use cn_core::keys::KeySince;
use cn_core::profile::{self, Content, WriteRequest};
use cn_core::session::{Caller, Identity, Session};
use secrecy::ExposeSecret;

/// Returns the command line, for manual pages and completions.
pub fn command() -> clap::Command {
    cn_cli::command::<args::Args>()
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    cn_cli::main(async |args: Args, ui: &Ui| match args.action {
        // Boxed, because the compiler computes the size of nested futures only to a limited depth.
        None => Box::pin(write(&args, ui)).await,
        Some(Action::Exec) => Box::pin(run(&args, ui)).await,
    })
}

/// A profile with a verified identity, ready to be written.
struct Verified {
    write: WriteRequest,
    caller: Option<Caller>,
}

async fn write(args: &Args, ui: &Ui) -> Result<(), Failure> {
    ui.on_interrupt("nothing was written; run again");
    if args.credential_process {
        let profile = args.only_profile()?;
        let session = open(args, profile, ui)?;
        session.verify_target().await?;
        return report::credentials(ui, &session.credentials().await?);
    }
    let mut verified: Vec<Verified> = Vec::new();
    for profile in &args.profile {
        let name = &profile.name;
        if verified.iter().any(|other| other.write.profile == *name) {
            let failure = Failure::new(
                FailureKind::Input,
                format!("profile `{name}` was given twice"),
            );
            return Err(failure.hint("use a different name for each `--profile`"));
        }
        verified.push(verify(args, profile, ui).await?);
    }
    ui.on_interrupt("no profile is half written; run again");
    let files = &ui.environment().files;
    for Verified { write, caller } in &verified {
        let changed = if args.dry_run {
            profile::plan(&files.read()?, write)?
        } else {
            profile::apply(files, write)?
        };
        report::changes(ui, write, &changed, args.dry_run);
        report::profile(ui, write, caller.as_ref(), &changed)?;
    }
    Ok(())
}

fn open(args: &Args, profile: &ProfileArg, ui: &Ui) -> Result<Session, Failure> {
    let identity = args.identity(profile, ui)?;
    Ok(Session::for_profile(args.session(profile, ui), identity)?)
}

async fn verify(args: &Args, profile: &ProfileArg, ui: &Ui) -> Result<Verified, Failure> {
    let session = open(args, profile, ui)?;
    let keys = match session.identity() {
        Identity::Parameters(keys) => Some(keys),
        _ => None,
    };
    if let Some(keys) = keys {
        // The parameters are read before STS is called, so that errors in them are reported first.
        session.access_key(keys).await?;
    }
    let caller = session.verify_target().await?;
    if let Some(keys) = keys.filter(|_| !args.write_process) {
        let key = session.access_key(keys).await?;
        let since = KeySince::of(&session, &key, caller).await?;
        report::age(ui, keys, since, args.max_key_age)?;
    }
    let content = if args.write_process {
        let program = ui.program("cn-profile")?;
        let command = args.process(program, profile, &session, session.home().await?);
        Content::Process(command.to_string())
    } else if args.session {
        let credentials = session.temporary(args.session_duration).await?;
        report::expiry(ui, &profile.name, &credentials);
        Content::Session(credentials)
    } else if let Some(keys) = keys {
        Content::Key(session.access_key(keys).await?)
    } else {
        let message = "a web identity has no access key to write into a profile";
        return Err(Failure::new(FailureKind::Input, message).hint(
            "pass `--write-process`: the profile then gets its sessions from this program; \
             or `--session` for one session",
        ));
    };
    Ok(Verified {
        write: WriteRequest::new(profile.name.clone(), session.region().clone(), content),
        caller: caller.cloned(),
    })
}

/// Replaces this program by a command that uses the target identity.
async fn run(args: &Args, ui: &Ui) -> Result<(), Failure> {
    let Some((program, arguments)) = args.command.split_first() else {
        let failure = Failure::new(FailureKind::Usage, "`exec` has no command to run");
        return Err(failure.hint("write it after `--`: `cn-profile exec -- aws s3 ls`"));
    };
    let profile = args.only_profile()?;
    let session = Session::open_as(args.session(profile, ui), args.identity(profile, ui)?)?;
    session.verify_target().await?;
    let variables = session.target_variables().await?;
    let mut command = std::process::Command::new(program);
    command.args(arguments);
    for (name, value) in variables {
        match value {
            Some(value) => command.env(name, value.expose_secret()),
            None => command.env_remove(name),
        };
    }
    let error = command.exec();
    let error = Failure::new(FailureKind::Input, error);
    Err(error.hint(format!(
        "check that `{}` is installed and executable",
        program.display()
    )))
}
