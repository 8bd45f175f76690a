//! Recorded requests, and how they are read from the wire.

use std::fmt;

use bytes::Bytes;
use hyper::header::AUTHORIZATION;
use hyper::http::request::Parts;

use crate::side::Side;

/// Largest request body that is read whole and remembered; larger bodies stream through.
pub(crate) const BODY_LIMIT: u64 = 1024 * 1024;

/// A request that passed the router.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The HTTP method.
    pub method: String,
    /// The path as it was sent, percent-encoded.
    pub path: String,
    /// The query string as it was sent, without `?`; empty if there was none.
    pub query: String,
    /// The service in the credential scope (`s3`, `ssm`, …); empty when unsigned.
    pub service: String,
    /// The region in the credential scope, which is the endpoint's; empty when unsigned.
    pub region: String,
    /// The access key that signed; empty when unsigned.
    pub access_key_id: String,
    /// The operation, such as `PutObject` or `DescribeStacks`.
    pub operation: String,
    /// The header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The announced length of the body in bytes.
    pub body_length: u64,
    /// The body, unless it was larger than 1 MiB or of unknown length.
    pub body: Option<Bytes>,
    /// The status of the answer; `None` if there was none (a reset, or still running).
    pub status: Option<u16>,
}

impl Recorded {
    pub(crate) fn new(parts: &Parts, body_length: u64, body: Option<Bytes>) -> Self {
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let headers: Vec<(String, String)> = parts
            .headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect();
        let scope = scope(parts, &query);
        let mut recorded = Self {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query,
            service: scope.service,
            region: scope.region,
            access_key_id: scope.access_key_id,
            operation: String::new(),
            headers,
            body_length,
            body,
            status: None,
        };
        recorded.operation = operation(&recorded);
        recorded
    }

    /// Returns a header field's value; `name` must be in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Returns a decoded form field of a query service, such as `StackName`.
    pub fn field(&self, name: &str) -> Option<String> {
        let body = String::from_utf8_lossy(self.body.as_ref()?).into_owned();
        body.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            (decoded(key) == name).then(|| decoded(value))
        })
    }

    /// Returns the side that the request belongs to; see [`Router`](crate::Router).
    ///
    /// The exchange of a web identity token is not signed: its role determines the side.
    pub fn side(&self) -> Side {
        let role = self.field("RoleArn").unwrap_or_default();
        if self.region.is_empty() && role.starts_with("arn:aws-cn:") {
            return Side::China;
        }
        Side::of_region(&self.region)
    }
}

/// Formats side, service, operation, path where it matters, and status on one line.
impl fmt::Display for Recorded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self
            .status
            .map_or("none".to_owned(), |status| status.to_string());
        let region = if self.region.is_empty() {
            "unsigned"
        } else {
            &self.region
        };
        write!(formatter, "{region} {} {}", self.service, self.operation)?;
        if self.path != "/" {
            write!(formatter, " {}", self.path)?;
        }
        write!(formatter, " -> {status}")
    }
}

/// All requests so far, in order, with filters for tests.
#[derive(Clone, Debug, Default)]
pub struct Requests(pub Vec<Recorded>);

impl Requests {
    /// Returns the requests for one operation.
    #[must_use]
    pub fn operation(&self, name: &str) -> Self {
        self.keep(|request| request.operation == name)
    }

    /// Returns the requests to one service.
    #[must_use]
    pub fn service(&self, name: &str) -> Self {
        self.keep(|request| request.service == name)
    }

    /// Returns the requests that one access key signed.
    #[must_use]
    pub fn signed_by(&self, access_key_id: &str) -> Self {
        self.keep(|request| request.access_key_id == access_key_id)
    }

    /// Returns the requests to one side.
    #[must_use]
    pub fn to(&self, side: Side) -> Self {
        self.keep(|request| request.side() == side)
    }

