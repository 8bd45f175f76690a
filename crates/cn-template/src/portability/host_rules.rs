//! What a host name in a text is, and what has to become of it.
//!
//! The same letters are a service principal in one place and an address in
//! another. Principals keep `.amazonaws.com` in China but for four.

use super::host::{Host, Regional, hosts, region_in};
use super::matches::{Match, To};
use super::phrase::{HOLE, SUFFIX, is_mark};
use super::place::Section;
use super::rule::code;
use super::scene::Scene;
use crate::china;
use crate::diag::Severity;
use crate::partition::{Partition, Region};

/// What a host name is, by its place and its look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Names a service in a policy or permission.
    Principal,
    /// Compared with a service's name in a condition: `iam:PassedToService`.
    ServiceName,
    /// Compared with the endpoint a request came through: `kms:ViaService`.
    Via,
    /// The audience of a token.
    Audience,
    /// What services write into events and logs.
    Event,
    /// The issuer of tokens, in a condition's key or a federated principal.
    Issuer,
    /// An address.
    Address,
    /// Could be a principal or an address.
    Unknown,
}

/// What does not fit in the host names of a text.
pub(super) fn matches(scene: &Scene<'_, '_>) -> Vec<Match> {
    let mut found = Vec::new();
    for host in hosts(scene.text) {
        match role(scene, &host) {
            Role::Principal => principal(scene, &host, &mut found),
            Role::ServiceName => service_name(scene, &host, &mut found),
            Role::Via => suffix(scene, &host, &mut found),
            Role::Audience => audience(scene, &host, &mut found),
            Role::Issuer => issuer(scene, &host, &mut found),
            Role::Address => address(scene, &host, &mut found),
            Role::Unknown => unknown(scene, &host, &mut found),
            Role::Event => {}
        }
    }
    found
}

/// Keys of conditions whose values are names of services.
const SERVICE_NAME_KEYS: [&str; 8] = [
    "iam:PassedToService",
    "iam:AWSServiceName",
    "ec2:AuthorizedService",
    "aws:CalledVia",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
];

fn role(scene: &Scene<'_, '_>, host: &Host<'_>) -> Role {
    let place = scene.place;
    if place.is_condition_key() || place.is_federated() {
        return Role::Issuer;
    }
    if let Some(key) = place.condition_key() {
        let is = |name: &str| key.eq_ignore_ascii_case(name);
        if is("kms:ViaService") {
            return Role::Via;
        }
        if SERVICE_NAME_KEYS.iter().any(|name| is(name))
            || key.to_ascii_lowercase().ends_with("service")
        {
            return Role::ServiceName;
        }
        if key.ends_with(":aud") {
            return Role::Audience;
        }
    }
    let is_whole = host.range == (0..scene.text.len());
    if place.is_principal() || (scene.serves_principals && !host.is_address) {
        return Role::Principal;
    }
    if place.last() == "ClientIdList" {
        return Role::Audience;
    }
    if place.is_event() && is_whole {
        return Role::Event;
    }
    let has_place_in_a_domain = host.labels.len() >= 2 && !looks_like_principal(host);
    if host.is_address || has_place_in_a_domain || place_of_addresses(scene) {
        return Role::Address;
    }
    Role::Unknown
}

/// Whether a name of two labels and more may still be a principal: no region, no bucket, no API.
fn looks_like_principal(host: &Host<'_>) -> bool {
    let known = ["s3", "s3-website", "execute-api", "ecr"];
    host.regional() == Regional::None
        && !host
            .labels
            .iter()
            .any(|label| known.contains(label) || label.contains(is_mark))
}

/// Whether a name at this place is an address, whatever it looks like.
fn place_of_addresses(scene: &Scene<'_, '_>) -> bool {
    let last = scene.place.last().to_ascii_lowercase();
    [
        "endpoint",
        "domainname",
        "host",
        "hostname",
        "url",
        "uri",
        "image",
        "imageuri",
    ]
    .iter()
    .any(|name| last.ends_with(name))
}

/// Whether the text before the suffix is marked by `AWS::URLSuffix`.
fn is_marked(scene: &Scene<'_, '_>, host: &Host<'_>) -> bool {
    scene.text[host.suffix.clone()].starts_with(SUFFIX)
}

fn literal_suffix<'a>(scene: &Scene<'a, '_>, host: &Host<'_>) -> &'a str {
    &scene.text[host.suffix.clone()]
}

