//! Inspection of a running stack: template, code, drift, and comparison of regions.

mod code;
mod compare;
mod drift;
mod error;
mod template;

pub use code::{CodeCheck, OtherCode, verify_code};
#[cfg(test)]
pub(crate) use compare::running;
pub use compare::{CompareError, RegionStack, RegionState, compare};
pub use drift::{Drift, DriftVerdict, DriftedResource, drift};
pub use error::InspectError;
pub use template::{Difference, verify_template};
