//! cn-template
