use aws_sdk_s3::operation::head_bucket::{HeadBucketError, HeadBucketOutput};
use aws_sdk_s3::operation::head_object::{HeadObjectError, HeadObjectOutput};
use aws_sdk_s3::operation::put_object::{PutObjectError, PutObjectOutput};
use aws_smithy_mocks::{Rule, RuleMode, mock};
use aws_smithy_types::error::ErrorMetadata;

use aws_sdk_s3::types::ServerSideEncryption;
use sha2::{Digest, Sha256};

use super::super::key::ArtifactKey;
use super::super::options::ObjectSettings;
use super::super::plan::{Body, Upload};
use super::*;

use crate::mocks::mocked;
use crate::s3::Prefix;

fn options() -> Options {
    Options {
        owner: Some("123456789012".parse().unwrap()),
        objects: ObjectSettings::default(),
        force: false,
        delta: false,
        concurrency: 4,
        max_bandwidth: None,
        origin: None,
    }
}

fn text(content: &str) -> Upload {
    let key = ArtifactKey::of_object(&Prefix::default(), &Sha256::digest(content), "txt");
    Upload {
        key,
        source: "s".into(),
        needed_by: vec!["F.Code".into()],
        body: Body::Text(content.into()),
    }
}

fn bucket_in(region: &'static str) -> Rule {
    mock!(Client::head_bucket)
        .then_output(move || HeadBucketOutput::builder().bucket_region(region).build())
}

fn client(rules: &[Rule]) -> Client {
    mocked!(aws_sdk_s3, RuleMode::MatchAny, rules)
}

async fn run(
    rules: &[Rule],
    uploads: Vec<Upload>,
    options: Options,
) -> Result<Outcome, ApplyError> {
    let client = client(rules);
    let plan = Plan {
        template: "t.yaml".into(),
        destination: Destination {
            region: "cn-north-1".parse().unwrap(),
            bucket: "bkt".parse().unwrap(),
        },
        prefix: Prefix::default(),
        uploads,
        packaged: "p".into(),
        rewrites: vec![],
        left_out: vec![],
    };
    apply(&client, plan, &options, &mut |_| {}).await
}

fn absent() -> HeadObjectError {
    HeadObjectError::generic(ErrorMetadata::builder().code("NotFound").build())
}

fn denied() -> ErrorMetadata {
    ErrorMetadata::builder()
        .code("AccessDenied")
        .message("no")
        .build()
}

#[tokio::test]
async fn what_is_there_is_not_sent_again() {
    let present = mock!(Client::head_object).then_output(|| HeadObjectOutput::builder().build());
    let outcome = run(
        &[bucket_in("cn-north-1"), present],
        vec![text("a")],
        options(),
    )
    .await
    .unwrap();
    assert_eq!(outcome.sent[0].uploaded_bytes, None);
}

#[tokio::test]
async fn a_look_up_that_is_not_allowed_is_followed_by_an_upload() {
    let forbidden = mock!(Client::head_object).then_error(|| HeadObjectError::generic(denied()));
    let put = mock!(Client::put_object).then_output(|| PutObjectOutput::builder().build());
    let outcome = run(
        &[bucket_in("cn-north-1"), forbidden, put],
        vec![text("abc")],
        options(),
    )
    .await
    .unwrap();
    assert_eq!(outcome.sent[0].uploaded_bytes, Some(3));
}

#[tokio::test]
async fn force_sends_without_looking() {
    let put = mock!(Client::put_object).then_output(|| PutObjectOutput::builder().build());
    let options = Options {
        force: true,
        ..options()
    };
    let outcome = run(&[bucket_in("cn-north-1"), put], vec![text("abc")], options)
        .await
        .unwrap();
    assert_eq!(outcome.sent[0].uploaded_bytes, Some(3));
}

#[tokio::test]
async fn objects_carry_what_was_asked_for_and_nothing_else() {
    let look = || mock!(Client::head_object).then_error(absent);
    let plain = mock!(Client::put_object)
        .match_requests(|put| {
            put.server_side_encryption().is_none()
                && put.metadata().is_none()
                && put.expected_bucket_owner() == Some("123456789012")
                && put.checksum_sha256().is_some()
        })
        .then_output(|| PutObjectOutput::builder().build());
    run(
        &[bucket_in("cn-north-1"), look(), plain],
        vec![text("a")],
        options(),
    )
    .await
    .unwrap();

    let dressed = mock!(Client::put_object)
        .match_requests(|put| {
            put.server_side_encryption() == Some(&ServerSideEncryption::AwsKms)
                && put.ssekms_key_id() == Some("k")
                && put.tagging() == Some("team=a%20b")
                && put
                    .metadata()
                    .and_then(|metadata| metadata.get("a"))
                    .map(String::as_str)
                    == Some("b")
        })
        .then_output(|| PutObjectOutput::builder().build());
    let objects = ObjectSettings {
        kms_key_id: Some("k".into()),
        sse: None,
        metadata: [("a".to_owned(), "b".to_owned())].into(),
        tags: [("team".to_owned(), "a b".to_owned())].into(),
    };
    let options = Options {
        objects,
        ..options()
    };
    run(
        &[bucket_in("cn-north-1"), look(), dressed],
        vec![text("a")],
        options,
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn a_missing_bucket_and_a_refused_upload_are_told_apart() {
    let missing = mock!(Client::head_bucket)
        .then_error(|| HeadBucketError::generic(ErrorMetadata::builder().code("NotFound").build()));
    let look = || mock!(Client::head_object).then_error(absent);
    let error = run(&[missing, look()], vec![text("a")], options())
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            ApplyError::Bucket {
                kind: BucketError::Missing { .. },
                ..
            }
        ),
        "{error:?}"
    );

    let refused = mock!(Client::put_object).then_error(|| PutObjectError::generic(denied()));
    let error = run(
        &[bucket_in("cn-north-1"), look(), refused],
        vec![text("a")],
        options(),
    )
    .await
    .unwrap_err();
    let ApplyError::Object { error, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(
        (error.kind, error.to_string().as_str()),
        (
            CallErrorKind::Denied,
            "`s3:PutObject` answered AccessDenied: no"
        )
    );
}

#[tokio::test]
async fn a_bucket_of_another_region_is_refused_before_anything_is_sent() {
    let look = mock!(Client::head_object).then_error(absent);
    let error = run(
        &[bucket_in("cn-northwest-1"), look],
        vec![text("a")],
        options(),
    )
    .await
    .unwrap_err();
    let ApplyError::Bucket { kind, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(
        kind.to_string(),
        "it lies in region `cn-northwest-1`, the target is `cn-north-1`"
    );
}

#[tokio::test]
async fn nothing_to_send_asks_for_nothing() {
    let outcome = run(&[], vec![], options()).await.unwrap();
    assert_eq!(outcome.packaged, "p");
}
