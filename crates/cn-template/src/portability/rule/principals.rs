//! Rules about who may do something.

use super::{Rule, code};

pub(super) const PRINCIPALS: &[Rule] = &[
    Rule {
        code: code::PRINCIPAL,
        reason: "`ec2` and `elasticmapreduce` are good with the suffix in every report, old and new; the regional forms of `logs` and `codedeploy` are refused without it",
        source: "AWS CDK region-info history, terraform-provider-aws, issues of both",
        facts: &["P01", "P02", "P03", "P04"],
        before: "ec2.amazonaws.com",
        after: "ec2.${AWS::URLSuffix}",
    },
    Rule {
        code: code::PRINCIPAL_WITH_SUFFIX,
        reason: "all other service principals are `SERVICE.amazonaws.com` in every partition; IAM answers `Invalid principal in policy`",
        source: "AWS CDK issue 2198, terraform-aws-rds-aurora issue 437, terraform-aws-eks issue 2932, serverless issue 5365",
        facts: &["P05", "P06"],
        before: "lambda.${AWS::URLSuffix}",
        after: "lambda.amazonaws.com",
    },
    Rule {
        code: code::SERVICE_NAME,
        reason: "the value is compared with what the service presents: both forms have to be listed for the services whose principal has two",
        source: "ports of service-workbench, AWS CDK emr-create-cluster",
        facts: &["P07"],
        before: "ec2.amazonaws.com",
        after: "[ec2.amazonaws.com, ec2.amazonaws.com.cn]",
    },
    Rule {
        code: code::AUDIENCE,
        reason: "the audience of EKS tokens is `sts.amazonaws.com` in every partition; STS answers `Incorrect token audience`",
        source: "eksctl issue 1910, terraform-aws-eks issues 1704 and 2700",
        facts: &["P08"],
        before: "sts.${AWS::URLSuffix}",
        after: "sts.amazonaws.com",
    },
    Rule {
        code: code::ISSUER,
        reason: "tokens of identity pools are issued by a regional host in China",
        source: "AWS China documentation, Cognito",
        facts: &["P10"],
        before: "cognito-identity.amazonaws.com:aud",
        after: "cognito-identity.cn-north-1.amazonaws.com.cn:aud",
    },
    Rule {
        code: code::LOG_ACCOUNT,
        reason: "log delivery has an account per region",
        source: "@aws-cdk/region-info 2.269.0, terraform-provider-aws",
        facts: &["P11"],
        before: "arn:aws:iam::127311923021:root",
        after: "arn:aws-cn:iam::638102146993:root",
    },
    Rule {
        code: code::LOG_ID,
        reason: "the id differs between partitions",
        source: "terraform-provider-aws",
        facts: &["P12"],
        before: "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0",
        after: "a52cb28745c0c06e84ec548334e44bfa7fc2a85c54af20cd59e4969344b7af56",
    },
];
