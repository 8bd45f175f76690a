//! What resources ask for that a region does not have.

use super::condition::Conditions;
use super::{Rewritten, Target};
use crate::tree::Template;

/// Rewrites the structure of resources where the result is certain and documented.
pub(super) fn rewrite(
    _template: &Template,
    _target: &Target,
    _conditions: &Conditions<'_>,
    _done: &mut Rewritten,
) {
}
