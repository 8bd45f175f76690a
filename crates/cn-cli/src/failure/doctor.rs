//! Faults of a set-up, and how to fix them.

use camino::Utf8Path;
use cn_core::doctor::Fault;

use super::{Failure, hints_of_call, kind_of_call};
use crate::exit::FailureKind;

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Session(error) => error.into(),
            Fault::Issuer(error) => error.into(),
            Fault::BucketName(error) => error.into(),
            Fault::Unreadable(error) => error.into(),
            other => {
                let (kind, hints) = kind_and_hints(&other);
                Self::with_hints(kind, other, hints)
            }
        }
    }
}

fn packaging(source: &Utf8Path, output: &Utf8Path) -> String {
    format!("run `cn-package --template-file {source} --output-template-file {output}`")
}

fn kind_and_hints(fault: &Fault) -> (FailureKind, Vec<String>) {
    let own = |hint: &str| (FailureKind::Input, vec![hint.to_owned()]);
    match fault {
        Fault::Home(source) => {
            let mut hints = hints_of_call(source);
            hints.insert(
                0,
                "give the build project a service role, or pass a profile with `--home-profile`"
                    .to_owned(),
            );
            (kind_of_call(source), hints)
        }
        Fault::Bucket { source, .. }
        | Fault::List { source, .. }
        | Fault::Write { source, .. }
        | Fault::Probe { source, .. }
        | Fault::Stack { source, .. }
        | Fault::Link { source, .. }
        | Fault::Refused(source) => {
            let mut hints = hints_of_call(source);
            if matches!(fault, Fault::Bucket { .. }) {
                hints.push(
                    "deploy `buildspecs/china-account.yaml`, which creates a bucket and its \
                     permissions, or pass another bucket with `--s3-bucket`"
                        .to_owned(),
                );
            }
            (kind_of_call(source), hints)
        }
        Fault::HomePartition { .. } => own(
            "remove the target's key from `AWS_ACCESS_KEY_ID` and the profile `default`: both \
             belong to the home identity",
        ),
        Fault::Plain(_) => own("store the key again with `cn-keys put`, which encrypts it"),
        Fault::Age { .. } => own("run `cn-keys rotate`, ideally every day in a separate build"),
        Fault::SigningKey { .. } => own(
            "allow `kms:GetPublicKey` on the key, so that the issuer's files can be compared with it",
        ),
        Fault::Problem(_) => own(
            "write the issuer's files again with `cn-keys issuer`, and serve them over HTTPS as \
             `application/json`",
        ),
        Fault::Token(_) => own("allow `kms:Sign` on the key, or correct `--web-identity-token`"),
        Fault::Clock { .. } => own("set the clock of this machine"),
        Fault::NoBucket => {
            own("pass `--s3-bucket` or `--s3-bucket-ssm`, or set `S3_BUCKET` or `S3_BUCKET_SSM`")
        }
        Fault::BucketRegion { .. } => own(
            "pass a bucket in the target region with `--s3-bucket`: Lambda loads code only from \
             its own region",
        ),
        Fault::Unencrypted(_) | Fault::Public(_) => {
            own("create the bucket with `buildspecs/china-account.yaml`, or correct its settings")
        }
        Fault::State { status, .. } => {
            let hint = status
                .advice()
                .map(|step| crate::advice::words(step).into());
            (FailureKind::Stuck, hint.into_iter().collect())
        }
        Fault::Denied { .. } => own(
            "allow them in a policy of this identity; `buildspecs/china-account.yaml` has the \
             complete policy",
        ),
        Fault::NotPackaged {
            path,
            source_template,
        } => own(&packaging(source_template, path)),
        Fault::NeverPackaged { path } => own(&format!(
            "{}, and deploy `packaged.yaml`",
            packaging(path, "packaged.yaml".into())
        )),
        Fault::Source { path } => own(&format!("run `cn-check {path}` to list them")),
        Fault::Record(_) | Fault::OtherRegion { .. } => {
            own("run `cn-package` for the target region, before `cn-deploy`")
        }
        _ => (FailureKind::Input, Vec::new()),
    }
}
