//! Following an operation to its end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use aws_sdk_cloudformation::Client;
use futures_util::future::{Either, select};
use tokio::time::{Instant, timeout};

use super::event::{Event, Progress, ResourceEvent};
use super::facts::{self, StackFacts};
use super::feed::Feed;
use super::pace::{Pace, Pacer};
use super::resource_status::ResourceStatus;
use super::status::StackStatus;
use crate::call::{CallError, CallErrorKind};
use crate::mutex::lock;
use crate::timestamp::Timestamp;

/// An operation to follow.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) stack_id: String,
    /// The client token of the operation.
    pub(crate) token: Option<String>,
    /// Events before this moment belong to earlier operations.
    pub(crate) since: Timestamp,
    /// Paths of the changed resources, if they are known.
    pub(crate) planned: Vec<String>,
}

/// Polls without new events after which the stack's status is read: an event may never arrive.
const QUIET_POLLS: u32 = 3;

/// Time limit for reading the stack's status after the deadline.
const LAST_LOOK: Duration = Duration::from_secs(5);

/// Polls that may find the stack idle before the operation counts as finished.
const IDLE_POLLS: u32 = 3;

/// A followed operation.
#[derive(Clone, Debug)]
pub(crate) struct Followed {
    /// The reason why following the operation ended.
    pub(crate) finish: Finish,
    /// All events of the operation, oldest first.
    pub(crate) events: Vec<ResourceEvent>,
}

/// The reason why following an operation ended.
#[derive(Clone, Debug)]
pub(crate) enum Finish {
    /// The operation has ended; contains the stack, or `None` if it is gone.
    Ended(Option<StackFacts>),
    /// The deadline was reached; contains the stack's last status, if it is known.
    Deadline(Option<StackStatus>),
}

impl Followed {
    /// Returns true if the operation began as a deletion.
    pub(crate) fn is_deletion(&self) -> bool {
        let first = self.events.iter().find(|event| event.is_root());
        first.is_some_and(|event| event.status == ResourceStatus::DeleteInProgress)
    }
}

/// Follows an operation to its end.
///
/// Ends when the stack is idle or the deadline is reached. Throttling, service faults, lost
/// connections and refused credentials only make the pauses longer: another process may renew the
/// credentials.
///
/// # Errors
///
/// Fails if neither the events nor the stack's status can be read.
pub(crate) async fn follow(
    client: &Client,
    operation: &Operation,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Followed, CallError> {
    let mut pacer = Pacer::new(pace);
    let mut follower = Follower {
        client,
        stack_id: &operation.stack_id,
        feed: Some(Feed::new(
            &operation.stack_id,
            operation.token.as_deref(),
            operation.since,
        )),
        log: Log::new(&operation.planned),
        heartbeat: pace.heartbeat,
        last_news: Instant::now(),
        started: Instant::now(),
        rests: 0,
        has_started: false,
        has_ended: false,
        quiet: 0,
        status: None,
    };
    loop {
        let Some(looked) = follower.look_and_beat(&pacer, on_event).await else {
            return Ok(follower.out_of_time().await);
        };
        let goes_on = match looked {
            Ok(Look::Ended(stack)) => {
                return Ok(follower.followed(Finish::Ended(stack)));
            }
            Ok(Look::News) => pacer.pause(true).await,
            Ok(Look::Quiet) => pacer.pause(false).await,
            Err(error) => pacer.wait_after_failure(error, on_event).await?,
        };
        follower.beat(on_event);
        if !goes_on {
            return Ok(follower.out_of_time().await);
        }
    }
}

struct Follower<'a> {
    client: &'a Client,
    stack_id: &'a str,
    feed: Option<Feed>,
    log: Log,
    heartbeat: Duration,
    last_news: Instant,
    started: Instant,
    /// True if the operation is known to have begun. Before that, an idle stack may only mean that
    /// the change is not visible yet.
    has_started: bool,
    /// Polls that found the stack idle before the operation was known to have begun.
    rests: u32,
    /// True if an event reported the end of the operation.
    has_ended: bool,
    quiet: u32,
    status: Option<StackStatus>,
}

enum Look {
    Ended(Option<StackFacts>),
    News,
    Quiet,
}

