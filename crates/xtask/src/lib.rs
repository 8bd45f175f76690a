//! The parts of `cargo xtask` that tests share.

pub mod dist;
pub mod docs;
mod error;
pub mod policies;
pub mod recording;

pub use error::BoxError;
