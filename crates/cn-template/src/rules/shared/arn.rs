//! ARNs in a text: their grammar, and the parts that several rules use.

use std::ops::Range;

use crate::china;
use crate::look::phrase::{PARTITION, is_mark};
use crate::look::place::Treatment;
use crate::look::scene::{Scene, occurrences};
use crate::partition::{Partition, Region};

/// An ARN in a text.
#[derive(Clone, Debug)]
pub(crate) struct Arn<'a> {
    /// The bytes of the partition's field.
    pub partition_range: Range<usize>,
    /// The partition; `None` for `AWS::Partition`.
    pub partition: Option<Partition>,
    /// The fields after the partition, if they are separated by colons.
    pub fields: Option<Fields<'a>>,
}

/// A field with its offset in the text.
pub(crate) type Field<'a> = (usize, &'a str);

/// The fields of an ARN after its partition.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a> {
    pub service: Field<'a>,
    pub region: Field<'a>,
    pub account: Field<'a>,
    pub resource: Field<'a>,
}

/// The kinds of ARNs that rules distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A managed policy of AWS.
    ManagedPolicy,
    /// A version of a Lambda layer.
    Layer,
    /// An application of the serverless repository.
    Application,
    /// Anything else.
    Other,
}

/// Maximum length of an ARN in bytes.
///
/// # Source
///
/// IAM API reference: ARNs are 20 to 2,048 characters long.
const LONGEST_BYTES: usize = 2048;

/// Separators between the fields: plain, in a URL, in a regular expression.
const SEPARATORS: [&str; 4] = [":", "%3A", "%3a", "\\:"];

/// Finds all ARNs in a text, from left to right.
///
/// An ARN is found if `arn` begins a word and the partition is exactly the identifier of a known
/// partition, or `AWS::Partition`. `arn:*:` and `arn:aws*:` are not found.
pub(crate) fn all(text: &str) -> Vec<Arn<'_>> {
    let mut found = Vec::new();
    for at in occurrences(text, "arn") {
        let is_inside = |before: char| {
            before.is_ascii_alphanumeric() || "-_".contains(before) || is_mark(before)
        };
        if text[..at].ends_with(is_inside) {
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
        let name = &text[start..start + length];
        let partition = Partition::from_id(name);
        if partition.is_none() && !name.chars().eq([PARTITION]) {
            continue;
        }
        let rest = start + length + separator.len();
        // CN111 reports a text with two partitions.
        if text[rest..].starts_with(PARTITION) {
            continue;
        }
        let fields = (*separator == ":")
            .then(|| Fields::of(text, rest))
            .flatten();
        found.push(Arn {
            partition_range: start..start + length,
            partition,
            fields,
        });
    }
    found
}

/// Returns true if rules look at these ARNs.
///
/// A pattern with an alternative for the target fits the target as it is, so they skip it.
pub(crate) fn apply_to(scene: &Scene<'_, '_>, arns: &[Arn<'_>]) -> bool {
    let fits = |arn: &Arn<'_>| arn.partition.is_some_and(|own| scene.aim.fits(own));
    scene.treatment != Treatment::Pattern || !arns.iter().any(fits)
}

impl Arn<'_> {
    /// Returns true if the ARN names a partition other than the target's.
    pub(crate) fn is_foreign(&self, scene: &Scene<'_, '_>) -> bool {
        self.partition.is_some_and(|own| !scene.aim.fits(own))
    }
}

impl Fields<'_> {
    /// Returns true for a public parameter of Systems Manager, whose name is the same everywhere.
    pub(crate) fn is_public_parameter(&self) -> bool {
        self.service.1 == "ssm" && self.resource.1.starts_with("parameter/aws/")
    }

    /// Returns true if the ARN is in a dynamic reference, which accepts a name as well.
    pub(crate) fn is_in_dynamic_reference(&self, text: &str) -> bool {
        let end = self.service.0;
        let before = &text[text.floor_char_boundary(end.saturating_sub(LONGEST_BYTES))..end];
        before
            .rfind("{{resolve:")
            .is_some_and(|at| !before[at..].contains("}}"))
    }
}

