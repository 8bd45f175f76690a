//! The shell in which all commands of a build run.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use super::buildspec::ShellTag;

/// Reads paths of command files from descriptor 4, and answers each with the exit code on
/// descriptor 3; commands see neither. After each command, saves the exported variables and the
/// working folder, so that the next shell can continue if a command ends this one.
const LOOP: &str = r#"
exec 3>&1 4<&0 1>&2 </dev/null
if [ -f "$1/exported" ]; then . "$1/exported"; cd "$(cat "$1/folder")"; fi
cn_runner_folder=$1
set --
while IFS= read -r cn_runner_file <&4; do
  { eval "$(cat "$cn_runner_file")"; } 3>&- 4<&-
  cn_runner_code=$?
  export -p >"$cn_runner_folder/exported"
  pwd >"$cn_runner_folder/folder"
  echo "$cn_runner_code" >&3
done
"#;

/// A shell that lives as long as the build, replaced when a command ends it.
#[derive(Debug)]
pub(super) struct Shell {
    tag: ShellTag,
    source: Utf8PathBuf,
    scratch: Utf8PathBuf,
    variables: BTreeMap<String, String>,
    log: File,
    process: Process,
}

#[derive(Debug)]
struct Process {
    child: Child,
    commands: ChildStdin,
    codes: BufReader<ChildStdout>,
}

impl Shell {
    pub(super) fn start(
        tag: ShellTag,
        source: &Utf8Path,
        scratch: &Utf8Path,
        variables: &BTreeMap<String, String>,
        log: File,
    ) -> io::Result<Self> {
        fs_err::create_dir_all(scratch)?;
        // An earlier build with the same folder may have left it; its container is gone.
        let exported = scratch.join("exported");
        if exported.exists() {
            fs_err::remove_file(exported)?;
        }
        let process = start(tag, source, scratch, variables, &log)?;
        Ok(Self {
            tag,
            source: source.to_owned(),
            scratch: scratch.to_owned(),
            variables: variables.clone(),
            log,
            process,
        })
    }

    /// Runs a command and returns its exit code.
    pub(super) fn run(&mut self, command: &str) -> io::Result<i32> {
        let file = self.scratch.join("command");
        fs_err::write(&file, command)?;
        let mut answer = String::new();
        // An empty answer means that the shell ended by itself.
        if writeln!(self.process.commands, "{file}").is_ok() {
            self.process.codes.read_line(&mut answer)?;
        }
        if let Ok(code) = answer.trim().parse() {
            return Ok(code);
        }
        // `exit`, `set -e` or a syntax error ended the shell, which counts as a failure of the
        // command.
        let status = self.process.child.wait()?;
        self.process = start(
            self.tag,
            &self.source,
            &self.scratch,
            &self.variables,
            &self.log,
        )?;
        Ok(status.code().unwrap_or(-1))
    }

    /// Sets and exports a variable to a value without quotes.
    pub(super) fn export(&mut self, name: &str, value: &str) -> io::Result<()> {
        self.run(&format!("export {name}='{value}'")).map(drop)
    }

    /// Returns a variable's value; empty if it is not set.
    pub(super) fn value(&mut self, name: &str) -> io::Result<String> {
        let file = self.scratch.join("value");
        self.run(&format!("printf %s \"${{{name}-}}\" >'{file}'"))?;
        fs_err::read_to_string(file)
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // As in CodeBuild, background processes of commands are not waited for.
        drop(self.process.child.kill());
        drop(self.process.child.wait());
    }
}

fn start(
    tag: ShellTag,
    source: &Utf8Path,
    scratch: &Utf8Path,
    variables: &BTreeMap<String, String>,
    log: &File,
) -> io::Result<Process> {
    let program = match tag {
        ShellTag::Sh => "/bin/sh",
        ShellTag::Bash => "bash",
    };
    let mut child = Command::new(program)
        .args(["-c", LOOP, program])
        .arg(scratch)
        .env_clear()
        .envs(variables)
        .current_dir(source)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log.try_clone()?)
        .spawn()?;
    let commands = child.stdin.take().expect("standard input is piped");
    let codes = child.stdout.take().expect("standard output is piped");
    Ok(Process {
        child,
        commands,
        codes: BufReader::new(codes),
    })
}
