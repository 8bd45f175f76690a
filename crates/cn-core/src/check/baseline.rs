//! Known findings: recorded once, ignored until they are gone.
//!
//! An entry contains a code, a file, a fingerprint of the marked text, and a count. Line numbers
//! are not included, so that edits elsewhere in the file do not bring old findings back. One more
//! finding of the same kind is new.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use cn_template::Diagnostic;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Checked;
use crate::file::{self, Accepts, Readers, WriteError, write_atomic};
use crate::foreign;

/// Version of the file format.
const VERSION: u32 = 1;

/// Bytes of a fingerprint: enough to distinguish the findings of one file.
const FINGERPRINT_BYTES: usize = 8;

/// The recorded findings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    version: u32,
    findings: Vec<Entry>,
}

/// A recorded finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    code: String,
    path: String,
    fingerprint: String,
    count: usize,
    /// The message, for people who read the file.
    message: String,
}

/// A baseline that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the baseline `{path}`")]
pub struct BaselineError {
    /// The file.
    pub path: Utf8PathBuf,
    /// The reason.
    #[source]
    pub(crate) source: Reason,
}

/// The reason why a baseline cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Reason {
    /// The file cannot be read.
    #[error("the file cannot be read")]
    Read(#[source] std::io::Error),
    /// The text is not a baseline.
    #[error("the file is not a baseline")]
    Syntax(#[source] serde_json::Error),
    /// Another version of these tools wrote the file.
    #[error("version {0} is not supported")]
    Version(u32),
}

/// The identity of a finding: code, file and fingerprint.
type Key = (String, String, String);

impl Baseline {
    /// Records findings.
    pub fn of(findings: &[Diagnostic]) -> Self {
        let mut entries: BTreeMap<Key, Entry> = BTreeMap::new();
        for finding in findings {
            let (code, path, fingerprint) = key(finding);
            let entry = entries
                .entry((code.clone(), path.clone(), fingerprint.clone()))
                .or_insert_with(|| Entry {
                    code,
                    path,
                    fingerprint,
                    count: 0,
                    message: finding.message.clone(),
                });
            entry.count += 1;
        }
        Self {
            version: VERSION,
            findings: entries.into_values().collect(),
        }
    }

    /// Parses the text of a baseline.
    ///
    /// # Errors
    ///
    /// [`Reason::Syntax`] and [`Reason::Version`].
    fn parse(text: &str) -> Result<Self, Reason> {
        let baseline: Self = serde_json::from_str(text).map_err(Reason::Syntax)?;
        if baseline.version == VERSION {
            Ok(baseline)
        } else {
            Err(Reason::Version(baseline.version))
        }
    }

    /// Reads a baseline from disk.
    ///
    /// # Errors
    ///
    /// [`BaselineError`] if the file cannot be read or is not a baseline.
    pub fn read(path: &Utf8Path) -> Result<Self, BaselineError> {
        let fail = |source| BaselineError {
            path: path.to_owned(),
            source,
        };
        let text =
            file::read_plain(path, Accepts::Pipes).map_err(|error| fail(Reason::Read(error)))?;
        Self::parse(&text).map_err(fail)
    }

    /// Writes the baseline to disk.
    ///
    /// # Errors
    ///
    /// [`WriteError`] if the file cannot be written.
    pub fn write(&self, path: &Utf8Path) -> Result<(), WriteError> {
        write_atomic(path, self.to_text().as_bytes(), Readers::Anybody)
    }

    /// Returns the text of the file: sorted JSON, one key on each line.
    pub(crate) fn to_text(&self) -> String {
        // Only strings and numbers: the serialization cannot fail.
        let text = serde_json::to_string_pretty(self).unwrap_or_default() + "\n";
        foreign::json(&text)
    }

    /// Returns the number of recorded findings.
    pub fn len(&self) -> usize {
        self.findings.iter().map(|entry| entry.count).sum()
    }

    /// Returns true if nothing is recorded.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Removes recorded findings; returns the number of records that match no finding any more.
    pub fn apply(&self, checked: &mut Checked) -> usize {
        let mut left: BTreeMap<Key, usize> = self
            .findings
            .iter()
            .map(|entry| {
                let key = (
                    entry.code.clone(),
                    entry.path.clone(),
                    entry.fingerprint.clone(),
                );
                (key, entry.count)
            })
            .collect();
        let before = checked.findings.len();
        checked
            .findings
            .retain(|finding| match left.get_mut(&key(finding)) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    false
                }
                _ => true,
            });
        checked.known += before - checked.findings.len();
        left.values().sum()
    }
}

fn key(finding: &Diagnostic) -> Key {
    let (path, marked) = match &finding.location {
        Some(location) => (
            location.source.path().as_str(),
            location.source.slice(location.span),
        ),
        None => ("", finding.message.as_str()),
    };
    let digest = Sha256::digest(marked.as_bytes());
    let fingerprint: Vec<String> = digest[..FINGERPRINT_BYTES]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    (
        finding.code.id.to_owned(),
        path.to_owned(),
        fingerprint.concat(),
    )
}

#[cfg(test)]
mod tests {
    use cn_template::{Code, Source, Span};

    use super::*;

    const CODE: Code = Code {
        id: "CN999",
        title: "example",
    };

    /// Returns a finding at each `x` of a text.
    fn checked(text: &str) -> Checked {
        let source = Source::new("t.yaml", text);
        let finding = |(at, _): (usize, &str)| {
            Diagnostic::error(CODE, "an x").at(&source, Span::new(at, at + 1), "")
        };
        Checked {
            findings: text.match_indices('x').map(finding).collect(),
            ..Checked::default()
        }
    }

    #[test]
    fn recorded_findings_are_ignored_wherever_their_lines_move() {
        let baseline = Baseline::of(&checked("a: x\n").findings);
        let mut moved = checked("# one\n# two\na: x\n");
        assert_eq!(baseline.apply(&mut moved), 0);
        assert_eq!((moved.findings.len(), moved.known), (0, 1));
    }

    #[test]
    fn a_further_finding_of_the_same_kind_is_new() {
        let baseline = Baseline::of(&checked("a: x\n").findings);
        let mut more = checked("a: x\nb: x\n");
        baseline.apply(&mut more);
        assert_eq!((more.findings.len(), more.known), (1, 1));
    }

    #[test]
    fn records_without_a_finding_are_counted() {
        let baseline = Baseline::of(&checked("a: x\nb: x\n").findings);
        assert_eq!(baseline.len(), 2);
        assert_eq!(baseline.apply(&mut checked("a: x\n")), 1);
    }

    #[test]
    fn a_baseline_reads_back() {
        let baseline = Baseline::of(&checked("a: x\n").findings);
        assert_eq!(Baseline::parse(&baseline.to_text()).unwrap(), baseline);
        assert!(matches!(Baseline::parse("{"), Err(Reason::Syntax(_))));
        let newer = baseline
            .to_text()
            .replace("\"version\": 1", "\"version\": 2");
        assert!(matches!(Baseline::parse(&newer), Err(Reason::Version(2))));
    }
}
