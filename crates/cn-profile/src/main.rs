//! The program `cn-profile`; its code is the library of this package.

fn main() -> std::process::ExitCode {
    cn_profile::main()
}
