//! Profiles in the AWS shared files: reading what is there, and writing one safely.
//!
//! A profile is two sections: its keys in the credentials file, its region in
//! the config file. [`read`](ProfileFiles::read) takes both texts, [`plan`]
//! decides what changes, [`apply`] replaces the files.

mod files;
mod ini;
mod name;
mod write;

pub use files::{ProfileFileError, ProfileFiles, ProfileTexts};
pub use ini::IniError;
pub use name::ProfileName;
pub(crate) use write::SERVE;
pub use write::{Content, FileChange, WritePlan, WriteProfileError, WriteRequest, apply, plan};
