//! Files that a run reads and writes: nothing is destroyed, and nothing blocks forever.

use std::os::unix::fs::{FileTypeExt, symlink};
use std::process::Command;
use std::time::{Duration, Instant};

use cn_testkit::{Output, TestEnv};

use super::cn_package;

const TEMPLATE: &str = "\
Resources:
  F:
    Type: AWS::Lambda::Function
    Properties: {Code: src}
  N:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: nested.yaml}
  D:
    Type: AWS::StepFunctions::StateMachine
    Properties: {DefinitionS3Location: machine.json}
";

fn project() -> TestEnv {
    let env = TestEnv::new();
    env.seed();
    env.write("cn.toml", "");
    env.write("template.yaml", TEMPLATE);
    env.write("nested.yaml", "Resources: {T: {Type: AWS::SNS::Topic}}\n");
    env.write("machine.json", "{\"StartAt\": \"A\"}\n");
    env.write("src/a.py", "x");
    env
}

/// Creates a special file; returns false where only root may create it.
fn make(env: &TestEnv, program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    let made = command.args(arguments).current_dir(env.project()).status();
    made.expect("it runs").success()
}

fn package(env: &TestEnv, arguments: &[&str]) -> Output {
    let limit = Duration::from_secs(20);
    cn_package(env).args(arguments).time_limit(limit).output()
}

/// Checks that a run fails before anything is sent; returns stderr.
fn refused(env: &TestEnv, arguments: &[&str]) -> String {
    env.forget_requests();
    let output = package(env, arguments).failed_with(4);
    assert_eq!(env.requests().object_puts().count(), 0, "{arguments:?}");
    output.stderr()
}

#[test]
fn a_result_never_takes_the_place_of_an_input_or_of_another_result() {
    let env = project();
    symlink("src", env.project().join("build")).unwrap();
    for input in [
        "template.yaml",
        "src/../template.yaml",
        "nested.yaml",
        "machine.json",
        "cn.toml",
        "src/a.py",
        "build/a.py",
    ] {
        let before = env.read(input);
        for option in ["--output-template-file", "--manifest"] {
            let arguments = ["--output-template-file", "out.yaml", option, input];
            let arguments = &arguments[if option == "--manifest" { 0 } else { 2 }..];
            let said = refused(&env, arguments);
            assert!(said.contains("would overwrite"), "{arguments:?}: {said}");
        }
        assert_eq!(env.read(input), before);
    }
    let said = refused(
        &env,
        &["--output-template-file", "src/o", "--manifest", "build/o"],
    );
    assert!(said.contains("one file: `src/o` and `build/o`"), "{said}");
    let said = refused(&env, &["--output-template-file", "nowhere/out.yaml"]);
    assert!(said.contains("there is no folder"), "{said}");
    let said = refused(&env, &["--output-template-file", "src"]);
    assert!(said.contains("it is a folder"), "{said}");
}

#[test]
fn a_result_in_the_packaged_folder_leaves_its_key_alone() {
    let env = project();
    symlink("src", env.project().join("build")).unwrap();
    let arguments = ["--output-template-file", "build/packaged.yaml"];
    drop(package(&env, &arguments).succeeded());
    let first = env.read("src/packaged.yaml");
    // Left by a run that was killed while it wrote.
    env.write("src/.cn-tools-aB3xyZ.tmp", "half a templ");
    drop(package(&env, &arguments).succeeded());
    assert_eq!(env.read("src/packaged.yaml"), first);
    assert!(!env.exists("src/.cn-tools-aB3xyZ.tmp"), "it is swept");
}

#[test]
fn a_device_a_pipe_and_an_open_file_are_written_into() {
    let env = project();
    drop(package(&env, &["--output-template-file", "out.yaml"]).succeeded());
    let packaged = env.read("out.yaml");
    let said = package(&env, &["--output-template-file", "/dev/stdout"]).succeeded();
    assert!(said.stdout().contains(&packaged), "{}", said.stdout());
    assert!(make(&env, "mkfifo", &["fifo"]));
    let fifo = env.project().join("fifo");
    let reader = std::thread::spawn(move || fs_err::read_to_string(fifo).unwrap());
    drop(package(&env, &["--output-template-file", "fifo", "--manifest", "m"]).succeeded());
    assert_eq!(reader.join().unwrap(), packaged);
    if make(&env, "mknod", &["null", "c", "1", "3"]) {
        drop(package(&env, &["--output-template-file", "null", "--manifest", "m"]).succeeded());
        let kind = fs_err::metadata(env.project().join("null")).unwrap();
        assert!(kind.file_type().is_char_device());
    }
}

#[test]
fn what_is_no_file_is_refused_where_a_file_is_meant() {
    let env = project();
    assert!(make(&env, "mkfifo", &["fifo"]));
    let of = |resource: &str| format!("Resources:\n  R: {resource}\n");
    let function = |code: &str| {
        of(&format!(
            "{{Type: AWS::Lambda::Function, Properties: {{Code: {code}}}}}"
        ))
    };
    let cases = [
        function("/dev/urandom"),
        function("./fifo"),
        function("/dev/stdin"),
        function("/proc/self/environ"),
        of("{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ./fifo}}"),
        of("{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: /dev/zero}}"),
        of("{Type: AWS::StepFunctions::StateMachine, Properties: {DefinitionS3Location: fifo}}"),
        of("{Fn::Transform: {Name: AWS::Include, Parameters: {Location: ./fifo}}}"),
    ];
    for template in cases {
        env.write("t.yaml", &template);
        drop(refused(&env, &["-t", "t.yaml"]));
    }
    for ignore in ["src/.cnignore", "src/below/.cnignore"] {
        env.write("src/below/b.py", "x");
        assert!(make(&env, "mkfifo", &[ignore]));
        let said = refused(&env, &[]);
        assert!(said.contains("FIFO"), "{said}");
        fs_err::remove_file(env.project().join(ignore)).unwrap();
    }
    for name in ["cn.toml", "samconfig.toml"] {
        fs_err::remove_file(env.project().join("cn.toml")).unwrap();
        assert!(make(&env, "mkfifo", &[name]));
        let said = refused(&env, &[]);
        assert!(said.contains("it is a FIFO, not a file"), "{said}");
        fs_err::remove_file(env.project().join(name)).unwrap();
        env.write("cn.toml", "");
    }
    assert!(refused(&env, &["--config-file", "/dev/zero"]).contains("it is a device"));
}

