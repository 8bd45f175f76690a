//! Names that differ between partitions and are neither ARNs nor service hosts.

use super::matches::{Match, Row, To, places};
use super::phrase::{REGION, is_mark};
use super::place::{Section, Treatment};
use super::rule::code;
use super::scene::Scene;
use crate::china;
use crate::diag::{Code, Severity};
use crate::partition::{Partition, Region};

/// What does not fit among the names in a text.
pub(super) fn matches(scene: &Scene<'_, '_>) -> Vec<Match> {
    let mut found = Vec::new();
    rows(scene, &IDENTIFIERS, &mut found);
    // Most texts have no dot, and then none of these names.
    let has_dot = scene.text.contains('.');
    if has_dot {
        rows(scene, &HOSTS, &mut found);
        hosts_outside(scene, &mut found);
    }
    let Some(region) = scene.aim.region() else {
        return found;
    };
    endpoint_service(scene, region, &mut found);
    found.extend(owned(scene, region));
    found.extend(bare_policy(scene, region));
    found.extend(rotation_version(scene, region));
    found.extend(region_name(scene, region));
    bootstrap_bucket(scene, region, &mut found);
    if region.partition() == Partition::AwsCn {
        http_task(scene, &mut found);
        if has_dot {
            mirrors(scene, &mut found);
        }
        found.extend(identifier(scene));
        found.extend(public_parameter(scene));
    }
    found
}

/// Hosts that `AWS::URLSuffix` does not give, by partition.
///
/// # Source
///
/// CDK region-info 2.269.0 (sign-in), botocore 1.43.11 (dual stack), AWS China
/// documentation (console).
static HOSTS: [(Code, Row); 3] = [
    (
        code::CONSOLE,
        Row {
            key: "ConsoleHost",
            values: &[
                (Partition::Aws, "console.aws.amazon.com"),
                (Partition::AwsCn, "console.amazonaws.cn"),
                (Partition::AwsUsGov, "console.amazonaws-us-gov.com"),
            ],
        },
    ),
    (
        code::CONSOLE,
        Row {
            key: "SignInHost",
            values: &[
                (Partition::Aws, "signin.aws.amazon.com"),
                (Partition::AwsCn, "signin.amazonaws.cn"),
                (Partition::AwsUsGov, "signin.amazonaws-us-gov.com"),
            ],
        },
    ),
    (
        code::DUAL_STACK,
        Row {
            key: "DualStackSuffix",
            values: &[
                (Partition::Aws, ".api.aws"),
                (Partition::AwsCn, ".api.amazonwebservices.com.cn"),
                (Partition::AwsUsGov, ".api.aws"),
            ],
        },
    ),
];

/// Identifiers that each partition has its own of.
///
/// # Source
///
/// AWS China documentation (CloudFront), terraform-provider-aws (log id).
static IDENTIFIERS: [(Code, Row); 2] = [
    (
        code::ZONE,
        Row {
            key: "CloudFrontZone",
            values: &[
                (Partition::Aws, "Z2FDTNDATAQYW2"),
                (Partition::AwsCn, "Z3RFFRIM2A3IF5"),
            ],
        },
    ),
    (
        code::LOG_ID,
        Row {
            key: "CloudFrontLogId",
            values: &[
                (
                    Partition::Aws,
                    "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0",
                ),
                (
                    Partition::AwsCn,
                    "a52cb28745c0c06e84ec548334e44bfa7fc2a85c54af20cd59e4969344b7af56",
                ),
            ],
        },
    ),
];

fn rows(scene: &Scene<'_, '_>, rows: &'static [(Code, Row)], found: &mut Vec<Match>) {
    for (code, row) in rows {
        let own = scene
            .aim
            .region()
            .map(|region| row.value(region.partition()));
        if own == Some(None) {
            continue;
        }
        for (partition, name) in row.values {
            if scene.aim.fits(*partition) || own == Some(Some(name)) {
                continue;
            }
            for at in whole_names(scene.text, name) {
                let hit = Match::replace(*code, at..at + name.len(), To::Mapped(row));
                if !found.iter().any(|other| other.range == hit.range) {
                    found.push(hit);
                }
            }
        }
    }
}

