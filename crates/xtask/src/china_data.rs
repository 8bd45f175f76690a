//! Writes the tables of services and features in China, from the packages that publish them.
//!
//! This needs Python and a package index, unlike everything else in the workspace.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use crate::terminal::say;
use xtask::BoxError;

/// Requirements of the environments, whose packages determine the tables that each writes.
const ENVIRONMENTS: [&str; 2] = ["requirements.txt", "requirements-schema.txt"];

pub(crate) fn run() -> Result<(), BoxError> {
    let workspace = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let scripts = workspace.join("crates/xtask/china-data");
    let tables = workspace.join("crates/cn-template/src/china/data");
    for requirements in ENVIRONMENTS {
        let python = environment(&workspace, &scripts, requirements)?;
        ask(Command::new(python)
            .arg(scripts.join("generate.py"))
            .arg(&tables))?;
    }
    say("written; look at the difference before it is committed: `git diff --stat`");
    Ok(())
}

/// Returns the path of the pinned cfn-lint, and installs it if it is missing.
pub(crate) fn cfn_lint() -> Result<Utf8PathBuf, BoxError> {
    let workspace = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let scripts = workspace.join("crates/xtask/china-data");
    let python = environment(&workspace, &scripts, ENVIRONMENTS[0])?;
    Ok(python.with_file_name("cfn-lint"))
}

fn environment(
    workspace: &Utf8Path,
    scripts: &Utf8Path,
    requirements: &str,
) -> Result<Utf8PathBuf, BoxError> {
    let name = requirements.trim_end_matches(".txt");
    let folder = workspace.join("target/china-data").join(name);
    let python = folder.join("bin/python");
    if !python.is_file() {
        ask(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    }
    let install = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
    ];
    ask(Command::new(&python)
        .args(install)
        .arg(scripts.join(requirements)))?;
    Ok(python)
}

fn ask(command: &mut Command) -> Result<(), BoxError> {
    let status = command.status()?;
    if status.success() {
        return Ok(());
    }
    Err(format!(
        "`{}` failed ({status})",
        command.get_program().to_string_lossy()
    )
    .into())
}
