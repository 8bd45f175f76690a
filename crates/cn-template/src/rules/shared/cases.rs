//! The meaning of a host name in its place, which decides which rule applies.
//!
//! The same text is a service principal in one place and an address in another. Principals keep
//! `.amazonaws.com` in China, with four exceptions. Each case belongs to one rule, which decides
//! about the treatment.

use std::ops::Range;

use super::host::{Host, Regional, region_in};
use crate::china::{self, Home};
use crate::look::phrase::{HOLE, SUFFIX, is_mark};
use crate::look::place::{Section, Treatment};
use crate::look::scene::Scene;
use crate::partition::Partition;

/// The meaning of a host name for the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Case<'a> {
    /// Only the suffix differs.
    Suffix,
    /// The host names a region of another partition.
    ForeignRegion(&'a str),
    /// An S3 host without a region, whose bucket is a reference, a wildcard or missing.
    Regionless,
    /// An S3 host without a region, whose bucket is written out.
    Bucket(String),
    /// The hyphen between `s3` and a region, where the region is a reference.
    Hyphen(Range<usize>),
    /// A service with one endpoint in China, in this region; empty for the stack's own region.
    Home(&'a str),
    /// S3 Transfer Acceleration.
    Accelerate,
    /// No counterpart is known.
    UnknownHost,
    /// A principal or an address: the place does not decide.
    UnknownName,
    /// A registry of AWS that has another account in the target.
    Registry {
        account: Range<usize>,
        counterpart: &'static str,
        /// The region, if it is written out.
        region: Option<Range<usize>>,
    },
    /// A registry of an account in another partition.
    ForeignRegistry,
    /// A principal that needs the partition's suffix.
    PrincipalWithSuffix,
    /// A principal with a wrong suffix instead of `amazonaws.com`; `is_china` is the target's.
    PrincipalWithoutSuffix { name: String, is_china: bool },
    /// A service name that conditions compare in both forms.
    ServiceName,
    /// The audience of a token.
    Audience,
    /// The issuer of a token of an identity pool.
    Issuer,
}

/// The role of a host name, according to its place and its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Names a service in a policy or permission.
    Principal,
    /// Compared with a service's name in a condition, such as `iam:PassedToService`.
    ServiceName,
    /// Compared with the endpoint that a request came through, such as `kms:ViaService`.
    Via,
    /// The audience of a token.
    Audience,
    /// A name that services write into events, logs and the paths of their roles.
    Event,
    /// The issuer of tokens, in a condition's key or a federated principal.
    Issuer,
    /// An address.
    Address,
    /// A principal or an address.
    Unknown,
}

/// Returns the cases of a host name; empty if the name can stay.
pub(crate) fn of<'a>(scene: &Scene<'a, '_>, host: &Host<'a>) -> Vec<Case<'a>> {
    match role(scene, host) {
        Role::Principal => principal(scene, host).into_iter().collect(),
        Role::ServiceName => service_name(scene, host).into_iter().collect(),
        Role::Via => suffix(scene, host).into_iter().collect(),
        Role::Audience => audience(scene, host).into_iter().collect(),
        Role::Issuer => issuer(scene, host).into_iter().collect(),
        Role::Address => address(scene, host),
        Role::Unknown => unknown(scene, host).into_iter().collect(),
        Role::Event => Vec::new(),
    }
}

fn role(scene: &Scene<'_, '_>, host: &Host<'_>) -> Role {
    let place = scene.place;
    if scene.text[..host.range.start].ends_with("aws-service-role/") {
        return Role::Event;
    }
    if place.is_condition_key() || place.is_federated() {
        return Role::Issuer;
    }
    if let Some(key) = place.condition_key() {
        if key.eq_ignore_ascii_case("kms:ViaService") {
            return Role::Via;
        }
        if china::is_service_name_key(key) || key.to_ascii_lowercase().ends_with("service") {
            return Role::ServiceName;
        }
        if key.ends_with(":aud") {
            return Role::Audience;
        }
    }
    if place.is_principal() || (scene.serves_principals && !host.is_address) {
        return Role::Principal;
    }
    if place.last() == "ClientIdList" {
        return Role::Audience;
    }
    if place.is_event() && scene.is_whole(&host.range) {
        return Role::Event;
    }
    let has_place_in_a_domain = host.labels.len() >= 2 && !looks_like_principal(scene, host);
    if host.is_address || has_place_in_a_domain || is_place_of_addresses(scene) {
        return Role::Address;
    }
    Role::Unknown
}