/// The name of the service and whether it is one of the four that carry the partition's suffix.
///
/// # Source
///
/// AWS CDK region-info history and the issues that `docs/china.md` lists: `ec2`
/// and `elasticmapreduce` are good with the suffix in every report; the
/// regional forms of `logs` and `codedeploy` are refused without it.
fn carries_suffix(host: &Host<'_>) -> bool {
    match host.labels.as_slice() {
        ["ec2" | "elasticmapreduce"] => true,
        ["logs" | "codedeploy", region] => {
            region_in(region).is_some() || region.starts_with(is_mark)
        }
        _ => false,
    }
}

fn principal(scene: &Scene<'_, '_>, host: &Host<'_>, found: &mut Vec<Match>) {
    let name = host.labels.join(".");
    if name.is_empty() || name.contains(HOLE) && host.labels.len() == 1 {
        return;
    }
    if carries_suffix(host) {
        if let Regional::Literal(literal) = host.regional() {
            return foreign_region(scene, host, literal, found);
        }
        if !is_marked(scene, host) && !scene.aim.fits_suffix(literal_suffix(scene, host)) {
            found.push(Match::replace(
                code::PRINCIPAL,
                host.suffix.clone(),
                To::Suffix,
            ));
        }
        return;
    }
    let Some(region) = scene.aim.region() else {
        return;
    };
    let is_china = region.partition() == Partition::AwsCn;
    let carries =
        is_marked(scene, host) || literal_suffix(scene, host) == Partition::AwsCn.dns_suffix();
    if carries && is_china {
        found.push(Match::report(
            code::PRINCIPAL_WITH_SUFFIX,
            Severity::Error,
            host.range.clone(),
            format!(
                "service principal `{}` does not exist",
                shown_principal(&name, Partition::AwsCn.dns_suffix())
            ),
            format!(
                "write `{}` in every partition; IAM answers `Invalid principal in policy`",
                shown_principal(&name, "amazonaws.com")
            ),
        ));
    } else if carries && !is_marked(scene, host) {
        let to = To::Text(Partition::Aws.dns_suffix().to_owned());
        found.push(Match::replace(
            code::PRINCIPAL_WITH_SUFFIX,
            host.suffix.clone(),
            to,
        ));
    }
}

fn shown_principal(name: &str, suffix: &str) -> String {
    super::rewrite::shown(&format!("{name}.{suffix}"))
}

/// `iam:PassedToService` and its like: the four are compared in both forms, the rest stays.
fn service_name(scene: &Scene<'_, '_>, host: &Host<'_>, found: &mut Vec<Match>) {
    let is_plain = matches!(host.labels.as_slice(), ["ec2" | "elasticmapreduce"]);
    let is_whole = host.range == (0..scene.text.len());
    if is_plain
        && is_whole
        && scene.aim.is_china()
        && literal_suffix(scene, host) == Partition::Aws.dns_suffix()
    {
        let both = format!("{}.cn", scene.text);
        found.push(Match::replace(
            code::SERVICE_NAME,
            host.range.clone(),
            To::Also(both),
        ));
    }
}

fn suffix(scene: &Scene<'_, '_>, host: &Host<'_>, found: &mut Vec<Match>) {
    if is_marked(scene, host) || scene.aim.fits_suffix(literal_suffix(scene, host)) {
        return;
    }
    match host.regional() {
        Regional::Literal(literal) if !is_of_aim(scene, literal) => {
            foreign_region(scene, host, literal, found);
        }
        _ => found.push(Match::replace(code::HOST, host.suffix.clone(), To::Suffix)),
    }
}

/// Whether a region's name lies in the partition aimed at.
fn is_of_aim(scene: &Scene<'_, '_>, name: &str) -> bool {
    Partition::of_region(name).is_some_and(|partition| scene.aim.fits(partition))
}

/// The audience of a token is the same in every partition.
fn audience(scene: &Scene<'_, '_>, host: &Host<'_>, found: &mut Vec<Match>) {
    let carries =
        is_marked(scene, host) || literal_suffix(scene, host) == Partition::AwsCn.dns_suffix();
    if carries && host.labels == ["sts"] && scene.aim.is_china() {
        found.push(Match::report(
            code::AUDIENCE,
            Severity::Error,
            host.range.clone(),
            "the audience of EKS tokens is `sts.amazonaws.com` in China too",
            "write `sts.amazonaws.com` in every partition; STS answers `Incorrect token audience`",
        ));
    }
}

