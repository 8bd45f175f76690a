//! Comparison of the code that functions run with the code in the stack's template.
//!
//! A template contains the location of the code, and CloudFormation does not notice if somebody
//! gives a function other code: an update does not, because the template is unchanged, and drift
//! detection does not either. Lambda returns the digest of the running code.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudformation::types::TemplateStage;
use aws_sdk_s3::types::ChecksumMode;
use aws_smithy_types::base64;
use cn_template::Source;
use cn_template::tree::{Node, Template};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::digest::Digester;
use super::error::{InspectError, InspectStep};
use crate::call::{CallError, CallExt as _};
use crate::deploy::Clients;
use crate::s3::S3Location;
use crate::secret::Secrets;
use crate::stack::template::{physical_ids, template_at};
use crate::stack::{NESTED_STACK, StackName};

/// Largest number of concurrent requests.
const CONCURRENCY: usize = 8;

/// The result of comparing the code of a stack's functions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeCheck {
    /// Number of functions that run the code in their template.
    pub same: usize,
    /// Functions with other code than their template, sorted by path.
    pub different: Vec<OtherCode>,
    /// Paths of functions whose template contains no literal S3 object.
    ///
    /// These are images, and keys built by intrinsic functions.
    pub not_compared: Vec<String>,
}

/// A function whose running code differs from its template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherCode {
    /// Logical IDs from the root to the function, joined by slashes.
    pub path: String,
    /// The function's name.
    pub function: String,
    /// The location of the code in the function's template.
    pub object: S3Location,
    /// SHA-256 of the running code, in Base64.
    pub running: String,
    /// SHA-256 of the expected code, in Base64.
    pub wanted: String,
}

/// Compares the running code of a stack's functions with the code in their templates.
///
/// Includes nested stacks.
///
/// * `lambda`: reads the running code's digests.
/// * `digests`: SHA-256 in Base64 by location, as in a package manifest. For other objects, S3
///   returns the checksum of the upload; an object without a checksum is downloaded, in ranges.
/// * `secrets`: the values to redact from function names and from an error.
///
/// Cost: two requests for each stack, one for each function, one for each unknown object.
///
/// # Errors
///
/// Fails if a stack, a function or an object cannot be read.
///
/// # Source
///
/// Lambda API reference, `FunctionConfiguration`: `CodeSha256` is the digest of the deployment
/// package. S3 user guide, "Checking object integrity": the checksum of a multipart object is not
/// that of its bytes.
pub async fn verify_code(
    clients: &Clients,
    lambda: &aws_sdk_lambda::Client,
    stack: &StackName,
    digests: &BTreeMap<S3Location, String>,
    secrets: &Secrets,
) -> Result<CodeCheck, InspectError> {
    match compare_code(clients, lambda, stack, digests).await {
        Ok(mut check) => {
            for other in &mut check.different {
                other.function = secrets.text(&other.function);
            }
            Ok(check)
        }
        Err(error) => Err(error.redacted(secrets)),
    }
}

async fn compare_code(
    clients: &Clients,
    lambda: &aws_sdk_lambda::Client,
    stack: &StackName,
    digests: &BTreeMap<S3Location, String>,
) -> Result<CodeCheck, InspectError> {
    let digester = Digester::new(&clients.s3);
    let mut check = CodeCheck::default();
    let mut functions = Vec::new();
    let mut stacks = vec![(stack.as_str().to_owned(), Vec::new())];
    while let Some((stack, path)) = stacks.pop() {
        let read = read_stack(&clients.cloudformation, &stack, &path).await;
        let found = read.map_err(|source| InspectStep::Resources(stack).failed(source))?;
        stacks.extend(found.nested);
        functions.extend(found.functions);
        check.not_compared.extend(found.not_compared);
    }
    let objects: BTreeSet<&S3Location> = functions.iter().map(|it| &it.object).collect();
    let objects: Vec<&S3Location> = objects.into_iter().collect();
    let reads = stream::iter(0..objects.len()).map(async |at| {
        let object = objects[at];
        let digest = match digests.get(object) {
            Some(digest) => Ok(digest.clone()),
            None => digest_of(&clients.s3, &digester, object).await,
        };
        let digest = digest.map_err(|source| InspectStep::Object(object.clone()).failed(source))?;
        Ok((object, digest))
    });
    let wanted: BTreeMap<&S3Location, String> =
        reads.buffer_unordered(CONCURRENCY).try_collect().await?;
    let reads = stream::iter(0..functions.len()).map(async |at| {
        let function = &functions[at];
        let digest = running_code(lambda, &function.name).await;
        let digest =
            digest.map_err(|source| InspectStep::Function(function.name.clone()).failed(source))?;
        Ok((function, digest))
    });
    let running: Vec<(&Function, String)> =
        reads.buffer_unordered(CONCURRENCY).try_collect().await?;
    for (function, running) in running {
        let wanted = &wanted[&function.object];
        if running == *wanted {
            check.same += 1;
            continue;
        }
        check.different.push(OtherCode {
            path: function.path.clone(),
            function: function.name.clone(),
            object: function.object.clone(),
            running,
            wanted: wanted.clone(),
        });
    }
    check
        .different
        .sort_by(|one, other| one.path.cmp(&other.path));
    check.not_compared.sort();
    Ok(check)
}

