//! Repeating requests that are throttled or not answered.

use crate::call::CallError;
use crate::stack::pace::Pacer;
use crate::stack::{Event, Pace};

/// Attempts for one request, each with the SDK's own retries: some minutes in all.
const ATTEMPTS: usize = 8;

/// Sends a request until it is answered, with longer and longer pauses.
///
/// # Errors
///
/// The last error, when it is no passing one or its time is over.
pub(super) async fn patiently<T>(
    pace: &Pace,
    on_event: &mut dyn FnMut(Event),
    send: impl AsyncFn() -> Result<T, CallError>,
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
