//! Rules about code, and about suppressions.

use super::{Rule, code};

pub(super) const OTHERS: &[Rule] = &[
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
