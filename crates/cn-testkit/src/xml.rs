//! The subset of XML that the answers of query services need.

use std::fmt::Write as _;

/// Returns the contents of every element of that name, in order, still escaped.
///
/// Elements of the same name must not be nested.
pub fn all<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(&open) {
        let Some((content, next)) = after.split_once(&close) else {
            break;
        };
        found.push(content);
        rest = next;
    }
    found
}

/// Returns the unescaped text of the first element of that name.
pub fn first(text: &str, name: &str) -> Option<String> {
    all(text, name).first().map(|content| unescaped(content))
}

/// Returns the text with XML's special characters and control characters written as entities.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            other if other.is_control() => {
                let _ = write!(out, "&#{};", u32::from(other));
            }
            other => out.push(other),
        }
    }
    out
}

/// Returns the unescaped text.
pub fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_elements_in_order() {
        let text = "<a><b>1</b><b>2 &lt; 3</b></a>";
        assert_eq!(all(text, "b"), ["1", "2 &lt; 3"]);
        assert_eq!(first(text, "b").as_deref(), Some("1"));
        assert_eq!(first(text, "c"), None);
    }
}
