//! Writers of reports, for people and for the systems that show them.
//!
//! Everything is pure text building. What AWS and templates say is foreign: it
//! may hold markup, control characters or worse, so each format has one place
//! that makes it harmless.
//!
//! | module | holds |
//! | --- | --- |
//! | [`junit`] | test results, as CodeBuild's report groups read them |
//! | [`markdown`] | cells, code and foreign text in Markdown |

pub mod junit;
pub mod markdown;

/// The characters of a text as they may be shown: what is invisible, turns the
/// reading direction or is no character at all becomes a replacement sign.
///
/// Line endings and tabs stay.
///
/// # Source
///
/// What XML 1.0 cannot say, section 2.2; controls of direction, Unicode
/// Standard Annex 9, which text can be disguised with (CVE-2021-42574).
fn visible(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(|character| match character {
        '\n' | '\t' => character,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        other if other.is_control() => '\u{fffd}',
        other => other,
    })
}

/// A text for XML and HTML, within an element or a quoted attribute.
pub fn markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in visible(text) {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            // Without it a text could hold the end of a CDATA section.
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup_or_invisible() {
        assert_eq!(
            markup("<b a='1'>&\"]]>\u{0}\u{1b}[31m\u{7f}\u{85}\u{202e}\u{ffff}\r\n\t订单"),
            "&lt;b a=&#39;1&#39;&gt;&amp;&quot;]]&gt;\u{fffd}\u{fffd}[31m\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\n\t订单"
        );
    }
}
