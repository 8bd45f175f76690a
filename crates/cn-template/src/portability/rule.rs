//! The rules: what differs, why, and who says so.
//!
//! A rule has one code, whether it rewrites or reports. What a rule does is
//! in the modules around; this is the list that messages, `--explain` and the
//! documentation read.

use crate::diag::Code;

/// Codes of the rules.
pub mod code {
    use crate::diag::Code;

    /// ARN of another partition.
    pub const ARN: Code = Code {
        id: "CN101",
        title: "ARN of another partition",
    };
    /// Literal of another partition in pieces.
    pub const IN_PIECES: Code = Code {
        id: "CN102",
        title: "literal of another partition in pieces",
    };
    /// ARN names a region of another partition.
    pub const ARN_REGION: Code = Code {
        id: "CN103",
        title: "ARN names a region of another partition",
    };
    /// Account number written out.
    pub const ACCOUNT: Code = Code {
        id: "CN104",
        title: "account number written out",
    };
    /// Lambda layer that AWS publishes.
    pub const LAYER: Code = Code {
        id: "CN105",
        title: "Lambda layer that AWS publishes",
    };
    /// Layer, application or image of a foreign account.
    pub const FOREIGN_ARTIFACT: Code = Code {
        id: "CN106",
        title: "layer, application or image of a foreign account",
    };
    /// Secrets Manager rotation application.
    pub const ROTATION: Code = Code {
        id: "CN107",
        title: "Secrets Manager rotation application",
    };
    /// Account of AWS.
    pub const KNOWN_ACCOUNT: Code = Code {
        id: "CN108",
        title: "account of AWS",
    };
    /// AllowedPattern that admits one partition.
    pub const PATTERN: Code = Code {
        id: "CN109",
        title: "AllowedPattern that admits one partition",
    };
    /// Bucket of Elastic MapReduce.
    pub const BUCKET_EMR: Code = Code {
        id: "CN110",
        title: "bucket of Elastic MapReduce",
    };
    /// Service principal that carries the partition's suffix.
    pub const PRINCIPAL: Code = Code {
        id: "CN201",
        title: "service principal that carries the partition's suffix",
    };
    /// Service principal that must not carry the suffix.
    pub const PRINCIPAL_WITH_SUFFIX: Code = Code {
        id: "CN202",
        title: "service principal that must not carry the suffix",
    };
    /// Service name compared in a condition.
    pub const SERVICE_NAME: Code = Code {
        id: "CN203",
        title: "service name compared in a condition",
    };
    /// Audience of a token.
    pub const AUDIENCE: Code = Code {
        id: "CN204",
        title: "audience of a token",
    };
    /// Issuer of identity-pool tokens.
    pub const ISSUER: Code = Code {
        id: "CN205",
        title: "issuer of identity-pool tokens",
    };
    /// Account that delivers logs.
    pub const LOG_ACCOUNT: Code = Code {
        id: "CN206",
        title: "account that delivers logs",
    };
    /// Canonical id of CloudFront's log delivery.
    pub const LOG_ID: Code = Code {
        id: "CN207",
        title: "canonical id of CloudFront's log delivery",
    };
    /// Host of another partition.
    pub const HOST: Code = Code {
        id: "CN301",
        title: "host of another partition",
    };
    /// Host names a region of another partition.
    pub const HOST_REGION: Code = Code {
        id: "CN302",
        title: "host names a region of another partition",
    };
    /// S3 host without a region.
    pub const S3_HOST: Code = Code {
        id: "CN303",
        title: "S3 host without a region",
    };
    /// Bucket of somebody else.
    pub const FOREIGN_BUCKET: Code = Code {
        id: "CN304",
        title: "bucket of somebody else",
    };
    /// Console or sign-in host.
    pub const CONSOLE: Code = Code {
        id: "CN305",
        title: "console or sign-in host",
    };
    /// CloudFront's own host.
    pub const CLOUDFRONT_HOST: Code = Code {
        id: "CN306",
        title: "CloudFront's own host",
    };
    /// S3 host with a hyphen before the region.
    pub const S3_HYPHEN: Code = Code {
        id: "CN307",
        title: "S3 host with a hyphen before the region",
    };
    /// Dual-stack host.
    pub const DUAL_STACK: Code = Code {
        id: "CN308",
        title: "dual-stack host",
    };
    /// Host of a service without regions.
    pub const GLOBAL_HOST: Code = Code {
        id: "CN309",
        title: "host of a service without regions",
    };
    /// Host without a counterpart that is known.
    pub const UNKNOWN_HOST: Code = Code {
        id: "CN310",
        title: "host without a counterpart that is known",
    };
    /// Service or address.
    pub const UNKNOWN_NAME: Code = Code {
        id: "CN311",
        title: "service or address",
    };
    /// Image registry of AWS.
    pub const REGISTRY: Code = Code {
        id: "CN312",
        title: "image registry of AWS",
    };
    /// Public registry or download.
    pub const MIRROR: Code = Code {
        id: "CN313",
        title: "public registry or download",
    };
    /// Host of a function URL.
    pub const FUNCTION_HOST: Code = Code {
        id: "CN314",
        title: "host of a function URL",
    };
    /// S3 Transfer Acceleration.
    pub const ACCELERATE: Code = Code {
        id: "CN315",
        title: "S3 Transfer Acceleration",
    };
    /// Name of an endpoint service.
    pub const ENDPOINT: Code = Code {
        id: "CN320",
        title: "name of an endpoint service",
    };
    /// Identifier of one region.
    pub const IDENTIFIER: Code = Code {
        id: "CN321",
        title: "identifier of one region",
    };
    /// Hosted zone of AWS.
    pub const ZONE: Code = Code {
        id: "CN322",
        title: "hosted zone of AWS",
    };
    /// Mapping without rows for the region.
    pub const MAP_ROWS: Code = Code {
        id: "CN323",
        title: "mapping without rows for the region",
    };
    /// Region of another partition.
    pub const REGION_NAME: Code = Code {
        id: "CN324",
        title: "region of another partition",
    };
    /// Availability zone of another partition.
    pub const ZONE_NAME: Code = Code {
        id: "CN325",
        title: "availability zone of another partition",
    };
    /// Public parameter.
    pub const PUBLIC_PARAMETER: Code = Code {
        id: "CN326",
        title: "public parameter",
    };
    /// Resource type that does not exist.
    pub const TYPE_ABSENT: Code = Code {
        id: "CN401",
        title: "resource type that does not exist",
    };
    /// Resource type of the other region in China.
    pub const TYPE_ABSENT_HERE: Code = Code {
        id: "CN402",
        title: "resource type of the other region in China",
    };
    /// Property or value that does not exist.
    pub const PROPERTY_ABSENT: Code = Code {
        id: "CN403",
        title: "property or value that does not exist",
    };
    /// Instance class that is not offered.
    pub const CLASS_ABSENT: Code = Code {
        id: "CN404",
        title: "instance class that is not offered",
    };
    /// Managed policy that does not exist.
    pub const POLICY_ABSENT: Code = Code {
        id: "CN405",
        title: "managed policy that does not exist",
    };
    /// Managed policy that no table knows.
    pub const POLICY_UNKNOWN: Code = Code {
        id: "CN406",
        title: "managed policy that no table knows",
    };
    /// Resource type that no table knows.
    pub const TYPE_UNKNOWN: Code = Code {
        id: "CN407",
        title: "resource type that no table knows",
    };
    /// Edge-optimized API.
    pub const EDGE: Code = Code {
        id: "CN410",
        title: "edge-optimized API",
    };
    /// Cognito user pool.
    pub const USER_POOL: Code = Code {
        id: "CN411",
        title: "Cognito user pool",
    };
    /// Lambda function URL.
    pub const FUNCTION_URL: Code = Code {
        id: "CN412",
        title: "Lambda function URL",
    };
    /// CloudFront with an ACM certificate.
    pub const CERTIFICATE: Code = Code {
        id: "CN413",
        title: "CloudFront with an ACM certificate",
    };
    /// CloudFront without an alternate name.
    pub const ALIASES: Code = Code {
        id: "CN414",
        title: "CloudFront without an alternate name",
    };
    /// Code or access control at the edge.
    pub const EDGE_CODE: Code = Code {
        id: "CN415",
        title: "code or access control at the edge",
    };
    /// Setting of a distribution.
    pub const DISTRIBUTION: Code = Code {
        id: "CN416",
        title: "setting of a distribution",
    };
    /// Web ACL for CloudFront.
    pub const WEB_ACL: Code = Code {
        id: "CN418",
        title: "web ACL for CloudFront",
    };
    /// AppSync.
    pub const APPSYNC: Code = Code {
        id: "CN419",
        title: "AppSync",
    };
    /// X-Ray tracing.
    pub const TRACING: Code = Code {
        id: "CN420",
        title: "X-Ray tracing",
    };
    /// Feature of Lambda.
    pub const LAMBDA: Code = Code {
        id: "CN421",
        title: "feature of Lambda",
    };
    /// Public endpoint.
    pub const ICP: Code = Code {
        id: "CN422",
        title: "public endpoint",
    };
    /// HTTP task of a state machine.
    pub const HTTP_TASK: Code = Code {
        id: "CN423",
        title: "HTTP task of a state machine",
    };
    /// Deployment alarms of ECS.
    pub const ALARMS: Code = Code {
        id: "CN425",
        title: "deployment alarms of ECS",
    };
    /// Private certificate authority.
    pub const PRIVATE_CA: Code = Code {
        id: "CN426",
        title: "private certificate authority",
    };
    /// Route 53.
    pub const DNS: Code = Code {
        id: "CN427",
        title: "Route 53",
    };
    /// Message to phones and mailboxes.
    pub const MESSAGES: Code = Code {
        id: "CN428",
        title: "message to phones and mailboxes",
    };
    /// Type without an endpoint.
    pub const DOUBTFUL: Code = Code {
        id: "CN429",
        title: "type without an endpoint",
    };
    /// Literal of another partition in code.
    pub const CODE: Code = Code {
        id: "CN501",
        title: "literal of another partition in code",
    };
    /// Literal of another partition in an artifact.
    pub const ARTIFACT: Code = Code {
        id: "CN502",
        title: "literal of another partition in an artifact",
    };
    /// File that is not packaged.
    pub const REMOTE_FILE: Code = Code {
        id: "CN503",
        title: "file that is not packaged",
    };
    /// Suppression that suppresses nothing.
    pub const UNUSED_SUPPRESSION: Code = Code {
        id: "CN601",
        title: "suppression that suppresses nothing",
    };
}