fn hosts_outside(scene: &Scene<'_, '_>, found: &mut Vec<Match>) {
    if !scene.aim.is_china() {
        return;
    }
    for (code, name, message, help) in [
        (
            code::CLOUDFRONT_HOST,
            ".cloudfront.net",
            "a `cloudfront.net` host belongs to a distribution outside China",
            "use `!GetAtt Distribution.DomainName` behind an alternate domain name with ICP recordal: `cloudfront.cn` itself serves nothing",
        ),
        (
            code::FUNCTION_HOST,
            ".on.aws",
            "Lambda function URLs do not exist in China",
            "put API Gateway or a load balancer before the function",
        ),
    ] {
        for at in whole_names(scene.text, name) {
            found.push(Match::report(
                code,
                Severity::Warning,
                at..at + name.len(),
                message,
                help,
            ));
        }
    }
}

/// Where a name stands in a text, ended by something that cannot continue it.
fn whole_names<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    places(text, name).filter(move |at| {
        let is_part =
            |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
        let after = &text[at + name.len()..];
        let continues = after.starts_with(is_part)
            || after
                .strip_prefix('.')
                .is_some_and(|rest| rest.starts_with(is_part));
        let is_begun = !name.starts_with('.') && text[..*at].ends_with(is_part);
        !continues && !is_begun
    })
}

/// The name of a VPC endpoint's service.
fn endpoint_service(scene: &Scene<'_, '_>, region: &Region, found: &mut Vec<Match>) {
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
        found.push(Match::replace(
            code::ENDPOINT,
            at..at + label.len(),
            To::Region,
        ));
    }
    if name.contains(is_mark) {
        found.push(Match::report(
            code::ENDPOINT,
            Severity::Warning,
            0..scene.text.len(),
            "some endpoint services begin with `cn.com.amazonaws` in China, and the name is not written out",
            "map the whole service name by `AWS::Partition`: the wrong one fails with `The Vpc Endpoint Service does not exist`",
        ));
        return;
    }
    let is_gateway =
        matches!(name, "s3" | "dynamodb") && scene.property("VpcEndpointType") != Some("Interface");
    let name = name.strip_suffix(".cn").unwrap_or(name);
    let twin = if is_gateway {
        None
    } else {
        china::endpoint_service(name, region)
    };
    let com = start..start + "com".len();
    match twin {
        Some(twin) if !is_marked_cn => {
            found.push(Match::replace(
                code::ENDPOINT,
                com,
                To::Text("cn.com".to_owned()),
            ));
            if twin != name {
                let end = scene.text.len();
                found.push(Match::replace(
                    code::ENDPOINT,
                    end - name.len()..end,
                    To::Text(twin.to_owned()),
                ));
            }
        }
        None if is_marked_cn && region.partition() != Partition::AwsCn => {
            found.push(Match::replace(
                code::ENDPOINT,
                0..start + "com".len(),
                To::Text("com".to_owned()),
            ));
        }
        _ => {}
    }
}

/// Zones and identifiers that AWS owns, where the text is nothing else.
fn owned(scene: &Scene<'_, '_>, region: &Region) -> Option<Match> {
    let is_zone = scene.text.starts_with('Z') && scene.text.len() > 10;
    let is_number = scene.text.len() == 12 && scene.place.is_account();
    if !is_zone && !is_number {
        return None;
    }
    let whole = 0..scene.text.len();
    let twin = china::twin(scene.text, region)?;
    let code = match twin.what {
        "elb-log-account" | "cloudtrail-account" => code::LOG_ACCOUNT,
        what if what.starts_with("zone-") && what != "zone-cloudfront" => code::ZONE,
        _ => return None,
    };
    Some(match twin.value {
        Some(value)
            if scene.place.section != Section::Mappings
                || code == code::LOG_ID
                || twin.what == "zone-cloudfront" =>
        {
            Match::replace(code, whole, To::Text(value.to_owned()))
        }
        _ => Match::report(
            code,
            Severity::Warning,
            whole,
            format!(
                "`{}` ({}) belongs to another partition",
                scene.text, twin.what
            ),
            "ask the resource for it (`!GetAtt LoadBalancer.CanonicalHostedZoneID`) or map it by `AWS::Region`",
        ),
    })
}

