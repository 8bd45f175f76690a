//! Known causes of failures and the advice for each, as one table, China first.

use cn_template::Partition;

use crate::advice::Advice;
use crate::call::CallError;
use crate::stack::is_custom;

/// A known cause.
struct Hint {
    /// Texts that must all occur in the reason, in any case.
    needs: &'static [&'static str],
    /// The prefix of the resource type; empty for all types.
    resource_type: &'static str,
    /// True if the failure occurs only in China.
    is_china: bool,
    /// The next step; a sentence without its period.
    advice: Advice,
    /// The source of the fact.
    #[cfg_attr(not(test), expect(dead_code, reason = "for readers of the table"))]
    source: &'static str,
}

const fn china(
    needs: &'static [&'static str],
    resource_type: &'static str,
    advice: Advice,
    source: &'static str,
) -> Hint {
    Hint {
        needs,
        resource_type,
        is_china: true,
        advice,
        source,
    }
}

const fn anywhere(
    needs: &'static [&'static str],
    resource_type: &'static str,
    advice: Advice,
    source: &'static str,
) -> Hint {
    Hint {
        is_china: false,
        ..china(needs, resource_type, advice, source)
    }
}

/// Represents the types of custom resources, whose reasons come from a function.
const CUSTOM: &str = "Custom::";

/// Advice for an object that is gone or was never uploaded.
const PACKAGE_AGAIN: Advice =
    Advice::Do("the artifact is not in the bucket; run `cn-package` again before `cn-deploy`");

/// Advice for a template that refers to local files.
const PACKAGE_FIRST: Advice = Advice::Do(
    "a property names a local file where an object in S3 is expected; run `cn-package` first, and deploy the template that it writes",
);

const STACK_SET: &str = "AWS::CloudFormation::StackSet";

/// For service-managed permissions without an organization that allows them.
const TRUSTED_ACCESS: Advice = Advice::Do(
    "activate trusted access for StackSets in the management account of the organization; where the region does not support that, pass accounts and use self-managed permissions",
);

