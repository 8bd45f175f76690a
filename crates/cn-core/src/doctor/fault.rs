//! The faults of a setup.

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
use crate::stack::StackStatus;
use crate::web_identity::{Problem, PublicKeyError, TokenError, VerifyIssuerError};

/// A fault of a setup.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Region, identities or parameters cannot be used.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// STS does not identify the home identity.
    #[error("cannot determine the home identity")]
    Home(#[source] CallError),
    /// The home identity belongs to another partition than its region.
    #[error("the home identity `{arn}` does not belong to the partition of `{region}`")]
    HomePartition {
        /// The identity.
        arn: String,
        /// The home region.
        region: Region,
    },
    /// A parameter that contains the secret key, or both halves, is not encrypted.
    #[error(
        "the SSM parameter `{0}` holds a secret, but its type is String instead of SecureString"
    )]
    Plain(ParameterName),
    /// The access key is older than the limit.
    #[error(
        "the access key was stored {} days ago; the limit is {} days",
        days(age),
        days(limit)
    )]
    Age {
        /// Time since the key was stored.
        age: Duration,
        /// The age limit.
        limit: Duration,
    },
    /// The issuer's public key cannot be read; the issuer's files are checked without it.
    #[error("cannot read the public key of the KMS key `{key}`")]
    SigningKey {
        /// The KMS key.
        key: String,
        /// The reason.
        source: PublicKeyError,
    },
    /// The issuer's files cannot be fetched.
    #[error(transparent)]
    Issuer(#[from] VerifyIssuerError),
    /// The issuer's files are invalid.
    #[error("{0}")]
    Problem(Problem),
    /// There is no token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The clock of this machine is wrong.
    #[error("the clocks of this machine and of the target region differ by {seconds} s")]
    Clock {
        /// The difference, in seconds.
        seconds: u64,
    },
    /// The measurement got no answer.
    #[error("cannot measure the connection to `{region}`")]
    Link {
        /// The target region.
        region: Region,
        /// The reason.
        source: CallError,
    },
    /// No setting contains a bucket.
    #[error("no artifact bucket is set")]
    NoBucket,
    /// The parameter that contains the bucket's name cannot be used.
    #[error(transparent)]
    BucketName(#[from] BucketNamesError),
    /// The bucket cannot be read.
    #[error("cannot use the bucket `{bucket}`")]
    Bucket {
        /// The bucket.
        bucket: Bucket,
        /// The reason.
        source: CallError,
    },
    /// The bucket is in another region.
    #[error("the bucket `{bucket}` is in `{actual}`, but the target region is `{expected}`")]
    BucketRegion {
        /// The bucket.
        bucket: Bucket,
        /// The bucket's region.
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
    /// Objects cannot be listed, so that existing objects are uploaded again.
    #[error(
        "cannot list the objects of `{bucket}`, so artifacts that it already has would be uploaded \
         again"
    )]
    List {
        /// The bucket.
        bucket: Bucket,
        /// The reason.
        source: CallError,
    },
    /// An object cannot be written or read.
    #[error("cannot write and read an object under `{bucket}/{prefix}`")]
    Write {
        /// The bucket.
        bucket: Bucket,
        /// The prefix in the bucket.
        prefix: String,
        /// The reason.
        source: CallError,
    },
    /// The probe object cannot be deleted.
    #[error("cannot delete the probe object `{bucket}/{key}`; it stays in the bucket")]
    Probe {
        /// The bucket.
        bucket: Bucket,
        /// The object.
        key: String,
        /// The reason.
        source: CallError,
    },
    /// The stack cannot be read.
    #[error("cannot read stack `{stack}`")]
    Stack {
        /// The stack.
        stack: StackName,
        /// The reason.
        source: CallError,
    },
    /// The stack is in a state that stops a deployment.
    #[error("stack `{stack}` is in {status}: {}", meaning(status))]
    State {
        /// The stack.
        stack: StackName,
        /// The stack's status.
        status: StackStatus,
    },
    /// No policy allows these operations.
    #[error("the identity lacks permission for {}", actions.join(", "))]
    Denied {
        /// The operations, with their IAM names.
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
        /// The packaged template, which does not exist.
        path: Utf8PathBuf,
        /// The source of the packaged template.
        source_template: Utf8PathBuf,
    },
    /// The template to deploy contains local paths.
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
        /// The region in the template's manifest.
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
    /// Returns true if a deployment works despite the fault.
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
    status.meaning().unwrap_or("an unknown status")
}
