//! `cn-doctor`: checks a whole set-up from the build's side, and explains how to fix it.

mod args;
mod words;

use std::process::ExitCode;

use args::Args;
use cn_cli::Ui;
use cn_core::doctor::{self, Examined};

/// Returns the command line, for manual pages and completions.
pub fn command() -> clap::Command {
    cn_cli::command::<Args>()
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    cn_cli::main(async |args: Args, ui: &Ui| {
        let request = args.request(ui)?;
        let mut tell = |examined: &Examined| ui.detail(format!("checked: {}", examined.check));
        let examined = Box::pin(doctor::examine(&request, &mut tell)).await;
        words::print(ui, args.format, examined)
    })
}
