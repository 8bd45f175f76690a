//! Mutexes that no panic can leave half changed.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a value that no panic can leave half changed.
pub fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
