//! The parts of `cargo xtask` that tests share.

pub mod dist;
pub mod docs;
pub mod policies;
pub mod recording;
mod trouble;

pub use trouble::Trouble;
