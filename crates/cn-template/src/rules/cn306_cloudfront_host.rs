//! The domain of distributions in China is `cloudfront.cn`.
//!
//! It serves no content without an alternate domain name.

use super::model::{Hits, Look, Rule};
use super::shared::host;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN306",
        title: "default host name of a CloudFront distribution",
    },
    name: "cloudfront-host",
    severity: Severity::Warning,
    why: "the domain of distributions in China is `cloudfront.cn`, which serves no content without an alternate domain name",
    help: "use `!GetAtt Distribution.DomainName` behind an alternate domain name with ICP recordal: `cloudfront.cn` itself serves no content",
    sources: &["cn-cloudfront"],
    looks: &[Look::Words(&[HOST], look)],
    ..Rule::BASE
};

const HOST: &str = ".cloudfront.net";

fn look(scene: &Scene<'_, '_>, hits: &mut Hits<'_>) {
    for range in host::ending_in(scene, HOST) {
        hits.report(
            range,
            "a `cloudfront.net` host belongs to a distribution outside China",
        );
    }
}
