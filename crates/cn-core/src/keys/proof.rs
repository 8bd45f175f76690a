//! Proves that a key works: several consecutive successes at every endpoint in use.
//!
//! One endpoint may accept a new key seconds before another, and an endpoint that accepted the key
//! once may refuse it again.
//!
//! # Source
//!
//! hashicorp/vault#8413, aws-vault#170, aws-sdk-js#559: 3 to 15 seconds, not monotonic, different
//! between endpoints.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use aws_sdk_cloudformation::types::StackStatus;
use tokio::time::{Instant, sleep};

use super::clients::KeyClients;
use super::error::StepError;
use super::facts::UserName;
use crate::call::{CallError, CallErrorKind, CallExt};

/// Counts, intervals and time limits of proofs and retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pacing {
    /// Consecutive successes that prove a key at an endpoint. Default: 3.
    pub rounds: u32,
    /// Time between two rounds, and between two attempts. Default: 1.5 seconds.
    pub interval: Duration,
    /// Time after which a step fails. Default: 90 seconds.
    pub patience: Duration,
    /// Time for which the key in the parameters may be refused before earlier versions are tried.
    /// Default: 20 seconds.
    pub settle: Duration,
}

impl Pacing {
    /// Returns the default values.
    pub const fn standard() -> Self {
        Self {
            rounds: 3,
            interval: Duration::from_millis(1500),
            patience: Duration::from_secs(90),
            settle: Duration::from_secs(20),
        }
    }
}

/// A service that a deployment uses, in the target region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Endpoint {
    /// Security Token Service.
    Sts,
    /// Identity and Access Management.
    Iam,
    /// Simple Storage Service.
    S3,
    /// CloudFormation.
    CloudFormation,
}

impl Endpoint {
    /// All endpoints.
    const ALL: [Self; 4] = [Self::Sts, Self::Iam, Self::S3, Self::CloudFormation];
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sts => "STS",
            Self::Iam => "IAM",
            Self::S3 => "S3",
            Self::CloudFormation => "CloudFormation",
        })
    }
}

/// The number of consecutive successes of each endpoint.
///
/// A refusal by any endpoint resets all of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(BTreeMap<Endpoint, u32>);

impl Tally {
    /// Counts the result of a request.
    pub(super) fn record(&mut self, endpoint: Endpoint, is_accepted: bool) {
        if is_accepted {
            *self.0.entry(endpoint).or_default() += 1;
        } else {
            self.0.clear();
        }
    }

    /// Returns true if every endpoint has the given number of consecutive successes.
    pub(super) fn is_proved(&self, rounds: u32) -> bool {
        let of = |endpoint| self.0.get(endpoint).copied().unwrap_or_default();
        Endpoint::ALL.iter().all(|endpoint| of(endpoint) >= rounds)
    }
}

/// Waits until every endpoint accepts the key.
///
/// * `id`: the key's identifier, for messages.
///
/// # Errors
///
/// [`StepError::Proof`] when that does not come about in time.
pub(crate) async fn prove(
    clients: &KeyClients,
    user: &UserName,
    id: &str,
    pacing: &Pacing,
) -> Result<(), StepError> {
    let deadline = Instant::now() + pacing.patience;
    let mut tally = Tally::default();
    loop {
        let mut refusal = None;
        for endpoint in Endpoint::ALL {
            let answer = probe(clients, user, endpoint).await;
            let refused = answer.err().filter(|error| !is_acceptance(error));
            tally.record(endpoint, refused.is_none());
            if let Some(source) = refused {
                tracing::debug!(%endpoint, %source, "the key is not accepted yet");
                refusal = Some((endpoint, source));
                break;
            }
        }
        if tally.is_proved(pacing.rounds) {
            return Ok(());
        }
        if let Some((endpoint, source)) = refusal
            && Instant::now() >= deadline
        {
            return Err(StepError::Proof {
                key: id.to_owned(),
                endpoint: endpoint.to_string(),
                patience: pacing.patience,
                source,
            });
        }
        sleep(pacing.interval).await;
    }
}

/// Returns true if a failed request shows that its signature was accepted.
fn is_acceptance(error: &CallError) -> bool {
    // A service checks permissions only after the signature.
    error.code.is_some() && matches!(error.kind, CallErrorKind::Denied | CallErrorKind::Refused)
}

/// Sends a request that changes nothing and that proves even a key without permissions.
async fn probe(clients: &KeyClients, user: &UserName, endpoint: Endpoint) -> Result<(), CallError> {
    match endpoint {
        Endpoint::Sts => {
            let answer = clients.target.sts().get_caller_identity().send().await;
            answer.call("sts", "GetCallerIdentity").map(drop)
        }
        Endpoint::Iam => clients.list(user).await.map(drop),
        Endpoint::S3 => {
            let answer = clients
                .target
                .s3()
                .list_buckets()
                .max_buckets(1)
                .send()
                .await;
            answer.call("s3", "ListAllMyBuckets").map(drop)
        }
        Endpoint::CloudFormation => {
            let stacks = clients.target.cloudformation().list_stacks();
            // Few stacks are in this state, so the response is short.
            let few = stacks.stack_status_filter(StackStatus::DeleteInProgress);
            few.send()
                .await
                .call("cloudformation", "ListStacks")
                .map(drop)
        }
    }
}
