//! Command lines and environments of a running program and of everything that it starts.

use std::collections::BTreeSet;
use std::thread::JoinHandle;
use std::time::Duration;

/// Time between two samples; a process that lives shorter may be missed.
const INTERVAL: Duration = Duration::from_millis(10);

/// A thread that samples a process and its descendants until the process ends.
#[derive(Debug)]
pub(super) struct Watch(JoinHandle<BTreeSet<Seen>>);

/// A text that every other process of the user can read.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seen {
    /// A whole command line, or one variable.
    pub(super) text: String,
    pub(super) is_variable: bool,
}

impl Watch {
    /// Starts sampling; finds nothing if the system has no `/proc`.
    pub(super) fn start(process: u32) -> Self {
        Self(std::thread::spawn(move || {
            let mut seen = BTreeSet::new();
            while look(process, &mut seen) {
                std::thread::sleep(INTERVAL);
            }
            seen
        }))
    }

    /// Returns the texts of a process that has ended.
    pub(super) fn end(self) -> BTreeSet<Seen> {
        self.0.join().expect("looking does not panic")
    }
}

/// Takes one sample; returns false if the process has ended.
fn look(process: u32, seen: &mut BTreeSet<Seen>) -> bool {
    let read = |name: &str| {
        let bytes = fs_err::read(format!("/proc/{process}/{name}")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let status = read("status");
    if status.is_empty() || status.contains("State:\tZ") || status.contains("State:\tX") {
        return false;
    }
    // The command line is empty for a moment while a program starts: this is not the end of it.
    let command_line = read("cmdline");
    seen.insert(Seen {
        text: command_line.replace('\0', " "),
        is_variable: false,
    });
    for variable in read("environ").split('\0') {
        seen.insert(Seen {
            text: variable.to_owned(),
            is_variable: true,
        });
    }
    let threads = fs_err::read_dir(format!("/proc/{process}/task"));
    for thread in threads.into_iter().flatten().flatten() {
        let children = fs_err::read_to_string(thread.path().join("children"));
        for child in children.unwrap_or_default().split_whitespace() {
            if let Ok(child) = child.parse() {
                look(child, seen);
            }
        }
    }
    true
}
