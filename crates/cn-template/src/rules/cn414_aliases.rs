//! `cloudfront.cn` serves no content.
//!
//! A distribution needs an alternate domain name with ICP recordal.

use super::model::{Look, Rule, Spots};
use crate::diag::{Code, Severity};
use crate::look::subject::Subject;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN414",
        title: "CloudFront distribution without an alternate domain name",
    },
    name: "aliases",
    severity: Severity::Error,
    why: "`cloudfront.cn` serves no content: a distribution needs an alternate domain name with ICP recordal",
    help: "add `Aliases` with a name that has ICP recordal, and `ViewerCertificate.IamCertificateId`",
    sources: &["cn-cloudfront"],
    looks: &[Look::Resource(look)],
    ..Rule::BASE
};

fn look(subject: &Subject<'_, '_>, spots: &mut Spots<'_>) {
    if subject.kind != "AWS::CloudFront::Distribution" || subject.properties.is_none() {
        return;
    }
    let given = subject.aims_given(&["DistributionConfig", "Aliases"]);
    let missing = subject.present.filter(|index| !given.has(index));
    spots.report_message(
        subject.kind_span,
        subject.view.in_regions(missing),
        "the distribution has no alternate domain name, and `cloudfront.cn` serves no content by itself",
    );
}