/// The issuer of tokens is an address, and in China it names its region.
fn issuer(scene: &Scene<'_, '_>, host: &Host<'_>, found: &mut Vec<Match>) {
    if host.labels == ["cognito-identity"] {
        let Some(region) = scene.aim.region() else {
            return;
        };
        if scene.aim.is_china()
            && china::resource_type("AWS::Cognito::IdentityPool", region)
                == china::Availability::Yes
        {
            found.push(Match::replace(
                code::ISSUER,
                host.suffix.clone(),
                To::RegionAndSuffix,
            ));
        }
        return;
    }
    suffix(scene, host, found);
}

fn unknown(scene: &Scene<'_, '_>, host: &Host<'_>, found: &mut Vec<Match>) {
    let is_bare_suffix = host.labels.is_empty();
    if is_marked(scene, host)
        || scene.aim.fits_suffix(literal_suffix(scene, host))
        || !scene.aim.is_china()
    {
        return;
    }
    // A suffix that stands alone completes names elsewhere; in a mapping each row is for one partition.
    if is_bare_suffix && scene.place.section != Section::Mappings && scene.text.starts_with('.') {
        found.push(Match::replace(code::HOST, host.suffix.clone(), To::Suffix));
        return;
    }
    found.push(Match::report(
        code::UNKNOWN_NAME,
        Severity::Note,
        host.range.clone(),
        format!(
            "`{}` is left as it is: it may name a service or an address",
            super::rewrite::shown(&scene.text[host.range.clone()])
        ),
        "a service principal stays as it is in China; for an address write `${AWS::URLSuffix}`",
    ));
}

fn foreign_region(scene: &Scene<'_, '_>, host: &Host<'_>, literal: &str, found: &mut Vec<Match>) {
    let Some(region) = scene.aim.region() else {
        return;
    };
    if is_of_aim(scene, literal) {
        return suffix(scene, host, found);
    }
    found.push(Match::report(
        code::HOST_REGION,
        Severity::Warning,
        host.range.clone(),
        format!("host names region `{literal}`, which is not in partition `{}`", region.partition()),
        "write `${AWS::Region}` and `${AWS::URLSuffix}` in `Fn::Sub` if the stack's own region is meant",
    ));
}

fn address(scene: &Scene<'_, '_>, host: &Host<'_>, found: &mut Vec<Match>) {
    if is_marked(scene, host) {
        return;
    }
    let fits = scene.aim.fits_suffix(literal_suffix(scene, host));
    match host.labels.as_slice() {
        [account, "dkr", "ecr", region] if !fits => registry(scene, host, account, region, found),
        _ if fits => {}
        labels if labels.contains(&"s3-accelerate") => found.push(Match::report(
            code::ACCELERATE,
            Severity::Error,
            host.range.clone(),
            "S3 Transfer Acceleration does not exist in China",
            "use the bucket's regional host there",
        )),
        labels => match host.regional() {
            Regional::Reference => regional(scene, host, labels, found),
            Regional::Literal(literal) => foreign_region(scene, host, literal, found),
            Regional::None => regionless(scene, host, labels, found),
        },
    }
}

/// A host whose region is a reference: only the suffix differs, and a hyphen of old S3 names.
fn regional(scene: &Scene<'_, '_>, host: &Host<'_>, labels: &[&str], found: &mut Vec<Match>) {
    let last = labels.last().copied().unwrap_or_default();
    if let Some(prefix) = ["s3-website-", "s3-"]
        .iter()
        .find(|prefix| last.starts_with(**prefix) && last[prefix.len()..].starts_with(is_mark))
    {
        let label = host.range.start
            + scene.text[host.range.clone()]
                .rfind(last)
                .unwrap_or_default();
        let hyphen = label + prefix.len() - 1;
        found.push(Match::replace(
            code::S3_HYPHEN,
            hyphen..hyphen + 1,
            To::Text(".".to_owned()),
        ));
    }
    found.push(Match::replace(code::HOST, host.suffix.clone(), To::Suffix));
}

