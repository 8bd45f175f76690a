//! The terminal while a secret is typed: a signal must not leave the echo off.

#[cfg(unix)]
mod unix {
    use std::io;
    use std::sync::Mutex;

    use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

    use crate::mutex::lock;

    /// The settings from before the prompt; `None` if there is no prompt.
    static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

    fn replaced(settings: Option<Termios>) -> Option<Termios> {
        let mut before = lock(&BEFORE);
        std::mem::replace(&mut *before, settings)
    }

    /// Runs work that changes the settings of the terminal and restores them itself.
    pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> T {
        replaced(tcgetattr(io::stdin()).ok());
        let done = work();
        replaced(None);
        done
    }

    /// Restores the settings if the process ends during the prompt; returns true if it restored
    /// any.
    pub(crate) fn restore() -> bool {
        let before = replaced(None);
        before.is_some_and(|before| tcsetattr(io::stdin(), OptionalActions::Now, &before).is_ok())
    }
}

#[cfg(unix)]
pub(crate) use unix::{guarded, restore};

/// Only runs the work: other systems give each program its own settings.
#[cfg(not(unix))]
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[cfg(not(unix))]
pub(crate) const fn restore() -> bool {
    false
}
