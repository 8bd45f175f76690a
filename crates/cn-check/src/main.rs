//! The program `cn-check`; its code is the library of this package.

fn main() -> std::process::ExitCode {
    cn_check::main()
}
