//! Lambda function URLs do not exist in China.

use super::model::{Hits, Look, Rule};
use super::shared::host;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN314",
        title: "host name of a Lambda function URL",
    },
    name: "function-host",
    severity: Severity::Warning,
    why: "Lambda function URLs are not available in China",
    help: "put API Gateway or a load balancer in front of the function",
    sources: &["cn-lambda"],
    looks: &[Look::Words(&[HOST], look)],
    ..Rule::BASE
};

const HOST: &str = ".on.aws";

fn look(scene: &Scene<'_, '_>, hits: &mut Hits<'_>) {
    for range in host::ending_in(scene, HOST) {
        hits.report(range, "Lambda function URLs are not available in China");
    }
}
