//! The files of an issuer: printed, written or verified.

use cn_cli::ui::plural;
use cn_cli::wire::keys as wire;
use cn_cli::{Failure, FailureKind, Shown, Ui};
use cn_core::file::{Readers, check_outputs, create_folder, write_atomic};
use cn_core::web_identity::{IssuerUrl, Jwk};

use crate::args::Args;

pub(crate) async fn run(args: &Args, ui: &Ui) -> Result<(), Failure> {
    let issuer = args.issuer()?;
    if let Some(folder) = args.output.as_ref().filter(|_| !args.verify) {
        let paths = issuer.files(&[]).map(|file| folder.join(file.path));
        for parent in paths.iter().filter_map(|path| path.parent()) {
            create_folder(parent)?;
        }
        check_outputs("".into(), &paths, &ui.inputs())?;
    }
    let keys = keys(args, ui).await?;
    if args.verify {
        return verify(issuer, &keys, ui).await;
    }
    if keys.is_empty() {
        let failure = Failure::new(FailureKind::Input, "no signing key was given");
        return Err(failure.hint("pass the KMS key that signs the tokens with `--signing-key`"));
    }
    for problem in issuer.problems() {
        ui.warn(format!("IAM does not accept `{issuer}`: {problem}"));
    }
    let files = issuer.files(&keys);
    for file in &files {
        let text = match &args.output {
            None => Some(file.text.as_str()),
            Some(folder) => {
                let path = folder.join(file.path);
                write_atomic(&path, file.text.as_bytes(), Readers::Anybody)?;
                ui.status(format!("wrote `{path}`"));
                None
            }
        };
        let path = file.path;
        let line = match text {
            Some(text) => Shown::document(&format!("{issuer}/{path}:\n{text}")),
            None => format!("{issuer}/{path}").into(),
        };
        ui.result(line, "issuer-file", wire::IssuerFile { path, text })?;
    }
    Ok(())
}

/// Returns the public halves of the signing keys.
async fn keys(args: &Args, ui: &Ui) -> Result<Vec<Jwk>, Failure> {
    let mut keys = Vec::new();
    if args.signing_key.is_empty() {
        return Ok(keys);
    }
    let home = args.home(ui).await?;
    for key in &args.signing_key {
        keys.push(Jwk::of_kms(home.kms(), key).await?);
    }
    Ok(keys)
}

async fn verify(issuer: &IssuerUrl, keys: &[Jwk], ui: &Ui) -> Result<(), Failure> {
    let problems = issuer.verify(keys, ui.now_ms() / 1000).await?;
    for problem in &problems {
        ui.warn(problem);
    }
    let body = wire::Issuer {
        issuer: issuer.as_str(),
        problems: problems.iter().map(ToString::to_string).collect(),
    };
    let count = problems.len();
    let text = format!("{issuer}: {}", plural(count, "problem"));
    ui.result(&text, "issuer", body)?;
    if count == 0 {
        return Ok(());
    }
    let message = format!("found {} of `{issuer}`", plural(count, "problem"));
    Err(Failure::new(FailureKind::Input, message))
}
