//! Builds of the parts of a release.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use cn_testkit::{Python, target_folder, workspace_folder};

use super::crates::Crates;
use super::options::Options;
use super::release::{Machine, NAME, Release};
use crate::BoxError;

const REQUIREMENTS: &str = include_str!("../../dist/requirements.txt");

/// The oldest glibc that the program file supports: that of manylinux2014.
const GLIBC: &str = "2.17";

/// Builds the program file and its documents, and reads the facts about its dependencies.
pub(super) fn release(options: &Options, say: &mut dyn FnMut(&str)) -> Result<Release, BoxError> {
    say(&format!("building {NAME}, profile {}", options.profile));
    let binary = binary(options)?;
    say("writing manual pages and completions");
    assemble(options, &binary)
}

/// Assembles a release from a program file that is already built.
fn assemble(options: &Options, binary: &Utf8Path) -> Result<Release, BoxError> {
    let workspace = workspace_folder();
    let documents = documents()?;
    let pages = documents.iter().filter(|(path, _)| path.starts_with("man"));
    let programs = pages.filter_map(|(path, _)| path.file_stem().map(str::to_owned));
    let crates = Crates::read(&triple(options.machine))?;
    Ok(Release {
        version: crates.version.clone(),
        machine: options.machine,
        native: options.native,
        binary: fs_err::read(binary)?,
        programs: programs.collect(),
        license: fs_err::read(workspace.join("LICENSE"))?,
        third_party: crates.licenses()?,
        sbom: crates.sbom(),
        documents,
    })
}

fn triple(machine: Machine) -> String {
    format!("{}-unknown-linux-gnu", machine.name())
}

fn binary(options: &Options) -> Result<Utf8PathBuf, BoxError> {
    let folder = match options.profile.as_str() {
        "dev" => "debug",
        other => other,
    };
    let arguments = ["--locked", "--package", NAME, "--bin", NAME, "--profile"];
    if options.native {
        cargo("the build", |command| {
            command.arg("build").args(arguments).arg(&options.profile)
        })?;
        return Ok(target_folder().join(folder).join(NAME));
    }
    let python = Python::with("dist", REQUIREMENTS, "the linker for releases (400 MB)")?;
    let triple = triple(options.machine);
    let target = target_folder().join("dist/build");
    let cargo_home = cargo_home()?;
    let remapped = [
        format!("{cargo_home}=/cargo"),
        format!("{}=/cn", workspace_folder()),
    ];
    // Messages contain no paths of this machine, so that every folder gives the same bytes.
    let rust = remapped
        .each_ref()
        .map(|pair| format!("--remap-path-prefix={pair}"));
    let c = remapped
        .each_ref()
        .map(|pair| format!("-ffile-prefix-map={pair}"));
    let interpreter = python.program("python");
    let programs = interpreter.parent().unwrap_or(Utf8Path::new("."));
    let path = format!("{programs}:{}", path());
    cargo("the build", |command| {
        command
            .env("CARGO_ENCODED_RUSTFLAGS", rust.join("\u{1f}"))
            .env(format!("CFLAGS_{}", triple.replace('-', "_")), c.join(" "))
            .env("CARGO_ZIGBUILD_PYTHON_PATH", &interpreter)
            .env("PATH", path)
            .arg("zigbuild")
            .args(arguments)
            .arg(&options.profile)
            .args(["--target", &format!("{triple}.{GLIBC}")])
            .args(["--target-dir", target.as_str()])
    })?;
    Ok(target.join(triple).join(folder).join(NAME))
}

/// Manual pages and completions, as paths below `share/` with contents, sorted.
fn documents() -> Result<Vec<(Utf8PathBuf, Vec<u8>)>, BoxError> {
    let folder = target_folder().join("dist/share");
    if folder.exists() {
        fs_err::remove_dir_all(&folder)?;
    }
    cargo("writing the documents", |command| {
        command
            .args(["run", "--quiet", "--locked", "--package", NAME])
            .args(["--example", "documents", "--", folder.as_str()])
    })?;
    let mut found = Vec::new();
    collect(&folder, &folder, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(
    root: &Utf8Path,
    folder: &Utf8Path,
    found: &mut Vec<(Utf8PathBuf, Vec<u8>)>,
) -> Result<(), BoxError> {
    for entry in folder.read_dir_utf8()? {
        let path = entry?.into_path();
        if path.is_dir() {
            collect(root, &path, found)?;
        } else {
            let content = fs_err::read(&path)?;
            found.push((path.strip_prefix(root)?.to_owned(), content));
        }
    }
    Ok(())
}

/// Runs cargo in the workspace.
pub(super) fn cargo(
    step: &str,
    set_up: impl FnOnce(&mut Command) -> &mut Command,
) -> Result<(), BoxError> {
    let mut command = Command::new(env!("CARGO"));
    let status = set_up(command.current_dir(workspace_folder())).status()?;
    if !status.success() {
        return Err(format!("{step} failed ({status})").into());
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the folder of cargo is no setting of the programs"
)]
fn cargo_home() -> Result<String, BoxError> {
    let own = std::env::var("CARGO_HOME").ok();
    let default = || Some(format!("{}/.cargo", std::env::var("HOME").ok()?));
    let folder = own.or_else(default);
    folder.ok_or_else(|| "neither `CARGO_HOME` nor `HOME` is set".into())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the search path is no setting of the programs"
)]
fn path() -> String {
    std::env::var("PATH").unwrap_or_default()
}
