//! AWS managed policies, by path or bare name.

use std::ops::Range;

use super::arn::Arn;
use crate::china::{self, Availability};
use crate::look::scene::Scene;

/// A managed policy named in a text.
pub(crate) struct Policy<'a> {
    pub path: &'a str,
    pub range: Range<usize>,
    pub availability: Availability,
}

/// Returns the managed policy of an ARN, if its path is written out.
pub(crate) fn in_arn<'a>(scene: &Scene<'_, '_>, arn: &Arn<'a>) -> Option<Policy<'a>> {
    let region = scene.aim.region()?;
    let (path, range) = arn.fields.as_ref()?.managed_policy()?;
    Some(Policy {
        path,
        range,
        availability: china::managed_policy(path, region.partition()),
    })
}

/// Returns a managed policy that SAM names without its path.
///
/// Only a policy that is in no folder of the target, but in one elsewhere, is returned.
pub(crate) fn bare<'a>(scene: &Scene<'a, '_>) -> Option<Policy<'a>> {
    let region = scene.aim.region()?;
    let is_list = scene.place.resource_type.starts_with("AWS::Serverless::")
        && scene.place.path == ["Policies"];
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-/".contains(&byte);
    if !is_list || scene.place.is_key || scene.text.len() <= 3 || !scene.text.bytes().all(is_word) {
        return None;
    }
    let folders = ["", "service-role/", "job-function/", "aws-service-role/"];
    let found = folders.map(|folder| {
        china::managed_policy(&format!("{folder}{}", scene.text), region.partition())
    });
    let is_absent = found.contains(&Availability::No) && !found.contains(&Availability::Yes);
    is_absent.then(|| Policy {
        path: scene.text,
        range: 0..scene.text.len(),
        availability: found[0],
    })
}
