//! Host names end in the suffix of the partition.

use super::model::{Does, Hits, Look, Rule, To};
use super::shared::cases::Case;
use super::shared::host::Host;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN301",
        title: "host name of another partition",
    },
    name: "host",
    severity: Severity::Warning,
    why: "the host names of AWS services end in the DNS suffix of the partition",
    help: "write `${AWS::URLSuffix}` in `Fn::Sub`",
    sources: &["botocore-partitions"],
    does: Does::FIXED.or_reported(),
    looks: &[Look::Host(look)],
    ..Rule::BASE
};

fn look(_: &Scene<'_, '_>, host: &Host<'_>, case: &Case<'_>, hits: &mut Hits<'_>) {
    if *case == Case::Suffix {
        hits.replace(host.suffix.clone(), To::Suffix);
    }
}
