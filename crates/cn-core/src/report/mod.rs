//! The result for every resource: the model that reports are rendered from.
//!
//! A [`Record`] collects the events and the end of a run, even of an interrupted run.
//! [`Record::report`] builds the tree of stacks and resources from it, with times, failures and the
//! slowest path. This module does not render, write files or read a clock: every moment comes from
//! the service.
//!
//! Known values of `NoEcho` parameters are redacted in every text, and a report contains no
//! property values.
//!
//! # Examples
//!
//! ```no_run
//! use cn_core::report::Record;
//! use cn_core::deploy::{self, Clients, DeployError, Plan, Request};
//! use cn_core::stack::Pace;
//!
//! # async fn reported(clients: &Clients, request: &Request, plan: Plan) -> Result<(), DeployError> {
//! let mut record = Record::default();
//! record.request(request);
//! let (client, pace) = (&clients.cloudformation, Pace::standard(None, 42));
//! let mut add = |event| record.add(&event);
//! let proposed = deploy::propose(clients, plan, &pace, &mut add).await?;
//! let outcome = proposed.conclude(client, &request.gates, &pace, &mut add).await?;
//! record.end(&outcome);
//! for node in record.report(&[], &[]).slowest() {
//!     println!("{} took {:?}", node.path, node.time());
//! }
//! # Ok(())
//! # }
//! ```

use crate::advice::Advice;
use crate::deploy::{DeployStep, End, Outcome, Request};
use crate::failure::{Cause, FunctionLog};
use crate::secret::Secrets;
use crate::stack::{
    Change, ChangeSetKind, Detail, Event, Output, ResourceEvent, StackName, StackStatus,
    Validation, in_background, redacted_changes, redacted_events,
};
use crate::timestamp::Timestamp;

mod needs;
mod node;
mod slowest;
mod tree;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

use cn_template::Region;

pub use node::{Node, Phase, Span, State};

use needs::Needs;

/// Everything that a run has reported so far.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The stack, as soon as it is known.
    pub stack: Option<StackName>,
    /// The stack's region, as soon as it is known.
    pub region: Option<Region>,
    stack_id: Option<String>,
    kind: Option<ChangeSetKind>,
    changes: Vec<Change>,
    validation: Validation,
    events: Vec<ResourceEvent>,
    end: Option<End>,
    elapsed: Option<Duration>,
    log: Option<FunctionLog>,
    secrets: Secrets,
    needs: Needs,
}

impl Record {
    /// Returns an empty record.
    ///
    /// * `stack`, `region`: `None` if they are not known yet.
    pub fn new(stack: Option<StackName>, region: Option<Region>) -> Self {
        Self {
            stack,
            region,
            ..Self::default()
        }
    }

    /// Adds the request.
    ///
    /// The values of secret parameters are redacted in the report, and the template provides the
    /// dependencies between resources.
    pub fn request(&mut self, request: &Request) {
        self.stack = Some(request.stack.clone());
        self.region = Some(request.region.clone());
        self.needs = Needs::of(&request.template);
        self.secrets = request.redaction();
    }

    /// Sets the values to redact in failures, outputs and logs; events are already redacted.
    pub fn redact(&mut self, secrets: &Secrets) {
        self.secrets.extend(secrets);
    }

    /// Adds an event.
    pub fn add(&mut self, event: &Event) {
        match event {
            Event::ChangeSetCreated { kind, .. } => self.kind = Some(*kind),
            Event::ChangeSetReady {
                changes,
                validation,
            } => {
                self.changes.clone_from(changes);
                self.validation = validation.clone();
            }
            Event::AboutToExecute { stack_id, kind } | Event::Executing { stack_id, kind } => {
                self.stack_id = Some(stack_id.clone());
                self.kind = Some(*kind);
            }
            Event::Resource { event, .. } => self.events.push(event.as_ref().clone()),
            _ => {}
        }
    }

    /// Records the step that failed.
    ///
    /// The report names the stack only if the step left something in it.
    pub fn failed(&mut self, step: &DeployStep) {
        let is_executed = matches!(
            step,
            DeployStep::Follow(_)
                | DeployStep::Set {
                    is_created: true,
                    ..
                }
        );
        if !is_executed {
            self.stack_id = None;
        }
    }

    /// Adds the outcome of the run.
    pub fn end(&mut self, outcome: &Outcome) {
        self.stack = Some(outcome.stack.clone());
        self.stack_id.clone_from(&outcome.stack_id);
        self.kind = Some(outcome.kind);
        self.changes.clone_from(&outcome.changes);
        self.validation = outcome.validation.clone();
        self.events.clone_from(&outcome.events);
        self.end = Some(outcome.end.clone());
        self.elapsed = Some(outcome.elapsed);
    }

    /// Adds the log of the function behind a failed custom resource.
    pub fn function_log(&mut self, log: &FunctionLog) {
        self.log = Some(log.clone());
    }

