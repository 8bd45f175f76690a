//! cn-testkit