/// An image: AWS's own registries have other accounts in each partition.
fn registry(
    scene: &Scene<'_, '_>,
    host: &Host<'_>,
    account: &str,
    region_label: &str,
    found: &mut Vec<Match>,
) {
    let Some(region) = scene.aim.region() else {
        return suffix(scene, host, found);
    };
    let is_literal = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let start = host.range.start;
    let twin = china::twin(account, region).filter(|twin| twin.what.starts_with("registry-"));
    match twin.and_then(|twin| twin.value) {
        Some(value) => {
            found.push(Match::replace(code::REGISTRY, start..start + account.len(), To::Text(value.to_owned())));
            let at = start + account.len() + ".dkr.ecr.".len();
            if region_in(region_label).is_some() {
                found.push(Match::replace(code::REGISTRY, at..at + region_label.len(), To::Region));
            }
            found.push(Match::replace(code::HOST, host.suffix.clone(), To::Suffix));
        }
        None if is_literal || region_in(region_label).is_some() => found.push(Match::report(
            code::FOREIGN_ARTIFACT,
            Severity::Warning,
            host.range.clone(),
            format!("image registry `{}` is not in partition `{}`", super::rewrite::shown(&scene.text[host.range.clone()]), region.partition()),
            "push the image to a registry in the target region and name it by `${AWS::AccountId}`, `${AWS::Region}` and `${AWS::URLSuffix}`",
        )),
        None => found.push(Match::replace(code::HOST, host.suffix.clone(), To::Suffix)),
    }
}

/// A host without a region.
fn regionless(scene: &Scene<'_, '_>, host: &Host<'_>, labels: &[&str], found: &mut Vec<Match>) {
    match labels {
        [.., "s3"] => s3(host, labels, found),
        ["route53" | "budgets" | "*"] | ["global", "health"] | [] => {
            found.push(Match::replace(code::HOST, host.suffix.clone(), To::Suffix));
        }
        [service] if home_of(service).is_some() && scene.aim.is_china() => {
            let home = home_of(service).unwrap_or_default();
            let region = scene.aim.region().map(Region::as_str).unwrap_or_default();
            let place = if home.is_empty() { region } else { home };
            let to = To::Text(format!("{place}.{}", Partition::AwsCn.dns_suffix()));
            found.push(Match::replace(code::GLOBAL_HOST, host.suffix.clone(), to));
        }
        _ => found.push(Match::report(
            code::UNKNOWN_HOST,
            Severity::Warning,
            host.range.clone(),
            format!("`{}` has no counterpart that is known", super::rewrite::shown(&scene.text[host.range.clone()])),
            "copy what is fetched from there to a place in China, or name the regional host with `${AWS::URLSuffix}`",
        )),
    }
}

/// Where a service without regions answers in China; empty: in the stack's own region.
///
/// # Source
///
/// botocore 1.43.11 `endpoints.json`.
fn home_of(service: &str) -> Option<&'static str> {
    match service {
        "iam" | "support" => Some("cn-north-1"),
        "cloudfront" | "organizations" | "ce" => Some("cn-northwest-1"),
        "sts" => Some(""),
        _ => None,
    }
}

/// Whether a character stands behind a path's segment, in an address or in the program around it.
fn ends_segment(character: char) -> bool {
    character.is_whitespace() || "/?&\"'`();#<>|,\\".contains(character)
}

/// S3 without a region: certain for a bucket that is a reference, a guess for one that is written out.
fn s3(host: &Host<'_>, labels: &[&str], found: &mut Vec<Match>) {
    let bucket = match labels {
        [bucket @ .., _] if !bucket.is_empty() => bucket.join("."),
        _ => {
            let path = host.after.strip_prefix('/').unwrap_or_default();
            path.split(ends_segment)
                .next()
                .unwrap_or_default()
                .to_owned()
        }
    };
    let is_own = bucket.is_empty() || bucket.contains(is_mark);
    if is_own {
        found.push(Match::replace(
            code::S3_HOST,
            host.suffix.clone(),
            To::RegionAndSuffix,
        ));
        return;
    }
    found.push(Match::report(
        code::FOREIGN_BUCKET,
        Severity::Warning,
        host.range.clone(),
        format!("bucket `{bucket}` is not known to exist in China"),
        "copy its content to a bucket in China and make the bucket a parameter; a new suffix alone names a bucket that is missing or somebody else's",
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_ends_where_no_bucket_goes_on() {
        for end in "/?&\"'`);#<>|,\\ \n\r\t".chars() {
            let path = format!("x.y-1_Z{end} echo hi");
            assert_eq!(path.split(ends_segment).next(), Some("x.y-1_Z"), "{end:?}");
        }
    }
}
