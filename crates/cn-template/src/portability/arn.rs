//! ARNs in a text.

use std::ops::Range;

use super::matches::{Aim, Match, To, places};
use super::phrase::{PARTITION, is_mark};
use super::place::Treatment;
use super::rule::code;
use super::scene::Scene;
use crate::china::{self, Availability};
use crate::diag::Severity;
use crate::partition::{Partition, Region};

/// The partition field of an ARN, found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PartitionField {
    /// The bytes of the field.
    range: Range<usize>,
    /// The partition it names; none where it is `AWS::Partition`.
    partition: Option<Partition>,
    /// Where the service field starts, when colons separate the fields.
    rest: Option<usize>,
}

/// How the fields of an ARN are separated: as it is, in a URL, in a regular expression.
const SEPARATORS: [&str; 4] = [":", "%3A", "%3a", "\\:"];

/// The partition fields of all ARNs in a text, from left to right.
///
/// A field counts when `arn` begins a word and the field is exactly the
/// identifier of a known partition, or `AWS::Partition`: `arn:*:` and
/// `arn:aws*:` are none.
fn partition_fields(text: &str) -> Vec<PartitionField> {
    let mut found = Vec::new();
    for at in places(text, "arn") {
        let is_inside = |before: char| {
            before.is_ascii_alphanumeric() || "-_".contains(before) || is_mark(before)
        };
        if text[..at].ends_with(is_inside) {
            continue;
        }
        let after = &text[at + 3..];
        let Some(separator) = SEPARATORS
            .iter()
            .find(|separator| after.starts_with(**separator))
        else {
            continue;
        };
        let start = at + 3 + separator.len();
        let Some(length) = text[start..].find(separator) else {
            continue;
        };
        let name = &text[start..start + length];
        let partition = Partition::from_id(name);
        if partition.is_none() && !name.chars().eq([PARTITION]) {
            continue;
        }
        let rest = start + length + separator.len();
        found.push(PartitionField {
            range: start..start + length,
            partition,
            rest: (*separator == ":").then_some(rest),
        });
    }
    found
}

