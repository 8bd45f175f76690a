//! `cargo xtask test`: everything that CI runs.

use std::process::Command;
use std::time::Instant;

use cn_testkit::{EMULATORS_VARIABLE, Emulators, PROGRAMS_BUILT_VARIABLE, workspace_folder};

use crate::{bench, terminal};
use xtask::BoxError;

/// Runs the checks one after the other, and stops at the first failure.
pub(crate) fn run() -> Result<(), BoxError> {
    cargo("formatting", &["fmt", "--all", "--check"], &[])?;
    let lints = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ];
    cargo("lints", &lints, &[])?;
    cargo(
        "building",
        &["test", "--workspace", "--locked", "--no-run"],
        &[],
    )?;

    // Kept until the tests have run. Both emulators end when it is dropped, even by an early
    // return.
    let emulators = Emulators::start()?;
    let ports = emulators.ports().render();
    let variables = [
        (EMULATORS_VARIABLE, ports.as_str()),
        (PROGRAMS_BUILT_VARIABLE, "1"),
        ("INSTA_UPDATE", "no"),
    ];
    cargo("tests", &["test", "--workspace", "--locked"], &variables)?;
    drop(emulators);
    terminal::say("== benchmarks, only to see that they run");
    bench::run(bench::Scale::Quick, "", None)?;

    let documentation = ["doc", "--workspace", "--no-deps", "--locked"];
    cargo(
        "documentation",
        &documentation,
        &[("RUSTDOCFLAGS", "-D warnings")],
    )
}

fn cargo(title: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Result<(), BoxError> {
    terminal::say(&format!("== {title}: cargo {}", arguments.join(" ")));
    let start = Instant::now();
    let status = Command::new(env!("CARGO"))
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(workspace_folder())
        .status()?;
    if !status.success() {
        return Err(format!("{title} failed ({status})").into());
    }
    terminal::say(&format!(
        "== {title}: {:.1} s",
        start.elapsed().as_secs_f64()
    ));
    Ok(())
}
