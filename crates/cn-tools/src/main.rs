//! `cn-tools`: all programs in one file.
//!
//! A link named `cn-deploy` runs that program, and so does `cn-tools deploy`.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let called = arguments.first().map(Path::new);
    let called = called.and_then(Path::file_stem).and_then(OsStr::to_str);
    if let Some(program) = called.and_then(cn_tools::named) {
        return (program.run)();
    }
    let word = arguments.get(1).and_then(|word| word.to_str());
    if let Some(program) = word.and_then(cn_tools::named) {
        return start(program.name, &arguments[2..]);
    }
    match word {
        Some("--version" | "-V") => {
            say(concat!("cn-tools ", env!("CARGO_PKG_VERSION")));
            ExitCode::SUCCESS
        }
        Some("--help" | "-h" | "help") => {
            say(&usage());
            ExitCode::SUCCESS
        }
        _ => {
            complain(&usage());
            ExitCode::from(2)
        }
    }
}

/// Replaces this process by itself under the name of a program.
///
/// The programs read their arguments from the process, so the arguments must not contain one more,
/// such as the `deploy` of `cn-tools deploy`.
#[cfg(unix)]
fn start(name: &str, arguments: &[OsString]) -> ExitCode {
    use std::os::unix::process::CommandExt;

    let error = match std::env::current_exe() {
        Ok(path) => std::process::Command::new(path)
            .arg0(name)
            .args(arguments)
            .exec(),
        Err(error) => error,
    };
    complain(&format!("error: cannot start `{name}`: {error}"));
    ExitCode::FAILURE
}

#[cfg(not(unix))]
fn start(name: &str, _arguments: &[OsString]) -> ExitCode {
    complain(&format!(
        "error: cannot start `{name}`: this system gives a process no other name\n\
         hint: copy this file to `{name}` and run that"
    ));
    ExitCode::FAILURE
}

fn usage() -> String {
    let lines = cn_tools::PROGRAMS.iter().map(|program| {
        let about = (program.command)().get_about().map(ToString::to_string);
        let word = program.name.trim_start_matches("cn-");
        format!("  {word:<9} {}\n", about.unwrap_or_default())
    });
    format!(
        "Usage: cn-tools PROGRAM [ARGUMENTS]\n\nPrograms, each also a command of its own (`cn-deploy`):\n{}",
        lines.collect::<Vec<_>>().concat()
    )
}

#[expect(clippy::print_stdout, reason = "help and version are the result")]
fn say(text: &str) {
    println!("{}", text.trim_end());
}

#[expect(clippy::print_stderr, reason = "no program runs that could say it")]
fn complain(text: &str) {
    eprintln!("{}", text.trim_end());
}
