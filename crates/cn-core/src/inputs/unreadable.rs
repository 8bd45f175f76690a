//! Findings about files of parameters and tags that cannot be read.

use camino::Utf8Path;
use cn_template::{Code, Diagnostic, Severity, Source, Span, rules};

/// A file or text of parameters or tags that cannot be read.
pub(super) const UNREADABLE: Code = rules::code("CN615");

/// An entry of an input file that cannot be a parameter or tag.
pub(super) const ENTRY: Code = rules::code("CN616");

/// Returns the file and line of a span. The line's text may contain a secret, and is not included.
pub(super) fn place(source: &Source, span: Span) -> String {
    format!("{}:{}", source.path(), source.position(span.start).line)
}

/// Returns the finding for JSON or YAML that cannot be read.
///
/// It contains the place of the first error and the violated rule, but nothing of the text.
pub(super) fn broken(source: &Source, findings: &[Diagnostic]) -> Diagnostic {
    let first = findings
        .iter()
        .find(|finding| finding.severity == Severity::Error);
    let title = first.map_or("neither valid YAML nor JSON", |finding| finding.code.title);
    let place = match first.and_then(|finding| finding.location.as_ref()) {
        Some(at) => {
            let position = at.source.position(at.span.start);
            format!("{}:{}:{}", source.path(), position.line, position.column)
        }
        None => source.path().to_string(),
    };
    forms(
        Diagnostic::error(
            UNREADABLE,
            format!("cannot read the parameters at {place}: {title}"),
        ),
        source,
    )
}

/// Returns the finding for a file of parameters or tags in another form.
pub(super) fn no_form(source: &Source, why: &str) -> Diagnostic {
    let message = format!("cannot read the parameters in `{}`: {why}", source.path());
    forms(Diagnostic::error(UNREADABLE, message), source)
}

/// Returns the finding for a key that a document contains more than once.
pub(super) fn repeated(source: &Source, what: &str) -> Diagnostic {
    Diagnostic::error(ENTRY, format!("{what}: {}", source.path()))
        .help("keep one of the entries: only one value can be used")
}

/// Adds help: correct a JSON or YAML file, or convert a file of another format.
fn forms(finding: Diagnostic, source: &Source) -> Diagnostic {
    match source.path().extension() {
        Some("json" | "yaml" | "yml") | None => {
            finding.help("correct it, or write `{}` for no parameters")
        }
        Some(_) => finding.help(
            "parameters are read from JSON, YAML, TOML (`.toml`), and lines of `KEY=VALUE` (`.env`): \
             rename the file, or convert it",
        ),
    }
}

/// Returns the finding for a file of parameters or tags that cannot be opened.
pub(crate) fn unreadable(path: &Utf8Path, why: &str) -> Diagnostic {
    Diagnostic::error(UNREADABLE, format!("cannot read `{path}`: {why}"))
        .help("paths are relative to the working folder")
}
