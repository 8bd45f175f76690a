//! cn-profile
fn main() {}
