//! Regions and availability zones of other partitions, by their names.

use crate::diag::Severity;
use crate::look::place::Section;
use crate::look::scene::Scene;
use crate::partition::Partition;

/// A text that is the name of a region or zone.
pub(crate) struct Named<'a> {
    pub name: &'a str,
    pub is_zone: bool,
    pub severity: Severity,
    /// The partition of the target.
    pub partition: Partition,
}

/// Returns the region or zone of another partition that a text names.
pub(crate) fn foreign<'a>(scene: &Scene<'a, '_>) -> Option<Named<'a>> {
    let partition = scene.aim.region()?.partition();
    let section = scene.place.section;
    if matches!(section, Section::Conditions | Section::Rules) || scene.place.is_key {
        return None;
    }
    let name = scene.text.trim();
    let is_other = |name: &str| Partition::of_region(name).is_some_and(|named| named != partition);
    let zone = name.strip_suffix(|last: char| last.is_ascii_lowercase());
    let is_zone = zone.is_some_and(is_other);
    (is_zone || is_other(name)).then_some(Named {
        name,
        is_zone,
        // In other sections, the user may still choose another value.
        severity: if section == Section::Resource {
            Severity::Warning
        } else {
            Severity::Note
        },
        partition,
    })
}
