//! Waiting for resources that Express mode completes in the background.

use aws_sdk_cloudformation::Client;

use super::error::{DeployError, DeployStep};
use super::outcome::{End, Outcome};
use crate::secret::Secrets;
use crate::stack::{ChangeSetName, Event, Pace, ready, redacted_events};

impl Outcome {
    /// Follows a deployed stack until events report that its resources are ready too.
    ///
    /// [`in_background`](Self::in_background) returns the resources without such an event.
    ///
    /// CloudFormation does not always report readiness: the wait ends after five minutes without an
    /// event, or at the deadline. Returns any other outcome, and an outcome with nothing in the
    /// background, unchanged.
    ///
    /// * `secrets`: the values to redact.
    ///
    /// # Errors
    ///
    /// Fails if the events cannot be read.
    pub async fn wait_ready(
        mut self,
        client: &Client,
        secrets: &Secrets,
        pace: &Pace,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Outcome, DeployError> {
        let (End::Done { .. }, Some(stack_id)) = (&self.end, self.stack_id.clone()) else {
            return Ok(self);
        };
        let mut tell = |event: Event| on_event(event.redacted(secrets));
        let token = self.change_set.as_ref().map(ChangeSetName::as_str);
        let events = &mut self.events;
        let waited = ready::wait(client, &stack_id, token, events, pace, &mut tell).await;
        waited.map_err(|source| {
            let step = DeployStep::Follow(self.stack.clone());
            step.failed(source).redacted(secrets)
        })?;
        self.events = redacted_events(self.events, secrets);
        Ok(self)
    }
}
