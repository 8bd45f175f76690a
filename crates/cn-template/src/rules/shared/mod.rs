//! The grammar that several rules share; no rule is defined here.

pub(crate) mod account;
pub(crate) mod arn;
pub(crate) mod availability;
pub(crate) mod cases;
pub(crate) mod help;
pub(crate) mod host;
pub(crate) mod policy;
pub(crate) mod region;