/// The fields of an ARN behind its partition, each with its place in the text.
struct Fields<'a> {
    service: (usize, &'a str),
    region: (usize, &'a str),
    account: (usize, &'a str),
    resource: (usize, &'a str),
}

impl<'a> Fields<'a> {
    fn of(text: &'a str, start: usize) -> Option<Self> {
        let ends =
            |character: char| character.is_whitespace() || "\"',;|<>()`\\".contains(character);
        let end = text[start..]
            .find(ends)
            .map_or(text.len(), |found| start + found);
        let mut at = start;
        let mut fields = text[start..end].splitn(4, ':').map(|field| {
            let place = at;
            at += field.len() + 1;
            (place, field)
        });
        Some(Self {
            service: fields.next()?,
            region: fields.next()?,
            account: fields.next()?,
            resource: fields.next()?,
        })
    }
}

/// What does not fit in the ARNs of a text.
pub(super) fn matches(scene: &Scene<'_, '_>) -> Vec<Match> {
    let fields = partition_fields(scene.text);
    // A pattern that has an alternative for the target already serves it.
    if scene.treatment == Treatment::Pattern
        && fields
            .iter()
            .any(|field| field.partition.is_some_and(|own| scene.aim.fits(own)))
    {
        return Vec::new();
    }
    let mut found = Vec::new();
    for field in fields {
        let is_foreign = field.partition.is_some_and(|own| !scene.aim.fits(own));
        if is_foreign {
            let to = if scene.treatment == Treatment::Pattern {
                To::AnyPartition
            } else {
                To::Partition
            };
            let code = if to == To::Partition {
                code::ARN
            } else {
                code::PATTERN
            };
            found.push(Match::replace(code, field.range, to));
        }
        let details = field.rest.and_then(|rest| Fields::of(scene.text, rest));
        if let (Some(fields), Aim::Region(region)) = (details, scene.aim) {
            inside(scene, &fields, region, is_foreign, &mut found);
        }
    }
    found
}

/// What does not fit behind the partition.
///
/// * `is_foreign`: whether the ARN is written for another partition.
fn inside(
    scene: &Scene<'_, '_>,
    fields: &Fields<'_>,
    region: &Region,
    is_foreign: bool,
    found: &mut Vec<Match>,
) {
    let (_, service) = fields.service;
    match (service, fields.account.1) {
        ("iam", "aws") => return found.extend(managed_policy(fields, region)),
        ("lambda", _) if fields.resource.1.starts_with("layer:") => {
            return layer(fields, region, is_foreign, found);
        }
        ("serverlessrepo", _) => return application(fields, region, is_foreign, found),
        _ => {}
    }
    if let Some(literal) = foreign(fields.region.1, region) {
        found.push(Match::report(
            code::ARN_REGION,
            Severity::Warning,
            range_of(fields.region),
            format!(
                "ARN names region `{literal}`, which is not in partition `{}`",
                region.partition()
            ),
            "write `${AWS::Region}` in `Fn::Sub` if the stack's own region is meant",
        ));
    }
    account(scene, fields.account, region, found);
}

fn range_of((start, text): (usize, &str)) -> Range<usize> {
    start..start + text.len()
}

/// A region's name that lies in another partition.
fn foreign<'a>(name: &'a str, region: &Region) -> Option<&'a str> {
    let named: Region = name.parse().ok()?;
    (named.partition() != region.partition()).then_some(name)
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// An account's number: AWS's own have twins, others exist in one partition only.
fn account(scene: &Scene<'_, '_>, field: (usize, &str), region: &Region, found: &mut Vec<Match>) {
    let (_, number) = field;
    if !is_account(number) {
        return;
    }
    match china::twin(number, region) {
        Some(china::Twin { what, value: Some(value) }) if scene.has_one_account(what) => {
            let code = if what == "elb-log-account" { code::LOG_ACCOUNT } else { code::KNOWN_ACCOUNT };
            found.push(Match::replace(code, range_of(field), To::Text(value.to_owned())));
        }
        Some(china::Twin { what, .. }) => found.push(Match::report(
            code::LOG_ACCOUNT,
            Severity::Warning,
            range_of(field),
            format!("account `{number}` ({what}) belongs to a region outside partition `{}`", region.partition()),
            "list the account of the target region instead, or a service principal where the service offers one",
        )),
        None if region.partition() == Partition::AwsCn && !is_of_target(number, region) => found.push(Match::report(
            code::ACCOUNT,
            Severity::Note,
            range_of(field),
            format!("account `{number}` is written out, and no account exists in two partitions"),
            "write `${AWS::AccountId}` if the stack's own account is meant, else make it a parameter",
        )),
        None => {}
    }
}

/// Whether AWS owns the number in the target's own partition.
fn is_of_target(number: &str, region: &Region) -> bool {
    [
        "elb-log-account",
        "registry-deep-learning",
        "registry-eks",
        "registry-app-mesh",
        "rotation-account",
        "cloudtrail-account",
    ]
    .iter()
    .any(|what| china::known(what, region) == Some(number))
}

fn managed_policy(fields: &Fields<'_>, region: &Region) -> Option<Match> {
    let (start, resource) = fields.resource;
    let path = resource.strip_prefix("policy/")?;
    if path.contains(|character| is_mark(character) || "*?".contains(character)) {
        return None;
    }
    policy_finding(path, start..start + resource.len(), region)
}

/// What there is to say about the name or path of a managed policy.
pub(super) fn policy_finding(path: &str, range: Range<usize>, region: &Region) -> Option<Match> {
    let partition = region.partition();
    match china::managed_policy(path, partition) {
        Availability::No => Some(Match::report(
            code::POLICY_ABSENT,
            Severity::Error,
            range,
            format!("AWS managed policy `{path}` does not exist in partition `{partition}`"),
            "attach another policy there, or write the permissions inline; the creation fails with `Policy ... does not exist or is not attachable`",
        )),
        Availability::Unknown if partition == Partition::AwsCn => Some(Match::report(
            code::POLICY_UNKNOWN,
            Severity::Note,
            range,
            format!("AWS managed policy `{path}` is in no table here"),
            "look it up in the IAM console of a China account: the tables lag AWS by some months",
        )),
        _ => None,
    }
}

/// A layer: owner and version are the region's own.
fn layer(fields: &Fields<'_>, region: &Region, is_foreign: bool, found: &mut Vec<Match>) {
    let (_, owner) = fields.account;
    let mut names = fields.resource.1.split(':').skip(1);
    let (Some(name), version) = (names.next(), names.next()) else {
        return;
    };
    if !is_account(owner) {
        return;
    }
    let is_foreign = is_foreign || foreign(fields.region.1, region).is_some();
    let what = format!("layer-{name}");
    let is_of_aws = china::is_known_elsewhere(&what, owner, region);
    let known = china::known(&what, region).and_then(|known| known.split_once(':'));
    if let Some((twin, newest)) = known.filter(|_| is_of_aws) {
        if let Some(literal) = foreign(fields.region.1, region) {
            let range = fields.region.0..fields.region.0 + literal.len();
            found.push(Match::replace(code::LAYER, range, To::Region));
        }
        found.push(Match::replace(
            code::LAYER,
            range_of(fields.account),
            To::Text(twin.to_owned()),
        ));
        if let Some(version) = version.filter(|version| *version != newest) {
            let start = fields.resource.0 + "layer:".len() + name.len() + ":".len();
            found.push(Match::replace(
                code::LAYER,
                start..start + version.len(),
                To::Text(newest.to_owned()),
            ));
        }
        return;
    }
    if is_foreign {
        found.push(Match::report(
            code::FOREIGN_ARTIFACT,
            Severity::Error,
            fields.account.0..fields.resource.0 + fields.resource.1.len(),
            format!("layer `{name}` of account `{owner}` is not known in partition `{}`", region.partition()),
            "publish the layer in a China account and map its ARN by `AWS::Region`: owner and version are never the same",
        ));
    }
}

/// An application of the serverless repository.
fn application(fields: &Fields<'_>, region: &Region, is_foreign: bool, found: &mut Vec<Match>) {
    let (_, owner) = fields.account;
    let Some(name) = fields.resource.1.strip_prefix("applications/") else {
        return;
    };
    if !is_account(owner) {
        return;
    }
    let own = china::known("rotation-account", region);
    if own == Some(owner) {
        return;
    }
    let is_known = china::known(&format!("rotation-{name}"), region).is_some();
    match (china::twin(owner, region), own, is_known) {
        (Some(_), Some(own), true) => {
            let home = match region.partition() {
                Partition::Aws => "us-east-1",
                Partition::AwsCn => "cn-north-1",
                _ => "us-gov-west-1",
            };
            if foreign(fields.region.1, region).is_some() {
                found.push(Match::replace(code::ROTATION, range_of(fields.region), To::Text(home.to_owned())));
            }
            found.push(Match::replace(code::ROTATION, range_of(fields.account), To::Text(own.to_owned())));
        }
        _ if is_foreign => found.push(Match::report(
            code::FOREIGN_ARTIFACT,
            Severity::Error,
            fields.account.0..fields.resource.0 + fields.resource.1.len(),
            format!("application `{name}` of account `{owner}` is not known in partition `{}`", region.partition()),
            "publish the application from a China account, or put the resources it makes into this template",
        )),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = partition_fields(text)
            .into_iter()
            .map(|field| &text[field.range])
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn finds_the_partition_of_every_arn() {
        check("arn:aws:s3:::b", &["aws"]);
        check(
            "a arn:aws-cn:s3:::b,arn:aws:iam::1:role/x",
            &["aws-cn", "aws"],
        );
        check("https://h/?arn=arn%3Aaws%3Asns%3A", &["aws"]);
        check("^arn\\:aws\\:s3", &["aws"]);
    }

    #[test]
    fn leaves_what_is_no_literal_partition() {
        check("arn:*:s3:::b", &[]);
        check("arn:aws-global:s3:::b", &[]);
        check("learn:aws:x my-arn:aws:x", &[]);
        check("arn:\u{f8f4}:s3", &[]);
        check("arn:aws", &[]);
        check("arn:aws[a-z-]*:s3", &[]);
    }
}
