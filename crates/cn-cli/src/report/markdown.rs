//! Texts in Markdown, as code hosts render it.
//!
//! # Source
//!
//! GitHub Flavored Markdown specification: 2.4 backslash escapes, 4.10 tables,
//! 6.1 code spans.

use super::visible;

/// A text of our own as a cell of a table: its code in backticks stays code.
pub fn cell(text: &str) -> String {
    line(text).replace('|', "\\|").replace('<', "&lt;")
}

/// A foreign text, in a cell or anywhere else: nothing in it is markup.
pub fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in line(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // Nobody is to be called into a pull request by a template.
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    out
}

/// A foreign text as code, in a cell or anywhere else.
pub fn code(text: &str) -> String {
    let text = line(text);
    let longest = text
        .split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') || text.is_empty() {
        " "
    } else {
        ""
    };
    // A cell ends at a bar even within code.
    let text = text.replace('|', "\\|");
    format!("{fence}{space}{text}{space}{fence}")
}

/// A text on one line.
fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in visible(&text.replace("\r\n", "\n").replace('\r', "\n")) {
        out.push(if matches!(character, '\n' | '\t') {
            ' '
        } else {
            character
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_no_markup() {
        assert_eq!(
            text("a|b\r\n<script>`x`</script> [l](u) *b* @team \u{1b}"),
            "a\\|b &lt;script&gt;\\`x\\`&lt;/script&gt; \\[l\\](u) \\*b\\* &#64;team \u{fffd}"
        );
    }

    #[test]
    fn code_holds_backticks_and_bars() {
        assert_eq!(code("Queue"), "`Queue`");
        assert_eq!(code("a`b|c"), "``a`b\\|c``");
        assert_eq!(code("`<b>`"), "`` `<b>` ``");
        assert_eq!(code(""), "`  `");
    }

    #[test]
    fn a_cell_of_our_own_keeps_its_code() {
        assert_eq!(cell("use `a`|`b`\n<x>"), "use `a`\\|`b` &lt;x>");
    }
}
