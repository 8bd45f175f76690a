//! Runs of programs, with a time limit.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::output::{Ending, Output};
use super::watch::Watch;
use super::{TestEnv, calls, locked, schema};
use crate::keys::MARKS;
use crate::python::Python;
use crate::router::Requests;

/// Default time limit, after which a run counts as hung; our slowest program takes a few seconds.
const TIME_LIMIT: Duration = Duration::from_mins(1);

/// A prepared run of a program; nothing happens before [`output`](Self::output).
#[derive(Debug)]
#[must_use = "nothing runs before `output` is called"]
pub struct Run<'a> {
    env: &'a TestEnv,
    program: Utf8PathBuf,
    arguments: Vec<OsString>,
    variables: BTreeMap<String, String>,
    folder: Utf8PathBuf,
    stdin: Vec<u8>,
    time_limit: Duration,
    may_show_secrets: bool,
}

/// Runs of programs.
impl TestEnv {
    /// Prepares a run of a program: `env!("CARGO_BIN_EXE_…")`, or [`program`](crate::program) for a
    /// program of another crate.
    pub fn run(&self, program: impl AsRef<Utf8Path>) -> Run<'_> {
        Run::new(self, program.as_ref())
    }

    /// Prepares a run of a program on its own terminal. Standard output contains everything that
    /// the terminal shows.
    pub fn terminal(&self, program: impl AsRef<Utf8Path>) -> Run<'_> {
        const PTY: &str = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:], lambda fd: os.read(fd, 1024), lambda fd: os.read(0, 1024))))";
        let python = Python::ready().unwrap_or_else(|error| panic!("{}", crate::chain(&error)));
        let run = self.run(python.program("python3"));
        run.args(["-c", PTY, program.as_ref().as_str()])
    }

    /// Prepares a run of the AWS CLI.
    pub fn aws(&self) -> Run<'_> {
        let python = Python::ready().unwrap_or_else(|error| panic!("{}", crate::chain(&error)));
        self.run(python.program("aws"))
    }
}

impl<'a> Run<'a> {
    fn new(env: &'a TestEnv, program: &Utf8Path) -> Self {
        Self {
            env,
            program: program.to_owned(),
            arguments: Vec::new(),
            variables: locked(&env.variables).clone(),
            folder: env.project(),
            stdin: Vec::new(),
            time_limit: TIME_LIMIT,
            may_show_secrets: false,
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args<A: AsRef<OsStr>>(self, arguments: impl IntoIterator<Item = A>) -> Self {
        arguments.into_iter().fold(self, Self::arg)
    }

    /// Sets a variable for this run.
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// Removes a variable for this run.
    pub fn env_remove(mut self, name: &str) -> Self {
        self.variables.remove(name);
        self
    }

    /// Runs in another folder, given relative to the project folder.
    pub fn current_dir(mut self, folder: impl AsRef<Utf8Path>) -> Self {
        self.folder = self.env.project().join(folder);
        self
    }

    /// Sets the program's standard input, which is empty otherwise.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Changes the time limit (60 seconds).
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Allows secret values on standard output, for a `credential_process`.
    pub fn may_show_secrets(mut self) -> Self {
        self.may_show_secrets = true;
        self
    }

    /// Runs the program to its end.
    ///
    /// # Panics
    ///
    /// When the program cannot be started, exceeds the time limit (it is killed and its output
    /// shown), shows a secret of this or another test in a stream, makes a call that is not
    /// recorded in `docs/policies/calls.tsv`, or prints or writes JSON that does not match
    /// `docs/schema`.
    pub fn output(self) -> Output {
        self.start(false).output()
    }

    /// Starts the program in its own process group and leaves it running, for tests that interrupt
    /// it.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn spawn(self) -> Running<'a> {
        self.start(true)
    }

    fn start(self, own_group: bool) -> Running<'a> {
        let requests_before = self.env.requests().count();
        let mut command = Command::new(&self.program);
        if own_group {
            command.process_group(0);
        }
        let mut child = command
            .args(&self.arguments)
            .env_clear()
            .envs(&self.variables)
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start `{}`: {error}", self.program));
        let mut stdin = child.stdin.take().expect("standard input is piped");
        let input = self.stdin;
        std::thread::spawn(move || {
            // A program may ignore its input, or a part of it.
            drop(stdin.write_all(&input));
        });
        let watch = Watch::start(child.id());
        let stdout = collect(child.stdout.take().expect("standard output is piped"));
        let stderr = collect(child.stderr.take().expect("standard error is piped"));
        Running {
            env: self.env,
            task: calls::task(&self.program, &self.arguments, &self.variables),
            requests_before,
            program: self.program,
            deadline: Instant::now() + self.time_limit,
            may_show_secrets: self.may_show_secrets,
            arguments: self.arguments,
            variables: self.variables,
            watch,
            own_group,
            child,
            stdout,
            stderr,
        }
    }
}

