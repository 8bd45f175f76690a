//! The folders, files and names of one test.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::{TestEnv, locked};

/// Places and names.
impl TestEnv {
    pub(super) fn root(&self) -> &Utf8Path {
        Utf8Path::from_path(self.folder.path()).expect("temporary folders have UTF-8 names")
    }

    /// Returns the project folder, which programs run in.
    pub fn project(&self) -> Utf8PathBuf {
        self.root().join("project")
    }

    /// Returns the folder in `HOME`.
    pub fn home_folder(&self) -> Utf8PathBuf {
        self.root().join("home")
    }

    /// Returns the folder in `TMPDIR`.
    pub fn temporary_folder(&self) -> Utf8PathBuf {
        self.root().join("tmp")
    }

    /// Returns a name that no other test uses; snapshots show `STEM-[ID]`.
    pub fn name(&self, stem: &str) -> String {
        format!("{stem}-{}", self.id)
    }

    /// Returns a parameter name that no other test uses; snapshots show `/[ID]/STEM`.
    pub fn parameter_name(&self, stem: &str) -> String {
        format!("/{}/{stem}", self.id)
    }

    /// Writes a file below the project folder (or at an absolute path) and returns its path.
    pub fn write(&self, path: impl AsRef<Utf8Path>, content: impl AsRef<[u8]>) -> Utf8PathBuf {
        let path = self.project().join(path);
        let folder = path.parent().expect("a file lies in a folder");
        fs_err::create_dir_all(folder).expect("folders can be made");
        fs_err::write(&path, content).expect("files can be written");
        locked(&self.own_files).insert(path.clone());
        path
    }

    /// Reads a text file below the project folder, or at an absolute path.
    pub fn read(&self, path: impl AsRef<Utf8Path>) -> String {
        fs_err::read_to_string(self.project().join(path)).expect("the file is there")
    }

    /// Returns true if a path below the project folder (or an absolute path) exists.
    pub fn exists(&self, path: impl AsRef<Utf8Path>) -> bool {
        self.project().join(path).exists()
    }

    /// Copies a folder, such as a fixture, into the project folder.
    pub fn copy_folder(&self, from: impl AsRef<Utf8Path>, to: impl AsRef<Utf8Path>) {
        copy_folder(from.as_ref(), &self.project().join(to));
    }

    /// Creates a git repository in the project folder and commits everything in it.
    pub fn git_init(&self) {
        self.git(&["init", "--quiet", "--initial-branch=main"]);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message=first"]);
    }

    /// Runs git in the project folder, with a fixed author and time, and returns its output.
    pub fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.env_clear().envs(locked(&self.variables).iter());
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Test");
            command.env(format!("GIT_{role}_EMAIL"), "test@example.com");
            command.env(format!("GIT_{role}_DATE"), "2026-01-01T00:00:00Z");
        }
        let command = command.current_dir(self.project()).args(arguments);
        let output = command.output().expect("git is installed");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?} failed:\n{said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

fn copy_folder(from: &Utf8Path, to: &Utf8Path) {
    fs_err::create_dir_all(to).expect("folders can be made");
    for entry in fs_err::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read");
        let name = entry.file_name().into_string().expect("names are UTF-8");
        let (source, target) = (from.join(&name), to.join(&name));
        if source.is_dir() {
            copy_folder(&source, &target);
        } else {
            fs_err::copy(&source, &target).expect("files can be copied");
        }
    }
}

/// Bytes of the largest file that is searched for secrets: tests create sparse files of a terabyte.
const MOST_SEARCHED: u64 = 8 * 1024 * 1024;

/// Secrets on disk.
impl TestEnv {
    /// Fails if a file below the folders of this test contains a secret, except the AWS credentials
    /// file and files that the test wrote.
    pub(super) fn assert_no_secret_is_on_disk(&self, secrets: &[String]) {
        let variables = self.variables();
        let elsewhere = variables.get("AWS_SHARED_CREDENTIALS_FILE");
        let mut allowed = locked(&self.own_files).clone();
        allowed.insert(self.home_folder().join(".aws/credentials"));
        allowed.extend(elsewhere.map(Utf8PathBuf::from));
        let mut folders = vec![self.root().to_owned()];
        while let Some(folder) = folders.pop() {
            // A program that is still running may delete listed files.
            for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
                let path = entry.path();
                let kind = entry.file_type();
                if kind.as_ref().is_ok_and(std::fs::FileType::is_dir) {
                    folders.push(path.to_owned());
                }
                if !kind.is_ok_and(|kind| kind.is_file()) || allowed.contains(path) {
                    continue;
                }
                let size = entry.metadata().map_or(0, |metadata| metadata.len());
                if size > MOST_SEARCHED {
                    continue;
                }
                let bytes = fs_err::read(path).unwrap_or_default();
                for secret in secrets {
                    let has = bytes
                        .windows(secret.len())
                        .any(|part| part == secret.as_bytes());
                    assert!(!has, "a secret value is in the file `{path}`");
                }
            }
        }
    }
}
