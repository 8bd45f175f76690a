//! The calls that each program makes, from which the policies of `docs/policies` are derived.
//!
//! Every run of a program in a test compares its requests with the recorded calls, so a program
//! that makes a new call fails the test until its policies allow it. Processes that a program
//! starts, such as the AWS CLI, do not count, and neither do unsigned requests, which need no
//! permission.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::io::{Read, Seek, Write};

use camino::{Utf8Path, Utf8PathBuf};

use crate::ambient;
use crate::router::{Recorded, Requests};

/// The variable with a file to record the calls of runs in, instead of comparing them.
pub const CALLS_VARIABLE: &str = "CN_TESTKIT_CALLS";

/// Modes that need other permissions than the program's default mode: program, argument, mode. The
/// first match is the mode of a run.
const MODES: &[(&str, &str, &str)] = &[
    ("cn-cleanup", "--everything", "everything"),
    ("cn-cleanup", "--role", "role"),
    ("cn-cleanup", "--key", "key"),
    ("cn-cleanup", "--artifacts-older-than", "collect"),
    ("cn-deploy", "--stack-set", "stack-set"),
    ("cn-deploy", "--compare", "compare"),
    ("cn-deploy", "--attach", "attach"),
    ("cn-deploy", "--execute-changeset", "execute"),
    ("cn-deploy", "--drift", "drift"),
    ("cn-deploy", "--verify", "verify"),
    ("cn-deploy", "--no-execute-changeset", "review"),
    ("cn-deploy", "--plan", "review"),
    ("cn-keys", "put", "put"),
    ("cn-keys", "status", "status"),
    ("cn-keys", "rotate", "rotate"),
    ("cn-keys", "--admin-profile", "revoke-as-admin"),
    ("cn-keys", "revoke", "revoke"),
    ("cn-keys", "issuer", "issuer"),
];

/// A kind of request that a program makes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The program and its mode, such as `cn-package` or `cn-deploy-review`.
    pub task: String,
    /// The service, as in the scope of a signature.
    pub service: String,
    /// The operation, such as `PutObject`.
    pub operation: String,
}

impl Call {
    /// Returns the file of the calls that the policies are derived from.
    pub fn file() -> Utf8PathBuf {
        ambient::workspace_folder().join("docs/policies/calls.tsv")
    }

    /// Reads calls: each line contains task, service and operation, separated by tabs.
    ///
    /// # Panics
    ///
    /// When a line has a different form.
    pub fn parse(text: &str) -> BTreeSet<Self> {
        let call = |line: &str| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [task, service, operation] = fields[..] else {
                panic!("not a call: `{line}`");
            };
            Self {
                task: task.to_owned(),
                service: service.to_owned(),
                operation: operation.to_owned(),
            }
        };
        text.lines().map(call).collect()
    }

    fn of(task: &str, request: &Recorded) -> Option<Self> {
        let agent = request.header("user-agent").unwrap_or_default();
        let is_ours = agent.starts_with("aws-sdk-rust") && !request.service.is_empty();
        is_ours.then(|| Self {
            task: task.to_owned(),
            service: request.service.clone(),
            operation: request.operation.clone(),
        })
    }
}

/// Formats the call as a line of the file.
impl fmt::Display for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            task,
            service,
            operation,
        } = self;
        write!(formatter, "{task}\t{service}\t{operation}")
    }
}

/// Returns the program and the mode of a run; `None` for programs of others.
pub(super) fn task(
    program: &Utf8Path,
    arguments: &[OsString],
    variables: &BTreeMap<String, String>,
) -> Option<String> {
    let mut arguments = arguments.iter().filter_map(|argument| argument.to_str());
    let program = match program.file_name()? {
        "cn-tools" => format!("cn-{}", arguments.next()?.trim_start_matches("cn-")),
        name if name.starts_with("cn-") => name.to_owned(),
        _ => return None,
    };
    let arguments: Vec<&str> = arguments.take_while(|argument| *argument != "--").collect();
    let is_given = |flag: &str| {
        let variable = format!("CN_{}", flag.trim_matches('-').replace('-', "_"));
        let given = |argument: &&str| argument.split('=').next() == Some(flag);
        arguments.iter().any(given) || variables.contains_key(&variable.to_uppercase())
    };
    let mode = MODES
        .iter()
        .find(|(of, flag, _)| *of == program && is_given(flag));
    Some(match mode {
        Some((_, _, mode)) => format!("{program}-{mode}"),
        None => program,
    })
}

/// Compares a run's requests with the recorded calls, or records them.
///
/// # Panics
///
/// When a call is not recorded.
pub(super) fn check(task: &str, requests: &Requests) {
    let made: BTreeSet<Call> = requests
        .0
        .iter()
        .filter_map(|request| Call::of(task, request))
        .collect();
    if let Some(path) = ambient::variable(CALLS_VARIABLE) {
        return record(&path, made).unwrap_or_else(|error| panic!("{error}"));
    }
    let known = fs_err::read_to_string(Call::file()).expect("the calls are recorded");
    let known = Call::parse(&known);
    let new: Vec<String> = made.difference(&known).map(Call::to_string).collect();
    assert!(
        new.is_empty(),
        "calls that the policy of `{task}` does not allow: {new:?}; \
         if they have to be, run `cargo xtask policies` and review the policies"
    );
}

/// Adds calls to a file that many test processes write to.
fn record(path: &str, mut calls: BTreeSet<Call>) -> std::io::Result<()> {
    let mut file = fs_err::File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    file.file().lock()?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let known = Call::parse(&text);
    if calls.is_subset(&known) {
        return Ok(());
    }
    calls.extend(known);
    file.rewind()?;
    // Calls are only added, so the new text is longer.
    let lines: Vec<String> = calls.iter().map(Call::to_string).collect();
    writeln!(file, "{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task_of(line: &str, variables: &[(&str, &str)]) -> Option<String> {
        let mut words = line.split(' ');
        let program = Utf8Path::new(words.next().expect("a program"));
        let arguments: Vec<OsString> = words.map(OsString::from).collect();
        let variables = variables.iter().map(|(name, value)| {
            let (name, value) = (*name, *value);
            (name.to_owned(), value.to_owned())
        });
        task(program, &arguments, &variables.collect())
    }

    #[test]
    fn a_task_is_a_program_and_its_mode() {
        let cases = [
            ("/x/cn-package --verify", Some("cn-package")),
            ("/x/cn-tools deploy --plan", Some("cn-deploy-review")),
            ("cn-deploy --execute-changeset=a", Some("cn-deploy-execute")),
            ("cn-keys --region x rotate", Some("cn-keys-rotate")),
            (
                "cn-keys revoke --admin-profile a",
                Some("cn-keys-revoke-as-admin"),
            ),
            ("cn-profile exec -- cn-deploy --plan", Some("cn-profile")),
            ("/bin/sh -c cn-package", None),
        ];
        for (line, expected) in cases {
            assert_eq!(task_of(line, &[]).as_deref(), expected, "{line}");
        }
        let by_variable = task_of("cn-deploy", &[("CN_VERIFY", "1")]);
        assert_eq!(by_variable.as_deref(), Some("cn-deploy-verify"));
    }
}
