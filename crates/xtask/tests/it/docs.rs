//! The pages of the repository, and their links.

use cn_testkit::workspace_folder;
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
