//! Writes a profile: plans the changes to the two files, and makes them.

use std::fmt;
use std::io;

use aws_credential_types::Credentials;
use camino::{Utf8Path, Utf8PathBuf};
use cn_template::{Region, edit};
use secrecy::{ExposeSecret, SecretString};

use super::files::{ProfileFileError, ProfileFiles, ProfileTexts};
use super::ini::{self, Change, FileKind};
use super::name::ProfileName;
use crate::access_key::AccessKey;
use crate::file::{
    Lock, LockError, OutputError, Readers, WriteError, check_outputs, check_secret, is_same_path,
    write_atomic,
};

/// Keys that the SDKs would take credentials from before or instead of an access key.
///
/// # Source
///
/// AWS SDKs and tools reference guide, "Standardized credential providers";
/// the order within a profile is the Rust SDK's.
const RIVALS: &[&str] = &[
    "credential_process",
    "credential_source",
    "login_session",
    "role_arn",
    "sso_account_id",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
];

/// The option of `cn-profile` that serves credentials.
///
/// It identifies a `credential_process` that `cn` wrote.
pub(crate) const SERVE: &str = "--credential-process";

/// The desired state of a profile.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WriteRequest {
    /// The name.
    pub profile: ProfileName,
    /// The region.
    pub region: Region,
    /// The source of the credentials.
    pub content: Content,
}

impl WriteRequest {
    /// Creates a request for a profile.
    pub const fn new(profile: ProfileName, region: Region, content: Content) -> Self {
        Self {
            profile,
            region,
            content,
        }
    }
}

/// The source of credentials for the profile that is written.
#[derive(Clone, Debug)]
pub enum Content {
    /// An access key in the credentials file.
    Key(AccessKey),
    /// A session in the credentials file, which expires.
    Session(Credentials),
    /// A command line that prints the credentials, so that no secret is on disk.
    Process(String),
}

/// The changes to one file.
#[derive(Clone)]
pub struct FileChange {
    /// The file.
    pub path: Utf8PathBuf,
    /// The kind of the file.
    kind: FileKind,
    /// Keys that are set to a value, in the order of writing.
    pub sets: Vec<&'static str>,
    /// The complete new text.
    text: SecretString,
}

impl fmt::Debug for FileChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileChange")
            .field("path", &self.path)
            .field("kind", &self.kind)
            .field("sets", &self.sets)
            .finish_non_exhaustive()
    }
}

