//! Executes a plan, and rolls back a failed step.

use std::fmt;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::clients::KeyClients;
use super::error::StepError;
use super::facts::{Facts, KeyId, SlotStatus, UserName};
use super::plan::{Kept, Plan, PlanError, Purpose, RotateRequest, Step, plan};
use super::proof::prove;
use super::read::{Keeper, ReadError, is_passing, patiently};
use super::store::WriteFailure;
use crate::call::{CallError, CallErrorKind};
use crate::session::AccessKey;
use crate::timestamp::Timestamp;

/// An event of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Another rotation may be running; this one waits for it to end.
    Waiting {
        /// The key that the other rotation may be working on.
        key: KeyId,
        /// The end of the wait.
        until: Timestamp,
    },
    /// A leftover key was deleted.
    OrphanDeleted(KeyId),
    /// A key was created.
    Created(KeyId),
    /// Every endpoint accepted the key several times in a row.
    Proved(KeyId),
    /// The key was written into the parameters.
    Stored(KeyId),
    /// The working key was written back into the parameters.
    Restored(KeyId),
    /// The previous key was deactivated.
    Deactivated(KeyId),
    /// The previous key was deleted.
    Deleted(KeyId),
    /// The new key was deleted after a step had failed.
    Undone(KeyId),
}

/// The result of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The purpose of the plan.
    pub purpose: Purpose,
    /// The user.
    pub user: UserName,
    /// The user's ARN.
    pub arn: String,
    /// The key that worked at the start.
    pub before: KeyId,
    /// The key in the parameters.
    pub key: KeyId,
    /// The keys that were deleted.
    pub deleted: Vec<KeyId>,
    /// The key that stays inactive until the end of its grace period.
    pub kept: Option<Kept>,
}

/// The state after a failed rotation. In every state, a working key is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailedState {
    /// Nothing was changed.
    Unchanged,
    /// The new key was deleted, and the parameters contain the previous key.
    Undone,
    /// Both keys work. Another run completes the rotation.
    Unfinished,
    /// The rotation is complete; the previous key is inactive and not deleted.
    Rotated,
}

impl fmt::Display for FailedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unchanged => "no key and no parameter was changed",
            Self::Undone => {
                "the new key was deleted; the parameters hold the previous key, which works"
            }
            Self::Unfinished => "the stored key works; another run finishes or undoes the rotation",
            Self::Rotated => "the new key is stored and works; the previous key is inactive",
        })
    }
}

/// An error in a rotation.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// The state cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The state requires a person to decide.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A step failed.
    #[error("cannot {step}")]
    Step {
        /// The step.
        step: Box<Step>,
        /// The state after the failure.
        state: FailedState,
        /// The cause.
        source: Box<StepError>,
    },
}

/// Time between two checks for the end of another rotation.
const PAUSE: Duration = Duration::from_secs(10);

impl Keeper {
    /// Rotates a key: reads the state, plans the steps and executes them.
    ///
    /// Waits first for another rotation to end.
    ///
    /// # Errors
    ///
    /// [`RotateError`]; its [`FailedState`] describes the resulting state.
    pub async fn rotate(
        &self,
        request: &RotateRequest,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Outcome, RotateError> {
        loop {
            let facts = self.read().await?;
            let planned = plan(request, &facts)?;
            if let [Step::Await { key, until }] = planned.steps.as_slice() {
                on_event(Event::Waiting {
                    key: key.clone(),
                    until: *until,
                });
                // The wait ends sooner if the other rotation does.
                sleep(self.pacing.interval.max(PAUSE)).await;
                continue;
            }
            return self.apply(planned, facts, on_event).await;
        }
    }

    /// Executes a plan.
    ///
    /// # Errors
    ///
    /// [`RotateError::Step`]. The rotation is rolled back if nothing can depend on its changes.
    pub async fn apply(
        &self,
        plan: Plan,
        facts: Facts,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Outcome, RotateError> {
        let mut run = Run {
            keeper: self,
            user: facts.user.clone(),
            old: facts.current.clone(),
            known: facts.slots.iter().map(|slot| slot.id.clone()).collect(),
            new: None,
            is_created: false,
            is_changed: false,
            stored: Progress::Nothing,
            is_deactivated: false,
            deleted: Vec::new(),
            on_event,
        };
        for step in &plan.steps {
            if let Err(source) = run.step(step).await {
                let state = run.state_after(&source).await;
                return Err(RotateError::Step {
                    step: Box::new(step.clone()),
                    state,
                    source: Box::new(source),
                });
            }
        }
        Ok(Outcome {
            purpose: plan.purpose,
            user: facts.user,
            arn: facts.arn,
            before: KeyId::from(&facts.current),
            key: KeyId::from(run.latest()),
            deleted: run.deleted,
            kept: plan.kept,
        })
    }
}

struct Run<'a> {
    keeper: &'a Keeper,
    user: UserName,
    /// The key that works at the start.
    old: AccessKey,
    /// The keys that existed at the start.
    known: Vec<KeyId>,
    /// The new key.
    new: Option<AccessKey>,
    /// True if this run created the new key.
    is_created: bool,
    is_changed: bool,
    /// The progress of writing the new key into the parameters.
    stored: Progress,
    is_deactivated: bool,
    deleted: Vec<KeyId>,
    on_event: &'a mut (dyn FnMut(Event) + Send),
}

impl Run<'_> {
    fn latest(&self) -> &AccessKey {
        self.new.as_ref().unwrap_or(&self.old)
    }

