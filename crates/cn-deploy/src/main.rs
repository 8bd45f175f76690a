//! cn-deploy
fn main() {}
