//! A deployment as a report: what became of every resource, and why.

mod html;
mod junit;
mod markdown;
mod words;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use cn_core::report::Report;

pub(crate) use words::{effect, validation};

/// A report in all its formats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rendered {
    /// One case per resource, for CodeBuild's report groups.
    pub(crate) junit: String,
    /// For pull requests and summaries of builds.
    pub(crate) markdown: String,
    /// One page that needs nothing else, not even a script.
    pub(crate) html: String,
}

impl Rendered {
    /// The files, by how their names end.
    pub(crate) fn files(&self) -> [(&'static str, &str); 3] {
        [
            ("xml", &self.junit),
            ("md", &self.markdown),
            ("html", &self.html),
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

/// What the files of a report are called before the dot: by stack and region,
/// so that several deployments of a build can share a folder.
pub(crate) fn file_stem(report: &Report) -> String {
    let region = report.region.as_ref().map(ToString::to_string);
    let known: Vec<String> = report.stack.clone().into_iter().chain(region).collect();
    if report.stack.is_some() {
        known.join(".")
    } else {
        "cn-deploy".to_owned()
    }
}