    fn clients(&self, key: &AccessKey) -> KeyClients {
        self.keeper.signers.of(key)
    }

    async fn step(&mut self, step: &Step) -> Result<(), StepError> {
        match step {
            Step::Await { .. } => {}
            Step::Restore => {
                self.write(&self.old.clone()).await?;
                self.is_changed = true;
                (self.on_event)(Event::Restored(KeyId::from(&self.old)));
            }
            Step::Adopt(key) => {
                self.new = Some(key.clone());
                self.stored = Progress::Begun;
                self.write(key).await?;
                self.stored = Progress::Whole;
                (self.on_event)(Event::Stored(KeyId::from(key)));
            }
            Step::DeleteOrphan(key) => {
                self.delete(key).await?;
                (self.on_event)(Event::OrphanDeleted(key.clone()));
            }
            Step::Create => {
                let key = self.create().await?;
                (self.on_event)(Event::Created(KeyId::from(&key)));
                self.new = Some(key);
                self.is_created = true;
            }
            Step::Prove => self.prove().await?,
            Step::Store => self.store().await?,
            Step::ReadBack => self.read_back().await?,
            Step::Deactivate(key) => {
                self.deactivate(key).await?;
                self.is_deactivated = true;
                (self.on_event)(Event::Deactivated(key.clone()));
            }
            Step::DeleteOld(key) => {
                self.delete(key).await?;
                (self.on_event)(Event::Deleted(key.clone()));
            }
        }
        Ok(())
    }

    /// Creates a key.
    ///
    /// If a response was lost, deletes the created key, because its secret is lost too.
    async fn create(&mut self) -> Result<AccessKey, CallError> {
        let clients = self.clients(&self.old);
        let deadline = Instant::now() + self.keeper.pacing.patience;
        let mut may_have_created = false;
        loop {
            let error = match clients.create(&self.user).await {
                Ok(key) => return Ok(key),
                Err(error) => error,
            };
            may_have_created |= error.kind.may_have_worked();
            let is_full = error.has_code("LimitExceeded");
            let may_pass = is_passing(&error) || (is_full && may_have_created);
            if may_have_created {
                self.delete_unknown(&clients).await?;
            }
            if !may_pass || Instant::now() >= deadline {
                return Err(error);
            }
            sleep(self.keeper.pacing.interval).await;
        }
    }

    async fn delete_unknown(&mut self, clients: &KeyClients) -> Result<(), CallError> {
        let pacing = &self.keeper.pacing;
        let listed = patiently(pacing, pacing.settle, async || {
            clients.list(&self.user).await
        });
        for slot in listed.await? {
            if !self.known.contains(&slot.id) {
                self.delete(&slot.id).await?;
                (self.on_event)(Event::OrphanDeleted(slot.id));
            }
        }
        Ok(())
    }

    async fn prove(&mut self) -> Result<(), StepError> {
        let key = self.latest().clone();
        let clients = self.clients(&key);
        prove(&clients, &self.user, key.id(), &self.keeper.pacing).await?;
        (self.on_event)(Event::Proved(KeyId::from(&key)));
        Ok(())
    }

    async fn store(&mut self) -> Result<(), StepError> {
        let key = self.latest().clone();
        self.write(&key).await?;
        self.stored = Progress::Whole;
        (self.on_event)(Event::Stored(KeyId::from(&key)));
        Ok(())
    }

