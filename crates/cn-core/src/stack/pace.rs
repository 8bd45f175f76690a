//! The intervals of polls.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::event::Event;
use crate::call::{CallError, CallErrorKind};

/// The intervals and the time limit of polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The deadline of polling; `None` to wait as long as the operation takes.
    pub deadline: Option<Instant>,
    /// Interval between the first polls.
    pub shortest: Duration,
    /// Interval between polls while events arrive.
    pub busy: Duration,
    /// Longest interval between polls while nothing happens.
    pub longest: Duration,
    /// Silence after which a heartbeat reports the resources in progress.
    pub heartbeat: Duration,
    /// Seed of the jitter, so that concurrent builds do not poll in step.
    pub seed: u64,
}

impl Pace {
    /// Returns the intervals that suit CloudFormation.
    ///
    /// They are 1 s for the first 10 s, 2 s while events arrive, up to 10 s when idle, and a
    /// heartbeat after 30 s.
    pub const fn standard(deadline: Option<Instant>, seed: u64) -> Self {
        Self {
            deadline,
            shortest: Duration::from_secs(1),
            busy: Duration::from_secs(2),
            longest: Duration::from_secs(10),
            heartbeat: Duration::from_secs(30),
            seed,
        }
    }
}

impl Pace {
    /// Returns the intervals that suit CloudFormation, within the time limits of a run.
    ///
    /// * `max_wait`: the longest time to wait; `None` for no limit.
    /// * `build_left`: the remaining time of the build; its last minute is kept for reports and
    ///   cleanup.
    /// * `seed`: as for [`seed`](Self::seed).
    pub fn within(max_wait: Option<Duration>, build_left: Option<Duration>, seed: u64) -> Self {
        let of_build = build_left.map(|left| left.saturating_sub(RESERVE));
        let limit = [max_wait, of_build].into_iter().flatten().min();
        // A limit that no clock can represent is no limit.
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        Self::standard(deadline, seed)
    }

    /// Waits for work until the deadline; `None` if the deadline is reached first.
    pub fn limit<T>(&self, work: impl Future<Output = T>) -> impl Future<Output = Option<T>> {
        within(self.deadline, work)
    }

    /// Returns true if the deadline has passed.
    pub fn is_over(&self) -> bool {
        self.deadline
            .is_some_and(|deadline| deadline <= Instant::now())
    }
}

/// Time reserved at the end of a build for reports and cleanup.
const RESERVE: Duration = Duration::from_mins(1);

/// Time during which an operation is polled at the shortest interval: most end or fail early.
const EAGER: Duration = Duration::from_secs(10);

/// The longest pause after a failed request.
const LONGEST_AFTER_FAILURE: Duration = Duration::from_secs(30);

/// Pauses between polls: short while events arrive, longer when idle, longest after failures.
#[derive(Debug)]
pub(crate) struct Pacer {
    pace: Pace,
    started: Instant,
    next: Duration,
    failures: u32,
    random: u64,
}

/// An event that reports why a request is retried.
pub(crate) trait FromFailure {
    /// * `what`: the failed request and its answer, in one line.
    fn from_failure(what: String) -> Self;
}

impl FromFailure for Event {
    fn from_failure(what: String) -> Self {
        Self::Retrying { what }
    }
}

impl Pacer {
    pub(crate) fn new(pace: &Pace) -> Self {
        Self {
            pace: *pace,
            started: Instant::now(),
            next: pace.shortest,
            failures: 0,
            random: pace.seed | 1,
        }
    }

    /// Waits for an answer; `None` if the deadline is reached first.
    pub(crate) fn within<T>(
        &self,
        answer: impl Future<Output = T>,
    ) -> impl Future<Output = Option<T>> {
        within(self.pace.deadline, answer)
    }

    /// Waits before the next poll; returns false if the deadline is reached instead.
    ///
    /// * `is_busy`: true if the last answer contained news.
    pub(crate) async fn pause(&mut self, is_busy: bool) -> bool {
        self.failures = 0;
        self.next = if self.started.elapsed() < EAGER {
            self.pace.shortest
        } else if is_busy {
            self.pace.busy
        } else {
            (self.next * 3 / 2).min(self.pace.longest)
        };
        self.sleep(self.next).await
    }

