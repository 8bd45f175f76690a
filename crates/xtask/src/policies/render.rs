//! Policies as files: JSON, statements of a template, and the page that lists them.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::derive::{Policies, Statements};
use super::grants::{Account, WITHOUT_PERMISSION};

/// Statements that a template contains, between two comments.
#[derive(Clone, Copy, Debug)]
pub struct Generated {
    /// The template below `buildspecs/`.
    pub template: &'static str,
    /// The word in the comments.
    pub name: &'static str,
    /// The tasks that the statements allow.
    pub tasks: &'static [&'static str],
}

impl Generated {
    /// All generated statements.
    pub const ALL: [Self; 2] = [
        Self {
            template: "china-account.yaml",
            name: "build",
            tasks: &[
                "cn-package",
                "cn-deploy",
                "cn-deploy-attach",
                "cn-deploy-execute",
                "cn-deploy-review",
                "cn-deploy-verify",
            ],
        },
        Self {
            template: "china-account.yaml",
            name: "own-access-key",
            tasks: &["cn-keys-rotate", "cn-keys-revoke"],
        },
    ];

    /// Returns a template with the derived statements.
    ///
    /// # Panics
    ///
    /// When the two comments are missing.
    pub fn splice(&self, template: &str, policies: &Policies) -> String {
        let begin = format!("# cargo xtask policies: {}\n", self.name);
        let end = "# end of the generated statements\n";
        let begins = template.find(&begin).expect("the first comment is there");
        let indent = begins - template[..begins].rfind('\n').map_or(0, |at| at + 1);
        let (head, rest) = template.split_at(begins + begin.len());
        let ends = rest.find(end).expect("the last comment is there");
        let statements = in_template(&policies.of(Account::Target, self.tasks), indent);
        format!("{head}{statements}{:indent$}{}", "", &rest[ends..])
    }
}

/// Renders a policy document.
pub fn policy(statements: &Statements) -> String {
    let statements: Vec<Value> = statements
        .iter()
        .map(|(scope, actions)| {
            let mut statement = json!({
                "Sid": format!("{scope:?}"),
                "Effect": "Allow",
                "Action": actions,
                "Resource": scope.resources(),
            });
            let mut conditions = Map::new();
            for (operator, key, value) in scope.conditions() {
                let operator = conditions.entry(*operator).or_insert_with(|| json!({}));
                operator[*key] = json!(value);
            }
            if !conditions.is_empty() {
                statement["Condition"] = conditions.into();
            }
            statement
        })
        .collect();
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    format!("{policy:#}\n")
}

/// Renders statements for a template of this repository, with its names in the placeholders.
fn in_template(statements: &Statements, indent: usize) -> String {
    let mut text = String::new();
    for (scope, actions) in statements {
        let actions: Vec<&str> = actions.iter().copied().collect();
        let resources = scope.resources().iter().map(|arn| filled(arn));
        let resources: Vec<String> = resources.collect();
        let lines = [
            format!("- Sid: {scope:?}"),
            "  Effect: Allow".to_owned(),
            format!("  Action: [{}]", actions.join(", ")),
        ];
        let mut lines = lines.to_vec();
        match &resources[..] {
            [one] => lines.push(format!("  Resource: {one}")),
            several => {
                lines.push("  Resource:".to_owned());
                lines.extend(several.iter().map(|arn| format!("    - {arn}")));
            }
        }
        let conditions = scope.conditions();
        let conditions = conditions
            .iter()
            .map(|(operator, key, value)| format!("{operator}: {{\"{key}\": {}}}", filled(value)));
        let conditions: Vec<String> = conditions.collect();
        if !conditions.is_empty() {
            lines.push(format!("  Condition: {{{}}}", conditions.join(", ")));
        }
        for line in lines {
            writeln!(text, "{:indent$}{line}", "").expect("text can be written");
        }
    }
    text
}

