//! Foreign text, made safe to display.
//!
//! File names, templates, settings, outputs and service messages may contain anything: terminal
//! control sequences, line ends, marks that change the reading direction. The functions here escape
//! such characters, so that a reader sees them and no program obeys them. Each place that shows
//! text uses one of these functions; Markdown, HTML and XML output adds the escapes of
//! its markup.
//!
//! # Source
//!
//! Controls: ECMA-48; characters that disguise text: Unicode Standard Annex 9 and Unicode Technical
//! Report 36 (CVE-2021-42574), Default_Ignorable_Code_Point of Unicode Standard Annex 44.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns true for a character that is not visible as itself.
///
/// These are controls, direction marks, uncommon line ends, and characters without width.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || !character.is_ascii()
            && matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Escapes hidden characters as Rust does, such as `\u{1b}`.
///
/// * `stays`: hidden characters to keep.
fn escape(text: &str, stays: &[char]) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            kept if !is_hidden(kept) || stays.contains(&kept) => out.push(kept),
            '\n' | '\r' | '\t' => out.extend(character.escape_default()),
            hidden => out.extend(hidden.escape_unicode()),
        }
    }
    out
}

/// Returns a multi-line text with escaped hidden characters.
///
/// Keeps line ends and tabs; removes a carriage return before a line end.
///
/// # Examples
///
/// ```
/// use cn_core::foreign::visible;
///
/// assert_eq!(visible("a\x1b[2J\r\nb"), "a\\u{1b}[2J\nb");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(|it| !is_hidden(it) || it == '\n') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(escape(&text.replace("\r\n", "\n"), &['\n', '\t']))
}

/// Returns a message with indented lines after the first.
///
/// The indentation keeps quoted text from passing for a line of the program.
///
/// * `indentation`: added to the lines that do not start with it.
///
/// # Source
///
/// GitHub runners treat a line that starts with `::`, after blanks, as a command: GitHub Actions
/// documentation, "Workflow commands".
pub fn indented(text: &str, indentation: &str) -> String {
    let text = visible(text.trim_end()).replace('\t', "    ");
    let mut lines = text.split('\n');
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        out.push('\n');
        if !line.starts_with(indentation) {
            out.push_str(indentation);
        }
        match line.trim_start().strip_prefix("::") {
            Some(command) => out.extend(["\\u{3a}:", command]),
            None => out.push_str(line),
        }
    }
    out
}

/// Returns a text as one line: line ends and tabs are escaped too.
pub fn line(text: &str) -> String {
    escape(text, &[])
}

/// Returns JSON with escaped hidden characters in its strings; the values stay the same.
///
/// * `text`: serialized JSON, on one line or several.
pub fn json(text: &str) -> String {
    let is_escaped = |it: char| it != '\n' && is_hidden(it);
    if !text.contains(is_escaped) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_escaped(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_written_out_and_others_stay() {
        let text = "订单 é e\u{301} \u{2764}\u{fe0f} \\ \"\t";
        assert_eq!(visible(text), text);
        assert_eq!(
            line("\u{0}\u{7}\u{1b}]52;c;eA==\u{7f}\u{9b}2J\u{85}\r\n"),
            r"\u{0}\u{7}\u{1b}]52;c;eA==\u{7f}\u{9b}2J\u{85}\r\n"
        );
        assert_eq!(
            line("\u{202e}\u{2066}\u{200b}\u{feff}\u{ad}\u{2028}\u{e0041}\u{3164}"),
            r"\u{202e}\u{2066}\u{200b}\u{feff}\u{ad}\u{2028}\u{e0041}\u{3164}"
        );
    }

    #[test]
    fn only_real_line_ends_stay() {
        assert_eq!(visible("a\r\nb\nc\rd\u{2029}e"), "a\nb\nc\\rd\\u{2029}e");
    }

    #[test]
    fn a_message_forges_no_line() {
        let text = "it said: a\r\nexit: 0 done\n  ::add-mask::x\n    at\tb\u{1b}[2J\n";
        assert_eq!(
            indented(text, "  "),
            "it said: a\n  exit: 0 done\n\\u{3a}:add-mask::x\n    at    b\\u{1b}[2J"
        );
    }

    #[test]
    fn json_stands_for_the_same_values() {
        let value = serde_json::json!({"a\u{9b}": "\u{1b}\u{202e}\u{e0041}订\n"});
        let text = json(&format!("{value:#}"));
        assert_eq!(
            text,
            "{\n  \"a\\u009b\": \"\\u001b\\u202e\\udb40\\udc41订\\n\"\n}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            value
        );
    }
}
