//! Retries of requests that are throttled or get no response.

use crate::call::CallError;
use crate::stack::pace::Pacer;
use crate::stack::{Event, Pace};

/// Attempts at one request, each with the SDK's own retries: some minutes in total.
const ATTEMPTS: usize = 8;

/// Retries a request until it succeeds, with increasing pauses.
///
/// # Errors
///
/// The last error, if it is not temporary or the attempts are used up.
pub(super) async fn patiently<T, F: Future<Output = Result<T, CallError>> + Send>(
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
    send: impl Fn() -> F,
) -> Result<T, CallError> {
    let mut pacer = Pacer::new(pace);
    let mut attempts = 1;
    loop {
        let error = match send().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        if attempts == ATTEMPTS {
            return Err(error);
        }
        attempts += 1;
        pacer.retry(error, on_event).await?;
    }
}