/// A managed policy by its bare name, as SAM takes it.
fn bare_policy(scene: &Scene<'_, '_>, region: &Region) -> Option<Match> {
    let is_list = scene.place.resource_type.starts_with("AWS::Serverless::")
        && scene.place.path == ["Policies"];
    let is_name = scene.text.len() > 3
        && scene
            .text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-/".contains(&byte));
    if !is_list || !is_name || scene.place.is_key {
        return None;
    }
    let is_absent =
        |path: String| china::managed_policy(&path, region.partition()) == china::Availability::No;
    let candidates = ["", "service-role/", "job-function/", "aws-service-role/"];
    let exists = candidates.iter().any(|folder| {
        china::managed_policy(&format!("{folder}{}", scene.text), region.partition())
            == china::Availability::Yes
    });
    (!exists
        && candidates
            .iter()
            .any(|folder| is_absent(format!("{folder}{}", scene.text))))
    .then(|| super::arn::policy_finding(scene.text, 0..scene.text.len(), region))
    .flatten()
}

/// The version of a rotation application, which is the partition's own.
fn rotation_version(scene: &Scene<'_, '_>, region: &Region) -> Option<Match> {
    if scene.place.resource_type != "AWS::Serverless::Application"
        || scene.place.path != ["Location", "SemanticVersion"]
    {
        return None;
    }
    let id = scene.place.properties?.at(&["Location", "ApplicationId"])?;
    let id = super::phrase::Phrase::of(id)?.text;
    let name = id.rsplit_once(":applications/")?.1;
    let own = china::known(&format!("rotation-{name}"), region)?;
    let is_other =
        china::known("rotation-account", region).is_none_or(|account| !id.contains(account));
    (is_other && own != scene.text).then(|| {
        Match::replace(
            code::ROTATION,
            0..scene.text.len(),
            To::Text(own.to_owned()),
        )
    })
}

/// A region's name as a value of its own.
fn region_name(scene: &Scene<'_, '_>, region: &Region) -> Option<Match> {
    if scene.place.section == Section::Conditions
        || scene.place.section == Section::Rules
        || scene.place.is_key
    {
        return None;
    }
    let text = scene.text.trim();
    let zone = text.strip_suffix(|last: char| last.is_ascii_lowercase());
    let is_other =
        |name: &str| Partition::of_region(name).is_some_and(|named| named != region.partition());
    let (code, message) = if is_other(text) {
        (
            code::REGION_NAME,
            format!(
                "region `{text}` is not in partition `{}`",
                region.partition()
            ),
        )
    } else if zone.is_some_and(is_other) {
        (
            code::ZONE_NAME,
            format!(
                "availability zone `{text}` is not in partition `{}`",
                region.partition()
            ),
        )
    } else {
        return None;
    };
    let help = if code == code::ZONE_NAME {
        "choose with `!Select [0, !GetAZs \"\"]`; regions in China have three zones"
    } else {
        "write `!Ref AWS::Region` if the stack's own region is meant; what spans regions stays inside one partition"
    };
    let severity = if scene.place.section == Section::Resource {
        Severity::Warning
    } else {
        Severity::Note
    };
    Some(Match::report(
        code,
        severity,
        0..scene.text.len(),
        message,
        help,
    ))
}

