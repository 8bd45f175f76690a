//! The program `cn-doctor`; its code is the library of this package.

fn main() -> std::process::ExitCode {
    cn_doctor::main()
}
