//! Other services: what China lacks or does otherwise.

use super::super::rule::code;
use super::Subject;
use crate::diag::{Code, Diagnostic, Severity};
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    doubtful(subject, found);
    values(subject, found);
    user_pools(subject, found);
    exposed(subject, found);
    remote_files(subject, found);
    subject_properties(subject, found);
}

/// Types that the registry lists although no endpoint of the service is known in China.
const DOUBTFUL: [&str; 8] = [
    "AWS::WAF::",
    "AWS::Cloud9::",
    "AWS::DataPipeline::",
    "AWS::SDB::",
    "AWS::OpsWorks::",
    "AWS::OpsWorksCM::",
    "AWS::BedrockAgentCore::",
    "AWS::ApplicationSignals::",
];

fn doubtful(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    use crate::china::{Availability, resource_type};
    let is_listed = resource_type(subject.kind, subject.region) == Availability::Yes;
    if is_listed
        && DOUBTFUL
            .iter()
            .any(|prefix| subject.kind.starts_with(prefix))
    {
        found.push(subject.found(
            code::DOUBTFUL,
            Severity::Warning,
            subject.kind_span,
            format!(
                "the registry lists `{}`, but no endpoint of the service is known in China",
                subject.kind
            ),
            "try it there before you rely on it",
        ));
    }
    if subject.is(&["AWS::AppSync::GraphQLApi"]) && subject.region.as_str() == "cn-northwest-1" {
        found.push(subject.found(
            code::APPSYNC,
            Severity::Warning,
            subject.kind_span,
            "the documentation has AppSync in Beijing only",
            "deploy it to `cn-north-1`, or try it in Ningxia before you rely on it",
        ));
    }
}

/// A value of a property that China does not take.
struct Value {
    kinds: &'static [&'static str],
    path: &'static [&'static str],
    values: &'static [&'static str],
    code: Code,
    severity: Severity,
    message: &'static str,
    help: &'static str,
}

const VALUES: &[Value] = &[
    Value {
        kinds: &["AWS::AppSync::DataSource"],
        path: &["Type"],
        values: &["RELATIONAL_DATABASE"],
        code: code::APPSYNC,
        severity: Severity::Error,
        message: "AppSync in China has no relational data sources",
        help: "reach the database through a Lambda data source there",
    },
    Value {
        kinds: &["AWS::SNS::Subscription"],
        path: &["Protocol"],
        values: &["sms", "application", "email", "email-json"],
        code: code::MESSAGES,
        severity: Severity::Warning,
        message: "messages to phones and mailboxes are restricted in China",
        help: "test it there; SMS goes through providers in China",
    },
    Value {
        kinds: &["AWS::SNS::Topic"],
        path: &["Subscription", "Protocol"],
        values: &["sms", "application", "email", "email-json"],
        code: code::MESSAGES,
        severity: Severity::Warning,
        message: "messages to phones and mailboxes are restricted in China",
        help: "test it there; SMS goes through providers in China",
    },
    Value {
        kinds: &["AWS::ACMPCA::CertificateAuthority"],
        path: &["KeyStorageSecurityStandard"],
        values: &[
            "FIPS_140_2_LEVEL_2_OR_HIGHER",
            "FIPS_140_2_LEVEL_3_OR_HIGHER",
        ],
        code: code::PRIVATE_CA,
        severity: Severity::Warning,
        message: "keys of private authorities in China are stored by another standard",
        help: "write `CCPC_LEVEL_1_OR_HIGHER` there",
    },
    Value {
        kinds: &["AWS::CodePipeline::Pipeline"],
        path: &["Stages", "Actions", "ActionTypeId", "Provider"],
        values: &["CodeStarSourceConnection"],
        code: code::TYPE_ABSENT,
        severity: Severity::Error,
        message: "connections to source providers do not exist in China",
        help: "take the source from CodeCommit or S3 there",
    },
];

fn values(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for value in VALUES
        .iter()
        .filter(|value| value.kinds.contains(&subject.kind))
    {
        for (text, span) in subject.texts(value.path) {
            if value.values.contains(&text) {
                found.push(subject.found(
                    value.code,
                    value.severity,
                    span,
                    value.message,
                    value.help,
                ));
            }
        }
    }
}

/// Properties that China does not have, whatever their schema says.
fn subject_properties(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    match subject.kind {
        "AWS::S3::Bucket" => subject.forbid(
            found,
            &["AccelerateConfiguration"],
            code::ACCELERATE,
            Severity::Error,
            "S3 Transfer Acceleration does not exist in China",
            "drop it there with `!If [IsChina, !Ref AWS::NoValue, ...]`",
        ),
        "AWS::ACMPCA::CertificateAuthority" => subject.forbid(
            found,
            &["RevocationConfiguration", "OcspConfiguration"],
            code::PRIVATE_CA,
            Severity::Warning,
            "private authorities in China offer no OCSP",
            "publish revocation lists there",
        ),
        "AWS::ECS::Service" => subject.forbid(
            found,
            &["DeploymentConfiguration", "Alarms"],
            code::ALARMS,
            Severity::Note,
            "the CDK refuses deployment alarms in China",
            "test it there: the CDK's list may be old",
        ),
        _ => {}
    }
}

