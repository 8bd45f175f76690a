//! Sources of tokens.

use std::fmt;
use std::process::Stdio;
use std::str::FromStr;
use std::time::Duration;

use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};
use camino::Utf8PathBuf;
use secrecy::SecretString;

use super::algorithm::Algorithm;
use super::claims::{Claims, IssuerUrl, encoded, signing_input};
use super::jwk::in_full_width;
use crate::call::{CallError, CallExt};
use crate::file::{self, Accepts};
use crate::malformed::Malformed;
use crate::secret::CONFIDENTIAL_VARIABLE;

/// Time limit for a command to print a token.
const COMMAND_TIME: Duration = Duration::from_mins(1);

/// A source of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenSource {
    /// A KMS key of the home account signs the token.
    Kms(KmsToken),
    /// The content of a file, which is read for each session.
    File(Utf8PathBuf),
    /// The output of a command, which runs for each session.
    Command(Vec<String>),
}

/// A token that a KMS key signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KmsToken {
    /// The key: an ID, ARN or alias. Only the permission `kms:Sign` is needed.
    pub key: String,
    /// The algorithm, which must match the kind of the key.
    pub algorithm: Algorithm,
    /// The issuer.
    pub issuer: IssuerUrl,
    /// The audience: a client ID of the identity provider in the target account.
    pub audience: String,
    /// The subject, which the role's trust policy names.
    pub subject: String,
}

impl fmt::Display for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kms(token) => write!(f, "KMS key `{}`", token.key),
            Self::File(path) => write!(f, "`{path}`"),
            // The arguments may contain a secret.
            Self::Command(command) => {
                write!(
                    f,
                    "command `{}`",
                    command.first().map_or("", String::as_str)
                )
            }
        }
    }
}

/// The kind of a source and its argument, as users write them: `kms:KEY`, `file:PATH`, `command:…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceSpelling {
    /// `kms:KEY`, or `kms:ES256:KEY` for a key of that algorithm.
    Kms {
        /// The key: an ID, ARN or alias.
        key: String,
        /// The algorithm; RS256 if the text names none.
        algorithm: Algorithm,
    },
    /// `file:PATH`.
    File(Utf8PathBuf),
    /// `command:PROGRAM ARGUMENT…`, split at blanks, without a shell.
    Command(Vec<String>),
}

const NO_SOURCE: Malformed = Malformed::unseen(
    "a token comes from `kms:KEY`, `kms:ES256:KEY`, `file:PATH` or `command:PROGRAM ARGUMENT…`",
);

impl FromStr for SourceSpelling {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (kind, rest) = text.split_once(':').ok_or(NO_SOURCE)?;
        let rest = rest.trim();
        if rest.is_empty() {
            return Err(NO_SOURCE);
        }
        match kind {
            "kms" => {
                let (algorithm, key) = match rest.split_once(':') {
                    Some(("ES256", key)) => (Algorithm::Es256, key),
                    Some(("RS256", key)) => (Algorithm::Rs256, key),
                    _ => (Algorithm::default(), rest),
                };
                let key = key.to_owned();
                (!key.is_empty())
                    .then_some(Self::Kms { key, algorithm })
                    .ok_or(NO_SOURCE)
            }
            "file" => Ok(Self::File(rest.into())),
            "command" => {
                let words = rest.split_whitespace().map(str::to_owned);
                Ok(Self::Command(words.collect()))
            }
            _ => Err(NO_SOURCE),
        }
    }
}

/// An error in getting a token. It never shows a token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// KMS did not sign the token.
    #[error("cannot sign a web identity token with KMS key `{key}`")]
    Kms {
        /// The key.
        key: String,
        /// The cause.
        source: CallError,
    },
    /// The file cannot be read.
    #[error("cannot read a web identity token")]
    File(#[source] std::io::Error),
    /// The command cannot be started or exceeds its time limit.
    #[error("cannot run `{program}` for a web identity token")]
    Command {
        /// The program.
        program: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The command failed.
    #[error("`{program}` did not print a web identity token ({status}): {said}")]
    Failed {
        /// The program.
        program: String,
        /// The exit status of the command.
        status: std::process::ExitStatus,
        /// The last line of its standard error.
        said: String,
    },
    /// The output is not a token.
    #[error(
        "{source_name} gives no web identity token: a token has three parts, separated by periods"
    )]
    Form {
        /// The source.
        source_name: String,
    },
}

