//! cn-core
