//! Runs a pipeline as CodePipeline does: the actions that its template declares, in their order,
//! against the emulators.
//!
//! An execution locks the stage it is in. All actions with the same run order run, even if one
//! fails. `#{NAMESPACE.NAME}` is a variable of an earlier action. A retry runs only the failed
//! actions of a stage.
//!
//! Sources, AWS `CodePipeline` user guide: "How pipeline executions work",
//! "Working with variables", "Configure stage retry", "Configure stage rollback".

mod actions;
mod declared;
mod execution;

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use crate::TestEnv;
pub use declared::{Action, ActionType, Pipeline, Stage};
pub use execution::Execution;
use execution::REVISION;

/// Maximum length of an action's setting, with variables resolved.
///
/// # Source
///
/// AWS `CodePipeline` API reference, `ActionConfigurationValue`: 1,000 characters.
const LONGEST_SETTING: usize = 1000;

/// A deployed pipeline.
#[derive(Debug)]
pub struct Runner<'a> {
    env: &'a TestEnv,
    pipeline: Pipeline,
    locks: BTreeMap<String, usize>,
    executions: usize,
}

/// The reason that an execution stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pause {
    /// Every stage succeeded.
    Done,
    /// An approval waits for an answer.
    Waiting {
        /// The stage.
        stage: String,
        /// The text for the approver.
        text: String,
        /// The link for the approver.
        link: String,
    },
    /// An action failed.
    Failed {
        /// The stage.
        stage: String,
        /// The first action that failed.
        action: String,
        /// The action's output.
        log: String,
    },
    /// Another execution is in the stage.
    Blocked {
        /// The stage.
        stage: String,
    },
}

impl<'a> Runner<'a> {
    /// Reads the pipeline of a stack in home's emulator.
    ///
    /// # Panics
    ///
    /// When the stack has no pipeline, or one that the runner cannot run.
    pub fn new(env: &'a TestEnv, stack: &str, logical_id: &str) -> Self {
        let name = format!("/cn-testkit/{stack}/{logical_id}");
        let text = env.home().parameter(&name).expect("home answers");
        let text = text.unwrap_or_else(|| panic!("stack `{stack}` has no `{logical_id}`"));
        let pipeline = serde_json::from_str(&text);
        let pipeline = pipeline.unwrap_or_else(|error| panic!("cannot run the pipeline: {error}"));
        Self {
            env,
            pipeline,
            locks: BTreeMap::new(),
            executions: 0,
        }
    }

    /// Returns the pipeline as declared.
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// Starts an execution for a revision, a folder that contains the source.
    pub fn start(&mut self, source: impl Into<Utf8PathBuf>) -> Execution {
        self.executions += 1;
        let mut execution = Execution {
            id: self.executions,
            artifacts: BTreeMap::new(),
            variables: BTreeMap::new(),
            stage: 0,
            done: BTreeSet::new(),
            is_rollback: false,
        };
        execution
            .artifacts
            .insert(REVISION.to_owned(), source.into());
        execution
    }

    /// Starts a rollback of a stage to an execution that succeeded in it.
    ///
    /// # Panics
    ///
    /// When the pipeline has no such stage.
    pub fn roll_back(&mut self, stage: &str, to: &Execution) -> Execution {
        self.executions += 1;
        let mut stages = self.pipeline.stages.iter();
        let stage = stages.position(|declared| declared.name == stage);
        Execution {
            id: self.executions,
            stage: stage.expect("the pipeline has the stage"),
            done: BTreeSet::new(),
            is_rollback: true,
            ..to.clone()
        }
    }

    /// Advances an execution until it ends, waits or fails. Called again after a failure, it
    /// retries the failed actions.
    pub fn proceed(&mut self, execution: &mut Execution) -> Pause {
        while let Some(stage) = self.pipeline.stages.get(execution.stage).cloned() {
            let holder = *self.locks.entry(stage.name.clone()).or_insert(execution.id);
            if holder != execution.id {
                return Pause::Blocked { stage: stage.name };
            }
            if let Some(pause) = self.run_stage(&stage, execution) {
                if matches!(pause, Pause::Failed { .. }) {
                    self.locks.remove(&stage.name);
                }
                return pause;
            }
            self.locks.remove(&stage.name);
            execution.done.clear();
            execution.stage += 1;
            if execution.is_rollback {
                return Pause::Done;
            }
        }
        Pause::Done
    }

    /// Prepares a failed execution so that it retries all actions of its stage.
    pub fn retry_all(&self, execution: &mut Execution) {
        execution.done.clear();
    }

    /// Answers the approval that an execution waits for.
    ///
    /// # Panics
    ///
    /// When the execution's stage has no approval.
    pub fn approve(&self, execution: &mut Execution) {
        let stage = &self.pipeline.stages[execution.stage];
        let mut actions = stage.actions.iter();
        let approval = actions.find(|action| action.action_type_id.category == "Approval");
        let name = approval.expect("the stage has an approval").name.clone();
        execution.done.insert(name);
    }

    fn run_stage(&self, stage: &Stage, execution: &mut Execution) -> Option<Pause> {
        let orders: BTreeSet<u64> = stage.actions.iter().map(Action::order).collect();
        for order in orders {
            let mut failed = None;
            let mut actions = stage.actions.clone();
            actions
                .retain(|action| action.order() == order && !execution.done.contains(&action.name));
            for mut action in actions {
                for value in action.configuration.values_mut() {
                    *value = execution.resolve(value);
                    let length = value.chars().count();
                    assert!(
                        length <= LONGEST_SETTING,
                        "a setting of `{}` has {length} characters: {value}",
                        action.name
                    );
                }
                if action.action_type_id.category == "Approval" {
                    return Some(waiting(stage, &action));
                }
                match actions::run(self.env, &self.pipeline, &action, execution) {
                    Ok(()) => {
                        execution.done.insert(action.name);
                    }
                    Err(log) if failed.is_none() => {
                        failed = Some(Pause::Failed {
                            stage: stage.name.clone(),
                            action: action.name,
                            log,
                        });
                    }
                    Err(_) => {}
                }
            }
            if failed.is_some() {
                return failed;
            }
        }
        None
    }
}

fn waiting(stage: &Stage, action: &Action) -> Pause {
    let setting = |name: &str| action.configuration.get(name).cloned().unwrap_or_default();
    Pause::Waiting {
        stage: stage.name.clone(),
        text: setting("CustomData"),
        link: setting("ExternalEntityLink"),
    }
}
