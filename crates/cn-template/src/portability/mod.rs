//! What differs between partitions, and the edits for it.
//!
//! A template written for one partition is made right for a region of
//! another: literals are replaced where it is certain what they are, and all
//! else that would fail there is a finding. What a text is follows from its
//! place in the tree, never from a search over the file.
//!
//! # Map
//!
//! | module | holds |
//! | --- | --- |
//! | `phrase` | one string value as CloudFormation will see it, whatever functions it is built with |
//! | `condition` | which conditions hold in a region |
//! | `place` | where a value stands, and what may be done to it there |
//! | `walk` | every string value with its place |
//! | `matches`, `scene` | what a rule sees, and what it says |
//! | `arn`, `host`, `host_rules`, `name_rules` | the rules over texts |
//! | `features` | the rules over resources |
//! | `rule` | the table of all rules: codes, reasons, sources |
//! | `rewrite` | matches to literals of one region |
//! | `fix`, `section` | matches to the form that is right in every partition |
//! | `check`, `suppress`, `code_text` | matches to findings |
//!
//! # Laws
//!
//! * Prose and comments stay; code is reported, never changed.
//! * What already fits the target stays, so a second run changes nothing.
//! * A resource or branch that cannot exist in the target region is left alone.

mod arn;
mod check;
mod code_text;
mod condition;
mod features;
mod fix;
mod host;
mod host_rules;
mod matches;
mod name_rules;
mod phrase;
mod place;
mod rewrite;
mod rule;
mod scene;
mod section;
mod suppress;
mod uses;
mod walk;

pub use check::{check_document, check_resources, check_template};
pub use code_text::check_code;
pub use fix::make_portable;
pub use rule::{Rule, code, find, rules};
pub use suppress::{Suppressed, Suppressions};

use crate::diag::Diagnostic;
use crate::edit::Edit;
use crate::partition::Region;
use crate::source::Span;
use crate::tree::Template;

/// Where the text is to be deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The region; its partition follows from it.
    pub region: Region,
}

/// One literal that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// The rule that asked for it, such as `CN101`.
    pub rule: &'static str,
    /// Why, in a few words.
    pub reason: &'static str,
    /// The value that holds the literal.
    pub span: Span,
    /// The line of the value that changed, as it was.
    pub before: String,
    /// The same line as it will be.
    pub after: String,
}

/// What a text needs to be right for a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    /// The edits, ordered, none overlapping another.
    pub edits: Vec<Edit>,
    /// What the edits do, in the order of the text.
    pub rewrites: Vec<Rewrite>,
    /// What must change but cannot be changed with certainty.
    pub findings: Vec<Diagnostic>,
}

impl Rewritten {
    /// Leaves out the rewrites of which that is wanted, with their edits.
    fn leave(&mut self, is_left: impl Fn(&Rewrite) -> bool) {
        let (left, kept) = std::mem::take(&mut self.rewrites)
            .into_iter()
            .partition(|rewrite| is_left(rewrite));
        let left: Vec<Rewrite> = left;
        self.rewrites = kept;
        self.edits
            .retain(|edit| !left.iter().any(|rewrite| rewrite.span.contains(edit.span)));
    }
}

/// What kind of file a template points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DocumentKind {
    /// A state machine in Amazon States Language.
    StateMachine,
    /// An API definition.
    OpenApi,
    /// A part of a template, as `AWS::Include` takes it.
    Snippet,
    /// Any other JSON or YAML: a policy, an event pattern.
    Data,
}

/// Finds what a template needs to be right for a target.
///
/// What the author suppresses stays as it is and is not reported.
///
/// Cost: one walk over the tree; texts without a literal of interest are not copied.
///
/// # Examples
///
/// ```
/// use cn_template::{Source, edit, portability, tree::Template};
///
/// let text = "Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      ManagedPolicyArns: [arn:aws:iam::aws:policy/ReadOnlyAccess]\n";
/// let template = Template::parse(&Source::new("t.yaml", text)).template.expect("a template");
/// let target = portability::Target { region: "cn-north-1".parse()? };
/// let rewritten = portability::rewrite_template(&template, &target);
/// assert_eq!(edit::apply(text, &rewritten.edits), text.replace("arn:aws:", "arn:aws-cn:"));
/// # Ok::<(), cn_template::partition::RegionError>(())
/// ```
pub fn rewrite_template(template: &Template, target: &Target) -> Rewritten {
    let accepted = Suppressions::of(template);
    let mut rewritten = rewrite::template(template, target, &accepted);
    rewritten
        .findings
        .retain(|finding| !accepted.cover(finding));
    rewritten
}

/// Finds what a file that a template points at needs to be right for a target.
///
/// A nested template is a template: use [`rewrite_template`].
pub fn rewrite_document(document: &Template, kind: DocumentKind, target: &Target) -> Rewritten {
    let accepted = Suppressions::of(document);
    let mut rewritten = rewrite::document(document, kind, target, &accepted);
    rewritten
        .findings
        .retain(|finding| !accepted.cover(finding));
    rewritten
}

#[cfg(test)]
mod tests;