/// Whatever wants a user pool.
fn user_pools(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    let help = "use another OIDC provider or a Lambda authorizer there, under a condition on `AWS::Partition`";
    let mut say = |span: Span| {
        found.push(subject.found(
            code::USER_POOL,
            Severity::Error,
            span,
            "Cognito user pools do not exist in China",
            help,
        ));
    };
    let paths: &[(&[&str], &[&str])] = match subject.kind {
        "AWS::ApiGateway::Authorizer" => &[(&["Type"], &["COGNITO_USER_POOLS"])],
        "AWS::ApiGateway::Method" => &[(&["AuthorizationType"], &["COGNITO_USER_POOLS"])],
        "AWS::AppSync::GraphQLApi" => &[
            (&["AuthenticationType"], &["AMAZON_COGNITO_USER_POOLS"]),
            (
                &["AdditionalAuthenticationProviders", "AuthenticationType"],
                &["AMAZON_COGNITO_USER_POOLS"],
            ),
        ],
        "AWS::ElasticLoadBalancingV2::Listener" => {
            &[(&["DefaultActions", "Type"], &["authenticate-cognito"])]
        }
        "AWS::ElasticLoadBalancingV2::ListenerRule" => {
            &[(&["Actions", "Type"], &["authenticate-cognito"])]
        }
        _ => &[],
    };
    for (path, values) in paths {
        for (text, span) in subject.texts(path) {
            if values.contains(&text) {
                say(span);
            }
        }
    }
    if subject.is(&["AWS::Serverless::Api"]) {
        for node in subject.at(&["Auth", "Authorizers"]) {
            for entry in node.entries() {
                if let Some(pool) = entry.value.entry("UserPoolArn") {
                    say(pool.key.span);
                }
            }
        }
    }
    if subject.is(&["AWS::Serverless::Function"]) {
        for node in subject.at(&["Events"]) {
            for event in node
                .entries()
                .iter()
                .filter_map(|entry| entry.value.get("Type"))
            {
                if event.as_str() == Some("Cognito") {
                    say(event.span);
                }
            }
        }
    }
}

/// Endpoints open to everybody, which need an ICP recordal.
fn exposed(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    let mut say = |span: Span, what: &str| {
        found.push(subject.found(
            code::ICP,
            Severity::Note,
            span,
            format!("{what} needs an ICP recordal of the account in China"),
            "file the recordal before go-live; until then public HTTP is answered with 401 or 403, or not at all",
        ));
    };
    match subject.kind {
        "AWS::ApiGateway::Method" => {
            for (text, span) in subject.texts(&["AuthorizationType"]) {
                let is_options = subject
                    .texts(&["HttpMethod"])
                    .iter()
                    .any(|(method, _)| *method == "OPTIONS");
                if matches!(text, "NONE" | "CUSTOM") && !is_options {
                    say(span, "an API method without IAM authorization");
                }
            }
        }
        "AWS::ApiGateway::DomainName" | "AWS::ApiGatewayV2::DomainName" => {
            say(subject.kind_span, "a custom domain name");
        }
        "AWS::ElasticLoadBalancingV2::LoadBalancer" | "AWS::ElasticLoadBalancing::LoadBalancer" => {
            if let Some((_, span)) = subject
                .texts(&["Scheme"])
                .into_iter()
                .find(|(text, _)| *text == "internet-facing")
            {
                say(span, "an internet-facing load balancer");
            }
        }
        "AWS::S3::Bucket" => {
            if let Some(entry) = subject
                .properties
                .and_then(|node| node.entry("WebsiteConfiguration"))
            {
                say(entry.key.span, "a public website");
            }
        }
        _ => {}
    }
}

/// Keeps the first of the notes on public endpoints, with the number of the others.
pub(super) fn public(found: &mut Vec<Diagnostic>) {
    let total = found
        .iter()
        .filter(|finding| finding.code == code::ICP)
        .count();
    let mut is_first = true;
    found.retain_mut(|finding| {
        if finding.code != code::ICP {
            return true;
        }
        if is_first && total > 1 {
            let others = total - 1;
            finding.message = format!("{}, as do {others} more here", finding.message);
        }
        std::mem::replace(&mut is_first, false)
    });
}

/// Definitions that lie in a bucket already: no rewrite reaches them.
fn remote_files(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    let path: &[&str] = match subject.kind {
        "AWS::Serverless::Api" | "AWS::Serverless::HttpApi" | "AWS::Serverless::StateMachine" => {
            &["DefinitionUri"]
        }
        "AWS::StepFunctions::StateMachine" => &["DefinitionS3Location"],
        "AWS::ApiGateway::RestApi" | "AWS::ApiGatewayV2::Api" => &["BodyS3Location"],
        _ => return,
    };
    for node in subject.at(path) {
        let is_remote = match node.as_str() {
            Some(text) => text.starts_with("s3://") || text.starts_with("https://"),
            None => {
                node.call().is_none()
                    && node
                        .get("Bucket")
                        .or_else(|| node.get("S3Bucket"))
                        .is_some_and(is_written_out)
            }
        };
        if is_remote {
            found.push(subject.found(
                code::REMOTE_FILE,
                Severity::Warning,
                node.span,
                "the file lies in a bucket already, so nothing in it is rewritten",
                "point at the local file and let `cn-package` upload it",
            ));
        }
    }
}

fn is_written_out(node: &Node) -> bool {
    node.as_str().is_some()
}
