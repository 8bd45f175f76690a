//! ARNs in a text.

use std::ops::Range;

use crate::partition::Partition;

/// The partition field of an ARN, found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PartitionField {
    /// The bytes of the field.
    pub range: Range<usize>,
    /// The partition it names.
    pub partition: Partition,
    /// What follows the field and its separator.
    pub rest: usize,
}

/// How the fields of an ARN are separated: as it is, in a URL, in a regular expression.
const SEPARATORS: [&str; 4] = [":", "%3A", "%3a", "\\:"];

/// The literal partition fields of all ARNs in a text, from left to right.
///
/// A field counts when `arn` begins a word and the field is exactly the
/// identifier of a known partition: `arn:*:`, `arn:aws*:` and marks are none.
pub(super) fn partition_fields(text: &str) -> Vec<PartitionField> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("arn") {
        if text[..at]
            .ends_with(|before: char| before.is_ascii_alphanumeric() || "-_".contains(before))
        {
            continue;
        }
        let after = &text[at + 3..];
        let Some(separator) = SEPARATORS
            .iter()
            .find(|separator| after.starts_with(**separator))
        else {
            continue;
        };
        let start = at + 3 + separator.len();
        let Some(length) = text[start..].find(separator) else {
            continue;
        };
        let Some(partition) = Partition::from_id(&text[start..start + length]) else {
            continue;
        };
        found.push(PartitionField {
            range: start..start + length,
            partition,
            rest: start + length + separator.len(),
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = partition_fields(text)
            .into_iter()
            .map(|field| &text[field.range])
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn finds_the_partition_of_every_arn() {
        check("arn:aws:s3:::b", &["aws"]);
        check(
            "a arn:aws-cn:s3:::b,arn:aws:iam::1:role/x",
            &["aws-cn", "aws"],
        );
        check("https://h/?arn=arn%3Aaws%3Asns%3A", &["aws"]);
        check("^arn\\:aws\\:s3", &["aws"]);
    }

    #[test]
    fn leaves_what_is_no_literal_partition() {
        check("arn:*:s3:::b", &[]);
        check("arn:aws-global:s3:::b", &[]);
        check("learn:aws:x my-arn:aws:x", &[]);
        check("arn:\u{f8f0}:s3", &[]);
        check("arn:aws", &[]);
        check("arn:aws[a-z-]*:s3", &[]);
    }
}
