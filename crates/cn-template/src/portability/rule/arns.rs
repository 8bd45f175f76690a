//! Rules about ARNs and what stands in them.

use super::{Rule, code};

pub(super) const ARNS: &[Rule] = &[
    Rule {
        code: code::ARN,
        reason: "every ARN begins with the partition it belongs to; IAM answers `Partition \"aws\" is not valid for resource`",
        source: "AWS China documentation, general reference, ARNs",
        facts: &[
            "A01", "A02", "A03", "A04", "A05", "A06", "A07", "A08", "A09", "A10", "A13", "A14",
            "A16", "A19", "A22", "A23", "A24",
        ],
        before: "arn:aws:s3:::${Bucket}/*",
        after: "arn:${AWS::Partition}:s3:::${Bucket}/*",
    },
    Rule {
        code: code::IN_PIECES,
        reason: "a literal cut into pieces, or one inside a document built from pieces, cannot be changed with certainty",
        source: "design of these tools",
        facts: &["A05", "X01", "X02"],
        before: "[arn:a, ws:s3]",
        after: "",
    },
    Rule {
        code: code::ARN_REGION,
        reason: "a region belongs to one partition",
        source: "botocore partitions.json",
        facts: &["A21"],
        before: "arn:aws:sns:us-east-1:${AWS::AccountId}:topic",
        after: "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:topic",
    },
    Rule {
        code: code::ACCOUNT,
        reason: "accounts never span partitions",
        source: "AWS China documentation, general information",
        facts: &["C30"],
        before: "arn:aws:iam::123456789012:root",
        after: "arn:${AWS::Partition}:iam::${AWS::AccountId}:root",
    },
    Rule {
        code: code::LAYER,
        reason: "owner and version of a layer are the region's own",
        source: "@aws-cdk/region-info 2.269.0",
        facts: &["A11"],
        before: "arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension:60",
        after: "arn:aws-cn:lambda:cn-north-1:488211338238:layer:LambdaInsightsExtension:48",
    },
    Rule {
        code: code::FOREIGN_ARTIFACT,
        reason: "what an account of another partition publishes does not exist here, and no copy is known",
        source: "AWS China documentation, general information",
        facts: &["A11", "A12", "C31", "U03"],
        before: "arn:aws:lambda:us-east-1:123456789012:layer:tools:3",
        after: "",
    },
    Rule {
        code: code::ROTATION,
        reason: "the applications have another owner, region and version in each partition",
        source: "aws-cdk-lib 2.276.0, secret-rotation",
        facts: &["A12"],
        before: "arn:aws:serverlessrepo:us-east-1:297356227824:applications/SecretsManagerRDSMySQLRotationSingleUser",
        after: "arn:aws-cn:serverlessrepo:cn-north-1:193023089310:applications/SecretsManagerRDSMySQLRotationSingleUser",
    },
    Rule {
        code: code::KNOWN_ACCOUNT,
        reason: "accounts that AWS owns have other numbers in each partition",
        source: "@aws-cdk/region-info 2.269.0",
        facts: &["U03", "P11"],
        before: "arn:aws:ecr:us-east-1:763104351884:repository/x",
        after: "arn:aws-cn:ecr:cn-north-1:727897471807:repository/x",
    },
    Rule {
        code: code::PATTERN,
        reason: "the pattern refuses the ARNs of the target",
        source: "ports of aws-solutions templates",
        facts: &["A17"],
        before: "^arn:aws:iam::",
        after: "^arn:aws(-[a-z]+)*:iam::",
    },
    Rule {
        code: code::BUCKET_EMR,
        reason: "bootstrap actions lie in a bucket per region, `REGION.elasticmapreduce`",
        source: "ports of service-workbench",
        facts: &["A15"],
        before: "s3://elasticmapreduce/bootstrap-actions/run-if",
        after: "s3://${AWS::Region}.elasticmapreduce/bootstrap-actions/run-if",
    },
];
