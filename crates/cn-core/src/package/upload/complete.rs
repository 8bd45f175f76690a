//! Completes an object that was uploaded in parts, and everything else that ends its upload.
//!
//! The index and the search for unfinished uploads do not wait for the answer that the object is
//! complete: each would cost another round trip. An index that names a missing object does no harm,
//! as an upload that finds no object under its name sends all bytes.

use aws_sdk_s3::types::{ChecksumType, CompletedMultipartUpload, CompletedPart};
use md5::{Digest, Md5};

use super::super::plan::Upload;
use super::composed::in_base64;
use super::ready::{Ready, Started};
use super::uploader::Uploader;
use crate::call::{CallError, CallExt};
use crate::hex::hex;

impl Uploader<'_> {
    /// Completes an object, stores its index, and ends all other uploads of the object.
    ///
    /// * `crc32`: the checksum of the whole object, which S3 compares if it was announced.
    pub(super) async fn complete(
        &self,
        upload: &Upload,
        ready: &Ready,
        started: &Started,
        mut parts: Vec<CompletedPart>,
        crc32: Option<u32>,
    ) -> Result<(), CallError> {
        parts.sort_by_key(CompletedPart::part_number);
        let expected = etag_of(&parts);
        let keep = async {
            if let Some(etag) = &expected {
                self.keep_index(upload, ready, etag).await;
            }
        };
        let crc32 = crc32.filter(|_| started.covers_whole);
        let complete = async {
            let _permit = self.requests.acquire().await;
            let whole = CompletedMultipartUpload::builder().set_parts(Some(parts));
            self.objects
                .client
                .complete_multipart_upload()
                .bucket(self.objects.bucket.as_str())
                .key(upload.key.as_str())
                .upload_id(&started.id)
                .set_expected_bucket_owner(self.objects.owner())
                .multipart_upload(whole.build())
                .set_checksum_type(crc32.map(|_| ChecksumType::FullObject))
                .set_checksum_crc32(crc32.map(in_base64))
                .send()
                .await
                .call("s3", "CompleteMultipartUpload")
        };
        let look = self.list_unfinished(upload.key.as_str());
        let ((), answer, unfinished) = tokio::join!(keep, complete, look);
        let etag = answer?.e_tag;
        if let Some(etag) = etag.filter(|etag| Some(etag) != expected.as_ref()) {
            self.keep_index(upload, ready, &etag).await;
        }
        // This includes uploads that this run started but whose ID was lost with an answer.
        let others = unfinished.iter().filter(|it| it.id != started.id);
        self.end_all(&upload.key, others).await;
        Ok(())
    }
}

/// Returns the `ETag` of an object with these parts: the MD5 of their MD5s, and their number.
///
/// `None` if the parts have other `ETag`s. If a key encrypts the object, S3 may return another one.
///
/// # Source
///
/// Amazon S3 user guide, "Checking object integrity in Amazon S3"; Amazon S3 API reference,
/// "Object".
fn etag_of(parts: &[CompletedPart]) -> Option<String> {
    let mut md5 = Md5::new();
    for part in parts {
        let digits = part.e_tag()?.trim_matches('"');
        let of_part = u128::from_str_radix(digits, 16).ok();
        md5.update(of_part.filter(|_| digits.len() == 32)?.to_be_bytes());
    }
    Some(format!("\"{}-{}\"", hex(&md5.finalize()), parts.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_etag_of_a_whole_follows_from_those_of_its_parts() {
        let of = |etags: &[&str]| {
            let part = |etag: &&str| CompletedPart::builder().e_tag(*etag).build();
            etag_of(&etags.iter().map(part).collect::<Vec<_>>())
        };
        // Taken with `md5sum`.
        let parts = [
            "\"d41d8cd98f00b204e9800998ecf8427e\"",
            "\"0cc175b9c0f1b6a831c399e269772661\"",
        ];
        assert_eq!(
            of(&parts).as_deref(),
            Some("\"68083ea43d0307eecfa2b4749f19df15-2\"")
        );
        assert_eq!(of(&["\"0\""]), None);
        assert_eq!(of(&["\"not hexadecimal, although 32 long\""]), None);
    }
}
