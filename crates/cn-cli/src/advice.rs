//! The library's advice, phrased with the flags of the programs.

use cn_core::advice::Advice;
use cn_core::template::Diagnostic;
use cn_core::template::diag::Remedy;

/// Returns the sentence for a next step, without its period.
pub const fn words(advice: Advice) -> &'static str {
    match advice {
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
        _ => "see the documentation of this version",
    }
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
    use cn_core::stack::status::{Action, STATES};

    use super::*;

    /// Renders the table of `docs/stack-states.md`.
    fn documented() -> String {
        let mut text = String::from(
            "| status | what `cn-deploy` does | why | what a person can do |\n| --- | --- | --- | --- |\n",
        );
        for row in STATES {
            let action = match row.action {
                Action::Create => "creates the stack",
                Action::Update => "updates the stack",
                Action::Replace => {
                    "deletes and recreates the stack; with `--no-replace-failed` exit 8"
                }
                Action::Busy => {
                    "exit 8; with `--wait-busy`, or if an earlier run of `cn-deploy` started the \
                     operation, waits for its end and looks again"
                }
                Action::Paused => "exit 8; with `--disable-rollback` updates the stack",
                Action::Continue => {
                    "exit 8; with `--continue-rollback` continues the rollback once, then updates the stack"
                }
                Action::Stuck => "exit 8",
            };
            text.extend([
                "| `",
                row.status,
                "` | ",
                action,
                " | ",
                row.meaning,
                " | ",
                row.advice.map_or("", words),
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
