//! The files that are templates.

use camino::{Utf8Path, Utf8PathBuf};
use cn_template::tree::{Node, Template};

/// Extensions under which templates are kept.
const EXTENSIONS: [&str; 5] = ["yaml", "yml", "json", "template", "cfn"];

/// Folders that hold what tools made or fetched.
pub(super) const MADE: [&str; 6] = [
    "node_modules",
    "cdk.out",
    ".aws-sam",
    "site-packages",
    "target",
    "__pycache__",
];

/// Returns whether a file that was come across is worth parsing.
pub(super) fn may_be_template(path: &Utf8Path) -> bool {
    let is_of_other_tool = path
        .file_name()
        .is_some_and(|name| name.starts_with("serverless."));
    path.extension()
        .is_some_and(|extension| EXTENSIONS.contains(&extension))
        && !is_of_other_tool
}

/// Returns whether a text has the words of a template in it.
pub(super) fn looks_like_template(text: &str) -> bool {
    text.contains("Resources") && text.contains("Type")
}

/// Returns whether a text that cannot be parsed was meant to be a template: it has the words of
/// one, and the name of a type.
pub(super) fn was_meant_as_template(text: &str) -> bool {
    looks_like_template(text)
        && ["AWS::", "Custom::", "Alexa::"]
            .iter()
            .any(|name| text.contains(name))
}

/// Returns whether a document is a template: `Resources` with types.
pub(super) fn is_template(template: &Template) -> bool {
    template
        .resources()
        .any(|resource| resource.kind.is_some_and(|kind| kind.contains("::")))
        && template
            .root()
            .get("Resources")
            .is_some_and(Node::is_mapping)
}

/// Returns whether a file is text that people write programs in.
pub(super) fn is_program(path: &Utf8Path) -> bool {
    const PROGRAMS: [&str; 20] = [
        "py", "js", "mjs", "cjs", "ts", "tsx", "jsx", "java", "kt", "go", "rb", "cs", "rs", "sh",
        "bash", "ps1", "php", "json", "yaml", "yml",
    ];
    path.extension()
        .is_some_and(|extension| PROGRAMS.contains(&extension))
}

/// A path as a file names it, from where we are.
pub(super) fn beside(file: &Utf8Path, path: &str) -> Utf8PathBuf {
    let folder = file.parent().unwrap_or(Utf8Path::new(""));
    let joined = folder.join(path);
    let mut clean = Utf8PathBuf::new();
    for part in joined.components() {
        match part {
            camino::Utf8Component::CurDir => {}
            camino::Utf8Component::ParentDir if clean.file_name().is_some() => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}