    /// Returns the report.
    ///
    /// * `failure`: the error of the run: a message and its causes, outermost first; empty if the
    ///   run did not fail.
    /// * `hints`: the next steps.
    pub fn report(&self, failure: &[String], hints: &[String]) -> Report {
        let secrets = &self.secrets;
        let events = redacted_events(self.events.clone(), secrets);
        let verdict = self.verdict();
        let cause = match &self.end {
            Some(End::Failed { .. } | End::Running { .. }) | None => Cause::of(&events),
            _ => None,
        };
        let resources = tree::build(&self.planned(), &events, cause.as_ref(), &self.needs);
        let advice = cause
            .as_ref()
            .and_then(|cause| cause.advice(self.region.as_ref()?.partition()));
        let outputs = match &self.end {
            Some(End::Done { outputs, .. } | End::NoChanges { outputs }) => outputs.as_slice(),
            _ => &[],
        };
        let console = match (&self.region, &self.stack_id) {
            (Some(region), Some(id)) => region.console_stack_url(id),
            _ => None,
        };
        let (began, ended) = bounds(&events);
        Report {
            stack: self.stack.as_ref().map(ToString::to_string),
            region: self.region.clone(),
            stack_id: self.stack_id.clone(),
            console,
            kind: self.kind,
            verdict,
            failure: failure.iter().map(|line| secrets.text(line)).collect(),
            hints: hints.iter().map(|line| secrets.text(line)).collect(),
            began,
            ended,
            elapsed: match (began, ended) {
                (Some(began), Some(ended)) => Some(ended.since(began)),
                _ => self.elapsed,
            },
            root: tree::root(self.stack.as_ref(), &events),
            resources,
            changes: without_values(redacted_changes(self.changes.clone(), secrets)),
            validations: {
                let validation = self.validation.clone().redacted(secrets);
                validation.details().to_vec()
            },
            in_background: match verdict {
                Verdict::Done => in_background(&events)
                    .into_iter()
                    .map(ResourceEvent::full_path)
                    .collect(),
                _ => Vec::new(),
            },
            outputs: outputs
                .iter()
                .map(|it| it.clone().redacted(secrets))
                .collect(),
            cause,
            advice,
            log: self.log.clone().map(|log| log.redacted(secrets)),
        }
    }

    fn verdict(&self) -> Verdict {
        match &self.end {
            Some(End::Done { .. } | End::Deleted) => Verdict::Done,
            Some(End::NoChanges { .. }) => Verdict::Unchanged,
            Some(End::Reviewable { .. }) => Verdict::Reviewable,
            Some(End::Previewed) => Verdict::Previewed,
            Some(End::Gated { .. } | End::Refused { .. }) => Verdict::Refused,
            Some(End::Failed { .. }) => Verdict::Failed,
            Some(End::Running {
                is_executing: true, ..
            }) => Verdict::Running,
            None if self.stack_id.is_some() => self.verdict_of_events(),
            Some(End::Running { .. }) | None => Verdict::Stopped,
        }
    }

    /// Returns the verdict on an operation whose end the run did not reach.
    fn verdict_of_events(&self) -> Verdict {
        match self.events.iter().rev().find(|event| event.is_root()) {
            Some(last) if !last.is_in_progress() => {
                if StackStatus::new(last.status.as_str()).is_success() {
                    Verdict::Done
                } else {
                    Verdict::Failed
                }
            }
            _ => Verdict::Running,
        }
    }

    /// Returns the resources to be changed, with the reasons of refusals.
    fn planned(&self) -> Vec<tree::Planned> {
        let mut planned: Vec<tree::Planned> = Vec::new();
        let mut seen = BTreeSet::new();
        let refused: Vec<(&str, &str, String)> = match &self.end {
            Some(End::Gated { refusals }) => refusals
                .iter()
                .filter(|it| !it.logical_id.is_empty())
                .map(|it| {
                    let why = match it.advice {
                        Some(_) => it.why.clone(),
                        None => format!("{} (gate `{}`)", it.why, it.gate),
                    };
                    (it.logical_id.as_str(), it.resource_type.as_str(), why)
                })
                .collect(),
            Some(End::Refused { details, .. }) => details
                .iter()
                .filter(|it| !it.logical_id.is_empty())
                .map(|it| {
                    let why = self.secrets.text(&it.reason);
                    (it.logical_id.as_str(), it.resource_type.as_str(), why)
                })
                .collect(),
            _ => Vec::new(),
        };
        // Events report the changes of nested stacks; a refusal contains its path.
        let changed = self.changes.iter().filter(|it| it.path.is_empty());
        let changed = changed.map(|it| (it.logical_id.as_str(), it.resource_type.as_str()));
        let both = changed.chain(refused.iter().map(|it| (it.0, it.1)));
        for (logical_id, resource_type) in both {
            if !seen.insert(logical_id) {
                continue;
            }
            let whys = refused.iter().filter(|it| it.0 == logical_id);
            let whys: Vec<&str> = whys.map(|it| it.2.as_str()).collect();
            planned.push(tree::Planned {
                logical_id: logical_id.to_owned(),
                resource_type: resource_type.to_owned(),
                refused: (!whys.is_empty()).then(|| whys.join("; ")),
            });
        }
        planned
    }
}

