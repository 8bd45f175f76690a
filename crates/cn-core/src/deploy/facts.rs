//! The facts that a deployment plan is based on.

use aws_sdk_cloudformation::Client;

use super::error::{DeployError, DeployStep};
use super::request::Request;
use crate::call::CallError;
use crate::stack::Reaction;
use crate::stack::facts::{StackFacts, describe};
use crate::stack::newest;
use crate::stack::pace::Pacer;
use crate::stack::{Event, Pace, StackName};

/// The current state of the stack that a deployment will change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The stack; `None` if it does not exist.
    pub(crate) stack: Option<StackFacts>,
}

/// Reads the facts for a plan.
///
/// If another operation runs on the stack, waits for its end if [`Request::wait_busy`] is set, or
/// if an earlier run of this library started the operation: the planned stack must not change
/// meanwhile.
///
/// # Errors
///
/// Fails if the stack cannot be read.
pub async fn read(
    client: &Client,
    request: &Request,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Facts, DeployError> {
    let secrets = request.redaction();
    let mut tell = |event: Event| on_event(event.redacted(&secrets));
    match read_at_rest(client, request, pace, &mut tell).await {
        Ok(Facts { stack }) => Ok(Facts {
            stack: stack.map(|stack| stack.redacted(&secrets)),
        }),
        Err(error) => Err(error.redacted(&secrets)),
    }
}

async fn read_at_rest(
    client: &Client,
    request: &Request,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Facts, DeployError> {
    let mut pacer = Pacer::new(pace);
    let mut is_told = false;
    let mut last = None;
    loop {
        let stack = match describe(client, request.stack.as_str()).await {
            Ok(stack) => stack,
            // While waiting for an operation, failed requests only make the wait longer.
            Err(error) if is_told => {
                let borne = pacer.wait_after_failure(error, on_event).await;
                if borne.map_err(|source| cannot_read(&request.stack, source))? {
                    continue;
                }
                return Ok(Facts { stack: last });
            }
            Err(error) => return Err(cannot_read(&request.stack, error)),
        };
        last.clone_from(&stack);
        let busy = match &stack {
            Some(stack) if stack.status.reaction() == Reaction::Busy => stack,
            _ => return Ok(Facts { stack }),
        };
        if !is_told {
            let is_ours = newest::is_ours(client, &busy.id).await;
            if !request.wait_busy && !is_ours {
                return Ok(Facts { stack });
            }
            on_event(Event::Busy {
                status: busy.status.clone(),
                is_ours,
            });
            is_told = true;
        }
        if !pacer.pause(false).await {
            return Ok(Facts { stack });
        }
    }
}

impl Facts {
    /// Returns true if another operation runs on the stack.
    pub fn is_busy(&self) -> bool {
        let stack = self.stack.as_ref();
        stack.is_some_and(|stack| stack.status.reaction() == Reaction::Busy)
    }
}

fn cannot_read(stack: &StackName, source: CallError) -> DeployError {
    DeployStep::Read(stack.clone()).failed(source)
}