    /// Returns the requests that write an object or a part of an object.
    #[must_use]
    pub fn object_puts(&self) -> Self {
        let writes = [
            "PutObject",
            "CopyObject",
            "CreateMultipartUpload",
            "UploadPart",
            "UploadPartCopy",
            "CompleteMultipartUpload",
        ];
        self.keep(|request| writes.contains(&request.operation.as_str()))
    }

    /// Returns the requests that satisfy a condition.
    #[must_use]
    pub fn keep(&self, condition: impl Fn(&Recorded) -> bool) -> Self {
        Self(
            self.0
                .iter()
                .filter(|request| condition(request))
                .cloned()
                .collect(),
        )
    }

    /// Returns the number of requests.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Returns the operations in order.
    pub fn operations(&self) -> Vec<&str> {
        self.0
            .iter()
            .map(|request| request.operation.as_str())
            .collect()
    }
}

/// Formats one request per line.
impl fmt::Display for Requests {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|request| writeln!(formatter, "{request}"))
    }
}

#[derive(Default)]
struct Scope {
    access_key_id: String,
    region: String,
    service: String,
}

/// Reads `KEY/DATE/REGION/SERVICE/aws4_request` from the header or a pre-signed query.
fn scope(parts: &Parts, query: &str) -> Scope {
    let header = parts
        .headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let in_header = header.and_then(|text| {
        let (_, after) = text.split_once("Credential=")?;
        after.split([',', ' ']).next().map(ToOwned::to_owned)
    });
    let credential = in_header.or_else(|| {
        let value = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("X-Amz-Credential="));
        value.map(decoded)
    });
    let credential = credential.unwrap_or_default();
    let fields: Vec<&str> = credential.split('/').collect();
    match fields[..] {
        [access_key_id, _, region, service, _] => Scope {
            access_key_id: access_key_id.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
        },
        // IAM Identity Center identifies its caller by a token: the request is not signed.
        _ if parts.headers.contains_key("x-amz-sso_bearer_token") => Scope {
            service: "sso".to_owned(),
            ..Scope::default()
        },
        _ => Scope::default(),
    }
}

fn operation(request: &Recorded) -> String {
    if let Some(target) = request.header("x-amz-target") {
        return target.rsplit('.').next().unwrap_or(target).to_owned();
    }
    if let Some(action) = request.field("Action") {
        return action;
    }
    if request.service == "s3" {
        return s3_operation(request);
    }
    let is_get = request.method == "GET" && request.service == "lambda";
    if is_get && request.path.ends_with("/configuration") {
        return "GetFunctionConfiguration".to_owned();
    }
    format!("{} {}", request.method, request.path)
}

/// Returns the S3 operation for method, path and query (Amazon S3 API reference).
fn s3_operation(request: &Recorded) -> String {
    let bucket_and_key = request.path.trim_start_matches('/');
    let (bucket, key) = bucket_and_key
        .split_once('/')
        .unwrap_or((bucket_and_key, ""));
    let flags: Vec<&str> = request
        .query
        .split('&')
        .map(|pair| pair.split('=').next().unwrap_or_default())
        .collect();
    let has = |flag: &str| flags.contains(&flag);
    let copies = request.header("x-amz-copy-source").is_some();
    let name = match (request.method.as_str(), bucket.is_empty(), key.is_empty()) {
        ("GET", true, _) => "ListBuckets",
        ("PUT", _, false) if has("partNumber") && copies => "UploadPartCopy",
        ("PUT", _, false) if has("partNumber") => "UploadPart",
        ("PUT", _, false) if has("tagging") => "PutObjectTagging",
        ("PUT", _, false) if copies => "CopyObject",
        ("PUT", _, false) => "PutObject",
        ("GET", _, false) if has("uploadId") => "ListParts",
        ("GET", _, false) if has("tagging") => "GetObjectTagging",
        ("GET", _, false) => "GetObject",
        ("HEAD", _, false) => "HeadObject",
        ("POST", _, false) if has("uploads") => "CreateMultipartUpload",
        ("POST", _, false) if has("uploadId") => "CompleteMultipartUpload",
        ("DELETE", _, false) if has("uploadId") => "AbortMultipartUpload",
        ("DELETE", _, false) => "DeleteObject",
        ("HEAD", ..) => "HeadBucket",
        ("GET", ..) if has("location") => "GetBucketLocation",
        ("GET", ..) if has("uploads") => "ListMultipartUploads",
        ("GET", ..) if has("versions") => "ListObjectVersions",
        ("GET", ..) if has("list-type") => "ListObjectsV2",
        ("GET", ..) if has("encryption") => "GetBucketEncryption",
        ("GET", ..) if has("publicAccessBlock") => "GetPublicAccessBlock",
        ("POST", ..) if has("delete") => "DeleteObjects",
        ("PUT", ..) if flags == [""] => "CreateBucket",
        ("DELETE", ..) if flags == [""] => "DeleteBucket",
        (method, ..) => return format!("{method} bucket {}", request.query),
    };
    name.to_owned()
}

