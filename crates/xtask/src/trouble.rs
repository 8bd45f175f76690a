//! The one error type of the chores.

/// Anything that ends a chore; shown with its causes.
pub(crate) type Trouble = Box<dyn std::error::Error>;