    /// Waits after a failed request, and reports the first failure in a row.
    ///
    /// Returns false if the deadline is reached instead.
    ///
    /// Also waits after refused credentials: another process may renew them.
    ///
    /// # Errors
    ///
    /// Returns the error itself if waiting does not help.
    pub(crate) async fn wait_after_failure<E: FromFailure>(
        &mut self,
        error: CallError,
        on_event: &mut (dyn FnMut(E) + Send),
    ) -> Result<bool, CallError> {
        if !error.kind.is_transient() && error.kind != CallErrorKind::Credentials {
            return Err(error);
        }
        if self.failures == 0 {
            on_event(E::from_failure(error.in_one_line()));
        }
        Ok(self.pause_after_failure().await)
    }

    /// Reports why a request is retried, and waits before the retry.
    ///
    /// # Errors
    ///
    /// Returns the error itself if it is not transient, or if the deadline is reached.
    pub(crate) async fn retry<E: FromFailure>(
        &mut self,
        error: CallError,
        on_event: &mut (dyn FnMut(E) + Send),
    ) -> Result<(), CallError> {
        if !error.kind.is_transient() {
            return Err(error);
        }
        on_event(E::from_failure(error.in_one_line()));
        if self.pause_after_failure().await {
            Ok(())
        } else {
            Err(error)
        }
    }

    /// Waits after a failed request, twice as long each time.
    ///
    /// Returns false if the deadline is reached instead.
    pub(crate) async fn pause_after_failure(&mut self) -> bool {
        let factor = 2_u32.saturating_pow(self.failures.min(8));
        self.failures += 1;
        let pause = (self.pace.shortest * factor).min(LONGEST_AFTER_FAILURE);
        self.sleep(pause).await
    }

    /// Sleeps for up to a tenth more than `pause`, but not past the deadline.
    async fn sleep(&mut self, pause: Duration) -> bool {
        let until = Instant::now() + pause + self.jitter(pause / 10);
        match self.pace.deadline {
            Some(deadline) if deadline <= Instant::now() => false,
            Some(deadline) => {
                tokio::time::sleep_until(until.min(deadline)).await;
                true
            }
            None => {
                sleep(until - Instant::now()).await;
                true
            }
        }
    }

    /// Returns a part of `most`, by xorshift: random enough to keep builds out of step.
    fn jitter(&mut self, most: Duration) -> Duration {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let part = u32::try_from(self.random >> 48).unwrap_or_default();
        most * part / u32::from(u16::MAX)
    }
}

/// Waits for an answer; `None` if the deadline is reached first.
pub(crate) fn within<T>(
    deadline: Option<Instant>,
    answer: impl Future<Output = T>,
) -> impl Future<Output = Option<T>> {
    // Requests are large. On the heap, they are not copied from future to future.
    let answer = Box::pin(answer);
    async move {
        match deadline {
            Some(deadline) => tokio::time::timeout_at(deadline, answer).await.ok(),
            None => Some(answer.await),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn is_eager_at_first_then_patient() {
        let mut pacer = Pacer::new(&Pace::standard(None, 7));
        let mut questions = 0;
        while pacer.started.elapsed() < Duration::from_secs(10) {
            assert!(pacer.pause(false).await);
            questions += 1;
        }
        assert!((9..=11).contains(&questions), "{questions}");
        for _ in 0..10 {
            pacer.pause(false).await;
        }
        assert_eq!(pacer.next, Duration::from_secs(10));
        pacer.pause(true).await;
        assert_eq!(pacer.next, Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn the_shorter_limit_counts_and_that_of_a_build_keeps_a_minute() {
        let started = Instant::now();
        let limit = |max_wait: Option<u64>, build_left: Option<u64>| {
            let minutes = |limit: Option<u64>| limit.map(Duration::from_mins);
            let pace = Pace::within(minutes(max_wait), minutes(build_left), 7);
            pace.deadline
                .map(|deadline| (deadline - started).as_secs() / 60)
        };
        assert_eq!(limit(None, None), None);
        assert_eq!(limit(None, Some(50)), Some(49));
        assert_eq!(limit(None, Some(0)), Some(0));
        assert_eq!(limit(Some(5), Some(50)), Some(5));
        assert_eq!(limit(Some(50), Some(5)), Some(4));
        let endless = Pace::within(Some(Duration::MAX), None, 7);
        assert_eq!(endless.deadline, None);
    }

    #[tokio::test(start_paused = true)]
    async fn never_sleeps_past_the_deadline() {
        let started = Instant::now();
        let deadline = started + Duration::from_millis(1500);
        let mut pacer = Pacer::new(&Pace::standard(Some(deadline), 7));
        assert!(pacer.pause(true).await);
        assert!(pacer.pause_after_failure().await);
        assert!(!pacer.pause(true).await);
        assert!(started.elapsed() < Duration::from_millis(1502));
    }
}
