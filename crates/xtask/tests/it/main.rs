//! The checks on this repository, and the buildspecs as users commit them.

mod buildspecs;
mod emulators;
mod tidy;