/// A function whose code is an archive in S3.
struct Function {
    /// Logical IDs from the root, joined by slashes.
    path: String,
    name: String,
    object: S3Location,
}

/// The functions of a stack, and its nested stacks.
#[derive(Default)]
struct StackCode {
    functions: Vec<Function>,
    not_compared: Vec<String>,
    /// ARNs and paths of the nested stacks.
    nested: Vec<(String, Vec<String>)>,
}

/// Reads a stack's template, with expanded macros, and the physical IDs of its resources.
async fn read_stack(
    client: &aws_sdk_cloudformation::Client,
    stack: &str,
    path: &[String],
) -> Result<StackCode, CallError> {
    let (text, names) = tokio::try_join!(
        template_at(client, stack, TemplateStage::Processed),
        physical_ids(client, stack)
    )?;
    let parsed = Template::parse(&Source::new(stack, text));
    let Some(template) = parsed.template else {
        return Ok(StackCode::default());
    };
    let mut found = StackCode::default();
    for resource in template.resources() {
        // A resource whose condition is false has no physical ID.
        let Some(name) = names.get(resource.logical_id) else {
            continue;
        };
        let mut path = path.to_vec();
        path.push(resource.logical_id.to_owned());
        match resource.kind {
            Some(NESTED_STACK) => found.nested.push((name.clone(), path)),
            Some("AWS::Lambda::Function") => {
                let code = resource.properties().and_then(|node| node.get("Code"));
                match code.map(code_object) {
                    Some(Code::Object(object)) => found.functions.push(Function {
                        path: path.join("/"),
                        name: name.clone(),
                        object,
                    }),
                    Some(Code::Other) => found.not_compared.push(path.join("/")),
                    Some(Code::InTemplate) | None => {}
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

/// The location of a function's code.
enum Code {
    Object(S3Location),
    /// The code is in the template itself.
    InTemplate,
    /// The code is in an image, or in a place that only CloudFormation knows.
    Other,
}

fn code_object(code: &Node) -> Code {
    if code.get("ZipFile").is_some() {
        return Code::InTemplate;
    }
    let text = |name: &str| code.get(name).and_then(Node::as_str).map(str::to_owned);
    let (Some(bucket), Some(key)) = (text("S3Bucket"), text("S3Key")) else {
        return Code::Other;
    };
    match (code.get("S3ObjectVersion"), text("S3ObjectVersion")) {
        (Some(_), None) => Code::Other,
        (_, version) => Code::Object(S3Location {
            bucket,
            key,
            version,
        }),
    }
}

/// Returns the digest of a function's running code.
async fn running_code(client: &aws_sdk_lambda::Client, name: &str) -> Result<String, CallError> {
    let answer = client
        .get_function_configuration()
        .function_name(name)
        .send()
        .await
        .call("lambda", "GetFunctionConfiguration")?;
    Ok(answer.code_sha256.unwrap_or_default())
}

/// Returns the digest of an object's bytes.
///
/// This is the checksum of the upload if there is one, else the digest of the downloaded bytes.
async fn digest_of(
    client: &aws_sdk_s3::Client,
    digester: &Digester<'_>,
    object: &S3Location,
) -> Result<String, CallError> {
    let head = client
        .head_object()
        .bucket(&object.bucket)
        .key(&object.key)
        .set_version_id(object.version.clone())
        .checksum_mode(ChecksumMode::Enabled)
        .send()
        .await
        .call("s3", "HeadObject")?;
    // The checksum of a multipart object ends with the number of its parts.
    let whole = head.checksum_sha256.filter(|digest| !digest.contains('-'));
    if let Some(digest) = whole {
        return Ok(digest);
    }
    let etag = head.e_tag.as_deref();
    let digest = digester.sha256(object, etag, head.content_length).await?;
    Ok(base64::encode(digest))
}

#[cfg(test)]
mod tests;
