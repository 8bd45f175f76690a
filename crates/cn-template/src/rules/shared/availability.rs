//! Resource types in the registries of the regions.

use crate::look::subject::Subject;

/// Returns true for a resource type that the table of types speaks of.
///
/// Types of SAM and of others are not in the registry, and a type that a rule
/// names has that rule.
pub(crate) fn is_asked(subject: &Subject<'_, '_>) -> bool {
    let kind = subject.kind;
    !subject.is_global
        && kind.starts_with("AWS::")
        && !kind.starts_with("AWS::Serverless::")
        && kind != "AWS::CDK::Metadata"
        && !subject.view.has_own_rule(kind)
}
