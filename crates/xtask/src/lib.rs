//! The parts of `cargo xtask` that tests use as well: reading a buildspec and
//! running it as CodeBuild does.

pub mod build;
pub mod buildspec;
