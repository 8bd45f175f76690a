//! Tests of whole operations, beside those of single modules.

mod differential;
