//! The wheel for `pip install`.
//!
//! Source: packaging.python.org, "Binary distribution format" and "Recording
//! installed projects".

use std::io::{Cursor, Write};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::release::{File, NAME, Release};
use crate::BoxError;

const SUMMARY: &str = "Deploys AWS applications into AWS China from a build that runs elsewhere";

/// Packs the program file, a script for each program, documents and licenses.
///
/// A wheel cannot contain links, so each program is a one-line script that starts the file with all
/// programs. pip keeps scripts that are not Python's.
pub(super) fn pack(release: &Release) -> Result<File, BoxError> {
    let distribution = format!("{}-{}", NAME.replace('-', "_"), release.version);
    let (data, info) = (
        format!("{distribution}.data"),
        format!("{distribution}.dist-info"),
    );
    let tag = tag(release);
    let mut wheel = Wheel::new();
    wheel.add(&format!("{data}/scripts/{NAME}"), 0o755, &release.binary)?;
    for program in &release.programs {
        let word = program.trim_start_matches("cn-");
        let script = format!(
            "#!/bin/sh\nself=$(readlink -f \"$0\") && exec \"${{self%/*}}/{NAME}\" {word} \"$@\"\n"
        );
        let name = format!("{data}/scripts/{program}");
        wheel.add(&name, 0o755, script.as_bytes())?;
    }
    for (path, content) in &release.documents {
        wheel.add(&format!("{data}/data/share/{path}"), 0o644, content)?;
    }
    let mut add = |name: &str, content: &[u8]| wheel.add(&format!("{info}/{name}"), 0o644, content);
    add("licenses/LICENSE", &release.license)?;
    add("licenses/THIRD-PARTY.txt", release.third_party.as_bytes())?;
    add(
        &format!("sboms/{NAME}.cyclonedx.json"),
        release.sbom.as_bytes(),
    )?;
    let metadata = format!(
        "Metadata-Version: 2.4\nName: {NAME}\nVersion: {}\nSummary: {SUMMARY}\n\
         License-Expression: Apache-2.0\nLicense-File: LICENSE\nLicense-File: THIRD-PARTY.txt\n\
         Requires-Python: >=3.8\n",
        release.version
    );
    add("METADATA", metadata.as_bytes())?;
    let tags = tag
        .rsplit_once('-')
        .map_or_else(Vec::new, |(start, platforms)| {
            let platforms = platforms.split('.');
            platforms
                .map(|platform| format!("Tag: {start}-{platform}\n"))
                .collect()
        });
    let about = format!(
        "Wheel-Version: 1.0\nGenerator: {NAME} {}\nRoot-Is-Purelib: false\n{}",
        release.version,
        tags.concat()
    );
    add("WHEEL", about.as_bytes())?;
    Ok(File {
        name: format!("{distribution}-{tag}.whl"),
        content: wheel.finish(&info)?,
    })
}

/// Returns the platform tag of the wheel.
fn tag(release: &Release) -> String {
    let machine = release.machine.name();
    if release.native {
        return format!("py3-none-linux_{machine}");
    }
    format!("py3-none-manylinux2014_{machine}.manylinux_2_17_{machine}")
}

struct Wheel {
    zip: ZipWriter<Cursor<Vec<u8>>>,
    record: String,
}

impl Wheel {
    fn new() -> Self {
        Self {
            zip: ZipWriter::new(Cursor::new(Vec::new())),
            record: String::new(),
        }
    }

    fn add(&mut self, name: &str, mode: u32, content: &[u8]) -> Result<(), BoxError> {
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(content));
        let line = format!("{name},sha256={digest},{}\n", content.len());
        self.record.push_str(&line);
        self.write(name, mode, content)
    }

    /// The zip crate dates entries 1980 by default, which is fine.
    fn write(&mut self, name: &str, mode: u32, content: &[u8]) -> Result<(), BoxError> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(mode);
        self.zip.start_file(name, options)?;
        self.zip.write_all(content)?;
        Ok(())
    }

    fn finish(mut self, info: &str) -> Result<Vec<u8>, BoxError> {
        let name = format!("{info}/RECORD");
        self.record.extend([&name, ",,\n"]);
        let record = self.record.clone();
        self.write(&name, 0o644, record.as_bytes())?;
        Ok(self.zip.finish()?.into_inner())
    }
}
