use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_smithy_mocks::{Rule, RuleMode, mock};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use cn_testkit::sim::CutBody;

use super::*;
use crate::mocks::mocked;

const OBJECT: &str = "the bytes of an object";

/// Returns the answer to a request for a range of the object.
fn range(asked: &'static str) -> Rule {
    let (first, last) = asked.split_once('-').unwrap();
    let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
    mock!(Client::get_object)
        .match_requests(move |it| {
            it.range() == Some(&format!("bytes={asked}")) && it.if_match() == Some("\"tag\"")
        })
        .then_output(move || {
            GetObjectOutput::builder()
                .content_range(format!("bytes {asked}/{}", OBJECT.len()))
                .body(ByteStream::from_static(&OBJECT.as_bytes()[first..=last]))
                .build()
        })
}

async fn sha256(rules: &[Rule]) -> Result<[u8; 32], CallError> {
    let client = mocked!(aws_sdk_s3, RuleMode::MatchAny, rules);
    let digester = Digester {
        range_bytes: 10,
        ..Digester::new(&client)
    };
    let object = S3Location {
        bucket: "b".to_owned(),
        key: "k".to_owned(),
        version: None,
    };
    let bytes = i64::try_from(OBJECT.len()).ok();
    digester.sha256(&object, Some("\"tag\""), bytes).await
}

fn expected() -> [u8; 32] {
    Sha256::digest(OBJECT).into()
}

#[tokio::test]
async fn ranges_are_hashed_in_order() {
    let rules = [range("20-21"), range("0-9"), range("10-19")];
    assert_eq!(sha256(&rules).await.unwrap(), expected());
    assert!(rules.iter().all(|rule| rule.num_calls() == 1));
}

#[tokio::test]
async fn a_range_is_read_on_where_it_broke_off() {
    let cut = mock!(Client::get_object)
        .match_requests(|it| it.range() == Some("bytes=10-19"))
        .then_output(|| {
            let cut = SdkBody::from_body_1_x(CutBody(Some(OBJECT[10..14].to_owned())));
            GetObjectOutput::builder()
                .content_range(format!("bytes 10-19/{}", OBJECT.len()))
                .body(ByteStream::new(cut))
                .build()
        });
    let rules = [range("0-9"), cut, range("14-19"), range("20-21")];
    assert_eq!(sha256(&rules).await.unwrap(), expected());
}

#[tokio::test]
async fn a_connection_that_always_breaks_is_an_error() {
    let asked = Arc::new(AtomicUsize::new(0));
    let cut = mock!(Client::get_object).then_output({
        let asked = Arc::clone(&asked);
        move || {
            asked.fetch_add(1, Ordering::Relaxed);
            let cut = SdkBody::from_body_1_x(CutBody(Some(String::new())));
            GetObjectOutput::builder()
                .content_range(format!("bytes 0-9/{}", OBJECT.len()))
                .body(ByteStream::new(cut))
                .build()
        }
    });
    // The other ranges never get the answer for their own bytes.
    let client = mocked!(aws_sdk_s3, RuleMode::MatchAny, &[cut]);
    let digester = Digester::new(&client);
    let object = S3Location {
        bucket: "b".to_owned(),
        key: "k".to_owned(),
        version: None,
    };
    let version = Version {
        object: &object,
        etag: Some("\"tag\""),
    };
    let error = digester.range(&version, 0..10).await.unwrap_err();
    assert!(error.in_one_line().contains("GetObject"), "{error:?}");
    assert_eq!(asked.load(Ordering::Relaxed), ATTEMPTS as usize);
}

#[tokio::test]
async fn an_object_that_changes_between_ranges_is_an_error() {
    let changed = mock!(Client::get_object)
        .match_requests(|it| it.range() == Some("bytes=10-19"))
        .then_error(|| {
            let code = ErrorMetadata::builder().code("PreconditionFailed");
            GetObjectError::generic(code.build())
        });
    let error = sha256(&[range("0-9"), changed, range("20-21")]).await;
    assert!(error.unwrap_err().has_code("PreconditionFailed"));
}

#[tokio::test]
async fn a_store_without_ranges_sends_the_object_at_once() {
    let whole = mock!(Client::get_object).then_output(|| {
        GetObjectOutput::builder()
            .body(ByteStream::from_static(OBJECT.as_bytes()))
            .build()
    });
    assert_eq!(sha256(&[whole]).await.unwrap(), expected());
}
