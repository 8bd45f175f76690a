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
            "pass `--disable-rollback` to go on from here, or run `aws cloudformation rollback-stack` and deploy again"
        }
        Advice::ContinueInExpress => {
            "pass `--express --disable-rollback` to go on from here, best with the template that was deployed last: the failed operation was in Express mode, which `aws cloudformation rollback-stack` does not roll back"
        }
        Advice::DeployInExpress => {
            "pass `--express`: a stack whose operation in Express mode failed takes only operations in that mode"
        }
        Advice::RollBackOnFailure => {
            "leave `--disable-rollback` out: CloudFormation replaces no resource while rollback is off"
        }
        Advice::LeaveExpress => "leave `--express` out: CloudFormation does not take it here",
        Advice::RevertDrift => {
            "pass `--revert-drift` in place of `--drift deny` to bring the resources back to the template, or bring the change into the template"
        }
        Advice::Replace => {
            "delete the stack, or leave `--no-replace-failed` out so that it is deleted and made anew"
        }
        Advice::ContinueRollback => {
            "repair what blocks the rollback, then deploy with `--continue-rollback`"
        }
        Advice::ExecuteToReplace => {
            "deploy without `--no-execute-changeset` and `--plan`: the stack is deleted before a change set can be made"
        }
        Advice::ExecuteToContinueRollback => {
            "deploy without `--no-execute-changeset` and `--plan`: the rollback is continued before a change set can be made"
        }
        Advice::AcknowledgeCapabilities => {
            "pass `--capabilities` with what is listed, or put `capabilities = [...]` into `cn.toml`"
        }
        Advice::FreeOrImportName => {
            "something outside of this stack has the name; remove it, choose another name, or pass `--import-existing-resources`"
        }
        Advice::AllowToRole => {
            "the identity that CloudFormation acts as lacks this permission: the user behind the profile, or the role of `--role-arn`"
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
                    "deletes the stack and creates it anew; with `--no-replace-failed` exit 8"
                }
                Action::Busy => {
                    "exit 8; with `--wait-busy`, or when an earlier run of ours started it, waits for the end and decides again"
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
