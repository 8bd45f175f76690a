//! Some interface endpoints are named `cn.com.amazonaws` in China.
//!
//! The wrong name fails with `The Vpc Endpoint Service does not exist`.

use super::model::{Does, Hits, Look, Rule, To};
use crate::china;
use crate::diag::{Code, Severity};
use crate::look::phrase::{REGION, is_mark};
use crate::look::scene::Scene;
use crate::partition::{Partition, Region};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN320",
        title: "name of a VPC endpoint service",
    },
    name: "endpoint",
    severity: Severity::Warning,
    why: "the names of some endpoint services begin with `cn.com.amazonaws` in China; with the wrong name, creation fails with `The Vpc Endpoint Service does not exist`",
    help: "look up the whole service name by `AWS::Partition` in a mapping",
    sources: &["cdk-endpoints"],
    does: Does::REWRITTEN.or_reported(),
    looks: &[Look::Words(&["com.amazonaws."], look)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, hits: &mut Hits<'_>) {
    let Some(region) = scene.aim.region() else {
        return;
    };
    if scene.place.resource_type != "AWS::EC2::VPCEndpoint" || scene.place.path != ["ServiceName"] {
        return;
    }
    let (is_marked_cn, rest) = match scene.text.strip_prefix("cn.") {
        Some(rest) => (true, rest),
        None => (false, scene.text),
    };
    let Some((label, name)) = rest
        .strip_prefix("com.amazonaws.")
        .and_then(|rest| rest.split_once('.'))
    else {
        return;
    };
    let is_reference = label.chars().eq([REGION]);
    if !is_reference && Partition::of_region(label).is_none() {
        return;
    }
    let start = scene.text.len() - rest.len();
    if !is_reference && label != region.as_str() && scene.property("ServiceRegion").is_none() {
        let at = start + "com.amazonaws.".len();
        hits.replace(at..at + label.len(), To::Region);
    }
    if name.contains(is_mark) {
        return hits.report(
            0..scene.text.len(),
            "the service name is not a literal, and some names begin with `cn.com.amazonaws` in China",
        );
    }
    let com = start..start + "com".len();
    match counterpart(scene, name, region) {
        Some(counterpart) if !is_marked_cn => {
            hits.replace(com, To::Text("cn.com".to_owned()));
            let name = name.strip_suffix(".cn").unwrap_or(name);
            if counterpart != name {
                let end = scene.text.len();
                hits.replace(end - name.len()..end, To::Text(counterpart.to_owned()));
            }
        }
        None if is_marked_cn && region.partition() != Partition::AwsCn => {
            hits.replace(0..com.end, To::Text("com".to_owned()));
        }
        _ => {}
    }
}

/// Returns the name of the service in China if it begins with `cn.com.amazonaws` there.
fn counterpart(scene: &Scene<'_, '_>, name: &str, region: &Region) -> Option<&'static str> {
    let is_gateway =
        matches!(name, "s3" | "dynamodb") && scene.property("VpcEndpointType") != Some("Interface");
    if is_gateway {
        return None;
    }
    china::endpoint_service(name.strip_suffix(".cn").unwrap_or(name), region)
}
