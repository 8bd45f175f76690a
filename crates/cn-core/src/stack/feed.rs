//! The events of one operation and of its nested stacks: complete, without duplicates, in order.

use std::collections::HashSet;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{self as wire, StackEvent};
use serde_json::Value;

use super::change::NESTED_STACK;
use super::event::{Hook, ResourceEvent, is_custom};
use super::express::Background;
use super::resource_status::{HookStatus, ResourceStatus};
use crate::call::{CallError, CallExt as _, Pages};
use crate::timestamp::Timestamp;

/// Reads the events of one operation.
///
/// An event belongs to the operation if it contains the token of the operation. The service may
/// omit the token, and gives nested stacks tokens of their own: those events belong to the
/// operation if they are not older than the change set, by the clock of the service. Every page is
/// read until an event that was seen before, so that a burst within one millisecond is complete.
#[derive(Debug)]
pub(crate) struct Feed {
    token: Option<String>,
    since: Timestamp,
    stacks: Vec<FollowedStack>,
    /// True if nested stacks are still read after their operation has ended.
    is_endless: bool,
}

#[derive(Debug)]
struct FollowedStack {
    id: String,
    path: Vec<String>,
    seen: HashSet<String>,
    is_active: bool,
}

impl Feed {
    /// Starts to follow a stack.
    ///
    /// * `token`: the client token of the operation; `None` if it has none, and then every event
    ///   since `since` belongs to it.
    /// * `since`: creation time of the change set.
    pub(crate) fn new(stack_id: &str, token: Option<&str>, since: Timestamp) -> Self {
        Self {
            token: token.map(str::to_owned),
            since,
            stacks: vec![FollowedStack {
                id: stack_id.to_owned(),
                path: Vec::new(),
                seen: HashSet::new(),
                is_active: true,
            }],
            is_endless: false,
        }
    }

    /// Makes the feed read nested stacks even after their operation has ended.
    pub(crate) fn endless(mut self) -> Self {
        self.is_endless = true;
        self
    }

    /// Reads the new events, in order of time; follows nested stacks as soon as they appear.
    ///
    /// # Errors
    ///
    /// Fails if a stack's events cannot be read. No event is lost: the next poll returns the events
    /// that this one could not read.
    pub(crate) async fn poll(&mut self, client: &Client) -> Result<Vec<ResourceEvent>, CallError> {
        let mut news: Vec<ResourceEvent> = Vec::new();
        let mut at = 0;
        while at < self.stacks.len() {
            if self.stacks[at].is_active {
                match self.poll_stack(client, at).await {
                    Ok(events) => {
                        self.follow_nested(&events);
                        news.extend(events);
                    }
                    // Events of other stacks that were already read must not be lost.
                    Err(_) if !news.is_empty() => {}
                    Err(error) => return Err(error),
                }
            }
            at += 1;
        }
        news.sort_by_key(|event| event.at);
        Ok(news)
    }

    /// Reads one stack's events, newest first, until a known event; returns them oldest first.
    async fn poll_stack(
        &mut self,
        client: &Client,
        at: usize,
    ) -> Result<Vec<ResourceEvent>, CallError> {
        let stack = &self.stacks[at];
        let is_root = stack.path.is_empty();
        let mut events = Vec::new();
        let mut new_ids = Vec::new();
        let mut pages = Pages::of("cloudformation", "DescribeStackEvents");
        let mut next: Option<String> = None;
        'pages: loop {
            let page = client
                .describe_stack_events()
                .stack_name(&stack.id)
                .set_next_token(next.take())
                .send()
                .await
                .call("cloudformation", "DescribeStackEvents")?;
            for event in page.stack_events() {
                let id = event.event_id().unwrap_or_default();
                let is_old = Timestamp::of(event.timestamp()) < self.since;
                if is_old || stack.seen.contains(id) {
                    break 'pages;
                }
                new_ids.push(id.to_owned());
                let is_foreign = is_root
                    && self.token.is_some()
                    && event
                        .client_request_token()
                        .is_some_and(|token| Some(token) != self.token.as_deref());
                let event = resource_event(event, &stack.path);
                if !is_foreign && event.status != ResourceStatus::ReviewInProgress {
                    events.push(event);
                }
            }
            next = pages.next(page.next_token)?;
            if next.is_none() {
                break;
            }
        }
        events.reverse();
        let stack = &mut self.stacks[at];
        stack.seen.extend(new_ids);
        if !is_root
            && !self.is_endless
            && events
                .iter()
                .any(|event| event.is_stack() && !event.is_in_progress())
        {
            stack.is_active = false;
        }
        Ok(events)
    }

    /// Starts to follow nested stacks that got an ARN, and resumes those that change again.
    fn follow_nested(&mut self, events: &[ResourceEvent]) {
        for event in events {
            let Some(nested_id) = event.physical_id.as_deref() else {
                continue;
            };
            let is_nested = event.resource_type == NESTED_STACK
                && !event.is_stack()
                && nested_id.starts_with("arn:");
            if !is_nested {
                continue;
            }
            if let Some(known) = self.stacks.iter_mut().find(|stack| stack.id == nested_id) {
                known.is_active |= event.is_in_progress();
                continue;
            }
            let mut path = event.path.clone();
            path.push(event.logical_id.clone());
            self.stacks.push(FollowedStack {
                id: nested_id.to_owned(),
                path,
                seen: HashSet::new(),
                is_active: true,
            });
        }
    }
}

fn resource_event(event: &StackEvent, path: &[String]) -> ResourceEvent {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let status = event.resource_status();
    let status = ResourceStatus::new(status.map_or("", wire::ResourceStatus::as_str));
    let reason = event.resource_status_reason();
    ResourceEvent {
        id: text(event.event_id()),
        at: Timestamp::of(event.timestamp()),
        stack_id: text(event.stack_id()),
        path: path.to_vec(),
        logical_id: text(event.logical_resource_id()),
        physical_id: event
            .physical_resource_id()
            .filter(|id| !id.is_empty())
            .map(str::to_owned),
        resource_type: text(event.resource_type()),
        background: Background::of(&status, event.detailed_status(), reason),
        status,
        reason: reason
            .filter(|reason| !reason.is_empty())
            .map(str::to_owned),
        hook: event.hook_type().map(|name| Hook {
            name: name.to_owned(),
            status: HookStatus::new(event.hook_status().map_or("", wire::HookStatus::as_str)),
            reason: event.hook_status_reason().map(str::to_owned),
        }),
        service_token: service_token(event),
    }
}

/// Returns the provider of a custom resource. The other properties may be secret and are not read.
fn service_token(event: &StackEvent) -> Option<String> {
    let properties = event
        .resource_properties()
        .filter(|_| event.resource_type().is_some_and(is_custom))?;
    let properties: Value = serde_json::from_str(properties).ok()?;
    Some(properties.get("ServiceToken")?.as_str()?.to_owned())
}