impl TokenSource {
    /// Returns the source in the form that [`SourceSpelling`] parses.
    pub fn spelling(&self) -> String {
        match self {
            Self::Kms(token) => match token.algorithm {
                Algorithm::Rs256 => format!("kms:{}", token.key),
                Algorithm::Es256 => format!("kms:{}:{}", Algorithm::Es256, token.key),
            },
            Self::File(path) => format!("file:{path}"),
            Self::Command(words) => format!("command:{}", words.join(" ")),
        }
    }

    /// Gets a token.
    ///
    /// * `kms`: a client of the home identity, needed only by [`Kms`](Self::Kms).
    /// * `issued_s`: the current time, in seconds since 1970.
    /// * `id`: a number used once.
    ///
    /// # Errors
    ///
    /// [`TokenError`].
    #[expect(
        clippy::missing_panics_doc,
        reason = "callers pass the client for such a source"
    )]
    pub async fn token(
        &self,
        kms: Option<&aws_sdk_kms::Client>,
        issued_s: i64,
        id: &str,
    ) -> Result<SecretString, TokenError> {
        let text = match self {
            Self::Kms(token) => {
                let kms = kms.expect("a token that KMS signs comes with a client");
                return token.sign(kms, issued_s, id).await;
            }
            Self::File(path) => file::read_plain(path, Accepts::Pipes).map_err(TokenError::File)?,
            Self::Command(command) => run(command).await?,
        };
        let token = text.trim();
        let is_token = token.split('.').count() == 3 && !token.contains(char::is_whitespace);
        if !is_token {
            let source_name = self.to_string();
            return Err(TokenError::Form { source_name });
        }
        Ok(token.into())
    }
}

impl KmsToken {
    async fn sign(
        &self,
        kms: &aws_sdk_kms::Client,
        issued_s: i64,
        id: &str,
    ) -> Result<SecretString, TokenError> {
        let claims = Claims {
            issuer: &self.issuer,
            audience: &self.audience,
            subject: &self.subject,
            issued_s,
            id,
        };
        // KMS returns the key ID only with the signature. For an alias, the token is signed twice,
        // so that the permission to sign is enough.
        let mut key_id = key_id_of(&self.key).to_owned();
        loop {
            let input = signing_input(&claims, &key_id, self.algorithm);
            let signed = kms
                .sign()
                .key_id(&self.key)
                .message(Blob::new(input.as_bytes()))
                .message_type(MessageType::Raw)
                .signing_algorithm(match self.algorithm {
                    Algorithm::Rs256 => SigningAlgorithmSpec::RsassaPkcs1V15Sha256,
                    Algorithm::Es256 => SigningAlgorithmSpec::EcdsaSha256,
                })
                .send()
                .await
                .call("kms", "Sign");
            let fail = |source| TokenError::Kms {
                key: self.key.clone(),
                source,
            };
            let signed = signed.map_err(fail)?;
            let (Some(arn), Some(signature)) = (signed.key_id, signed.signature) else {
                return Err(fail(CallError::without_answer("kms", "Sign")));
            };
            if key_id_of(&arn) == key_id {
                let signature = match self.algorithm {
                    Algorithm::Rs256 => Some(signature.into_inner()),
                    Algorithm::Es256 => in_full_width(signature.as_ref()),
                };
                let Some(signature) = signature else {
                    return Err(fail(CallError::without_answer("kms", "Sign")));
                };
                return Ok(format!("{input}.{}", encoded(signature)).into());
            }
            key_id_of(&arn).clone_into(&mut key_id);
        }
    }
}

/// Returns the key ID in an ARN or ID of a KMS key; an alias is returned unchanged.
pub(crate) fn key_id_of(key: &str) -> &str {
    key.rsplit_once(":key/").map_or(key, |(_, id)| id)
}

/// Runs a command without a shell and returns its standard output.
async fn run(command: &[String]) -> Result<String, TokenError> {
    let program = command.first().cloned().unwrap_or_default();
    let child = tokio::process::Command::new(&program)
        .args(command.iter().skip(1))
        // The command must not see the values of stack parameters.
        .env_remove(CONFIDENTIAL_VARIABLE)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let fail = |source| TokenError::Command {
        program: program.clone(),
        source,
    };
    let ended = tokio::time::timeout(COMMAND_TIME, child).await;
    let output = ended
        .map_err(|_| fail(std::io::ErrorKind::TimedOut.into()))?
        .map_err(fail)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said
            .trim()
            .lines()
            .last()
            .unwrap_or("no message")
            .to_owned();
        return Err(TokenError::Failed {
            program,
            status: output.status,
            said: last,
        });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
