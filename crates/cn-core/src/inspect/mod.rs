//! Inspection of a running stack: template, code, drift, and comparison of regions.

mod code;
pub mod compare;
mod drift;
mod error;
mod template;

pub use crate::stack::DriftStatus;
pub use code::{CodeCheck, CodeClients, OtherCode, verify_code};
pub use drift::{Drift, DriftKind, DriftVerdict, DriftedResource, PropertyDrift, drift};
pub use error::{InspectError, InspectStep};
pub use template::{Difference, verify_template};
