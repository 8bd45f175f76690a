//! Packaging: upload what a template points at, and write the template for the target.
//!
//! ```text
//! Request ──read──► Facts ──plan──► Plan ──apply──► Outcome
//! ```
//!
//! [`read`] looks at the local files only, [`plan`] decides everything without
//! I/O, and [`apply`] sends what the bucket does not have yet. So all findings
//! are known before the first request goes out.
//!
//! What is deliberately absent: writing the packaged template. [`apply`]
//! returns the text; the caller knows whether it goes to a file or a stream.

mod apply;
mod archive;
mod error;
mod files;
mod key;
mod manifest;
mod options;
mod outcome;
mod plan;
mod read;
mod request;
mod upload;

pub use apply::apply;
pub use archive::{ArchiveError, Built, Temporary, build};
pub use error::{ApplyError, BucketError};
pub use files::{FileFact, FileKind, FilesError};
pub use key::{ArtifactKey, KeyError};
pub use manifest::{Digests, ManifestError, digests, manifest};
pub use options::{ObjectSettings, Options, Origin};
pub use outcome::{Event, Outcome, Sent};
pub use plan::{Body, Plan, Planned, Rewritten, Upload, plan};
pub use read::{Facts, Found, ReadError, TemplateFacts, manifest_path, read};
pub use request::{Portability, Request, Spelling, Symlinks};
