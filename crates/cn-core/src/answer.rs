//! Answers that do not come from an AWS service: a proxy's page, an empty body, a truncated body.
//!
//! A proxy between a build and AWS may answer in place of the service. Such an answer is neither a
//! success nor a refusal, and contains no information about the request. [`Checked`] inspects every
//! answer that a client of [`session`](crate::session) gets, and makes the SDK retry a request that
//! the service itself did not answer.
//!
//! # Source
//!
//! Smithy 2.0, "AWS Query protocol": every answer is an XML document whose root is
//! `OPERATIONResponse`, or an error. "AWS JSON 1.1 protocol": every answer is one JSON object.
//! Amazon S3 API reference: `PutObject`, `UploadPart`, `HeadObject` and `GetObject` answer with an
//! `ETag`, the operations in [`S3_BODIES`] with a document of that root, and an error of anything
//! but `HEAD` with an `Error` document.

use std::error::Error;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::ErrorKind;

/// An answer that does not come from the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("HTTP {status} with {what}")]
pub(crate) struct ForeignAnswer {
    /// The HTTP status.
    pub(crate) status: u16,
    what: &'static str,
}

/// S3 operations that answer with a document, and its root.
const S3_BODIES: [(&str, &str); 11] = [
    ("CopyObject", "CopyObjectResult"),
    ("CreateMultipartUpload", "InitiateMultipartUploadResult"),
    ("CompleteMultipartUpload", "CompleteMultipartUploadResult"),
    ("DeleteObjects", "DeleteResult"),
    ("GetBucketEncryption", "ServerSideEncryptionConfiguration"),
    ("GetPublicAccessBlock", "PublicAccessBlockConfiguration"),
    ("ListBuckets", "ListAllMyBucketsResult"),
    ("ListMultipartUploads", "ListMultipartUploadsResult"),
    ("ListObjectVersions", "ListVersionsResult"),
    ("ListObjectsV2", "ListBucketResult"),
    ("ListParts", "ListPartsResult"),
];

impl ForeignAnswer {
    /// Returns a [`ForeignAnswer`] if an answer does not come from the service.
    ///
    /// * `service`: the SDK's name of the service, or its IAM prefix.
    pub(crate) fn of(service: &str, operation: &str, response: &HttpResponse) -> Option<Self> {
        let status = response.status().as_u16();
        // The body of an object is not in memory, and is not read here.
        let body = response.body().bytes().map(String::from_utf8_lossy);
        let body = body.as_deref();
        let has = |name| response.headers().contains_key(name);
        let is_html = response
            .headers()
            .get("content-type")
            .is_some_and(|kind| kind.starts_with("text/html"));
        let what = if matches!(status, 407 | 511) {
            Some("a proxy's request to sign in")
        } else {
            let is_confirmed = has("etag") || has("x-amz-checksum-sha256");
            match service.to_ascii_lowercase().as_str() {
                "s3" if is_html && !is_confirmed => Some(HTML),
                "s3" => s3(operation, status, is_confirmed, body),
                "ssm" | "kms" | "lambda" | "logs" | "cloudwatch logs" => json(status, body),
                _ => {
                    let root = format!("{operation}Response");
                    xml(
                        status,
                        body,
                        &[&root],
                        &["ErrorResponse", "Response", "Error"],
                    )
                }
            }
        };
        what.map(|what| Self { status, what })
    }

    /// Returns the error for an answer that cannot be deserialized although its form is right.
    fn unreadable(status: u16) -> Self {
        Self {
            status,
            what: "a body that is not from AWS",
        }
    }

