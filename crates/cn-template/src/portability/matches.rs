//! What a rule says about a part of a text.

use std::ops::Range;

use super::rule::Rule;
use crate::diag::{Code, Severity};
use crate::partition::{Partition, Region};

/// What the text is to be right for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Aim<'a> {
    /// One region: literals are written.
    Region(&'a Region),
    /// Every partition: pseudo parameters are written.
    Portable,
}

impl Aim<'_> {
    /// Whether a literal of that partition can stay.
    pub(super) fn fits(self, partition: Partition) -> bool {
        match self {
            Self::Region(region) => region.partition() == partition,
            Self::Portable => false,
        }
    }

    /// Whether a literal service host suffix can stay.
    pub(super) fn fits_suffix(self, suffix: &str) -> bool {
        match self {
            Self::Region(region) => region.partition().dns_suffix() == suffix,
            Self::Portable => false,
        }
    }

    /// The region, where there is one.
    pub(super) fn region(&self) -> Option<&Region> {
        match self {
            Self::Region(region) => Some(region),
            Self::Portable => None,
        }
    }

    /// Whether the aim is a region in China.
    pub(super) fn is_china(self) -> bool {
        self.fits(Partition::AwsCn)
    }
}

/// Where a text holds a name, from left to right.
///
/// Nearly all texts hold none of the names that rules look for, and `contains` sees
/// that many times faster than a search begins.
pub(super) fn places<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_possible = text.len() >= name.len() && text.contains(name);
    let search = is_possible.then(|| text.match_indices(name));
    search.into_iter().flatten().map(|(at, _)| at)
}

/// One literal that does not fit, or one thing worth saying about a text.
#[derive(Clone, Debug)]
pub(super) struct Match {
    pub rule: &'static Rule,
    pub range: Range<usize>,
    pub outcome: Outcome,
}

/// What becomes of a match.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// The bytes are replaced.
    Replace(To),
    /// A person has to decide.
    Report {
        severity: Severity,
        message: String,
        help: String,
    },
}

/// A text that no pseudo parameter gives: one value per partition.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The name of the value, in messages and mappings.
    pub key: &'static str,
    /// The values, the commercial partition's first.
    pub values: &'static [(Partition, &'static str)],
}

impl Row {
    /// The value of a partition.
    pub(super) fn value(&self, partition: Partition) -> Option<&'static str> {
        self.values
            .iter()
            .find(|(candidate, _)| *candidate == partition)
            .map(|(_, value)| *value)
    }
}

/// What comes in the place of a literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum To {
    /// The partition's identifier.
    Partition,
    /// The partition's host suffix.
    Suffix,
    /// The region, a dot, the host suffix.
    RegionAndSuffix,
    /// The region.
    Region,
    /// What a table has for the partition.
    Mapped(&'static Row),
    /// A text that holds for the target alone.
    Text(String),
    /// The text stays and another value comes beside it.
    Also(String),
    /// Nothing but a regular expression that takes every partition.
    AnyPartition,
}

impl To {
    /// The text for a region.
    pub(super) fn literal(&self, region: &Region) -> String {
        let partition = region.partition();
        match self {
            Self::Partition | Self::AnyPartition => partition.id().to_owned(),
            Self::Suffix => partition.dns_suffix().to_owned(),
            Self::RegionAndSuffix => format!("{region}.{}", partition.dns_suffix()),
            Self::Region => region.as_str().to_owned(),
            Self::Mapped(row) => row.value(partition).unwrap_or_default().to_owned(),
            Self::Text(text) | Self::Also(text) => text.clone(),
        }
    }

    /// The text for every partition, where one exists that means the same in the partition written for.
    pub(super) fn portable(&self) -> Option<String> {
        match self {
            Self::Partition => Some("${AWS::Partition}".to_owned()),
            Self::Suffix => Some("${AWS::URLSuffix}".to_owned()),
            Self::AnyPartition => Some("aws(-[a-z]+)*".to_owned()),
            Self::Mapped(row) => Some(format!("${{{}}}", row.key)),
            Self::RegionAndSuffix | Self::Region | Self::Text(_) | Self::Also(_) => None,
        }
    }
}

impl Match {
    /// The bytes are replaced.
    pub(super) fn replace(code: Code, range: Range<usize>, to: To) -> Self {
        Self {
            rule: super::rule::of(code),
            range,
            outcome: Outcome::Replace(to),
        }
    }

    /// A person has to decide.
    pub(super) fn report(
        code: Code,
        severity: Severity,
        range: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            rule: super::rule::of(code),
            range,
            outcome: Outcome::Report {
                severity,
                message: message.into(),
                help: help.into(),
            },
        }
    }

    /// What is written instead, for a region.
    pub(super) fn literal(&self, region: &Region) -> Option<String> {
        match &self.outcome {
            Outcome::Replace(to) => Some(to.literal(region)),
            Outcome::Report { .. } => None,
        }
    }
}
