//! The program `cn-package`; its code is the library of this package.

fn main() -> std::process::ExitCode {
    cn_package::main()
}
