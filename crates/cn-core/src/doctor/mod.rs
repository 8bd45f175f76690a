//! Checks of the whole setup, from the build's side, in order.
//!
//! [`examine`] goes from the settings on this machine to the stack in the target region. If a check
//! fails, the checks that depend on it are skipped, so that the first failure is the cause and not
//! a consequence. Changes nothing, except that it writes a probe object to the bucket and deletes
//! it again.

mod bucket;
mod check;
mod fault;
mod home;
mod issuer;
mod keys;
mod link;
mod permissions;
mod request;
mod stack;
mod target;
mod template;

use crate::session::{Identity, Session};
use crate::web_identity::TokenSource;

pub use check::{Check, Examined, Verdict};
pub use fault::Fault;
pub use request::Request;

use check::Findings;
use template::FirstUpload;

/// Checks a setup and returns every check with its result, in order.
///
/// Waits no longer than the SDK's own retries of each request.
///
/// * `on_check`: called with each check as it ends.
///
/// Cost: about fifteen requests, four of them for the probe object; one pass over the files in the
/// template to package.
pub async fn examine(
    request: &Request,
    on_check: &mut (dyn FnMut(&Examined) + Send),
) -> Vec<Examined> {
    let mut chart = Chart {
        examined: Vec::new(),
        on_check,
    };
    let mut identity = Findings::default();
    let session = Session::open(request.session.clone());
    let session = identity.take(session.map_err(Fault::from));
    if let Some(session) = &session {
        identity.fact("region", session.region());
        identity.fact("identity", session.identity());
    }
    chart.add(Check::Identity, identity);
    let (findings, upload) = template::examine(request, session.as_ref());
    chart.add(Check::Template, findings);
    let Some(session) = session else {
        chart.leave_out(
            &[
                Check::Home,
                Check::Credentials,
                Check::Target,
                Check::Link,
                Check::Bucket,
                Check::Stack,
                Check::Permissions,
            ],
            Check::Identity,
        );
        return chart.examined;
    };
    examine_online(request, &session, upload, &mut chart).await;
    chart.examined
}

async fn examine_online(
    request: &Request,
    session: &Session,
    upload: Option<FirstUpload>,
    chart: &mut Chart<'_>,
) {
    let is_home_used = match session.identity() {
        Identity::Parameters(_) => true,
        Identity::WebIdentity(identity) => matches!(identity.source, TokenSource::Kms(_)),
        Identity::Profile(_) | Identity::DefaultChain => false,
    };
    let is_home_well = !is_home_used && !request.reads_bucket_names()
        || chart.add(Check::Home, home::examine(session).await);
    let is_key_well = match session.identity() {
        Identity::Parameters(_) | Identity::WebIdentity(_) if is_home_used && !is_home_well => {
            chart.leave_out(&[Check::Credentials], Check::Home);
            false
        }
        Identity::Parameters(store) => chart.add(
            Check::Credentials,
            keys::examine(request, session, store).await,
        ),
        Identity::WebIdentity(identity) => chart.add(
            Check::Credentials,
            issuer::examine(request, session, identity).await,
        ),
        Identity::Profile(_) | Identity::DefaultChain => true,
    };
    let of_target = [Check::Link, Check::Bucket, Check::Stack, Check::Permissions];
    if !is_key_well {
        chart.leave_out(&[Check::Target], Check::Credentials);
        return chart.leave_out(&of_target, Check::Credentials);
    }
    let (findings, target) = target::examine(session).await;
    chart.add(Check::Target, findings);
    let Some(target) = target else {
        return chart.leave_out(&of_target, Check::Target);
    };
    chart.add(
        Check::Link,
        link::examine(&target.clients, request.now).await,
    );
    if request.reads_bucket_names() && !is_home_well {
        chart.leave_out(&[Check::Bucket], Check::Home);
    } else {
        chart.add(
            Check::Bucket,
            bucket::examine(request, session, &target.clients, upload).await,
        );
    }
    let (findings, is_readable) = stack::examine(request, &target.clients).await;
    chart.add(Check::Stack, findings);
    if is_readable {
        let findings = permissions::examine(request, &target).await;
        chart.add(Check::Permissions, findings);
    } else {
        chart.leave_out(&[Check::Permissions], Check::Stack);
    }
}

/// The results so far.
struct Chart<'a> {
    examined: Vec<Examined>,
    on_check: &'a mut (dyn FnMut(&Examined) + Send),
}

impl Chart<'_> {
    /// Adds a check's result; returns true if the checks that depend on it can run.
    fn add(&mut self, check: Check, findings: Findings) -> bool {
        let examined = findings.of(check);
        let is_well = examined.verdict() != Verdict::Failed;
        (self.on_check)(&examined);
        self.examined.push(examined);
        is_well
    }

    fn leave_out(&mut self, checks: &[Check], failed: Check) {
        for check in checks {
            let examined = Examined::left_out(*check, failed);
            (self.on_check)(&examined);
            self.examined.push(examined);
        }
    }
}
