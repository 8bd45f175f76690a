//! Following an operation to its end.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{StackSetOperation, StackSetOperationResultSummary};
use tokio::time::Instant;

use super::calls::{NO_OPERATION, call_as};
use super::facts::place;
use super::outcome::{Event, InstanceResult, Operation};
use super::request::{Place, StackSetName};
use super::status::{OperationAction, OperationStatus, ResultStatus};
use crate::call::{CallError, CallExt as _, Pages};
use crate::stack::pace::Pacer;
use crate::stack::{Pace, Progress};

/// A StackSet, and how the caller accesses it.
pub(super) struct Set<'a> {
    pub(super) client: &'a Client,
    pub(super) name: &'a StackSetName,
    pub(super) is_delegated: bool,
    pub(super) pace: &'a Pace,
}

/// Returns an operation before its first answer.
pub(super) fn begun(id: &str, action: OperationAction) -> Operation {
    Operation {
        id: id.to_owned(),
        action,
        status: OperationStatus::Running,
        reason: None,
        results: Vec::new(),
    }
}

impl Set<'_> {
    /// Reads an operation; `None` if no operation has this ID.
    pub(super) async fn operation(&self, id: &str) -> Result<Option<StackSetOperation>, CallError> {
        let request = self.client.describe_stack_set_operation();
        let request = request.stack_set_name(self.name.as_str()).operation_id(id);
        let request = request.set_call_as(call_as(self.is_delegated));
        match request
            .send()
            .await
            .call("cloudformation", "DescribeStackSetOperation")
        {
            Ok(answer) => match answer.stack_set_operation {
                Some(operation) => Ok(Some(operation)),
                None => Err(CallError::without_answer(
                    "cloudformation",
                    "DescribeStackSetOperation",
                )),
            },
            Err(error) if error.has_code(NO_OPERATION) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn results(&self, id: &str) -> Result<Vec<InstanceResult>, CallError> {
        let mut all = Vec::new();
        let mut pages = Pages::of("cloudformation", "ListStackSetOperationResults");
        let mut next = None;
        loop {
            let request = self.client.list_stack_set_operation_results();
            let request = request.stack_set_name(self.name.as_str()).operation_id(id);
            let request = request.set_call_as(call_as(self.is_delegated));
            let page = request.set_next_token(next).send().await;
            let page = page.call("cloudformation", "ListStackSetOperationResults")?;
            all.extend(page.summaries().iter().map(result));
            next = pages.next(page.next_token)?;
            if next.is_none() {
                return Ok(all);
            }
        }
    }

    /// Follows an operation until it ends, or until the deadline; the returned status shows which.
    ///
    /// Throttling, service faults, lost connections and refused credentials only make the pauses
    /// longer.
    ///
    /// * `expected`: the number of account and region pairs; the service may report more.
    ///
    /// # Errors
    ///
    /// Fails if the operation or its results cannot be read.
    pub(super) async fn follow(
        &self,
        mut operation: Operation,
        expected: usize,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Operation, CallError> {
        let mut pacer = Pacer::new(self.pace);
        let started = Instant::now();
        let mut last_news = started;
        loop {
            let Some(looked) = pacer.within(self.look(&operation.id)).await else {
                return Ok(operation);
            };
            let goes_on = match looked {
                Ok((seen, results)) => {
                    let news = tell(&operation.results, &results, expected, on_event);
                    operation = Operation { results, ..seen };
                    if operation.status.is_over() {
                        return Ok(operation);
                    }
                    if news {
                        last_news = Instant::now();
                    }
                    pacer.pause(news).await
                }
                Err(error) => pacer.wait_after_failure(error, on_event).await?,
            };
            if !goes_on {
                return Ok(operation);
            }
            if last_news.elapsed() >= self.pace.heartbeat {
                last_news = Instant::now();
                on_event(Event::Heartbeat {
                    elapsed: started.elapsed(),
                    in_progress: in_progress(&operation),
                    progress: progress(&operation.results, expected),
                });
            }
        }
    }

    /// Reads the operation before its results, so that the results are complete if it has ended.
    async fn look(&self, id: &str) -> Result<(Operation, Vec<InstanceResult>), CallError> {
        // The service is eventually consistent: an accepted operation may not be visible yet.
        let seen = self.operation(id).await?.ok_or_else(|| {
            CallError::without_answer("cloudformation", "DescribeStackSetOperation")
        })?;
        let mut results = self.results(id).await?;
        results.sort_by_key(|result| (rank(&result.status), result.place.clone()));
        let operation = Operation {
            id: id.to_owned(),
            action: seen.action().map_or("UNKNOWN", |it| it.as_str()).into(),
            status: seen.status().map_or("UNKNOWN", |it| it.as_str()).into(),
            reason: seen.status_reason().map(str::to_owned),
            results: Vec::new(),
        };
        Ok((operation, results))
    }
}

fn result(summary: &StackSetOperationResultSummary) -> InstanceResult {
    let gate = summary.account_gate_result();
    let gate = gate.filter(|gate| gate.status().is_some_and(|it| it.as_str() == "FAILED"));
    let of_gate = || {
        let reason = gate?.status_reason()?;
        Some(format!("the account gate failed: {reason}"))
    };
    let reason = summary.status_reason().filter(|it| !it.is_empty());
    InstanceResult {
        place: place(summary.account(), summary.region()),
        unit: summary.organizational_unit_id().map(str::to_owned),
        status: summary.status().map_or("UNKNOWN", |it| it.as_str()).into(),
        reason: reason.map(str::to_owned).or_else(of_gate),
    }
}

/// Reports each result whose status is new; returns true if there were any.
fn tell(
    before: &[InstanceResult],
    after: &[InstanceResult],
    expected: usize,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> bool {
    let known: BTreeMap<&Place, &ResultStatus> = before
        .iter()
        .map(|result| (&result.place, &result.status))
        .collect();
    let progress = progress(after, expected);
    let mut news = false;
    for result in after {
        let is_new = known.get(&result.place) != Some(&&result.status);
        if is_new && result.status != ResultStatus::Pending {
            news = true;
            on_event(Event::Instance {
                result: result.clone(),
                progress,
            });
        }
    }
    news
}

fn progress(results: &[InstanceResult], expected: usize) -> Progress {
    let done = results.iter().filter(|result| result.status.is_over());
    Progress {
        done: done.count(),
        total: results.len().max(expected),
    }
}

fn in_progress(operation: &Operation) -> Vec<Place> {
    let running = operation.with(&ResultStatus::Running);
    running.map(|result| result.place.clone()).collect()
}

/// Ranks statuses for sorting, failures first.
const fn rank(status: &ResultStatus) -> u8 {
    match status {
        ResultStatus::Failed => 0,
        ResultStatus::Cancelled => 1,
        ResultStatus::Succeeded => 3,
        _ => 2,
    }
}
