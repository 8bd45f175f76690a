//! Writers of reports, for people and for the systems that show them.
//!
//! All writers only build text. Texts from AWS and templates are foreign: each format has one place
//! that escapes its markup, after [`visible`] has escaped the rest.
//!
//! | module | contains |
//! | --- | --- |
//! | [`junit`] | test results, as CodeBuild's report groups read them |
//! | [`markdown`] | cells, code and foreign text in Markdown |

pub mod junit;
pub mod markdown;

use cn_core::foreign::visible;

/// Escapes a text for XML and HTML, within an element or a quoted attribute.
pub fn markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in visible(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            // Without this, a text could end a CDATA section.
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
            "&lt;b a=&#39;1&#39;&gt;&amp;&quot;]]&gt;\\u{0}\\u{1b}[31m\\u{7f}\\u{85}\\u{202e}\\u{ffff}\n\t订单"
        );
    }
}
