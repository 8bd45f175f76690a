//! Steps of a deployment that AWS did not let us take.

use crate::call::CallError;
use crate::secret::Secrets;
use crate::stack::StackName;

/// A step that failed because a request was refused or got no answer.
///
/// An operation that was started and then failed is an [`Outcome`](super::Outcome).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeployError {
    /// The stack, or its newest operation, could not be read.
    #[error("cannot read stack `{stack}`")]
    Read {
        /// The stack.
        stack: StackName,
        /// The failed request.
        source: CallError,
    },
    /// The template did not get into the bucket.
    #[error("cannot upload `{template}` to bucket `{bucket}`")]
    Upload {
        /// The template's path.
        template: String,
        /// The bucket.
        bucket: String,
        /// The failed request.
        source: CallError,
    },
    /// A stack whose creation was rolled back could not be deleted.
    #[error("cannot delete the rolled back stack `{stack}`")]
    Replace {
        /// The stack.
        stack: StackName,
        /// The failed request.
        source: CallError,
    },
    /// The rollback of an update could not be continued.
    #[error("cannot continue the rollback of stack `{stack}`")]
    ContinueRollback {
        /// The stack.
        stack: StackName,
        /// The failed request.
        source: CallError,
    },
    /// The change set could not be created, or not be read until it was complete.
    #[error("cannot create a change set for stack `{stack}`")]
    Propose {
        /// The stack.
        stack: StackName,
        /// The failed request.
        source: CallError,
    },
    /// A change set made earlier could not be read.
    #[error("cannot read change set `{change_set}`")]
    ReadChangeSet {
        /// Its name or ARN.
        change_set: String,
        /// The failed request.
        source: CallError,
    },
    /// A stack policy or the termination protection could not be set.
    #[error("cannot set {setting} of stack `{stack}`")]
    Set {
        /// The setting, such as "the stack policy".
        setting: String,
        /// The stack.
        stack: StackName,
        /// Returns true when the stack was created in this run before.
        is_created: bool,
        /// The failed request.
        source: CallError,
    },
    /// The change set was not executed.
    #[error("cannot execute change set `{change_set}` of stack `{stack}`")]
    Execute {
        /// Its name.
        change_set: String,
        /// The stack.
        stack: StackName,
        /// The failed request.
        source: CallError,
    },
    /// An operation that runs can neither be followed by its events nor by its stack.
    #[error("cannot follow stack `{stack}`")]
    Follow {
        /// The stack.
        stack: StackName,
        /// The failed request.
        source: CallError,
    },
}

/// The state that a failed step leaves behind in AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aftermath {
    /// Nothing of this step is in effect.
    Nothing,
    /// The operation on the stack continues.
    Running,
    /// The stack was created, but not everything was set.
    Created,
}

impl DeployError {
    /// Returns the failed request.
    pub const fn call(&self) -> &CallError {
        match self {
            Self::Read { source, .. }
            | Self::Upload { source, .. }
            | Self::Replace { source, .. }
            | Self::ContinueRollback { source, .. }
            | Self::Propose { source, .. }
            | Self::ReadChangeSet { source, .. }
            | Self::Set { source, .. }
            | Self::Execute { source, .. }
            | Self::Follow { source, .. } => source,
        }
    }

    const fn call_mut(&mut self) -> &mut CallError {
        match self {
            Self::Read { source, .. }
            | Self::Upload { source, .. }
            | Self::Replace { source, .. }
            | Self::ContinueRollback { source, .. }
            | Self::Propose { source, .. }
            | Self::ReadChangeSet { source, .. }
            | Self::Set { source, .. }
            | Self::Execute { source, .. }
            | Self::Follow { source, .. } => source,
        }
    }

    /// Returns the state that the failed step leaves behind.
    pub const fn aftermath(&self) -> Aftermath {
        match self {
            Self::Follow { .. } => Aftermath::Running,
            Self::Set { is_created, .. } if *is_created => Aftermath::Created,
            _ => Aftermath::Nothing,
        }
    }

    /// Redacts every text of the error.
    #[must_use]
    pub fn redacted(mut self, secrets: &Secrets) -> Self {
        self.call_mut().redact(secrets);
        self
    }
}
