//! Tests of whole operations, beside those of single modules.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may panic as the test may"
)]

mod differential;
