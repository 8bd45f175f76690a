//! Promises of the rewrite, kept on fixtures, generated templates and real ones.

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

/// The tree of a text that has one.
fn parse(text: &str) -> Option<Template> {
    Template::parse_document(&Source::new("t.yaml", text)).template
}

fn target(region: &str) -> Region {
    region.parse().expect("a region")
}

/// The text as it is packaged for a region; a text without a tree stays.
fn rewritten(text: &str, region: &str) -> String {
    let Some(template) = parse(text) else {
        return text.to_owned();
    };
    let done = rewrite_template(&template, &target(region));
    edit::apply(template.source().text(), &done.edits)
}

/// The text in portable form.
fn fixed(text: &str) -> String {
    let Some(template) = parse(text) else {
        return text.to_owned();
    };
    edit::apply(template.source().text(), &make_portable(&template).edits)
}
