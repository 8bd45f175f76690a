//! CloudFormation does not support YAML aliases and merge keys, so `cn-package` expands them.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::tree::code::ALIASES_EXPANDED,
    name: "aliases-expanded",
    severity: Severity::Note,
    why: "CloudFormation does not support YAML aliases and merge keys, so `cn-package` expands them",
    help: "nothing to do; `cn-check --fix` does not change a file with aliases",
    sources: &["cfn-template"],
    programs: &["cn-check", "cn-package", "cn-deploy"],
    ..Rule::BASE
};
