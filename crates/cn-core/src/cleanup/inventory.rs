//! The objects and unfinished uploads of a bucket: all versions, all pages.

use std::collections::BTreeMap;

use super::patience::patiently;
use crate::call::{CallError, CallExt as _};
use crate::package::digest_in;
use crate::s3::{Objects, Prefix};
use crate::stack::{Event, Pace};
use crate::timestamp::Timestamp;

/// A version of an object, or a delete marker.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Its ID; `null` in a bucket without versioning.
    pub id: String,
    /// Its size; 0 for a delete marker.
    pub bytes: u64,
    /// The time of the last write.
    pub modified: Timestamp,
    /// True if it is a delete marker.
    pub is_marker: bool,
}

/// A multipart upload that was started and not finished.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Upload {
    /// The key that the object would get.
    pub key: String,
    /// The upload's ID.
    pub id: String,
    /// The start of the upload.
    pub begun: Timestamp,
}

/// The part of a bucket to list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    pub(super) prefixes: &'a [Prefix],
    pub(super) whole_prefixes: &'a [Prefix],
}

/// Returns true if packaging made a key, under any prefix.
pub(super) fn is_ours(key: &str) -> bool {
    digest_of(key).is_some()
}

/// Returns the digest in the last part of a key that packaging made.
pub(super) fn digest_of(key: &str) -> Option<&str> {
    let name = key.rsplit('/').next().unwrap_or(key);
    digest_in(name, "")
}

impl Scope<'_> {
    /// Returns the prefixes to list, without prefixes that are inside another.
    fn beginnings(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.prefixes.iter().map(Prefix::as_str).collect();
        all.extend(self.whole_prefixes.iter().map(Prefix::as_str));
        if self.prefixes.is_empty() {
            all.push("");
        }
        all.sort_unstable();
        let mut apart: Vec<&str> = Vec::new();
        for beginning in all {
            if apart.last().is_none_or(|last| !beginning.starts_with(last)) {
                apart.push(beginning);
            }
        }
        apart
    }

    /// Returns true if an object with this key may be deleted.
    pub(super) fn holds(&self, key: &str) -> bool {
        let is_under = |all: &[Prefix]| all.iter().any(|prefix| key.starts_with(prefix.as_str()));
        let is_listed = self.prefixes.is_empty() || is_under(self.prefixes);
        is_under(self.whole_prefixes) || is_listed && is_ours(key)
    }
}

/// Lists the objects in a scope, with every version and delete marker.
pub(super) async fn objects(
    bucket: Objects<'_>,
    scope: Scope<'_>,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<BTreeMap<String, Vec<Version>>, CallError> {
    let mut found: BTreeMap<String, Vec<Version>> = BTreeMap::new();
    for beginning in scope.beginnings() {
        let (mut key_marker, mut version_marker) = (None, None);
        loop {
            let request = bucket
                .client
                .list_object_versions()
                .bucket(bucket.bucket.as_str())
                .prefix(beginning)
                .set_key_marker(key_marker)
                .set_version_id_marker(version_marker)
                .set_expected_bucket_owner(bucket.owner());
            let listed = patiently(pace, on_event, async || {
                let answer = request.clone().send().await;
                answer.call("s3", "ListObjectVersions")
            })
            .await?;
            let versions = listed
                .versions
                .unwrap_or_default()
                .into_iter()
                .map(|version| {
                    let bytes = u64::try_from(version.size.unwrap_or_default()).unwrap_or_default();
                    let modified = Timestamp::of(version.last_modified.as_ref());
                    (version.key, version.version_id, bytes, modified, false)
                });
            let markers = listed.delete_markers.unwrap_or_default().into_iter();
            let markers = markers.map(|marker| {
                let modified = Timestamp::of(marker.last_modified.as_ref());
                (marker.key, marker.version_id, 0, modified, true)
            });
            for (key, id, bytes, modified, is_marker) in versions.chain(markers) {
                let Some(key) = key.filter(|key| scope.holds(key)) else {
                    continue;
                };
                found.entry(key).or_default().push(Version {
                    id: id.unwrap_or_else(|| "null".to_owned()),
                    bytes,
                    modified,
                    is_marker,
                });
            }
            if listed.is_truncated != Some(true) {
                break;
            }
            (key_marker, version_marker) = (listed.next_key_marker, listed.next_version_id_marker);
        }
    }
    for versions in found.values_mut() {
        versions.sort_by_key(|version| std::cmp::Reverse(version.modified));
    }
    Ok(found)
}

/// Lists the unfinished uploads in a scope.
pub(super) async fn uploads(
    bucket: Objects<'_>,
    scope: Scope<'_>,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Vec<Upload>, CallError> {
    let mut found = Vec::new();
    for beginning in scope.beginnings() {
        let (mut key_marker, mut id_marker) = (None, None);
        loop {
            let request = bucket
                .client
                .list_multipart_uploads()
                .bucket(bucket.bucket.as_str())
                .prefix(beginning)
                .set_key_marker(key_marker)
                .set_upload_id_marker(id_marker)
                .set_expected_bucket_owner(bucket.owner());
            let listed = patiently(pace, on_event, async || {
                let answer = request.clone().send().await;
                answer.call("s3", "ListMultipartUploads")
            })
            .await?;
            for upload in listed.uploads.unwrap_or_default() {
                let (Some(key), Some(id)) = (upload.key, upload.upload_id) else {
                    continue;
                };
                if scope.holds(&key) {
                    let begun = Timestamp::of(upload.initiated.as_ref());
                    found.push(Upload { key, id, begun });
                }
            }
            if listed.is_truncated != Some(true) {
                break;
            }
            (key_marker, id_marker) = (listed.next_key_marker, listed.next_upload_id_marker);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_of_packaging_are_looked_at_unless_a_whole_prefix_is_named() {
        let digest = "0123456789abcdef".repeat(4);
        let (ours, foreign) = (format!("dev/{digest}.zip"), "dev/readme.txt");
        let holds = |prefixes: &[&str], whole: &[&str], key: &str| {
            let prefixes: Vec<Prefix> = prefixes.iter().map(|text| text.parse().unwrap()).collect();
            let whole: Vec<Prefix> = whole.iter().map(|text| text.parse().unwrap()).collect();
            let scope = Scope {
                prefixes: &prefixes,
                whole_prefixes: &whole,
            };
            scope.holds(key)
        };
        assert!(holds(&[], &[], &ours) && !holds(&[], &[], foreign));
        assert!(holds(&["dev"], &[], &ours) && !holds(&["prod"], &[], &ours));
        assert!(holds(&["prod"], &["dev"], foreign) && holds(&["prod"], &["dev"], &ours));
        assert!(!holds(&["prod"], &["de"], foreign));
        assert!(!holds(&[], &[], &format!("{digest}.d/x")));
    }

    #[test]
    fn nested_prefixes_are_listed_once() {
        let prefixes = ["a/b", "a", "c"].map(|text| text.parse().unwrap());
        let whole = ["a/b/d", "e"].map(|text| text.parse().unwrap());
        let beginnings = |prefixes: &[Prefix], whole: &[Prefix]| {
            let scope = Scope {
                prefixes,
                whole_prefixes: whole,
            };
            scope.beginnings().join(" ")
        };
        assert_eq!(beginnings(&prefixes, &whole), "a/ c/ e/");
        assert_eq!(beginnings(&[], &whole), "");
    }
}
