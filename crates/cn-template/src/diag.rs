//! A finding: its message, its place and the next step.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use crate::source::{Position, Source, Span};

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Useful to know; nothing fails because of it.
    Note,
    /// Probably not what the author meant, or fails under some circumstances.
    Warning,
    /// Fails: `cn` uploads and changes nothing while an error is left.
    Error,
}

impl Severity {
    /// Returns the word that messages use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// The stable name of a kind of finding, such as `CN001`.
///
/// The hundreds group the codes: 0 reading a template, 1 ARNs, 2 service principals, 3 hosts, 4
/// availability in a region, 5 artifacts and code, 6 parameters and configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    /// `CN` and three digits; an ID never gets another meaning.
    pub id: &'static str,
    /// The subject in a few words, for lists of codes.
    pub title: &'static str,
}

/// A setting of a request that would fix a finding.
///
/// The library knows no flags: a program adds its own name for the setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Remedy {
    /// The bucket that files are uploaded to.
    Bucket,
    /// The values of the template's parameters.
    Parameters,
    /// The permission to use artifacts from other folders.
    Outside,
    /// The accounts or organizational units of a StackSet.
    Targets,
}

/// A place in a source.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    /// The text.
    pub source: Source,
    /// The bytes that the finding is about.
    pub span: Span,
}

impl Location {
    /// Returns the line and column of the first byte.
    pub fn position(&self) -> Position {
        self.source.position(self.span.start)
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// The kind of this finding.
    pub code: Code,
    /// The severity.
    pub severity: Severity,
    /// The message: a lower-case fragment without a final period.
    pub message: String,
    /// The place; `None` if the finding is not about a place in a text.
    pub location: Option<Location>,
    /// The reason, shown under the marked bytes; may be empty.
    pub label: String,
    /// The next step, if there is one.
    pub help: Option<String>,
    /// The setting that the next step changes, if it changes one.
    pub remedy: Option<Remedy>,
    /// True if `cn-package` rewrites the value, so that the user has nothing to do.
    pub is_rewritten: bool,
}

impl Diagnostic {
    /// Returns true if the code of the finding is one of `ids`, regardless of case.
    pub fn is_one_of(&self, ids: &[String]) -> bool {
        ids.iter().any(|id| id.eq_ignore_ascii_case(self.code.id))
    }

    /// Creates a finding of severity [`Severity::Error`] without a place.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            location: None,
            label: String::new(),
            help: None,
            remedy: None,
            is_rewritten: false,
        }
    }

    /// Creates a finding of severity [`Severity::Warning`] without a place.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message)
        }
    }

    /// Creates a finding of severity [`Severity::Note`] without a place.
    pub fn note(code: Code, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Note,
            ..Self::error(code, message)
        }
    }

    /// Points the finding at `span` of `source`, with `label` under it.
    ///
    /// If `source` was derived from the author's text, the finding points at the author's text.
    #[must_use]
    pub fn at(mut self, source: &Source, span: Span, label: impl Into<String>) -> Self {
        let (source, span) = source.original(span);
        self.location = Some(Location {
            source: source.clone(),
            span,
        });
        self.label = label.into();
        self
    }

    /// Points the finding at `span` of `source` like [`at`](Self::at), and blanks the text around
    /// the span, which may contain secrets.
    ///
    /// Line and column are those of the original text.
    #[must_use]
    pub fn at_only(self, source: &Source, span: Span, label: impl Into<String>) -> Self {
        let blank = |letter| if letter == '\n' { letter } else { ' ' };
        let before: String = source.text()[..span.start].chars().map(blank).collect();
        let alone = Span::new(before.len(), before.len() + span.len());
        let text = before + &source.text()[span.start..span.end];
        self.at(&Source::new(source.path(), text), alone, label)
    }

    /// Sets the setting that the next step changes.
    #[must_use]
    pub const fn remedy(mut self, remedy: Remedy) -> Self {
        self.remedy = Some(remedy);
        self
    }

    /// Sets the next step.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Writes one line: place, severity, code and message, as compilers do.
///
/// # Examples
///
/// ```
/// use cn_template::{Region, Source, portability, tree::Template};
///
/// let source = Source::new("t.yaml", "Resources:\n  Users:\n    Type: AWS::Cognito::UserPool\n");
/// let template = Template::parse(&source).template.expect("a template");
/// let [finding] = &portability::check_regions(&template, &Region::china())[..] else {
///     panic!("one finding");
/// };
/// let line = "t.yaml:3:11: error[CN411]: Cognito user pools are not available in China";
/// assert_eq!(finding.to_string(), line);
/// ```
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            let Position { line, column } = location.position();
            write!(f, "{}:{line}:{column}: ", location.source.path())?;
        }
        let (severity, code) = (self.severity.as_str(), self.code.id);
        write!(f, "{severity}[{code}]: {}", self.message)
    }
}

/// Returns true if any finding is an error.
pub fn has_errors(findings: &[Diagnostic]) -> bool {
    findings
        .iter()
        .any(|finding| finding.severity == Severity::Error)
}

/// Maximum number of characters of a value in a message.
const MOST_SHOWN: usize = 80;

/// Shortens a value for a message: returns its first line, cut with `…` if more follows.
pub fn short(value: &str) -> Cow<'_, str> {
    let line = value.lines().next().unwrap_or_default();
    let end = line.char_indices().nth(MOST_SHOWN);
    let shown = end.map_or(line, |(at, _)| &line[..at]);
    if shown.len() == value.len() {
        Cow::Borrowed(value)
    } else {
        Cow::Owned(format!("{shown}…"))
    }
}

/// Removes repeated findings and keeps the first of each.
pub fn once(mut findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut seen = HashSet::with_capacity(findings.len());
    findings.retain(|finding| seen.insert(finding.clone()));
    findings
}

/// Returns a title, reason or help as a sentence: with a capital letter and a period.
///
/// # Examples
///
/// ```
/// assert_eq!(cn_template::diag::sentence("creation fails"), "Creation fails.");
/// assert_eq!(cn_template::diag::sentence("`a` is empty."), "`a` is empty.");
/// ```
pub fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    let mut sentence: String = first.chain(characters).collect();
    if !sentence.ends_with('.') {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_in_a_message_is_one_short_line() {
        assert_eq!(short("src/"), "src/");
        assert_eq!(short("def f():\n  pass\n"), "def f():…");
        assert_eq!(short(&"键".repeat(81)), format!("{}…", "键".repeat(80)));
    }

    #[test]
    fn findings_are_said_once_each_where_they_stood_first() {
        let code = Code {
            id: "CN901",
            title: "",
        };
        let source = |text: &str| Source::new("t", text);
        let at =
            |text: &str, end| Diagnostic::note(code, "m").at(&source(text), Span::new(0, end), "");
        let all = vec![
            at("ab", 1),
            at("ab", 2),
            at("ab", 1),
            at("ac", 1),
            at("ab", 2),
        ];
        assert_eq!(once(all), [at("ab", 1), at("ab", 2), at("ac", 1)]);
    }
}
