//! The file with all programs, and the upload of releases.

mod outputs;
mod reference;
mod settings;
mod signals;

use camino::Utf8PathBuf;
use cn_testkit::{Side, TestEnv};

const TOOLS: &str = env!("CARGO_BIN_EXE_cn-tools");

#[test]
fn a_word_and_a_link_run_the_same_program() {
    let env = TestEnv::new();
    for program in &cn_tools::PROGRAMS {
        let link = env.temporary_folder().join(program.name);
        std::os::unix::fs::symlink(TOOLS, &link).expect("links can be made");
        let word = program.name.trim_start_matches("cn-");
        let by_link = env.run(&link).arg("--help").output().succeeded();
        let by_word = env.run(TOOLS).args([word, "--help"]).output().succeeded();
        assert_eq!(by_link.stdout(), by_word.stdout());
        let usage = format!("Usage: {}", program.name);
        assert!(by_word.stdout().contains(&usage), "{}", by_word.stdout());
    }
}

#[test]
fn short_help_fits_on_a_screen_and_names_no_variables() {
    for program in &cn_tools::PROGRAMS {
        let help = (program.command)().render_help().to_string();
        let lines = help.lines().count();
        assert!(lines <= 60, "{}: {lines} lines", program.name);
        assert!(!help.contains("env:"), "{help}");
    }
}

#[test]
fn without_a_program_the_usage_lists_them_all() {
    let env = TestEnv::new();
    let help = env.run(TOOLS).arg("--help").output().succeeded();
    for program in &cn_tools::PROGRAMS {
        let word = program.name.trim_start_matches("cn-");
        assert!(
            help.stdout().contains(&format!("\n  {word} ")),
            "{}",
            help.stdout()
        );
    }
    let unknown = env.run(TOOLS).arg("zip").output().failed_with(2);
    assert!(unknown.stderr().starts_with("Usage: cn-tools PROGRAM"));
}

#[test]
fn exit_codes_of_a_program_pass_through() {
    let env = TestEnv::new();
    let output = env
        .run(TOOLS)
        .args(["check", "--max-severity", "wrong"])
        .output();
    drop(output.failed_with(2));
}

#[test]
fn a_release_is_uploaded_below_its_prefix() {
    let env = TestEnv::new();
    let bucket = env.name("tools");
    env.home().create_bucket(&bucket).expect("created");
    let file = env.write("cn_tools-0.1.0.whl", "wheel");
    let run = env
        .run(example("upload"))
        .args(["--default-chain", "--region", "us-east-1"]);
    let run = run
        .args(["--bucket", &bucket, "--prefix", "a/tools/"])
        .arg(&file);
    drop(run.output().succeeded());
    let object = env.home().object(&bucket, "a/tools/cn_tools-0.1.0.whl");
    assert_eq!(object.expect("answers").as_deref(), Some(&b"wheel"[..]));
    assert_eq!(env.requests().to(Side::China).count(), 0);
}

/// Returns the path of an example, which Cargo builds together with the tests of its package.
fn example(name: &str) -> Utf8PathBuf {
    let tools = Utf8PathBuf::from(TOOLS);
    let folder = tools.parent().expect("a program lies in a folder");
    folder.join("examples").join(name)
}
