//! What could not be read or done.

use crate::call::CallError;

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
}
