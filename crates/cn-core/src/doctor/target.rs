//! The check of the target identity.

use super::check::Findings;
use super::fault::Fault;
use crate::session::{Caller, Session, Target};

/// A target with a verified identity.
pub(super) struct Proved {
    pub(super) clients: Target,
    /// The caller; `None` if the request skips the query.
    pub(super) caller: Option<Caller>,
}

pub(super) async fn examine(session: &Session) -> (Findings, Option<Proved>) {
    let mut findings = Findings::default();
    let proved = async {
        let caller = session.verify_target().await?.cloned();
        let clients = session.target().await?.clone();
        Ok(Proved { clients, caller })
    };
    let proved = findings.take(proved.await.map_err(Fault::Session));
    if let Some(caller) = proved.as_ref().and_then(|proved| proved.caller.as_ref()) {
        findings.fact("account", &caller.account);
        findings.fact("caller", &caller.arn);
    }
    (findings, proved)
}
