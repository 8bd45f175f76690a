//! The check of the artifact bucket.

use std::time::{Duration, Instant};

use aws_sdk_s3::primitives::ByteStream;

use super::check::Findings;
use super::fault::Fault;
use super::request::Request;
use super::template::FirstUpload;
use crate::call::{CallError, CallErrorKind, CallExt as _};
use crate::s3::Objects;
use crate::session::{Session, Target};

/// Checks the bucket.
///
/// * `upload`: the first upload, whose duration is estimated from the measured rate.
pub(super) async fn examine(
    request: &Request,
    session: &Session,
    target: &Target,
    upload: Option<FirstUpload>,
) -> Findings {
    let mut findings = Findings::default();
    let Some(names) = &request.bucket else {
        findings.fault(Fault::NoBucket);
        return findings;
    };
    let buckets = names.read(session).await.map_err(Fault::from);
    for bucket in findings.take(buckets).unwrap_or_default() {
        findings.fact("name", &bucket);
        let objects = Objects {
            client: target.s3(),
            bucket: &bucket,
            owner: session.account(),
            kms_key_id: None,
            sse: None,
        };
        if is_there(&objects, target, &mut findings).await {
            settings(&objects, &mut findings).await;
            listing(&objects, request, &mut findings).await;
            probe(&objects, request, upload, &mut findings).await;
        }
    }
    findings
}

/// Returns true if the bucket exists, belongs to the owner, and is in the target region.
async fn is_there(objects: &Objects<'_>, target: &Target, findings: &mut Findings) -> bool {
    let bucket = objects.bucket;
    let request = objects.client.head_bucket().bucket(bucket.as_str());
    let answer = request
        .set_expected_bucket_owner(objects.owner())
        .send()
        .await;
    let region_of_refusal = answer.as_ref().err().and_then(|error| {
        let headers = error.raw_response()?.headers();
        headers.get("x-amz-bucket-region").map(str::to_owned)
    });
    let answer = answer.call("s3", "HeadBucket");
    let actual = match &answer {
        Ok(answer) => answer.bucket_region.clone(),
        Err(_) => region_of_refusal,
    };
    let other = actual.filter(|actual| actual != target.region().as_str());
    match (other, answer) {
        (Some(actual), _) => findings.fault(Fault::BucketRegion {
            bucket: bucket.clone(),
            actual,
            expected: target.region().clone(),
        }),
        (None, Ok(_)) => return true,
        (None, Err(source)) => findings.fault(Fault::Bucket {
            bucket: bucket.clone(),
            source,
        }),
    }
    false
}

/// Checks encryption and public access, if the identity may read them.
async fn settings(objects: &Objects<'_>, findings: &mut Findings) {
    let bucket = objects.bucket;
    let encryption = objects.client.get_bucket_encryption();
    let encryption = encryption
        .bucket(bucket.as_str())
        .set_expected_bucket_owner(objects.owner())
        .send()
        .await
        .call("s3", "GetBucketEncryption");
    match encryption {
        Ok(answer) => {
            let rules = answer.server_side_encryption_configuration;
            let rule = rules.and_then(|rules| rules.rules.into_iter().next());
            let default = rule.and_then(|rule| rule.apply_server_side_encryption_by_default);
            if let Some(default) = default {
                findings.fact("encryption", default.sse_algorithm.as_str());
            }
        }
        Err(error) if error.has_code("ServerSideEncryptionConfigurationNotFoundError") => {
            findings.fault(Fault::Unencrypted(bucket.clone()));
        }
        Err(_) => findings.fact("encryption", "unknown"),
    }
    let access = objects.client.get_public_access_block();
    let access = access
        .bucket(bucket.as_str())
        .set_expected_bucket_owner(objects.owner())
        .send()
        .await
        .call("s3", "GetPublicAccessBlock");
    let is_blocked = match access {
        Ok(answer) => answer
            .public_access_block_configuration
            .is_some_and(|block| {
                let parts = [
                    block.block_public_acls,
                    block.ignore_public_acls,
                    block.block_public_policy,
                    block.restrict_public_buckets,
                ];
                parts.iter().all(|part| *part == Some(true))
            }),
        Err(error) if error.has_code("NoSuchPublicAccessBlockConfiguration") => false,
        Err(_) => return findings.fact("public-access", "unknown"),
    };
    if is_blocked {
        findings.fact("public-access", "blocked");
    } else {
        findings.fault(Fault::Public(bucket.clone()));
    }
}

