//! `cn-keys`: stores, checks, rotates and revokes the access key of the target's user.

mod args;
mod issuer;
mod report;

use std::process::ExitCode;

use args::{Action, Args};
use cn_cli::{Failure, FailureKind, Ui};
use cn_core::Timestamp;
use cn_core::file::{self, Accepts};
use cn_core::keys::{self, Keeper, Revoker};
use cn_core::session::{AccessKey, KeyStore};
use secrecy::{ExposeSecret, SecretString};

/// Returns the command line, for manual pages and completions.
pub fn command() -> clap::Command {
    cn_cli::command::<args::Args>()
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    cn_cli::main(async |args: Args, ui: &Ui| match args.action {
        Action::Put => put(&args, ui).await,
        Action::Status => status(&args, ui).await,
        Action::Rotate => rotate(&args, ui).await,
        Action::Revoke => revoke(&args, ui).await,
        Action::Issuer => issuer::run(&args, ui).await,
    })
}

async fn put(args: &Args, ui: &Ui) -> Result<(), Failure> {
    ui.on_interrupt("run again: a key that is already stored is not written again");
    let stores = args.stores(ui)?;
    let [store] = stores.as_slice() else {
        let failure = Failure::new(
            FailureKind::Input,
            "only only only one key can be stored at a time",
        );
        return Err(failure.hint("pass `--key-ssm` once"));
    };
    store.check_writable()?;
    let key = key(args, ui)?;
    let keeper = args.keeper(store.clone(), ui).await?;
    let put = keeper.put(&key, &args.put()).await?;
    report::stored(ui, store, &key, &put)
}

/// Returns the key to store, from a file, standard input or a person.
fn key(args: &Args, ui: &Ui) -> Result<AccessKey, Failure> {
    let fail = |error: std::io::Error| Failure::new(FailureKind::Input, error);
    let text = match &args.key_file {
        Some(path) => file::read_text(path, Accepts::Pipes).map(SecretString::from),
        None if ui.is_interactive() => ui.ask_secret("Access key ID: ").and_then(|id| {
            let secret = ui.ask_secret("Secret access key: ")?;
            let both = format!("{}\n{}", id.expose_secret(), secret.expose_secret());
            Ok(both.into())
        }),
        None => ui.ask_secret(""),
    };
    Ok(AccessKey::parse(&text.map_err(fail)?)?)
}

async fn status(args: &Args, ui: &Ui) -> Result<(), Failure> {
    let mut over_age = Vec::new();
    for store in args.stores(ui)? {
        let keeper = args.keeper(store.clone(), ui).await?;
        let facts = keeper.read().await?;
        report::status(ui, &store, &facts, args.max_key_age)?;
        if facts.age().is_some_and(|age| age > args.max_key_age) {
            over_age.push(store.to_string());
        }
    }
    if over_age.is_empty() {
        return Ok(());
    }
    let message = format!(
        "the access key in `{}` is older than {}",
        over_age.join("`, `"),
        report::limit(args.max_key_age),
    );
    Err(Failure::new(FailureKind::Input, message).hint("run `cn-keys rotate`"))
}

async fn rotate(args: &Args, ui: &Ui) -> Result<(), Failure> {
    ui.on_interrupt("the stored key works; run again to finish the rotation");
    let mut failures = Vec::new();
    for store in args.stores(ui)? {
        store.check_writable()?;
        let keeper = args.keeper(store.clone(), ui).await?;
        if let Err(failure) = rotate_one(args, &keeper, &store, ui).await {
            failures.push((store, failure));
        }
    }
    let Some((_, failure)) = failures.pop() else {
        return Ok(());
    };
    for (store, failure) in failures {
        ui.warn(format!("`{store}`: {}", failure.chain().join(": ")));
    }
    Err(failure)
}

async fn rotate_one(
    args: &Args,
    keeper: &Keeper,
    store: &KeyStore,
    ui: &Ui,
) -> Result<(), Failure> {
    let request = args.rotation();
    if args.dry_run {
        let facts = keeper.read().await?;
        let plan = keys::plan(&request, &facts).map_err(keys::RotateError::from)?;
        return report::plan(ui, store, &facts, &plan);
    }
    let outcome = keeper
        .rotate(&request, &mut |event| report::event(ui, &event))
        .await?;
    report::rotated(ui, store, &outcome)
}

async fn revoke(args: &Args, ui: &Ui) -> Result<(), Failure> {
    let key = args.revoked_key()?;
    let revoker = if args.admin_profile.is_some() {
        let session = args.session(None, ui)?;
        Revoker::admin(&session).await?
    } else {
        let stores = args.stores(ui)?;
        let keeper = args.keeper(stores[0].clone(), ui).await?;
        let facts = keeper.read().await?;
        if facts.current.id() == key.as_str() {
            ui.warn(format!(
                "`{}` holds this key: builds fail until another key is stored",
                stores[0]
            ));
        }
        Revoker::user(&keeper, &facts)
    };
    let now = Timestamp(ui.now_ms());
    let outcome = revoker.revoke(&key, now, &args.pacing()).await?;
    report::revoked(ui, &outcome)
}
