//! The log of the function behind a failed custom resource.
//!
//! CloudFormation knows only the function's answer, or that there was none. The reason is in the
//! function's log: the lines between the resource's first event and its failure. Later lines
//! concern the rollback, often in the same stream.

use std::collections::VecDeque;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client;
use cn_template::partition::Arn;
use tokio::time::{sleep, timeout};

use super::cause::Cause;
use crate::call::{CallError, CallExt as _};
use crate::secret::Secrets;
use crate::stack::ResourceEvent;
use crate::timestamp::Timestamp;

/// Largest number of lines to keep: the last lines.
const MOST_LINES: usize = 20;
/// Largest number of characters to keep of a line.
const LONGEST_LINE: usize = 500;
/// Largest number of pages to read, each of up to 10,000 events or 1 MB.
const MOST_PAGES: usize = 20;
/// Pause before the second attempt: a log may become readable only after a moment.
const SECOND_LOOK: Duration = Duration::from_secs(2);
/// Time limit for reading a log: it must not delay the end of a run.
const LIMIT: Duration = Duration::from_secs(15);

/// The log of the function behind a failed resource, and the time range of the failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPlace {
    /// The log group.
    pub group: String,
    /// The log stream, if the failure names it.
    pub stream: Option<String>,
    /// The time of the resource's first event.
    pub since: Timestamp,
    /// The time of the resource's failure.
    pub until: Timestamp,
}

impl LogPlace {
    /// Returns the place of the log of a failure.
    ///
    /// `None` unless the failure concerns a custom resource that a function in the stack's own account
    /// and region serves.
    ///
    /// * `events`: the events of the failed operation.
    ///
    /// # Source
    ///
    /// Lambda developer guide, "Sending Lambda function logs to CloudWatch Logs": the group is
    /// `/aws/lambda/NAME` unless the function's configuration overrides it. The modules `cfn-response`
    /// of the CloudFormation user guide write the stream into the reason, and the AWS CDK's provider
    /// framework writes the group of the function behind its own.
    pub fn of(cause: &Cause, events: &[ResourceEvent]) -> Option<Self> {
        let failed = &cause.event;
        let own = failed
            .service_token
            .as_deref()
            .and_then(|token| group_of(token, &failed.stack_id));
        let group = group_in(&cause.reason).map(str::to_owned).or(own);
        let since = events
            .iter()
            .filter(|event| {
                event.stack_id == failed.stack_id && event.logical_id == failed.logical_id
            })
            .map(|event| event.at)
            .min();
        Some(Self {
            group: group.filter(|_| failed.is_custom())?,
            stream: stream_in(&cause.reason).map(str::to_owned),
            since: since.unwrap_or(failed.at),
            until: failed.at,
        })
    }

    /// Reads the last lines of a log, redacted; `None` if the time limit is reached first.
    ///
    /// # Errors
    ///
    /// Fails if the log cannot be read or does not exist.
    pub async fn read(
        &self,
        client: &Client,
        secrets: &Secrets,
    ) -> Result<Option<FunctionLog>, CallError> {
        let read = async {
            let lines = last_lines(client, self, secrets).await?;
            if !lines.is_empty() {
                return Ok(lines);
            }
            sleep(SECOND_LOOK).await;
            last_lines(client, self, secrets).await
        };
        let Ok(answer) = timeout(LIMIT, read).await else {
            return Ok(None);
        };
        let log = FunctionLog {
            place: self.clone(),
            lines: answer?,
        };
        Ok(Some(log.redacted(secrets)))
    }
}

/// Lines of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionLog {
    /// The log and time range of the lines.
    pub place: LogPlace,
    /// The last lines; empty if nothing was logged in that time.
    ///
    /// Control characters and signatures in URLs are removed.
    pub lines: Vec<String>,
}

impl FunctionLog {
    /// Redacts the lines, including secrets that span several lines.
    #[must_use]
    pub fn redacted(mut self, secrets: &Secrets) -> Self {
        let whole = secrets.text(&self.lines.join("\n"));
        if whole != self.lines.join("\n") {
            self.lines = whole.split('\n').map(str::to_owned).collect();
        }
        self
    }
}

