//! The checks on this repository, and the buildspecs as users commit them.

mod buildspecs;
mod dist;
mod emulators;
mod pipeline;
mod templates;
mod tidy;
