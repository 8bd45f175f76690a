//! The report of a deployment: the result of every resource, and its reason.

mod html;
mod junit;
mod markdown;
mod words;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use cn_core::report::Report;
use cn_core::template::Region;

pub(crate) use words::{effect, validation};

/// A report in all its formats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rendered {
    /// One case per resource, for CodeBuild's report groups.
    pub(crate) junit: String,
    /// A summary, for pull requests and build pages.
    pub(crate) markdown: String,
    /// A self-contained page, without scripts.
    pub(crate) html: String,
}

impl Rendered {
    /// The extensions of the files.
    pub(crate) const EXTENSIONS: [&str; 3] = ["xml", "md", "html"];

    /// Returns the files by extension.
    pub(crate) fn files(&self) -> [(&'static str, &str); 3] {
        let [junit, markdown, html] = Self::EXTENSIONS;
        [
            (junit, &self.junit),
            (markdown, &self.markdown),
            (html, &self.html),
        ]
    }
}

/// Renders a report.
pub(crate) fn render(report: &Report) -> Rendered {
    Rendered {
        junit: junit::render(report),
        markdown: markdown::render(report),
        html: html::render(report),
    }
}

/// Returns the stem of the report's files: stack and region, so that several deployments of a build
/// can share a folder.
pub(crate) fn file_stem(stack: Option<&str>, region: Option<&Region>) -> String {
    match (stack, region) {
        (Some(stack), Some(region)) => format!("{stack}.{region}"),
        (Some(stack), None) => stack.to_owned(),
        (None, _) => "cn-deploy".to_owned(),
    }
}
