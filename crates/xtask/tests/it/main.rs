//! The runner, the checks on this repository, and the buildspecs as users commit them.

mod buildspecs;
mod circles;
mod emulators;
mod flags;
mod runner;
mod tidy;