/// A running program.
#[derive(Debug)]
#[must_use = "the program may outlive the test"]
pub struct Running<'a> {
    env: &'a TestEnv,
    task: Option<String>,
    requests_before: usize,
    program: Utf8PathBuf,
    deadline: Instant,
    may_show_secrets: bool,
    arguments: Vec<OsString>,
    variables: BTreeMap<String, String>,
    watch: Watch,
    own_group: bool,
    child: Child,
    stdout: Receiver<Vec<u8>>,
    stderr: Receiver<Vec<u8>>,
}

impl Running<'_> {
    /// Sends a signal (`INT`, `TERM`, `KILL`) to the program and, if it was spawned, to the
    /// processes that it started.
    ///
    /// # Panics
    ///
    /// When the `kill` program is missing.
    pub fn signal(&self, name: &str) {
        let id = self.child.id();
        let target = if self.own_group {
            format!("-{id}")
        } else {
            id.to_string()
        };
        // Signaling a program that has already ended fails, which is fine.
        Command::new("kill")
            .args(["-s", name, "--", &target])
            .stderr(Stdio::null())
            .status()
            .expect("`kill` is installed");
    }

    /// Kills the program at once, like `kill -9`: the program cannot handle it.
    pub fn kill(&mut self) {
        // Killing a program that has already ended fails, which is fine.
        drop(self.child.kill());
    }

    /// Waits until the program has sent a request for that operation.
    ///
    /// # Panics
    ///
    /// When it has not done so before the time limit.
    pub fn wait_for_request(&self, operation: &str) {
        let sent = || self.env.requests().operation(operation).count();
        self.wait(&format!("sent no {operation}"), || sent() > 0);
    }

    /// Waits until a condition holds.
    ///
    /// * `failing`: what the program did, for the message when its time is over.
    fn wait(&self, failing: &str, holds: impl Fn() -> bool) {
        while !holds() {
            let in_time = Instant::now() < self.deadline;
            assert!(in_time, "`{}` {failing}", self.program);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until the program has opened a file of that name.
    ///
    /// # Panics
    ///
    /// When it has not done so before the time limit.
    pub fn wait_for_open(&self, name: &str) {
        let folder = format!("/proc/{}/fd", self.child.id());
        let is_open = || {
            let open = fs_err::read_dir(&folder).into_iter().flatten().flatten();
            let mut targets = open.filter_map(|entry| fs_err::read_link(entry.path()).ok());
            targets.any(|target| target.ends_with(name))
        };
        self.wait(&format!("does not open {name}"), is_open);
    }

    /// Waits until the program handles that signal (`HUP`, `INT`, `TERM`) itself.
    ///
    /// # Panics
    ///
    /// When it does not do so before the time limit.
    pub fn wait_for_handler(&self, signal: &str) {
        let number = match signal {
            "HUP" => 1,
            "INT" => 2,
            "TERM" => 15,
            other => panic!("`{other}` is no signal that ends a run"),
        };
        let status = format!("/proc/{}/status", self.child.id());
        let is_handled = || {
            let status = fs_err::read_to_string(&status).unwrap_or_default();
            let mut caught = status
                .lines()
                .filter_map(|line| line.strip_prefix("SigCgt:"));
            let mask = caught
                .next()
                .map(|mask| u64::from_str_radix(mask.trim(), 16));
            matches!(mask, Some(Ok(mask)) if mask >> (number - 1) & 1 == 1)
        };
        self.wait(&format!("does not handle {signal}"), is_handled);
    }

    /// Waits until the requests so far satisfy a condition; returns false if the program ends
    /// first.
    ///
    /// # Panics
    ///
    /// When neither happens before the time limit.
    pub fn wait_until(&mut self, condition: impl Fn(&Requests) -> bool) -> bool {
        loop {
            let has_ended = self
                .child
                .try_wait()
                .expect("a child can be asked")
                .is_some();
            if condition(&self.env.requests()) {
                return true;
            }
            if has_ended {
                return false;
            }
            let in_time = Instant::now() < self.deadline;
            assert!(in_time, "`{}` waits for nothing expected", self.program);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for the program's end.
    ///
    /// # Panics
    ///
    /// Those of [`Run::output`].
    pub fn output(mut self) -> Output {
        let (stdout, ended) = drained(&self.stdout, self.deadline);
        let (stderr, both_ended) = drained(&self.stderr, self.deadline);
        if !(ended && both_ended) {
            self.signal("KILL");
            let said = String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned();
            panic!("`{}` ran past its time limit:\n{said}", self.program);
        }
        let status = self.child.wait().expect("a child can be waited for");
        let output = Output::new(
            Ending::of(status),
            stdout,
            stderr,
            locked(&self.env.redactions).clone(),
        );
        if let Some(task) = &self.task {
            // If the test has forgotten requests meanwhile, all remaining ones.
            let requests = self.env.requests().0;
            let made = requests.get(self.requests_before..).unwrap_or(&requests);
            calls::check(task, &Requests(made.to_vec()));
        }
        if self
            .program
            .file_name()
            .is_some_and(|name| name.starts_with("cn-"))
        {
            schema::check_lines(&output.stdout());
            schema::check_lines(&output.stderr());
            schema::check_files(&self.env.project());
        }
        // The secrets of this test, and the beginnings of the secrets of every test.
        let mut secrets = self.env.secrets();
        secrets.extend(MARKS.map(str::to_owned));
        for secret in &secrets {
            output.assert_hides(secret, self.may_show_secrets);
        }
        self.env.assert_no_secret_is_on_disk(&secrets);
        self.assert_processes_hide(&secrets);
        output
    }

    /// Fails if the command line or the environment of a process contains a secret that the test
    /// did not put there itself. `cn-profile exec` may pass a secret on, in the variables of AWS.
    fn assert_processes_hide(self, secrets: &[String]) {
        let given: Vec<_> = self
            .arguments
            .iter()
            .map(|word| word.to_string_lossy())
            .collect();
        // The argument may be a command line for a shell.
        let mut words = given.iter().flat_map(|word| word.split_whitespace());
        let is_exec = words.any(|word| word == "exec");
        for seen in self.watch.end() {
            let Some(secret) = secrets.iter().find(|secret| seen.text.contains(*secret)) else {
                continue;
            };
            let (name, value) = seen.text.split_once('=').unwrap_or_default();
            let is_given = if seen.is_variable {
                self.variables.get(name).is_some_and(|given| given == value)
            } else {
                given.iter().any(|word| word.contains(secret))
            };
            let handed_on = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
            let is_handed_on = is_exec && seen.is_variable && handed_on.contains(&name);
            let text = seen.text.replace(secret, "[SECRET]");
            assert!(
                is_given || is_handed_on,
                "a secret value is in the command line or environment of a process: {text}"
            );
        }
    }
}

fn collect(mut stream: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(count) = stream.read(&mut buffer) {
            if count == 0 || sender.send(buffer[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Reads a stream until its end or the deadline; returns true if the end was reached.
fn drained(stream: &Receiver<Vec<u8>>, deadline: Instant) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match stream.recv_timeout(left) {
            Ok(chunk) => bytes.extend(chunk),
            Err(RecvTimeoutError::Disconnected) => return (bytes, true),
            Err(RecvTimeoutError::Timeout) => return (bytes, false),
        }
    }
}
