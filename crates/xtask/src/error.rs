//! The error type of the development tasks.

/// An error that ends a task, shown with its causes.
pub type BoxError = Box<dyn std::error::Error>;
