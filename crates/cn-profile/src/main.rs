//! `cn-profile`: writes a verified profile from access keys kept in SSM parameters.

mod args;

use std::process::ExitCode;

use cn_core::session::Session;

fn main() -> ExitCode {
    cn_cli::main(async |args: args::Args, ui: &cn_cli::Ui| {
        let session = Session::open(args.target.request(ui)?)?;
        let caller = session.verify_target().await?;
        ui.result(&format!("{} {caller:?}", session.region()), "profile", ())
    })
}
