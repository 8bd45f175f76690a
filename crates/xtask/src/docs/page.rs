//! A page of Markdown, with its headings and links.

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::BoxError;

/// The table of contents.
pub const SUMMARY: &str = "docs/SUMMARY.md";

/// One file of Markdown.
#[derive(Debug)]
pub struct Page {
    /// The path from the workspace.
    pub path: Utf8PathBuf,
    /// The text.
    pub text: String,
}

impl Page {
    /// Reads every page of a repository: those at its top level, and in `docs`, `fixtures` and
    /// `.github`.
    ///
    /// # Errors
    ///
    /// When a file cannot be read.
    pub fn all(root: &Utf8Path) -> Result<Vec<Self>, BoxError> {
        let mut paths = Vec::new();
        find(root, Utf8Path::new(""), 1, &mut paths)?;
        for folder in ["docs", "fixtures", ".github"] {
            find(root, Utf8Path::new(folder), 8, &mut paths)?;
        }
        paths.sort();
        let read = |path: Utf8PathBuf| {
            let text = fs_err::read_to_string(root.join(&path))?;
            Ok(Self { path, text })
        };
        paths.into_iter().map(read).collect()
    }

    /// Returns the events of the text.
    pub(super) fn events(&self) -> Parser<'_> {
        Parser::new_ext(
            &self.text,
            Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH,
        )
    }

    /// Returns the addresses of the page's links and images.
    pub fn links(&self) -> Vec<String> {
        let mut links = Vec::new();
        for event in self.events() {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    links.push(dest_url.into_string());
                }
                Event::Html(html) | Event::InlineHtml(html) => links.extend(addresses(&html)),
                _ => {}
            }
        }
        links
    }

    /// Returns the anchors of the headings, in the order of the page.
    pub fn headings(&self) -> Vec<String> {
        let mut headings: Vec<String> = Vec::new();
        let mut heading: Option<String> = None;
        for event in self.events() {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let name = name_of(&heading.take().unwrap_or_default());
                    let taken = headings.iter().filter(|it| it.starts_with(&name)).count();
                    let is_taken = headings.contains(&name);
                    headings.push(if is_taken {
                        format!("{name}-{taken}")
                    } else {
                        name
                    });
                }
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                _ => {}
            }
        }
        headings
    }

    /// Returns the path from the workspace and the heading that a link points to; `None` for web
    /// addresses.
    pub fn target(&self, link: &str) -> Option<(Utf8PathBuf, Option<String>)> {
        if link.contains("://") || link.starts_with("mailto:") {
            return None;
        }
        let (path, heading) = match link.split_once('#') {
            Some((path, heading)) => (path, Some(heading.to_owned())),
            None => (link, None),
        };
        let folder = self.path.parent().unwrap_or(Utf8Path::new(""));
        let path = match path {
            "" => self.path.clone(),
            path => normal(&folder.join(path)),
        };
        Some((path, heading))
    }
}

fn find(
    root: &Utf8Path,
    folder: &Utf8Path,
    depth: usize,
    found: &mut Vec<Utf8PathBuf>,
) -> Result<(), BoxError> {
    let path = root.join(folder);
    if !path.is_dir() {
        return Ok(());
    }
    for entry in path.read_dir_utf8()? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            if depth > 1 {
                find(root, &path, depth - 1, found)?;
            }
        } else if path.extension() == Some("md") && !found.contains(&path) {
            found.push(path);
        }
    }
    Ok(())
}

/// Returns the addresses of images and links in HTML.
fn addresses(html: &str) -> Vec<String> {
    let attributes = ["src=\"", "srcset=\"", "href=\""];
    let values = attributes.iter().flat_map(|name| {
        let parts = html.split(name).skip(1);
        parts.filter_map(|rest| rest.split_once('"'))
    });
    values.map(|(value, _)| value.to_owned()).collect()
}

/// Returns the anchor of a heading, as code hosts generate it.
fn name_of(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter_map(|letter| match letter {
        ' ' => Some('-'),
        '-' | '_' => Some(letter),
        letter if letter.is_alphanumeric() => Some(letter),
        _ => None,
    });
    kept.collect()
}

/// Returns a path without `.` and `..`.
pub(super) fn normal(path: &Utf8Path) -> Utf8PathBuf {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.components() {
        match part {
            Utf8Component::ParentDir => drop(parts.pop()),
            Utf8Component::CurDir => {}
            part => parts.push(part.as_str()),
        }
    }
    parts.iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Page {
        Page {
            path: "docs/guide/a.md".into(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn links_of_text_and_of_pictures_are_found_and_code_is_not() {
        let page = page(
            "[a](../b.md#c) ![d](e.svg) `[f](g.md)`\n\n```text\n[h](i.md)\n```\n\n<picture><source srcset=\"j.svg\"><img src=\"k.svg\"></picture>\n",
        );
        assert_eq!(page.links(), ["../b.md#c", "e.svg", "j.svg", "k.svg"]);
    }

    #[test]
    fn a_heading_is_named_as_code_hosts_name_it() {
        let page = page("# `cn-deploy`: what, then\n\n## Why\n\n## Why\n\n## 1. 中国\n");
        let expected = ["cn-deploy-what-then", "why", "why-1", "1-中国"];
        assert_eq!(page.headings(), expected);
    }

    #[test]
    fn a_link_leads_to_a_path_of_the_workspace() {
        let page = page("");
        let target = |link| {
            page.target(link)
                .map(|(path, heading)| (path.into_string(), heading))
        };
        let heading = Some("c".to_owned());
        assert_eq!(
            target("../b.md#c"),
            Some(("docs/b.md".to_owned(), heading.clone()))
        );
        assert_eq!(target("#c"), Some(("docs/guide/a.md".to_owned(), heading)));
        assert_eq!(target("../../x"), Some(("x".to_owned(), None)));
        assert_eq!(target("https://example.com/#c"), None);
    }
}
