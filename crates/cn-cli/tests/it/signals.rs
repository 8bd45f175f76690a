//! Signals that end a run, whatever its main thread does.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cn_testkit::TestEnv;

const SIGNALS: [(&str, i32); 3] = [("HUP", 129), ("INT", 130), ("TERM", 143)];

/// A run that has printed that it waits.
struct Waiting {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
}

impl Waiting {
    /// Starts a run and waits for its first line.
    ///
    /// * `script`: a shell script, in which `$0` is the program.
    fn start(env: &TestEnv, script: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new("/bin/sh")
            .args(["-c", script, crate::example().as_str()])
            .args(arguments)
            .current_dir(env.project())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the example starts");
        let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        let mut line = String::new();
        while !line.contains("waiting") {
            line.clear();
            assert!(stderr.read_line(&mut line).expect("it is read") > 0);
        }
        Self { child, stderr }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let kill = Command::new("kill").args(["-s", name, &id]).status();
        assert!(kill.expect("kill runs").success());
    }

    /// Waits for the end; returns the exit code and the last messages.
    fn end(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.stderr.read_to_string(&mut rest).expect("it is text");
        (self.child.wait().expect("it ends").code(), rest)
    }
}

fn project() -> TestEnv {
    let env = TestEnv::new();
    let fifo = env.project().join("fifo");
    let made = Command::new("mkfifo").arg(fifo).status();
    assert!(made.expect("mkfifo runs").success());
    env
}

#[test]
fn a_signal_says_what_goes_on_whatever_the_program_does() {
    let env = project();
    for state in ["wait", "pipe", "compute", "clean"] {
        for (signal, code) in SIGNALS {
            let run = Waiting::start(&env, "exec \"$0\" \"$@\"", &["--trouble", state]);
            let start = Instant::now();
            run.signal(signal);
            let (ended, said) = run.end();
            let time = start.elapsed();
            assert_eq!(ended, Some(code), "{state}: {said}");
            assert!(time < Duration::from_secs(4), "{state}: {time:?}");
            let expected = format!(
                "error: interrupted by SIG{signal}\n\
                 hint: the stack `orders` goes on; come back with `cn-deploy --attach`\n\
                 exit: {code} interrupted\n"
            );
            assert_eq!(said, expected, "{state}");
        }
    }
}

#[test]
fn the_last_words_have_the_format_that_was_asked_for() {
    let env = project();
    let arguments = ["--trouble", "pipe", "--format", "json"];
    let run = Waiting::start(&env, "exec \"$0\" \"$@\"", &arguments);
    run.signal("TERM");
    let (ended, said) = run.end();
    let record: serde_json::Value = serde_json::from_str(&said).expect("one record");
    assert_eq!((ended, &record["exit"]), (Some(143), &143.into()), "{said}");
}

#[test]
fn a_second_signal_ends_the_run_at_once() {
    let env = project();
    let run = Waiting::start(&env, "exec \"$0\" \"$@\"", &["--trouble", "clean"]);
    let start = Instant::now();
    run.signal("INT");
    // Signals that arrive at the same time count as one.
    std::thread::sleep(Duration::from_millis(300));
    run.signal("INT");
    assert_eq!(run.end().0, Some(130));
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_run_that_is_to_outlive_its_terminal_does() {
    let env = project();
    let script = "trap '' HUP; exec \"$0\" \"$@\"";
    let run = Waiting::start(&env, script, &["--trouble", "wait"]);
    run.signal("HUP");
    run.signal("TERM");
    assert_eq!(run.end().0, Some(143));
}

/// Runs a program on a terminal, signals it once the echo is off, and prints its exit code, whether
/// the terminal's settings were restored, and the output.
const ASKED: &str = "
import os, pty, signal, subprocess, sys, termios, time
main, side = pty.openpty()
before = termios.tcgetattr(side)
def start():
    os.setsid()
    import fcntl
    fcntl.ioctl(side, termios.TIOCSCTTY, 0)
child = subprocess.Popen(sys.argv[2:], stdin=side, stdout=side, stderr=side, preexec_fn=start)
for _ in range(1000):
    if not termios.tcgetattr(side)[3] & termios.ECHO:
        break
    time.sleep(0.01)
else:
    sys.exit('the echo stays on')
child.send_signal(getattr(signal, 'SIG' + sys.argv[1]))
code = child.wait(10)
after = termios.tcgetattr(side)
os.close(side)
shown = b''
try:
    while part := os.read(main, 4096):
        shown += part
except OSError:
    pass  # nobody is at the other end any more
print(code, after == before, shown.decode())
";

#[test]
fn a_signal_while_a_secret_is_typed_restores_the_echo() {
    let env = project();
    for (signal, code) in SIGNALS {
        let run = env.run("python3").args(["-c", ASKED, signal]);
        let run = run.arg(crate::example()).args(["--trouble", "ask"]);
        let shown = run.output().succeeded().stdout();
        assert!(shown.starts_with(&format!("{code} True ")), "{shown}");
        let words = format!("waiting for a secret: \r\nerror: interrupted by SIG{signal}");
        assert!(shown.contains(&words), "{shown:?}");
    }
}
