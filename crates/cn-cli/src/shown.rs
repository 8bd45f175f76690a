//! Text that may reach a terminal or a log.

use cn_core::foreign::{indented, line, visible};

/// Text whose foreign parts cannot control a terminal or forge a line.
///
/// [`Ui`](crate::Ui) prints nothing else. A text becomes one line, and a list of strings one line
/// each; a document of several lines is made with [`document`](Self::document).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    /// Creates a document that keeps its line ends, such as a table or a report.
    pub fn document(text: &str) -> Self {
        Self(visible(text).into_owned())
    }

    /// Creates a message; lines after the first are indented.
    pub(crate) fn message(text: &str, indentation: &str) -> Self {
        Self(indented(text, indentation))
    }

    /// Creates a styled text of our own, whose foreign parts are already escaped.
    pub(crate) fn styled(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Shown {
    fn from(text: &str) -> Self {
        Self(line(text))
    }
}

impl From<&String> for Shown {
    fn from(text: &String) -> Self {
        Self(line(text))
    }
}

impl From<String> for Shown {
    fn from(text: String) -> Self {
        Self(line(&text))
    }
}

impl From<Vec<String>> for Shown {
    fn from(lines: Vec<String>) -> Self {
        lines.into_iter().map(Self::from).collect()
    }
}

/// Joins texts, each with a line end after it.
impl FromIterator<Shown> for Shown {
    fn from_iter<I: IntoIterator<Item = Self>>(texts: I) -> Self {
        Self(texts.into_iter().map(|text| text.0 + "\n").collect())
    }
}

/// Returns a count and its noun, in singular or plural.
pub fn plural(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_and_a_list_a_line_each() {
        assert_eq!(Shown::from("a\nb").as_str(), "a\\nb");
        let list = vec!["K = v\nPATH = x".to_owned(), "L = w".to_owned()];
        assert_eq!(Shown::from(list).as_str(), "K = v\\nPATH = x\nL = w\n");
    }
}
