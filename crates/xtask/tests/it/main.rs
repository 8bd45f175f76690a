//! The checks on this repository, and the buildspecs as users commit them.

mod buildspecs;
mod circles;
mod dist;
mod emulators;
mod features;
mod flags;
mod pipeline;
mod rules;
mod templates;
mod tidy;
