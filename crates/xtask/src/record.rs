//! `cargo xtask policies`: records the calls of the programs in their tests.

use std::process::Command;

use cn_testkit::{CALLS_VARIABLE, Call, EMULATORS_VARIABLE, Emulators, workspace_folder};

use crate::terminal;
use xtask::{BoxError, policies};

/// The crates whose tests run the programs.
const CRATES: [&str; 7] = [
    "cn-check",
    "cn-cleanup",
    "cn-deploy",
    "cn-doctor",
    "cn-keys",
    "cn-package",
    "cn-profile",
];

/// Records the calls and writes the policies that allow them.
pub(crate) fn run() -> Result<(), BoxError> {
    let file = Call::file();
    fs_err::write(&file, "")?;
    let emulators = Emulators::start()?;
    let mut command = Command::new(env!("CARGO"));
    command.args(["test", "--locked", "--no-fail-fast"]);
    for name in CRATES {
        command.args(["--package", name]);
    }
    let status = command
        .env(CALLS_VARIABLE, &file)
        .env(EMULATORS_VARIABLE, emulators.ports().render())
        .current_dir(workspace_folder())
        .status()?;
    if !status.success() {
        return Err("the calls are not complete: tests failed".into());
    }
    policies::write()?;
    terminal::say("written; review the difference: `git diff docs/policies buildspecs`");
    Ok(())
}
