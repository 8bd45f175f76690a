//! The service refuses artifacts and templates above its limit.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::artifact::code::TOO_LARGE,
    name: "too-large",
    severity: Severity::Error,
    why: "the service rejects artifacts and templates above its size limit",
    help: "reduce the size of the file",
    sources: &["cfn-quotas"],
    programs: &["cn-package"],
    ..Rule::BASE
};
