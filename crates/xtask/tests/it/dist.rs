//! The files of a release, installed the way users install them.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use camino::{Utf8Path, Utf8PathBuf};
use cn_testkit::codebuild::{self, Compute};
use cn_testkit::{Python, Side, TestEnv, program, workspace_folder};
use xtask::dist::{File, Machine, Release, digest};

/// Returns a release with the tests' program file; packing is the same for all program files.
fn files() -> Vec<File> {
    let release = Release {
        version: "0.1.0".to_owned(),
        machine: Machine::X86,
        native: true,
        binary: STRIPPED.clone(),
        programs: [
            "cn-profile",
            "cn-check",
            "cn-package",
            "cn-deploy",
            "cn-keys",
            "cn-doctor",
        ]
        .map(str::to_owned)
        .into(),
        documents: vec![("man/man1/cn-deploy.1".into(), b".TH cn-deploy\n".to_vec())],
        license: b"license\n".to_vec(),
        third_party: "crates\n".to_owned(),
        sbom: "{}\n".to_owned(),
    };
    release.files().expect("packed")
}

/// The program file without debug information, which would be too large to pack in a test.
static STRIPPED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let path = program("cn-tools");
    let to = path.with_file_name(format!("cn-tools-stripped-{}", std::process::id()));
    let status = Command::new("strip").arg("-o").args([&to, &path]).status();
    assert!(status.expect("`strip` is installed").success());
    let bytes = fs_err::read(&to).expect("written");
    fs_err::remove_file(to).expect("ours");
    bytes
});

/// Returns the file of a release with this ending.
fn named<'a>(files: &'a [File], ending: &str) -> &'a File {
    let mut files = files.iter();
    files
        .find(|file| file.name.ends_with(ending))
        .expect("packed")
}

/// Runs the install phase that all buildspecs share, followed by one of our programs.
fn install(env: &TestEnv, tools: &str) -> (bool, String) {
    let text = env.read(workspace_folder().join("buildspecs/buildspec.yml"));
    let text = text
        .split("  build:\n")
        .next()
        .unwrap_or_default()
        .to_owned()
        + "  build:\n    commands:\n      - cn-deploy --version\n      - cn-profile --version\n";
    run(env, &text, tools)
}

fn run(env: &TestEnv, text: &str, tools: &str) -> (bool, String) {
    env.set("CN_TOOLS", tools);
    let (report, log) = codebuild::run(env, text, Compute::Container);
    (report.succeeded(), log)
}

fn virtual_environment(env: &TestEnv, name: &str) -> Utf8PathBuf {
    let folder = env.temporary_folder().join(name);
    let status = Command::new("python3")
        .args(["-m", "venv"])
        .arg(&folder)
        .status();
    assert!(status.expect("Python is installed").success());
    folder.join("bin")
}

/// A folder served over HTTPS, with a certificate that only the test trusts.
struct Site {
    child: Child,
    port: u16,
    certificate: Utf8PathBuf,
}

impl Site {
    fn serve(env: &TestEnv, folder: &Utf8Path) -> Self {
        let certificate = env.temporary_folder().join("site.pem");
        let python = Python::ready().expect("installed").program("python");
        let mut child = Command::new(python)
            .arg(workspace_folder().join("crates/xtask/tests/it/https.py"))
            .args([folder, &certificate])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Python starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("standard output is piped");
        let read = BufReader::new(stdout).read_line(&mut line);
        read.expect("readable");
        Self {
            child,
            port: line.trim().parse().expect("the first line is the port"),
            certificate,
        }
    }

