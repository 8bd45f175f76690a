//! The principals of `ec2` and `elasticmapreduce` work with the suffix in every report.
//!
//! IAM refuses the regional forms of `logs` and `codedeploy` without it.

use super::model::{Does, Hits, Look, Rule, To};
use super::shared::cases::Case;
use super::shared::host::Host;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN201",
        title: "service principal that needs the DNS suffix of the partition",
    },
    name: "principal",
    severity: Severity::Warning,
    why: "the principals of `ec2` and `elasticmapreduce` are reported to work with the suffix, and IAM rejects the regional principals of `logs` and `codedeploy` without it",
    help: "write `SERVICE.${AWS::URLSuffix}` in `Fn::Sub`",
    sources: &["cdk-principals", "serverless-12087"],
    does: Does::FIXED,
    looks: &[Look::Host(look)],
    ..Rule::BASE
};

fn look(_: &Scene<'_, '_>, host: &Host<'_>, case: &Case<'_>, hits: &mut Hits<'_>) {
    if *case == Case::PrincipalWithSuffix {
        hits.replace(host.suffix.clone(), To::Suffix);
    }
}
