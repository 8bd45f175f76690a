//! The terminal shell that the programs share.
//!
//! A program is a `clap` structure and one asynchronous function; [`main`]
//! does the rest: settings, tracing, runtime, signals, failures, exit code.
//! Nothing else prints, reads the environment or ends the process.
//!
//! # Map
//!
//! | module | holds |
//! | --- | --- |
//! | [`args`] | flags that several programs have, and how they become requests |
//! | [`environment`] | which variables are read |
//! | [`settings`] | flags, variables, configuration file and defaults as one thing, with origins |
//! | [`ui`] | [`Ui`]: the one place that prints |
//! | [`failure`] | [`Failure`]: the one error a program sees |
//! | [`exit`] | the one table of exit codes |
//! | [`findings`] | findings as compilers show them |
//! | [`report`] | what a run came to as JUnit, Markdown and HTML |
//! | [`wire`] | what `--format json` prints |

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
mod run;
mod shown;
mod signals;
mod terminal;

pub use args::{CheckArgs, HomeArgs, IdentityArgs, KeyArgs, TargetArgs, WebIdentityArgs};
pub use exit::FailureKind;
pub use failure::Failure;
pub use run::{aside, command, main};
pub use settings::{Origin, Settings};
pub use shown::Shown;
pub use ui::Ui;
