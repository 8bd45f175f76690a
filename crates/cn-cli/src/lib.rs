//! The command-line layer that the programs share.
//!
//! A program consists of a `clap` structure and one asynchronous function; [`main`] does the rest:
//! settings, tracing, runtime, signals, failures, exit code. No other code prints, reads the
//! environment or ends the process.
//!
//! # Map
//!
//! | module | contains |
//! | --- | --- |
//! | [`args`] | flags that several programs share, and their conversion to requests |
//! | [`environment`] | the environment variables and their names |
//! | [`settings`] | flags, variables, configuration file and defaults, with origins |
//! | [`ui`] | [`Ui`]: the only place that prints |
//! | [`failure`] | [`Failure`]: the error type of the programs |
//! | [`exit`] | the table of exit codes |
//! | [`findings`] | findings in the style of compiler messages |
//! | [`report`] | reports of a run as JUnit and Markdown |
//! | [`wire`] | the lines that `--format json` prints |

pub mod advice;
pub mod args;
mod common;
pub mod environment;
pub mod exit;
pub mod failure;
pub mod report;
pub mod settings;
pub mod ui;
pub mod wire;

pub mod findings;
mod lines;
mod log;
mod mutex;
mod run;
mod shown;
mod signals;
mod terminal;

pub use args::{CheckArgs, HomeArgs, IdentityArgs, KeyArgs, TargetArgs, WebIdentityArgs};
pub use exit::FailureKind;
pub use failure::Failure;
pub use mutex::lock;
pub use run::{aside, command, main};
pub use settings::{Origin, Settings};
pub use shown::Shown;
pub use ui::Ui;
