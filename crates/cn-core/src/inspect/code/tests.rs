use aws_sdk_cloudformation::operation::get_template::GetTemplateOutput;
use aws_sdk_cloudformation::operation::list_stack_resources::ListStackResourcesOutput;
use aws_sdk_cloudformation::types::StackResourceSummary;
use aws_sdk_lambda::operation::get_function_configuration::{
    GetFunctionConfigurationError, GetFunctionConfigurationOutput,
};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_smithy_mocks::{Rule, RuleMode, mock};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;

use super::*;
use crate::call::CallErrorKind;
use crate::mocks::mocked;
use cn_testkit::sim::CutBody;

/// Returns the answers for a stack with this template, whose physical IDs equal the logical IDs.
fn stack(template: &'static str, resources: &'static [&'static str]) -> [Rule; 3] {
    let (first, rest) = resources.split_at(1);
    let page = |names: &'static [&'static str], next: Option<&'static str>| {
        let summary = |name: &&str| {
            StackResourceSummary::builder()
                .logical_resource_id(*name)
                .physical_resource_id(format!("orders-{name}"))
                .build()
        };
        ListStackResourcesOutput::builder()
            .set_stack_resource_summaries(Some(names.iter().map(summary).collect()))
            .set_next_token(next.map(str::to_owned))
            .build()
    };
    [
        mock!(aws_sdk_cloudformation::Client::get_template)
            .match_requests(|asked| asked.template_stage() == Some(&TemplateStage::Processed))
            .then_output(move || GetTemplateOutput::builder().template_body(template).build()),
        mock!(aws_sdk_cloudformation::Client::list_stack_resources)
            .match_requests(|asked| asked.next_token().is_none())
            .then_output(move || page(first, Some("2"))),
        mock!(aws_sdk_cloudformation::Client::list_stack_resources)
            .match_requests(|asked| asked.next_token() == Some("2"))
            .then_output(move || page(rest, None)),
    ]
}

fn running(digest: &'static str) -> Rule {
    mock!(aws_sdk_lambda::Client::get_function_configuration).then_output(move || {
        GetFunctionConfigurationOutput::builder()
            .code_sha256(digest)
            .build()
    })
}

fn checksum(digest: &'static str) -> Rule {
    mock!(aws_sdk_s3::Client::head_object)
        .match_requests(|asked| asked.checksum_mode() == Some(&ChecksumMode::Enabled))
        .then_output(move || {
            HeadObjectOutput::builder()
                .e_tag("\"tag\"")
                .checksum_sha256(digest)
                .build()
        })
}

fn known(key: &str, digest: &str) -> BTreeMap<S3Location, String> {
    let location = S3Location {
        bucket: "b".to_owned(),
        key: key.to_owned(),
        version: None,
    };
    BTreeMap::from([(location, digest.to_owned())])
}

const ONE: &str = "\
Resources:
  Role: {Type: AWS::IAM::Role}
  F: {Type: AWS::Lambda::Function, Properties: {Code: {S3Bucket: b, S3Key: k}}}
";

async fn check_one(
    lambda: &[Rule],
    s3: &[Rule],
    known: &BTreeMap<S3Location, String>,
) -> Result<CodeCheck, InspectError> {
    let clients = Clients {
        cloudformation: mocked!(
            aws_sdk_cloudformation,
            RuleMode::Sequential,
            &stack(ONE, &["Role", "F"])
        ),
        s3: mocked!(aws_sdk_s3, RuleMode::Sequential, s3),
    };
    let lambda = mocked!(aws_sdk_lambda, RuleMode::Sequential, lambda);
    verify_code(
        &clients,
        &lambda,
        &"orders".parse().unwrap(),
        known,
        &Secrets::default(),
    )
    .await
}

#[tokio::test]
async fn what_the_manifest_knows_is_not_asked_for() {
    let check = check_one(&[running("AA==")], &[], &known("k", "AA==")).await;
    assert_eq!(check.unwrap().same, 1);
}