/// Returns true if a name of two or more labels may still be a principal.
///
/// Such a name has no region, no bucket and no API.
fn looks_like_principal(scene: &Scene<'_, '_>, host: &Host<'_>) -> bool {
    let known = ["s3", "s3-website", "execute-api", "ecr"];
    host.regional(scene.holes) == Regional::None
        && !host
            .labels
            .iter()
            .any(|label| known.contains(label) || label.contains(is_mark))
}

/// Returns true if any name at this place is an address.
fn is_place_of_addresses(scene: &Scene<'_, '_>) -> bool {
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

/// Returns true if the suffix is `AWS::URLSuffix`.
pub(crate) fn is_marked(scene: &Scene<'_, '_>, host: &Host<'_>) -> bool {
    literal_suffix(scene, host).starts_with(SUFFIX)
}

fn literal_suffix<'a>(scene: &Scene<'a, '_>, host: &Host<'_>) -> &'a str {
    &scene.text[host.suffix.clone()]
}

/// Returns true if the principal needs the partition's suffix.
fn carries_suffix(host: &Host<'_>) -> bool {
    match host.labels.as_slice() {
        [service] => china::is_principal_with_suffix(service, false),
        [service, region] => {
            china::is_principal_with_suffix(service, true)
                && (region_in(region).is_some() || region.starts_with(is_mark))
        }
        _ => false,
    }
}

/// Returns true if the host has China's suffix or `AWS::URLSuffix`.
fn carries_any(scene: &Scene<'_, '_>, host: &Host<'_>) -> bool {
    is_marked(scene, host) || literal_suffix(scene, host) == Partition::AwsCn.dns_suffix()
}

fn principal<'a>(scene: &Scene<'a, '_>, host: &Host<'a>) -> Option<Case<'a>> {
    let name = host.labels.join(".");
    if name.is_empty() || name.contains(HOLE) && host.labels.len() == 1 {
        return None;
    }
    if let Regional::Literal(literal) = host.regional(scene.holes)
        && (carries_suffix(host) || !is_of_aim(scene, literal))
    {
        return foreign_region(scene, host, literal);
    }
    if carries_suffix(host) {
        let fits = is_marked(scene, host) || scene.aim.fits_suffix(literal_suffix(scene, host));
        return (!fits).then_some(Case::PrincipalWithSuffix);
    }
    let is_china = scene.aim.region()?.partition() == Partition::AwsCn;
    let is_wrong = carries_any(scene, host) && (is_china || !is_marked(scene, host));
    is_wrong.then_some(Case::PrincipalWithoutSuffix { name, is_china })
}

/// Returns the case of a name in a condition such as `iam:PassedToService`.
///
/// Conditions must list both forms of the principals that need the suffix; other names stay.
fn service_name<'a>(scene: &Scene<'a, '_>, host: &Host<'a>) -> Option<Case<'a>> {
    let is_plain = matches!(host.labels.as_slice(), [service] if china::is_principal_with_suffix(service, false));
    let is_meant = is_plain
        && scene.is_whole(&host.range)
        && scene.aim.is_china()
        && literal_suffix(scene, host) == Partition::Aws.dns_suffix();
    is_meant.then_some(Case::ServiceName)
}

fn suffix<'a>(scene: &Scene<'a, '_>, host: &Host<'a>) -> Option<Case<'a>> {
    if is_marked(scene, host) || scene.aim.fits_suffix(literal_suffix(scene, host)) {
        return None;
    }
    match host.regional(scene.holes) {
        Regional::Literal(literal) if !is_of_aim(scene, literal) => {
            foreign_region(scene, host, literal)
        }
        _ => Some(Case::Suffix),
    }
}

/// Returns true if a region belongs to the partition of the target.
fn is_of_aim(scene: &Scene<'_, '_>, name: &str) -> bool {
    Partition::of_region(name).is_some_and(|partition| scene.aim.fits(partition))
}

fn audience<'a>(scene: &Scene<'a, '_>, host: &Host<'a>) -> Option<Case<'a>> {
    let is_wrong = carries_any(scene, host) && host.labels == ["sts"] && scene.aim.is_china();
    is_wrong.then_some(Case::Audience)
}