/// An error in writing a profile. Either nothing was changed, or one of two files was.
#[derive(Debug, thiserror::Error)]
pub enum WriteProfileError {
    /// A file cannot be read or its text is broken.
    #[error(transparent)]
    File(#[from] ProfileFileError),
    /// The profile has a source of credentials that `cn` did not write and that the SDKs may
    /// prefer.
    #[error("profile `{profile}` in `{path}` has `{key}`, which is another source of credentials")]
    Rival {
        /// The profile.
        profile: ProfileName,
        /// The file.
        path: Utf8PathBuf,
        /// The key.
        key: &'static str,
    },
    /// The folder of a file cannot be created.
    #[error("cannot create the folder `{path}`")]
    Folder {
        /// The folder.
        path: Utf8PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The lock that keeps other writers away cannot be taken.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A file must not be written, or both are the same.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Computes the changes to the files.
///
/// The region and a command go to the config file; an access key or a session goes to the
/// credentials file. If the credentials file contains a region for the profile, it is updated too,
/// because it would take precedence. The rest of an earlier session (`aws_session_token`) is
/// removed, because a long-term key does not work with it. The other kind of content that `cn`
/// wrote earlier is removed too.
///
/// # Errors
///
/// [`WriteProfileError::File`] if a text is broken; [`WriteProfileError::Rival`] if the profile has
/// a source of credentials that `cn` did not write.
pub fn plan(
    texts: &ProfileTexts,
    request: &WriteRequest,
) -> Result<Vec<FileChange>, WriteProfileError> {
    refuse_rivals(texts, request)?;
    let mut in_config = vec![Change::Set("region", request.region.as_str())];
    let mut in_credentials = match &request.content {
        Content::Key(key) => {
            in_config.push(Change::Remove("credential_process"));
            vec![
                Change::Set("aws_access_key_id", key.id()),
                Change::Set("aws_secret_access_key", key.secret().expose_secret()),
                Change::Remove("aws_session_token"),
                Change::Remove("aws_security_token"),
            ]
        }
        Content::Session(session) => {
            in_config.push(Change::Remove("credential_process"));
            let token = session.session_token().unwrap_or_default();
            vec![
                Change::Set("aws_access_key_id", session.access_key_id()),
                Change::Set("aws_secret_access_key", session.secret_access_key()),
                Change::Set("aws_session_token", token),
                Change::Remove("aws_security_token"),
            ]
        }
        Content::Process(command) => {
            in_config.push(Change::Set("credential_process", command));
            vec![
                Change::Remove("aws_access_key_id"),
                Change::Remove("aws_secret_access_key"),
                Change::Remove("aws_session_token"),
                Change::Remove("aws_security_token"),
            ]
        }
    };
    // A region in the credentials file takes precedence over the one in the config file.
    let in_both = texts.keys(FileKind::Credentials, &request.profile)?;
    if in_both.is_some_and(|keys| keys.iter().any(|(key, _)| key == "region")) {
        in_credentials.push(Change::Set("region", request.region.as_str()));
    }
    let config = change(texts, FileKind::Config, request, &in_config)?;
    let credentials = change(texts, FileKind::Credentials, request, &in_credentials)?;
    Ok([config, credentials].into_iter().flatten().collect())
}

fn refuse_rivals(texts: &ProfileTexts, request: &WriteRequest) -> Result<(), WriteProfileError> {
    for kind in [FileKind::Config, FileKind::Credentials] {
        let keys = texts.keys(kind, &request.profile)?.unwrap_or_default();
        for (key, value) in keys {
            let Some(rival) = RIVALS.iter().find(|rival| **rival == key) else {
                continue;
            };
            let is_ours =
                kind == FileKind::Config && key == "credential_process" && value.contains(SERVE);
            if !is_ours {
                return Err(WriteProfileError::Rival {
                    profile: request.profile.clone(),
                    path: texts.path(kind).to_owned(),
                    key: rival,
                });
            }
        }
    }
    Ok(())
}

fn change(
    texts: &ProfileTexts,
    kind: FileKind,
    request: &WriteRequest,
    changes: &[Change<'_>],
) -> Result<Option<FileChange>, ProfileFileError> {
    let text = texts.text(kind);
    let edits = ini::edits(text, kind, &request.profile, changes);
    let edits = edits.map_err(|error| ProfileFileError::Broken {
        path: texts.path(kind).to_owned(),
        source: error.into(),
    })?;
    if edits.is_empty() {
        return Ok(None);
    }
    Ok(Some(FileChange {
        path: texts.path(kind).to_owned(),
        kind,
        sets: changes
            .iter()
            .filter_map(|change| match change {
                Change::Set(key, _) => Some(*key),
                Change::Remove(_) => None,
            })
            .collect(),
        text: edit::apply(text, &edits).into(),
    }))
}

/// Writes the profile, and returns the changes.
///
/// Each file is replaced in one step. A new file is readable by the owner only; a missing folder is
/// created, accessible to the owner only. A lock file next to each file keeps other runs away
/// during the write, and the changes are computed again under the lock. If nothing changes, nothing
/// is written and no lock is taken.
///
/// # Errors
///
/// [`WriteProfileError`].
pub fn apply(
    files: &ProfileFiles,
    request: &WriteRequest,
) -> Result<Vec<FileChange>, WriteProfileError> {
    let wanted = plan(&files.read()?, request)?;
    if wanted.is_empty() {
        return Ok(wanted);
    }
    for change in &wanted {
        create_folder(&change.path)?;
        if change.kind == FileKind::Credentials {
            check_secret(&change.path)?;
        }
    }
    let paths: Vec<_> = wanted.iter().map(|change| change.path.clone()).collect();
    if let [first, second] = &paths[..]
        && is_same_path(first, second)
    {
        // The file has a single lock, which cannot be taken twice.
        return Err(OutputError::Same {
            first: first.clone(),
            second: second.clone(),
        }
        .into());
    }
    let locks: Vec<Lock> = paths
        .iter()
        .map(|path| Lock::take(path))
        .collect::<Result<_, _>>()?;
    check_outputs(Utf8Path::new(""), &paths, &[])?;
    let planned = plan(&files.read()?, request)?;
    for change in &planned {
        let readers = match change.kind {
            // The config file contains no secret, so its permissions stay as they are.
            FileKind::Config if change.path.exists() => Readers::Anybody,
            _ => Readers::Owner,
        };
        write_atomic(
            &change.path,
            change.text.expose_secret().as_bytes(),
            readers,
        )?;
    }
    drop(locks);
    Ok(planned)
}

fn create_folder(file: &Utf8Path) -> Result<(), WriteProfileError> {
    let Some(folder) = file.parent().filter(|folder| !folder.as_str().is_empty()) else {
        return Ok(());
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|source| WriteProfileError::Folder {
            path: folder.to_owned(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "abc/+=#; x";

    fn request(content: Content) -> WriteRequest {
        WriteRequest {
            profile: ProfileName::china(),
            region: "cn-north-1".parse().unwrap(),
            content,
        }
    }

    fn key() -> Content {
        Content::Key(AccessKey::new(&"AK".into(), SECRET.into()).unwrap())
    }

    fn texts(credentials: &str, config: &str) -> ProfileTexts {
        ProfileTexts {
            files: ProfileFiles {
                credentials: "credentials".into(),
                config: "config".into(),
            },
            credentials: credentials.to_owned(),
            config: config.to_owned(),
        }
    }

    /// Returns the new texts of both files, without a file that does not change.
    fn planned(texts: &ProfileTexts, content: Content) -> String {
        let plan = plan(texts, &request(content)).unwrap();
        let shown = format!("{plan:?}");
        assert!(!shown.contains(SECRET), "{shown}");
        let texts = plan.iter().map(|change| {
            let text = change.text.expose_secret();
            format!("{}:\n{text}", change.path)
        });
        texts.collect::<Vec<_>>().concat()
    }

    #[test]
    fn the_secret_is_written_as_it_is() {
        assert_eq!(
            planned(&texts("", ""), key()),
            "config:\n[profile china]\nregion = cn-north-1\n\
             credentials:\n[china]\naws_access_key_id = AK\naws_secret_access_key = abc/+=#; x\n"
        );
    }

    #[test]
    fn only_the_file_that_changes_is_written() {
        let config = "[profile china]\nregion = cn-north-1\noutput = json\n";
        let credentials = "[china]\naws_access_key_id = OLD\naws_secret_access_key = abc/+=#; x\n";
        assert_eq!(
            planned(&texts(credentials, config), key()),
            "credentials:\n[china]\naws_access_key_id = AK\naws_secret_access_key = abc/+=#; x\n"
        );
        let credentials = credentials.replace("OLD", "AK");
        assert_eq!(planned(&texts(&credentials, config), key()), "");
    }

    #[test]
    fn a_command_takes_the_place_of_a_key_and_back() {
        let command = "cn-profile --credential-process --profile china";
        let process = "[profile china]\nregion = cn-north-1\n";
        let with_key = "[china]\naws_access_key_id = AK\naws_secret_access_key = abc/+=#; x\n";
        assert_eq!(
            planned(
                &texts(with_key, process),
                Content::Process(command.to_owned())
            ),
            format!("config:\n{process}credential_process = {command}\ncredentials:\n[china]\n")
        );
        let with_command = format!("{process}credential_process = {command}\n");
        assert_eq!(
            planned(&texts("[china]\n", &with_command), key()),
            format!("config:\n{process}credentials:\n{with_key}")
        );
    }

    #[test]
    fn a_session_takes_the_place_of_a_key_and_back() {
        let config = "[profile china]\nregion = cn-north-1\n";
        let with_key = "[china]\naws_access_key_id = AK\naws_secret_access_key = abc/+=#; x\n";
        let session = Credentials::new("ASIA", SECRET, Some("to/ken==".to_owned()), None, "test");
        let with_session = format!(
            "{}aws_session_token = to/ken==\n",
            with_key.replace("= AK", "= ASIA")
        );
        assert_eq!(
            planned(&texts(with_key, config), Content::Session(session)),
            format!("credentials:\n{with_session}")
        );
        assert_eq!(
            planned(&texts(&with_session, config), key()),
            format!("credentials:\n{with_key}")
        );
    }

    #[test]
    fn another_source_of_credentials_is_left_alone() {
        for line in [
            "credential_process = /opt/vault --china",
            "role_arn = arn:aws-cn:iam::123456789012:role/r",
            "sso_session = corp",
            "SSO_ACCOUNT_ID = 123456789012",
        ] {
            let texts = texts("", &format!("[profile china]\n{line}\n"));
            for content in [key(), Content::Process("cn-profile".to_owned())] {
                let refused = plan(&texts, &request(content));
                assert!(
                    matches!(refused, Err(WriteProfileError::Rival { .. })),
                    "{line}"
                );
            }
        }
    }

    #[test]
    fn a_region_in_the_credentials_file_is_set_there_as_well() {
        let config = "[profile china]\nregion = cn-north-1\n";
        let with = |region: &str| {
            format!(
                "[china]\nregion = {region}\naws_access_key_id = AK\n\
                 aws_secret_access_key = abc/+=#; x\n"
            )
        };
        let (old, new) = (with("cn-northwest-1"), with("cn-north-1"));
        assert_eq!(
            planned(&texts(&old, config), key()),
            format!("credentials:\n{new}")
        );
        assert_eq!(planned(&texts(&new, config), key()), "");
    }

    #[test]
    fn a_broken_file_is_left_alone() {
        let refused = plan(&texts("", "[profile china\n"), &request(key()));
        assert!(matches!(refused, Err(WriteProfileError::File(_))));
    }
}
