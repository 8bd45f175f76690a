//! The SDK fails with `S3 Accelerate cannot be used in this region`.

use super::model::{Absent, Hits, Look, Rule};
use super::shared::cases::Case;
use super::shared::host::Host;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN315",
        title: "S3 Transfer Acceleration is not available in China",
    },
    name: "accelerate",
    severity: Severity::Error,
    why: "the AWS SDK fails with `S3 Accelerate cannot be used in this region`",
    help: "remove it in China with `!If [IsChina, !Ref AWS::NoValue, ...]`",
    sources: &["botocore-endpoints"],
    looks: &[
        Look::Host(look),
        Look::Absent(&[Absent::property(
            "AWS::S3::Bucket",
            &["AccelerateConfiguration"],
        )]),
    ],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, host: &Host<'_>, case: &Case<'_>, hits: &mut Hits<'_>) {
    if *case == Case::Accelerate && scene.aim.region().is_some() {
        hits.report_as(
            Severity::Error,
            host.range.clone(),
            "S3 Transfer Acceleration is not available in China",
            "use the regional host name of the bucket in China",
        );
    }
}
