//! Promises of the rewrite, checked on fixtures, generated templates and real templates.

mod any_text;
mod corpus;
mod docs;
mod evaluate;
mod fixtures;
mod laws;
mod mutation;
mod properties;
mod published;
mod values;

use cn_template::portability::{make_portable, rewrite_template};
use cn_template::tree::Template;
use cn_template::{Region, Source, edit};

/// Returns the template of a text; `None` if it has none.
fn parse(text: &str) -> Option<Template> {
    Template::parse_document(&Source::new("t.yaml", text)).template
}

fn target(region: &str) -> Region {
    region.parse().expect("a region")
}

/// Returns the text packaged for a region; a text without a tree stays as it is.
fn rewritten(text: &str, region: &str) -> String {
    let Some(template) = parse(text) else {
        return text.to_owned();
    };
    let done = rewrite_template(&template, &target(region));
    edit::apply(template.source().text(), &done.edits)
}

/// Returns the text in portable form; a text without a tree stays as it is.
fn fixed(text: &str) -> String {
    let Some(template) = parse(text) else {
        return text.to_owned();
    };
    edit::apply(template.source().text(), &make_portable(&template).edits)
}
