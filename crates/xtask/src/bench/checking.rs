//! Checks of templates for a region, compared with cfn-lint.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

use super::meter::{Contender, Run};
use super::setup::Bench;
use crate::china_data;
use crate::terminal::say;
use xtask::BoxError;

/// The templates to check, and the peer's program.
pub(super) struct Checking {
    files: Vec<String>,
    cfn_lint: Utf8PathBuf,
}

/// The input of a check.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Input {
    /// The templates of `CN_CORPUS`, or else the fixtures.
    Templates,
    /// JSON in one line of 1 MB, with 4,000 resources that have one finding each.
    OneLine,
    /// One text with 5,000 ARNs.
    OneText,
}

impl Checking {
    /// Writes the templates to check into the bench's folder.
    pub(super) fn new(bench: &Utf8Path, input: Input) -> Result<Self, BoxError> {
        let folder = bench.join("templates");
        if folder.exists() {
            fs_err::remove_dir_all(&folder)?;
        }
        let files = match input {
            Input::Templates => copies(&folder)?,
            Input::OneLine => vec![written(&folder, "line.json", &one_line())?],
            Input::OneText => vec![written(&folder, "text.json", &one_text())?],
        };
        say(&format!("checking {} templates", files.len()));
        Ok(Self {
            files,
            cfn_lint: china_data::cfn_lint()?,
        })
    }

    pub(super) fn once(&self, bench: &Bench, contender: Contender) -> Result<Run, BoxError> {
        let files = self.files.iter().map(String::as_str);
        let (path, flags): (_, &[&str]) = match contender {
            Contender::Peer => (
                self.cfn_lint.clone(),
                &["-r", "cn-north-1", "--non-zero-exit-code", "none", "--"],
            ),
            ours => (
                bench.program(ours, "cn-check"),
                &["--region", "cn-north-1", "--max-severity", "error"],
            ),
        };
        let arguments: Vec<&str> = flags.iter().copied().chain(files).collect();
        bench.meter.run(&bench.offline(path, &arguments))
    }
}

/// Returns the templates to check.
#[expect(
    clippy::disallowed_methods,
    reason = "a chore has no flags of the programs; the tests of templates read the same variable"
)]
pub(super) fn found() -> Result<Vec<Utf8PathBuf>, BoxError> {
    let workspace = cn_testkit::workspace_folder();
    let source =
        std::env::var("CN_CORPUS").map_or_else(|_| workspace.join("fixtures"), Utf8PathBuf::from);
    templates(&source)
}

fn copies(folder: &Utf8Path) -> Result<Vec<String>, BoxError> {
    let mut files = Vec::new();
    for (at, template) in found()?.iter().enumerate() {
        let to = folder.join(at.to_string());
        let path = to.join(template.file_name().unwrap_or_default());
        fs_err::create_dir_all(&to)?;
        fs_err::copy(template, &path)?;
        files.push(path.into_string());
    }
    Ok(files)
}

fn written(folder: &Utf8Path, name: &str, template: &Value) -> Result<String, BoxError> {
    fs_err::create_dir_all(folder)?;
    let path = folder.join(name);
    fs_err::write(&path, template.to_string())?;
    Ok(path.into_string())
}

fn one_line() -> Value {
    let filler = "x".repeat(150);
    let queue = |at: usize| {
        let properties = json!({"QueueName": format!("arn:aws:s3:::b{at}"), "Filler": filler});
        let queue = json!({"Type": "AWS::SQS::Queue", "Properties": properties});
        (format!("Q{at}"), queue)
    };
    json!({"Resources": Value::Object((0..4000).map(queue).collect())})
}

fn one_text() -> Value {
    let arns: Vec<String> = (0..5000).map(|at| format!("arn:aws:s3:::b{at}")).collect();
    let properties = json!({"QueueName": arns.join(" ")});
    json!({"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": properties}}})
}

/// Returns the files below a folder that are named like templates and have resources.
fn templates(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>, BoxError> {
    let mut found = Vec::new();
    for entry in folder.read_dir_utf8()? {
        let path = entry?.into_path();
        if path.is_dir() {
            found.extend(templates(&path)?);
        } else if matches!(path.extension(), Some("yaml" | "yml" | "json" | "template"))
            && fs_err::read_to_string(&path).is_ok_and(|text| text.contains("Resources"))
        {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