/// The table; the first matching row applies.
const HINTS: &[Hint] = &[
    china(
        &["partition \"aws\" is not valid"],
        "",
        Advice::Do(
            "an ARN in the template starts with `arn:aws:`; package the template with `cn-package`, or write `arn:${AWS::Partition}:`",
        ),
        "serverless-application-model 1954; aws-cdk 30437",
    ),
    china(
        &["arn:aws:", "malformed"],
        "",
        Advice::Do(
            "an ARN in the template starts with `arn:aws:`; package the template with `cn-package`, or write `arn:${AWS::Partition}:`",
        ),
        "serverless-application-model 1954; chalice 777",
    ),
    china(
        &["policy arn:aws:iam::aws:policy"],
        "",
        Advice::Do(
            "the managed policy's ARN starts with `arn:aws:`; package the template with `cn-package`",
        ),
        "China documentation, general reference, ARNs",
    ),
    china(
        &["policy arn:aws-cn:iam::aws:policy", "does not exist"],
        "",
        Advice::Do(
            "this managed policy does not exist in China; name another one or write its statements into the template",
        ),
        "translator's lists of managed policies: 599 names of `aws` are not in `aws-cn`",
    ),
    china(
        &["endpoint type", "edge"],
        "AWS::ApiGateway",
        Advice::Do(
            "China has no edge-optimized endpoints; set `EndpointConfiguration: {Types: [REGIONAL]}`",
        ),
        "China documentation, API Gateway",
    ),
    china(
        &["edge", "not supported"],
        "AWS::ApiGateway",
        Advice::Do(
            "China has no edge-optimized endpoints; set `EndpointConfiguration: {Types: [REGIONAL]}`",
        ),
        "China documentation, API Gateway",
    ),
    china(
        &[" icp "],
        "",
        Advice::Do(
            "public HTTP endpoints in China need an ICP filing of the account; the service refuses \
             requests until it is complete",
        ),
        "China documentation, API Gateway and CloudFront",
    ),
    china(
        &["403", "null"],
        "",
        Advice::Do(
            "public HTTP endpoints answer 403 without a message when the account has no ICP \
             filing; check the state of the filing",
        ),
        "China documentation, API Gateway",
    ),
    china(
        &["invalid principal in policy", ".com.cn"],
        "",
        Advice::Do(
            "service principals stay `SERVICE.amazonaws.com` in China, except for ec2, \
             elasticmapreduce and the regional logs and codedeploy",
        ),
        "aws-cdk 2198; terraform-aws-eks 2932; serverless 5365",
    ),
    china(
        &["invalid principal in policy"],
        "",
        Advice::Do(
            "check the account and partition of each principal; service principals stay \
             `SERVICE.amazonaws.com`, except for the regional logs and codedeploy",
        ),
        "serverless 7589 and 12087; kops 27",
    ),
    china(
        &["x-ray"],
        "",
        Advice::Do("Lambda in China has no X-Ray integration; leave `Tracing` out in this region"),
        "China documentation, Lambda",
    ),
    china(
        &["tracing", "not supported"],
        "AWS::Lambda",
        Advice::Do("Lambda in China has no X-Ray integration; leave `Tracing` out in this region"),
        "China documentation, Lambda",
    ),
    china(
        &["unrecognized resource type"],
        "",
        Advice::Do(
            "this type is not offered in the region; make it conditional on `AWS::Partition`",
        ),
        "data-transfer-hub 17; cloudformation-coverage-roadmap 1211 and 1213",
    ),
    china(
        &["lambda:getlayerversion"],
        "",
        Advice::Do(
            "layers have other owner accounts and versions in China; use the ARN that the \
             publisher lists for this region",
        ),
        "aws-cdk 26150; powertools-lambda-python 7975",
    ),
    anywhere(
        &["security token", "invalid"],
        "",
        Advice::Do(
            "the access key belongs to another partition, or is inactive or deleted; run `cn-profile` again and check its parameters",
        ),
        "crossplane provider-aws 1407",
    ),
    anywhere(
        &["replacement type updates not supported"],
        "",
        Advice::RollBackOnFailure,
        "aws-cdk-cli 1931; aws-sam-cli 4164",
    ),
    anywhere(
        &["must use the same deploymentconfig"],
        "",
        Advice::DeployInExpress,
        "aws-cdk-cli 1973",
    ),
    anywhere(
        &["deploymentconfig"],
        "",
        Advice::LeaveExpress,
        "CloudFormation user guide, express mode, \"Unsupported features and limitations\"",
    ),
    anywhere(
        &["express", "not supported"],
        "",
        Advice::LeaveExpress,
        "CloudFormation user guide, express mode, \"Unsupported features and limitations\"",
    ),
    anywhere(
        &["unrecognized resource type"],
        "",
        Advice::Do("this type is not offered in the region"),
        "CloudFormation user guide, troubleshooting",
    ),
    anywhere(
        &["requires capabilities"],
        "",
        Advice::AcknowledgeCapabilities,
        "CloudFormation API reference, `CreateChangeSet`, `Capabilities`",
    ),
    anywhere(
        &["insufficientcapabilities"],
        "",
        Advice::AcknowledgeCapabilities,
        "CloudFormation API reference, `CreateChangeSet`, `Capabilities`",
    ),
    anywhere(
        &["role with trust relationship"],
        "",
        Advice::Do(
            "create the execution role in that account, and let it trust the administration role of this account",
        ),
        "CloudFormation user guide, \"Grant self-managed permissions\"",
    ),
    anywhere(
        &["organizations access"],
        STACK_SET,
        TRUSTED_ACCESS,
        "CloudFormation user guide, \"Activate trusted access for stack sets\"",
    ),
    anywhere(
        &["trusted access"],
        STACK_SET,
        TRUSTED_ACCESS,
        "CloudFormation user guide, \"Activate trusted access for stack sets\"",
    ),
    anywhere(
        &["not empty"],
        "AWS::S3::Bucket",
        Advice::EmptyBucket,
        "Amazon S3 API reference, `DeleteBucket`, `BucketNotEmpty`",
    ),
    anywhere(
        &["already exists in stack"],
        "",
        Advice::Do(
            "another stack owns this resource and cannot share it: choose another name, or remove it from that stack first, with `DeletionPolicy: Retain` to keep it",
        ),
        "CloudFormation user guide, \"Moving resources between stacks\"",
    ),
    anywhere(
        &["already exported by stack"],
        "",
        Advice::Do(
            "another stack exports this name, which is unique in an account and region: choose another name for the export",
        ),
        "CloudFormation user guide, \"Outputs\", `Export`",
    ),
    anywhere(
        &["not authorized to perform"],
        CUSTOM,
        Advice::Do("allow the action in a policy of the role of the custom resource's function"),
        "CloudFormation user guide, custom resources",
    ),
    anywhere(
        &["already exists"],
        "",
        Advice::FreeOrImportName,
        "CloudFormation user guide, \"Import AWS resources automatically\"",
    ),
    anywhere(
        &["custom-named resource", "requires replacing"],
        "",
        Advice::Do("a resource with a fixed name cannot be replaced; change its name as well"),
        "CloudFormation user guide, troubleshooting",
    ),
    anywhere(
        &["not authorized to perform"],
        "",
        Advice::AllowToRole,
        "CloudFormation user guide, troubleshooting",
    ),
    anywhere(
        &["s3 error", "access denied"],
        "",
        Advice::Do(
            "CloudFormation or the service could not read the artifact; check the bucket's policy and encryption key",
        ),
        "CloudFormation user guide, troubleshooting",
    ),
    anywhere(
        &["nosuchkey"],
        "",
        PACKAGE_AGAIN,
        "Lambda API reference, `CreateFunction`",
    ),
    anywhere(
        &["specified key does not exist"],
        "",
        PACKAGE_AGAIN,
        "Amazon S3 API reference, error responses, `NoSuchKey`",
    ),
    anywhere(
        &["not a valid s3 uri"],
        "",
        PACKAGE_FIRST,
        "serverless-application-model, `CodeUriGenerator`",
    ),
    anywhere(
        &["templateurl must be a supported url"],
        "",
        PACKAGE_FIRST,
        "CloudFormation API reference, `AWS::CloudFormation::Stack`",
    ),
    anywhere(
        &["expected type: jsonobject, found: string", "code"],
        "AWS::Lambda",
        PACKAGE_FIRST,
        "CloudFormation user guide, `aws cloudformation package`",
    ),
    anywhere(
        &["value of property", "must be an object"],
        "",
        PACKAGE_FIRST,
        "CloudFormation user guide, `aws cloudformation package`",
    ),
    anywhere(
        &["runtime parameter of", "no longer supported"],
        "",
        Advice::Do("choose a newer runtime in the template"),
        "Lambda developer guide, \"Runtimes\"",
    ),
    anywhere(
        &["did not receive", "cloudformation response"],
        "",
        Advice::Do(
            "the custom resource's function did not answer; read its log, and check that it can reach S3",
        ),
        "CloudFormation user guide, custom resources",
    ),
    anywhere(
        &["limitexceeded"],
        "",
        Advice::Do(
            "a quota of the account is reached; request an increase or delete unused resources",
        ),
        "CloudFormation user guide, troubleshooting",
    ),
];

