//! Sending objects: looked up first, in parts when large, under one budget.
//!
//! One number bounds all requests of a run, across objects and within them,
//! and one throttle all bytes. A large object is composed from an earlier one where
//! that spares bytes. What is deliberately absent: retries of single
//! requests, which are the SDK's.

mod body;
mod composed;
mod multipart;
mod part;
mod present;
#[cfg(test)]
mod tests;
mod throttle;
mod unfinished;
mod uploader;

pub(super) use uploader::Uploader;
