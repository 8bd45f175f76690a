//! Divides a large object into parts, without I/O.

use std::ops::Range;

use sha2::{Digest, Sha256};

use super::super::options::ObjectSettings;

const MIB: u64 = 1024 * 1024;

/// Bytes above which an object is uploaded in parts.
pub(super) const MULTIPART_ABOVE_BYTES: u64 = 16 * MIB;

/// Bytes of the smallest part that S3 accepts, except for the last.
///
/// # Source
///
/// Amazon S3 user guide, "Multipart upload limits", also for `MOST_PARTS`.
pub(super) const SMALLEST_PART_BYTES: u64 = 5 * MIB;
/// Maximum number of parts of an object.
const MOST_PARTS: u64 = 10_000;

/// Preferred number of parts of an object.
///
/// On a link with high latency and packet loss each connection gets little bandwidth, so many small
/// parts are faster than a few large ones.
const WANTED_PARTS: u64 = 128;
/// Bytes up to which parts grow to save requests.
const LARGE_PART_BYTES: u64 = 64 * MIB;

/// A part of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The part number, from 1.
    pub number: i32,
    /// The byte range in the object.
    pub range: Range<u64>,
}

impl Part {
    pub(super) fn len(&self) -> u64 {
        self.range.end - self.range.start
    }
}

/// Divides an object into parts.
///
/// Equal sizes and settings give equal parts, so a later run finds the parts of an interrupted run.
/// S3 and its listings do not show the encryption and metadata of an unfinished upload. The
/// settings therefore shift the part size by some bytes, and an upload whose parts have other sizes
/// is not continued.
///
/// * `bytes`: at least 1.
pub(super) fn parts(bytes: u64, settings: &ObjectSettings) -> Vec<Part> {
    let size = part_bytes(bytes) + shift(settings);
    (0..bytes.div_ceil(size))
        .zip(1..)
        .map(|(at, number)| Part {
            number,
            range: at * size..bytes.min((at + 1) * size),
        })
        .collect()
}

/// Returns the number of parts of an object to upload at the same time.
///
/// BBR does not slow down on lost packets, so a few connections fill a link. But some connections
/// are much slower than others, so two thirds of the parts go to the connections that are free
/// first. Other algorithms need as many connections as possible.
pub(super) fn at_once(parts: usize, concurrency: usize, has_bbr: bool) -> usize {
    let most = if has_bbr {
        parts.div_ceil(3).max(1)
    } else {
        concurrency
    };
    concurrency.min(most)
}

fn part_bytes(bytes: u64) -> u64 {
    (bytes / WANTED_PARTS)
        .clamp(SMALLEST_PART_BYTES, LARGE_PART_BYTES)
        .max(bytes.div_ceil(MOST_PARTS))
}

/// Returns a number below 2^16 that represents the settings; 0 for the default settings.
fn shift(settings: &ObjectSettings) -> u64 {
    if *settings == ObjectSettings::default() {
        return 0;
    }
    let digest = Sha256::digest(fingerprint(settings));
    u64::from(u16::from_be_bytes([digest[0], digest[1]]))
}

/// Returns the settings as text, each field preceded by its length.
///
/// The format is a protocol between runs, also of different versions: if it changes, unfinished
/// uploads with settings can no longer be resumed.
fn fingerprint(settings: &ObjectSettings) -> String {
    let ObjectSettings {
        kms_key_id,
        sse,
        metadata,
        tags,
    } = settings;
    let mut text = "cn-object-settings-1".to_owned();
    let mut add = |kind: &str, parts: &[&str]| {
        text.push('\n');
        text.push_str(kind);
        for part in parts {
            text.extend([" ", &part.len().to_string(), ":", part]);
        }
    };
    if let Some(key) = kms_key_id {
        add("kms", &[key]);
    }
    if let Some(sse) = sse {
        add("sse", &[sse.as_str()]);
    }
    for (name, value) in metadata {
        add("metadata", &[name, value]);
    }
    for (name, value) in tags {
        add("tag", &[name, value]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_an_object_within_the_limits_of_s3() {
        let sizes = [
            16 * MIB + 1,
            60_000_000,
            500 * MIB,
            5 * 1024 * MIB,
            700 * 1024 * MIB,
            5 * 1024 * 1024 * MIB,
        ];
        for bytes in sizes {
            let parts = parts(bytes, &ObjectSettings::default());
            assert!(parts.len() as u64 <= MOST_PARTS, "{bytes}");
            assert_eq!(parts[0].range.start, 0);
            assert_eq!(parts.last().unwrap().range.end, bytes);
            for pair in parts.windows(2) {
                assert_eq!(pair[0].range.end, pair[1].range.start);
                assert_eq!(pair[0].number + 1, pair[1].number);
                assert!(pair[0].len() >= SMALLEST_PART_BYTES);
            }
        }
        assert_eq!(parts(60_000_000, &ObjectSettings::default()).len(), 12);
        assert_eq!(parts(5 * 1024 * MIB, &ObjectSettings::default()).len(), 128);
    }

    #[test]
    fn bbr_leaves_two_thirds_of_the_parts_to_the_fastest_connections() {
        for (parts, concurrency, with_bbr, without) in [
            (12, 16, 4, 16),
            (4, 16, 2, 16),
            (1, 16, 1, 16),
            (128, 16, 16, 16),
            (12, 2, 2, 2),
        ] {
            assert_eq!(at_once(parts, concurrency, true), with_bbr, "{parts}");
            assert_eq!(at_once(parts, concurrency, false), without, "{parts}");
        }
    }

    #[test]
    fn other_settings_give_other_parts() {
        let encrypted = ObjectSettings {
            kms_key_id: Some("k".into()),
            ..ObjectSettings::default()
        };
        let plain = parts(60_000_000, &ObjectSettings::default());
        assert_ne!(plain[0].range, parts(60_000_000, &encrypted)[0].range);
        assert_eq!(plain[0].len(), SMALLEST_PART_BYTES);
    }

    #[test]
    fn the_format_of_the_fingerprint_never_changes() {
        let pairs = |kind: &str| [(format!("{kind} 名"), "a:b c".to_owned())].into();
        let settings = ObjectSettings {
            kms_key_id: Some("arn:aws-cn:kms:cn-north-1:1:key/k".into()),
            sse: None,
            metadata: pairs("m"),
            tags: pairs("t"),
        };
        assert_eq!(
            fingerprint(&settings),
            "cn-object-settings-1\n\
             kms 33:arn:aws-cn:kms:cn-north-1:1:key/k\n\
             metadata 5:m 名 5:a:b c\n\
             tag 5:t 名 5:a:b c"
        );
        assert_eq!(shift(&settings), 9_637);
    }
}
