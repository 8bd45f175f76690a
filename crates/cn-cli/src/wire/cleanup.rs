//! Lines of `cn-cleanup --format json`.

use schemars::JsonSchema;
use serde::Serialize;

/// Kind `cleanup-plan`: what would be, or is about to be, deleted.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Plan<'a> {
    /// The target account; absent when it was not verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<&'a str>,
    /// The target region.
    pub region: &'a str,
    /// The stack; absent when none is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack: Option<Stack<'a>>,
    /// Objects, in buckets of the stack and of artifacts.
    pub objects: Vec<Object<'a>>,
    /// Bytes that are freed.
    pub bytes: u64,
    /// Unfinished uploads.
    pub uploads: Vec<Upload<'a>>,
    /// SSM parameters of the home account.
    pub parameters: Vec<&'a str>,
    /// The access key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<&'a str>,
    /// The role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'a str>,
    /// Artifacts that stay.
    pub kept: Vec<Kept<'a>>,
    /// Number of things in the way.
    pub blockers: usize,
}

/// A stack to delete.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Stack<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its ARN.
    pub id: &'a str,
    /// Its status.
    pub status: &'a str,
    /// Its resources, those of nested stacks too.
    pub resources: Vec<Resource<'a>>,
}

/// A resource of the stack.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Resource<'a> {
    /// Logical IDs from the root, joined by slashes.
    pub path: &'a str,
    /// Its type.
    pub resource_type: &'a str,
    /// Its physical ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_id: Option<&'a str>,
    /// True if it, or a snapshot of it, stays.
    pub kept: bool,
}

/// An object to delete.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Object<'a> {
    /// Its bucket.
    pub bucket: &'a str,
    /// Its key.
    pub key: &'a str,
    /// The IDs of its versions and delete markers.
    pub versions: Vec<&'a str>,
    /// The size of all versions.
    pub bytes: u64,
    /// `in-bucket-of-stack`, `of-stack` or `old`.
    pub reason: &'a str,
}

/// An unfinished upload.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Upload<'a> {
    /// Its bucket.
    pub bucket: &'a str,
    /// The key of the object to come.
    pub key: &'a str,
    /// Its ID.
    pub id: &'a str,
}

/// Artifacts that stay.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Kept<'a> {
    /// Their bucket.
    pub bucket: &'a str,
    /// The stack that needs them; absent when none does and they are not old enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needed_by: Option<&'a str>,
    /// The number of objects.
    pub objects: usize,
    /// Their size.
    pub bytes: u64,
}

/// Kind `cleanup`: what was deleted.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Done<'a> {
    /// `deleted` or `nothing-to-do`.
    pub result: &'a str,
    /// The stack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack: Option<&'a str>,
    /// Objects.
    pub objects: usize,
    /// Versions of objects, and delete markers.
    pub versions: usize,
    /// Bytes freed.
    pub bytes: u64,
    /// Unfinished uploads.
    pub uploads: usize,
    /// Objects of the plan that stay because they have come into use.
    pub kept: usize,
    /// SSM parameters.
    pub parameters: usize,
    /// The access key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<&'a str>,
    /// The role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'a str>,
}

/// Kind `cleanup-event`: a step.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Event<'a> {
    /// The event, such as `stack-deleted`.
    pub event: &'a str,
    /// The stack, key, parameter or role.
    pub subject: &'a str,
}
