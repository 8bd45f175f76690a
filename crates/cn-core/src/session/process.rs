//! The command line of a `credential_process` that `cn-profile` serves.

use std::fmt;

use cn_template::Region;

use super::request::Identity;
use super::stored::KeyStore;
use crate::profile::{ProfileName, SERVE};
use crate::web_identity::TokenSource;

/// A command that prints the credentials of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessCommand {
    /// The path of `cn-profile`.
    pub program: String,
    /// The profile.
    pub profile: ProfileName,
    /// The profile's region.
    pub region: Region,
    /// The source of the credentials.
    pub identity: Identity,
    /// The region of the SSM parameters.
    pub home_region: Region,
    /// The profile that reads the SSM parameters; if `None`, the default chain.
    pub home_profile: Option<ProfileName>,
}

impl ProcessCommand {
    /// Creates the command for a session that read its parameters in `home_region`.
    pub const fn new(
        program: String,
        profile: ProfileName,
        region: Region,
        identity: Identity,
        home_region: Region,
    ) -> Self {
        Self {
            program,
            profile,
            region,
            identity,
            home_region,
            home_profile: None,
        }
    }

    fn line(&self) -> String {
        let mut line = quoted(&self.program);
        line.push(' ');
        line.push_str(SERVE);
        line.push_str(" --flags-only --no-identity-check");
        let mut add = |option: &str, value: &str| {
            for part in [" --", option, " ", &quoted(value)] {
                line.push_str(part);
            }
        };
        add("profile", self.profile.as_str());
        add("region", self.region.as_str());
        match &self.identity {
            Identity::Parameters(KeyStore::Json(name)) => add("key-ssm", name.as_str()),
            Identity::Parameters(KeyStore::Pair {
                access_key,
                secret_key,
            }) => {
                add("access-key-ssm", access_key.as_str());
                add("secret-key-ssm", secret_key.as_str());
            }
            Identity::WebIdentity(identity) => {
                add("web-identity-role", identity.role.as_str());
                add("web-identity-token", &identity.source.spelling());
                add("web-identity-session", &identity.session_name);
                if let TokenSource::Kms(token) = &identity.source {
                    add("web-identity-issuer", token.issuer.as_str());
                    add("web-identity-audience", &token.audience);
                    add("web-identity-subject", &token.subject);
                }
            }
            Identity::Profile(_) | Identity::DefaultChain => {}
        }
        add("home-region", self.home_region.as_str());
        if let Some(profile) = &self.home_profile {
            add("home-profile", profile.as_str());
        }
        line
    }
}

/// Formats the command line for the AWS config file.
impl fmt::Display for ProcessCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line())
    }
}

/// Returns a word quoted for a shell and for Python's `shlex`.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_./:@%+=,-".contains(letter);
    let is_special = |letter: char| "\"$`\\!".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else if word.contains(is_special) {
        format!("'{}'", word.replace('\'', r#"'"'"'"#))
    } else {
        format!("\"{word}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web_identity::{Algorithm, KmsToken, WebIdentity};

    #[test]
    fn the_command_serves_the_same_key() {
        let mut command = ProcessCommand::new(
            "/opt/my tools/cn-profile".to_owned(),
            ProfileName::china(),
            "cn-north-1".parse().unwrap(),
            Identity::Parameters(KeyStore::Pair {
                access_key: "/id".parse().unwrap(),
                secret_key: "/secret".parse().unwrap(),
            }),
            "us-east-1".parse().unwrap(),
        );
        let line = "\"/opt/my tools/cn-profile\" --credential-process --flags-only \
            --no-identity-check --profile china --region cn-north-1 --access-key-ssm /id \
            --secret-key-ssm /secret --home-region us-east-1";
        assert_eq!(command.to_string(), line);
        command.home_profile = Some("build".parse().unwrap());
        assert_eq!(command.to_string(), format!("{line} --home-profile build"));
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        for (word, expected) in [
            ("/opt/cn-profile", "/opt/cn-profile"),
            ("my token", "\"my token\""),
            ("it's", "\"it's\""),
            ("a;rm -rf ~", "\"a;rm -rf ~\""),
            ("$(id)`", "'$(id)`'"),
            ("it's $HOME", r#"'it'"'"'s $HOME'"#),
            ("订单", "\"订单\""),
            ("", "\"\""),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }

    #[test]
    fn the_command_names_one_parameter_or_the_web_identity() {
        let options = |identity: Identity| {
            let command = ProcessCommand::new(
                "cn-profile".to_owned(),
                ProfileName::china(),
                "cn-north-1".parse().unwrap(),
                identity,
                "us-east-1".parse().unwrap(),
            );
            let line = command.to_string();
            let (_, rest) = line.split_once("--region cn-north-1 ").unwrap();
            rest.to_owned()
        };
        let store = Identity::Parameters(KeyStore::Json("/china/key".parse().unwrap()));
        assert_eq!(
            options(store),
            "--key-ssm /china/key --home-region us-east-1"
        );
        let web = |source: TokenSource| {
            Identity::WebIdentity(WebIdentity {
                role: "arn:aws-cn:iam::1:role/r".parse().unwrap(),
                source,
                session_name: "build".to_owned(),
            })
        };
        let role = "--web-identity-role arn:aws-cn:iam::1:role/r --web-identity-token";
        assert_eq!(
            options(web(TokenSource::File("my token".into()))),
            format!(
                "{role} \"file:my token\" --web-identity-session build --home-region us-east-1"
            )
        );
        let kms = KmsToken {
            key: "alias/cn".to_owned(),
            algorithm: Algorithm::Es256,
            issuer: "https://issuer.example.com".parse().unwrap(),
            audience: "sts".to_owned(),
            subject: "cn".to_owned(),
        };
        assert_eq!(
            options(web(TokenSource::Kms(kms))),
            format!(
                "{role} kms:ES256:alias/cn --web-identity-session build --web-identity-issuer \
                 https://issuer.example.com --web-identity-audience sts --web-identity-subject cn \
                 --home-region us-east-1"
            )
        );
    }
}
