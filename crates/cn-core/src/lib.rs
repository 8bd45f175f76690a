//! Deploying into AWS China from a build that runs in another partition.

pub mod call;
pub mod check;
pub mod deploy;
pub mod file;
pub mod package;
pub mod parameter;
pub mod profile;
pub mod session;

pub use cn_template as template;
