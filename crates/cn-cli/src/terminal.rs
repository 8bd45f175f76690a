//! The terminal while a secret is typed: a signal must not leave it without echo.

#[cfg(unix)]
mod unix {
    use std::io;
    use std::sync::{Mutex, PoisonError};

    use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

    /// The settings from before the prompt, while there is one.
    static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

    fn replaced(settings: Option<Termios>) -> Option<Termios> {
        let mut before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *before, settings)
    }

    /// Does work that changes the settings of the terminal and restores them itself.
    pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> T {
        replaced(tcgetattr(io::stdin()).ok());
        let done = work();
        replaced(None);
        done
    }

    /// Restores the settings for a process that ends meanwhile; returns true if there was
    /// something to restore.
    pub(crate) fn restore() -> bool {
        let before = replaced(None);
        before.is_some_and(|before| tcsetattr(io::stdin(), OptionalActions::Now, &before).is_ok())
    }
}

#[cfg(unix)]
pub(crate) use unix::{guarded, restore};

/// Other systems give each program settings of its own.
#[cfg(not(unix))]
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[cfg(not(unix))]
pub(crate) const fn restore() -> bool {
    false
}
