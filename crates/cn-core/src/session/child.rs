//! The environment of a program that acts as the target, without I/O.

use aws_credential_types::Credentials;
use cn_template::Region;
use secrecy::SecretString;

/// Variables that lead an AWS tool to the home identity.
///
/// # Source
///
/// AWS SDKs and tools reference guide, "Supported environment variables", and
/// the container and web identity providers of botocore.
pub const HOME_VARIABLES: &[&str] = &[
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

/// Returns the variables that make a program act as the target.
///
/// The variables replace [`HOME_VARIABLES`], which must be removed first.
pub fn target_variables(
    credentials: &Credentials,
    region: &Region,
) -> Vec<(&'static str, SecretString)> {
    let plain = |text: &str| SecretString::from(text);
    let mut variables = vec![
        ("AWS_ACCESS_KEY_ID", plain(credentials.access_key_id())),
        (
            "AWS_SECRET_ACCESS_KEY",
            plain(credentials.secret_access_key()),
        ),
        ("AWS_REGION", plain(region.as_str())),
        ("AWS_DEFAULT_REGION", plain(region.as_str())),
        // The instance's role is also the home identity.
        ("AWS_EC2_METADATA_DISABLED", plain("true")),
    ];
    if let Some(token) = credentials.session_token() {
        variables.push(("AWS_SESSION_TOKEN", plain(token)));
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_credential_variable_is_removed_or_replaced() {
        let session = Credentials::new("ASIA", "secret", Some("token".to_owned()), None, "test");
        let region = "cn-north-1".parse().unwrap();
        let variables = target_variables(&session, &region);
        for (name, _) in &variables {
            let is_known = HOME_VARIABLES.contains(name) || *name == "AWS_EC2_METADATA_DISABLED";
            assert!(is_known, "{name}");
        }
        assert!(!format!("{variables:?}").contains("token\""));
        let key = Credentials::new("AKIA", "secret", None, None, "test");
        let names: Vec<_> = target_variables(&key, &region)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert!(!names.contains(&"AWS_SESSION_TOKEN"));
    }
}
