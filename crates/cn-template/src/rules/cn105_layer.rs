//! The owner and the version of a layer differ between regions.

use super::model::{Does, Hits, Look, Rule, To};
use super::shared::arn;
use super::shared::arn::Arn;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN105",
        title: "Lambda layer published by AWS",
    },
    name: "layer",
    severity: Severity::Warning,
    why: "the account and the version of a layer differ between regions",
    help: "look up the ARN of the layer by `AWS::Region` in a mapping",
    sources: &["cdk-region-info"],
    does: Does::REWRITTEN,
    looks: &[Look::Arn(look)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, arn: &Arn<'_>, hits: &mut Hits<'_>) {
    let (Some(fields), Some(region)) = (&arn.fields, scene.aim.region()) else {
        return;
    };
    let Some(layer) = arn::Layer::of(fields, region) else {
        return;
    };
    let Some((owner, newest)) = layer.counterpart else {
        return;
    };
    if arn::foreign(fields.region.1, region).is_some() {
        hits.replace(arn::range_of(fields.region), To::Region);
    }
    hits.replace(arn::range_of(fields.account), To::Text(owner.to_owned()));
    if let Some(version) = layer.version.filter(|version| *version != newest) {
        let start = fields.resource.0 + "layer:".len() + layer.name.len() + ":".len();
        hits.replace(start..start + version.len(), To::Text(newest.to_owned()));
    }
}