async fn listing(objects: &Objects<'_>, request: &Request, findings: &mut Findings) {
    let listed = objects
        .client
        .list_objects_v2()
        .bucket(objects.bucket.as_str())
        .prefix(request.prefix.as_str())
        .set_expected_bucket_owner(objects.owner())
        .max_keys(1)
        .send()
        .await;
    let listed = listed.call("s3", "ListObjectsV2");
    findings.take(listed.map_err(|source| Fault::List {
        bucket: objects.bucket.clone(),
        source,
    }));
}

/// Writes, reads and deletes an object.
async fn probe(
    objects: &Objects<'_>,
    request: &Request,
    upload: Option<FirstUpload>,
    findings: &mut Findings,
) {
    let key = format!(
        "{}cn-doctor-probe-{}",
        request.prefix.as_str(),
        request.now.0
    );
    let start = Instant::now();
    let put = objects
        .put(&key)
        .body(ByteStream::from(noise(request.probe_bytes)));
    let put = put.send().await.call("s3", "PutObject");
    let write = |source| Fault::Write {
        bucket: objects.bucket.clone(),
        prefix: request.prefix.as_str().to_owned(),
        source,
    };
    let Some(put) = findings.take(put.map_err(write)) else {
        return;
    };
    findings.fact("upload", rate(request.probe_bytes, start.elapsed(), upload));
    let head = objects.client.head_object();
    let head = head
        .bucket(objects.bucket.as_str())
        .key(&key)
        .set_expected_bucket_owner(objects.owner())
        .send()
        .await;
    findings.take(head.call("s3", "HeadObject").map_err(write));
    let removed = objects.client.delete_object();
    let removed = removed
        .bucket(objects.bucket.as_str())
        .key(&key)
        .set_version_id(put.version_id)
        .set_expected_bucket_owner(objects.owner())
        .send()
        .await;
    let removed = match removed.call("s3", "DeleteObject") {
        Err(error) if error.kind == CallErrorKind::NotFound => Ok(()),
        other => other.map(drop),
    };
    findings.take(removed.map_err(|source: CallError| Fault::Probe {
        bucket: objects.bucket.clone(),
        key,
        source,
    }));
}

/// Returns bytes that nothing on the way can compress.
fn noise(count: usize) -> Vec<u8> {
    let mut state: u32 = 0x9E37_79B9;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    (0..count).map(|_| next()).collect()
}

/// Formats the upload rate and the estimated time of the first upload, by default 100 MB.
fn rate(bytes: usize, time: Duration, upload: Option<FirstUpload>) -> String {
    let per_second = (bytes as u128 * 1000 / time.as_millis().max(1)).max(1);
    let (what, bytes) = match upload {
        Some(FirstUpload { bytes }) => {
            let tenths = bytes.div_ceil(100_000);
            let megabytes = format!("{}.{} MB", tenths / 10, tenths % 10);
            (
                format!("the first upload of {megabytes} before compression"),
                bytes,
            )
        }
        None => ("100 MB".to_owned(), 100_000_000),
    };
    format!(
        "{} kB/s with one connection: {what} in about {} s",
        per_second / 1000,
        u128::from(bytes).div_ceil(per_second)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_told_with_the_time_of_the_first_upload() {
        let second = Duration::from_secs(1);
        let upload = |bytes| Some(FirstUpload { bytes });
        for (upload, expected) in [
            (None, "100 MB in about 100 s"),
            (
                upload(12_340_000),
                "the first upload of 12.4 MB before compression in about 13 s",
            ),
            (
                upload(1),
                "the first upload of 0.1 MB before compression in about 1 s",
            ),
            (
                upload(0),
                "the first upload of 0.0 MB before compression in about 0 s",
            ),
        ] {
            let said = rate(1_000_000, second, upload);
            assert_eq!(said, format!("1000 kB/s with one connection: {expected}"));
        }
    }
}
