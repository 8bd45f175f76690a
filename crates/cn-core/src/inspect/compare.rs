//! Comparison of the stacks of several regions, in any partition.
//!
//! Two packaged templates of the same source differ in the parts that `cn-package` rewrites and in
//! the upload location: partition, region, account, hosts and bucket. These parts are normalized
//! before the comparison. Artifact keys come from content, so equal keys mean equal code.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::Client;
use cn_template::partition::Arn;
use cn_template::tree::Template;
use cn_template::{Partition, Region, Source};
use sha2::{Digest as _, Sha256};

use super::error::{InspectError, InspectStep};
use crate::call::CallError;
use crate::deploy::Confidential;
use crate::hex::hex;
use crate::inputs::{GatherError, Written};
use crate::secret::Secrets;
use crate::session::{Session, SessionError, SessionRequest};
use crate::stack::template::{physical_ids, template_of};
use crate::stack::{NESTED_STACK, REVISION_TAG, StackName, StackStatus, facts};

/// The stack in one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionState {
    /// The region.
    pub region: Region,
    /// The stack in this region; `None` if it does not exist.
    pub stack: Option<RegionStack>,
}

impl RegionState {
    /// Returns the differences between regions; empty if they run the same.
    ///
    /// Revisions are compared only if every stack has one; templates are always compared.
    pub fn differences(regions: &[Self]) -> Vec<String> {
        let mut found = Vec::new();
        for running in regions {
            match &running.stack {
                None => found.push(format!("`{}` has no such stack", running.region)),
                Some(stack) if !stack.status.is_success() => {
                    found.push(format!("`{}` is in {}", running.region, stack.status));
                }
                Some(_) => {}
            }
        }
        let stacks: Vec<(&Region, &RegionStack)> = regions
            .iter()
            .filter_map(|running| Some((&running.region, running.stack.as_ref()?)))
            .collect();
        let Some(((first, one), others)) = stacks.split_first() else {
            return found;
        };
        let has_revisions = stacks.iter().all(|(_, stack)| stack.revision.is_some());
        for (region, other) in others {
            if has_revisions && other.revision != one.revision {
                found.push(format!(
                    "`{region}` runs a different revision than `{first}`"
                ));
            }
            if other.template != one.template {
                found.push(format!(
                    "`{region}` runs a different template than `{first}`"
                ));
            }
        }
        found
    }
}

/// The parts of a stack that are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionStack {
    /// The stack's status.
    pub status: StackStatus,
    /// The value of the tag `cn:source-revision`.
    pub revision: Option<String>,
    /// The beginning of the digest of the normalized template, including nested templates.
    pub template: String,
}

