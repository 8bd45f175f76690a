//! Signals that end a run.
//!
//! A separate thread listens for them: whatever the main thread does, the run ends within four
//! seconds.
//!
//! The thread passes the first signal to the main thread, which cleans up and prints which
//! operation continues in AWS. If the main thread does not respond, because it reads a pipe, waits
//! for a lock or computes, or if a second signal arrives, the thread prints that itself and ends
//! the process.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, mpsc};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

use crate::exit::FailureKind;
use crate::failure::Failure;
use crate::mutex::lock;
use crate::shown::Shown;
use crate::{lines, terminal};

/// Time within which the main thread has to respond to a signal.
const HEARING: Duration = Duration::from_secs(1);

/// Time for cleaning up after a signal: the sender usually kills the process soon after.
pub(crate) const GRACE: Duration = Duration::from_secs(3);

/// Time limit of a run that cleans up, counted from the end of [`HEARING`].
const CLEANING: Duration = Duration::from_millis(2_500);

/// Time limit for the last message: nobody may be reading stderr.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// A signal that ends a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signal {
    /// The kind of failure that it causes.
    pub kind: FailureKind,
    /// Its name.
    pub name: &'static str,
}

/// The last message of a run, for when the main thread cannot print it.
struct Words {
    is_json: bool,
    /// The operation that continues in AWS, and how to come back to it.
    hint: Option<String>,
}

static WORDS: Mutex<Words> = Mutex::new(Words {
    is_json: false,
    hint: None,
});

fn words() -> MutexGuard<'static, Words> {
    lock(&WORDS)
}

/// Sets the format of the last message.
pub(crate) fn speak(is_json: bool) {
    words().is_json = is_json;
}

/// Keeps a sentence for the case that a signal ends the run; returns the previous sentence.
pub(crate) fn keep(hint: Option<String>) -> Option<String> {
    std::mem::replace(&mut words().hint, hint)
}

/// Returns the failure for a signal, with the sentence that was kept for it.
pub(crate) fn interrupted(signal: Signal) -> Failure {
    let failure = Failure::new(signal.kind, format!("interrupted by {}", signal.name));
    match keep(None) {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// True if the main thread is handling the signal.
static IS_HEARD: AtomicBool = AtomicBool::new(false);

/// The main thread's end of the channel from the listening thread.
pub(crate) struct Signals(watch::Receiver<Option<Signal>>);

impl Signals {
    /// Starts to listen. If no thread or descriptor is left, signals keep their usual effect.
    pub(crate) fn listen() -> Self {
        let (heard, receiver) = watch::channel(None);
        let (ready, listens) = mpsc::channel();
        let listen = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            if let Ok(runtime) = runtime {
                runtime.block_on(attend(&heard, ready));
            }
        };
        let thread = thread::Builder::new().name("signals".to_owned());
        if thread.spawn(listen).is_ok() {
            // An error means that the thread could not listen.
            listens.recv().ok();
        }
        Self(receiver)
    }

    /// Waits for the first signal.
    pub(crate) async fn first(&mut self) -> Signal {
        let signal = match self.0.wait_for(Option::is_some).await {
            Ok(signal) => *signal,
            Err(_) => None,
        };
        match signal {
            Some(signal) => {
                IS_HEARD.store(true, Ordering::Relaxed);
                signal
            }
            None => std::future::pending().await,
        }
    }
}

/// Passes on the first signal. Ends the process at the second signal, or when the time is up.
async fn attend(heard: &watch::Sender<Option<Signal>>, ready: mpsc::Sender<()>) {
    let Some(mut arrivals) = Arrivals::new() else {
        return;
    };
    drop(ready);
    let signal = arrivals.next().await;
    // An error means that the main thread has ended its work.
    heard.send(Some(signal)).ok();
    let time_is_up = async {
        tokio::time::sleep(HEARING).await;
        if IS_HEARD.load(Ordering::Relaxed) {
            tokio::time::sleep(CLEANING).await;
        }
    };
    tokio::select! {
        _ = arrivals.next() => {}
        () = time_is_up => {}
    }
    end(signal);
}

/// Prints how the run ended, and ends the process.
#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "the main thread cannot return"
)]
fn end(signal: Signal) -> ! {
    let (said, is_said) = mpsc::channel();
    let was_asking = terminal::restore();
    thread::spawn(move || {
        if was_asking {
            // Ends the line of the question.
            lines::stderr(&Shown::default());
        }
        let is_json = words().is_json;
        lines::stderr(&lines::last_words(&interrupted(signal), is_json));
        said.send(())
    });
    // An error means that the thread did not start, or did not print in time.
    is_said.recv_timeout(LAST_WORDS).ok();
    process::exit(i32::from(signal.kind.exit_code().code))
}

#[cfg(unix)]
struct Arrivals([Option<tokio::signal::unix::Signal>; 3]);

#[cfg(unix)]
impl Arrivals {
    fn new() -> Option<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        // With `nohup` and similar programs, a run outlives its terminal.
        let hangup = if is_hangup_ignored() {
            None
        } else {
            signal(SignalKind::hangup()).ok()
        };
        let interrupt = signal(SignalKind::interrupt()).ok()?;
        let terminate = signal(SignalKind::terminate()).ok()?;
        Some(Self([Some(interrupt), Some(terminate), hangup]))
    }

    async fn next(&mut self) -> Signal {
        let [interrupt, terminate, hangup] = &mut self.0;
        let (kind, name) = tokio::select! {
            () = arrival(interrupt) => (FailureKind::Interrupted, "SIGINT"),
            () = arrival(terminate) => (FailureKind::Terminated, "SIGTERM"),
            () = arrival(hangup) => (FailureKind::HungUp, "SIGHUP"),
        };
        Signal { kind, name }
    }
}

#[cfg(unix)]
async fn arrival(signal: &mut Option<tokio::signal::unix::Signal>) {
    let arrived = match signal {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if arrived.is_none() {
        std::future::pending::<()>().await;
    }
}

/// Returns true if SIGHUP was already ignored when the program started.
///
/// # Source
///
/// proc(5): `SigIgn` is a mask in hexadecimal, whose lowest bit is signal 1, SIGHUP.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    let status = fs_err::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 == 1)
}

#[cfg(not(unix))]
struct Arrivals;

#[cfg(not(unix))]
impl Arrivals {
    fn new() -> Option<Self> {
        Some(Self)
    }

    async fn next(&mut self) -> Signal {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Signal {
                kind: FailureKind::Interrupted,
                name: "Ctrl-C",
            },
            Err(_) => std::future::pending().await,
        }
    }
}
