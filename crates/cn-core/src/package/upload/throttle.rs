//! A limit on bytes per second, shared by all bodies of a run.

use std::num::NonZeroU64;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::mutex::lock;

/// Number of pieces that a second's bytes are divided into.
///
/// With small pieces, no connection waits so long for its turn that it looks dead.
const PIECES_PER_SECOND: u64 = 64;

/// A queue in which pieces wait for their turn.
#[derive(Debug)]
pub(super) struct Throttle {
    bytes_per_second: NonZeroU64,
    /// The time when all earlier pieces will have been sent.
    free_at: Mutex<Instant>,
}

impl Throttle {
    pub(super) fn new(bytes_per_second: NonZeroU64) -> Self {
        Self {
            bytes_per_second,
            free_at: Mutex::new(Instant::now()),
        }
    }

    /// Returns the bytes of a piece.
    pub(super) fn piece_bytes(&self) -> usize {
        let bytes = (self.bytes_per_second.get() / PIECES_PER_SECOND).clamp(1024, 64 * 1024);
        usize::try_from(bytes).unwrap_or(64 * 1024)
    }

    /// Reserves a turn for a piece and returns the time when the piece may go.
    pub(super) fn reserve(&self, bytes: usize) -> Instant {
        let nanos = bytes as u128 * 1_000_000_000 / u128::from(self.bytes_per_second.get());
        let takes = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        let mut free_at = lock(&self.free_at);
        let turn = (*free_at).max(Instant::now());
        *free_at = turn + takes;
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pieces_leave_at_the_rate_and_idle_time_is_not_saved_up() {
        let throttle = Throttle::new(NonZeroU64::new(1_000_000).unwrap());
        let start = Instant::now();
        let turns: Vec<_> = (0..3)
            .map(|_| throttle.reserve(500_000) - start)
            .map(|wait| wait.as_millis())
            .collect();
        assert_eq!(turns, [0, 500, 1000]);
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(throttle.reserve(1), start + Duration::from_secs(10));
        assert_eq!(throttle.piece_bytes(), 15_625);
    }
}