/// A failed comparison.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// An identity cannot be used in one of the regions.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A stack cannot be read.
    #[error(transparent)]
    Inspect(#[from] InspectError),
    /// The values to redact cannot be read.
    #[error(transparent)]
    Gather(#[from] GatherError),
}

/// Reads the stacks of all regions, each with an identity of its partition.
///
/// * `asked`: the identity. Its profile, keys and account apply only to the partition of its
///   region, or to all partitions if it has no region.
/// * `parameters`: words that contain values of the stack's parameters, as for
///   [`Given::parameters`](crate::inputs::Given::parameters); secret values are redacted.
///
/// # Errors
///
/// Fails if an identity cannot be used, or if a stack, its template or an SSM parameter cannot be
/// read.
pub async fn compare(
    asked: &SessionRequest,
    stack: &StackName,
    regions: &[Region],
    parameters: &[Written],
) -> Result<Vec<RegionState>, CompareError> {
    let mut all = Vec::new();
    let mut confidential = None;
    for region in regions {
        let session = Session::open(in_region(asked, region))?;
        let confidential = match &confidential {
            Some(known) => known,
            None => confidential.insert(Confidential::gather(&session, parameters).await?),
        };
        let target = session.target().await?;
        session.verify_target().await?;
        all.push(running(target.cloudformation(), region, stack, confidential).await?);
    }
    Ok(all)
}

/// Returns the session request for a region.
///
/// An identity of one partition does not exist in another.
fn in_region(asked: &SessionRequest, region: &Region) -> SessionRequest {
    let mut request = asked.clone();
    let is_other = |said: &Region| said.partition() != region.partition();
    if asked.region.as_ref().is_some_and(is_other) {
        request.profile = None;
        request.default_chain = false;
        request.keys = None;
        request.account = None;
    }
    request.region = Some(region.clone());
    request
}

/// Reads the stack of a region; redacted.
pub(crate) async fn running(
    client: &Client,
    region: &Region,
    stack: &StackName,
    confidential: &Confidential,
) -> Result<RegionState, InspectError> {
    let cannot = |source, secrets: &Secrets| {
        let step = InspectStep::Compare(stack.clone(), region.clone());
        step.failed(source).redacted(secrets)
    };
    let present = facts::describe(client, stack.as_str()).await;
    let Some(present) = present.map_err(|source| cannot(source, &confidential.secrets))? else {
        return Ok(RegionState {
            region: region.clone(),
            stack: None,
        });
    };
    let secrets = confidential.redaction(&present.masked_keys);
    let template = template_digest(client, region, &present.id).await;
    let template = template.map_err(|source| cannot(source, &secrets))?;
    let revision = present.tags.iter().find(|tag| tag.key == REVISION_TAG);
    Ok(RegionState {
        region: region.clone(),
        stack: Some(RegionStack {
            status: present.status.clone(),
            revision: revision.map(|tag| secrets.text(&tag.value)),
            template,
        }),
    })
}

/// Returns the digest of a stack's normalized template, including nested templates.
async fn template_digest(
    client: &Client,
    region: &Region,
    stack_id: &str,
) -> Result<String, CallError> {
    let account = Arn::parse(stack_id).map_or("", |arn| arn.account);
    let mut templates = BTreeMap::new();
    let mut stacks = vec![(stack_id.to_owned(), String::new())];
    while let Some((stack, path)) = stacks.pop() {
        let text = template_of(client, &stack).await?;
        let nested = nested_ids(&text);
        if !nested.is_empty() {
            let names = physical_ids(client, &stack).await?;
            let nested = nested.into_iter().filter_map(|id| {
                let stack = names.get(&id)?.clone();
                Some((stack, format!("{path}/{id}")))
            });
            stacks.extend(nested);
        }
        templates.insert(path, alike(&text, region, account));
    }
    Ok(digest(&templates))
}

/// Returns the logical IDs of a template's nested stacks.
fn nested_ids(text: &str) -> Vec<String> {
    let Some(template) = Template::parse(&Source::new("template", text)).template else {
        return Vec::new();
    };
    let nested = template
        .resources()
        .filter(|resource| resource.kind == Some(NESTED_STACK));
    nested.map(|it| it.logical_id.to_owned()).collect()
}

/// Returns a template without the parts that differ between regions.
fn alike(text: &str, region: &Region, account: &str) -> String {
    let partition = region.partition();
    let mut text = text.trim_end().replace("\r\n", "\n");
    text = text.replace(&format!("arn:{}:", partition.id()), "arn:PARTITION:");
    // Service principals have the global suffix everywhere. A longer suffix may begin with a
    // shorter one.
    let mut suffixes: Vec<&str> = Partition::ALL.iter().map(|it| it.dns_suffix()).collect();
    suffixes.sort_by_key(|suffix| std::cmp::Reverse(suffix.len()));
    for suffix in suffixes {
        text = text.replace(&format!(".{suffix}"), ".SUFFIX");
    }
    text = text.replace(region.as_str(), "REGION");
    if !account.is_empty() {
        text = text.replace(account, "ACCOUNT");
    }
    let mut lines: Vec<String> = text.lines().map(without_bucket).collect();
    for at in 1..lines.len() {
        let is_key = |line: &str| bare(line).starts_with("Key:");
        let is_bucket = bare(&lines[at - 1]).starts_with("Bucket:");
        if is_bucket && is_key(&lines[at]) {
            "Bucket: BUCKET".clone_into(&mut lines[at - 1]);
        }
    }
    lines.join("\n")
}

fn bare(line: &str) -> String {
    line.trim().replace(['"', '\''], "")
}

/// Returns a line without the bucket of an artifact.
fn without_bucket(line: &str) -> String {
    if bare(line).starts_with("S3Bucket:") {
        return "S3Bucket: BUCKET".to_owned();
    }
    let mut line = line.to_owned();
    for start in ["s3://", "https://s3.REGION.SUFFIX/", "https://s3.SUFFIX/"] {
        let Some((before, after)) = line.split_once(start) else {
            continue;
        };
        if let Some((_, key)) = after.split_once('/') {
            // A nested template was rewritten too, so its key differs between partitions.
            let key = if key.contains(".template") || key.contains(".yaml") {
                "TEMPLATE"
            } else {
                key
            };
            line = format!("{before}s3://BUCKET/{key}");
        }
    }
    line
}

/// Returns a digest of twelve hex digits, enough to distinguish the compared templates.
fn digest(templates: &BTreeMap<String, String>) -> String {
    let mut hasher = Sha256::new();
    for (path, text) in templates {
        for part in [path, text] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
    }
    hex(&hasher.finalize()[..6])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(revision: Option<&str>, template: &str) -> RegionStack {
        RegionStack {
            status: StackStatus::new("UPDATE_COMPLETE"),
            revision: revision.map(str::to_owned),
            template: template.to_owned(),
        }
    }

    fn said(stacks: Vec<Option<RegionStack>>) -> Vec<String> {
        let regions = ["us-east-1", "cn-north-1", "cn-northwest-1"];
        let running: Vec<RegionState> = regions
            .iter()
            .zip(stacks)
            .map(|(region, stack)| RegionState {
                region: region.parse().unwrap(),
                stack,
            })
            .collect();
        RegionState::differences(&running)
    }

    #[test]
    fn packaged_templates_of_one_source_are_alike() {
        let home = "Role: arn:aws:iam::111122223333:role/r\nHost: x.us-east-1.amazonaws.com\nService: lambda.amazonaws.com\nCodeUri: s3://home-artifacts/a1b2.zip\nCode:\n  S3Bucket: home-artifacts\n  S3Key: a1b2.zip\nUri:\n  Bucket: home-artifacts\n  Key: k\n";
        let china = "Role: arn:aws-cn:iam::444455556666:role/r\r\nHost: x.cn-north-1.amazonaws.com.cn\r\nService: lambda.amazonaws.com\r\nCodeUri: s3://china-artifacts/a1b2.zip\r\nCode:\r\n  S3Bucket: china-artifacts\r\n  S3Key: a1b2.zip\r\nUri:\r\n  Bucket: china-artifacts\r\n  Key: k\r\n";
        let (us, cn) = ("us-east-1".parse().unwrap(), "cn-north-1".parse().unwrap());
        let alike_home = alike(home, &us, "111122223333");
        assert_eq!(alike_home, alike(china, &cn, "444455556666"));
        let other = china.replace("a1b2", "c3d4");
        assert_ne!(alike_home, alike(&other, &cn, "444455556666"));
    }

    #[test]
    fn what_differs_is_named() {
        assert!(
            said(vec![
                Some(stack(Some("a"), "t")),
                Some(stack(Some("a"), "t"))
            ])
            .is_empty()
        );
        assert!(said(vec![Some(stack(Some("a"), "t")), Some(stack(None, "t"))]).is_empty());
        assert_eq!(
            said(vec![
                Some(stack(Some("a"), "t")),
                Some(stack(Some("b"), "u")),
                None
            ]),
            [
                "`cn-northwest-1` has no such stack",
                "`cn-north-1` runs a different revision than `us-east-1`",
                "`cn-north-1` runs a different template than `us-east-1`",
            ]
        );
    }
}