    /// Returns the foreign answer behind the error of a request.
    pub(crate) fn behind(error: &(dyn Error + 'static)) -> Option<Self> {
        std::iter::successors(Some(error), |cause| (*cause).source())
            .find_map(|cause| cause.downcast_ref::<Self>().copied())
    }
}

const HTML: &str = "an HTML page";
const EMPTY: &str = "an empty body";
const CUT: &str = "a truncated body";

fn s3(
    operation: &str,
    status: u16,
    is_confirmed: bool,
    body: Option<&str>,
) -> Option<&'static str> {
    let is_success = (200..300).contains(&status);
    if operation.starts_with("Head") {
        let is_object = operation == "HeadObject";
        return (is_success && is_object && !is_confirmed).then_some("no ETag");
    }
    if !is_success {
        return xml(status, body, &[], &["Error"]);
    }
    match S3_BODIES.iter().find(|(named, _)| *named == operation) {
        // An error may come with a success status.
        Some((_, root)) => xml(status, body, &[root, "Error"], &[]),
        None if matches!(operation, "PutObject" | "UploadPart" | "GetObject") => {
            (!is_confirmed).then_some("no ETag")
        }
        None if body.is_none_or(|body| body.trim().is_empty()) => None,
        // An operation without a row: any document except an HTML page.
        None => {
            let name = body.and_then(|body| root(body.trim())).unwrap_or_default();
            let is_page = name.eq_ignore_ascii_case("html");
            xml(status, body, &[if is_page { "" } else { name }], &[])
        }
    }
}

/// * `roots`, `errors`: the permitted names of the document's root, in a success and in an error.
fn xml(status: u16, body: Option<&str>, roots: &[&str], errors: &[&str]) -> Option<&'static str> {
    let body = body?.trim_start_matches('\u{feff}').trim();
    if body.is_empty() {
        // AWS load balancers answer like this.
        return (status < 500).then_some(EMPTY);
    }
    let root = root(body).unwrap_or_default();
    let known = if (200..300).contains(&status) {
        roots
    } else {
        errors
    };
    if !known.contains(&root) {
        let is_html = body.starts_with("<!") || root.eq_ignore_ascii_case("html");
        return Some(if is_html {
            HTML
        } else {
            "a body that is not from AWS"
        });
    }
    let is_whole = body.ends_with("/>") || body.ends_with(&format!("</{root}>"));
    (!is_whole).then_some(CUT)
}

/// Returns the name of a document's root element.
fn root(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some(declaration) = rest.strip_prefix("<?") {
        rest = declaration.split_once("?>")?.1.trim_start();
    }
    let name = rest.strip_prefix('<')?;
    let end = name.find(|character: char| character.is_whitespace() || "/>".contains(character))?;
    Some(&name[..end])
}

fn json(status: u16, body: Option<&str>) -> Option<&'static str> {
    let body = body?.trim();
    if body.is_empty() {
        return (status < 500).then_some(EMPTY);
    }
    if !body.starts_with('{') {
        return Some(if body.starts_with('<') {
            HTML
        } else {
            "a body that is not from AWS"
        });
    }
    serde_json::from_str::<serde::de::IgnoredAny>(body)
        .is_err()
        .then_some(CUT)
}

/// Turns an answer that does not come from the service into an error, and makes the SDK retry it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checked;

impl Intercept for Checked {
    fn name(&self) -> &'static str {
        "AnswerOfTheService"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(call) = config.load::<Metadata>() else {
            return Ok(());
        };
        let response = context.response();
        if let Some(foreign) = ForeignAnswer::of(call.service(), call.name(), response) {
            return Err(foreign.into());
        }
        let body = response.body().bytes().map(String::from_utf8_lossy);
        let is_error = body.is_some_and(|body| root(&body) == Some("Error"));
        if response.status().is_success() && context.output_or_error().is_err() && !is_error {
            return Err(ForeignAnswer::unreadable(response.status().as_u16()).into());
        }
        Ok(())
    }
}

impl ClassifyRetry for Checked {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        let is_throttled = context
            .response()
            .is_some_and(|response| response.status().as_u16() == 429);
        if is_throttled {
            RetryAction::retryable_error(ErrorKind::ThrottlingError)
        } else if ForeignAnswer::behind(error).is_some() {
            RetryAction::transient_error()
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "AnswerOfTheService"
    }
}

/// Builds a client that checks every answer.
macro_rules! client {
    ($sdk:ident, $builder:expr) => {
        $sdk::Client::from_conf(
            $builder
                .interceptor($crate::answer::Checked)
                .retry_classifier($crate::answer::Checked)
                .build(),
        )
    };
}

