//! CloudFormation does not support YAML aliases and merge keys, so `cn-package` expands them.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::tree::code::ALIASES_EXPANDED,
    name: "aliases-expanded",
    severity: Severity::Note,
    why: "CloudFormation refuses YAML aliases and merge keys, so the packaged template has them written out",
    help: "nothing to do; `--fix` does not change such a file",
    sources: &["cfn-template"],
    programs: &["cn-check", "cn-package", "cn-deploy"],
    ..Rule::BASE
};
