//! `ETag`s as S3 forms them: an MD5, or for an object of parts the MD5 of their MD5s.

use std::fmt::Write as _;

use md5::{Digest, Md5};

/// A source of `ETag`s that look like the MD5 of some bytes. Each is different.
#[derive(Debug, Default)]
pub(super) struct Etags(u64);

impl Etags {
    pub(super) fn next(&mut self) -> String {
        self.0 += 1;
        format!("\"{:032x}\"", self.0)
    }
}

/// Returns the `ETag` of an object with parts that have these, unless a key encrypts it.
pub(super) fn of_parts<'a>(parts: impl ExactSizeIterator<Item = &'a str>) -> String {
    let count = parts.len();
    let mut md5 = Md5::new();
    for part in parts {
        let number = u128::from_str_radix(part.trim_matches('"'), 16).unwrap_or_default();
        md5.update(number.to_be_bytes());
    }
    let mut etag = "\"".to_owned();
    for byte in md5.finalize() {
        write!(etag, "{byte:02x}").expect("writing to a text does not fail");
    }
    etag + &format!("-{count}\"")
}
