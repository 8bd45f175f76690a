//! cn-package
fn main() {}