    /// Returns the address of a file with a checksum.
    fn address(&self, file: &File, content: &[u8]) -> String {
        let Self { port, .. } = self;
        let sum = digest(content);
        format!("https://127.0.0.1:{port}/{}#sha256={sum}", file.name)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // The process may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn the_buildspecs_install_the_wheel_from_every_place() {
    let files = files();
    let wheel = named(&files, ".whl");
    let env = TestEnv::new();
    env.write(&wheel.name, &wheel.content);
    env.write(format!("index/{}", wheel.name), &wheel.content);
    let bucket = env.name("tools");
    env.home().create_bucket(&bucket).expect("created");
    env.home()
        .put_object(&bucket, &wheel.name, &wheel.content)
        .expect("written");
    let aws = Python::ready().expect("installed").program("aws");
    let aws = aws.parent().map(Utf8Path::to_owned).expect("a folder");
    env.set("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    env.set("PIP_NO_INDEX", "1"); // nothing may come from elsewhere
    env.set("PIP_FIND_LINKS", env.project().join("index").as_str());
    let site = Site::serve(&env, &env.project());
    env.set("PIP_CERT", site.certificate.as_str());

    let address = format!("s3://{bucket}/{}", wheel.name);
    let places = [
        ("requirement", "cn-tools==0.1.0".to_owned(), true),
        ("path", format!("./{}", wheel.name), true),
        (
            "bucket",
            format!("{address}#sha256={}", digest(&wheel.content)),
            true,
        ),
        (
            "wrong",
            format!("{address}#sha256={}", digest(b"other")),
            false,
        ),
        ("without", address.clone(), false),
        ("https", site.address(wheel, &wheel.content), true),
        ("https-wrong", site.address(wheel, b"other"), false),
        (
            "https-without",
            format!("https://127.0.0.1:{}/{}", site.port, wheel.name),
            false,
        ),
        (
            "plain",
            format!("http://127.0.0.1/{}#sha256=0", wheel.name),
            false,
        ),
    ];
    let refused = virtual_environment(&env, "refused");
    for (name, tools, succeeds) in places {
        let bin = if succeeds {
            virtual_environment(&env, name)
        } else {
            refused.clone()
        };
        env.set("PATH", &format!("{bin}:{aws}:/usr/local/bin:/usr/bin:/bin"));
        let (succeeded, log) = install(&env, &tools);
        assert_eq!(succeeded, succeeds, "{name}: {log}");
        assert_eq!(bin.join("cn-tools").exists(), succeeds, "{name}: {log}");
        assert_eq!(log.contains("cn-deploy 0.1.0\n"), succeeds, "{name}: {log}");
    }
    assert_eq!(env.requests().to(Side::China).count(), 0);

    env.set("PATH", &format!("{refused}:/usr/local/bin:/usr/bin:/bin"));
    env.unset("PIP_CERT");
    let (succeeded, log) = install(&env, &site.address(wheel, &wheel.content));
    assert!(
        !succeeded && log.to_lowercase().contains("certificate"),
        "{log}"
    );
}

/// Tests a new virtual environment: installs the wheel, then runs the phases of the buildspec with
/// the installed programs.
#[test]
fn the_installed_programs_deploy_the_sample_application() {
    let files = files();
    let wheel = named(&files, ".whl");
    let env = TestEnv::new();
    env.copy_folder(workspace_folder().join("fixtures/sample-app"), "");
    env.write(&wheel.name, &wheel.content);
    env.git_init();
    env.seed();
    env.set("CN_STACK_NAME", &env.name("installed"));
    let bin = virtual_environment(&env, "new");
    env.set("PATH", &format!("{bin}:/usr/local/bin:/usr/bin:/bin"));
    env.set("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    let text = env.read(workspace_folder().join("buildspecs/buildspec-china.yml"));
    let (succeeded, log) = run(&env, &text, &format!("./{}", wheel.name));
    assert!(succeeded, "{log}");
    let status = env
        .china()
        .stack_status(&env.name("installed"))
        .expect("answers");
    assert_eq!(status.as_deref(), Some("CREATE_COMPLETE"));
}

#[test]
fn install_sh_verifies_and_needs_neither_pip_nor_root() {
    let files = files();
    let archive = named(&files, ".tar.gz");
    let script = named(&files, "install.sh");
    let env = TestEnv::new();
    let path = env.write(&archive.name, &archive.content);
    env.write("install.sh", &script.content);
    let run = |address: &str| env.run("/bin/sh").args(["install.sh", address]).output();

    let refused = run(&format!("{path}#sha256={}", digest(b"other")));
    assert!(
        refused
            .stderr()
            .contains("error: the archive has the checksum"),
        "{}",
        refused.stderr()
    );
    let refused = run(path.as_str());
    assert!(
        refused.stderr().contains("has no checksum"),
        "{}",
        refused.stderr()
    );
    assert!(!env.home_folder().join(".local").exists());

    for _twice in 0..2 {
        let output = run(&format!("{path}#sha256={}", digest(&archive.content)));
        let output = output.succeeded();
        assert!(
            output.stderr().contains("installed cn-tools 0.1.0"),
            "{}",
            output.stderr()
        );
    }
    let site = Site::serve(&env, &env.project());
    env.set("CURL_CA_BUNDLE", site.certificate.as_str());
    drop(run(&site.address(archive, b"other")).failed_with(1));
    drop(run(&site.address(archive, &archive.content)).succeeded());
    let bin = env.home_folder().join(".local/bin");
    let version = env.run(bin.join("cn-deploy")).arg("--version").output();
    assert_eq!(version.succeeded().stdout(), "cn-deploy 0.1.0\n");
    assert!(
        env.home_folder()
            .join(".local/share/man/man1/cn-deploy.1")
            .is_file()
    );
}

/// Tests that both kinds of installation find the program of a profile's `credential_process`.
#[test]
fn a_written_process_names_the_program_and_not_the_file_with_all() {
    let env = TestEnv::new();
    env.seed();
    let folder = env.temporary_folder().join("bin");
    fs_err::create_dir_all(&folder).expect("made");
    std::os::unix::fs::symlink(program("cn-tools"), folder.join("cn-profile")).expect("linked");
    let run = env
        .run(folder.join("cn-profile"))
        .arg("--write-process")
        .output();
    drop(run.succeeded());
    let config = env.read(env.home_folder().join(".aws/config"));
    assert!(
        config.contains("/cn-profile --credential-process"),
        "{config}"
    );
}

#[test]
fn the_same_parts_give_the_same_bytes() {
    let part = |text: &str| text.as_bytes().to_vec();
    let release = Release {
        version: "1.2.3".to_owned(),
        machine: Machine::Arm,
        native: false,
        binary: part("binary"),
        programs: vec!["cn-deploy".to_owned()],
        documents: vec![("man/man1/cn-deploy.1".into(), part("page"))],
        license: part("license"),
        third_party: "crates".to_owned(),
        sbom: "{}".to_owned(),
    };
    let files = release.files().expect("packed");
    assert_eq!(files, release.files().expect("packed"));
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "cn_tools-1.2.3-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
            "cn-tools-1.2.3-aarch64-linux.tar.gz",
            "cn-tools-1.2.3.cyclonedx.json",
            "install.sh",
            "SHA256SUMS",
        ]
    );
}
