//! `cargo xtask docs`: writes the reference from the code, and renders the pages as a book.
//!
//! `docs/SUMMARY.md` has the form of mdBook and is the book's table of contents.

mod book;
mod page;

use camino::{Utf8Path, Utf8PathBuf};
use cn_testkit::{target_folder, workspace_folder};

use crate::BoxError;
pub use page::{Page, SUMMARY};

/// Renders the book into `target/docs`, and returns its first page.
///
/// # Errors
///
/// When a link is broken, or a file cannot be read or written.
pub fn render() -> Result<Utf8PathBuf, BoxError> {
    let pages = Page::all(workspace_folder())?;
    let broken = broken_links(&pages);
    if !broken.is_empty() {
        return Err(format!("links that lead nowhere:\n{}", broken.join("\n")).into());
    }
    book::write(&pages, &target_folder().join("docs"))
}

/// Returns the links of all pages to a missing file or heading, as `FILE: LINK`.
pub fn broken_links(pages: &[Page]) -> Vec<String> {
    let mut broken = Vec::new();
    for page in pages {
        for link in page.links() {
            if !leads_somewhere(pages, page, &link) {
                broken.push(format!("{}: {link}", page.path));
            }
        }
    }
    broken
}

fn leads_somewhere(pages: &[Page], page: &Page, link: &str) -> bool {
    let Some((path, heading)) = page.target(link) else {
        return true;
    };
    let target = pages.iter().find(|page| page.path == path);
    match (heading, target) {
        (Some(heading), Some(target)) => target.headings().contains(&heading),
        (Some(_), None) => false,
        (None, Some(_)) => true,
        (None, None) => workspace_folder().join(path).exists(),
    }
}

/// Returns the pages below `docs` that are missing from the table of contents. Pages of rules have
/// their own index.
pub fn unlisted(pages: &[Page]) -> Vec<&Utf8Path> {
    let summary = pages.iter().find(|page| page.path == SUMMARY);
    let listed: Vec<_> = summary.map_or_else(Vec::new, |summary| {
        let links = summary.links().into_iter();
        links
            .filter_map(|link| Some(summary.target(&link)?.0))
            .collect()
    });
    let paths = pages.iter().map(|page| page.path.as_path());
    let is_in_book = |path: &&Utf8Path| path.starts_with("docs") && *path != SUMMARY;
    let is_rule = |path: &Utf8Path| path.as_str().starts_with("docs/rules/CN");
    paths
        .filter(is_in_book)
        .filter(|path| !is_rule(path) && !listed.iter().any(|it| it == path))
        .collect()
}
