//! The runner, the checks on this repository, and the buildspecs as users commit them.

mod buildspecs;
mod emulators;
mod rules;
mod runner;
mod tidy;
