//! Host names of AWS in a text.

use std::ops::Range;
use std::sync::LazyLock;

use crate::look::phrase::{HOLE, Hole, REGION, SUFFIX, SUFFIX_TEXT, is_mark};
use crate::look::scene::{Scene, occurrences, whole_names};
use crate::partition::Partition;

/// A host name that ends in a partition's suffix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host<'a> {
    /// The bytes of the whole name.
    pub range: Range<usize>,
    /// The bytes of the suffix, without the dot before it.
    pub suffix: Range<usize>,
    /// The labels before the suffix, from left to right.
    pub labels: Vec<&'a str>,
    /// True if `://`, a path, a port or `user@` shows that the name is an address.
    pub is_address: bool,
    /// The text before the name.
    pub before: &'a str,
    /// The text after the name.
    pub after: &'a str,
}

/// The region in a host's labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Regional<'a> {
    /// A reference to the region of the stack.
    Reference,
    /// A region that is written out.
    Literal(&'a str),
    /// No region in any label.
    None,
}

/// Maximum length of a host name in bytes, including placeholders.
const LONGEST_BYTES: usize = 1024;

/// Suffixes of service hosts, longest first.
static SUFFIXES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut suffixes: Vec<&str> = Partition::ALL
        .into_iter()
        .map(Partition::dns_suffix)
        .collect();
    suffixes.sort_by_key(|suffix| std::cmp::Reverse(suffix.len()));
    suffixes.dedup();
    suffixes
});

/// Returns all suffixes of hosts, including `AWS::URLSuffix`.
pub(crate) fn suffixes() -> Vec<&'static str> {
    SUFFIXES.iter().copied().chain([SUFFIX_TEXT]).collect()
}

/// Finds the hosts in a text, from left to right, including those that end in `AWS::URLSuffix`.
pub(crate) fn all(text: &str) -> Vec<Host<'_>> {
    let mut found = Vec::new();
    if !text.contains(['.', SUFFIX]) {
        return found;
    }
    let mut from = 0;
    for suffix in suffixes_in(text) {
        if suffix.start < from {
            continue;
        }
        from = suffix.end;
        if !ends_a_name(&text[suffix.end..]) || !follows_a_dot(&text[..suffix.start]) {
            continue;
        }
        let first = text.ceil_char_boundary(suffix.start.saturating_sub(LONGEST_BYTES));
        let start = text[first..suffix.start]
            .rfind(|character: char| !is_name(character))
            .map_or(first, |at| {
                let at = first + at;
                at + text[at..].chars().next().map_or(1, char::len_utf8)
            });
        let name = text[start..suffix.start].trim_end_matches('.');
        let before = &text[..start];
        let after = &text[suffix.end..];
        found.push(Host {
            range: start..suffix.end,
            labels: if name.is_empty() {
                Vec::new()
            } else {
                name.split('.').collect()
            },
            is_address: before.ends_with("//") || before.ends_with('@') || is_path(after),
            suffix,
            before,
            after,
        });
    }
    found
}

/// Returns all suffixes in a text from left to right; at the same offset, the longest first.
fn suffixes_in(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = SUFFIXES
        .iter()
        .flat_map(|suffix| occurrences(text, suffix).map(|at| at..at + suffix.len()))
        .chain(
            text.match_indices(SUFFIX)
                .map(|(at, mark)| at..at + mark.len()),
        )
        .collect();
    found.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    found
}

/// Finds names in a domain that is not available in China; finds none for other targets.
pub(crate) fn ending_in<'a>(
    scene: &'a Scene<'_, '_>,
    domain: &'a str,
) -> impl Iterator<Item = Range<usize>> + 'a {
    let text = if scene.aim.is_china() { scene.text } else { "" };
    whole_names(text, domain).map(|at| at..at + domain.len())
}

fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_.*<>{}".contains(character) || is_mark(character)
}

/// Returns true if a suffix ends the name.
///
/// Neither another label nor a reference that could be a label follows it.
fn ends_a_name(after: &str) -> bool {
    let mut rest = after.chars();
    match rest.next() {
        None => true,
        Some('.') => !rest
            .next()
            .is_some_and(|next| next.is_ascii_alphanumeric() || is_mark(next)),
        Some(next) => !next.is_ascii_alphanumeric() && !"-_".contains(next) && !is_mark(next),
    }
}

fn follows_a_dot(before: &str) -> bool {
    !before.ends_with(|last: char| last.is_ascii_alphanumeric() || "-_".contains(last))
}

fn is_path(after: &str) -> bool {
    after.starts_with('/')
        || after
            .strip_prefix(':')
            .is_some_and(|port| port.starts_with(|digit: char| digit.is_ascii_digit()))
}

