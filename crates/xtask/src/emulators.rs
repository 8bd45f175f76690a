//! `cargo xtask emulators`: a pair that outlives test runs.

use cn_testkit::{EMULATORS_VARIABLE, Emulators, Side};

use crate::terminal;
use xtask::BoxError;

/// Starts a pair, prints how to use it, and waits until it is interrupted.
pub(crate) fn run() -> Result<(), BoxError> {
    let emulators = Emulators::start()?;
    let ports = emulators.ports();
    terminal::result(&format!("export {EMULATORS_VARIABLE}={}", ports.render()));
    for side in Side::ALL {
        terminal::say(&format!(
            "{} listens on {}",
            side.partition(),
            ports.url(side)
        ));
    }
    loop {
        std::thread::park();
    }
}