/// Returns the next step after a failure with a known cause.
///
/// * `resource_type`: empty if the failure is not about a resource.
pub(crate) fn advice(partition: Partition, resource_type: &str, reason: &str) -> Option<Advice> {
    let reason = reason.to_ascii_lowercase();
    let is_custom = is_custom(resource_type);
    let resource_type = if is_custom { CUSTOM } else { resource_type };
    let known = HINTS.iter().find(|hint| {
        // A function's reason refers to its own permissions and to resources that it creates
        // itself.
        let is_of_function =
            is_custom && matches!(hint.advice, Advice::AllowToRole | Advice::FreeOrImportName);
        (!hint.is_china || partition == Partition::AwsCn)
            && !is_of_function
            && resource_type.starts_with(hint.resource_type)
            && hint.needs.iter().all(|text| reason.contains(text))
    });
    Some(known?.advice)
}

/// Returns the next step after a failed request to CloudFormation.
///
/// Rows that apply only in China are about resources.
pub(crate) fn advice_on_call(error: &CallError, resource_type: &str) -> Option<Advice> {
    let texts = [error.code.as_deref(), error.message.as_deref()];
    let said = texts.map(Option::unwrap_or_default).join(": ");
    let known = || advice(Partition::Aws, resource_type, &said);
    error.advice().or_else(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_reached_and_says_where_it_is_from() {
        for row in HINTS {
            let reason = row.needs.join(" … ");
            let partition = if row.is_china {
                Partition::AwsCn
            } else {
                Partition::Aws
            };
            let found = advice(partition, row.resource_type, &reason);
            assert_eq!(found, Some(row.advice), "{reason}");
            assert!(!row.source.is_empty());
            if let Advice::Do(step) = row.advice {
                assert!(!step.ends_with('.'));
            }
            assert!(
                row.needs
                    .iter()
                    .all(|text| *text == text.to_ascii_lowercase())
            );
        }
    }

    #[test]
    fn a_refused_request_is_known_by_its_code_or_its_words() {
        let refused = |code: &str, message: &str| {
            let mut error = CallError::without_answer("cloudformation", "CreateStackSet");
            error.kind = crate::call::CallErrorKind::Refused;
            error.code = Some(code.to_owned());
            error.message = Some(message.to_owned());
            error
        };
        let lacks = refused("InsufficientCapabilitiesException", "no");
        assert_eq!(
            advice_on_call(&lacks, ""),
            Some(Advice::AcknowledgeCapabilities)
        );
        let message = "You must enable organizations access to operate a service managed stack set";
        let untrusted = refused("ValidationError", message);
        assert_eq!(advice_on_call(&untrusted, STACK_SET), Some(TRUSTED_ACCESS));
        assert_eq!(advice_on_call(&untrusted, ""), None);
        assert_eq!(advice_on_call(&refused("ValidationError", "no"), ""), None);
    }

    #[test]
    fn a_hint_fits_who_owns_the_name_and_who_lacks_the_permission() {
        let advice = |kind: &str, reason: &str| advice(Partition::AwsCn, kind, reason);
        let step = |found: Option<Advice>| match found {
            Some(Advice::Do(step)) => step,
            other => panic!("{other:?}"),
        };
        let bucket = "AWS::S3::Bucket";
        let owned = "logs already exists in stack arn:aws-cn:cloudformation:cn-north-1:1:stack/a/b";
        assert!(step(advice(bucket, owned)).contains("another stack owns"));
        let exported =
            "Export with name vpc is already exported by stack net. Rule: a name is unique";
        assert!(step(advice("", exported)).contains("export"));
        assert_eq!(
            advice(bucket, "logs already exists"),
            Some(Advice::FreeOrImportName)
        );
        for kind in ["Custom::Table", "AWS::CloudFormation::CustomResource"] {
            assert_eq!(advice(kind, "table orders already exists"), None, "{kind}");
            let denied = "User: arn:aws-cn:sts::1:assumed-role/f is not authorized to perform: a:B";
            assert!(step(advice(kind, denied)).contains("function"), "{kind}");
        }
        assert_eq!(
            advice("AWS::SNS::TopicPolicy", "TopicPolicy is wrong"),
            None
        );
    }

    #[test]
    fn china_is_told_of_what_happens_in_china_only() {
        let reason = r#"Partition "aws" is not valid for resource "arn:aws:s3:::b". (Service: Iam, Status Code: 400)"#;
        let kind = "AWS::IAM::Policy";
        let found = advice(Partition::AwsCn, kind, reason);
        assert!(matches!(found, Some(Advice::Do(step)) if step.contains("cn-package")));
        assert_eq!(advice(Partition::Aws, kind, reason), None);
        assert_eq!(advice(Partition::AwsCn, kind, "Internal Failure"), None);
    }
}
