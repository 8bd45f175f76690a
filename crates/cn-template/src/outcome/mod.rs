//! Turns hits into results: three consumers of one look.
//!
//! | module | contents |
//! | --- | --- |
//! | `literals` | the text for one region, as `cn-package` writes it |
//! | `portable` | the text for every partition, as `cn-check --fix` writes it |
//! | `part` | one scalar of the portable form, as a function |
//! | `findings` | all findings, as `cn-check` reports them |
//! | `program` | findings in code that a template points at |
//! | `suppress` | findings that the author suppresses |

pub(crate) mod findings;
mod insert;
pub(crate) mod literals;
mod part;
pub(crate) mod portable;
pub(crate) mod program;
pub(crate) mod suppress;

use std::fmt;

use crate::diag::Diagnostic;
use crate::edit::Edit;
use crate::rules::Rule;
use crate::rules::model::{Spot, SpotOutcome};
use crate::source::Span;

/// A literal that was replaced.
#[derive(Clone, Debug)]
pub struct Rewrite {
    /// The rule that replaces the literal.
    pub rule: &'static Rule,
    /// The bytes that contain the literal.
    pub span: Span,
    /// The changed word before the rewrite; empty if something is added.
    pub before: String,
    /// The word after the rewrite.
    pub after: String,
}

/// A literal that stays as it is, and the reason.
#[derive(Clone, Copy, Debug)]
pub struct Left {
    /// The rule that would change the literal.
    pub rule: &'static Rule,
    /// The literal, or the value that contains it.
    pub span: Span,
    /// The reason.
    pub reason: Reason,
}

/// The reason why the portable form leaves a literal as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// No pseudo parameter and no mapping gives the value that each region needs.
    NoForm,
    /// The place takes only texts, such as the default of a parameter.
    NoFunction,
    /// The text is a program.
    Code,
    /// The text contains `${...}` with names of the template but has no `Fn::Sub`.
    ForgottenSub,
    /// No mapping of the template can take the necessary row.
    NoMapping,
    /// The surrounding function cannot take a variable for the value.
    NoName,
    /// A list contains the same value for another partition.
    Sibling,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoForm => "no single value works in every partition",
            Self::NoFunction => "the place does not accept functions",
            Self::Code => "code is never changed",
            Self::ForgottenSub => "its `${...}` needs a `Fn::Sub`, which was probably forgotten",
            Self::NoMapping => "the mapping that it needs cannot be added",
            Self::NoName => "its `Fn::Sub` cannot take a value of a mapping",
            Self::Sibling => "the list contains values for several partitions",
        })
    }
}

/// The changes that adapt a text to a target.
#[derive(Clone, Debug, Default)]
pub struct Rewritten {
    /// The edits, in order and without overlaps.
    pub edits: Vec<Edit>,
    /// The literals that the edits replace, in the order of the text.
    pub rewrites: Vec<Rewrite>,
    /// Places that must change but cannot be changed with certainty.
    pub findings: Vec<Diagnostic>,
    /// Resources that need something that the region lacks: no rewrite can help them.
    pub lacking: Vec<Diagnostic>,
    /// Literals that the portable form leaves as they are, in the order of the text.
    pub left: Vec<Left>,
}

impl Rewritten {
    fn sorted(mut self) -> Self {
        self.edits.sort();
        self.rewrites.sort_by_key(|rewrite| rewrite.span);
        self.left.sort_by_key(|left| left.span);
        self.findings
            .sort_by_key(|finding| finding.location.as_ref().map(|location| location.span));
        self
    }

    /// Adds the change of a spot; does nothing for a report.
    fn restructure(&mut self, spot: &Spot) {
        let SpotOutcome::Restructure {
            edit,
            before,
            after,
            ..
        } = &spot.outcome
        else {
            return;
        };
        self.edits.push(edit.clone());
        self.rewrites.push(Rewrite {
            rule: spot.rule,
            span: spot.span,
            before: before.clone(),
            after: after.clone(),
        });
    }

    /// Drops some of the rewrites and their edits.
    fn drop(&mut self, is_dropped: impl Fn(&Rewrite) -> bool) {
        let (dropped, kept): (Vec<Rewrite>, Vec<Rewrite>) = std::mem::take(&mut self.rewrites)
            .into_iter()
            .partition(|rewrite| is_dropped(rewrite));
        self.rewrites = kept;
        let mut dropped: Vec<Span> = dropped.iter().map(|rewrite| rewrite.span).collect();
        dropped.sort_by_key(|span| (span.start, span.end));
        self.edits.retain(|edit| {
            let before = dropped.partition_point(|span| span.start <= edit.span.start);
            // Values do not overlap: only the last one that begins before the edit can contain it.
            !dropped[..before]
                .last()
                .is_some_and(|span| span.contains(edit.span))
        });
    }
}
