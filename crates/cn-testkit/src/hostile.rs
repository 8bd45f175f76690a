//! Foreign texts that attack their readers, and checks of what remains of them.

use std::sync::LazyLock;

use pulldown_cmark::{Event, Options, Parser};
use regex::Regex;

/// Texts that control terminals, forge lines, or break out of markup.
///
/// A forged line begins with `FORGED` or `::`; a sequence for a terminal begins with a control
/// character.
pub const HOSTILE: [&str; 36] = [
    // Terminals: clipboard, title, hyperlink, clear screen, cursor, conceal, reset, answer back.
    "\u{1b}]52;c;RVZJTA==\u{7}",
    "\u{1b}]0;title\u{1b}\\",
    "\u{1b}]8;;https://evil.example\u{1b}\\link\u{1b}]8;;\u{1b}\\",
    "\u{1b}[2J\u{1b}[H",
    "\u{1b}[1A\u{1b}[2K",
    "\u{1b}[8mconcealed",
    "\u{1b}c\u{1b}[5n\u{1b}P$qm\u{1b}\\",
    "\u{9b}2J\u{9d}0;t\u{9c}\u{90}",
    "\u{8}\u{8}\u{8}erased\u{7f}\u{0}\u{e}\u{f}",
    // Lines: every character that some reader treats as a line end.
    "a\nFORGED exit: 0 done",
    "a\r\nFORGED Key = Value",
    "a\rFORGED overwritten",
    "a\n::add-mask::FORGED\n  ::set-output name=x::FORGED",
    "a\u{b}FORGED\u{c}FORGED\u{85}FORGED\u{1c}FORGED\u{1e}FORGED",
    "a\u{2028}FORGED\u{2029}FORGED",
    // Readers: direction, characters without width, tags, fillers.
    "\u{202e}txt.exe\u{202c}\u{2066}x\u{2069}\u{200f}",
    "pay\u{200b}pal\u{200d}\u{feff}\u{ad}\u{2060}\u{180e}",
    "\u{e0041}\u{e0042}\u{3164}\u{115f}",
    // Markdown.
    "a\n\n# FORGED heading\n\n- item\n1. item\n\n---\n",
    "a\r\r# FORGED heading\r\r> quote\r",
    "[link](https://evil.example) ![image](https://evil.example/x.png) <https://evil.example>",
    "a\n\n[ref]: https://evil.example\n[ref]",
    "` ``x`` ``` ~~~\n```\nFORGED\n```\n~~~",
    "a | b \\| c |\n| --- | --- |\n| d |",
    "- item",
    "1. item",
    "+ item",
    "    indented $math$ $$more$$",
    "=== ",
    "# heading",
    "**bold** _em_ ~~gone~~ <b>b</b> &lt; &#60;",
    // HTML and XML.
    "<!-- hidden",
    "--> ]]> <![CDATA[ x ]]> <?pi?> <!DOCTYPE x>",
    "</td></tr></table></pre></style></title><script>alert(1)</script>",
    "\"' onmouseover='alert(1)' x=\"",
    // JSON.
    "\\u001b\", \"forged\": \"x",
];

/// Returns all texts, joined.
pub fn everything() -> String {
    HOSTILE.join(" ")
}

/// Returns the texts that fit into a file name, joined.
pub fn file_name() -> String {
    let [terminal, line, command, other, direction, markup] =
        [0, 9, 12, 14, 15, 32].map(|at| HOSTILE[at]);
    format!("{terminal}{line}{command}{other}{direction}{markup}").replace(['/', '\0'], "")
}

/// The sequences that programs use to color a text.
static STYLES: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("\u{1b}\\[(0|1|3[0-7]|9[0-7]|38;5;[0-9]+)?m").expect("valid"));

/// Asserts that a text contains nothing that controls a terminal or is hidden from a reader.
///
/// * `place`: the place of the text, for the message.
///
/// # Panics
///
/// With the first line that contains such a character.
pub fn assert_visible(place: &str, text: &str) {
    let is_hidden = |character: char| {
        (character.is_control() && character != '\t')
            || matches!(character, '\u{ad}' | '\u{115f}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
                | '\u{e0000}'..='\u{e0fff}')
    };
    for line in text.split('\n') {
        assert!(
            !line.contains(is_hidden),
            "{place}: hidden in {line:?} of\n{text:?}"
        );
    }
}

/// Asserts that a program's output contains nothing that controls a terminal or is hidden from a
/// reader, and no line that a foreign text forged.
///
/// * `place`: the place of the text, for the message.
///
/// # Panics
///
/// With the first line that is not harmless.
pub fn assert_harmless(place: &str, shown: &str) {
    // A terminal in raw mode gets both characters of a line end.
    let plain = STYLES.replace_all(shown, "").replace("\r\n", "\n");
    assert_visible(place, &plain);
    for line in plain.split('\n') {
        let is_forged = line.starts_with("FORGED") || line.trim_start().starts_with("::");
        assert!(!is_forged, "{place}: forged {line:?} in\n{plain}");
    }
}

/// Returns the blocks and inlines of a Markdown text, without its words, code spans and line ends.
pub fn markdown_structure(text: &str) -> Vec<String> {
    let events = Parser::new_ext(text, Options::all());
    let structure = events.filter_map(|event| match event {
        Event::Text(_) | Event::Code(_) | Event::SoftBreak | Event::HardBreak => None,
        Event::Start(tag) => Some(format!("{:?}", tag.to_end())),
        other => Some(format!("{other:?}")),
    });
    structure.collect()
}
