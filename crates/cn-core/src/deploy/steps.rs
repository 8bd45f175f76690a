//! Steps shared by several phases.

use aws_sdk_cloudformation::Client;
use tokio::time::timeout;

use super::discard::{self, REMOVAL_LIMIT};
use super::error::{DeployError, DeployStep};
use super::plan::StackSettings;
use crate::call::{CallError, CallExt as _};
use crate::stack::change_set::ChangeSetFacts;
use crate::stack::pace::{Pacer, within};
use crate::stack::{ChangeSetKind, ChangeSetName, Event, Pace, Setting, StackName};

/// State shared by the steps of one phase.
pub(super) struct Steps<'a> {
    pub(super) client: &'a Client,
    pub(super) stack: StackName,
    /// Marks every request of the run.
    pub(super) token: ChangeSetName,
    pub(super) kind: ChangeSetKind,
    pub(super) pace: Pace,
    pub(super) pacer: Pacer,
}

impl<'a> Steps<'a> {
    pub(super) fn new(
        client: &'a Client,
        stack: &StackName,
        token: &ChangeSetName,
        kind: ChangeSetKind,
        pace: &Pace,
    ) -> Self {
        Self {
            client,
            stack: stack.clone(),
            token: token.clone(),
            kind,
            pace: *pace,
            pacer: Pacer::new(pace),
        }
    }

    pub(super) fn cannot_follow(&self, source: CallError) -> DeployError {
        DeployStep::Follow(self.stack.clone()).failed(source)
    }

    pub(super) fn cannot_propose(&self, source: CallError) -> DeployError {
        DeployStep::Propose(self.stack.clone()).failed(source)
    }

    /// Applies the settings that no change set can contain.
    ///
    /// * `is_created`: true if this run created the stack.
    pub(super) async fn set(
        &mut self,
        settings: StackSettings,
        stack_id: &str,
        is_created: bool,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<(), DeployError> {
        if let Some(policy) = settings.stack_policy {
            let call = self.client.set_stack_policy().stack_name(stack_id);
            let call = call.stack_policy_body(policy.as_str());
            let send = async || {
                let answer = call.clone().send().await;
                answer.call("cloudformation", "SetStackPolicy").map(|_| ())
            };
            self.send_until_answered(Setting::StackPolicy, is_created, send, on_event)
                .await?;
        }
        if let Some(is_on) = settings.termination_protection {
            let call = self.client.update_termination_protection();
            let call = call
                .stack_name(stack_id)
                .enable_termination_protection(is_on);
            let send = async || {
                let answer = call.clone().send().await;
                answer
                    .call("cloudformation", "UpdateTerminationProtection")
                    .map(|_| ())
            };
            let setting = Setting::TerminationProtection { is_on };
            self.send_until_answered(setting, is_created, send, on_event)
                .await?;
        }
        Ok(())
    }

    /// Sends an idempotent request until it is answered.
    async fn send_until_answered<F: Future<Output = Result<(), CallError>> + Send>(
        &mut self,
        setting: Setting,
        is_created: bool,
        send: impl Fn() -> F,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<(), DeployError> {
        loop {
            let answer = within(self.pace.deadline, send()).await;
            let answer = answer.unwrap_or_else(|| Err(CallError::out_of_time("cloudformation")));
            let Err(source) = answer else {
                on_event(Event::Set(setting));
                return Ok(());
            };
            if let Err(source) = self.pacer.retry(source, on_event).await {
                let stack = self.stack.clone();
                let step = DeployStep::Set {
                    setting,
                    stack,
                    is_created,
                };
                return Err(step.failed(source));
            }
        }
    }

    /// Deletes a change set of this run that nobody will use.
    ///
    /// Returns true if the change set and the stack it created are gone.
    pub(super) async fn remove(
        &self,
        made: &ChangeSetFacts,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> bool {
        let mut is_gone = true;
        let mut tell = |event: Event| {
            is_gone &= !matches!(event, Event::NotRemoved { .. });
            on_event(event);
        };
        let remove = discard::remove(self.client, &self.token, made, self.kind, &mut tell);
        if timeout(REMOVAL_LIMIT, Box::pin(remove)).await.is_err() {
            tell(Event::NotRemoved {
                what: format!("change set `{}`", self.token),
                why: "no answer came in time".to_owned(),
            });
        }
        is_gone
    }
}