#[test]
fn a_signal_ends_a_run_that_waits_for_a_pipe() {
    let env = project();
    assert!(make(&env, "mkfifo", &["fifo"]));
    for (signal, code) in [("HUP", 129), ("INT", 130), ("TERM", 143)] {
        for arguments in [
            &["-t", "fifo"][..],
            &[
                "--offline",
                "--s3-bucket",
                "bkt",
                "--output-template-file",
                "fifo",
            ],
        ] {
            let running = cn_package(&env).args(arguments).spawn();
            running.wait_for_handler(signal);
            // Handled from the start; a moment later the run waits for the pipe.
            std::thread::sleep(Duration::from_millis(300));
            let start = Instant::now();
            running.signal(signal);
            let said = running.output().failed_with(code).stderr();
            assert!(start.elapsed() < Duration::from_secs(4), "{arguments:?}");
            assert!(said.contains(&format!("SIG{signal}")), "{said}");
        }
    }
}

#[test]
fn the_manifest_is_written_after_its_template_and_never_tells_of_another() {
    use std::io::Read;
    let env = project();
    // More than a pipe can buffer: the run waits for its reader in the middle of the template.
    env.write(
        "template.yaml",
        format!("{TEMPLATE}# {}\n", "x".repeat(200_000)),
    );
    env.write("manifest.json", "{\"of\": \"another template\"}");
    assert!(make(&env, "mkfifo", &["fifo"]));
    let arguments = [
        "--output-template-file",
        "fifo",
        "--manifest",
        "manifest.json",
    ];
    let running = cn_package(&env).args(arguments).spawn();
    let mut reader = fs_err::File::open(env.project().join("fifo")).unwrap();
    reader.read_exact(&mut [0]).unwrap();
    assert_eq!(env.read("manifest.json"), "");
    reader.read_to_end(&mut Vec::new()).unwrap();
    drop(running.output().succeeded());
    assert!(env.read("manifest.json").contains("\"packaged-sha256\""));
}

#[test]
fn too_few_open_files_are_said() {
    let env = project();
    for most in ["6", "12", "24"] {
        let script = format!("ulimit -n {most}; exec \"$0\" --offline --s3-bucket bkt");
        let output = env
            .run("/bin/sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_cn-package")])
            .output();
        let said = output.failed_with(9).stderr();
        assert!(said.contains("hint: allow more with `ulimit -n`"), "{said}");
    }
}

#[test]
fn a_working_folder_that_was_deleted_is_said() {
    let env = project();
    let script = "mkdir gone; cd gone; rmdir ../gone; exec \"$0\" --s3-bucket bkt -t t.yaml";
    let output = env
        .run("/bin/sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_cn-package")])
        .output();
    let said = output.failed_with(4).stderr();
    assert!(said.contains("working folder"), "{said}");
}

#[test]
fn a_full_disk_for_temporary_files_is_said_once() {
    let env = project();
    let mut random = 20_u64;
    let noise = std::iter::repeat_with(|| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        random.to_be_bytes()[0]
    });
    env.write(
        "src/large.bin",
        noise.take(3 * 1024 * 1024).collect::<Vec<_>>(),
    );
    // A file may have at most a few hundred kilobytes.
    let script = "trap '' XFSZ; ulimit -f 300; exec \"$0\" \"$@\"";
    for format in ["text", "json"] {
        let output = env
            .run("/bin/sh")
            .args(["-c", script, env!("CARGO_BIN_EXE_cn-package")])
            .args(["--format", format, "--output-template-file", "out.yaml"])
            .output();
        let said = output.failed_with(9).stderr();
        assert!(said.contains("cannot create a temporary file in"), "{said}");
        assert!(!said.contains("drop"), "{said}");
        let is_json = said.lines().all(|line| line.starts_with('{'));
        assert_eq!(is_json, format == "json", "{said}");
    }
}

#[test]
fn a_home_folder_that_leads_nowhere_is_refused() {
    let env = project();
    let script =
        |home: &str| format!("HOME=\"$(printf '{home}')\" exec \"$0\" --dry-run --s3-bucket bkt");
    for home in ["rel", "./rel", "\\377/home"] {
        let output = env
            .run("/bin/sh")
            .args(["-c", &script(home), env!("CARGO_BIN_EXE_cn-package")])
            .output();
        let said = output.failed_with(4).stderr();
        assert!(said.contains("`HOME`"), "{said}");
    }
    env.set("AWS_CONFIG_FILE", "/nowhere/config");
    env.set("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials");
    let output = env
        .run("/bin/sh")
        .args(["-c", &script("rel"), env!("CARGO_BIN_EXE_cn-package")])
        .output();
    drop(output.succeeded());
}
