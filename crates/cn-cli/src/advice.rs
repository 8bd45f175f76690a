//! The library's advice, phrased with the flags of the programs.

use std::borrow::Cow;

use cn_core::advice::Advice;
use cn_core::template::Diagnostic;
use cn_core::template::diag::Remedy;

/// Returns the sentence for a next step, without its period.
pub fn words(advice: Advice) -> Cow<'static, str> {
    let step = match advice {
        Advice::Do(step) => step,
        Advice::WaitWhileBusy => "wait for it to end and run again, or pass `--wait-busy`",
        Advice::ContinueOrRollBack => {
            "pass `--disable-rollback` to continue from this state, or run `aws cloudformation \
             rollback-stack` and deploy again"
        }
        Advice::ContinueInExpress => {
            "pass `--express --disable-rollback` to continue from this state, preferably with the \
             template that was deployed last: the failed operation ran in Express mode, which `aws \
             cloudformation rollback-stack` cannot roll back"
        }
        Advice::DeployInExpress => {
            "pass `--express`: after a failed operation in Express mode, a stack accepts only \
             operations in that mode"
        }
        Advice::RollBackOnFailure => {
            "remove `--disable-rollback`: CloudFormation cannot replace resources while rollback \
             is off"
        }
        Advice::LeaveExpress => "remove `--express`: CloudFormation does not support it here",
        Advice::RevertDrift => {
            "pass `--revert-drift` instead of `--drift deny` to restore the resources to the \
             template, or add the change to the template"
        }
        Advice::Replace => {
            "delete the stack, or remove `--no-replace-failed` so that `cn-deploy` deletes and \
             recreates it"
        }
        Advice::ContinueRollback => {
            "fix what blocks the rollback, then deploy with `--continue-rollback`"
        }
        Advice::ExecuteToReplace => {
            "deploy without `--no-execute-changeset` and `--plan`: the stack must be deleted \
             before a change set can be created"
        }
        Advice::ExecuteToContinueRollback => {
            "deploy without `--no-execute-changeset` and `--plan`: the rollback must be continued \
             before a change set can be created"
        }
        Advice::AcknowledgeCapabilities => {
            "pass the listed capabilities with `--capabilities`, or put `capabilities = [...]` \
             into `cn.toml`"
        }
        Advice::FreeOrImportName => {
            "a resource outside of this stack has the name: delete it, choose another name, or \
             pass `--import-existing-resources`"
        }
        Advice::AllowToRole => {
            "grant this permission to the identity that CloudFormation uses: the role of \
             `--role-arn`, or else the identity of this run"
        }
        Advice::EmptyBucket => "empty the bucket: only an empty bucket can be deleted",
        Advice::Allow { service, operation } => {
            return format!("allow `{service}:{operation}` in a policy of this identity").into();
        }
        Advice::AllowOnItself { actions } => {
            let (last, others) = actions.split_last().unwrap_or((&"*", &[]));
            let others = others.join(", ");
            return format!("the user needs iam:{others} and {last} on itself").into();
        }
        Advice::LiftDenial { service, operation } => {
            let sse = if service == "s3" {
                "; if it demands encryption in each request, pass `--sse AES256` or `--sse aws:kms`"
            } else {
                ""
            };
            return format!(
                "find the policy that explicitly denies `{service}:{operation}` (a bucket or \
                 resource policy, an SCP or a permissions boundary): no other policy can override \
                 it{sse}"
            )
            .into();
        }
        _ => "see the documentation of this version",
    };
    step.into()
}

/// Returns the next step of a finding, with the flags of the setting that it changes.
pub fn help(finding: &Diagnostic) -> Option<String> {
    let help = finding.help.as_deref()?;
    let flags = match finding.remedy {
        None => return Some(help.to_owned()),
        Some(Remedy::Bucket) => "`--s3-bucket` or `--s3-bucket-ssm`",
        Some(Remedy::Parameters) => "`--parameter-overrides`",
        Some(Remedy::Outside) => "`--allow-outside`",
        Some(Remedy::Targets) => "`--accounts` or `--organizational-units`",
    };
    Some(format!("{help} ({flags})"))
}

#[cfg(test)]
mod tests {
    use cn_core::stack::{Reaction, StackStatus};

    use super::*;

    /// Renders the table of `docs/stack-states.md`.
    fn documented() -> String {
        let mut text = String::from(
            "| status | what `cn-deploy` does | why | what a person can do |\n| --- | --- | --- | --- |\n",
        );
        for status in StackStatus::known() {
            let action = match status.reaction() {
                Reaction::Create => "creates the stack",
                Reaction::Update => "updates the stack",
                Reaction::Replace => {
                    "deletes and recreates the stack; with `--no-replace-failed` exit 8"
                }
                Reaction::Busy => {
                    "exit 8; with `--wait-busy`, or if an earlier run of `cn-deploy` started the \
                     operation, waits for its end and looks again"
                }
                Reaction::Paused => "exit 8; with `--disable-rollback` updates the stack",
                Reaction::Continue => {
                    "exit 8; with `--continue-rollback` continues the rollback once, then updates the stack"
                }
                Reaction::Stuck => "exit 8",
            };
            text.extend([
                "| `",
                status.as_str(),
                "` | ",
                action,
                " | ",
                status.meaning().unwrap(),
                " | ",
                &status.advice().map(words).unwrap_or_default(),
                " |\n",
            ]);
        }
        text
    }

    #[test]
    fn the_documentation_shows_the_table() {
        let table = documented();
        let page = include_str!("../../../docs/stack-states.md");
        assert!(
            page.contains(&table),
            "put this table into docs/stack-states.md:\n{table}"
        );
    }
}
