//! Uploads objects: looked up first, in parts if large, under shared limits.
//!
//! One number limits all requests of a run, across objects and within them, and one throttle limits
//! all bytes. A large object is composed from an earlier one where that saves bytes. This module
//! does not retry single requests: the SDK does.

mod body;
mod complete;
mod composed;
mod multipart;
mod part;
mod present;
mod ready;
#[cfg(test)]
mod tests;
mod throttle;
mod unfinished;
mod uploader;

pub(super) use uploader::Uploader;