/// Places outside AWS that are slow or blocked from China.
///
/// # Source
///
/// Ports of aws-samples projects, which swapped these for mirrors.
const MIRRORS: [&str; 12] = [
    "public.ecr.aws",
    "docker.io",
    "gcr.io",
    "quay.io",
    "ghcr.io",
    "registry.k8s.io",
    "raw.githubusercontent.com",
    "github.com",
    "registry.npmjs.org",
    "pypi.org",
    "files.pythonhosted.org",
    "bootstrap.pypa.io",
];

fn mirrors(scene: &Scene<'_, '_>, found: &mut Vec<Match>) {
    for name in MIRRORS {
        for at in places(scene.text, name) {
            let before = &scene.text[..at];
            let is_start =
                before.is_empty() || before.ends_with(['/', '.', ' ', '"', '\'', '@', '=', '\n']);
            let is_end = scene.text[at + name.len()..].starts_with(['/', ':']);
            if is_start && is_end {
                found.push(Match::report(
                    code::MIRROR,
                    Severity::Note,
                    at..at + name.len(),
                    format!("`{name}` is slow or blocked from China"),
                    "copy what is fetched from there to S3 or ECR in China, or use a mirror there",
                ));
            }
        }
    }
}

/// The bucket of bootstrap actions, which has a name per region.
fn bootstrap_bucket(scene: &Scene<'_, '_>, region: &Region, found: &mut Vec<Match>) {
    let name = "elasticmapreduce";
    for before in ["s3://", ":s3:::"] {
        for at in places(scene.text, before) {
            let start = at + before.len();
            let rest = &scene.text[start..];
            let bucket = rest.split(['/', '"', '\'', ' ']).next().unwrap_or_default();
            let label = bucket
                .strip_suffix(name)
                .map(|label| label.trim_end_matches('.'));
            let is_other = |label: &str| {
                label.is_empty()
                    || Partition::of_region(label).is_some_and(|named| named != region.partition())
            };
            if label.is_some_and(is_other) && region.partition() == Partition::AwsCn {
                let to = To::Text(format!("{region}.{name}"));
                found.push(Match::replace(
                    code::BUCKET_EMR,
                    start..start + bucket.len(),
                    to,
                ));
            }
        }
    }
}

/// The task of a state machine that calls a third party.
fn http_task(scene: &Scene<'_, '_>, found: &mut Vec<Match>) {
    let name = ":states:::http:invoke";
    if let Some(at) = places(scene.text, name).next() {
        found.push(Match::report(
            code::HTTP_TASK,
            Severity::Warning,
            at + 1..at + name.len(),
            "HTTP tasks of state machines are not available in China",
            "call the third party from a Lambda task there",
        ));
    }
}

/// Identifiers of things that exist in one region only.
fn identifier(scene: &Scene<'_, '_>) -> Option<Match> {
    if scene.treatment != Treatment::Value || scene.place.section != Section::Resource {
        return None;
    }
    let what = ["pl-", "vpce-"].into_iter().find(|prefix| {
        scene.text.strip_prefix(prefix).is_some_and(|rest| {
            rest.len() >= 8 && rest.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    })?;
    Some(Match::report(
        code::IDENTIFIER,
        Severity::Warning,
        0..scene.text.len(),
        format!("`{}` exists in one region only", scene.text),
        if what == "pl-" {
            "look the prefix list up by its name in each region, or make it a parameter"
        } else {
            "make the endpoint a parameter, or a resource of this template"
        },
    ))
}

/// Public parameters that Systems Manager does not serve in China.
fn public_parameter(scene: &Scene<'_, '_>) -> Option<Match> {
    let name = "/aws/service/global-infrastructure";
    let at = places(scene.text, name).next()?;
    Some(Match::report(
        code::PUBLIC_PARAMETER,
        Severity::Warning,
        at..at + name.len(),
        "public parameters under `/aws/service/global-infrastructure` are not served in China",
        "pass the value in as a parameter",
    ))
}
