//! Writing a SecureString without losing its encryption key and tier.

use aws_sdk_ssm::Client;
use aws_sdk_ssm::types::{ParameterTier, ParameterType};
use secrecy::{ExposeSecret, SecretString};

use super::ParameterName;
use crate::call::{CallError, CallExt, Pages};

/// The settings of an existing parameter that a new version must repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The latest version, counted from 1.
    pub version: i64,
    /// The KMS key that encrypts the latest version.
    pub kms_key: Option<String>,
    /// The tier, `Standard` or `Advanced`.
    pub tier: Option<ParameterTier>,
    /// True if the parameter is a `SecureString`. Its type cannot change.
    pub is_secure: bool,
}

/// Reads the settings of a parameter's latest version, without its value.
///
/// `None` if the parameter does not exist.
///
/// # Errors
///
/// [`CallError`], except for a missing parameter.
///
/// # Source
///
/// AWS Systems Manager API reference, `PutParameter`: without `KeyId` a new version is encrypted
/// with the account's default key, regardless of the previous version's key. `GetParameterHistory`
/// returns the key of each version, oldest first, at most 50 at a time.
pub(crate) async fn settings(
    ssm: &Client,
    name: &ParameterName,
) -> Result<Option<Settings>, CallError> {
    let mut latest = None;
    let mut pages = Pages::of("ssm", "GetParameterHistory");
    let mut next = None;
    loop {
        let page = ssm
            .get_parameter_history()
            .name(name.as_str())
            .with_decryption(false)
            .set_next_token(next)
            .send()
            .await
            .call("ssm", "GetParameterHistory");
        let page = match page {
            Ok(page) => page,
            Err(error) if error.has_code("ParameterNotFound") => return Ok(None),
            Err(error) => return Err(error),
        };
        next = pages.next(page.next_token)?;
        let versions = page.parameters.unwrap_or_default();
        latest = versions
            .into_iter()
            .chain(latest)
            .max_by_key(|version| version.version);
        if next.is_none() {
            break;
        }
    }
    Ok(latest.map(|latest| Settings {
        version: latest.version,
        is_secure: latest.r#type == Some(ParameterType::SecureString),
        kms_key: latest.key_id,
        tier: latest.tier,
    }))
}

/// Writes a `SecureString` and returns the new version.
///
/// * `before`: the settings of the previous version; `None` creates the parameter and refuses to
///   replace an existing one.
/// * `kms_key`: the key that encrypts the value; `None` keeps the key of `before`, or uses the
///   account's default key for a new parameter.
///
/// # Errors
///
/// [`CallError`].
pub(crate) async fn write(
    ssm: &Client,
    name: &ParameterName,
    value: &SecretString,
    before: Option<&Settings>,
    kms_key: Option<&str>,
) -> Result<i64, CallError> {
    let kept = before.and_then(|before| before.kms_key.clone());
    let written = ssm
        .put_parameter()
        .name(name.as_str())
        .value(value.expose_secret())
        .r#type(ParameterType::SecureString)
        .overwrite(before.is_some())
        .set_key_id(kms_key.map(str::to_owned).or(kept))
        .set_tier(before.and_then(|before| before.tier.clone()))
        .send()
        .await
        .call("ssm", "PutParameter")?;
    Ok(written.version)
}
