//! A signal ends every program, whatever the program waits for.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::time::{Duration, Instant};

use cn_testkit::{Answer, Script, TestEnv};

use crate::TOOLS;

const SIGNALS: [(&str, i32); 3] = [("HUP", 129), ("INT", 130), ("TERM", 143)];

/// The state in which a program waits.
#[derive(Clone, Copy)]
enum State {
    /// A pipe that nobody writes to.
    Pipe,
    /// An answer that comes late.
    Answer,
}

/// Programs, what they wait for, and the arguments that make them wait.
const ROWS: [(&str, State, &[&str]); 11] = [
    ("check", State::Pipe, &["--baseline", "fifo", "t.yaml"]),
    (
        "package",
        State::Pipe,
        &["-t", "fifo", "--s3-bucket", "bucket"],
    ),
    (
        "package",
        State::Answer,
        &["-t", "t.yaml", "--s3-bucket", "bucket"],
    ),
    (
        "deploy",
        State::Pipe,
        &["--template-file", "fifo", "--stack-name", "s"],
    ),
    (
        "deploy",
        State::Answer,
        &["--template-file", "t.yaml", "--stack-name", "s"],
    ),
    ("profile", State::Answer, &[]),
    ("keys", State::Pipe, &["put", "--key-file", "fifo"]),
    ("keys", State::Answer, &["status"]),
    ("doctor", State::Answer, &[]),
    ("cleanup", State::Answer, &["--stack-name", "s", "--stack"]),
    (
        "cleanup",
        State::Answer,
        &["--s3-bucket", "bucket", "--artifacts-older-than", "30d"],
    ),
];

fn world() -> TestEnv {
    let env = TestEnv::new();
    env.set("CN_KEY_SSM", "/china/key");
    env.set("CN_REGION", "cn-north-1");
    env.write("t.yaml", "Resources: {T: {Type: AWS::SNS::Topic}}\n");
    let fifo = env.project().join("fifo");
    let made = std::process::Command::new("mkfifo").arg(fifo).status();
    assert!(made.expect("mkfifo runs").success());
    let late = Answer::json(200, "{\"Parameters\": [], \"InvalidParameters\": []}");
    let late = late.after(Duration::from_secs(30));
    env.script(Script::of("ssm").on("GetParameters", late));
    env
}

/// Opens the pipe once a program reads from it, and writes nothing.
fn writer(env: &TestEnv) -> File {
    /// `O_NONBLOCK`: without a reader, the system fails at once.
    const AT_ONCE: i32 = 0o4000;
    let mut options = OpenOptions::new();
    options.write(true).custom_flags(AT_ONCE);
    let start = Instant::now();
    loop {
        match options.open(env.project().join("fifo")) {
            Ok(writer) => return writer,
            Err(error) => assert!(start.elapsed() < Duration::from_secs(50), "{error}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_signal_ends_every_program_in_time_whatever_it_waits_for() {
    std::thread::scope(|scope| {
        for (program, state, arguments) in ROWS {
            scope.spawn(move || {
                for (signal, code) in SIGNALS {
                    let env = world();
                    let place = format!("{program} {arguments:?}, SIG{signal}");
                    let running = env.run(TOOLS).arg(program).args(arguments).spawn();
                    let mut held = None;
                    match state {
                        State::Pipe => held = Some(writer(&env)),
                        State::Answer => running.wait_for_request("GetParameters"),
                    }
                    let start = Instant::now();
                    running.signal(signal);
                    let said = running.output().failed_with(code).stderr();
                    let time = start.elapsed();
                    assert!(time < Duration::from_secs(4), "{place}: {time:?}");
                    drop(held);
                    let words = format!("interrupted by SIG{signal}");
                    assert!(said.contains(&words), "{place}: {said}");
                }
            });
        }
    });
}
