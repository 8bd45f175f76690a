//! The parts of `cargo xtask` that tests use as well.

pub mod dist;

/// Any reason that ends a chore; shown with its causes.
pub type Trouble = Box<dyn std::error::Error>;
