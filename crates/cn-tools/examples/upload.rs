//! Uploads the files of a release to a bucket, with the library's own session.
//!
//! `cargo xtask dist --upload` runs this.

use std::path::PathBuf;
use std::process::ExitCode;

use aws_sdk_s3::error::DisplayErrorContext;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumAlgorithm;
use cn_cli::{Failure, FailureKind};
use cn_core::session::Session;

/// Upload files to a bucket under a prefix
#[derive(clap::Parser, Debug)]
#[command(name = "upload", version)]
struct Args {
    /// Bucket that takes the files
    #[arg(long, value_name = "BUCKET")]
    bucket: String,

    /// Prefix of the keys; may be empty
    #[arg(long, value_name = "PREFIX", default_value = "")]
    prefix: String,

    /// Files to upload
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    #[command(flatten)]
    target: cn_cli::TargetArgs,
}

fn main() -> ExitCode {
    cn_cli::main(async |args: Args, ui: &cn_cli::Ui| {
        let session = Session::open(args.target.request(ui)?)?;
        session.verify_target().await?;
        let client = session.target().await?.s3();
        for path in &args.files {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let key = match args.prefix.trim_matches('/') {
                "" => name.into_owned(),
                prefix => format!("{prefix}/{name}"),
            };
            let failed = |source: String| {
                let kind = FailureKind::Failed;
                Failure::new(
                    kind,
                    format!("cannot upload `{}`: {source}", path.display()),
                )
            };
            let body = ByteStream::from_path(path).await;
            let body = body.map_err(|error| failed(error.to_string()))?;
            let put = client.put_object().bucket(&args.bucket).key(&key);
            let put = put.checksum_algorithm(ChecksumAlgorithm::Sha256);
            let sent = put.body(body).send().await;
            sent.map_err(|error| failed(DisplayErrorContext(error).to_string()))?;
            ui.status(format!("uploaded s3://{}/{key}", args.bucket));
        }
        Ok(())
    })
}
