//! The check of the build's own identity.

use cn_template::partition::Arn;

use super::check::Findings;
use super::fault::Fault;
use crate::call::CallExt as _;
use crate::session::Session;

pub(super) async fn examine(session: &Session) -> Findings {
    let mut findings = Findings::default();
    let Some(home) = findings.take(session.home().await.map_err(Fault::from)) else {
        return findings;
    };
    findings.fact("region", home.region());
    let answer = home.sts().get_caller_identity().send().await;
    let answer = answer.call("sts", "GetCallerIdentity").map_err(Fault::Home);
    let Some(arn) = findings.take(answer).and_then(|caller| caller.arn) else {
        return findings;
    };
    findings.fact("caller", &arn);
    let partition = Arn::parse(&arn).map(|arn| arn.partition.to_owned());
    if partition.as_deref() != Some(home.region().partition().id()) {
        let region = home.region().clone();
        findings.fault(Fault::HomePartition { arn, region });
    }
    findings
}
