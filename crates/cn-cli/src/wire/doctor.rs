//! Lines of `cn-doctor --format json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

/// Kind `check`: a part of the set-up that was checked.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Check<'a> {
    /// The part, such as `bucket`.
    pub check: &'a str,
    /// `passed`, `warned`, `failed` or `left-out`.
    pub verdict: &'a str,
    /// The known facts.
    pub facts: BTreeMap<&'a str, &'a str>,
    /// The faults of the part, the cause first.
    pub faults: Vec<Fault>,
    /// The failed check without which this one was left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needs: Option<&'a str>,
}

/// A fault.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Fault {
    /// True if a deployment works nevertheless.
    pub is_warning: bool,
    /// The message.
    pub message: String,
    /// Why, outermost first.
    pub causes: Vec<String>,
    /// The steps that mend the fault.
    pub hints: Vec<String>,
}