async fn last_lines(
    client: &Client,
    place: &LogPlace,
    secrets: &Secrets,
) -> Result<Vec<String>, CallError> {
    let mut last = VecDeque::new();
    let mut next = None;
    for _ in 0..MOST_PAGES {
        let page = client
            .filter_log_events()
            .log_group_name(&place.group)
            .set_log_stream_names(place.stream.clone().map(|stream| vec![stream]))
            .start_time(place.since.0)
            .end_time(place.until.0)
            .set_next_token(next)
            .send()
            .await
            .call("logs", "FilterLogEvents")?;
        for event in page.events.unwrap_or_default() {
            // Redact before cutting lines: a part of a secret cannot be recognized.
            let message = secrets.text(&event.message.unwrap_or_default());
            // Some runtimes write the lines of a stack trace into one event, separated by `\r`.
            let lines = message.split(['\n', '\r']).filter(|line| is_worth(line));
            last.extend(lines.map(shown));
            last.drain(..last.len().saturating_sub(MOST_LINES));
        }
        next = page.next_token;
        if next.is_none() {
            break;
        }
    }
    Ok(last.into())
}

/// Returns true if the function wrote the line, not the Lambda platform.
fn is_worth(line: &str) -> bool {
    let is_of_platform = ["START RequestId: ", "END RequestId: ", "INIT_START "]
        .iter()
        .any(|start| line.starts_with(start));
    !line.trim().is_empty() && !is_of_platform
}

fn shown(line: &str) -> String {
    let line = without_signatures(line.trim_end());
    let mut shown: String = line
        .chars()
        .map(|letter| if letter == '\t' { ' ' } else { letter })
        .filter(|letter| !letter.is_control())
        .take(LONGEST_LINE + 1)
        .collect();
    if let Some((cut, _)) = shown.char_indices().nth(LONGEST_LINE) {
        shown.replace_range(cut.., "…");
    }
    shown
}

/// Removes the query from signed URLs.
///
/// With the signed URL of a custom resource's event, anybody can answer in place of the function.
fn without_signatures(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("https://") {
        let (before, from) = rest.split_at(start);
        let is_end = |letter: char| letter.is_whitespace() || "\"'<>`".contains(letter);
        let (url, after) = from.split_at(from.find(is_end).unwrap_or(from.len()));
        out.push_str(before);
        match url.split_once('?') {
            Some((address, query)) if query.to_ascii_lowercase().contains("signature=") => {
                out.push_str(address);
                out.push_str("?****");
            }
            _ => out.push_str(url),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Returns the log group of the function in a service token.
fn group_of(token: &str, stack_id: &str) -> Option<String> {
    let (token, stack) = (Arn::parse(token)?, Arn::parse(stack_id)?);
    let is_here = token.region == stack.region && token.account == stack.account;
    let name = token.resource.strip_prefix("function:")?;
    let name = name.split(':').next().filter(|name| !name.is_empty())?;
    (token.service == "lambda" && is_here).then(|| format!("/aws/lambda/{name}"))
}

/// Returns the first log group of a function in a text.
fn group_in(text: &str) -> Option<&str> {
    let at = text.find("/aws/lambda/")?;
    let rest = &text[at..];
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "/_-.#".contains(letter);
    let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
    let group = rest[..end].trim_end_matches('.');
    (group.len() > "/aws/lambda/".len()).then_some(group)
}

/// Returns the first log stream in a text.
///
/// A stream is `2026/11/22/[$LATEST]0123456789abcdef0123456789abcdef`, perhaps with the function's
/// name before the version.
fn stream_in(text: &str) -> Option<&str> {
    let is_digits =
        |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_stream = |word: &str| {
        let mut parts = word.splitn(4, '/');
        let mut digits = |count| parts.next().is_some_and(|part| is_digits(part, count));
        let has_date = digits(4) && digits(2) && digits(2);
        let Some((_, id)) = parts.next().and_then(|rest| rest.split_once(']')) else {
            return false;
        };
        has_date && !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    text.split(|letter: char| letter.is_whitespace() || "(),;\"'".contains(letter))
        .map(|word| word.trim_end_matches('.'))
        .find(|word| is_stream(word))
}

#[cfg(test)]
mod tests;
