//! The one error type of the chores.

/// Any reason that ends a chore; shown with its causes.
pub type Trouble = Box<dyn std::error::Error>;
