//! The command line of `cn-profile`.

/// Write a verified AWS profile from access keys kept in SSM parameters
#[derive(clap::Parser, Debug)]
#[command(name = "cn-profile", version)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) target: cn_cli::TargetArgs,
}
