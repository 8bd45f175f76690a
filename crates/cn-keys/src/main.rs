//! The program `cn-keys`; its code is the library of this package.

fn main() -> std::process::ExitCode {
    cn_keys::main()
}