impl<'a> Host<'a> {
    /// Returns the region in the labels.
    ///
    /// * `holes`: the references in the text.
    pub(crate) fn regional(&self, holes: &[Hole]) -> Regional<'a> {
        if self.labels.iter().any(|label| label.contains(REGION)) {
            return Regional::Reference;
        }
        if let Some(label) = self.labels.iter().find_map(|label| region_in(label)) {
            return Regional::Literal(label);
        }
        let is_reference = |label: &str| {
            label.chars().eq([HOLE]) || matches!(label, "*" | "<region>" | "{region}" | "REGION")
        };
        match self.labels.as_slice() {
            [.., before, last] if is_reference(last) && self.is_region(before, holes) => {
                Regional::Reference
            }
            [.., last] if after_s3(last).is_some_and(is_reference) => Regional::Reference,
            [_, .., region, service]
                if is_reference(region)
                    && self.labels.len() > 2
                    && BEHIND_REGION.contains(service) =>
            {
                Regional::Reference
            }
            _ => Regional::None,
        }
    }

    /// Returns true if the reference in the last label is a region.
    ///
    /// Its name says so, or the label before it is not a reference, because service names are
    /// written out.
    fn is_region(&self, before: &str, holes: &[Hole]) -> bool {
        let last = self.suffix.start.saturating_sub(1 + HOLE.len_utf8());
        let name = holes
            .iter()
            .find(|hole| hole.at == last)
            .map(|hole| hole.name.to_ascii_lowercase())
            .unwrap_or_default();
        let is_other = ["s3", "host", "domain", "service", "endpoint", "bucket"];
        name.contains("region")
            || !before.contains(HOLE) && !is_other.iter().any(|other| name.contains(other))
    }
}

/// Services that come after their region, as in `NAME.REGION.es.amazonaws.com`.
const BEHIND_REGION: [&str; 12] = [
    "airflow",
    "aoss",
    "cache",
    "cloudsearch",
    "compute",
    "docdb",
    "elb",
    "es",
    "neptune",
    "rds",
    "redshift",
    "vpce",
];

/// Returns the text after `s3-` and `s3-website-` in a label.
pub(crate) fn after_s3(label: &str) -> Option<&str> {
    label
        .strip_prefix("s3-website-")
        .or_else(|| label.strip_prefix("s3-"))
}

/// Returns the region in a label: the whole label, or its end after `s3-` (`s3-us-west-2`).
pub(crate) fn region_in(label: &str) -> Option<&str> {
    if Partition::of_region(label).is_some() {
        return Some(label);
    }
    after_s3(label).filter(|rest| Partition::of_region(rest).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, Regional<'_>)]) {
        let hosts = all(text);
        let found: Vec<_> = hosts
            .iter()
            .map(|host| (&text[host.range.clone()], host.regional(&[])))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn finds_hosts_and_their_regions() {
        check(
            "https://s3.amazonaws.com/b and x@sqs.us-east-1.amazonaws.com:443",
            &[
                ("s3.amazonaws.com", Regional::None),
                (
                    "sqs.us-east-1.amazonaws.com",
                    Regional::Literal("us-east-1"),
                ),
            ],
        );
        check(
            "a.s3-us-west-2.amazonaws.com.",
            &[(
                "a.s3-us-west-2.amazonaws.com",
                Regional::Literal("us-west-2"),
            )],
        );
        check(
            "\u{f8f4}.execute-api.\u{f8f1}.amazonaws.com.cn/x",
            &[(
                "\u{f8f4}.execute-api.\u{f8f1}.amazonaws.com.cn",
                Regional::Reference,
            )],
        );
        check("lambda.\u{f8f2}", &[("lambda.\u{f8f2}", Regional::None)]);
        check(
            "\u{f8f4}.amazonaws.com",
            &[("\u{f8f4}.amazonaws.com", Regional::None)],
        );
        check(
            "\u{f8f4}.\u{f8f4}.es.amazonaws.com",
            &[("\u{f8f4}.\u{f8f4}.es.amazonaws.com", Regional::Reference)],
        );
        for unknown in [
            "www.\u{f8f4}.s3.amazonaws.com",
            "\u{f8f4}.\u{f8f4}.amazonaws.com",
        ] {
            check(unknown, &[(unknown, Regional::None)]);
        }
        check(
            "\u{f8f4}.s3-\u{f8f4}.amazonaws.com",
            &[("\u{f8f4}.s3-\u{f8f4}.amazonaws.com", Regional::Reference)],
        );
    }

    #[test]
    fn leaves_what_is_no_host_of_aws() {
        check("myamazonaws.com", &[]);
        check("com.amazonaws.us-east-1.s3", &[]);
        check("ec2.amazonaws.com\u{f8f4}", &[]);
        check("amazonaws.com.example.org", &[]);
        check("amazonaws.community", &[]);
    }
}
