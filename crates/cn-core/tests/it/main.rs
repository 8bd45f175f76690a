//! Tests of whole operations, as a user of the library writes them.

mod package;
mod profiles;
mod release;
mod send;
