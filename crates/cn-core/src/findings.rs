//! A plan beside its findings, given out only when no finding is an error.

use std::fmt;

use cn_template::{Diagnostic, Severity, diag};

/// A plan, and the findings that were made on the way to it.
///
/// [`ready`](Self::ready) is the only way to the plan, so a plan beside an error
/// cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned<P> {
    /// Absent only beside an error.
    plan: Option<P>,
    findings: Vec<Diagnostic>,
}

impl<P> Planned<P> {
    pub(crate) const fn new(plan: P, findings: Vec<Diagnostic>) -> Self {
        Self {
            plan: Some(plan),
            findings,
        }
    }

    /// Returns findings with which no plan could be made; one of them is an error.
    pub(crate) const fn impossible(findings: Vec<Diagnostic>) -> Self {
        Self {
            plan: None,
            findings,
        }
    }

    /// Puts several plans together; equal findings are kept once.
    pub(crate) fn all(planned: impl IntoIterator<Item = Self>) -> Planned<Vec<P>> {
        let planned = planned.into_iter().map(|it| (it.plan, it.findings));
        let (plans, findings): (Vec<Option<P>>, Vec<Vec<Diagnostic>>) = planned.unzip();
        Planned {
            plan: plans.into_iter().collect(),
            findings: diag::once(findings.concat()),
        }
    }

    /// All findings: errors, warnings and notes.
    pub fn findings(&self) -> &[Diagnostic] {
        &self.findings
    }

    /// Shows every finding, and passes the plan on.
    #[must_use = "the plan is still to be taken with `ready`"]
    pub fn inspect(self, show: impl FnMut(&Diagnostic)) -> Self {
        self.findings.iter().for_each(show);
        self
    }

    /// Returns the plan.
    ///
    /// # Errors
    ///
    /// [`Findings`] when one of the findings is an error.
    pub fn ready(self) -> Result<P, Findings> {
        match self.plan {
            Some(plan) if !diag::has_errors(&self.findings) => Ok(plan),
            _ => Err(Findings(self.findings)),
        }
    }

    /// Returns the plan whatever the findings are, to look at it.
    #[cfg(test)]
    pub(crate) const fn unchecked(&self) -> &P {
        self.plan.as_ref().expect("a plan was made")
    }
}

/// Findings that stop a run: at least one of them is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings(Vec<Diagnostic>);

impl Findings {
    /// All findings, in the order they were made.
    pub fn as_slice(&self) -> &[Diagnostic] {
        &self.0
    }

    fn count(&self, severity: Severity) -> usize {
        let findings = self.0.iter();
        findings
            .filter(|finding| finding.severity == severity)
            .count()
    }
}

/// The counts of errors and warnings; the findings themselves are for the caller to print.
impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let errors = self.count(Severity::Error);
        write!(f, "found {errors} error{}", plural(errors))?;
        match self.count(Severity::Warning) {
            0 => Ok(()),
            warnings => write!(f, " and {warnings} warning{}", plural(warnings)),
        }
    }
}

impl std::error::Error for Findings {}

#[cfg(test)]
mod tests {
    use cn_template::Code;

    use super::*;

    const CODE: Code = Code {
        id: "CN901",
        title: "",
    };

    #[test]
    fn a_plan_beside_an_error_is_not_given_out() {
        let warning = Diagnostic::warning(CODE, "w");
        let error = Diagnostic::error(CODE, "e");
        let planned = Planned::new(7, vec![warning.clone()]);
        assert_eq!(planned.findings(), std::slice::from_ref(&warning));
        let mut shown = Vec::new();
        let planned = planned.inspect(|finding| shown.push(finding.clone()));
        assert_eq!(planned.ready(), Ok(7));
        assert_eq!(shown, std::slice::from_ref(&warning));
        let refused = Planned::new(7, vec![warning.clone(), error.clone()]).ready();
        let refused = refused.unwrap_err();
        assert_eq!(refused.to_string(), "found 1 error and 1 warning");
        assert_eq!(refused.as_slice(), [warning, error]);
    }

    #[test]
    fn an_error_in_one_plan_stops_all() {
        let error = Diagnostic::error(CODE, "e");
        let fine = Planned::new(1, Vec::new());
        let broken = Planned::new(2, vec![error.clone()]);
        let all = Planned::all([fine.clone(), broken.clone(), broken]);
        assert_eq!(all.ready().unwrap_err().as_slice(), [error]);
        assert_eq!(Planned::all([fine.clone(), fine]).ready(), Ok(vec![1, 1]));
    }
}
