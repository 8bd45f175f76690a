//! The two shared files after a run.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use cn_testkit::TestEnv;

use crate::{cn_profile, succeeds};

fn mode(path: impl Into<std::path::PathBuf>) -> u32 {
    fs_err::metadata(path.into())
        .expect("the file is there")
        .permissions()
        .mode()
        & 0o777
}

#[test]
fn new_files_are_their_owners_alone() {
    let env = TestEnv::new();
    let seed = env.seed();
    succeeds(cn_profile(&env));
    let folder = env.home_folder().join(".aws");
    assert_eq!(mode(folder.clone()), 0o700);
    assert_eq!(mode(folder.join("credentials")), 0o600);
    assert_eq!(mode(folder.join("config")), 0o600);
    assert_eq!(
        env.read(folder.join("credentials")),
        format!(
            "[china]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
            seed.keys.id, seed.keys.secret
        )
    );
    assert_eq!(
        env.read(folder.join("config")),
        "[profile china]\nregion = cn-north-1\n"
    );
}

#[test]
fn other_lines_stay_as_they_are() {
    let env = TestEnv::new();
    let seed = env.seed();
    let folder = env.home_folder().join(".aws");
    let credentials = folder.join("credentials");
    env.write(
        &credentials,
        "# 我的密钥\r\n[elsewhere]\r\naws_access_key_id=A\r\n\r\n[china]\r\naws_access_key_id=OLD ; note\r\n\
         ;aws_secret_access_key=x\r\n\taws_nested = 1\r\n\r\n[other]\r\nkey = value",
    );
    fs::set_permissions(&credentials, fs::Permissions::from_mode(0o640)).unwrap();
    env.write(folder.join("config"), "[default]\nregion = us-east-1");
    succeeds(cn_profile(&env));
    assert_eq!(
        env.read(&credentials),
        format!(
            "# 我的密钥\r\n[elsewhere]\r\naws_access_key_id=A\r\n\r\n[china]\r\naws_access_key_id = {}\r\n\
             aws_secret_access_key = {}\r\n\r\n[other]\r\nkey = value",
            seed.keys.id, seed.keys.secret
        )
    );
    assert_eq!(
        mode(credentials.clone()),
        0o600,
        "what others could read is narrowed"
    );
    assert_eq!(
        env.read(folder.join("config")),
        "[default]\nregion = us-east-1\n[profile china]\nregion = cn-north-1\n"
    );
}

#[test]
fn a_link_is_followed() {
    let env = TestEnv::new();
    env.seed();
    let real = env.write("shared-credentials", "[other]\nkey = value\n");
    let folder = env.home_folder().join(".aws");
    fs_err::create_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink(&real, folder.join("credentials")).unwrap();
    succeeds(cn_profile(&env));
    assert!(folder.join("credentials").is_symlink());
    assert!(
        env.read(&real)
            .starts_with("[other]\nkey = value\n[china]\n")
    );
}

#[test]
fn the_files_may_be_elsewhere() {
    let env = TestEnv::new();
    env.seed();
    let (credentials, config) = (
        env.project().join("a/keys"),
        env.project().join("b/settings"),
    );
    env.set("AWS_SHARED_CREDENTIALS_FILE", credentials.as_str());
    env.set("AWS_CONFIG_FILE", config.as_str());
    succeeds(cn_profile(&env));
    assert!(credentials.exists() && config.exists());
    assert!(!env.home_folder().join(".aws").exists());
}

#[test]
fn two_runs_at_a_time_write_both_profiles() {
    let env = TestEnv::new();
    env.seed();
    let names: Vec<String> = (0..6).map(|number| format!("china-{number}")).collect();
    let mut runs: Vec<_> = names
        .iter()
        .map(|name| cn_profile(&env).args(["--profile", name]).spawn())
        .collect();
    // Until the last run has ended, a temporary file next to the profiles contains their secrets.
    for run in &mut runs {
        run.wait_until(|_| false);
    }
    for run in runs {
        drop(run.output().succeeded());
    }
    let credentials = env.read(env.home_folder().join(".aws/credentials"));
    let config = env.read(env.home_folder().join(".aws/config"));
    for name in names {
        assert!(credentials.contains(&format!("[{name}]\n")), "{name}");
        assert!(config.contains(&format!("[profile {name}]\n")), "{name}");
    }
}

#[test]
fn what_is_no_regular_file_gets_no_secret() {
    let env = TestEnv::new();
    env.seed();
    let made = std::process::Command::new("mkfifo")
        .arg(env.project().join("fifo"))
        .status();
    assert!(made.expect("mkfifo runs").success());
    for path in ["/dev/null", "/dev/stdout", "/dev/full", "fifo", "."] {
        for variable in ["AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"] {
            // A config file contains no secret: `/dev/null` means no file, as it does everywhere.
            if (path, variable) == ("/dev/null", "AWS_CONFIG_FILE") {
                continue;
            }
            let output = cn_profile(&env).env(variable, path).output().failed_with(4);
            assert!(!output.stdout().contains("aws_secret"), "{path}");
            assert!(
                !env.exists(env.home_folder().join(".aws/credentials")),
                "{path}"
            );
        }
    }
    assert!(!std::path::Path::new("/dev/null.lock").exists());
}

#[test]
fn both_files_in_one_are_refused() {
    let env = TestEnv::new();
    env.seed();
    env.set("AWS_CONFIG_FILE", "aws");
    env.set("AWS_SHARED_CREDENTIALS_FILE", "./aws");
    let said = cn_profile(&env).output().failed_with(4).stderr();
    assert!(said.contains("one file: `aws` and `./aws`"), "{said}");
}

#[test]
fn a_lock_of_a_stopped_process_ends_by_a_signal_or_in_time() {
    let env = TestEnv::new();
    env.seed();
    let folder = env.home_folder().join(".aws");
    env.write(folder.join("config.lock"), "cn-profile, process 7\n");
    let lock = fs::File::options()
        .write(true)
        .open(folder.join("config.lock"))
        .unwrap();
    lock.lock().unwrap();
    for (signal, code) in [("HUP", 129), ("INT", 130), ("TERM", 143)] {
        let run = cn_profile(&env).spawn();
        run.wait_for_request("GetCallerIdentity");
        std::thread::sleep(std::time::Duration::from_millis(500));
        let start = std::time::Instant::now();
        run.signal(signal);
        drop(run.output().failed_with(code));
        assert!(start.elapsed() < std::time::Duration::from_secs(4));
        env.forget_requests();
    }
    let said = cn_profile(&env).output().failed_with(9).stderr();
    let expected = "config.lock` has been locked by `cn-profile, process 7` since 2";
    assert!(said.contains(expected), "{said}");
    assert!(!env.exists(folder.join("credentials")));
    drop(lock);
    succeeds(cn_profile(&env));
}
