//! Describes the machine and the programs of a run.

use std::process::Command;

use camino::Utf8Path;

use super::checking;
use super::meter::Contender;
use super::setup::Bench;
use crate::china_data;
use xtask::BoxError;

/// Returns notes about the machine and the programs, a sentence or two each.
///
/// * `has_lint`: true if cfn-lint is one of the programs.
pub(super) fn notes(bench: &Bench, has_lint: bool) -> Result<Vec<String>, BoxError> {
    let cores = std::thread::available_parallelism()?;
    let processor = field("/proc/cpuinfo", "model name");
    let memory: u64 = field("/proc/meminfo", "MemTotal")
        .split_whitespace()
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or_default();
    let system = kernel("kernel/ostype");
    let release = kernel("kernel/osrelease");
    let mut programs = vec![said(&bench.python.program("aws"))?];
    if has_lint {
        programs.push(said(&china_data::cfn_lint()?)?);
    }
    programs.push(said(&bench.program(Contender::Ours, "cn-package"))?);
    let mut notes = vec![
        format!(
            "**Machine**: {cores} cores of {processor}, {} GB, {system} {release}.",
            (memory + 500_000) / 1_000_000
        ),
        format!("**Programs**: {}.", programs.join("; ")),
        format!(
            "**Congestion control**: the kernel has {}; its default, over loopback, is {}. Over \
             the links both programs run without privileges: cubic is what they get, and BBR is \
             what ours uses in the rows in which the kernel offers it.",
            kernel("net/ipv4/tcp_available_congestion_control").replace(' ', ", "),
            kernel("net/ipv4/tcp_congestion_control"),
        ),
    ];
    if has_lint {
        let templates = checking::found()?.len();
        notes.push(format!("**Checking** is of {templates} templates."));
    }
    Ok(notes)
}

/// Returns the first value of a name in a file such as `/proc/cpuinfo`; empty if there is none.
fn field(path: &str, name: &str) -> String {
    let text = fs_err::read_to_string(path).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let value = line.and_then(|line| line.split_once(':'));
    value.map_or("", |(_, value)| value.trim()).to_owned()
}

/// Returns a setting of the kernel; empty on other systems.
fn kernel(name: &str) -> String {
    let text = fs_err::read_to_string(format!("/proc/sys/{name}"));
    text.unwrap_or_default().trim().to_owned()
}

/// Returns the version that a program prints.
fn said(program: &Utf8Path) -> Result<String, BoxError> {
    let output = Command::new(program).arg("--version").output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}
