//! Resource types in the registries of the regions.

use crate::look::subject::Subject;

/// Returns true if the table of types covers a resource type.
///
/// It does not cover types of SAM and of third parties, which are not in the registry, and types
/// that have a rule of their own.
pub(crate) fn is_covered(subject: &Subject<'_, '_>) -> bool {
    let kind = subject.kind;
    !subject.is_global
        && kind.starts_with("AWS::")
        && !kind.starts_with("AWS::Serverless::")
        && kind != "AWS::CDK::Metadata"
        && !subject.view.has_own_rule(kind)
}