/// Decodes percent-encoding, and `+` as a space like in forms.
pub fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => match hex_byte(tail) {
                Some(byte) => {
                    bytes.push(byte);
                    rest = &tail[2..];
                }
                None => bytes.push(b'%'),
            },
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_byte(text: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(text.get(..2)?).ok()?;
    u8::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Recorded {
        let mut request = hyper::Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).expect("valid").into_parts();
        Recorded::new(
            &parts,
            body.len() as u64,
            Some(Bytes::from(body.to_owned())),
        )
    }

    #[test]
    fn reads_scope_from_the_header() {
        let authorization = "AWS4-HMAC-SHA256 Credential=AKID/20260101/cn-north-1/s3/aws4_request, SignedHeaders=host, Signature=0";
        let request = recorded(
            "PUT",
            "/b/k?x-id=PutObject",
            &[("authorization", authorization)],
            "",
        );
        assert_eq!(request.to_string(), "cn-north-1 s3 PutObject /b/k -> none");
        assert_eq!(request.access_key_id, "AKID");
        assert_eq!(request.side(), Side::China);
    }

    #[test]
    fn reads_scope_from_a_presigned_query() {
        let target = "/b/k?X-Amz-Credential=AKID%2F20260101%2Fus-east-1%2Fs3%2Faws4_request";
        let request = recorded("GET", target, &[], "");
        assert_eq!(request.to_string(), "us-east-1 s3 GetObject /b/k -> none");
    }

    #[test]
    fn names_operations_of_each_protocol() {
        let json = recorded(
            "POST",
            "/",
            &[("x-amz-target", "AmazonSSM.GetParameters")],
            "{}",
        );
        assert_eq!(json.operation, "GetParameters");
        let form = recorded("POST", "/", &[], "Action=CreateStack&StackName=a%2Fb+c");
        assert_eq!(form.operation, "CreateStack");
        assert_eq!(form.field("StackName").as_deref(), Some("a/b c"));
    }

    #[test]
    fn names_s3_operations() {
        let name = |method, target| {
            let mut request = recorded(method, target, &[], "");
            request.service = "s3".to_owned();
            super::operation(&request)
        };
        assert_eq!(name("PUT", "/b"), "CreateBucket");
        assert_eq!(name("GET", "/b?list-type=2&prefix=x"), "ListObjectsV2");
        assert_eq!(name("POST", "/b/k?uploads"), "CreateMultipartUpload");
        assert_eq!(name("PUT", "/b/k?partNumber=1&uploadId=u"), "UploadPart");
        assert_eq!(name("POST", "/b/k?uploadId=u"), "CompleteMultipartUpload");
        assert_eq!(name("HEAD", "/b/k"), "HeadObject");
        assert_eq!(name("HEAD", "/b"), "HeadBucket");
    }
}
