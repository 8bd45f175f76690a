//! The output of a program, and how it ended.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use super::redact::Redactions;

/// The ending of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Code(i32),
    Signal(i32),
}

impl Ending {
    pub(super) fn of(status: ExitStatus) -> Self {
        match status.code() {
            Some(code) => Self::Code(code),
            None => Self::Signal(status.signal().unwrap_or_default()),
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(formatter, "exit code: {code}"),
            Self::Signal(number) => write!(formatter, "killed by signal {number}"),
        }
    }
}

/// The result of a run.
#[derive(Clone, Debug)]
#[must_use = "a run whose result nobody looks at tests nothing"]
pub struct Output {
    ending: Ending,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    redactions: Redactions,
}

impl Output {
    pub(super) fn new(
        ending: Ending,
        stdout: Vec<u8>,
        stderr: Vec<u8>,
        redactions: Redactions,
    ) -> Self {
        Self {
            ending,
            stdout,
            stderr,
            redactions,
        }
    }

    /// Returns the exit code.
    ///
    /// # Panics
    ///
    /// When a signal ended the program.
    pub fn code(&self) -> i32 {
        match self.ending {
            Ending::Code(code) => code,
            Ending::Signal(_) => panic!("no exit code:\n{}", self.snapshot()),
        }
    }

    /// Returns standard output, unchanged.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Returns standard error, unchanged.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Returns the output if the program succeeded.
    ///
    /// # Panics
    ///
    /// When the program failed; the message shows its output.
    pub fn succeeded(self) -> Self {
        self.failed_with(0)
    }

    /// Returns the output if the program ended with that exit code.
    ///
    /// # Panics
    ///
    /// When it ended otherwise; the message shows its output.
    pub fn failed_with(self, code: i32) -> Self {
        let as_expected = self.ending == Ending::Code(code);
        assert!(
            as_expected,
            "expected exit code {code}, got\n{}",
            self.snapshot()
        );
        self
    }

    /// Returns true if SIGKILL ended the program.
    pub fn was_killed(&self) -> bool {
        self.ending == Ending::Signal(9)
    }

    /// Also redacts digests: runs of 32 or more hexadecimal digits.
    pub fn without_digests(mut self) -> Self {
        self.redactions.hide_digests();
        self
    }

    /// Renders exit code and both streams, and replaces everything that differs between runs.
    pub fn snapshot(&self) -> String {
        let text = format!(
            "{}\n----- stdout -----\n{}\n----- stderr -----\n{}",
            self.ending,
            self.stdout(),
            self.stderr(),
        );
        self.redactions.apply(&text)
    }

    pub(super) fn assert_hides(&self, secret: &str, only_stderr: bool) {
        let shown =
            self.stderr().contains(secret) || (!only_stderr && self.stdout().contains(secret));
        // The message must not show the secret either.
        let text = self.snapshot().replace(secret, "[SECRET]");
        assert!(!shown, "a secret value was shown:\n{text}");
    }
}
