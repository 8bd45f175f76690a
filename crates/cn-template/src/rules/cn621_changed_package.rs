//! The manifest of a packaged template describes exactly one text.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN621",
        title: "template that changed after packaging",
    },
    name: "changed-package",
    severity: Severity::Warning,
    why: "the manifest next to the template describes another text, so its region and its digests of code may be wrong",
    help: "run `cn-package` again, or delete the manifest if the change is intended",
    sources: &["cli-package"],
    programs: &["cn-deploy"],
    ..Rule::BASE
};