impl Follower<'_> {
    /// Polls once, with heartbeats while the answer is slow; `None` if the deadline is reached.
    async fn look_and_beat(
        &mut self,
        pacer: &Pacer,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Option<Result<Look, CallError>> {
        let heartbeat = self.heartbeat;
        let mut next = self.last_news + heartbeat;
        let started = self.started;
        let in_progress: Vec<String> = self.log.in_progress.values().cloned().collect();
        let progress = self.log.progress();
        let mut last_beat = None;
        let on_event = Mutex::new(on_event);
        let tell = |event| {
            lock(&on_event)(event);
        };
        let looked = {
            let mut heard = tell;
            let mut look = std::pin::pin!(pacer.within(self.look(&mut heard)));
            loop {
                let beat = std::pin::pin!(tokio::time::sleep_until(next));
                match select(look.as_mut(), beat).await {
                    Either::Left((looked, _)) => break looked,
                    Either::Right(((), _)) => {
                        tell(Event::Heartbeat {
                            elapsed: started.elapsed(),
                            in_progress: in_progress.clone(),
                            progress,
                        });
                        last_beat = Some(Instant::now());
                        next = Instant::now() + heartbeat;
                    }
                }
            }
        };
        if let Some(last_beat) = last_beat {
            self.last_news = self.last_news.max(last_beat);
        }
        looked
    }

    async fn look(&mut self, on_event: &mut (dyn FnMut(Event) + Send)) -> Result<Look, CallError> {
        let has_news = self.read_events(on_event).await?;
        let is_due = self.has_ended || self.feed.is_none() || self.quiet >= QUIET_POLLS;
        if is_due {
            self.quiet = 0;
            let stack = facts::describe(self.client, self.stack_id).await?;
            self.status = stack.as_ref().map(|stack| stack.status.clone());
            let is_at_rest = stack
                .as_ref()
                .is_none_or(|stack| !stack.status.is_in_progress());
            if !is_at_rest {
                self.has_started = true;
                self.has_ended = false;
            } else if self.is_over(stack.as_ref()) {
                // Events may lag behind the status.
                self.read_events(on_event).await?;
                return Ok(Look::Ended(stack));
            }
        }
        Ok(if has_news { Look::News } else { Look::Quiet })
    }

    /// Returns true if an idle stack is idle *after* the operation.
    fn is_over(&mut self, stack: Option<&StackFacts>) -> bool {
        let is_in_review = stack.is_some_and(|stack| stack.status == StackStatus::ReviewInProgress);
        if is_in_review {
            return false;
        }
        self.rests += 1;
        self.has_started || self.rests >= IDLE_POLLS
    }

    /// Reports new events; returns true if there were any.
    async fn read_events(
        &mut self,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<bool, CallError> {
        let Some(feed) = &mut self.feed else {
            return Ok(false);
        };
        let news = match feed.poll(self.client).await {
            Ok(news) => news,
            Err(error) if error.kind == CallErrorKind::Denied => {
                on_event(Event::NoEvents {
                    what: error.in_one_line(),
                });
                self.feed = None;
                return Ok(false);
            }
            // The stack is gone or does not exist yet: its status shows which.
            Err(error)
                if matches!(error.kind, CallErrorKind::Refused | CallErrorKind::NotFound) =>
            {
                self.quiet = QUIET_POLLS;
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        if news.is_empty() {
            self.quiet += 1;
            return Ok(false);
        }
        self.quiet = 0;
        self.last_news = Instant::now();
        self.has_started = true;
        for event in news {
            if event.is_root() {
                self.status = Some(StackStatus::new(event.status.as_str()));
                self.has_ended = !event.is_in_progress();
            }
            self.log.add(&event);
            on_event(Event::Resource {
                event: Box::new(event),
                progress: self.log.progress(),
            });
        }
        Ok(true)
    }

    fn beat(&mut self, on_event: &mut (dyn FnMut(Event) + Send)) {
        if self.last_news.elapsed() < self.heartbeat {
            return;
        }
        self.last_news = Instant::now();
        on_event(Event::Heartbeat {
            elapsed: self.started.elapsed(),
            in_progress: self.log.in_progress.values().cloned().collect(),
            progress: self.log.progress(),
        });
    }

    fn followed(self, finish: Finish) -> Followed {
        Followed {
            finish,
            events: self.log.events,
        }
    }

    /// Ends at the deadline: a stack that is only cleaning up has succeeded.
    async fn out_of_time(self) -> Followed {
        let is_cleanup = self.status.as_ref().is_some_and(StackStatus::is_cleanup);
        if is_cleanup
            && let Ok(Ok(Some(stack))) =
                timeout(LAST_LOOK, facts::describe(self.client, self.stack_id)).await
            && stack.status.is_success()
        {
            return self.followed(Finish::Ended(Some(stack)));
        }
        let status = self.status.clone();
        self.followed(Finish::Deadline(status))
    }
}

/// The events reported so far, and the state derived from them.
struct Log {
    events: Vec<ResourceEvent>,
    in_progress: BTreeMap<(String, String), String>,
    /// Paths of resources that reached their final state; for the stack itself, its name.
    done: BTreeSet<String>,
    /// Paths of the resources in the change set, and of those that nested stacks change.
    planned: BTreeSet<String>,
    is_plan_known: bool,
    is_undone: bool,
    /// Number of planned resources that are done.
    count: usize,
    is_stack_done: bool,
}

impl Log {
    fn new(planned: &[String]) -> Self {
        Self {
            events: Vec::new(),
            in_progress: BTreeMap::new(),
            done: BTreeSet::new(),
            planned: planned.iter().cloned().collect(),
            is_plan_known: !planned.is_empty(),
            is_undone: false,
            count: 0,
            is_stack_done: false,
        }
    }

    fn add(&mut self, event: &ResourceEvent) {
        let key = (event.stack_id.clone(), event.logical_id.clone());
        if event.is_in_progress() && !event.is_stack() {
            self.in_progress.insert(key, event.full_path());
        } else {
            self.in_progress.remove(&key);
        }
        let is_root = event.path.is_empty();
        self.is_undone |= is_root && event.is_stack() && event.status.is_rollback();
        // A nested stack counts once: as a resource of the enclosing stack.
        if is_root || !event.is_stack() {
            let path = event.full_path();
            let counts = |log: &Self| log.done.contains(&path) && log.planned.contains(&path);
            self.count -= usize::from(counts(self));
            let is_done = event.status.is_complete() && !event.status.is_rollback();
            if is_done {
                self.done.insert(path.clone());
            } else {
                self.done.remove(&path);
            }
            if !is_root {
                self.planned.insert(path.clone());
            }
            self.count += usize::from(counts(self));
            if event.is_root() {
                self.is_stack_done = is_done;
            }
        }
        self.events.push(event.clone());
    }

    /// Returns the progress of the operation; unknown as soon as it is being rolled back.
    fn progress(&self) -> Progress {
        if !self.is_plan_known || self.is_undone {
            return Progress::default();
        }
        Progress {
            done: self.count + usize::from(self.is_stack_done),
            total: self.planned.len() + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::event::left_behind;

    fn event(path: &[&str], id: &str, status: &str) -> ResourceEvent {
        let stack_id = format!("arn:{}", path.join("-"));
        ResourceEvent {
            id: String::new(),
            at: Timestamp(0),
            physical_id: id.is_empty().then(|| stack_id.clone()),
            stack_id,
            path: path.iter().map(|id| (*id).to_owned()).collect(),
            logical_id: match (id, path) {
                ("", []) => "orders",
                ("", [.., nested]) => nested,
                (id, _) => id,
            }
            .to_owned(),
            resource_type: String::new(),
            status: status.into(),
            reason: None,
            background: None,
            hook: None,
            service_token: None,
        }
    }

    #[test]
    fn progress_counts_what_is_in_nested_stacks() {
        let planned = ["Net".to_owned(), "Net/Vpc".to_owned(), "Queue".to_owned()];
        let mut log = Log::new(&planned);
        let mut counts = Vec::new();
        for event in [
            event(&[], "", "CREATE_IN_PROGRESS"),
            event(&[], "Net", "CREATE_IN_PROGRESS"),
            event(&["Net"], "", "CREATE_IN_PROGRESS"),
            event(&["Net"], "Vpc", "CREATE_COMPLETE"),
            // The plan did not contain this resource.
            event(&["Net"], "Route", "CREATE_COMPLETE"),
            event(&["Net"], "", "CREATE_COMPLETE"),
            event(&[], "Net", "CREATE_COMPLETE"),
            event(&[], "Queue", "CREATE_COMPLETE"),
            event(&[], "", "CREATE_COMPLETE"),
        ] {
            log.add(&event);
            let progress = log.progress();
            counts.push((progress.done, progress.total));
        }
        let expected = [
            (0, 4),
            (0, 4),
            (0, 4),
            (1, 4),
            (2, 5),
            (2, 5),
            (3, 5),
            (4, 5),
            (5, 5),
        ];
        assert_eq!(counts, expected);
        assert_eq!(Log::new(&[]).progress(), Progress::default());
    }

    #[test]
    fn a_hundred_thousand_events_are_counted_in_one_pass() {
        let planned: Vec<String> = (0..50_000).map(|number| format!("R{number}")).collect();
        let mut log = Log::new(&planned);
        for id in &planned {
            for status in ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"] {
                log.add(&event(&[], id, status));
                log.progress();
            }
        }
        let progress = log.progress();
        assert_eq!((progress.done, progress.total), (50_000, 50_001));
        assert!(left_behind(&log.events).is_empty());
    }

    #[test]
    fn what_could_not_be_deleted_in_the_end_is_left_behind() {
        let events = [
            event(&[], "Queue", "DELETE_FAILED"),
            event(&[], "Topic", "DELETE_FAILED"),
            event(&[], "Topic", "DELETE_COMPLETE"),
        ];
        let left = left_behind(&events);
        let left: Vec<&str> = left.iter().map(|event| event.logical_id.as_str()).collect();
        assert_eq!(left, ["Queue"]);
    }
}
