//! The INI dialect of the AWS shared files: find a profile, change a key.
//!
//! Pure: text in, edits out. Bytes that are not part of a change stay, line
//! endings and a missing final newline included. Reading for *use* is the
//! SDK's business; what is read here is what a decision needs.
//!
//! # Source
//!
//! AWS SDKs and tools reference guide, "Shared config and credentials files";
//! the behavior of `aws configure set` and of the SDK's own reader where the
//! guide is silent. In short: a section is `[NAME]` in the credentials file
//! and `[default]` or `[profile NAME]` in the config file; a key stands at the
//! start of a line; an indented line continues the value above it or, under a
//! key without a value, is a key of its own level.

use std::fmt;

use cn_template::{Edit, Span};

use super::ProfileName;

/// Which of the two shared files a text is: they name sections differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// `~/.aws/credentials`: sections are `[NAME]`.
    Credentials,
    /// `~/.aws/config`: sections are `[default]` and `[profile NAME]`.
    Config,
}

impl FileKind {
    /// The header that a new section of that profile gets.
    pub fn header(self, profile: &ProfileName) -> String {
        match self {
            Self::Config if profile.as_str() != "default" => format!("[profile {profile}]"),
            _ => format!("[{profile}]"),
        }
    }

    /// Whether a section of that name, as it stands between the brackets, is the profile's.
    fn is_section_of(self, section: &str, profile: &ProfileName) -> bool {
        let name = profile.as_str();
        match self {
            Self::Credentials => section == name,
            Self::Config => match section.strip_prefix("profile") {
                Some(rest) if rest.starts_with([' ', '\t']) => unquote(rest.trim()) == name,
                _ => name == "default" && section == name,
            },
        }
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Credentials => "credentials",
            Self::Config => "config",
        })
    }
}

/// A text that no AWS tool can read, or whose meaning differs between them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IniError {
    /// A line is neither header nor key nor comment.
    #[error("line {line} is neither `[section]` nor `key = value` nor a comment")]
    Line {
        /// Line number, from 1.
        line: usize,
    },
    /// One profile has two sections: some tools merge them, others refuse the file.
    #[error("profile `{profile}` has two sections, in lines {first} and {second}")]
    TwoSections {
        /// The profile.
        profile: ProfileName,
        /// Line of the first header, from 1.
        first: usize,
        /// Line of the second header, from 1.
        second: usize,
    },
    /// One section has a key twice.
    #[error("profile `{profile}` has `{key}` twice, in lines {first} and {second}")]
    TwoKeys {
        /// The profile.
        profile: ProfileName,
        /// The key.
        key: String,
        /// Line of the first, from 1.
        first: usize,
        /// Line of the second, from 1.
        second: usize,
    },
}

/// What to do with one key of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// Give it this value. The value is written as it is: no reader unquotes.
    Set(&'static str, &'a str),
    /// Take it away when it is there.
    Remove(&'static str),
}

/// The keys of one profile in one file; none when it has no section there.
///
/// Keys of nested levels are left out. Keys are in lower case.
///
/// # Errors
///
/// [`IniError`] when the text is broken or has the profile twice.
pub fn read(
    text: &str,
    kind: FileKind,
    profile: &ProfileName,
) -> Result<Option<Vec<(String, String)>>, IniError> {
    let sections = parse(text)?;
    let Some(section) = find(&sections, kind, profile)? else {
        return Ok(None);
    };
    let keys = section
        .keys
        .iter()
        .map(|key| (key.name.to_ascii_lowercase(), key.value.to_owned()));
    Ok(Some(keys.collect()))
}

