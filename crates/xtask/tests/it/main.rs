//! Checks of this repository, and of the buildspecs that users commit.

mod buildspecs;
mod circles;
mod conformance;
mod dist;
mod docs;
mod emulators;
mod features;
mod flags;
mod guide;
mod pipeline;
mod policies;
mod public;
mod rules;
mod sdk;
mod templates;
mod tidy;
