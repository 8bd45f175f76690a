//! Prefix lists and endpoints exist in one region only.

use super::model::{Hits, Look, Rule};
use crate::diag::{Code, Severity};
use crate::look::place::{Section, Treatment};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN321",
        title: "ID of a resource in one region",
    },
    name: "identifier",
    severity: Severity::Warning,
    why: "a prefix list or a VPC endpoint exists in one region only",
    help: "make it a parameter",
    sources: &["ec2-endpoints"],
    looks: &[Look::Words(&["pl-", "vpce-"], look)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, hits: &mut Hits<'_>) {
    if !scene.aim.is_china()
        || scene.treatment != Treatment::Value
        || scene.place.section != Section::Resource
    {
        return;
    }
    let is_id = |rest: &str| rest.len() >= 8 && rest.bytes().all(|byte| byte.is_ascii_hexdigit());
    for (prefix, help) in [
        (
            "pl-",
            "look up the prefix list by name in each region, or make its ID a parameter",
        ),
        (
            "vpce-",
            "make the ID of the endpoint a parameter, or create the endpoint in this template",
        ),
    ] {
        if scene.text.strip_prefix(prefix).is_some_and(is_id) {
            hits.report_as(
                Severity::Warning,
                0..scene.text.len(),
                format!("`{}` exists in one region only", scene.text),
                help,
            );
        }
    }
}
