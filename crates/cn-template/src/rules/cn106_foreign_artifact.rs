//! Artifacts published by an account of another partition do not exist here, and no copy is known.

use super::model::{Hits, Look, Rule};
use super::shared::arn;
use super::shared::arn::Arn;
use super::shared::cases::Case;
use super::shared::host::Host;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN106",
        title: "layer, application or image from an account in another partition",
    },
    name: "foreign-artifact",
    severity: Severity::Error,
    why: "an account in another partition cannot share layers, applications or images with the target partition, and no copy is known",
    help: "publish it from an account in China, and look up its name by `AWS::Partition` in a mapping",
    sources: &["cn-general"],
    looks: &[Look::Arn(look), Look::Host(look_at_registry)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, arn: &Arn<'_>, hits: &mut Hits<'_>) {
    let (Some(fields), Some(region)) = (&arn.fields, scene.aim.region()) else {
        return;
    };
    let (owner, partition) = (fields.account.1, region.partition());
    let is_foreign = arn.is_foreign(scene);
    if let Some(layer) = arn::Layer::of(fields, region)
        && layer.counterpart.is_none()
        && (is_foreign || arn::foreign(fields.region.1, region).is_some())
    {
        hits.report_as(
            Severity::Error,
            fields.account_onwards(),
            format!(
                "layer `{}` of account `{owner}` has no known copy in partition `{partition}`",
                layer.name
            ),
            "publish the layer from an account in China, and look up its ARN by `AWS::Region` in a mapping: account and version always differ",
        );
    }
    if let Some(application) = arn::Application::of(fields, region)
        && application.counterpart.is_none()
        && is_foreign
    {
        hits.report_as(
            Severity::Error,
            fields.account_onwards(),
            format!(
                "application `{}` of account `{owner}` has no known copy in partition `{partition}`",
                application.name
            ),
            "publish the application from an account in China, or add the resources that it creates to this template",
        );
    }
}

fn look_at_registry(scene: &Scene<'_, '_>, host: &Host<'_>, case: &Case<'_>, hits: &mut Hits<'_>) {
    if let (Case::ForeignRegistry, Some(region)) = (case, scene.aim.region()) {
        hits.report_as(
            Severity::Warning,
            host.range.clone(),
            format!(
                "image registry `{}` is not in partition `{}`",
                scene.shown(&host.range),
                region.partition()
            ),
            "push the image to a registry in the target region, and refer to it with `${AWS::AccountId}`, `${AWS::Region}` and `${AWS::URLSuffix}`",
        );
    }
}
