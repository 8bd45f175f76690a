//! Lines of `cn-package --format json`.

use cn_core::package::{self, Outcome, Sent, Travel};
use schemars::JsonSchema;
use serde::Serialize;

/// Kinds `uploaded`, `copied` and `present`: an object that is in the bucket now.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Artifact<'a> {
    /// Its key.
    pub key: &'a str,
    /// The file or folder it was made from.
    pub source: &'a str,
    /// Its size when it was uploaded; null otherwise.
    pub bytes: Option<u64>,
    /// Bytes of it that S3 copied from an earlier object.
    pub reused_bytes: u64,
    /// The properties that name it, as `LogicalId.Property`.
    pub needed_by: &'a [String],
}

impl<'a> Artifact<'a> {
    /// Creates the line of an object.
    pub fn of(sent: &'a Sent) -> Self {
        Self {
            key: sent.key.as_str(),
            source: sent.source.as_str(),
            bytes: sent.uploaded_bytes,
            reused_bytes: sent.reused_bytes,
            needed_by: &sent.needed_by,
        }
    }
}

/// Kind `summary`: what goes where, before anything is sent to a region.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Summary<'a> {
    /// The region.
    pub region: &'a str,
    /// The account that must own the bucket; null when it is not verified.
    pub account: Option<&'a str>,
    /// The bucket.
    pub bucket: &'a str,
    /// The beginning of every key.
    pub prefix: &'a str,
    /// The number of objects that the packaged template needs.
    pub objects: usize,
}

/// Kind `whole`: a large object that travels without a range of an earlier one.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Whole<'a> {
    /// Its key.
    pub key: &'a str,
    /// The file or folder it is made from.
    pub source: &'a str,
    /// Why.
    pub reason: String,
}

/// Kind `progress`: a large object under way.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Progress<'a> {
    /// Its key.
    pub key: &'a str,
    /// Bytes sent, by this run or an earlier one.
    pub sent_bytes: u64,
    /// Its size, without what S3 copies from an earlier object.
    pub total_bytes: u64,
    /// The rate of all objects under way; null in the first seconds.
    pub bytes_per_second: Option<u64>,
    /// The time until the objects under way are sent; null in the first seconds.
    pub seconds_left: Option<u64>,
}

/// Kind `plan`: what a run for one region would do.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Plan<'a> {
    /// The region.
    pub region: &'a str,
    /// The objects that the packaged template needs.
    pub uploads: Vec<PlannedUpload<'a>>,
    /// The number of literals that would be rewritten.
    pub rewrites: usize,
    /// The packaged template.
    pub template: &'a str,
}

/// An object that must be in the bucket.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct PlannedUpload<'a> {
    /// Its key.
    pub key: &'a str,
    /// The file or folder it is made from.
    pub source: &'a str,
    /// Bytes before compression.
    pub input_bytes: u64,
    /// Bytes that would travel; null for an object up to 8 MiB, and when they are not known.
    pub sent_bytes: Option<u64>,
    /// Bytes that S3 would copy from another object; null like `sent-bytes`.
    pub copied_bytes: Option<u64>,
    /// The properties that name it, as `LogicalId.Property`.
    pub needed_by: &'a [String],
}

impl<'a> Plan<'a> {
    /// Creates the line of a plan.
    ///
    /// * `travels`: the transfers of the large objects, if they are known.
    pub fn of(plan: &'a package::Plan, travels: &[Travel]) -> Self {
        let uploads = plan.uploads().iter().map(|upload| {
            let travel = travels.iter().find(|travel| travel.key == *upload.key());
            PlannedUpload {
                key: upload.key().as_str(),
                source: upload.source().as_str(),
                input_bytes: upload.input_bytes(),
                sent_bytes: travel.map(|travel| travel.sent_bytes),
                copied_bytes: travel.map(|travel| travel.copied_bytes),
                needed_by: upload.needed_by(),
            }
        });
        Self {
            region: plan.destination().region.as_str(),
            uploads: uploads.collect(),
            rewrites: plan.rewrites().len(),
            template: plan.packaged(),
        }
    }
}

/// Kind `packaged`: the result for one region.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Packaged<'a> {
    /// The number of objects that were uploaded.
    pub uploaded: usize,
    /// The number of objects that were copied within S3; missing in a run without network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copied: Option<usize>,
    /// The number of objects that the bucket had; missing in a run without network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub present: Option<usize>,
    /// The number of objects that a run without network did not send.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub absent: Option<usize>,
    /// The number of literals that were rewritten.
    pub rewritten: usize,
    /// The region.
    pub region: &'a str,
    /// The file with the packaged template; null when `template` has it.
    pub output: Option<&'a str>,
    /// The packaged template; null when it is in a file.
    pub template: Option<&'a str>,
}

impl<'a> Packaged<'a> {
    /// Creates the line of a run that sent nothing.
    ///
    /// * `output`: the file with the packaged template, if there is one.
    pub fn unsent(outcome: &'a Outcome, output: Option<&'a str>) -> Self {
        Self {
            uploaded: 0,
            copied: None,
            present: None,
            absent: Some(outcome.sent.len()),
            rewritten: outcome.rewrites.len(),
            region: outcome.destination.region.as_str(),
            output,
            template: output.is_none().then_some(outcome.packaged.as_str()),
        }
    }

    /// Creates the line of a run that sent the missing objects.
    ///
    /// * `output`: the file with the packaged template, if there is one.
    pub fn sent(outcome: &'a Outcome, output: Option<&'a str>) -> Self {
        let count = |is: fn(&Sent) -> bool| outcome.sent.iter().filter(|sent| is(sent)).count();
        let uploaded = count(|sent| sent.uploaded_bytes.is_some());
        let copied = count(|sent| sent.is_copied);
        Self {
            uploaded,
            copied: Some(copied),
            present: Some(outcome.sent.len() - uploaded - copied),
            absent: None,
            ..Self::unsent(outcome, output)
        }
    }
}
