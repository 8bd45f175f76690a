//! The faults of a set-up.

use std::time::Duration;

use camino::Utf8PathBuf;
use cn_template::Region;

use crate::call::CallError;
use crate::manifest::RecordError;
use crate::package::ReadError;
use crate::parameter::ParameterName;
use crate::s3::{Bucket, BucketNamesError};
use crate::session::{SessionError, StoredKeyError};
use crate::stack::StackName;
use crate::stack::status::StackStatus;
use crate::web_identity::{Problem, PublicKeyError, TokenError, VerifyIssuerError};

/// A defect of a set-up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Region, identities or parameters.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// STS does not answer the home identity.
    #[error("cannot determine the home identity")]
    Home(#[source] CallError),
    /// The home identity lies in another partition than its region.
    #[error("the home identity `{arn}` does not belong to the partition of `{region}`")]
    HomePartition {
        /// The identity.
        arn: String,
        /// The home region.
        region: Region,
    },
    /// A parameter with half of the key or more is not encrypted.
    #[error(
        "the SSM parameter `{0}` holds a secret, but its type is String instead of SecureString"
    )]
    Plain(ParameterName),
    /// The access key is old.
    #[error(
        "the access key was stored {} days ago; the limit is {} days",
        days(age),
        days(limit)
    )]
    Age {
        /// Since when it is stored.
        age: Duration,
        /// The age it should not pass.
        limit: Duration,
    },
    /// The issuer's key cannot be read; its files are compared without it.
    #[error("cannot read the public key of the KMS key `{key}`")]
    SigningKey {
        /// The KMS key.
        key: String,
        /// Why.
        source: PublicKeyError,
    },
    /// The issuer's files cannot be fetched.
    #[error(transparent)]
    Issuer(#[from] VerifyIssuerError),
    /// The issuer's files are wrong.
    #[error("{0}")]
    Problem(Problem),
    /// No token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The clock of this machine is wrong.
    #[error("the clocks of this machine and of the target region differ by {seconds} s")]
    Clock {
        /// By how much, in seconds.
        seconds: u64,
    },
    /// A measurement that got no answer.
    #[error("cannot measure the connection to `{region}`")]
    Link {
        /// The target region.
        region: Region,
        /// Why.
        source: CallError,
    },
    /// No setting names a bucket.
    #[error("no artifact bucket is set")]
    NoBucket,
    /// The parameter with the bucket's name.
    #[error(transparent)]
    BucketName(#[from] BucketNamesError),
    /// The bucket cannot be looked at.
    #[error("cannot use the bucket `{bucket}`")]
    Bucket {
        /// The bucket.
        bucket: Bucket,
        /// Why.
        source: CallError,
    },
    /// The bucket lies in another region.
    #[error("the bucket `{bucket}` is in `{actual}`, but the target region is `{expected}`")]
    BucketRegion {
        /// The bucket.
        bucket: Bucket,
        /// Its region.
        actual: String,
        /// The target region.
        expected: Region,
    },
    /// New objects are not encrypted by default.
    #[error("the bucket `{0}` has no default encryption")]
    Unencrypted(Bucket),
    /// Public access is possible.
    #[error("the bucket `{0}` does not block public access")]
    Public(Bucket),
    /// Objects cannot be listed: what is there already is sent again.
    #[error(
        "cannot list the objects of `{bucket}`, so artifacts that it already has would be uploaded \
         again"
    )]
    List {
        /// The bucket.
        bucket: Bucket,
        /// Why.
        source: CallError,
    },
    /// An object cannot be written or read.
    #[error("cannot write and read an object under `{bucket}/{prefix}`")]
    Write {
        /// The bucket.
        bucket: Bucket,
        /// The prefix in it.
        prefix: String,
        /// Why.
        source: CallError,
    },
    /// The probe object stays.
    #[error("cannot delete the probe object `{bucket}/{key}`; it stays in the bucket")]
    Probe {
        /// The bucket.
        bucket: Bucket,
        /// The object.
        key: String,
        /// Why.
        source: CallError,
    },
    /// The stack cannot be looked at.
    #[error("cannot read stack `{stack}`")]
    Stack {
        /// The stack.
        stack: StackName,
        /// Why.
        source: CallError,
    },
    /// The stack is in a state that a deployment stops at.
    #[error("stack `{stack}` is in {status}: {}", meaning(status))]
    State {
        /// The stack.
        stack: StackName,
        /// Its status.
        status: StackStatus,
    },
    /// Operations that no policy allows.
    #[error("the identity lacks permission for {}", actions.join(", "))]
    Denied {
        /// The operations, as IAM names them.
        actions: Vec<String>,
    },
    /// An operation was refused.
    #[error("the identity lacks permission for all that a deployment needs")]
    Refused(#[source] CallError),
    /// The template's manifest cannot be used.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The template is not packaged yet.
    #[error("`{source_template}` is not packaged yet: there is no `{path}`")]
    NotPackaged {
        /// The packaged template, which is not there.
        path: Utf8PathBuf,
        /// The template that it is made from.
        source_template: Utf8PathBuf,
    },
    /// The template to deploy names local files.
    #[error("`{path}` names local files: it was never packaged")]
    NeverPackaged {
        /// The template.
        path: Utf8PathBuf,
    },
    /// The template to package cannot be read.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// The template to package has errors.
    #[error("the template `{path}` has errors: `cn-package` would refuse it")]
    Source {
        /// The template.
        path: Utf8PathBuf,
    },
    /// The template was packaged for another region.
    #[error("`{path}` was packaged for `{actual}`, but the target region is `{expected}`")]
    OtherRegion {
        /// The template.
        path: Utf8PathBuf,
        /// The region of its manifest.
        actual: String,
        /// The target region.
        expected: Region,
    },
}

impl From<StoredKeyError> for Fault {
    fn from(error: StoredKeyError) -> Self {
        Self::Session(error.into())
    }
}

impl Fault {
    /// Returns whether a deployment works nevertheless.
    pub const fn is_warning(&self) -> bool {
        match self {
            Self::Plain(_)
            | Self::Age { .. }
            | Self::SigningKey { .. }
            | Self::Clock { .. }
            | Self::Link { .. }
            | Self::Unencrypted(_)
            | Self::Public(_)
            | Self::List { .. }
            | Self::NotPackaged { .. }
            | Self::Probe { .. } => true,
            Self::Problem(problem) => matches!(problem, Problem::Cache { .. }),
            _ => false,
        }
    }
}

fn days(time: &Duration) -> u64 {
    time.as_secs() / 86_400
}

fn meaning(status: &StackStatus) -> &'static str {
    status.row().map_or("an unknown status", |row| row.meaning)
}
