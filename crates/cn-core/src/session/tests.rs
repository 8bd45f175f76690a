//! Sessions with simulated responses, without a network.

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;

use super::*;
use crate::profile::ProfileName;

fn region(name: &str) -> Region {
    name.parse().unwrap()
}

/// Creates clients for a region that receive `answer` for every request.
///
/// Also returns the client that records the requests.
fn target(name: &str, endpoint: Option<&str>, answer: &str) -> (Target, StaticReplayClient) {
    let answer = HttpResponse::new(200.try_into().unwrap(), SdkBody::from(answer));
    let event = ReplayEvent::new(HttpRequest::new(SdkBody::empty()), answer);
    let service = StaticReplayClient::new(vec![event]);
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        // The target's region overrides this region.
        .region(sdk::region(&region("us-east-1")))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
        .http_client(service.clone());
    config.set_endpoint_url(endpoint.map(str::to_owned));
    (Target::new(region(name), &config.build()), service)
}

fn hosts(service: &StaticReplayClient) -> Vec<String> {
    service
        .actual_requests()
        .map(|request| request.uri().to_owned())
        .collect()
}

async fn verified(arn: &str, account: Option<&str>) -> Result<String, String> {
    let answer = format!(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{arn}</Arn>\
         <Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
    );
    let (target, service) = target("cn-north-1", None, &answer);
    let account = account.map(|account| account.parse().unwrap());
    let caller = verify(target.sts(), target.region(), account.as_ref()).await;
    assert_eq!(
        hosts(&service),
        ["https://sts.cn-north-1.amazonaws.com.cn/"]
    );
    caller
        .map(|caller| format!("{} {}", caller.account, caller.partition))
        .map_err(|error| error.to_string())
}

#[tokio::test]
async fn the_identity_must_be_of_partition_and_account() {
    let arn = "arn:aws-cn:iam::123456789012:user/u";
    assert_eq!(verified(arn, None).await.unwrap(), "123456789012 aws-cn");
    verified(arn, Some("123456789012")).await.unwrap();
    assert_eq!(
        verified(arn, Some("999999999999")).await.unwrap_err(),
        "`arn:aws-cn:iam::123456789012:user/u` belongs to account `123456789012`, not to \
         `999999999999`"
    );
    assert_eq!(
        verified("arn:aws:iam::123456789012:user/u", None)
            .await
            .unwrap_err(),
        "`arn:aws:iam::123456789012:user/u` belongs to partition `aws`, but `cn-north-1` is in \
         `aws-cn`"
    );
    verified("nonsense", None).await.unwrap_err();
}

#[tokio::test]
async fn buckets_are_hosts_in_china_and_paths_elsewhere() {
    let (target_in_china, service) = target("cn-northwest-1", None, "");
    target_in_china
        .s3()
        .head_bucket()
        .bucket("bucket")
        .send()
        .await
        .unwrap();
    assert_eq!(
        hosts(&service),
        ["https://bucket.s3.cn-northwest-1.amazonaws.com.cn/"]
    );
    let (loopback, service) = target("cn-northwest-1", Some("http://localhost:4566"), "");
    loopback
        .s3()
        .head_bucket()
        .bucket("bucket")
        .send()
        .await
        .unwrap();
    assert_eq!(hosts(&service), ["http://localhost:4566/bucket/"]);
}

#[tokio::test]
async fn nothing_of_a_session_shows_a_secret() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = camino::Utf8Path::from_path(scratch.path()).unwrap();
    let files = crate::profile::ProfileFiles {
        credentials: folder.join("credentials"),
        config: folder.join("config"),
    };
    let key = "[china]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = wJalrSECRET\n";
    fs_err::write(&files.credentials, key).unwrap();
    let mut request = resolve::tests::in_build();
    request.region = Some(region("cn-north-1"));
    request.profile = Some(ProfileName::china());
    request.environment.files = files;
    let session = Session::open(request).unwrap();
    let target = session.target().await.unwrap();
    // Credentials are loaded and cached before the test searches for them.
    let unsent = target.sts().get_caller_identity().customize();
    let unsent = unsent.config_override(
        aws_sdk_sts::config::Builder::new()
            .http_client(StaticReplayClient::new(Vec::new()))
            .retry_config(RetryConfig::disabled()),
    );
    drop(unsent.send().await);
    let shown = format!("{session:?} {session:#?}");
    assert!(shown.contains("cn-north-1"));
    assert!(!shown.contains("wJalrSECRET"), "a secret is shown");
}

#[test]
fn the_profile_that_is_written_must_not_be_homes() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = camino::Utf8Path::from_path(scratch.path()).unwrap();
    let mut request = resolve::tests::in_build();
    request.environment.files = crate::profile::ProfileFiles {
        credentials: folder.join("credentials"),
        config: folder.join("config"),
    };
    // The profile has its own key, which does not matter for the new content.
    let key = "[china]\naws_access_key_id = OLD\naws_secret_access_key = S\n";
    fs_err::write(&request.environment.files.credentials, key).unwrap();
    request.region = Some(region("cn-north-1"));
    let identity = Identity::Parameters(KeyStore::Pair {
        access_key: "/id".parse().unwrap(),
        secret_key: "/secret".parse().unwrap(),
    });
    let session = Session::for_profile(request.clone(), identity.clone()).unwrap();
    assert_eq!(session.identity(), &identity);
    assert_eq!(session.region(), &region("cn-north-1"));

    request.environment.profile = Some("china".to_owned());
    let refused = Session::for_profile(request.clone(), identity.clone()).unwrap_err();
    assert!(
        matches!(
            refused,
            SessionError::Resolve(ResolveError::SameProfile {
                by_environment: true,
                ..
            })
        ),
        "{refused:?}"
    );
    // A session that only uses the key does not take the profile away from home.
    let session = Session::open_as(request, identity.clone()).unwrap();
    assert_eq!(session.identity(), &identity);
}