pub(crate) use client;

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_types::body::SdkBody;

    const PAGE: &str = "<html><body>sign in</body></html>";

    /// Returns true if an answer counts as the service's.
    fn accepts(
        call: (&str, &str),
        status: u16,
        headers: &[(&'static str, &'static str)],
        body: &str,
    ) -> bool {
        let body = SdkBody::from(body.to_owned());
        let mut response = HttpResponse::new(status.try_into().unwrap(), body);
        for (name, value) in headers {
            response.headers_mut().insert(*name, *value);
        }
        ForeignAnswer::of(call.0, call.1, &response).is_none()
    }

    const ETAG: &[(&str, &str)] = &[("etag", "\"1\"")];
    const HTML_TYPE: &[(&str, &str)] = &[("content-type", "text/html; charset=utf-8")];

    #[test]
    fn s3_confirms_objects_with_an_etag_and_the_rest_with_a_document() {
        for operation in ["PutObject", "UploadPart", "HeadObject", "GetObject"] {
            assert!(accepts(("S3", operation), 200, ETAG, ""), "{operation}");
            for (status, headers, body) in
                [(200, HTML_TYPE, PAGE), (200, &[][..], ""), (204, &[], "")]
            {
                assert!(
                    !accepts(("S3", operation), status, headers, body),
                    "{operation} {body}"
                );
            }
        }
        for (operation, root) in S3_BODIES {
            let whole = format!("<?xml version=\"1.0\"?>\n<{root} xmlns=\"x\"><A>1</A></{root}>\n");
            assert!(accepts(("S3", operation), 200, &[], &whole), "{operation}");
            let failed = "<Error><Code>InternalError</Code></Error>";
            assert!(accepts(("S3", operation), 200, &[], failed), "{operation}");
            for body in ["", PAGE, &whole[..60], "<Other></Other>", "{}"] {
                assert!(
                    !accepts(("S3", operation), 200, &[], body),
                    "{operation} {body}"
                );
            }
        }
    }

    #[test]
    fn errors_have_the_form_of_the_service() {
        let s3 = "<Error><Code>NoSuchKey</Code></Error>";
        assert!(accepts(("S3", "GetObject"), 404, &[], s3));
        assert!(accepts(("S3", "HeadObject"), 404, &[], ""));
        assert!(accepts(("S3", "AbortMultipartUpload"), 204, &[], ""));
        for body in [PAGE, "<!DOCTYPE html><html></html>", "moved", "<A><B></B>"] {
            assert!(
                !accepts(("S3", "AbortMultipartUpload"), 200, &[], body),
                "{body}"
            );
        }
        let rules = "<?xml version=\"1.0\"?><CORSConfiguration></CORSConfiguration>";
        assert!(accepts(("S3", "GetBucketCors"), 200, &[], rules));
        let query = "<ErrorResponse><Error><Code>ValidationError</Code></Error></ErrorResponse>";
        assert!(accepts(
            ("CloudFormation", "DescribeStacks"),
            400,
            &[],
            query
        ));
        let json = "{\"__type\":\"ParameterNotFound\"}";
        for service in ["SSM", "KMS", "CloudWatch Logs", "Lambda"] {
            assert!(accepts((service, "X"), 400, &[], json));
            assert!(accepts((service, "X"), 200, &[], "{}"));
            for body in ["", PAGE, "{\"Value\": \"abc", "[]", "null"] {
                assert!(!accepts((service, "X"), 200, &[], body), "{service} {body}");
            }
        }
        // An AWS load balancer may answer like this without a body.
        assert!(accepts(("STS", "GetCallerIdentity"), 503, &[], ""));
        for call in [
            ("S3", "PutObject"),
            ("S3", "HeadBucket"),
            ("STS", "X"),
            ("SSM", "X"),
        ] {
            assert!(!accepts(call, 407, &[], ""), "{call:?}");
            for status in [302, 403, 404, 429, 502, 511] {
                assert!(!accepts(call, status, HTML_TYPE, PAGE), "{call:?} {status}");
            }
        }
    }
}
