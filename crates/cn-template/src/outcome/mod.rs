//! What becomes of the hits: three consumers of one look.
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

/// The changes that make a text right for a target.
#[derive(Clone, Debug, Default)]
pub struct Rewritten {
    /// The edits, ordered, none overlapping another.
    pub edits: Vec<Edit>,
    /// The literals that the edits replace, in the order of the text.
    pub rewrites: Vec<Rewrite>,
    /// Places that must change but cannot be changed with certainty.
    pub findings: Vec<Diagnostic>,
}

impl Rewritten {
    fn sorted(mut self) -> Self {
        self.edits.sort();
        self.rewrites.sort_by_key(|rewrite| rewrite.span);
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
