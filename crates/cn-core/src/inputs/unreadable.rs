//! Findings about files of parameters and tags that cannot be read.

use camino::Utf8Path;
use cn_template::{Code, Diagnostic, Source, Span};

/// A file or text of parameters or tags that cannot be read.
pub(super) const UNREADABLE: Code = Code {
    id: "CN615",
    title: "unreadable parameters",
};

/// Returns the file and line of a span: the line's text may hold a secret, and is
/// not shown.
pub(super) fn place(source: &Source, span: Span) -> String {
    format!("{}:{}", source.path(), source.position(span.start).line)
}

/// The finding for a file of parameters or tags that cannot be opened.
pub fn unreadable(path: &Utf8Path, why: &str) -> Diagnostic {
    Diagnostic::error(UNREADABLE, format!("cannot read `{path}`: {why}"))
        .help("paths are relative to the working folder")
}