/// Replaces the placeholders with names of the template.
fn filled(text: &str) -> String {
    let names = [
        ("${aws:", "${!aws:"),
        ("arn:aws-cn:", "arn:${AWS::Partition}:"),
        ("REGION", "${AWS::Region}"),
        ("ACCOUNT", "${AWS::AccountId}"),
        ("BUCKET/PREFIX", "${Artifacts}/"),
        ("BUCKET", "${Artifacts}"),
        ("role/DEPLOY-ROLE", "role/${Application}-deploy"),
        ("STACK", "${Application}-"),
    ];
    let filled = names
        .iter()
        .fold(text.to_owned(), |text, (name, by)| text.replace(name, by));
    if filled == text {
        return filled;
    }
    format!("!Sub \"{filled}\"")
}

/// Renders the page that lists the policies.
pub fn page(policies: &Policies) -> String {
    let mut text = PAGE.to_owned();
    for account in [Account::Home, Account::Target] {
        let title = match account {
            Account::Home => "Home: the build's role",
            Account::Target => "Target: the build's identity in China",
        };
        write!(
            text,
            "\n## {title}\n\n| policy | actions |\n| --- | --- |\n"
        )
        .expect("text can be written");
        for ((of, task), statements) in &policies.0 {
            if *of == account {
                let actions = statements.values().flatten();
                let mut actions: Vec<String> =
                    actions.map(|action| format!("`{action}`")).collect();
                actions.sort();
                actions.dedup();
                let actions = actions.join(", ");
                writeln!(text, "| [{task}]({account}/{task}.json) | {actions} |")
                    .expect("text can be written");
            }
        }
    }
    text.push_str(
        "\n## Calls without a permission\n\n| task | call | reason |\n| --- | --- | --- |\n",
    );
    for (task, service, operation, reason) in WITHOUT_PERMISSION {
        let task = if *task == "*" { "all" } else { task };
        writeln!(text, "| {task} | `{service}:{operation}` | {reason} |")
            .expect("text can be written");
    }
    text
}

const PAGE: &str = "\
# Policies

Each program, and each mode of it, has a policy for the home account and one for the target account. They are derived: the tests record every call that a program makes ([calls.tsv](calls.tsv)), `cargo xtask policies` writes the policies that allow these calls, and a test fails when a program makes another one. No action has a wildcard, and only an action for which AWS knows no resource has the resource `*`. Do not edit these files.

Attach the policies of the programs that you run. Replace the words in capitals first:

| word | replace it by |
| --- | --- |
| `REGION`, `ACCOUNT` | region and account ID of the account that the policy is for |
| `BUCKET`, `PREFIX` | the artifacts bucket, and the value of `--s3-prefix` with its slash, or nothing |
| `STACK` | the stack's name; the names of its nested stacks, functions and their logs start with it |
| `DEPLOY-ROLE` | the role of `--role-arn` |
| `STACK-SET`, `ADMINISTRATION-ROLE` | the name of `--stack-set`; the administration role of a self-managed StackSet |
| `BUILD-USER`, `BUILD-ROLE` | the IAM user whose key is revoked; the role that is deleted |
| `PARAMETERS` | the path of the parameters, without the first slash |
| `PARAMETER-KEY` | the ID of the KMS key of SecureString parameters; leave the statement out for the default key `aws/ssm` |
| `SIGNING-KEY` | the ID of the KMS key that signs web identity tokens |

Add the path of an IAM user that has one: `user/PATH/NAME`. A partition other than `aws-cn` needs its own name in the ARNs.

- With an access key in SSM parameters, the build's role needs the policy of each program in [home](home). With web identity tokens that KMS signs, it needs [web-identity](home/web-identity.json), and the policy of a program only for the parameters that this program reads, such as that of the bucket.
- The policies of `cn-deploy` allow a change set only with the deploy role. Without one, CloudFormation acts with the permissions of the caller, who then needs those for every resource of the template.
- Drift detection reads each resource as the caller: `cn-deploy-drift` also needs the permission to read the resources of the template, which depends on their types.
- A bucket that a KMS key encrypts also needs `kms:GenerateDataKey` and `kms:Decrypt` on that key.
- An identity that a web identity assumes needs the policies of the target alone; the trust policy of the role is in the [guide](../guide/credentials.md).
";
