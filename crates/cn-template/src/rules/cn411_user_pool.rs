//! User pools and their authorizers do not exist in China.

use super::model::{Absent, Hits, Look, Rule, Spots};
use super::shared::host;
use crate::diag::{Code, Severity};
use crate::look::place::{Section, Treatment};
use crate::look::scene::Scene;
use crate::look::subject::Subject;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN411",
        title: "Cognito user pools are not available in China",
    },
    name: "user-pool",
    severity: Severity::Error,
    why: "user pools and their authorizers are not available in China",
    help: "use another OIDC provider or a Lambda authorizer in China, with a condition on `AWS::Partition`",
    sources: &["cn-cognito", "cn-api-gateway"],
    looks: &[
        Look::Absent(&[
            Absent::kind("AWS::Cognito::UserPool").help(SIGN_IN),
            Absent::kind("AWS::Cognito::UserPoolClient").help(SIGN_IN),
            Absent::kind("AWS::Cognito::UserPoolDomain").help(SIGN_IN),
            Absent::kind("AWS::Cognito::UserPoolGroup").help(SIGN_IN),
            Absent::kind("AWS::Cognito::UserPoolIdentityProvider").help(SIGN_IN),
            Absent::kind("AWS::Cognito::UserPoolResourceServer").help(SIGN_IN),
            Absent::kind("AWS::Cognito::UserPoolRiskConfigurationAttachment").help(SIGN_IN),
            Absent::kind("AWS::Cognito::UserPoolUICustomizationAttachment").help(SIGN_IN),
            Absent::kind("AWS::Cognito::UserPoolUser").help(SIGN_IN),
            Absent::kind("AWS::Cognito::UserPoolUserToGroupAttachment").help(SIGN_IN),
            Absent::value(
                "AWS::ApiGateway::Authorizer",
                &["Type"],
                &["COGNITO_USER_POOLS"],
            ),
            Absent::value(
                "AWS::ApiGateway::Method",
                &["AuthorizationType"],
                &["COGNITO_USER_POOLS"],
            ),
            Absent::value(
                "AWS::AppSync::GraphQLApi",
                &["AuthenticationType"],
                &["AMAZON_COGNITO_USER_POOLS"],
            ),
            Absent::value(
                "AWS::AppSync::GraphQLApi",
                &["AdditionalAuthenticationProviders", "AuthenticationType"],
                &["AMAZON_COGNITO_USER_POOLS"],
            ),
            Absent::value(
                "AWS::ElasticLoadBalancingV2::Listener",
                &["DefaultActions", "Type"],
                &["authenticate-cognito"],
            ),
            Absent::value(
                "AWS::ElasticLoadBalancingV2::ListenerRule",
                &["Actions", "Type"],
                &["authenticate-cognito"],
            ),
            Absent::value(
                "AWS::OpenSearchService::Domain",
                &["CognitoOptions", "Enabled"],
                &["true"],
            ),
            Absent::value(
                "AWS::Elasticsearch::Domain",
                &["CognitoOptions", "Enabled"],
                &["true"],
            ),
            Absent::property("AWS::Cognito::IdentityPool", &["CognitoIdentityProviders"]),
            Absent::property(
                "AWS::SageMaker::Workteam",
                &["MemberDefinitions", "CognitoMemberDefinition"],
            ),
        ]),
        Look::Resource(look),
        Look::Words(&["cognito_user_pools"], look_at_definition),
        Look::Words(&["cognito-idp"], look_at_host),
    ],
    ..Rule::BASE
};

const SIGN_IN: &str = "sign users in with another OIDC provider, or verify tokens in a Lambda authorizer; put the resource under a condition on `AWS::Partition`";

/// Looks at the security schemes of an OpenAPI definition.
fn look_at_definition(scene: &Scene<'_, '_>, hits: &mut Hits<'_>) {
    let is_scheme = scene.place.last() == "x-amazon-apigateway-authtype"
        || scene
            .place
            .ends_with(&["x-amazon-apigateway-authorizer", "type"]);
    if scene.aim.is_china() && is_scheme && scene.text == "cognito_user_pools" {
        hits.report(0..scene.text.len(), RULE.code.title);
    }
}

/// Looks at the issuer of a user pool's tokens.
fn look_at_host(scene: &Scene<'_, '_>, hits: &mut Hits<'_>) {
    if !scene.aim.is_china() || scene.place.section == Section::Outputs {
        return;
    }
    for host in host::all(scene.text) {
        if host.labels.first() == Some(&"cognito-idp") && scene.treatment == Treatment::Value {
            hits.report(host.range, RULE.code.title);
        }
    }
}

/// Looks at authorizers and events of SAM, whose names the author chooses.
fn look(subject: &Subject<'_, '_>, spots: &mut Spots<'_>) {
    match subject.kind {
        "AWS::Serverless::Api" => {
            for (node, aims) in subject.at(&["Auth", "Authorizers"]) {
                for entry in node.entries() {
                    if let Some(pool) = entry.value.entry("UserPoolArn") {
                        spots.report(pool.key.span, subject.view.in_regions(aims));
                    }
                }
            }
        }
        "AWS::Serverless::Function" => {
            for (node, aims) in subject.at(&["Events"]) {
                let types = node.entries().iter();
                let types = types.filter_map(|entry| entry.value.get("Type"));
                for event in types.filter(|event| event.as_str() == Some("Cognito")) {
                    spots.report(event.span, subject.view.in_regions(aims));
                }
            }
        }
        _ => {}
    }
}
