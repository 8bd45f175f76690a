//! CloudFormation templates as text: parse, find, rewrite between partitions.
//!
//! This crate takes text and returns decisions. It never reads a file, the environment or a clock,
//! and it never writes a new template: every change is a list of [`Edit`]s to the user's own bytes.
//!
//! # Map
//!
//! | module | contents |
//! | --- | --- |
//! | [`partition`] | [`Region`], [`Partition`], ARNs, URL forms: the only place that knows `aws-cn` |
//! | [`source`] | [`Source`]: a text with its path and lines; [`Span`]: a byte range in it |
//! | [`edit`] | [`Edit`]s and the functions that apply them |
//! | [`diag`] | [`Diagnostic`]: what is wrong with a text, where, and how to fix it |
//! | [`tree`] | the template as a tree whose nodes know their bytes |
//! | [`artifact`] | the properties that point at local files, in one table |
//! | [`china`] | the facts about China, as tables with sources |
//! | [`rules`] | the rules for these facts, one file each, and the registry of all codes |
//! | [`s3`] | [`S3Location`](s3::S3Location): an object in S3, and the forms it is written in |
//! | [`portability`] | the differences between partitions, and the edits for them |
//!
//! # Laws
//!
//! * A bad template produces findings, never an error and never a panic.
//! * The meaning of a scalar is never guessed: text that is not edited stays as it is, so `yes`,
//!   `0123` and `1.10` keep the meaning that CloudFormation gives them.
//! * Nothing here depends on the order of a hash map.

pub mod artifact;
pub mod china;
pub mod diag;
pub mod edit;
mod engine;
mod look;
mod outcome;
pub mod partition;
pub mod portability;
pub mod rules;
pub mod s3;
mod section;
pub mod source;
pub mod tree;

pub use diag::{Code, Diagnostic, Severity};
pub use edit::Edit;
pub use partition::{Partition, Region};
pub use source::{Source, Span};
