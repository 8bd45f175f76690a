//! An estimate of the remaining upload time, from the bytes uploaded so far.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::key::ArtifactKey;

/// Time that must pass before the rate is meaningful.
const SOONEST: Duration = Duration::from_secs(5);
/// Time that the rate is measured over.
///
/// Older samples distort it, because connections speed up at first and parts that an earlier run
/// uploaded count at once.
const WINDOW: Duration = Duration::from_secs(30);

/// A meter of the uploads in progress.
#[derive(Clone, Debug, Default)]
pub struct Forecast {
    /// Bytes uploaded and total bytes of each object.
    objects: HashMap<ArtifactKey, (u64, u64)>,
    /// Bytes uploaded of all objects, at moments within the window.
    samples: VecDeque<(Duration, u64)>,
}

/// The rate of uploads, and the time they still need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Estimate {
    /// Bytes per second, within the last 30 seconds.
    pub rate: u64,
    /// Bytes that remain to be uploaded.
    pub left_bytes: u64,
    /// Time until the current objects are uploaded.
    pub left: Duration,
}

impl Forecast {
    /// Creates a forecast without samples.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records the progress of an object.
    ///
    /// * `at`: the time since any fixed moment.
    pub fn note(&mut self, at: Duration, key: &ArtifactKey, sent_bytes: u64, total_bytes: u64) {
        self.objects.insert(key.clone(), (sent_bytes, total_bytes));
        let sent = self.objects.values().map(|(sent, _)| sent).sum();
        self.samples.push_back((at, sent));
        while self.samples.len() > 2 && at.saturating_sub(self.samples[1].0) >= WINDOW {
            self.samples.pop_front();
        }
    }

    /// Returns the estimate. `None` in the first 5 seconds, and while nothing is uploaded.
    pub fn estimate(&self) -> Option<Estimate> {
        let ((first, before), (last, after)) = (self.samples.front()?, self.samples.back()?);
        let passed = last.saturating_sub(*first);
        // The bytes of failed attempts are subtracted, so the count may have fallen.
        let sent = after.checked_sub(*before).filter(|sent| *sent > 0)?;
        if passed < SOONEST {
            return None;
        }
        let left = self
            .objects
            .values()
            .map(|(sent, total)| total.saturating_sub(*sent));
        let left_bytes: u64 = left.sum();
        let seconds = |bytes: u64| u128::from(bytes) * passed.as_millis() / u128::from(sent);
        let left = u64::try_from(seconds(left_bytes)).unwrap_or(u64::MAX);
        let rate = u128::from(sent) * 1000 / passed.as_millis();
        Some(Estimate {
            rate: u64::try_from(rate).unwrap_or(u64::MAX),
            left_bytes,
            left: Duration::from_millis(left),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::Prefix;

    fn key(byte: u8) -> ArtifactKey {
        ArtifactKey::of_object(&Prefix::default(), &[byte; 32], "zip")
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_time_left_follows_from_the_rate_of_the_last_half_minute() {
        let mut forecast = Forecast::new();
        assert_eq!(forecast.estimate(), None);
        forecast.note(seconds(0), &key(1), 0, 60_000_000);
        forecast.note(seconds(4), &key(1), 4_000_000, 60_000_000);
        assert_eq!(forecast.estimate(), None, "too soon");
        forecast.note(seconds(10), &key(1), 10_000_000, 60_000_000);
        let estimate = forecast.estimate().unwrap();
        assert_eq!((estimate.rate, estimate.left), (1_000_000, seconds(50)));
        // A second object counts too; then the link becomes slower.
        forecast.note(seconds(10), &key(2), 0, 10_000_000);
        for second in 11..60 {
            forecast.note(
                seconds(second),
                &key(1),
                10_000_000 + (second - 10) * 500_000,
                60_000_000,
            );
        }
        let estimate = forecast.estimate().unwrap();
        assert_eq!(estimate.left_bytes, 35_500_000);
        assert_eq!((estimate.rate, estimate.left), (500_000, seconds(71)));
    }

    #[test]
    fn nothing_is_said_while_nothing_gets_through() {
        let mut forecast = Forecast::new();
        forecast.note(seconds(0), &key(1), 500_000, 60_000_000);
        forecast.note(seconds(20), &key(1), 500_000, 60_000_000);
        assert_eq!(forecast.estimate(), None);
        forecast.note(seconds(40), &key(1), 0, 60_000_000);
        assert_eq!(forecast.estimate(), None);
    }
}
