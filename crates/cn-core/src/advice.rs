//! Next steps as data.

/// A next step for the person who runs a deployment.
///
/// The library has no command line flags. A program describes a step that needs one of its
/// settings in its own words. Steps come from the failures themselves, such as
/// [`CallError::advice`](crate::call::CallError::advice), and from [`Cause::advice`](crate::failure::Cause::advice).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Advice {
    /// A step that needs no setting; a sentence without its period.
    Do(&'static str),
    /// Wait for the running operation: [`Request::wait_busy`](crate::deploy::Request::wait_busy).
    WaitWhileBusy,
    /// Continue from the failed operation without a rollback, or roll it back:
    /// [`OnFailure::Keep`](crate::deploy::OnFailure::Keep).
    ContinueOrRollBack,
    /// Continue a failed Express mode operation in Express mode, without a rollback:
    /// [`Completion::Express`](crate::deploy::Completion::Express) with
    /// [`OnFailure::Keep`](crate::deploy::OnFailure::Keep).
    ContinueInExpress,
    /// Deploy in the mode of the stack's last operation:
    /// [`Completion::Express`](crate::deploy::Completion::Express).
    DeployInExpress,
    /// Roll back on failure: [`OnFailure::Rollback`](crate::deploy::OnFailure::Rollback).
    RollBackOnFailure,
    /// Deploy in the standard mode:
    /// [`Completion::Standard`](crate::deploy::Completion::Standard).
    LeaveExpress,
    /// Revert the resources to the template, or add the change to the template:
    /// [`Request::revert_drift`](crate::deploy::Request::revert_drift).
    RevertDrift,
    /// Delete the stack and create it again:
    /// [`Request::replace_failed`](crate::deploy::Request::replace_failed).
    Replace,
    /// Continue the failed rollback:
    /// [`Request::continue_rollback`](crate::deploy::Request::continue_rollback).
    ContinueRollback,
    /// Deploy in mode [`Execute`](crate::deploy::Mode::Execute): the stack has to be deleted
    /// before a change set can be created.
    ExecuteToReplace,
    /// Deploy in mode [`Execute`](crate::deploy::Mode::Execute): the rollback has to be
    /// continued before a change set can be created.
    ExecuteToContinueRollback,
    /// Acknowledge the listed capabilities:
    /// [`Request::capabilities`](crate::deploy::Request::capabilities).
    AcknowledgeCapabilities,
    /// Delete or rename the resource that exists outside the stack, or import it:
    /// [`Request::import_existing_resources`](crate::deploy::Request::import_existing_resources).
    FreeOrImportName,
    /// Allow the action for the identity that CloudFormation uses:
    /// [`Request::role_arn`](crate::deploy::Request::role_arn).
    AllowToRole,
    /// Delete the content of a bucket: only an empty bucket can be deleted.
    EmptyBucket,
    /// Allow the operation in a policy of the identity that signs.
    Allow {
        /// The service, as IAM names it.
        service: &'static str,
        /// The operation, as IAM names it.
        operation: &'static str,
    },
    /// Allow an IAM user these actions on itself.
    AllowOnItself {
        /// The actions of IAM, without the name of the service.
        actions: &'static [&'static str],
    },
    /// Change the policy that denies the operation: another one that allows it does not help.
    LiftDenial {
        /// The service, as IAM names it.
        service: &'static str,
        /// The operation, as IAM names it.
        operation: &'static str,
    },
}
