//! Each partition has its own buckets.
//!
//! A bucket of the same name in another partition is missing or belongs to somebody else.

use super::model::{Hits, Look, Rule};
use super::shared::cases::Case;
use super::shared::host::Host;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN304",
        title: "bucket of another partition",
    },
    name: "foreign-bucket",
    severity: Severity::Warning,
    why: "each partition has its own buckets: in China, a bucket of this name does not exist or belongs to somebody else",
    help: "copy its objects to a bucket in China, and make the name of the bucket a parameter",
    sources: &["cn-general"],
    looks: &[Look::Host(look)],
    ..Rule::BASE
};

fn look(_: &Scene<'_, '_>, host: &Host<'_>, case: &Case<'_>, hits: &mut Hits<'_>) {
    if let Case::Bucket(bucket) = case {
        hits.report(
            host.range.clone(),
            format!("bucket `{bucket}` is not known to exist in China"),
        );
    }
}
