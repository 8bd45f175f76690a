//! The programs of this workspace, by name.
//!
//! Most of each program is the SDK, with a little code of its own, so a file with all programs is
//! hardly larger than a file with one.

use std::process::ExitCode;

/// A program: its name, its `main` and its command line.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// The name, such as `cn-deploy`.
    pub name: &'static str,
    /// Runs the program with the arguments of this process.
    pub run: fn() -> ExitCode,
    /// Returns the command line, for manual pages and completions.
    pub command: fn() -> clap::Command,
}

/// All programs, in the order in which a build runs them.
pub const PROGRAMS: [Program; 7] = [
    Program {
        name: "cn-profile",
        run: cn_profile::main,
        command: cn_profile::command,
    },
    Program {
        name: "cn-check",
        run: cn_check::main,
        command: cn_check::command,
    },
    Program {
        name: "cn-package",
        run: cn_package::main,
        command: cn_package::command,
    },
    Program {
        name: "cn-deploy",
        run: cn_deploy::main,
        command: cn_deploy::command,
    },
    Program {
        name: "cn-keys",
        run: cn_keys::main,
        command: cn_keys::command,
    },
    Program {
        name: "cn-cleanup",
        run: cn_cleanup::main,
        command: cn_cleanup::command,
    },
    Program {
        name: "cn-doctor",
        run: cn_doctor::main,
        command: cn_doctor::command,
    },
];

/// Returns the program with a name, with or without the leading `cn-`.
///
/// # Examples
///
/// ```
/// assert_eq!(cn_tools::named("deploy").map(|found| found.name), Some("cn-deploy"));
/// assert!(cn_tools::named("cn-tools").is_none());
/// ```
pub fn named(name: &str) -> Option<&'static Program> {
    let short = |program: &Program| program.name.strip_prefix("cn-") == Some(name);
    PROGRAMS
        .iter()
        .find(|program| program.name == name || short(program))
}
