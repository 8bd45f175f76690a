//! Failures of `cn-package`.

use std::io::ErrorKind;

use cn_core::package::{ApplyError, ArchiveError, BucketError, ReadError, RegionsError};
use cn_core::s3::BucketNamesError;

use super::{Failure, hints_of_call, kind_of_call, of_file};
use crate::exit::FailureKind;

impl From<RegionsError> for Failure {
    fn from(error: RegionsError) -> Self {
        let (kind, hint) = match error {
            RegionsError::Session(error) => return error.into(),
            RegionsError::Buckets(error) => return error.into(),
            RegionsError::Output(error) => return error.into(),
            RegionsError::Read(error) => return error.into(),
            RegionsError::Apply(error) => return (*error).into(),
            RegionsError::OneStream => (
                FailureKind::Usage,
                "pass `--output-template-file`: each region gets its own file",
            ),
            RegionsError::NoBucket => (
                FailureKind::Input,
                "pass `--s3-bucket`, or the SSM parameter that holds its name with `--s3-bucket-ssm` \
                 or `S3_BUCKET_SSM`",
            ),
            RegionsError::BucketUnread => (
                FailureKind::Input,
                "pass `--s3-bucket`, or leave out `--offline`",
            ),
            RegionsError::Count { .. } => (
                FailureKind::Input,
                "pass one bucket for each `--region`, in the same order: code must be in the \
                 region of the stack",
            ),
            _ => return Self::new(FailureKind::Failed, error),
        };
        Self::new(kind, error).hint(hint)
    }
}

impl From<BucketNamesError> for Failure {
    fn from(error: BucketNamesError) -> Self {
        match error {
            BucketNamesError::Session(error) => error.into(),
            BucketNamesError::Name { .. } => Self::new(FailureKind::Input, error)
                .hint("store only the name of the bucket in the parameter"),
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        if let ReadError::Output(error) = error {
            return error.into();
        }
        let hint = match &error {
            ReadError::NoTemplate { .. } => {
                "pass `--template-file`, or put `template_file` into `cn.toml`"
            }
            ReadError::Template { source, .. } => match source.kind() {
                ErrorKind::NotFound => {
                    "pass the template with `--template-file`; paths are relative to the working folder"
                }
                ErrorKind::InvalidData => "save the template as UTF-8",
                _ => "make the template a readable file",
            },
            _ => return Self::new(FailureKind::Input, error),
        };
        Self::new(FailureKind::Input, error).hint(hint)
    }
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Self {
        let (kind, hints) = match &error {
            ApplyError::Bucket { bucket, kind } => bucket_failure(bucket.as_str(), kind),
            ApplyError::Object { error, .. } => (kind_of_call(error), hints_of_call(error)),
            ApplyError::Archive {
                error: ArchiveError::Temporary { source, .. },
                ..
            } => (
                of_file(source).0,
                vec!["set `TMPDIR` to a folder that can be written and has room".to_owned()],
            ),
            _ => (
                FailureKind::Input,
                vec!["run again, and do not change the files while they are packaged".to_owned()],
            ),
        };
        Self::with_hints(kind, error, hints)
    }
}

fn bucket_failure(bucket: &str, error: &BucketError) -> (FailureKind, Vec<String>) {
    match error {
        BucketError::Missing { region } => (
            FailureKind::Failed,
            vec![format!(
                "create it with `aws s3 mb s3://{bucket} --region {region}`, or pass another with \
                 `--s3-bucket`; buckets of other partitions cannot be used"
            )],
        ),
        BucketError::OtherRegion { expected, .. } => (
            FailureKind::Failed,
            vec![format!(
                "pass a bucket in `{expected}`: a stack can use code only from its own region"
            )],
        ),
        BucketError::Call(error) => (kind_of_call(error), hints_of_call(error)),
        _ => (FailureKind::Failed, Vec::new()),
    }
}