/// Returns the case of a token issuer: it is an address, and in China its host names the region.
fn issuer<'a>(scene: &Scene<'a, '_>, host: &Host<'a>) -> Option<Case<'a>> {
    if host.labels != ["cognito-identity"] {
        return suffix(scene, host);
    }
    let region = scene.aim.region()?;
    let has_pools =
        china::resource_type("AWS::Cognito::IdentityPool", region) == china::Availability::Yes;
    (scene.aim.is_china() && has_pools).then_some(Case::Issuer)
}

fn unknown<'a>(scene: &Scene<'a, '_>, host: &Host<'a>) -> Option<Case<'a>> {
    if is_marked(scene, host)
        || scene.aim.fits_suffix(literal_suffix(scene, host))
        || !scene.aim.is_china()
    {
        return None;
    }
    // A suffix on its own completes names elsewhere. In a mapping, each row is for one partition.
    let is_suffix_alone = host.labels.is_empty()
        && scene.place.section != Section::Mappings
        && scene.text.starts_with('.');
    if is_suffix_alone {
        return Some(Case::Suffix);
    }
    // In patterns, policies and programs, a bare name is a service's.
    let is_value = scene.is_whole(&host.range)
        && scene.treatment == Treatment::Value
        && scene.place.condition_key().is_none();
    is_value.then_some(Case::UnknownName)
}

fn foreign_region<'a>(
    scene: &Scene<'a, '_>,
    host: &Host<'a>,
    literal: &'a str,
) -> Option<Case<'a>> {
    scene.aim.region()?;
    if is_of_aim(scene, literal) {
        return suffix(scene, host);
    }
    Some(Case::ForeignRegion(literal))
}

fn address<'a>(scene: &Scene<'a, '_>, host: &Host<'a>) -> Vec<Case<'a>> {
    if !has_suffix(scene, host) {
        return foreign_address(scene, host);
    }
    if !scene.aim.is_china() {
        return Vec::new();
    }
    let mut cases = foreign_address(scene, host);
    for case in &mut cases {
        // The author wrote China's suffix, and so has considered the bucket.
        if matches!(case, Case::Bucket(_)) {
            *case = Case::Regionless;
        }
    }
    cases.retain(|case| !matches!(case, Case::Suffix | Case::UnknownHost));
    cases
}

/// Returns true if the host already has the target's suffix.
pub(crate) fn has_suffix(scene: &Scene<'_, '_>, host: &Host<'_>) -> bool {
    is_marked(scene, host) || scene.aim.fits_suffix(literal_suffix(scene, host))
}

/// Returns the bytes of the dot before the suffix, where a region is inserted.
pub(crate) fn dot_before_suffix(host: &Host<'_>) -> Range<usize> {
    host.suffix.start - 1..host.suffix.start
}

fn foreign_address<'a>(scene: &Scene<'a, '_>, host: &Host<'a>) -> Vec<Case<'a>> {
    match host.labels.as_slice() {
        // User pools do not exist in China, so no suffix makes this host valid.
        ["cognito-idp", ..] if scene.treatment == Treatment::Value => Vec::new(),
        [account, "dkr", "ecr", region] => registry(scene, host, account, region),
        labels if labels.contains(&"s3-accelerate") => vec![Case::Accelerate],
        labels => match host.regional(scene.holes) {
            Regional::Reference => regional(scene, host, labels),
            Regional::Literal(literal) => {
                foreign_region(scene, host, literal).into_iter().collect()
            }
            Regional::None => vec![regionless(scene, host, labels)],
        },
    }
}

/// Returns the cases of a host whose region is a reference.
///
/// The suffix differs, and so may the hyphen in old S3 names.
fn regional<'a>(scene: &Scene<'a, '_>, host: &Host<'a>, labels: &[&str]) -> Vec<Case<'a>> {
    let last = labels.last().copied().unwrap_or_default();
    let prefix = ["s3-website-", "s3-"]
        .into_iter()
        .find(|prefix| last.starts_with(prefix) && last[prefix.len()..].starts_with(is_mark));
    // Neither a hyphen nor a dot is right in every partition.
    if prefix.is_some() && scene.aim.region().is_none() {
        return Vec::new();
    }
    let hyphen = prefix.map(|prefix| {
        let label = scene.text[host.range.clone()].rfind(last);
        let at = host.range.start + label.unwrap_or_default() + prefix.len() - 1;
        Case::Hyphen(at..at + 1)
    });
    hyphen.into_iter().chain([Case::Suffix]).collect()
}

