//! The archive for `install.sh`.

use std::io::Write;

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

use super::release::{File, NAME, Release};
use crate::BoxError;

/// Packs the program file, a link for each program, documents and licenses.
pub(super) fn pack(release: &Release) -> Result<File, BoxError> {
    let root = format!("{NAME}-{}", release.version);
    // The gzip header has no name and no time: the bytes depend only on the content.
    let gzip = GzBuilder::new().write(Vec::new(), Compression::best());
    let mut tar = Builder::new(gzip);
    let mut add = |name: &str, mode: u32, content: &[u8]| {
        let mut header = header(EntryType::Regular, mode);
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, format!("{root}/{name}"), content)
    };
    add(&format!("bin/{NAME}"), 0o755, &release.binary)?;
    add("LICENSE", 0o644, &release.license)?;
    add("THIRD-PARTY.txt", 0o644, release.third_party.as_bytes())?;
    add("cyclonedx.json", 0o644, release.sbom.as_bytes())?;
    for (path, content) in &release.documents {
        add(&format!("share/{path}"), 0o644, content)?;
    }
    for program in &release.programs {
        let mut header = header(EntryType::Symlink, 0o777);
        header.set_size(0);
        tar.append_link(&mut header, format!("{root}/bin/{program}"), NAME)?;
    }
    let mut gzip = tar.into_inner()?;
    gzip.flush()?;
    Ok(File {
        name: format!("{root}-{}-linux.tar.gz", release.machine.name()),
        content: gzip.finish()?,
    })
}

fn header(kind: EntryType, mode: u32) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}
