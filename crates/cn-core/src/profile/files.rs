//! The two shared files, and the facts about a profile in them.

use std::fmt;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::ini::{self, FileKind};
use super::name::ProfileName;
use crate::file::{self, Accepts};

/// The paths of the two shared files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileFiles {
    /// The path from `AWS_SHARED_CREDENTIALS_FILE`, or else `~/.aws/credentials`.
    pub credentials: Utf8PathBuf,
    /// The path from `AWS_CONFIG_FILE`, or else `~/.aws/config`.
    pub config: Utf8PathBuf,
}

impl ProfileFiles {
    /// Reads both files. A file that does not exist counts as empty.
    ///
    /// # Errors
    ///
    /// [`ProfileFileError`] if a file exists and cannot be read.
    pub fn read(&self) -> Result<ProfileTexts, ProfileFileError> {
        Ok(ProfileTexts {
            files: self.clone(),
            credentials: read_text(&self.credentials)?,
            config: read_text(&self.config)?,
        })
    }
}

fn read_text(path: &Utf8Path) -> Result<String, ProfileFileError> {
    match file::read_plain(path, Accepts::Files) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(ProfileFileError::Read {
            path: path.to_owned(),
            source: error,
        }),
    }
}

/// An error in using a shared file.
#[derive(Debug, thiserror::Error)]
pub enum ProfileFileError {
    /// The file exists and cannot be read.
    #[error("cannot read the AWS file `{path}`")]
    Read {
        /// The file.
        path: Utf8PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The text is broken.
    #[error("cannot use the AWS file `{path}`")]
    Broken {
        /// The file.
        path: Utf8PathBuf,
        /// The line and the reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The texts of the two shared files.
///
/// `Debug` shows only the paths: the credentials text contains secrets.
#[derive(Clone)]
pub struct ProfileTexts {
    /// The files that the texts were read from.
    pub files: ProfileFiles,
    /// The credentials file; empty if it does not exist.
    pub credentials: String,
    /// The config file; empty if it does not exist.
    pub config: String,
}

impl fmt::Debug for ProfileTexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProfileTexts")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

impl ProfileTexts {
    /// Returns the facts about a profile. `None` if neither file has a section for it.
    ///
    /// # Errors
    ///
    /// [`ProfileFileError::Broken`] if a text is broken or contains the profile twice.
    pub(crate) fn profile(
        &self,
        name: &ProfileName,
    ) -> Result<Option<ProfileFacts>, ProfileFileError> {
        let in_config = self.keys(FileKind::Config, name)?;
        let in_credentials = self.keys(FileKind::Credentials, name)?;
        if in_config.is_none() && in_credentials.is_none() {
            return Ok(None);
        }
        // The credentials file takes precedence over the config file.
        let keys: Vec<(String, String)> = in_credentials
            .into_iter()
            .chain(in_config)
            .flatten()
            .collect();
        let value = |name: &str| {
            keys.iter()
                .find(|(key, value)| key == name && !value.is_empty())
                .map(|(_, value)| value.clone())
        };
        Ok(Some(ProfileFacts {
            region: value("region"),
            access_key_id: value("aws_access_key_id"),
            has_credentials: CREDENTIAL_KEYS.iter().any(|key| value(key).is_some()),
            has_process: value("credential_process").is_some(),
            source_profile: value("source_profile"),
            credential_source: value("credential_source"),
        }))
    }

    /// Returns the `credential_source` of a profile or of its sources.
    ///
    /// A profile with one uses the build's own credentials.
    ///
    /// # Errors
    ///
    /// [`ProfileFileError::Broken`], as [`profile`](Self::profile).
    pub(crate) fn credential_source(
        &self,
        name: &ProfileName,
    ) -> Result<Option<String>, ProfileFileError> {
        for signer in self.signers(name)? {
            let facts = self.profile(&signer)?;
            if let Some(source) = facts.and_then(|facts| facts.credential_source) {
                return Ok(Some(source));
            }
        }
        Ok(None)
    }

    /// Returns the profiles whose credentials sign for a profile.
    ///
    /// These are the profile itself, its `source_profile`, the `source_profile` of that profile,
    /// and so on.
    ///
    /// # Errors
    ///
    /// [`ProfileFileError::Broken`], as [`profile`](Self::profile).
    pub(crate) fn signers(&self, name: &ProfileName) -> Result<Vec<ProfileName>, ProfileFileError> {
        let mut seen = vec![name.clone()];
        while let Some(facts) = self.profile(&seen[seen.len() - 1])? {
            let source = facts.source_profile.and_then(|name| name.parse().ok());
            match source {
                Some(source) if !seen.contains(&source) => seen.push(source),
                _ => break,
            }
        }
        Ok(seen)
    }

    /// Returns the first source of a profile whose credentials come from a command.
    ///
    /// The profile itself does not count.
    ///
    /// # Errors
    ///
    /// [`ProfileFileError::Broken`], as [`profile`](Self::profile).
    pub(crate) fn base_process(
        &self,
        name: &ProfileName,
    ) -> Result<Option<ProfileName>, ProfileFileError> {
        for signer in self.signers(name)?.into_iter().skip(1) {
            let facts = self.profile(&signer)?;
            if facts.is_some_and(|facts| facts.has_process) {
                return Ok(Some(signer));
            }
        }
        Ok(None)
    }

    pub(super) fn keys(
        &self,
        kind: FileKind,
        name: &ProfileName,
    ) -> Result<Option<Vec<(String, String)>>, ProfileFileError> {
        let keys = ini::read(self.text(kind), kind, name);
        keys.map_err(|error| ProfileFileError::Broken {
            path: self.path(kind).to_owned(),
            source: error.into(),
        })
    }

    pub(super) fn path(&self, kind: FileKind) -> &Utf8Path {
        match kind {
            FileKind::Credentials => &self.files.credentials,
            FileKind::Config => &self.files.config,
        }
    }

    pub(super) fn text(&self, kind: FileKind) -> &str {
        match kind {
            FileKind::Credentials => &self.credentials,
            FileKind::Config => &self.config,
        }
    }
}

/// Keys of a profile that the SDK can get credentials from.
///
/// # Source
///
/// AWS SDKs and tools reference guide, "Settings reference".
const CREDENTIAL_KEYS: &[&str] = &[
    "aws_access_key_id",
    "credential_process",
    "credential_source",
    "login_session",
    "role_arn",
    "source_profile",
    "sso_account_id",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
];

/// The facts about one profile from both files, without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProfileFacts {
    /// The `region`.
    pub region: Option<String>,
    /// The access key ID of the static key; not a secret.
    pub access_key_id: Option<String>,
    /// True if the profile has a source of credentials of any kind.
    pub has_credentials: bool,
    /// True if a command prints the credentials.
    pub has_process: bool,
    /// The profile whose credentials assume the role.
    pub source_profile: Option<String>,
    /// The part of the machine whose credentials assume the role, such as `EcsContainer`.
    pub credential_source: Option<String>,
}
