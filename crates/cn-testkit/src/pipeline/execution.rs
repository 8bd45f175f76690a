//! An execution: the artifacts and variables of one revision in the pipeline.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

/// The artifact with the revision that an execution was started with.
pub(super) const REVISION: &str = "";

/// The run of a revision through the pipeline.
#[derive(Clone, Debug)]
pub struct Execution {
    pub(super) id: usize,
    pub(super) artifacts: BTreeMap<String, Utf8PathBuf>,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) stage: usize,
    /// Names of the actions of the current stage that succeeded.
    pub(super) done: BTreeSet<String>,
    pub(super) is_rollback: bool,
}

impl Execution {
    /// Returns a variable that an action exported into a namespace.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// Returns the folder of an artifact.
    pub fn artifact(&self, name: &str) -> Option<&Utf8PathBuf> {
        self.artifacts.get(name)
    }

    /// Replaces the variables in a setting with their values.
    pub(super) fn resolve(&self, text: &str) -> String {
        let mut resolved = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("#{") {
            let (name, after) = after.split_once('}').expect("a reference has an end");
            let value = self.variables.get(name);
            let value = value.unwrap_or_else(|| panic!("no action has the variable `{name}`"));
            resolved.extend([before, value]);
            rest = after;
        }
        resolved + rest
    }
}
