//! The check of the clocks, and of the latency to the target region.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::{DateTime, Format};

use super::check::Findings;
use super::fault::Fault;
use crate::call::CallExt as _;
use crate::mutex::lock;
use crate::session::Target;
use crate::timestamp::Timestamp;

/// Largest tolerated clock difference, in seconds.
///
/// # Source
///
/// AWS general reference, "Signature Version 4": a request is refused if its time differs by more
/// than five minutes. A web identity token is refused earlier.
const CLOCK_LIMIT_S: u64 = 60;

/// Number of measured requests; the first one also opens a connection.
const REQUESTS: usize = 4;

pub(super) async fn examine(target: &Target, now: Timestamp) -> Findings {
    let mut findings = Findings::default();
    let date = LastDate::default();
    let begin = Instant::now();
    let mut times = Vec::new();
    for _ in 0..REQUESTS {
        let start = Instant::now();
        let request = target.sts().get_caller_identity().customize();
        let answer = request.interceptor(date.clone()).send().await;
        if let Err(source) = answer.call("sts", "GetCallerIdentity") {
            let region = target.region().clone();
            findings.fault(Fault::Link { region, source });
            return findings;
        }
        times.push(start.elapsed());
    }
    let elapsed_s = i64::try_from(begin.elapsed().as_secs()).unwrap_or_default();
    if let Some(best) = times.iter().min() {
        findings.fact("request", format!("{} ms", best.as_millis()));
    }
    if let Some(date) = date.taken() {
        compare(&mut findings, now.0 / 1000 + elapsed_s, &date);
    }
    findings
}

/// Compares this machine's clock with the `Date` header of an answer.
fn compare(findings: &mut Findings, now_s: i64, date: &str) {
    let Ok(theirs) = DateTime::from_str(date, Format::HttpDate) else {
        return;
    };
    let seconds = now_s.abs_diff(theirs.secs());
    findings.fact("clock", format!("{seconds} s apart"));
    if seconds > CLOCK_LIMIT_S {
        findings.fault(Fault::Clock { seconds });
    }
}

/// The `Date` header of the last answer.
#[derive(Clone, Debug, Default)]
struct LastDate(Arc<Mutex<Option<String>>>);

impl LastDate {
    fn taken(&self) -> Option<String> {
        lock(&self.0).take()
    }
}

impl Intercept for LastDate {
    fn name(&self) -> &'static str {
        "LastDate"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date").map(str::to_owned);
        *lock(&self.0) = date;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::{Check, Verdict};

    #[test]
    fn clocks_may_differ_by_a_minute() {
        let verdict = |now_s, date| {
            let mut findings = Findings::default();
            compare(&mut findings, now_s, date);
            findings.of(Check::Link).verdict()
        };
        let date = "Thu, 26 Nov 2026 00:00:00 GMT";
        let moment_s = 1_795_651_200;
        assert_eq!(verdict(moment_s, date), Verdict::Passed);
        assert_eq!(verdict(moment_s - 60, date), Verdict::Passed);
        assert_eq!(verdict(moment_s + 61, date), Verdict::Warned);
        assert_eq!(verdict(moment_s - 3600, date), Verdict::Warned);
        assert_eq!(verdict(0, "no date"), Verdict::Passed);
    }
}
