//! The check of the stack, if it exists.

use super::check::Findings;
use super::fault::Fault;
use super::request::Request;
use crate::session::Target;
use crate::stack::Reaction;
use crate::stack::facts::describe;

/// Checks the stack; also returns true if CloudFormation answers.
pub(super) async fn examine(request: &Request, target: &Target) -> (Findings, bool) {
    let mut findings = Findings::default();
    let Some(name) = &request.stack else {
        findings.fact("name", "not named");
        return (findings, true);
    };
    findings.fact("name", name);
    let described = describe(target.cloudformation(), name.as_str()).await;
    let described = described.map_err(|source| Fault::Stack {
        stack: name.clone(),
        source,
    });
    let Some(described) = findings.take(described) else {
        return (findings, false);
    };
    let Some(stack) = described else {
        findings.fact("status", "absent (a deployment creates it)");
        return (findings, true);
    };
    findings.fact("status", &stack.status);
    let stops = matches!(
        stack.status.reaction(),
        Reaction::Busy | Reaction::Continue | Reaction::Paused | Reaction::Stuck
    );
    if stops {
        let status = stack.status;
        findings.fault(Fault::State {
            stack: name.clone(),
            status,
        });
    }
    (findings, true)
}
