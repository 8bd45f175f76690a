//! The China emulator's description of the resources of a stack.

use cn_testkit::{CallError, Client, StackResource, decoded, xml};
use serde_json::json;

/// Returns a stack's resources, those of nested stacks after their stack.
pub(super) fn resources(china: &Client, stack: &str) -> Result<Vec<StackResource>, CallError> {
    let mut all = Vec::new();
    for resource in china.stack_resources(stack)? {
        let nested = resource.kind == "AWS::CloudFormation::Stack";
        let id = resource.physical_id.clone();
        all.push(resource);
        if nested {
            all.extend(resources(china, &id)?);
        }
    }
    Ok(all)
}

/// Returns all texts about a resource from its own service that may contain an ARN.
pub(super) fn described(
    china: &Client,
    resource: &StackResource,
) -> Result<Vec<String>, CallError> {
    let id = resource.physical_id.as_str();
    match resource.kind.as_str() {
        "AWS::IAM::Role" => role(china, id),
        "AWS::IAM::ManagedPolicy" => managed_policy(china, id),
        "AWS::Lambda::Function" => rest(china, &format!("/2015-03-31/functions/{id}")),
        "AWS::Lambda::LayerVersion" => {
            let (layer, version) = id.rsplit_once(':').unwrap_or((id, "1"));
            let name = layer.rsplit(':').next().unwrap_or(layer);
            rest(
                china,
                &format!("/2018-10-31/layers/{name}/versions/{version}"),
            )
        }
        "AWS::StepFunctions::StateMachine" => {
            let input = json!({"stateMachineArn": id});
            let target = "AWSStepFunctions.DescribeStateMachine";
            Ok(vec![china.json("states", target, &input)?.to_string()])
        }
        "AWS::SNS::Topic" => {
            let fields = [("TopicArn", id)];
            Ok(vec![china.query("sns", "GetTopicAttributes", &fields)?])
        }
        _ => Ok(vec![id.to_owned()]),
    }
}

/// Returns the ARN that a text begins with.
pub(super) fn arn_at(text: &str) -> &str {
    let end = text.find(['"', '<', '&', '\'', ' ', ',']);
    &text[..end.unwrap_or(text.len())]
}

fn rest(china: &Client, path: &str) -> Result<Vec<String>, CallError> {
    let answer = china.rest("lambda", "GET", path, "", Vec::new())?;
    Ok(vec![String::from_utf8_lossy(&answer).into_owned()])
}

/// Returns the trust policy, attached policies and inline policies of a role.
fn role(china: &Client, name: &str) -> Result<Vec<String>, CallError> {
    let role = ("RoleName", name);
    let iam = |operation, fields: &[(&str, &str)]| china.query("iam", operation, fields);
    let mut texts = vec![
        decoded(&iam("GetRole", &[role])?),
        iam("ListAttachedRolePolicies", &[role])?,
    ];
    for policy in xml::all(&iam("ListRolePolicies", &[role])?, "member") {
        let answer = iam("GetRolePolicy", &[role, ("PolicyName", policy)])?;
        texts.push(decoded(&answer));
    }
    Ok(texts)
}

fn managed_policy(china: &Client, arn: &str) -> Result<Vec<String>, CallError> {
    let policy = ("PolicyArn", arn);
    let answer = china.query("iam", "GetPolicy", &[policy])?;
    let version = xml::first(&answer, "DefaultVersionId").unwrap_or_default();
    let fields = [policy, ("VersionId", version.as_str())];
    let document = china.query("iam", "GetPolicyVersion", &fields)?;
    Ok(vec![answer, decoded(&document)])
}
