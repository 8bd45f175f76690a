//! The program `cn-deploy`; its code is the library of this package.

fn main() -> std::process::ExitCode {
    cn_deploy::main()
}
