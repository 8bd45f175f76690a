//! The INI dialect of the AWS shared files: finds profiles and changes keys.
//!
//! This module does no I/O: text in, edits out. Bytes that are not part of a change stay the same,
//! including line endings and a missing final newline. The SDK reads the files for use; this module
//! reads only the keys that a decision depends on.
//!
//! # Source
//!
//! AWS SDKs and tools reference guide, "Shared config and credentials files"; where the guide is
//! silent, the behavior of `aws configure set` and of the SDK's own reader. In short: a section is
//! `[NAME]` in the credentials file, and `[default]` or `[profile NAME]` in the config file. A key
//! starts at the beginning of a line. An indented line continues the value above it or, under a key
//! without a value, is a nested key.

use std::fmt;

use cn_template::{Edit, Span};

use super::name::ProfileName;

/// The kind of a shared file: the two kinds name sections differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum FileKind {
    /// `~/.aws/credentials`: sections are `[NAME]`.
    Credentials,
    /// `~/.aws/config`: sections are `[default]` and `[profile NAME]`.
    Config,
}

impl FileKind {
    /// Returns the header of a new section for a profile.
    pub(super) fn header(self, profile: &ProfileName) -> String {
        match self {
            Self::Config if profile.as_str() != "default" => format!("[profile {profile}]"),
            _ => format!("[{profile}]"),
        }
    }

    /// Returns true if a section belongs to the profile.
    ///
    /// `section` is the name as written between the brackets.
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

/// An error for a text that no AWS tool can read, or whose meaning differs between tools.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum IniError {
    /// A line is neither a header nor a key nor a comment.
    #[error("line {line} is neither `[section]` nor `key = value` nor a comment")]
    Line {
        /// Line number, from 1.
        line: usize,
    },
    /// A profile has two sections: some tools merge them, others refuse the file.
    #[error("profile `{profile}` has two sections, in lines {first} and {second}")]
    TwoSections {
        /// The profile.
        profile: ProfileName,
        /// Line of the first header, from 1.
        first: usize,
        /// Line of the second header, from 1.
        second: usize,
    },
    /// A section has a key twice.
    #[error("profile `{profile}` has `{key}` twice, in lines {first} and {second}")]
    TwoKeys {
        /// The profile.
        profile: ProfileName,
        /// The key.
        key: String,
        /// Line of the first occurrence, from 1.
        first: usize,
        /// Line of the second occurrence, from 1.
        second: usize,
    },
}

/// A change to a key of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change<'a> {
    /// Sets this value. The value is written unquoted: no reader removes quotes.
    Set(&'static str, &'a str),
    /// Removes the key, if it exists.
    Remove(&'static str),
}

