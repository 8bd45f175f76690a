//! The outcomes of hits: three consumers of one look.
//!
//! | module | holds |
//! | --- | --- |
//! | `literals` | the text for one region, as `cn-package` writes it |
//! | `portable` | the text for every partition, as `cn-check --fix` writes it |
//! | `findings` | everything there is to say, as `cn-check` reports it |
//! | `program` | findings in code that a template points at |
//! | `suppress` | findings that the author accepts |

pub(crate) mod findings;
pub(crate) mod literals;
pub(crate) mod portable;
pub(crate) mod program;
pub(crate) mod suppress;

use std::fmt;

use crate::diag::Diagnostic;
use crate::edit::Edit;
use crate::rules::Rule;
use crate::source::Span;

/// One literal that was replaced.
#[derive(Clone, Debug)]
pub struct Rewrite {
    /// The rule that asked for it.
    pub rule: &'static Rule,
    /// The value that holds the literal.
    pub span: Span,
    /// The word of the value that changed, as it was; empty where something is added.
    pub before: String,
    /// The same word as it will be.
    pub after: String,
}

/// A literal that has no change, and the reason.
#[derive(Clone, Copy, Debug)]
pub struct Left {
    /// The rule that asks for a change.
    pub rule: &'static Rule,
    /// The literal, or the value that holds it.
    pub span: Span,
    /// The reason.
    pub reason: Reason,
}

/// A reason for which the portable form leaves a literal as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// No pseudo parameter and no mapping gives what each region needs.
    NoForm,
    /// The place takes texts alone, such as the default of a parameter.
    NoFunction,
    /// The text is a program.
    Code,
    /// The text has `${...}` of the template and no `Fn::Sub`.
    ForgottenSub,
    /// No mapping of the template can take the row that it needs.
    NoMapping,
    /// The function around it cannot take a name for the value.
    NoName,
    /// A list has the same thing for another partition.
    Sibling,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoForm => "no text means the same in every partition",
            Self::NoFunction => "no function can stand there",
            Self::Code => "code is never changed",
            Self::ForgottenSub => {
                "`${...}` stands there without `Fn::Sub`, which was probably forgotten"
            }
            Self::NoMapping => "a mapping that is needed cannot be added",
            Self::NoName => "the `Fn::Sub` there cannot take a value of a mapping",
            Self::Sibling => "the list names several partitions",
        })
    }
}

/// The changes that make a text right for a target.
#[derive(Clone, Debug, Default)]
pub struct Rewritten {
    /// The edits, ordered, none overlapping another.
    pub edits: Vec<Edit>,
    /// The literals that the edits replace, in the order of the text.
    pub rewrites: Vec<Rewrite>,
    /// Places that must change but cannot be changed with certainty.
    pub findings: Vec<Diagnostic>,
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

    /// Drops some of the rewrites, with their edits.
    fn drop(&mut self, is_dropped: impl Fn(&Rewrite) -> bool) {
        let (dropped, kept): (Vec<Rewrite>, Vec<Rewrite>) = std::mem::take(&mut self.rewrites)
            .into_iter()
            .partition(|rewrite| is_dropped(rewrite));
        self.rewrites = kept;
        let mut dropped: Vec<Span> = dropped.iter().map(|rewrite| rewrite.span).collect();
        dropped.sort_by_key(|span| (span.start, span.end));
        self.edits.retain(|edit| {
            let before = dropped.partition_point(|span| span.start <= edit.span.start);
            // Values do not overlap: the last one that begins before the edit is the one that can hold it.
            !dropped[..before]
                .last()
                .is_some_and(|span| span.contains(edit.span))
        });
    }
}
