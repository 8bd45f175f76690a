//! The targets of one look, and sets of them.

use crate::partition::{Partition, Region};

/// The target of one look.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Aim<'a> {
    /// One region: the rewrite uses literals.
    Region(&'a Region),
    /// Every partition: the rewrite uses pseudo parameters.
    Portable,
}

impl Aim<'_> {
    /// Returns true if a literal of that partition can stay.
    pub(crate) fn fits(self, partition: Partition) -> bool {
        match self {
            Self::Region(region) => region.partition() == partition,
            Self::Portable => false,
        }
    }

    /// Returns true if a literal service host suffix can stay.
    pub(crate) fn fits_suffix(self, suffix: &str) -> bool {
        match self {
            Self::Region(region) => region.partition().dns_suffix() == suffix,
            Self::Portable => false,
        }
    }

    /// Returns the region; `None` for the portable form.
    pub(crate) fn region(&self) -> Option<&Region> {
        match self {
            Self::Region(region) => Some(region),
            Self::Portable => None,
        }
    }

    /// Returns true if the aim is a region in China.
    pub(crate) fn is_china(self) -> bool {
        self.fits(Partition::AwsCn)
    }
}

/// A set of aims, as indices into the list of aims of one look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Aims(u64);

impl Aims {
    /// Maximum number of aims in one look.
    pub(crate) const MOST: usize = 64;

    /// The empty set.
    pub(crate) const NONE: Self = Self(0);

    /// Creates a set of the aims at these indices.
    pub(crate) fn of(indices: impl IntoIterator<Item = usize>) -> Self {
        Self(indices.into_iter().fold(0, |set, index| set | 1 << index))
    }

    /// Creates a set of one aim, by its index.
    pub(crate) const fn one(index: usize) -> Self {
        Self(1 << index)
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn has(self, index: usize) -> bool {
        self.0 & 1 << index != 0
    }

    /// Returns the aims in both sets.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns the aims in either set.
    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the indices of the aims in this set.
    pub(crate) fn indices(self) -> impl Iterator<Item = usize> {
        (0..Self::MOST).filter(move |index| self.has(*index))
    }

    /// Returns the aims whose index passes a test.
    pub(crate) fn filter(self, test: impl Fn(usize) -> bool) -> Self {
        Self::of(self.indices().filter(|index| test(*index)))
    }
}
