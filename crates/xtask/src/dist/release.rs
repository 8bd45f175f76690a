//! The parts of a release, and its files.

use std::fmt::Write as _;

use camino::Utf8PathBuf;
use sha2::{Digest, Sha256};

use crate::BoxError;

/// The name of the package, and of the file that contains all programs.
pub const NAME: &str = "cn-tools";

/// A processor that CodeBuild has images for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    /// x86-64.
    X86,
    /// Arm, 64 bits.
    Arm,
}

/// Everything that goes into the files of a release.
#[derive(Clone, Debug)]
pub struct Release {
    /// The version of the workspace.
    pub version: String,
    /// The processor.
    pub machine: Machine,
    /// True if the program needs this machine's glibc.
    pub native: bool,
    /// The file with all programs.
    pub binary: Vec<u8>,
    /// The names of the programs.
    pub programs: Vec<String>,
    /// Manual pages and completions: paths below `share/`, sorted, with contents.
    pub documents: Vec<(Utf8PathBuf, Vec<u8>)>,
    /// The license of this project.
    pub license: Vec<u8>,
    /// The licenses of all dependencies.
    pub third_party: String,
    /// The list of all dependencies, CycloneDX JSON.
    pub sbom: String,
}

/// A file of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The file's name.
    pub name: String,
    /// The file's content.
    pub content: Vec<u8>,
}

impl Machine {
    pub(super) fn named(name: &str) -> Result<Self, BoxError> {
        match name {
            "x86_64" => Ok(Self::X86),
            "aarch64" => Ok(Self::Arm),
            _ => Err(format!("machine `{name}` is neither x86_64 nor aarch64").into()),
        }
    }

    /// Returns the name in triples, wheels and archives.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86 => "x86_64",
            Self::Arm => "aarch64",
        }
    }
}

/// Returns the SHA-256 digest of a file, in the form of `SHA256SUMS` and `CN_TOOLS`.
pub fn digest(content: &[u8]) -> String {
    let bytes = Sha256::digest(content);
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _written = write!(text, "{byte:02x}");
        text
    })
}
