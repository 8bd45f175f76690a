//! The environment of a program that acts as the target.

use aws_credential_types::Credentials;
use cn_template::Region;
use secrecy::SecretString;

use super::{Session, SessionError};

/// Variables that lead an AWS tool to the home identity.
///
/// # Source
///
/// AWS SDKs and tools reference guide, "Supported environment variables", and
/// the container and web identity providers of botocore.
const HOME_VARIABLES: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_DEFAULT_PROFILE",
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
];

impl Session {
    /// Returns the environment variables that make a program act as the target, and nothing else.
    ///
    /// A variable without a value has to be removed.
    ///
    /// # Errors
    ///
    /// The errors of [`credentials`](Self::credentials).
    pub async fn target_variables(
        &self,
    ) -> Result<Vec<(&'static str, Option<SecretString>)>, SessionError> {
        Ok(variables(&self.credentials().await?, self.region()))
    }
}

fn variables(
    credentials: &Credentials,
    region: &Region,
) -> Vec<(&'static str, Option<SecretString>)> {
    let set = |name, text: &str| (name, Some(SecretString::from(text)));
    let mut variables: Vec<_> = HOME_VARIABLES.iter().map(|name| (*name, None)).collect();
    variables.extend([
        set("AWS_ACCESS_KEY_ID", credentials.access_key_id()),
        set("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key()),
        set("AWS_REGION", region.as_str()),
        set("AWS_DEFAULT_REGION", region.as_str()),
        set("AWS_EC2_METADATA_DISABLED", "true"),
    ]);
    variables.extend(
        credentials
            .session_token()
            .map(|token| set("AWS_SESSION_TOKEN", token)),
    );
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_credential_variable_is_removed_or_replaced() {
        let session = Credentials::new("ASIA", "secret", Some("token".to_owned()), None, "test");
        let region = "cn-north-1".parse().unwrap();
        let all = variables(&session, &region);
        let (removed, set) = all.split_at(HOME_VARIABLES.len());
        assert!(removed.iter().all(|(_, value)| value.is_none()));
        for (name, value) in set {
            assert!(value.is_some(), "{name}");
            let is_known = HOME_VARIABLES.contains(name) || *name == "AWS_EC2_METADATA_DISABLED";
            assert!(is_known, "{name}");
        }
        assert!(!format!("{all:?}").contains("token\""));
        let key = Credentials::new("AKIA", "secret", None, None, "test");
        let set = variables(&key, &region).into_iter();
        let names: Vec<_> = set
            .filter(|(_, value)| value.is_some())
            .map(|(name, _)| name)
            .collect();
        assert!(!names.contains(&"AWS_SESSION_TOKEN"));
    }
}
