//! The applications have a different owner, region and version in each partition.

use super::model::{Does, Hits, Look, Rule, To};
use super::shared::arn;
use super::shared::arn::Arn;
use crate::china;
use crate::diag::{Code, Severity};
use crate::look::phrase::Phrase;
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN107",
        title: "Secrets Manager rotation application",
    },
    name: "rotation",
    severity: Severity::Warning,
    why: "the rotation applications have a different account, region and version in each partition",
    help: "look up the application by `AWS::Partition` in a mapping",
    sources: &["cdk-rotation"],
    does: Does::REWRITTEN,
    looks: &[Look::Arn(look), Look::Text(look_at_version)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, arn: &Arn<'_>, hits: &mut Hits<'_>) {
    let (Some(fields), Some(region)) = (&arn.fields, scene.aim.region()) else {
        return;
    };
    let Some(application) = arn::Application::of(fields, region) else {
        return;
    };
    let Some(owner) = application.counterpart else {
        return;
    };
    let home = china::known("rotation-home", region);
    if let (Some(home), Some(_)) = (home, arn::foreign(fields.region.1, region)) {
        hits.replace(arn::range_of(fields.region), To::Text(home.to_owned()));
    }
    hits.replace(arn::range_of(fields.account), To::Text(owner.to_owned()));
}

/// Replaces the version of a rotation application, which differs between partitions.
fn look_at_version(scene: &Scene<'_, '_>, hits: &mut Hits<'_>) {
    if scene.place.resource_type != "AWS::Serverless::Application"
        || scene.place.path != ["Location", "SemanticVersion"]
    {
        return;
    }
    if let Some(own) = own_version(scene) {
        hits.replace(0..scene.text.len(), To::Text(own.to_owned()));
    }
}

fn own_version(scene: &Scene<'_, '_>) -> Option<&'static str> {
    let region = scene.aim.region()?;
    let id = scene.place.properties?.at(&["Location", "ApplicationId"])?;
    let id = Phrase::of(id)?.text;
    let name = id.rsplit_once(":applications/")?.1;
    let own = china::known(&format!("rotation-{name}"), region)?;
    let is_other =
        china::known("rotation-account", region).is_none_or(|account| !id.contains(account));
    (is_other && own != scene.text).then_some(own)
}
