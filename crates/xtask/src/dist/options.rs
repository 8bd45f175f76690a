//! The settings of a run.

use super::release::Machine;
use crate::BoxError;

/// The settings of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The Cargo profile.
    pub profile: String,
    /// The processor.
    pub machine: Machine,
    /// True to link with this machine's own tools and glibc, for a test.
    pub native: bool,
    /// The bucket and prefix to upload the files to.
    pub upload: Option<Place>,
}

/// A bucket and a prefix in it, written `s3://BUCKET/PREFIX`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The bucket.
    pub bucket: String,
    /// The prefix without a trailing slash; may be empty.
    pub prefix: String,
}

impl Options {
    /// Reads the arguments after `dist`.
    ///
    /// # Errors
    ///
    /// When an argument is unknown, has no value or has a wrong value.
    pub fn parse(arguments: &[&str]) -> Result<Self, BoxError> {
        let mut options = Self {
            profile: "release".to_owned(),
            machine: Machine::X86,
            native: false,
            upload: None,
        };
        let mut rest = arguments;
        loop {
            rest = match rest {
                [] => return Ok(options),
                ["--native", rest @ ..] => {
                    options.native = true;
                    rest
                }
                ["--profile", name, rest @ ..] => {
                    (*name).clone_into(&mut options.profile);
                    rest
                }
                ["--machine", name, rest @ ..] => {
                    options.machine = Machine::named(name)?;
                    rest
                }
                ["--upload", place, rest @ ..] => {
                    options.upload = Some(Place::parse(place)?);
                    rest
                }
                [other, ..] => {
                    return Err(format!("`{other}` is unknown or has no value").into());
                }
            }
        }
    }
}

impl Place {
    pub(super) fn parse(text: &str) -> Result<Self, BoxError> {
        let rest = text.strip_prefix("s3://").unwrap_or_default();
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(format!("`{text}` is not of the form `s3://BUCKET/PREFIX`").into());
        }
        Ok(Self {
            bucket: bucket.to_owned(),
            prefix: prefix.trim_matches('/').to_owned(),
        })
    }
}
