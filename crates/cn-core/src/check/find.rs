//! Recognition of template files.

use camino::{Utf8Path, Utf8PathBuf};
use cn_template::tree::{Node, Template};

/// File extensions of templates.
const EXTENSIONS: [&str; 5] = ["yaml", "yml", "json", "template", "cfn"];

/// Folders with generated or downloaded files.
pub(super) const MADE: [&str; 6] = [
    "node_modules",
    "cdk.out",
    ".aws-sam",
    "site-packages",
    "target",
    "__pycache__",
];

/// Returns true if a file found in a folder should be parsed.
pub(super) fn may_be_template(path: &Utf8Path) -> bool {
    let is_of_other_tool = path
        .file_name()
        .is_some_and(|name| name.starts_with("serverless."));
    path.extension()
        .is_some_and(|extension| EXTENSIONS.contains(&extension))
        && !is_of_other_tool
}

/// Returns true if a text contains the keywords of a template.
pub(super) fn looks_like_template(text: &str) -> bool {
    text.contains("Resources") && text.contains("Type")
}

/// Returns true if a text that cannot be parsed was meant to be a template.
///
/// Such a text contains the keywords, and the name of a type.
pub(super) fn was_meant_as_template(text: &str) -> bool {
    looks_like_template(text)
        && ["AWS::", "Custom::", "Alexa::"]
            .iter()
            .any(|name| text.contains(name))
}

/// Returns true if a document is a template: `Resources` with types.
pub(super) fn is_template(template: &Template) -> bool {
    template
        .resources()
        .any(|resource| resource.kind.is_some_and(|kind| kind.contains("::")))
        && template
            .root()
            .get("Resources")
            .is_some_and(Node::is_mapping)
}

/// Returns true if a file is a program or configuration that people write.
pub(super) fn is_program(path: &Utf8Path) -> bool {
    const PROGRAMS: [&str; 20] = [
        "py", "js", "mjs", "cjs", "ts", "tsx", "jsx", "java", "kt", "go", "rb", "cs", "rs", "sh",
        "bash", "ps1", "php", "json", "yaml", "yml",
    ];
    path.extension()
        .is_some_and(|extension| PROGRAMS.contains(&extension))
}

/// Resolves a path in a file relative to that file's folder.
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
