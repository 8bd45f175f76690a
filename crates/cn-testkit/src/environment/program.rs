//! Programs of other crates than the one under test.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Mutex;

use camino::{Utf8Path, Utf8PathBuf};

use super::locked;
use crate::ambient;

/// The variable that `cargo xtask test` sets because it has already built every program.
pub const PROGRAMS_BUILT_VARIABLE: &str = "CN_TESTKIT_PROGRAMS_BUILT";

static PROGRAMS: Mutex<BTreeMap<String, Utf8PathBuf>> = Mutex::new(BTreeMap::new());

/// Returns the path of a program of this workspace, built like the running test.
///
/// Cargo builds only the programs of the crate under test. A program of another crate may be
/// missing or outdated, so it is built at the first call.
///
/// # Panics
///
/// When the program cannot be built.
pub fn program(name: &str) -> Utf8PathBuf {
    let mut programs = locked(&PROGRAMS);
    if let Some(path) = programs.get(name) {
        return path.clone();
    }
    let folder = program_folder();
    let path = folder.join(name);
    if ambient::variable(PROGRAMS_BUILT_VARIABLE).is_none() || !path.is_file() {
        build(name, &folder);
    }
    programs.insert(name.to_owned(), path.clone());
    path
}

/// Returns the path of an example of the crate under test, which cargo builds with its tests.
///
/// # Panics
///
/// When it was not built: `cargo test --test NAME` and `--lib` build no examples.
pub fn example(name: &str) -> Utf8PathBuf {
    let path = program_folder().join("examples").join(name);
    assert!(
        path.is_file(),
        "`{path}` is missing: run `cargo test` without `--test` and `--lib`, or `cargo build --examples`"
    );
    path
}

/// Returns the folder of the programs: test executables lie in `PROFILE/deps`, programs in
/// `PROFILE`.
fn program_folder() -> Utf8PathBuf {
    let executable = std::env::current_exe().expect("an executable knows its path");
    let executable = Utf8PathBuf::from_path_buf(executable).expect("target folders are UTF-8");
    let folder = executable.parent().expect("a file lies in a folder");
    if folder.ends_with("deps") {
        return folder.parent().expect("deps lies in a profile").to_owned();
    }
    if folder.starts_with(ambient::target_folder()) {
        return folder.to_owned();
    }
    ambient::target_folder().join("debug")
}

fn build(name: &str, folder: &Utf8Path) {
    let target = folder
        .parent()
        .expect("a profile lies in the target folder");
    let mut command = Command::new(env!("CARGO"));
    command
        .current_dir(ambient::workspace_folder())
        .args(["build", "--quiet", "--package", name, "--bin", name])
        .arg("--target-dir")
        .arg(target);
    if folder.ends_with("release") {
        command.arg("--release");
    }
    let status = command.status().expect("cargo can be started");
    assert!(status.success(), "`{name}` cannot be built");
}
