//! Following the background work after an operation in Express mode, by its events.

use std::collections::HashSet;
use std::time::Duration;

use aws_sdk_cloudformation::Client;
use tokio::time::Instant;

use super::event::{Event, Progress, ResourceEvent, in_background};
use super::feed::Feed;
use super::pace::{Pace, Pacer};
use crate::call::CallError;

/// Silence after which the wait for events ends.
const SILENCE: Duration = Duration::from_mins(5);

/// Reads further events of an operation that has ended, until its resources are ready.
///
/// Ends when no resource is becoming ready or being deleted, after five minutes without an event,
/// or at the deadline.
///
/// * `events`: the operation's events, oldest first; new events are appended.
///
/// # Errors
///
/// Fails if the events cannot be read.
pub(crate) async fn wait(
    client: &Client,
    stack_id: &str,
    token: Option<&str>,
    events: &mut Vec<ResourceEvent>,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<(), CallError> {
    let Some(since) = events.first().map(|event| event.at) else {
        return Ok(());
    };
    let mut known: HashSet<String> = events.iter().map(|event| event.id.clone()).collect();
    let mut feed = Feed::new(stack_id, token, since).endless();
    let mut pacer = Pacer::new(pace);
    let mut last_news = Instant::now();
    while !in_background(events).is_empty() && last_news.elapsed() < SILENCE {
        let Some(answer) = pacer.within(feed.poll(client)).await else {
            break;
        };
        let goes_on = match answer {
            Ok(mut news) => {
                news.retain(|event| known.insert(event.id.clone()));
                let has_news = !news.is_empty();
                if has_news {
                    last_news = Instant::now();
                }
                for event in news {
                    events.push(event.clone());
                    let (event, progress) = (Box::new(event), Progress::default());
                    on_event(Event::Resource { event, progress });
                }
                pacer.pause(has_news).await
            }
            Err(error) => pacer.wait_after_failure(error, on_event).await?,
        };
        if !goes_on {
            break;
        }
    }
    Ok(())
}
