//! The parts of `cargo xtask` that tests use as well.

pub mod dist;
mod trouble;

pub use trouble::Trouble;