/// Returns the cases of an image host: AWS's own registries have other accounts in each partition.
fn registry<'a>(
    scene: &Scene<'a, '_>,
    host: &Host<'a>,
    account: &str,
    region_label: &str,
) -> Vec<Case<'a>> {
    let Some(region) = scene.aim.region() else {
        return suffix(scene, host).into_iter().collect();
    };
    let start = host.range.start;
    let is_region = region_in(region_label).is_some();
    let twin = china::twin(account, region).filter(|twin| twin.kind.starts_with("registry-"));
    if let Some(counterpart) = twin.and_then(|twin| twin.value) {
        let at = start + account.len() + ".dkr.ecr.".len();
        let registry = Case::Registry {
            account: start..start + account.len(),
            counterpart,
            region: is_region.then(|| at..at + region_label.len()),
        };
        return vec![registry, Case::Suffix];
    }
    let is_foreign = if has_suffix(scene, host) {
        is_region && !is_of_aim(scene, region_label)
    } else {
        super::arn::is_account(account) || is_region
    };
    vec![if is_foreign {
        Case::ForeignRegistry
    } else {
        Case::Suffix
    }]
}

/// Returns the case of a host without a region.
fn regionless<'a>(scene: &Scene<'a, '_>, host: &Host<'a>, labels: &[&'a str]) -> Case<'a> {
    let service = match labels {
        [.., "s3"] => return s3(host, labels),
        ["*"] | [] => return Case::Suffix,
        labels => labels.join("."),
    };
    match china::home_of(&service) {
        Some(Home::Everywhere) => Case::Suffix,
        Some(Home::In(region)) if scene.aim.is_china() => Case::Home(region),
        Some(Home::Own) if scene.aim.is_china() => Case::Home(""),
        _ => Case::UnknownHost,
    }
}

/// Returns true if a character ends a path segment, in an address or in the code around it.
fn ends_segment(character: char) -> bool {
    character.is_whitespace() || "/?&\"'`();#<>|,\\".contains(character)
}

/// Returns the placeholder at the end of a text, in the position of a bucket's name, such as
/// `[bucket]` or `%BUCKET%`; empty for a program's variable, or if there is none.
fn placeholder(before: &str) -> &str {
    let starts = |character: char| character.is_whitespace() || "/\"'`+,".contains(character);
    let name = before.rsplit(starts).next().unwrap_or_default();
    if name.starts_with('$') { "" } else { name }
}

/// Returns the case of an S3 host without a region.
///
/// The rewrite is certain if the bucket is a reference, and only a guess if it is written out.
fn s3<'a>(host: &Host<'a>, labels: &[&str]) -> Case<'a> {
    let bucket = match labels {
        ["", _] => placeholder(host.before).to_owned(),
        [bucket @ .., _] if !bucket.is_empty() => bucket.join("."),
        _ => {
            let path = host.after.strip_prefix('/').unwrap_or_default();
            let placeholder = [
                ("<", ">"),
                ("{{", "}}"),
                ("$(", ")"),
                ("((", "))"),
                ("(", ")"),
            ]
            .iter()
            .filter(|(open, _)| path.starts_with(open))
            .find_map(|(_, close)| Some(path.find(close)? + close.len()));
            let end = placeholder.or_else(|| path.find(ends_segment));
            path[..end.unwrap_or(path.len())].to_owned()
        }
    };
    if bucket.is_empty() || bucket == "*" || bucket.contains(is_mark) {
        Case::Regionless
    } else {
        Case::Bucket(bucket)
    }
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

    #[test]
    fn a_placeholder_before_a_host_is_no_reference() {
        for (before, expected) in [
            ("https://[bucket-name]", "[bucket-name]"),
            ("x https://%BUCKET%", "%BUCKET%"),
            ("https://((bucket))", "((bucket))"),
            ("https://$(bucket)", ""),
            ("'https://' + bucket + '", ""),
            ("a list, ", ""),
        ] {
            assert_eq!(placeholder(before), expected);
        }
    }
}
