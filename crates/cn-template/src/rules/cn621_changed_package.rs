//! The manifest of a packaged template tells of one text alone.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN621",
        title: "template that changed after packaging",
    },
    name: "changed-package",
    severity: Severity::Warning,
    why: "the manifest beside the template tells of another text: its region and the digests of code may be wrong",
    help: "run `cn-package` again, or delete the manifest if the change is meant",
    sources: &["cli-package"],
    programs: &["cn-deploy"],
    ..Rule::BASE
};