/// One thing that differs between partitions.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its code, which findings and rewrites carry.
    pub code: Code,
    /// Why it has to change, with the error that people meet where it is known.
    pub reason: &'static str,
    /// Who says so.
    pub source: &'static str,
    /// The rows of the collected facts that the rule covers.
    pub facts: &'static [&'static str],
    /// A text that the rule is about; may be empty.
    pub before: &'static str,
    /// What becomes of it; empty where a person has to decide.
    pub after: &'static str,
}

/// Every rule, ordered by code.
pub const RULES: &[Rule] = &[
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
    Rule {
        code: code::HOST,
        reason: "hosts end in the partition's suffix",
        source: "botocore 1.43.11 partitions.json",
        facts: &["U01", "U02", "U03", "U14", "U16"],
        before: "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/prod",
        after: "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/prod",
    },
    Rule {
        code: code::HOST_REGION,
        reason: "a region belongs to one partition",
        source: "botocore partitions.json",
        facts: &["U02", "A21"],
        before: "https://sqs.us-east-1.amazonaws.com",
        after: "https://sqs.${AWS::Region}.${AWS::URLSuffix}",
    },
    Rule {
        code: code::S3_HOST,
        reason: "China has no S3 host without a region: `s3.amazonaws.com.cn` is none",
        source: "botocore 1.43.11 endpoint rules",
        facts: &["U04", "U06"],
        before: "https://${Bucket}.s3.amazonaws.com",
        after: "https://${Bucket}.s3.${AWS::Region}.${AWS::URLSuffix}",
    },
    Rule {
        code: code::FOREIGN_BUCKET,
        reason: "buckets exist per partition: the same name there is missing or belongs to another",
        source: "ports of AWS quick starts, which copied the files each time",
        facts: &["U05", "A13"],
        before: "https://s3.amazonaws.com/cloudformation-examples/x.tar.gz",
        after: "",
    },
    Rule {
        code: code::CONSOLE,
        reason: "`AWS::URLSuffix` does not give these hosts",
        source: "@aws-cdk/region-info 2.269.0, AWS China documentation",
        facts: &["U07", "U08"],
        before: "https://console.aws.amazon.com/cloudwatch/home",
        after: "https://console.amazonaws.cn/cloudwatch/home",
    },
    Rule {
        code: code::CLOUDFRONT_HOST,
        reason: "distributions in China are `cloudfront.cn`, which serves nothing without an alternate name",
        source: "AWS China documentation, CloudFront",
        facts: &["U09"],
        before: "https://d111.cloudfront.net",
        after: "",
    },
    Rule {
        code: code::S3_HYPHEN,
        reason: "the hyphen is an old form that China never had",
        source: "@aws-cdk/region-info 2.269.0",
        facts: &["U11", "U04"],
        before: "${Bucket}.s3-website-${AWS::Region}.amazonaws.com",
        after: "${Bucket}.s3-website.cn-north-1.amazonaws.com.cn",
    },
    Rule {
        code: code::DUAL_STACK,
        reason: "no pseudo parameter gives the dual-stack suffix",
        source: "botocore 1.43.11 partitions.json",
        facts: &["U12"],
        before: "lambda.${AWS::Region}.api.aws",
        after: "lambda.cn-north-1.api.amazonwebservices.com.cn",
    },
    Rule {
        code: code::GLOBAL_HOST,
        reason: "the service answers in one region of China",
        source: "botocore 1.43.11 endpoints.json",
        facts: &["U13"],
        before: "https://iam.amazonaws.com",
        after: "https://iam.cn-north-1.amazonaws.com.cn",
    },
    Rule {
        code: code::UNKNOWN_HOST,
        reason: "a new suffix alone may name a host that does not exist",
        source: "botocore 1.43.11 endpoints.json",
        facts: &["U05", "U13", "U16"],
        before: "https://awscli.amazonaws.com/awscli-exe-linux-x86_64.zip",
        after: "",
    },
    Rule {
        code: code::UNKNOWN_NAME,
        reason: "the text may be a service principal, which stays, or an address, which does not",
        source: "counts over 1454 templates: 63 % of such names are principals",
        facts: &["P05", "U14"],
        before: "elasticache.amazonaws.com",
        after: "",
    },
    Rule {
        code: code::REGISTRY,
        reason: "AWS's own registries have other accounts in each partition",
        source: "@aws-cdk/region-info 2.269.0, amazon-eks-ami",
        facts: &["U03"],
        before: "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch",
        after: "727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/pytorch",
    },
    Rule {
        code: code::MIRROR,
        reason: "slow or blocked from China",
        source: "ports of big-blue-button",
        facts: &["U15"],
        before: "public.ecr.aws/nginx/nginx",
        after: "",
    },
    Rule {
        code: code::FUNCTION_HOST,
        reason: "function URLs do not exist in China",
        source: "AWS China documentation, Lambda",
        facts: &["U12", "C05"],
        before: "https://abc.lambda-url.us-east-1.on.aws",
        after: "",
    },
    Rule {
        code: code::ACCELERATE,
        reason: "the SDK refuses: `S3 Accelerate cannot be used in this region`",
        source: "botocore 1.43.11 endpoint rules",
        facts: &["C10"],
        before: "bucket.s3-accelerate.amazonaws.com",
        after: "",
    },
    Rule {
        code: code::ENDPOINT,
        reason: "some interface endpoints are named `cn.com.amazonaws` in China; the wrong name fails with `The Vpc Endpoint Service does not exist`",
        source: "aws-cdk-lib 2.276.0, aws-ec2",
        facts: &["V01"],
        before: "com.amazonaws.${AWS::Region}.sqs",
        after: "cn.com.amazonaws.cn-north-1.sqs",
    },
    Rule {
        code: code::IDENTIFIER,
        reason: "prefix lists and endpoints exist in one region",
        source: "EC2 documentation",
        facts: &["V02"],
        before: "pl-63a5400a",
        after: "",
    },
    Rule {
        code: code::ZONE,
        reason: "alias targets have other zones in each region",
        source: "AWS China documentation, Route 53; terraform-provider-aws",
        facts: &["V03"],
        before: "Z2FDTNDATAQYW2",
        after: "Z3RFFRIM2A3IF5",
    },
    Rule {
        code: code::MAP_ROWS,
        reason: "creation fails with `Template error: Unable to get mapping`",
        source: "CloudFormation documentation, Fn::FindInMap",
        facts: &["V04", "A19"],
        before: "",
        after: "",
    },
    Rule {
        code: code::REGION_NAME,
        reason: "what spans regions stays inside one partition",
        source: "AWS China documentation, general information",
        facts: &["V05"],
        before: "us-east-1",
        after: "!Ref AWS::Region",
    },
    Rule {
        code: code::ZONE_NAME,
        reason: "regions in China have three zones of their own, and no Local Zones",
        source: "AWS China documentation, general information",
        facts: &["V06"],
        before: "us-east-1a",
        after: "!Select [0, !GetAZs \"\"]",
    },
    Rule {
        code: code::PUBLIC_PARAMETER,
        reason: "`/aws/service/global-infrastructure` is not served in China",
        source: "AWS China documentation, Systems Manager",
        facts: &["C24"],
        before: "/aws/service/global-infrastructure/regions",
        after: "",
    },
    Rule {
        code: code::TYPE_ABSENT,
        reason: "CloudFormation answers `Unrecognized resource types`",
        source: "registry of the region, by way of cfn-lint",
        facts: &["C01", "C17", "C19", "C08", "C21"],
        before: "AWS::AppRunner::Service",
        after: "",
    },
    Rule {
        code: code::TYPE_ABSENT_HERE,
        reason: "CloudFormation answers `Unrecognized resource types`",
        source: "registry of the region, by way of cfn-lint",
        facts: &["C02"],
        before: "AWS::DAX::Cluster",
        after: "",
    },
    Rule {
        code: code::PROPERTY_ABSENT,
        reason: "CloudFormation answers `extraneous key [...] is not permitted`",
        source: "schema of the region, by way of cfn-lint",
        facts: &["C09", "C23"],
        before: "ViewerMtlsConfig",
        after: "",
    },
    Rule {
        code: code::CLASS_ABSENT,
        reason: "creation fails",
        source: "cfn-lint, lists of RDS and DAX",
        facts: &["V07"],
        before: "db.r8g.48xlarge",
        after: "",
    },
    Rule {
        code: code::POLICY_ABSENT,
        reason: "attaching fails: `Policy ... does not exist or is not attachable`",
        source: "aws-sam-translator, managed policies per partition",
        facts: &["C20", "A09"],
        before: "arn:aws:iam::aws:policy/ComprehendReadOnly",
        after: "",
    },
    Rule {
        code: code::POLICY_UNKNOWN,
        reason: "the tables lag AWS by some months",
        source: "aws-sam-translator, managed policies per partition",
        facts: &["C20"],
        before: "arn:aws:iam::aws:policy/BrandNew",
        after: "",
    },
    Rule {
        code: code::TYPE_UNKNOWN,
        reason: "a table that does not know a type cannot call it fine",
        source: "registry of the region, by way of cfn-lint",
        facts: &["C01"],
        before: "AWS::Brand::New",
        after: "",
    },
    Rule {
        code: code::EDGE,
        reason: "China has no edge-optimized APIs, and plain CloudFormation makes one unless told otherwise",
        source: "AWS China documentation, API Gateway",
        facts: &["C03", "X06"],
        before: "EndpointConfiguration: {Types: [EDGE]}",
        after: "EndpointConfiguration: {Types: [REGIONAL]}",
    },
    Rule {
        code: code::USER_POOL,
        reason: "user pools and their authorizers do not exist in China",
        source: "AWS China documentation, Cognito and API Gateway",
        facts: &["C04", "C13"],
        before: "Type: COGNITO_USER_POOLS",
        after: "",
    },
    Rule {
        code: code::FUNCTION_URL,
        reason: "function URLs do not exist in China, whatever the registry lists",
        source: "AWS China documentation, Lambda",
        facts: &["C05"],
        before: "FunctionUrlConfig: {AuthType: NONE}",
        after: "",
    },
    Rule {
        code: code::CERTIFICATE,
        reason: "CloudFront in China takes certificates from IAM",
        source: "AWS China documentation, CloudFront",
        facts: &["C06", "C12"],
        before: "AcmCertificateArn: !Ref Certificate",
        after: "",
    },
    Rule {
        code: code::ALIASES,
        reason: "`cloudfront.cn` serves nothing: an alternate name with ICP recordal is a must",
        source: "AWS China documentation, CloudFront",
        facts: &["C07"],
        before: "DistributionConfig: {Enabled: true}",
        after: "",
    },
    Rule {
        code: code::EDGE_CODE,
        reason: "CloudFront in China has no functions, no Lambda@Edge and no origin access control",
        source: "schema of the region; AWS China documentation",
        facts: &["C08"],
        before: "LambdaFunctionAssociations: [...]",
        after: "",
    },
    Rule {
        code: code::DISTRIBUTION,
        reason: "people who moved distributions to China changed these",
        source: "ports of aws-solutions templates",
        facts: &["C09"],
        before: "PriceClass: PriceClass_100",
        after: "",
    },
    Rule {
        code: code::WEB_ACL,
        reason: "WAF is regional only in China",
        source: "AWS China documentation, WAF",
        facts: &["C11"],
        before: "Scope: CLOUDFRONT",
        after: "",
    },
    Rule {
        code: code::APPSYNC,
        reason: "Beijing only, without user pools and relational data sources",
        source: "AWS China documentation, AppSync",
        facts: &["C13"],
        before: "AuthenticationType: AMAZON_COGNITO_USER_POOLS",
        after: "",
    },
    Rule {
        code: code::TRACING,
        reason: "the documentation says Lambda does not trace in China, the registry says it does: try it",
        source: "AWS China documentation, Lambda; aws-sam-translator",
        facts: &["C14"],
        before: "Tracing: Active",
        after: "",
    },
    Rule {
        code: code::LAMBDA,
        reason: "the feature is not available in China",
        source: "AWS China documentation, Lambda",
        facts: &["C15"],
        before: "CodeSigningConfigArn: !Ref Signing",
        after: "",
    },
    Rule {
        code: code::ICP,
        reason: "public HTTP endpoints need an ICP recordal of the account; until then calls are answered with 401 or 403",
        source: "AWS China documentation, API Gateway",
        facts: &["C16"],
        before: "AuthorizationType: NONE",
        after: "",
    },
    Rule {
        code: code::HTTP_TASK,
        reason: "third-party HTTP tasks are not available in China",
        source: "AWS China documentation, Step Functions",
        facts: &["C23"],
        before: "arn:aws:states:::http:invoke",
        after: "",
    },
    Rule {
        code: code::ALARMS,
        reason: "the CDK refuses them in China; its list may be old",
        source: "aws-cdk-lib 2.276.0, base-service",
        facts: &["C25"],
        before: "Alarms: {Enable: true}",
        after: "",
    },
    Rule {
        code: code::PRIVATE_CA,
        reason: "key storage differs and there is no OCSP in China",
        source: "AWS China documentation, Private CA",
        facts: &["C22"],
        before: "KeyStorageSecurityStandard: FIPS_140_2_LEVEL_3_OR_HIGHER",
        after: "",
    },
    Rule {
        code: code::DNS,
        reason: "no domain registration, DNSSEC or traffic policies in China",
        source: "AWS China documentation, Route 53",
        facts: &["C21"],
        before: "",
        after: "",
    },
    Rule {
        code: code::MESSAGES,
        reason: "SMS, mobile push and e-mail of SNS are restricted in China",
        source: "AWS China documentation, SNS and IAM",
        facts: &["C32"],
        before: "Protocol: sms",
        after: "",
    },
    Rule {
        code: code::DOUBTFUL,
        reason: "the registry lists the type, and no endpoint of the service is known in China",
        source: "botocore 1.43.11 endpoints.json",
        facts: &["C01", "C18"],
        before: "AWS::Cloud9::EnvironmentEC2",
        after: "",
    },
    Rule {
        code: code::CODE,
        reason: "code is never changed: `${` and quotes mean something else in each language",
        source: "design of these tools",
        facts: &["A20", "U05"],
        before: "boto3.client('s3').get_bucket('arn:aws:s3:::b')",
        after: "",
    },
    Rule {
        code: code::ARTIFACT,
        reason: "code is never changed",
        source: "design of these tools",
        facts: &["A20"],
        before: "",
        after: "",
    },
    Rule {
        code: code::REMOTE_FILE,
        reason: "a file in somebody else's bucket is taken as it is: no rewrite reaches it",
        source: "CloudFormation documentation, AWS::Include",
        facts: &["X03", "A08"],
        before: "DefinitionUri: s3://bucket/machine.json",
        after: "",
    },
    Rule {
        code: code::UNUSED_SUPPRESSION,
        reason: "what is no longer needed hides the next finding",
        source: "design of these tools",
        facts: &[],
        before: "",
        after: "",
    },
];

/// The rule of a code.
///
/// # Panics
///
/// When the table has no such rule, which a test rules out.
pub(super) fn of(code: Code) -> &'static Rule {
    RULES
        .iter()
        .find(|rule| rule.code == code)
        .expect("every code has its rule")
}

/// The rule of a code as people write it.
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES
        .iter()
        .find(|rule| rule.code.id.eq_ignore_ascii_case(id))
}
