//! Texts in Markdown, as code hosts render it.
//!
//! # Source
//!
//! GitHub Flavored Markdown specification: 2.4 backslash escapes, 4.10 tables,
//! 6.1 code spans.

use cn_core::foreign::visible;

/// Renders a sentence of our own, with code in backticks; quoted text may be foreign.
pub fn sentence(words: &str) -> String {
    let parts = words.split('`').enumerate();
    parts
        .map(|(at, part)| if at % 2 == 1 { code(part) } else { text(part) })
        .collect()
}

/// Escapes a foreign text, for a cell, the start of a line or any other place, so that nothing in
/// it is markup.
pub fn text(text: &str) -> String {
    let whole = line(text);
    let text = whole.trim_start();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    // Four blanks would begin a code block.
    let mut out = String::from(if text.len() < whole.len() { " " } else { "" });
    for (at, character) in text.char_indices() {
        let begins_block = (at == 0 && "-+=:".contains(character))
            || (at == digits && at > 0 && ".)".contains(character));
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A template must not mention people in a pull request.
            '@' => out.push_str("&#64;"),
            other if begins_block || "\\`*_[]|~#!$".contains(other) => out.extend(['\\', other]),
            other => out.push(other),
        }
    }
    out
}

/// Renders a foreign text as code, for a cell or any other place.
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
    // A bar ends a cell even within code.
    let text = text.replace('|', "\\|");
    format!("{fence}{space}{text}{space}{fence}")
}

/// Puts a text on one line, with blanks in place of line ends.
fn line(text: &str) -> String {
    visible(text).replace(['\n', '\t'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_no_markup() {
        assert_eq!(
            text("a|b\r\n<script>`x`</script> [l](u) *b* @team \u{1b}"),
            "a\\|b &lt;script&gt;\\`x\\`&lt;/script&gt; \\[l\\](u) \\*b\\* &#64;team \\\\u{1b}"
        );
    }

    #[test]
    fn foreign_text_begins_no_block() {
        assert_eq!(text("- a"), "\\- a");
        assert_eq!(text("12. a-1."), "12\\. a-1.");
        assert_eq!(text("    a $x$"), " a \\$x\\$");
    }

    #[test]
    fn code_holds_backticks_and_bars() {
        assert_eq!(code("Queue"), "`Queue`");
        assert_eq!(code("a`b|c"), "``a`b\\|c``");
        assert_eq!(code("`<b>`"), "`` `<b>` ``");
        assert_eq!(code(""), "`  `");
    }

    #[test]
    fn a_sentence_keeps_its_code_and_nothing_foreign_is_markup() {
        assert_eq!(sentence("use `a|b`, <x>"), "use `a\\|b`, &lt;x&gt;");
        assert_eq!(sentence("`x` and `y` [l](u)"), "`x` and `y` \\[l\\](u)");
    }
}
