//! The pages of the repository, and their links.

use cn_testkit::workspace_folder;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use xtask::docs::{self, Page};

#[test]
fn every_link_leads_to_a_file_and_to_a_heading() {
    let pages = Page::all(workspace_folder()).expect("readable");
    assert!(pages.len() > 100, "{} pages", pages.len());
    let broken = docs::broken_links(&pages);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_link_to_a_missing_file_or_heading_is_broken() {
    let page = |path: &str, text: &str| Page {
        path: path.into(),
        text: text.to_owned(),
    };
    let pages = [
        page(
            "docs/a.md",
            "[b](b.md) [c](b.md#c) [d](b.md#d) [e](e.md) [f](../Cargo.toml#f)",
        ),
        page("docs/b.md", "## C\n"),
    ];
    let broken = docs::broken_links(&pages);
    assert_eq!(
        broken,
        [
            "docs/a.md: b.md#d",
            "docs/a.md: e.md",
            "docs/a.md: ../Cargo.toml#f"
        ]
    );
}

#[test]
fn the_table_of_contents_has_every_page() {
    let pages = Page::all(workspace_folder()).expect("readable");
    assert_eq!(docs::unlisted(&pages), [""; 0]);
}

/// Returns the parts of a page that are the same in every language: heading levels, code,
/// addresses, and table sizes, followed by the words in code, sorted.
fn structure(path: &str) -> Vec<String> {
    let text = fs_err::read_to_string(workspace_folder().join(path)).expect("readable");
    let (mut structure, mut words) = (Vec::new(), Vec::new());
    let mut code = None;
    for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => structure.push(level.to_string()),
            Event::Start(Tag::CodeBlock(kind)) => code = Some(format!("{kind:?}: ")),
            Event::End(TagEnd::CodeBlock) => structure.extend(code.take()),
            Event::Text(text) => {
                if let Some(code) = &mut code {
                    code.push_str(&text);
                }
            }
            // The order of words differs between languages.
            Event::Code(code) => words.push(code.into_string()),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                structure.push(dest_url.replace("README.zh-CN.md", "README.md"));
            }
            Event::Start(Tag::Item | Tag::TableRow | Tag::TableCell | Tag::Paragraph) => {
                structure.push("part".to_owned());
            }
            _ => {}
        }
    }
    words.sort();
    structure.extend(words);
    structure
}

#[test]
fn the_chinese_readme_has_the_parts_of_the_english_one() {
    let (english, chinese) = (structure("README.md"), structure("README.zh-CN.md"));
    for (at, (english, chinese)) in english.iter().zip(&chinese).enumerate() {
        assert_eq!(english, chinese, "part {at}");
    }
    assert_eq!(english.len(), chinese.len());
}
