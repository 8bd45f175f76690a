//! Packaging: uploads the files that a template references, and writes the template for the target.
//!
//! ```text
//! Request ──read──► Facts ──plan──► Plan ──apply──► Outcome
//! ```
//!
//! [`read`] reads local files only, [`plan`] decides everything without I/O, and [`apply`] uploads
//! the objects that are not in the bucket yet. All findings are therefore known before the first
//! request. [`Regions`] runs the phases for one or more regions, and writes the results.
//!
//! # Examples
//!
//! ```no_run
//! use cn_core::package::{Options, Regions, RegionsRequest, Request};
//! use cn_core::s3::BucketNames;
//! use cn_core::session::SessionRequest;
//!
//! # async fn package(session: SessionRequest) -> Result<(), Box<dyn std::error::Error>> {
//! let mut request = RegionsRequest::new(Request::new("/src/orders".into()), session);
//! request.buckets = Some(BucketNames::Given(vec!["artifacts-cn".parse()?]));
//! request.output = Some("packaged.yaml".into());
//! let regions = Regions::open(request).await?;
//! let plans = regions.plan().await?.ready()?;
//! let outcomes = regions
//!     .send(plans, &Options::default(), &mut |event| println!("{event:?}"))
//!     .await?;
//! regions.write(&outcomes)?;
//! # Ok(())
//! # }
//! ```

mod apply;
mod archive;
mod delta;
#[cfg(test)]
mod differential;
mod error;
mod files;
mod forecast;
mod key;
mod manifest;
mod options;
mod outcome;
mod output;
mod plan;
mod preview;
mod read;
mod regions;
mod request;
mod upload;

pub use apply::apply;
pub use archive::ArchiveError;
pub use delta::NoDelta;
pub(crate) use delta::base_in;
pub use error::{ApplyError, BucketError};
pub use forecast::{Estimate, Forecast};
pub use key::ArtifactKey;
pub(crate) use key::{DIGEST_LENGTH, digest_in};
pub use options::{ObjectSettings, Options};
pub use outcome::{Event, Outcome, Sent};
pub use plan::{Plan, Rewritten, Upload, plan};
pub use preview::Travel;
#[cfg(feature = "doctor")]
pub(crate) use read::template_of;
pub use read::{Facts, ReadError, read};
pub use regions::{Goal, Regions, RegionsError, RegionsRequest};
pub use request::{Destination, Portability, Request, Symlinks};