#[tokio::test]
async fn what_it_does_not_know_s3_is_asked_for() {
    let check = check_one(
        &[running("AA==")],
        &[checksum("BB==")],
        &known("other", "AA=="),
    )
    .await;
    let expected = OtherCode {
        path: "F".into(),
        function: "orders-F".into(),
        object: S3Location {
            bucket: "b".into(),
            key: "k".into(),
            version: None,
        },
        running: "AA==".into(),
        wanted: "BB==".into(),
    };
    assert_eq!(check.unwrap().different, [expected]);
}

#[tokio::test]
async fn an_object_in_parts_is_read_and_read_on_where_it_broke_off() {
    let digest = base64::encode(Sha256::digest("the whole object"));
    let digest: &'static str = digest.leak();
    let first = mock!(aws_sdk_s3::Client::get_object)
        .match_requests(|asked| asked.range().is_none() && asked.if_match() == Some("\"tag\""))
        .then_output(|| {
            let cut = SdkBody::from_body_1_x(CutBody(Some("the whole ".to_owned())));
            GetObjectOutput::builder()
                .body(ByteStream::new(cut))
                .build()
        });
    let second = mock!(aws_sdk_s3::Client::get_object)
        .match_requests(|asked| asked.range() == Some("bytes=10-"))
        .then_output(|| {
            let rest = ByteStream::from_static(b"object");
            GetObjectOutput::builder().body(rest).build()
        });
    let s3 = [checksum("CC==-2"), first, second];
    let check = check_one(&[running(digest)], &s3, &BTreeMap::new()).await;
    assert_eq!(check.unwrap().same, 1);
}

#[tokio::test]
async fn what_may_not_be_read_is_an_error_that_names_it() {
    let refused = mock!(aws_sdk_lambda::Client::get_function_configuration).then_error(|| {
        let code = ErrorMetadata::builder().code("AccessDeniedException");
        GetFunctionConfigurationError::generic(code.build())
    });
    let check = check_one(&[refused], &[], &known("k", "AA==")).await;
    let error = check.unwrap_err();
    assert_eq!(error.source.kind, CallErrorKind::Denied);
    assert_eq!(
        error.to_string(),
        "cannot read the digest of function `orders-F`"
    );
}

#[tokio::test]
async fn only_archives_named_in_plain_words_are_compared() {
    let template = "\
Resources:
  Image: {Type: AWS::Lambda::Function, Properties: {Code: {ImageUri: x}}}
  Put: {Type: AWS::Lambda::Function, Properties: {Code: {S3Bucket: b, S3Key: !Ref Key}}}
  Version: {Type: AWS::Lambda::Function, Properties: {Code: {S3Bucket: b, S3Key: k, S3ObjectVersion: !Ref V}}}
  Inline: {Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: x}}}
  LeftOut: {Type: AWS::Lambda::Function, Condition: No, Properties: {Code: {S3Bucket: b, S3Key: k}}}
  Exact: {Type: AWS::Lambda::Function, Properties: {Code: {S3Bucket: b, S3Key: k, S3ObjectVersion: '7'}}}
";
    let names = &["Image", "Put", "Version", "Inline", "Exact"];
    let head = mock!(aws_sdk_s3::Client::head_object)
        .match_requests(|asked| asked.version_id() == Some("7"))
        .then_output(|| HeadObjectOutput::builder().checksum_sha256("AA==").build());
    let clients = Clients {
        cloudformation: mocked!(
            aws_sdk_cloudformation,
            RuleMode::Sequential,
            &stack(template, names)
        ),
        s3: mocked!(aws_sdk_s3, RuleMode::Sequential, &[head]),
    };
    let lambda = mocked!(aws_sdk_lambda, RuleMode::Sequential, &[running("AA==")]);
    // The manifest lists the newest version, not the version in the template.
    let check = verify_code(
        &clients,
        &lambda,
        &"orders".parse().unwrap(),
        &known("k", "BB=="),
        &Secrets::default(),
    )
    .await;
    let check = check.unwrap();
    assert_eq!(check.not_compared, ["Image", "Put", "Version"]);
    assert_eq!((check.same, check.different), (1, Vec::new()));
}
