//! A plan with its findings, released only if no finding is an error.

use std::fmt;

use cn_template::{Diagnostic, Severity, diag};

/// A plan, and the findings from its creation.
///
/// [`ready`](Self::ready) is the only access to the plan, so a plan with an error cannot be
/// applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned<P> {
    /// The plan; `None` only if a finding is an error.
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

    /// Returns findings without a plan; at least one of them is an error.
    pub(crate) const fn impossible(findings: Vec<Diagnostic>) -> Self {
        Self {
            plan: None,
            findings,
        }
    }

    /// Combines several plans; removes duplicate findings.
    pub(crate) fn all(planned: impl IntoIterator<Item = Self>) -> Planned<Vec<P>> {
        let planned = planned.into_iter().map(|it| (it.plan, it.findings));
        let (plans, findings): (Vec<Option<P>>, Vec<Vec<Diagnostic>>) = planned.unzip();
        Planned {
            plan: plans.into_iter().collect(),
            findings: diag::once(findings.concat()),
        }
    }

    /// Returns all findings: errors, warnings and notes.
    pub fn findings(&self) -> &[Diagnostic] {
        &self.findings
    }

    /// Shows every finding, and returns the plan with its findings.
    #[must_use = "the plan is still to be taken with `ready`"]
    pub fn inspect(self, show: impl FnMut(&Diagnostic)) -> Self {
        self.findings.iter().for_each(show);
        self
    }

    /// Returns the plan.
    ///
    /// # Errors
    ///
    /// [`Findings`] if one of the findings is an error.
    pub fn ready(self) -> Result<P, Findings> {
        match self.plan {
            Some(plan) if !diag::has_errors(&self.findings) => Ok(plan),
            _ => Err(Findings(self.findings)),
        }
    }

    /// Returns the plan regardless of its findings.
    #[cfg(test)]
    pub(crate) const fn unchecked(&self) -> &P {
        self.plan.as_ref().expect("a plan was made")
    }
}

/// Findings that stop a run: at least one of them is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings(Vec<Diagnostic>);

impl Findings {
    /// Returns all findings, in order of their creation.
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

/// Formats the numbers of errors and warnings; the caller prints the findings themselves.
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
