//! The check of the target identity's permissions.
//!
//! IAM simulates the identity's policies if the identity may request it. Otherwise the check makes
//! calls that change nothing: they read, or refer to a change set that does not exist.

use aws_sdk_cloudformation::Client;

use super::check::Findings;
use super::fault::Fault;
use super::request::Request;
use super::target::Proved;
use crate::call::{CallError, CallErrorKind, CallExt as _};
use crate::session::Caller;
use crate::stack::StackName;

/// The CloudFormation actions that a deployment uses.
const ACTIONS: [&str; 8] = [
    "cloudformation:CreateChangeSet",
    "cloudformation:DeleteChangeSet",
    "cloudformation:DescribeChangeSet",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStacks",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:GetTemplate",
    "cloudformation:ListChangeSets",
];

/// The name of a change set that never exists.
const NO_CHANGE_SET: &str = "cn-doctor-looks-for-permissions";

pub(super) async fn examine(request: &Request, proved: &Proved) -> Findings {
    let mut findings = Findings::default();
    let Some(caller) = &proved.caller else {
        findings.fact("policies", "not checked (the identity check is off)");
        return findings;
    };
    match simulate(request, proved, caller).await {
        Ok(denied) if denied.is_empty() => findings.fact("policies", "all allowed (simulated)"),
        Ok(actions) => findings.fault(Fault::Denied { actions }),
        Err(error) => {
            tracing::debug!(%error, "policies are not simulated");
            let Some(stack) = &request.stack else {
                findings.fact(
                    "policies",
                    "not checked (`iam:SimulatePrincipalPolicy` is not allowed)",
                );
                return findings;
            };
            let asked = ask(proved.clients.cloudformation(), stack).await;
            if findings.take(asked.map_err(Fault::Refused)).is_some() {
                findings.fact(
                    "policies",
                    "all allowed (tested with read-only calls; only a deployment can test \
                     `cloudformation:CreateChangeSet`)",
                );
            }
        }
    }
    findings
}

/// Returns the actions that no policy allows.
async fn simulate(
    request: &Request,
    proved: &Proved,
    caller: &Caller,
) -> Result<Vec<String>, CallError> {
    let stack = request.stack.as_ref().map(|stack| {
        format!(
            "arn:{}:cloudformation:{}:{}:stack/{}/*",
            caller.partition.id(),
            proved.clients.region(),
            caller.account,
            stack.as_str()
        )
    });
    let answer = proved
        .clients
        .iam()
        .simulate_principal_policy()
        .policy_source_arn(principal(caller))
        .set_action_names(Some(ACTIONS.map(str::to_owned).into()))
        .set_resource_arns(stack.map(|arn| vec![arn]))
        .send()
        .await
        .call("iam", "SimulatePrincipalPolicy")?;
    let results = answer.evaluation_results.unwrap_or_default();
    let denied = results
        .into_iter()
        .filter(|result| result.eval_decision.as_str() != "allowed")
        .map(|result| format!("`{}`", result.eval_action_name));
    Ok(denied.collect())
}

/// Returns the ARN that the policies belong to: for a session, its role.
fn principal(caller: &Caller) -> String {
    let session = caller.arn.split_once(":assumed-role/");
    match session.and_then(|(_, session)| session.split_once('/')) {
        Some((role, _)) => format!(
            "arn:{}:iam::{}:role/{role}",
            caller.partition.id(),
            caller.account
        ),
        None => caller.arn.clone(),
    }
}

/// Makes calls that change nothing; only a missing permission is an error.
async fn ask(client: &Client, stack: &StackName) -> Result<(), CallError> {
    let name = stack.as_str();
    let answers = [
        of(client
            .list_change_sets()
            .stack_name(name)
            .send()
            .await
            .call("cloudformation", "ListChangeSets")),
        of(client
            .describe_stack_events()
            .stack_name(name)
            .send()
            .await
            .call("cloudformation", "DescribeStackEvents")),
        of(client
            .get_template()
            .stack_name(name)
            .send()
            .await
            .call("cloudformation", "GetTemplate")),
        of(client
            .describe_change_set()
            .stack_name(name)
            .change_set_name(NO_CHANGE_SET)
            .send()
            .await
            .call("cloudformation", "DescribeChangeSet")),
        of(client
            .execute_change_set()
            .stack_name(name)
            .change_set_name(NO_CHANGE_SET)
            .send()
            .await
            .call("cloudformation", "ExecuteChangeSet")),
    ];
    answers.into_iter().collect()
}

/// Returns the error only if a permission is missing; a missing stack is fine.
fn of<T>(answer: Result<T, CallError>) -> Result<(), CallError> {
    match answer {
        Err(error) if error.kind == CallErrorKind::Denied => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cn_template::Partition;

    #[test]
    fn a_session_has_the_policies_of_its_role() {
        let principal_of = |arn: &str| {
            principal(&Caller {
                account: "444455556666".parse().unwrap(),
                arn: arn.to_owned(),
                partition: Partition::AwsCn,
            })
        };
        assert_eq!(
            principal_of("arn:aws-cn:sts::444455556666:assumed-role/deploy/build-1"),
            "arn:aws-cn:iam::444455556666:role/deploy"
        );
        let user = "arn:aws-cn:iam::444455556666:user/deployer";
        assert_eq!(principal_of(user), user);
    }
}
