//! Prefixes of object keys.

/// The prefix of every object key: empty, or text that ends in one slash.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Prefix(String);

impl Prefix {
    /// Creates a prefix from text with or without slashes around it.
    pub fn new(text: &str) -> Self {
        let trimmed = text.trim_matches('/');
        if trimmed.is_empty() {
            Self::default()
        } else {
            Self(format!("{trimmed}/"))
        }
    }

    /// Returns the prefix, with its final slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_in_one_slash() {
        for (text, expected) in [
            ("p/q", "p/q/"),
            ("p/", "p/"),
            ("/p//", "p/"),
            ("", ""),
            ("/", ""),
        ] {
            assert_eq!(Prefix::new(text).as_str(), expected);
        }
    }
}
