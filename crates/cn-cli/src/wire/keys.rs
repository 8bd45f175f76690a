//! Lines of `cn-keys --format json`.

use schemars::JsonSchema;
use serde::Serialize;

/// Kind `key-status`: an access key and its parameters.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Status<'a> {
    /// The parameters.
    pub store: String,
    /// The user's account.
    pub account: &'a str,
    /// The user's ARN.
    pub arn: &'a str,
    /// The key that works.
    pub key_id: &'a str,
    /// True if the latest values of the parameters are that key.
    pub is_stored: bool,
    /// The key's age in seconds.
    pub age_s: u64,
    /// True if the key is older than `--max-key-age`.
    pub is_over_age: bool,
    /// The time of the last write of the parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<String>,
    /// The user's access keys.
    pub keys: Vec<Slot<'a>>,
}

/// One of the two keys of a user.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Slot<'a> {
    /// Its identifier.
    pub key_id: &'a str,
    /// `active` or `inactive`.
    pub status: &'a str,
    /// The time of creation.
    pub created: String,
    /// The time of the last use; absent when IAM knows of no use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
    /// The service that it was last used for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_service: Option<&'a str>,
}

/// Kind `key-event`: a step of a rotation.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Event<'a> {
    /// The event, such as `created`.
    pub event: &'a str,
    /// The key.
    pub key_id: &'a str,
}

/// Kind `rotation`: the result of a rotation, or of a dry run of one.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rotation<'a> {
    /// The parameters.
    pub store: String,
    /// `rotated`, `finished`, `cleaned-up`, `unchanged` or `planned`.
    pub result: &'a str,
    /// The key that worked before.
    pub key_before: &'a str,
    /// The key that is stored.
    pub key_id: &'a str,
    /// Keys that were deleted.
    pub deleted: Vec<&'a str>,
    /// The key that is inactive until it is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<&'a str>,
    /// The end of that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_until: Option<String>,
    /// The steps of a dry run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
}

/// Kind `key-stored`: a key that was put into parameters.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Stored<'a> {
    /// The parameters.
    pub store: String,
    /// The key.
    pub key_id: &'a str,
    /// The owner of the key; absent when it was not verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<&'a str>,
    /// The parameters that were written.
    pub written: Vec<&'a str>,
}

/// Kind `key-revoked`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Revoked<'a> {
    /// The key, now inactive.
    pub key_id: &'a str,
    /// Its user.
    pub user: &'a str,
    /// True if sessions made before are denied.
    pub is_denied: bool,
    /// The policy that denies them.
    pub policy: &'a str,
}

/// Kind `issuer-file`: a file of an issuer.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct IssuerFile<'a> {
    /// The path below the issuer's address.
    pub path: &'a str,
    /// The content; absent when it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<&'a str>,
}

/// Kind `issuer`: an issuer that was verified.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Issuer<'a> {
    /// Its address.
    pub issuer: &'a str,
    /// The problems of the file.
    pub problems: Vec<String>,
}