/// The edits that make the changes to one profile; none when nothing changes.
///
/// A key that exists keeps its place, its line becomes `key = value`. A new one
/// goes after the last key of the section, a new section to the end of the text.
///
/// * `changes`: each key at most once.
///
/// # Errors
///
/// [`IniError`] when the text is broken or has the profile or a key twice.
pub fn edits(
    text: &str,
    kind: FileKind,
    profile: &ProfileName,
    changes: &[Change<'_>],
) -> Result<Vec<Edit>, IniError> {
    let sections = parse(text)?;
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let Some(section) = find(&sections, kind, profile)? else {
        return Ok(new_section(text, newline, kind, profile, changes));
    };
    let mut edits = Vec::new();
    let mut added = String::new();
    for change in changes {
        let (Change::Set(name, _) | Change::Remove(name)) = *change;
        let present = section.key(name, profile)?;
        match (*change, present) {
            (Change::Remove(_), None) => {}
            (Change::Remove(_), Some(key)) => edits.push(Edit::replace(key.lines, "")),
            (Change::Set(_, value), Some(key)) if key.value == value && !key.is_continued => {}
            (Change::Set(name, value), Some(key)) => {
                edits.push(Edit::replace(key.without_newline(text), line(name, value)));
            }
            (Change::Set(name, value), None) => {
                added.push_str(&line(name, value));
                added.push_str(newline);
            }
        }
    }
    if !added.is_empty() {
        let at = section
            .keys
            .last()
            .map_or(section.header_end, |key| key.lines.end);
        if !text[..at].ends_with('\n') {
            added.truncate(added.len() - newline.len());
            added.insert_str(0, newline);
        }
        edits.push(Edit::insert(at, added));
    }
    Ok(edits)
}

fn line(name: &str, value: &str) -> String {
    format!("{name} = {value}")
}

fn new_section(
    text: &str,
    newline: &str,
    kind: FileKind,
    profile: &ProfileName,
    changes: &[Change<'_>],
) -> Vec<Edit> {
    let lines: Vec<String> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Set(name, value) => Some(line(name, value)),
            Change::Remove(_) => None,
        })
        .collect();
    if lines.is_empty() {
        return Vec::new();
    }
    let mut added = String::new();
    if !text.is_empty() && !text.ends_with('\n') {
        added.push_str(newline);
    }
    added.push_str(&kind.header(profile));
    added.push_str(newline);
    for line in lines {
        added.push_str(&line);
        added.push_str(newline);
    }
    vec![Edit::insert(text.len(), added)]
}

struct Section<'t> {
    /// What stands between the brackets, trimmed.
    name: &'t str,
    /// Line of the header, from 1.
    line: usize,
    /// One past the header's line ending.
    header_end: usize,
    keys: Vec<Key<'t>>,
}

impl<'t> Section<'t> {
    fn key(&self, name: &str, profile: &ProfileName) -> Result<Option<&Key<'t>>, IniError> {
        let mut found = self
            .keys
            .iter()
            .filter(|key| key.name.eq_ignore_ascii_case(name));
        let first = found.next();
        match (first, found.next()) {
            (Some(first), Some(second)) => Err(IniError::TwoKeys {
                profile: profile.clone(),
                key: name.to_owned(),
                first: first.line,
                second: second.line,
            }),
            _ => Ok(first),
        }
    }
}

struct Key<'t> {
    name: &'t str,
    /// The rest of the key's own line, trimmed.
    value: &'t str,
    line: usize,
    /// Whether an indented line follows.
    is_continued: bool,
    /// The key's line and those that continue it, final line ending included.
    lines: Span,
}

impl Key<'_> {
    fn without_newline(&self, text: &str) -> Span {
        let kept = text[self.lines.start..self.lines.end].trim_end_matches(['\r', '\n']);
        Span::new(self.lines.start, self.lines.start + kept.len())
    }
}

fn find<'a, 't>(
    sections: &'a [Section<'t>],
    kind: FileKind,
    profile: &ProfileName,
) -> Result<Option<&'a Section<'t>>, IniError> {
    let mut found = sections
        .iter()
        .filter(|section| kind.is_section_of(section.name, profile));
    let first = found.next();
    match (first, found.next()) {
        (Some(first), Some(second)) => Err(IniError::TwoSections {
            profile: profile.clone(),
            first: first.line,
            second: second.line,
        }),
        _ => Ok(first),
    }
}

fn parse(text: &str) -> Result<Vec<Section<'_>>, IniError> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut end = 0;
    for (index, whole) in text.split_inclusive('\n').enumerate() {
        let start = end;
        end += whole.len();
        let number = index + 1;
        let content = whole.trim_start_matches('\u{feff}').trim_end();
        let trimmed = content.trim_start();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        let refuse = || IniError::Line { line: number };
        if content.starts_with([' ', '\t']) {
            // It belongs to the key above, whatever it holds.
            let key = sections
                .last_mut()
                .and_then(|section| section.keys.last_mut());
            let key = key.ok_or_else(refuse)?;
            key.lines.end = end;
            key.is_continued = true;
            continue;
        }
        if let Some(header) = content.strip_prefix('[') {
            let (name, _) = header.split_once(']').ok_or_else(refuse)?;
            sections.push(Section {
                name: name.trim(),
                line: number,
                header_end: end,
                keys: Vec::new(),
            });
            continue;
        }
        let (name, value) = content.split_once(['=', ':']).ok_or_else(refuse)?;
        let section = sections.last_mut().ok_or_else(refuse)?;
        section.keys.push(Key {
            name: name.trim(),
            value: value.trim(),
            line: number,
            is_continued: false,
            lines: Span::new(start, end),
        });
    }
    Ok(sections)
}

fn unquote(name: &str) -> &str {
    for quote in ['"', '\''] {
        let inner = name
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner {
            return inner;
        }
    }
    name
}
