//! Profiles in the AWS shared files: reading them, and writing one safely.
//!
//! A profile has two sections: its keys in the credentials file, and its region in the config file.
//! [`read`](ProfileFiles::read) reads both texts, [`plan`] computes the changes, and [`apply`]
//! replaces the files.

mod files;
mod ini;
mod name;
mod write;

pub use files::{ProfileFileError, ProfileFiles, ProfileTexts};
pub use name::ProfileName;
pub(crate) use write::SERVE;
pub use write::{Content, FileChange, WriteProfileError, WriteRequest, apply, plan};
