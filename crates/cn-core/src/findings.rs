//! Plans that stay closed while there are errors.

use cn_template::Diagnostic;
use cn_template::diag::has_errors;

/// A plan and the findings about its inputs.
///
/// The plan is reachable only through [`ready`](Self::ready), which fails while
/// findings of severity error are present.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Planned<P> {
    plan: P,
    findings: Vec<Diagnostic>,
}

impl<P> Planned<P> {
    pub(crate) const fn new(plan: P, findings: Vec<Diagnostic>) -> Self {
        Self { plan, findings }
    }

    /// Returns all findings, also those that do not stop the plan.
    pub fn findings(&self) -> &[Diagnostic] {
        &self.findings
    }

    /// Returns the plan.
    ///
    /// # Errors
    ///
    /// All findings, when one of them is an error.
    pub fn ready(self) -> Result<P, Findings> {
        if has_errors(&self.findings) {
            Err(Findings(self.findings))
        } else {
            Ok(self.plan)
        }
    }

    /// Returns the plan whatever the findings are.
    #[cfg(test)]
    pub(crate) fn unchecked(self) -> P {
        self.plan
    }
}

/// Findings, at least one of which is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings(pub Vec<Diagnostic>);

impl std::error::Error for Findings {}

impl std::fmt::Display for Findings {
    /// Writes the messages of the errors, separated by semicolons.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let errors = self
            .0
            .iter()
            .filter(|it| it.severity == cn_template::Severity::Error);
        for (at, error) in errors.enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            write!(f, "{separator}{}", error.message)?;
        }
        Ok(())
    }
}
