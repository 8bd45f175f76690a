//! Replacements of everything that differs between two runs of the same test.

use std::sync::LazyLock;

use regex::Regex;

/// The replacements that every snapshot gets, in this order.
static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"127\.0\.0\.1:\d+", "127.0.0.1:[PORT]"),
        (
            r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
            "[UUID]",
        ),
        (
            r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?(Z|UTC|[+-]\d\d:?\d\d))?",
            "[TIMESTAMP]",
        ),
        (r"\b(\d+h ?)?(\d+m ?)?\d+(\.\d+)?(ms|µs|s)\b", "[TIME]"),
        (r"\b(AKIA|ASIA)[0-9A-Z]{16}\b", "[KEY-ID]"),
    ]
    .map(|(pattern, by)| (Regex::new(pattern).expect("the pattern is valid"), by))
    .into()
});

static DIGEST: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b[0-9a-f]{32,}\b").expect("the pattern is valid"));

/// Replacements that make a text the same in every run.
#[derive(Clone, Debug, Default)]
pub struct Redactions {
    texts: Vec<(String, String)>,
    digests: bool,
}

impl Redactions {
    /// Creates replacements with only the patterns: loopback ports, UUIDs, timestamps, durations,
    /// access key ids.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces a text wherever it occurs, before any pattern.
    pub fn replace(&mut self, text: &str, by: &str) {
        self.texts.push((text.to_owned(), by.to_owned()));
    }

    /// Also replaces digests.
    pub fn hide_digests(&mut self) {
        self.digests = true;
    }

    /// Returns the text with all replacements made.
    pub fn apply(&self, text: &str) -> String {
        let text = self
            .texts
            .iter()
            .fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
        let text = PATTERNS.iter().fold(text, |text, (pattern, by)| {
            pattern.replace_all(&text, *by).into_owned()
        });
        if !self.digests {
            return text;
        }
        DIGEST.replace_all(&text, "[DIGEST]").into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hides_what_differs_between_runs() {
        let mut redactions = Redactions::new();
        redactions.replace("/tmp/x1", "[ROOT]");
        let text = "/tmp/x1/a at http://127.0.0.1:4566 took 4m12s, 1.25s or 17ms, \
                    id 11111111-2222-4333-8444-555555555555, 2026-11-22T23:15:31Z, AKIA8E9F1ECD713B431E, \
                    3 stacks";
        insta::assert_snapshot!(redactions.apply(text), @"[ROOT]/a at http://127.0.0.1:[PORT] took [TIME], [TIME] or [TIME], id [UUID], [TIMESTAMP], [KEY-ID], 3 stacks");
    }

    #[test]
    fn hides_digests_only_when_asked() {
        let mut redactions = Redactions::new();
        let text = "key 0123456789abcdef0123456789abcdef.zip";
        assert_eq!(redactions.apply(text), text);
        redactions.hide_digests();
        assert_eq!(redactions.apply(text), "key [DIGEST].zip");
    }
}
