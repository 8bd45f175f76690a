//! The program `cn-cleanup`; its code is the library of this package.

fn main() -> std::process::ExitCode {
    cn_cleanup::main()
}
