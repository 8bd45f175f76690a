//! What could not be read or done.

use crate::call::CallError;
use crate::secret::Secrets;

/// A step that AWS did not let us take.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what}")]
pub struct DeployError {
    /// What was tried, such as "read stack `x`".
    pub what: String,
    /// What goes on in AWS all the same; a sentence without its period.
    pub goes_on: Option<String>,
    /// The failed request.
    #[source]
    pub source: CallError,
}

impl DeployError {
    pub(crate) fn new(what: impl Into<String>, source: CallError) -> Self {
        Self {
            what: what.into(),
            goes_on: None,
            source,
        }
    }

    pub(crate) fn goes_on(mut self, what: impl Into<String>) -> Self {
        self.goes_on = Some(what.into());
        self
    }

    /// Redacts every text of the error.
    #[must_use]
    pub fn redacted(self, secrets: &Secrets) -> Self {
        Self {
            what: secrets.text(&self.what),
            goes_on: secrets.option(self.goes_on),
            source: self.source.redacted(secrets),
        }
    }
}
