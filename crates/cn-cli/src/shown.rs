//! Text that may reach a terminal or a log.

use cn_core::foreign::{indented, line, visible};

/// Text in which nothing foreign is a command of a terminal or forges a line.
///
/// [`Ui`](crate::Ui) prints nothing else. A text becomes one line, a list of strings a line
/// each; what is a document of several lines says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    /// A document whose line ends are its own, such as a table or a report.
    pub fn document(text: &str) -> Self {
        Self(visible(text).into_owned())
    }

    /// A message, whose lines after the first are indented.
    pub(crate) fn message(text: &str, indentation: &str) -> Self {
        Self(indented(text, indentation))
    }

    /// A text of our own with its style, whose foreign parts are escaped already.
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

/// Each text with a line end after it.
impl FromIterator<Shown> for Shown {
    fn from_iter<I: IntoIterator<Item = Self>>(texts: I) -> Self {
        Self(texts.into_iter().map(|text| text.0 + "\n").collect())
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
