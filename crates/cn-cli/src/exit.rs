//! The exit codes: one table for the programs, their help and the documentation.

/// The reason that a program failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// AWS refused, or the stack failed or rolled back.
    Failed,
    /// The command line is wrong.
    Usage,
    /// There is nothing to change, and the run was set to fail in that case.
    NoChanges,
    /// Template, parameters or configuration have errors.
    Input,
    /// Credentials are missing, expired, of another partition or account, or not allowed.
    Access,
    /// A gate refused the change.
    Gate,
    /// The time limit is reached; the operation continues in AWS.
    Running,
    /// The stack is in a state that needs a person.
    Stuck,
    /// Network, throttling or a fault of the service, after all retries.
    Unavailable,
    /// An internal error of the program.
    Internal,
    /// SIGHUP.
    HungUp,
    /// SIGINT.
    Interrupted,
    /// SIGTERM.
    Terminated,
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExitCode {
    /// The status that the process ends with.
    pub code: u8,
    /// The name, as the last line of a failure shows it.
    pub name: &'static str,
    /// The meaning for a pipeline.
    pub meaning: &'static str,
}

const DONE: ExitCode = ExitCode {
    code: 0,
    name: "done",
    meaning: "done, or nothing to do",
};

impl FailureKind {
    /// Every kind, in order of its code.
    pub const ALL: [Self; 13] = [
        Self::Failed,
        Self::Usage,
        Self::NoChanges,
        Self::Input,
        Self::Access,
        Self::Gate,
        Self::Running,
        Self::Stuck,
        Self::Unavailable,
        Self::Internal,
        Self::HungUp,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// Returns the code, name and meaning.
    pub const fn exit_code(self) -> ExitCode {
        let (code, name, meaning) = match self {
            Self::Failed => (
                1,
                "failed",
                "AWS refused a request, or the stack failed or rolled back; the cause is printed",
            ),
            Self::Usage => (2, "usage", "the command line is invalid"),
            Self::NoChanges => (
                3,
                "no-changes",
                "nothing to change, and --fail-on-empty-changeset was given",
            ),
            Self::Input => (
                4,
                "input",
                "the template, parameters or configuration have errors; all of them are listed",
            ),
            Self::Access => (
                5,
                "access",
                "credentials are missing, expired, for another partition or account, or lack \
                 permission",
            ),
            Self::Gate => (6, "gate", "a gate refused the change"),
            Self::Running => (
                7,
                "running",
                "the time limit was reached; the operation continues in AWS, and can be followed later",
            ),
            Self::Stuck => (
                8,
                "stuck",
                "the stack needs a manual step first, which is printed",
            ),
            Self::Unavailable => (
                9,
                "unavailable",
                "network errors, throttling or AWS faults outlasted all retries; try again later",
            ),
            Self::Internal => (70, "internal", "a bug in the program"),
            Self::HungUp => (
                129,
                "interrupted",
                "SIGHUP; the message says what continues in AWS",
            ),
            Self::Interrupted => (
                130,
                "interrupted",
                "SIGINT; the message says what continues in AWS",
            ),
            Self::Terminated => (
                143,
                "interrupted",
                "SIGTERM; the message says what continues in AWS",
            ),
        };
        ExitCode {
            code,
            name,
            meaning,
        }
    }
}

/// Returns the whole table, ordered by code.
pub fn table() -> impl Iterator<Item = ExitCode> {
    std::iter::once(DONE).chain(FailureKind::ALL.into_iter().map(FailureKind::exit_code))
}

/// Renders the table for the long help.
pub(crate) fn help() -> String {
    let lines = table().map(|row| format!("  {:>3}  {:<12} {}\n", row.code, row.name, row.meaning));
    std::iter::once("Exit codes:\n".to_owned())
        .chain(lines)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_of_its_codes() {
        let codes: Vec<u8> = table().map(|row| row.code).collect();
        assert!(codes.is_sorted(), "{codes:?}");
    }

    #[test]
    fn the_documentation_has_the_same_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/exit-codes.md");
        let text = fs_err::read_to_string(path).unwrap();
        let rows: Vec<String> = table()
            .map(|row| format!("| {} | `{}` | {} |", row.code, row.name, row.meaning))
            .collect();
        let documented: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit())
            .collect();
        assert_eq!(documented, rows);
    }
}
