//! cn-cli
