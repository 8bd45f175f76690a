//! The programs that are compared, and what a run of one costs.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use cn_testkit::Python;
use serde::Deserialize;

use crate::Trouble;

/// Both programs and the one that measures them.
pub(super) struct Contenders {
    folder: Utf8PathBuf,
    python: Utf8PathBuf,
    aws: Utf8PathBuf,
    ours: Utf8PathBuf,
}

/// What a run cost.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Run {
    status: i32,
    /// Seconds.
    pub wall: f64,
    /// Seconds on all processors.
    pub cpu: f64,
    /// Peak memory in kB.
    pub peak: u64,
    /// Requests with a body.
    #[serde(default)]
    pub puts: usize,
    /// Bytes of all bodies, those cut off included.
    #[serde(default)]
    pub sent_bytes: u64,
}

impl Contenders {
    pub(super) fn new(
        folder: &Utf8Path,
        python: &Python,
        ours: Utf8PathBuf,
    ) -> Result<Self, Trouble> {
        fs_err::write(folder.join("measure.py"), include_str!("measure.py"))?;
        Ok(Self {
            folder: folder.to_owned(),
            python: python.program("python"),
            aws: python.program("aws"),
            ours,
        })
    }

    /// Packages a template.
    ///
    /// * `wrapper`: words before the program, such as `ip netns exec NAME`.
    pub(super) fn package(
        &self,
        is_aws: bool,
        template: &Utf8Path,
        endpoint: &str,
        wrapper: &[String],
    ) -> Result<Run, Trouble> {
        let output = self.folder.join("packaged.yaml");
        let (before, after): (&[&str], &[&str]) = if is_aws {
            (&["cloudformation", "package"], &["--region", "cn-north-1"])
        } else {
            let identity = [
                "--region",
                "cn-north-1",
                "--default-chain",
                "--no-identity-check",
            ];
            (&[], &identity.clone())
        };
        let files = [
            "--template-file",
            template.as_str(),
            "--output-template-file",
            output.as_str(),
        ];
        let bucket = ["--s3-bucket", "bench"];
        let arguments = [before, &files, &bucket, after].concat();
        self.run(is_aws, &arguments, Some(endpoint), wrapper)
    }

    /// Starts a program for something else than packaging.
    pub(super) fn start(&self, is_aws: bool, arguments: &[&str]) -> Result<Run, Trouble> {
        self.run(is_aws, arguments, None, &[])
    }

    fn run(
        &self,
        is_aws: bool,
        arguments: &[&str],
        endpoint: Option<&str>,
        wrapper: &[String],
    ) -> Result<Run, Trouble> {
        let log = self.folder.join("output.log");
        let program = if is_aws { &self.aws } else { &self.ours };
        let words: Vec<&str> = wrapper
            .iter()
            .map(String::as_str)
            .chain([
                self.python.as_str(),
                "measure.py",
                log.as_str(),
                program.as_str(),
            ])
            .chain(arguments.iter().copied())
            .collect();
        let output = Command::new(words[0])
            .args(&words[1..])
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
            .env("HOME", self.folder.as_str())
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ENDPOINT_URL", endpoint.unwrap_or("http://127.0.0.1:9"))
            .output()?;
        let run: Result<Run, _> = serde_json::from_slice(&output.stdout);
        match run {
            Ok(run) if run.status == 0 => Ok(run),
            _ => {
                let said = fs_err::read_to_string(&log).unwrap_or_default();
                let why = String::from_utf8_lossy(&output.stderr);
                Err(format!("`{}` failed: {why}{said}", words.join(" ")).into())
            }
        }
    }
}