impl<'a> Fields<'a> {
    fn of(text: &'a str, start: usize) -> Option<Self> {
        let ends =
            |character: char| character.is_whitespace() || "\"',;|<>()`\\".contains(character);
        let last = text.floor_char_boundary(text.len().min(start + LONGEST_BYTES));
        let end = text[start..last]
            .find(ends)
            .map_or(last, |found| start + found);
        let mut at = start;
        let mut fields = text[start..end].splitn(4, ':').map(|field| {
            let start = at;
            at += field.len() + 1;
            (start, field)
        });
        Some(Self {
            service: fields.next()?,
            region: fields.next()?,
            account: fields.next()?,
            resource: fields.next()?,
        })
    }

    /// Returns the kind of the ARN.
    pub(crate) fn subject(&self) -> Subject {
        match (self.service.1, self.account.1) {
            ("iam", "aws") => Subject::ManagedPolicy,
            ("lambda", _) if self.resource.1.starts_with("layer:") => Subject::Layer,
            ("serverlessrepo", _) => Subject::Application,
            _ => Subject::Other,
        }
    }

    /// Returns the bytes from the account to the end of the ARN.
    pub(crate) fn account_onwards(&self) -> Range<usize> {
        self.account.0..self.resource.0 + self.resource.1.len()
    }

    /// Returns the path of a managed policy and its bytes, if the path is written out.
    pub(crate) fn managed_policy(&self) -> Option<(&'a str, Range<usize>)> {
        let (start, resource) = self.resource;
        let path = resource.strip_prefix("policy/")?;
        let is_open = |character| is_mark(character) || "*?".contains(character);
        (self.subject() == Subject::ManagedPolicy && !path.contains(is_open))
            .then(|| (path, start..start + resource.len()))
    }
}

/// Returns the bytes of a field.
pub(crate) fn range_of((start, text): Field<'_>) -> Range<usize> {
    start..start + text.len()
}

/// Returns the name if it is a region of another partition.
pub(crate) fn foreign<'a>(name: &'a str, region: &Region) -> Option<&'a str> {
    let named: Region = name.parse().ok()?;
    (named.partition() != region.partition()).then_some(name)
}

/// Returns true if a text is an account number.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A version of a Lambda layer.
pub(crate) struct Layer<'a> {
    pub name: &'a str,
    pub version: Option<&'a str>,
    /// The owner and newest version in the target region, for a layer that AWS publishes there.
    pub counterpart: Option<(&'static str, &'static str)>,
}

impl<'a> Layer<'a> {
    /// Reads a layer whose owner is written out.
    pub(crate) fn of(fields: &Fields<'a>, region: &Region) -> Option<Self> {
        let owner = fields.account.1;
        let mut names = fields.resource.1.split(':').skip(1);
        let (name, version) = (names.next()?, names.next());
        if fields.subject() != Subject::Layer || !is_account(owner) {
            return None;
        }
        let kind = format!("layer-{name}");
        let is_of_aws = china::is_known_elsewhere(&kind, owner, region);
        let known = china::known(&kind, region).and_then(|known| known.split_once(':'));
        Some(Self {
            name,
            version,
            counterpart: known.filter(|_| is_of_aws),
        })
    }
}

/// An application of the serverless repository that AWS's account in the target does not publish.
pub(crate) struct Application<'a> {
    pub name: &'a str,
    /// The account that publishes the same application in the target partition, if there is one.
    pub counterpart: Option<&'static str>,
}

impl<'a> Application<'a> {
    /// Reads an application whose owner is written out.
    pub(crate) fn of(fields: &Fields<'a>, region: &Region) -> Option<Self> {
        let owner = fields.account.1;
        let name = fields.resource.1.strip_prefix("applications/")?;
        let own = china::known("rotation-account", region);
        if fields.subject() != Subject::Application || !is_account(owner) || own == Some(owner) {
            return None;
        }
        let is_known = china::known(&format!("rotation-{name}"), region).is_some();
        let is_of_aws = china::twin(owner, region).is_some();
        Some(Self {
            name,
            counterpart: own.filter(|_| is_known && is_of_aws),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = all(text)
            .into_iter()
            .map(|arn| &text[arn.partition_range])
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
        check("arn:\u{f8f4}:s3", &[]);
        check("arn:aws", &[]);
        check("arn:aws[a-z-]*:s3", &[]);
    }
}