/// Returns the keys of a profile in a file. `None` if the file has no section for it.
///
/// Nested keys are skipped. Keys are in lower case.
///
/// # Errors
///
/// [`IniError`] if the text is broken or contains the profile twice.
pub(super) fn read(
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

/// Returns the edits that make the changes to a profile; empty if nothing changes.
///
/// An existing key keeps its position, and its line becomes `key = value`. A new key goes after the
/// last key of the section, and a new section to the end of the text.
///
/// * `changes`: each key at most once.
///
/// # Errors
///
/// [`IniError`] if the text is broken or contains the profile or a key twice.
pub(super) fn edits(
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
    /// The text between the brackets, trimmed.
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
    /// The rest of the key's line, trimmed.
    value: &'t str,
    line: usize,
    /// True if an indented line follows.
    is_continued: bool,
    /// The key's line and its continuation lines, including the final line ending.
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
            // The line belongs to the key above, whatever it contains.
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

#[cfg(test)]
mod tests {
    use cn_template::edit::apply;

    use super::*;

    const KEYS: &[Change<'_>] = &[
        Change::Set("aws_access_key_id", "AK"),
        Change::Set("aws_secret_access_key", "abc/+=#; x"),
        Change::Remove("aws_session_token"),
    ];

    const REGION: &[Change<'_>] = &[Change::Set("region", "cn-north-1")];

    fn changed(kind: FileKind, text: &str, changes: &[Change<'_>]) -> Result<String, IniError> {
        let edits = edits(text, kind, &ProfileName::china(), changes)?;
        Ok(apply(text, &edits))
    }

    /// Checks the new text, and that a second application changes nothing.
    fn check(kind: FileKind, changes: &[Change<'_>], text: &str, expected: &str) {
        assert_eq!(changed(kind, text, changes).unwrap(), expected);
        let again = edits(expected, kind, &ProfileName::china(), changes).unwrap();
        assert_eq!(again, [], "a second time");
    }

    #[test]
    fn a_new_profile_is_a_new_section() {
        check(
            FileKind::Credentials,
            KEYS,
            "",
            "[china]\naws_access_key_id = AK\naws_secret_access_key = abc/+=#; x\n",
        );
        check(
            FileKind::Config,
            REGION,
            "",
            "[profile china]\nregion = cn-north-1\n",
        );
    }

    #[test]
    fn a_section_is_added_after_a_final_newline() {
        check(
            FileKind::Config,
            REGION,
            "# 说明\n[default]\nregion=us-east-1",
            "# 说明\n[default]\nregion=us-east-1\n[profile china]\nregion = cn-north-1\n",
        );
        check(
            FileKind::Config,
            REGION,
            "\u{feff}[default]\r\nregion=us-east-1\r\n",
            "\u{feff}[default]\r\nregion=us-east-1\r\n[profile china]\r\nregion = cn-north-1\r\n",
        );
    }

    #[test]
    fn a_key_that_exists_keeps_its_place() {
        check(
            FileKind::Credentials,
            KEYS,
            "[a]\n[china] ; 中国\naws_secret_access_key:\tOLD ; note\n# c\n\nAWS_ACCESS_KEY_ID=OLD\nx = y\n\n[b]\n",
            "[a]\n[china] ; 中国\naws_secret_access_key = abc/+=#; x\n# c\n\naws_access_key_id = AK\nx = y\n\n[b]\n",
        );
    }

    #[test]
    fn a_new_key_goes_after_the_last_one() {
        check(
            FileKind::Config,
            REGION,
            "[profile china]\noutput = json\n\n# about b\n[profile b]\n",
            "[profile china]\noutput = json\nregion = cn-north-1\n\n# about b\n[profile b]\n",
        );
        check(
            FileKind::Config,
            REGION,
            "[profile china]\r\noutput = json",
            "[profile china]\r\noutput = json\r\nregion = cn-north-1",
        );
        check(
            FileKind::Config,
            REGION,
            "[profile china]",
            "[profile china]\nregion = cn-north-1",
        );
    }

    #[test]
    fn a_nested_key_is_not_the_key() {
        check(
            FileKind::Config,
            REGION,
            "[profile china]\ns3 =\n    region = x\n    # 注释\n\tmax = 2\n",
            "[profile china]\ns3 =\n    region = x\n    # 注释\n\tmax = 2\nregion = cn-north-1\n",
        );
    }

    #[test]
    fn lines_that_continue_a_value_go_with_it() {
        check(
            FileKind::Config,
            REGION,
            "[profile china]\nregion = cn-\n  north\noutput = json\n",
            "[profile china]\nregion = cn-north-1\noutput = json\n",
        );
    }

    #[test]
    fn what_is_left_of_a_session_goes() {
        check(
            FileKind::Credentials,
            KEYS,
            "[china]\naws_access_key_id = AK\naws_session_token = T\naws_secret_access_key = abc/+=#; x\n",
            "[china]\naws_access_key_id = AK\naws_secret_access_key = abc/+=#; x\n",
        );
    }

    #[test]
    fn sections_are_told_apart() {
        for (kind, header) in [
            (FileKind::Config, "[profile china]"),
            (FileKind::Config, "[profile \"china\"]"),
            (FileKind::Config, "[profile 'china']"),
            (FileKind::Config, "[ profile\tchina ] # x"),
            (FileKind::Credentials, "[china]"),
            (FileKind::Credentials, "[ china ]"),
        ] {
            check(
                kind,
                REGION,
                &format!("{header}\nregion = a\n"),
                &format!("{header}\nregion = cn-north-1\n"),
            );
        }
        for (kind, header) in [
            (FileKind::Config, "[china]"),
            (FileKind::Config, "[profilechina]"),
            (FileKind::Config, "[profile china2]"),
            (FileKind::Config, "[sso-session china]"),
            (FileKind::Credentials, "[profile china]"),
            (FileKind::Credentials, "#[china]"),
        ] {
            let text = format!("{header}\n");
            let added = changed(kind, &text, REGION).unwrap();
            let expected = format!(
                "{text}{}\nregion = cn-north-1\n",
                kind.header(&ProfileName::china())
            );
            assert_eq!(added, expected);
        }
    }

    #[test]
    fn the_default_profile_has_two_forms_of_its_header() {
        let default: ProfileName = "default".parse().unwrap();
        assert_eq!(FileKind::Config.header(&default), "[default]");
        for text in ["[default]\nregion = a\n", "[profile default]\nregion = a\n"] {
            let keys = read(text, FileKind::Config, &default).unwrap().unwrap();
            assert_eq!(keys, [("region".to_owned(), "a".to_owned())]);
        }
    }

    #[test]
    fn what_tools_read_differently_is_refused() {
        let refused = |text: &str| {
            changed(FileKind::Config, text, REGION)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            refused("[profile china]\n[b]\n[profile china]\n"),
            "profile `china` has two sections, in lines 1 and 3"
        );
        assert_eq!(
            refused("[profile china]\nregion = a\nRegion = b\n"),
            "profile `china` has `region` twice, in lines 2 and 3"
        );
        for text in [
            "region = a\n",
            "[a]\nwhat\n",
            "[a\n",
            "  x\n",
            "\n[a]\n  x\n",
        ] {
            let line = "neither `[section]` nor `key = value` nor a comment";
            assert!(refused(text).ends_with(line), "{text}");
        }
    }

    #[test]
    fn another_profiles_doubles_are_none_of_our_business() {
        check(
            FileKind::Credentials,
            REGION,
            "[a]\nx = 1\nx = 2\n[a]\n",
            "[a]\nx = 1\nx = 2\n[a]\n[china]\nregion = cn-north-1\n",
        );
    }
}
