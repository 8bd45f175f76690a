//! Codes of the rules.

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
