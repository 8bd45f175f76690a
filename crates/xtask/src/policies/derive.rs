//! Policies derived from calls.

use std::collections::{BTreeMap, BTreeSet};

use cn_testkit::Call;

use super::grants::{Account, Scope, grants};
use crate::BoxError;

/// Actions by scope: the statements of a policy.
pub type Statements = BTreeMap<Scope, BTreeSet<&'static str>>;

/// The statements of each task in each account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policies(pub BTreeMap<(Account, String), Statements>);

/// The task of signing web identity tokens, which all programs share.
const WEB_IDENTITY: &str = "web-identity";

/// Tasks that also do the work of another task: task, other, operations of the other (empty for
/// all). Tests of a mode do not repeat every path of the program.
const INCLUDED: &[(&str, &str, &[&str])] = &[
    ("cn-cleanup-everything", "cn-cleanup", &[]),
    ("cn-cleanup-everything", "cn-cleanup-key", &[]),
    ("cn-cleanup-everything", "cn-cleanup-role", &[]),
    ("cn-deploy-attach", "cn-deploy", FOLLOWING),
    ("cn-deploy-drift", "cn-deploy", &[]),
    ("cn-deploy-execute", "cn-deploy", FOLLOWING),
    ("cn-deploy-stack-set", "cn-deploy", TEMPLATE),
    ("cn-deploy-verify", "cn-deploy", &[]),
    // The user's second key is searched for in the history of the parameters.
    ("cn-keys-revoke", "cn-keys-rotate", &["GetParameterHistory"]),
    ("cn-keys-status", "cn-keys-rotate", &["GetParameterHistory"]),
];

/// Operations that provide a template to CloudFormation.
const TEMPLATE: &[&str] = &["GetObject", "HeadObject", "PutObject"];

/// Operations that follow a stack to its end and find the cause of a failure.
const FOLLOWING: &[&str] = &[
    "CancelUpdateStack",
    "DescribeEvents",
    "DescribeStackEvents",
    "DescribeStacks",
    "FilterLogEvents",
];

/// Returns the calls, including those of included tasks.
fn whole(calls: &BTreeSet<Call>) -> BTreeSet<Call> {
    let mut whole = calls.clone();
    for (task, other, operations) in INCLUDED {
        let of_other = calls.iter().filter(|call| {
            let is_all = operations.is_empty();
            call.task == *other && (is_all || operations.contains(&call.operation.as_str()))
        });
        whole.extend(of_other.map(|call| Call {
            task: (*task).to_owned(),
            ..call.clone()
        }));
    }
    whole
}

impl Policies {
    /// Derives the policies from calls.
    ///
    /// # Errors
    ///
    /// When the permissions of a call are not listed.
    pub fn derive(calls: &BTreeSet<Call>) -> Result<Self, BoxError> {
        let mut policies = Self::default();
        for call in &whole(calls) {
            let grants = grants(call).ok_or_else(|| {
                format!("`{call}` is not in crates/xtask/src/policies/grants.rs: add its actions")
            })?;
            for (action, scope) in grants {
                let signs = scope == Scope::SignTokens;
                let task = if signs { WEB_IDENTITY } else { &call.task };
                let statements = policies.0.entry((scope.account(), task.to_owned()));
                let actions = statements.or_default().entry(scope).or_default();
                actions.insert(action);
            }
        }
        Ok(policies)
    }

    /// Returns the combined statements of several tasks.
    pub fn of(&self, account: Account, tasks: &[&str]) -> Statements {
        let mut all = Statements::new();
        for task in tasks {
            let statements = self.0.get(&(account, (*task).to_owned()));
            for (scope, actions) in statements.into_iter().flatten() {
                all.entry(*scope).or_default().extend(actions);
            }
        }
        all
    }
}
