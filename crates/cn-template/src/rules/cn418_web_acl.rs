//! WAF has no global scope in China.

use super::model::{Absent, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN418",
        title: "WAF in China supports only the regional scope",
    },
    name: "web-acl",
    severity: Severity::Error,
    why: "WAF in China does not support the scope `CLOUDFRONT`",
    help: "put the web ACL of the distribution under a condition on `AWS::Partition`; `Scope: REGIONAL` protects load balancers and APIs",
    sources: &["cn-waf"],
    looks: &[Look::Absent(&[
        Absent::value("AWS::WAFv2::WebACL", &["Scope"], &["CLOUDFRONT"]),
        Absent::value("AWS::WAFv2::IPSet", &["Scope"], &["CLOUDFRONT"]),
        Absent::value("AWS::WAFv2::RuleGroup", &["Scope"], &["CLOUDFRONT"]),
        Absent::value("AWS::WAFv2::RegexPatternSet", &["Scope"], &["CLOUDFRONT"]),
    ])],
    ..Rule::BASE
};
