//! Checks and their results, as data.

use std::fmt;

use super::fault::Fault;

/// A part of the setup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Check {
    /// Region and identity of the target, from settings and shared files.
    Identity,
    /// The packaged template, if it exists.
    Template,
    /// The build's own identity, and its region.
    Home,
    /// The access key in SSM parameters, or the issuer of web identity tokens.
    Credentials,
    /// The target identity, as reported by STS.
    Target,
    /// Clocks, and the latency to the target region.
    Link,
    /// The bucket for artifacts.
    Bucket,
    /// The stack, if it exists.
    Stack,
    /// The permissions of the target identity.
    Permissions,
}

impl Check {
    /// Returns the name of the check, a single word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identity => "settings",
            Self::Template => "template",
            Self::Home => "home",
            Self::Credentials => "credentials",
            Self::Target => "target",
            Self::Link => "link",
            Self::Bucket => "bucket",
            Self::Stack => "stack",
            Self::Permissions => "permissions",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The verdict of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The check found no fault.
    Passed,
    /// The part works, but has a fault that should be fixed.
    Warned,
    /// The check was skipped, because another check failed.
    Skipped,
    /// The part does not work.
    Failed,
}

/// The result of a check.
#[derive(Debug)]
pub struct Examined {
    /// The part of the setup.
    pub check: Check,
    /// The facts that the check found.
    pub facts: Vec<(&'static str, String)>,
    /// The faults of the part, failures before warnings.
    pub faults: Vec<Fault>,
    /// The failed check that this one depends on; `None` unless this one was skipped.
    pub needs: Option<Check>,
}

impl Examined {
    pub(super) const fn left_out(check: Check, needs: Check) -> Self {
        Self {
            check,
            facts: Vec::new(),
            faults: Vec::new(),
            needs: Some(needs),
        }
    }

    /// Returns the verdict.
    pub fn verdict(&self) -> Verdict {
        if self.needs.is_some() {
            Verdict::Skipped
        } else if self.faults.iter().any(|fault| !fault.is_warning()) {
            Verdict::Failed
        } else if self.faults.is_empty() {
            Verdict::Passed
        } else {
            Verdict::Warned
        }
    }
}

/// The findings of a check so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    facts: Vec<(&'static str, String)>,
    faults: Vec<Fault>,
}

impl Findings {
    pub(super) fn fact(&mut self, name: &'static str, value: impl fmt::Display) {
        self.facts.push((name, format!("{value}")));
    }

    pub(super) fn fault(&mut self, fault: impl Into<Fault>) {
        self.faults.push(fault.into());
    }

    /// Returns the value of a result, or records its fault.
    pub(super) fn take<T>(&mut self, result: Result<T, Fault>) -> Option<T> {
        result.map_err(|fault| self.fault(fault)).ok()
    }

    pub(super) fn of(self, check: Check) -> Examined {
        let mut faults = self.faults;
        // Faults that stop a deployment come before warnings.
        faults.sort_by_key(Fault::is_warning);
        Examined {
            check,
            facts: self.facts,
            faults,
            needs: None,
        }
    }
}