    /// Writes a key, with retries until the parameters accept or refuse it.
    async fn write(&mut self, key: &AccessKey) -> Result<(), CallError> {
        let deadline = Instant::now() + self.keeper.pacing.patience;
        loop {
            let Err(failure) = self.keeper.store.write(key).await else {
                return Ok(());
            };
            let WriteFailure {
                error,
                has_begun,
                is_under_way,
            } = failure;
            self.stored.note(has_begun, is_under_way);
            let may_pass = is_under_way || error.has_code("TooManyUpdates");
            if !may_pass || Instant::now() >= deadline {
                return Err(error);
            }
            sleep(self.keeper.pacing.interval).await;
        }
    }

    async fn read_back(&mut self) -> Result<(), StepError> {
        let stored = self.keeper.store.latest().await?;
        let key = stored.key().map_err(|_| StepError::Overwritten)?;
        if key.id() != self.latest().id() {
            return Err(StepError::Overwritten);
        }
        let clients = self.clients(&key);
        prove(&clients, &self.user, key.id(), &self.keeper.pacing).await?;
        Ok(())
    }

    /// Deactivates the previous key.
    ///
    /// The new key signs the request or, if IAM does not accept it, the previous key itself.
    async fn deactivate(&mut self, before: &KeyId) -> Result<(), CallError> {
        let new = self.clients(self.latest());
        let old = (self.old.id() == before.as_str()).then(|| self.clients(&self.old));
        let pacing = &self.keeper.pacing;
        let user = &self.user;
        patiently(pacing, pacing.patience, async || {
            let by_new = new.set_status(user, before, SlotStatus::Inactive).await;
            match (by_new, &old) {
                (Err(error), Some(old)) if error.kind == CallErrorKind::Credentials => {
                    old.set_status(user, before, SlotStatus::Inactive).await
                }
                (by_new, _) => by_new,
            }
        })
        .await
    }

    async fn delete(&mut self, key: &KeyId) -> Result<(), CallError> {
        let clients = self.clients(self.latest());
        let pacing = &self.keeper.pacing;
        let user = &self.user;
        patiently(pacing, pacing.patience, async || {
            clients.delete(user, key).await
        })
        .await?;
        self.is_changed = true;
        self.deleted.push(key.clone());
        Ok(())
    }

    /// Rolls back what can be rolled back, and returns the resulting state.
    async fn state_after(&mut self, error: &StepError) -> FailedState {
        if self.is_deactivated {
            return FailedState::Rotated;
        }
        if !self.is_created {
            return if self.is_changed || self.stored != Progress::Nothing {
                FailedState::Unfinished
            } else {
                FailedState::Unchanged
            };
        }
        let is_undone = match (self.stored, error) {
            // No parameter contains the new key, or ever will.
            (Progress::Nothing, _) => self.take_back_key().await,
            // The second half of a pair was refused: the first half must become the old one again.
            (Progress::Begun, _) => self.take_back_stored().await,
            // The new key is stored and refused: readers need the previous key again.
            (Progress::Whole, StepError::Proof { source, .. })
                if source.kind == CallErrorKind::Credentials =>
            {
                self.take_back_stored().await
            }
            _ => false,
        };
        if is_undone {
            FailedState::Undone
        } else {
            FailedState::Unfinished
        }
    }

    /// Writes the previous key back into the parameters, then deletes the new key.
    async fn take_back_stored(&mut self) -> bool {
        let Ok(latest) = self.keeper.store.latest().await else {
            return false;
        };
        // A key that another program wrote in the meantime must not be overwritten.
        let is_ours = match latest.key() {
            Ok(stored) if self.stored == Progress::Whole => stored.id() == self.latest().id(),
            Ok(stored) => stored.id() == self.old.id(),
            Err(_) => false,
        };
        let old = self.old.clone();
        if !is_ours || self.write(&old).await.is_err() {
            return false;
        }
        (self.on_event)(Event::Restored(KeyId::from(&old)));
        self.take_back_key().await
    }

    async fn take_back_key(&mut self) -> bool {
        let Some(new) = self.new.take() else {
            return false;
        };
        let id = KeyId::from(&new);
        // The previous key signs the request: it is the latest key again.
        let is_deleted = self.delete(&id).await.is_ok();
        if is_deleted {
            (self.on_event)(Event::Undone(id));
        }
        is_deleted
    }
}

/// The progress of writing a new key into the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    /// No request wrote the key.
    Nothing,
    /// The first half of a pair was written.
    Begun,
    /// The key was written completely.
    Whole,
    /// A request to write the key got no response and may still take effect.
    UnderWay,
}

impl Progress {
    fn note(&mut self, has_begun: bool, is_under_way: bool) {
        let noted = match (has_begun, is_under_way) {
            (_, true) => Self::UnderWay,
            (true, false) => Self::Begun,
            (false, false) => Self::Nothing,
        };
        *self = noted.max(*self);
    }
}