/// The result of a run, resource by resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The stack's name; `None` if the run ended before it was known.
    pub stack: Option<String>,
    /// The stack's region; `None` if the run ended before it was known.
    pub region: Option<Region>,
    /// The stack's ARN, as soon as it is known.
    pub stack_id: Option<String>,
    /// The URL of the stack in the console of its partition.
    pub console: Option<String>,
    /// The kind of the operation, as soon as it is decided.
    pub kind: Option<ChangeSetKind>,
    /// The result of the run.
    pub verdict: Verdict,
    /// The error of the run: a message and its causes; empty if the run did not fail.
    pub failure: Vec<String>,
    /// The next steps, each a sentence without its period.
    pub hints: Vec<String>,
    /// The start of the operation.
    pub began: Option<Timestamp>,
    /// The time of the last event.
    pub ended: Option<Timestamp>,
    /// The duration by the service's clock; without events, the duration of the run.
    ///
    /// `None` if the run ended early.
    pub elapsed: Option<Duration>,
    /// The stack itself, if the operation reported any event.
    pub root: Option<Node>,
    /// The stack's resources, sorted by start; resources that never started come last.
    pub resources: Vec<Node>,
    /// The changes of the change set, without property values.
    pub changes: Vec<Change>,
    /// The findings of CloudFormation's validation of the change set.
    pub validations: Vec<Detail>,
    /// Paths of resources that may still be getting ready, or that are still being deleted.
    pub in_background: Vec<String>,
    /// The stack's outputs, sorted by key; empty for a failed run.
    pub outputs: Vec<Output>,
    /// The root cause.
    pub cause: Option<Cause>,
    /// The advice, if the cause is known.
    pub advice: Option<Advice>,
    /// The log of a custom resource's function, if it was read.
    pub log: Option<FunctionLog>,
}

/// The result of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The stack matches the template.
    Done,
    /// There were no changes.
    Unchanged,
    /// The change set waits for a person's review.
    Reviewable,
    /// The changes were shown, and nothing was executed.
    Previewed,
    /// A gate, or CloudFormation, refused the changes.
    Refused,
    /// The operation failed.
    Failed,
    /// The run ended, and the operation is still running.
    Running,
    /// The run ended before any change.
    Stopped,
}

/// The number of resources in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All resources, including nested stacks and their resources.
    pub all: usize,
    /// Resources that match the template.
    pub done: usize,
    /// Leftovers: resources that could not be deleted after the stack was updated.
    pub left_behind: usize,
    /// Resources that failed on their own, or were refused.
    pub failed: usize,
    /// Nested stacks that contain a failure.
    pub failed_inside: usize,
    /// Resources that were canceled because of another failure.
    pub cancelled: usize,
    /// Resources that were rolled back.
    pub undone: usize,
    /// Resources in progress.
    pub running: usize,
    /// Resources that were never started.
    pub waiting: usize,
}

impl Report {
    /// Returns every resource, parents before their children.
    pub fn walk(&self) -> impl Iterator<Item = &Node> {
        self.resources.iter().flat_map(Node::walk)
    }

    /// Returns the number of resources in each state.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for node in self.walk() {
            counts.all += 1;
            let count = match node.state {
                State::Done => &mut counts.done,
                State::LeftBehind => &mut counts.left_behind,
                State::Failed => &mut counts.failed,
                State::FailedInside => &mut counts.failed_inside,
                State::Cancelled => &mut counts.cancelled,
                State::Undone => &mut counts.undone,
                State::Running => &mut counts.running,
                State::Waiting => &mut counts.waiting,
            };
            *count += 1;
        }
        counts
    }

    /// Returns the resources that could not be deleted, and may cost money.
    pub fn left_behind(&self) -> impl Iterator<Item = &Node> {
        self.walk().filter(|node| node.state == State::LeftBehind)
    }

    /// Returns the resources that determined the duration of the operation, in order of time.
    ///
    /// A nested stack appears as a whole, followed by its own slowest resources.
    pub fn slowest(&self) -> impl Iterator<Item = &Node> {
        self.walk().filter(|node| node.is_slowest)
    }

    /// Returns the time from the start of the operation to a moment.
    pub fn at(&self, moment: Timestamp) -> Duration {
        moment.since(self.began.unwrap_or(moment))
    }
}

impl Timestamp {
    /// Returns the time from an earlier moment to this one; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or_default())
    }
}

/// Removes property values: they may be undeclared secrets.
fn without_values(mut changes: Vec<Change>) -> Vec<Change> {
    for detail in changes.iter_mut().flat_map(|it| &mut it.details) {
        detail.before = None;
        detail.after = None;
        if let Some(drift) = &mut detail.drift {
            drift.deployed = None;
            drift.actual = None;
        }
    }
    changes
}

/// Returns the first and the last moment.
fn bounds(events: &[ResourceEvent]) -> (Option<Timestamp>, Option<Timestamp>) {
    let moments = || events.iter().map(|event| event.at);
    (moments().min(), moments().max())
}
