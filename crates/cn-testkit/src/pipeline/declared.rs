//! A pipeline as its template declares it, with intrinsic functions resolved.
//!
//! Source: CloudFormation, `AWS::CodePipeline::Pipeline`. Parsing fails for keys that would change
//! how a pipeline runs and that the runner does not implement.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// A pipeline.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct Pipeline {
    /// The pipeline's name.
    pub name: String,
    /// The role of actions that name none.
    pub role_arn: String,
    /// The stages in order.
    pub stages: Vec<Stage>,
    #[serde(rename = "PipelineType")]
    _kind: String,
    #[serde(rename = "ExecutionMode")]
    _mode: Superseded,
    #[serde(rename = "ArtifactStore")]
    _store: IgnoredAny,
}

/// The only execution mode that the runner implements.
#[derive(Clone, Debug, Deserialize)]
enum Superseded {
    #[serde(rename = "SUPERSEDED")]
    Superseded,
}

/// A stage.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct Stage {
    /// The stage's name.
    pub name: String,
    /// The actions, in the order of the template.
    pub actions: Vec<Action>,
}

/// An action.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct Action {
    /// The action's name, unique in its stage.
    pub name: String,
    /// The kind of the action.
    pub action_type_id: ActionType,
    /// The run order: actions with the same number run at the same time, after those with lower
    /// numbers.
    #[serde(default = "first")]
    run_order: Value,
    /// The settings, with `#{NAMESPACE.NAME}` for variables.
    #[serde(default)]
    pub configuration: BTreeMap<String, String>,
    #[serde(default)]
    input_artifacts: Vec<ArtifactName>,
    #[serde(default)]
    output_artifacts: Vec<ArtifactName>,
    /// The namespace of the action's variables.
    pub namespace: Option<String>,
    /// The action's role; `None` for the pipeline's role.
    pub role_arn: Option<String>,
}

/// The kind of an action.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct ActionType {
    /// The category, such as `Build`.
    pub category: String,
    /// The provider, such as `CodeBuild`.
    pub provider: String,
    #[serde(rename = "Owner")]
    _owner: String,
    #[serde(rename = "Version")]
    _version: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct ArtifactName {
    name: String,
}

fn first() -> Value {
    Value::from(1)
}

impl Action {
    /// Returns the run order of the action in its stage.
    pub fn order(&self) -> u64 {
        let text = self.run_order.as_str().and_then(|text| text.parse().ok());
        self.run_order.as_u64().or(text).unwrap_or(1)
    }

    /// Returns the names of the artifacts that the action reads.
    pub fn inputs(&self) -> impl Iterator<Item = &str> {
        self.input_artifacts.iter().map(|input| input.name.as_str())
    }

    /// Returns the names of the artifacts that the action writes.
    pub fn outputs(&self) -> impl Iterator<Item = &str> {
        self.output_artifacts
            .iter()
            .map(|output| output.name.as_str())
    }
}
