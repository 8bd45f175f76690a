//! The pages as HTML, with the table of contents next to each.

use camino::{Utf8Path, Utf8PathBuf};
use cn_testkit::workspace_folder;
use pulldown_cmark::{CowStr, Event, Tag, TagEnd, html};

use super::page::{Page, SUMMARY};
use crate::BoxError;

const FRAME: &str = include_str!("frame.html");

/// Writes every page of the book into a folder, with the files that pages link to.
pub(super) fn write(pages: &[Page], folder: &Utf8Path) -> Result<Utf8PathBuf, BoxError> {
    if folder.exists() {
        fs_err::remove_dir_all(folder)?;
    }
    let contents = pages.iter().find(|page| page.path == SUMMARY);
    let contents = contents.ok_or("there is no table of contents")?;
    for page in pages.iter().filter(|page| is_in_book(&page.path)) {
        let path = folder.join(address_of(&page.path));
        fs_err::create_dir_all(path.parent().unwrap_or(folder))?;
        let title = page.text.lines().find_map(|line| line.strip_prefix("# "));
        let text = FRAME
            .replace("{title}", &escaped(title.unwrap_or("cn")))
            .replace("{contents}", &body(contents, &page.path, pages))
            .replace("{body}", &body(page, &page.path, pages));
        fs_err::write(path, text)?;
        for link in page.links() {
            copy(page, &link, folder)?;
        }
    }
    Ok(folder.join(address_of(Utf8Path::new("docs/README.md"))))
}

fn is_in_book(path: &Utf8Path) -> bool {
    path.starts_with("docs")
}

/// Returns the path of a file in the folder of the book.
fn address_of(path: &Utf8Path) -> Utf8PathBuf {
    match path.strip_prefix("docs") {
        Ok(inside) if inside.as_str() == "README.md" => "index.html".into(),
        Ok(inside) if inside.extension() == Some("md") => inside.with_extension("html"),
        Ok(inside) => inside.to_owned(),
        Err(_) => Utf8Path::new("files").join(path),
    }
}

/// Copies a file that is not a page of the book, so that a link to it works.
fn copy(page: &Page, link: &str, folder: &Utf8Path) -> Result<(), BoxError> {
    let Some((path, _)) = page.target(link) else {
        return Ok(());
    };
    let from = workspace_folder().join(&path);
    let is_page = is_in_book(&path) && path.extension() == Some("md");
    if is_page || !from.is_file() {
        return Ok(());
    }
    let to = folder.join(address_of(&path));
    fs_err::create_dir_all(to.parent().unwrap_or(folder))?;
    fs_err::copy(from, to)?;
    Ok(())
}

/// Renders the HTML of a page, with its links relative to the page at `from`.
fn body(page: &Page, from: &Utf8Path, pages: &[Page]) -> String {
    let mut names = page.headings().into_iter();
    let mut open = Vec::new();
    let events = page.events().map(|event| match event {
        Event::Start(Tag::Heading {
            level,
            classes,
            attrs,
            ..
        }) => Event::Start(Tag::Heading {
            level,
            id: names.next().map(CowStr::from),
            classes,
            attrs,
        }),
        Event::Start(Tag::Link {
            link_type,
            dest_url,
            title,
            id,
        }) => {
            let address = address(page, &dest_url, from, pages);
            open.push(address.is_some());
            match address {
                Some(address) => Event::Start(Tag::Link {
                    link_type,
                    dest_url: address.into(),
                    title,
                    id,
                }),
                None => Event::InlineHtml("<span>".into()),
            }
        }
        Event::End(TagEnd::Link) if open.pop() == Some(false) => {
            Event::InlineHtml("</span>".into())
        }
        event => event,
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    out
}

/// Returns the address of a link, relative to a page of the book; `None` for folders, which the
/// book does not have.
fn address(page: &Page, link: &str, from: &Utf8Path, pages: &[Page]) -> Option<String> {
    let Some((path, heading)) = page.target(link) else {
        return Some(link.to_owned());
    };
    let is_file =
        pages.iter().any(|page| page.path == path) || workspace_folder().join(&path).is_file();
    if !is_file {
        return None;
    }
    let up = address_of(from).components().count() - 1;
    let heading = heading.map(|heading| format!("#{heading}"));
    Some(format!(
        "{}{}{}",
        "../".repeat(up),
        address_of(&path),
        heading.unwrap_or_default()
    ))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('`', "")
}
