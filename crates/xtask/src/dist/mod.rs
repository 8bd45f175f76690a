//! `cargo xtask dist`: the files of a release.
//!
//! One program file is linked against an old glibc, so that it runs in every CodeBuild image. It is
//! packed twice: as a wheel for `pip install`, and as an archive for `install.sh`. Both contain
//! manual pages, completions, the licenses of all dependencies and a list of them (CycloneDX). No
//! file depends on the time or the folder of the build: the same source gives the same bytes.

mod archive;
mod build;
mod crates;
mod options;
mod release;
mod wheel;

use std::fmt::Write as _;

use camino::Utf8Path;
use cn_testkit::workspace_folder;

use crate::BoxError;
pub use options::{Options, Place};
pub use release::{File, Machine, NAME, Release, digest};

impl Release {
    /// Packs the files of the release; `SHA256SUMS` is the last.
    ///
    /// # Errors
    ///
    /// When an archive cannot be written.
    pub fn files(&self) -> Result<Vec<File>, BoxError> {
        let script = workspace_folder().join("buildspecs/install.sh");
        let mut files = vec![
            wheel::pack(self)?,
            archive::pack(self)?,
            File {
                name: format!("{NAME}-{}.cyclonedx.json", self.version),
                content: self.sbom.clone().into_bytes(),
            },
            File {
                name: "install.sh".to_owned(),
                content: fs_err::read(script)?,
            },
        ];
        let mut sums = String::new();
        for file in &files {
            writeln!(sums, "{}  {}", digest(&file.content), file.name)?;
        }
        files.push(File {
            name: "SHA256SUMS".to_owned(),
            content: sums.into_bytes(),
        });
        Ok(files)
    }
}

/// Builds a release, writes its files into `target/dist` and uploads them if requested.
///
/// * `say`: prints a line of progress.
///
/// # Errors
///
/// When a step fails; the error names it.
pub fn run(options: &Options, say: &mut dyn FnMut(&str)) -> Result<(), BoxError> {
    let release = build::release(options, say)?;
    let folder = cn_testkit::target_folder().join("dist").join(format!(
        "{}-{}",
        release.version,
        options.machine.name()
    ));
    let files = release.files()?;
    fs_err::create_dir_all(&folder)?;
    for file in &files {
        fs_err::write(folder.join(&file.name), &file.content)?;
        let size = file.content.len();
        say(&format!("{size:>12} bytes  {}", folder.join(&file.name)));
    }
    say(&format!(
        "{:>12} bytes  the program file itself",
        release.binary.len()
    ));
    if options.native {
        say("linked with this machine's glibc: for a try here, not for other machines");
    }
    if let Some(place) = &options.upload {
        upload(place, &folder, &files)?;
        for file in &files[..2] {
            say(&format!("CN_TOOLS={}", address(place, file)));
        }
    }
    Ok(())
}

/// Returns the address of an uploaded file with its checksum, the value of `CN_TOOLS`.
fn address(place: &Place, file: &File) -> String {
    let slash = if place.prefix.is_empty() { "" } else { "/" };
    let Place { bucket, prefix } = place;
    let digest = digest(&file.content);
    format!("s3://{bucket}/{prefix}{slash}{}#sha256={digest}", file.name)
}

fn upload(place: &Place, folder: &Utf8Path, files: &[File]) -> Result<(), BoxError> {
    let paths = files.iter().map(|file| folder.join(&file.name));
    build::cargo("the upload", |command| {
        command
            .args(["run", "--quiet", "--locked", "--package", NAME])
            .args(["--example", "upload", "--", "--default-chain"])
            .args(["--bucket", &place.bucket, "--prefix", &place.prefix])
            .args(paths)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_bucket_key_and_checksum() {
        let file = File {
            name: "a.whl".to_owned(),
            content: b"abc".to_vec(),
        };
        let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        for (text, start) in [
            ("s3://b", "s3://b/a.whl"),
            ("s3://b/p/q/", "s3://b/p/q/a.whl"),
        ] {
            let place = Place::parse(text).expect("a place");
            assert_eq!(address(&place, &file), format!("{start}#sha256={sum}"));
        }
        assert!(Place::parse("https://b").is_err());
    }

    #[test]
    fn unknown_arguments_are_refused() {
        let refused =
            |arguments: &[&str]| Options::parse(arguments).expect_err("refused").to_string();
        assert_eq!(
            refused(&["--profile"]),
            "`--profile` is unknown or has no value"
        );
        assert_eq!(
            refused(&["--machine", "mips"]),
            "machine `mips` is neither x86_64 nor aarch64"
        );
        let options = Options::parse(&["--native", "--profile", "dev"]).expect("understood");
        assert!(options.native && options.profile == "dev");
    }
}
