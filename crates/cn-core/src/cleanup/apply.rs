//! Deletes everything that a plan lists.

use std::collections::BTreeSet;

use tokio::time::Instant;

use super::access::{self, AccessFacts};
use super::error::{CleanupError, StackFailure};
use super::facts::StackTree;
use super::needs::Needs;
use super::objects::{self, by_bucket};
use super::outcome::{Event, Outcome};
use super::patience::patiently;
use super::plan::{Approved, Deletion, Plan};
use super::read::TargetReader;
use super::stacks::Reader;
use super::tree;
use crate::call::CallExt as _;
use crate::failure::Cause;
use crate::session::Session;
use crate::stack::follow::{Finish, Operation, follow};
use crate::stack::newest::{after_newest, newest};
use crate::stack::{Pace, StackStatus};
use crate::timestamp::Timestamp;

/// Deletes everything that the plan lists, in its order.
///
/// The parts that may be needed longest go last. Objects that a stack has started to need since the
/// plan was made stay.
///
/// A run that ended at any point can safely be repeated: anything that no longer exists counts as
/// deleted.
///
/// * `pace`: the polling of the stack's deletion, and its time limit.
///
/// # Errors
///
/// [`CleanupError`] for the first part that cannot be deleted; later parts stay.
pub async fn apply(
    session: &Session,
    approved: &Approved,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Outcome, CleanupError> {
    let began = Instant::now();
    let plan = &approved.0;
    let mut outcome = Outcome::default();
    if plan.needs_target() {
        // An access key of the wrong account must not delete anything.
        session.verify_target().await?;
        let look = TargetReader {
            session,
            target: session.target().await?,
            pace,
        };
        look.empty_buckets(plan, &mut outcome, on_event).await?;
        if let Some(tree) = &plan.stack {
            look.delete_stack(tree, on_event).await?;
            outcome.stack = Some(tree.name.clone());
        }
        look.delete_artifacts(plan, &mut outcome, on_event).await?;
    }
    if !plan.parameters.is_empty() {
        let home = session.home().await?;
        access::delete_parameters(home, &plan.parameters, &mut outcome, on_event).await?;
    }
    match &plan.access {
        Some(AccessFacts::Key(facts)) => {
            let home = session.home().await?;
            let target = match facts.key {
                Some(_) => Some(session.target().await?),
                None => None,
            };
            access::delete_key(home, target, facts, &mut outcome, on_event).await?;
        }
        Some(AccessFacts::Role(facts)) => {
            let target = session.target().await?;
            access::delete_role(target, facts, &mut outcome, on_event).await?;
        }
        None => {}
    }
    outcome.elapsed = began.elapsed();
    Ok(outcome)
}

impl Plan {
    /// Returns true if the plan deletes something in the target.
    fn needs_target(&self) -> bool {
        let access = match &self.access {
            Some(AccessFacts::Key(facts)) => facts.key.is_some(),
            Some(AccessFacts::Role(_)) => true,
            None => false,
        };
        let objects = !self.emptied.is_empty() || !self.objects.is_empty();
        access || objects || self.stack.is_some() || !self.uploads.is_empty()
    }
}

impl TargetReader<'_> {
    async fn empty_buckets(
        &self,
        plan: &Plan,
        outcome: &mut Outcome,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<(), CleanupError> {
        for (bucket, deletions) in by_bucket(&plan.emptied) {
            let objects = self.objects(bucket);
            objects::delete(objects, &deletions, self.pace, on_event).await?;
            outcome.count(&deletions);
        }
        Ok(())
    }

    async fn delete_stack(
        &self,
        tree: &StackTree,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<(), CleanupError> {
        let begun = self.begin_deletion(tree, on_event).await?;
        let Some(operation) = begun else {
            on_event(Event::StackDeleted(tree.name.clone()));
            return Ok(());
        };
        on_event(Event::Deleting(tree.name.clone()));
        let client = self.target.cloudformation();
        let mut told = |event| on_event(Event::Stack(event));
        let followed = follow(client, &operation, self.pace, &mut told).await;
        let followed = followed.map_err(|source| CleanupError::ReadStack {
            stack: tree.name.clone(),
            source,
        })?;
        let stack = match followed.finish {
            Finish::Deadline(_) => return Err(CleanupError::Running(tree.name.clone())),
            Finish::Ended(Some(stack)) if stack.status != StackStatus::DeleteComplete => stack,
            Finish::Ended(_) => {
                on_event(Event::StackDeleted(tree.name.clone()));
                return Ok(());
            }
        };
        Err(CleanupError::Stack(Box::new(StackFailure {
            stack: tree.name.clone(),
            id: tree.id.clone(),
            cause: Cause::of(&followed.events),
            reason: stack.reason,
            status: stack.status,
        })))
    }

    /// Starts the deletion in CloudFormation, unless it has started already.
    ///
    /// `None` if the stack is already deleted.
    async fn begin_deletion(
        &self,
        tree: &StackTree,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Option<Operation>, CleanupError> {
        let client = self.target.cloudformation();
        let mut told = |event| on_event(Event::Stack(event));
        let stack = tree::describe(client, &tree.id, self.pace, &mut told).await;
        let stack = stack.map_err(|source| CleanupError::ReadStack {
            stack: tree.name.clone(),
            source,
        })?;
        let status = match stack {
            None => return Ok(None),
            Some((facts, _)) if facts.status == StackStatus::DeleteComplete => return Ok(None),
            Some((facts, _)) => facts.status,
        };
        let planned = tree.resources.iter().filter(|resource| !resource.is_kept);
        let mut operation = Operation {
            stack_id: tree.id.clone(),
            token: None,
            since: Timestamp::default(),
            planned: planned.map(|resource| resource.path.clone()).collect(),
        };
        if status == StackStatus::DeleteInProgress {
            let begun = newest(client, &tree.id).await.ok().flatten();
            operation.since = begun.map_or(Timestamp::default(), |begun| begun.since);
            return Ok(Some(operation));
        }
        if status.is_in_progress() {
            return Err(CleanupError::Busy(tree.name.clone(), status));
        }
        operation.since = after_newest(client, &tree.id).await;
        let token = format!("cn-cleanup-{}", uuid::Uuid::new_v4());
        let request = client.delete_stack().stack_name(&tree.id);
        let request = request.client_request_token(&token);
        let sent = patiently(self.pace, &mut told, async || {
            let answer = request.clone().send().await;
            answer.call("cloudformation", "DeleteStack").map(drop)
        });
        sent.await.map_err(|source| CleanupError::Delete {
            what: format!("stack `{}`", tree.name),
            source,
        })?;
        operation.token = Some(token);
        Ok(Some(operation))
    }

    async fn delete_artifacts(
        &self,
        plan: &Plan,
        outcome: &mut Outcome,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<(), CleanupError> {
        if !plan.objects.is_empty() {
            let needed = self.needed_by_now(plan, on_event).await?;
            let is_free = |deletion: &&Deletion| {
                !needed.contains(&(deletion.bucket.as_str(), deletion.key.as_str()))
            };
            outcome.kept = needed.len();
            for (bucket, deletions) in by_bucket(plan.objects.iter().filter(is_free)) {
                let objects = self.objects(bucket);
                objects::delete(objects, &deletions, self.pace, on_event).await?;
                outcome.count(&deletions);
            }
        }
        for (bucket, upload) in &plan.uploads {
            let mut told = |event| on_event(Event::Stack(event));
            objects::abort(self.objects(bucket), upload, self.pace, &mut told).await?;
            outcome.uploads += 1;
            on_event(Event::UploadAborted {
                bucket: bucket.clone(),
                key: upload.key.clone(),
            });
        }
        Ok(())
    }

    /// Returns the objects of the plan that live stacks need now.
    ///
    /// The plan's stack has been deleted; any stack with the same name was created later.
    async fn needed_by_now<'p>(
        &self,
        plan: &'p Plan,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<BTreeSet<(&'p str, &'p str)>, CleanupError> {
        let reader = Reader {
            client: self.target.cloudformation(),
            pace: self.pace,
        };
        let mut told = |event| on_event(Event::Stack(event));
        let described = reader.all(None, &mut told).await;
        let described = described.map_err(CleanupError::ReadNeeds)?;
        let mut needed = BTreeSet::new();
        let mut kept = Vec::new();
        for (bucket, deletions) in by_bucket(&plan.objects) {
            let keys = deletions.iter().map(|deletion| deletion.key.as_str());
            let mut needs = Needs::new(self.target.region(), bucket, keys);
            self.note(bucket, &described, &mut needs, &mut told).await?;
            for deletion in deletions {
                if let Some(user) = needs.users(&deletion.key).next() {
                    needed.insert((bucket.as_str(), deletion.key.as_str()));
                    kept.push(Event::Kept {
                        bucket: bucket.clone(),
                        key: deletion.key.clone(),
                        by: user.to_owned(),
                    });
                }
            }
        }
        kept.into_iter().for_each(&mut *on_event);
        Ok(needed)
    }
}

impl Outcome {
    fn count(&mut self, deletions: &[&Deletion]) {
        self.objects += deletions.len();
        let versions = deletions.iter().map(|deletion| deletion.versions.len());
        self.versions += versions.sum::<usize>();
        self.bytes += deletions
            .iter()
            .map(|deletion| deletion.bytes())
            .sum::<u64>();
    }
}
